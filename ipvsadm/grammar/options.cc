// SPDX-License-Identifier: GPL-2.0-or-later
#include "grammar/options.hh"

#include <array>
#include <iterator>

#include "base/format.hh"
#include "base/vocabulary.hh"

namespace ipvsadm {
namespace {

using enum Argument;
using V = Value;
using enum Section;

constexpr CommandRow kCommands[] = {
    {Verb::add_service, "add-service", "A", none, V::none, "",
     "-A|E virtual-service [-s scheduler] [-p [timeout]] [-M netmask] [--pe persistence_engine] [-b sched-flags] [-o]",
     "add a virtual service with its options"},
    {Verb::edit_service, "edit-service", "E", none, V::none, "", nullptr, "replace the options of a virtual service"},
    {Verb::delete_service, "delete-service", "D", none, V::none, "", "-D virtual-service",
     "delete a virtual service and its servers"},
    {Verb::flush, "clear", "C", none, V::none, "", "-C", "delete all virtual services"},
    {Verb::restore, "restore", "R", none, V::none, "", "-R [--replace|--atomic] [--dry-run|--check-syntax]",
     "read commands from standard input"},
    {Verb::save, "save", "S", none, V::none, "", "-S [-n] [--sync-key-file file]", "print the services as commands for --restore"},
    {Verb::add_server, "add-server", "a", none, V::none, "", "-a|e virtual-service -r server-address [options]",
     "add a real server with its options"},
    {Verb::edit_server, "edit-server", "e", none, V::none, "", nullptr, "replace the options of a real server"},
    {Verb::delete_server, "delete-server", "d", none, V::none, "", "-d virtual-service -r server-address",
     "delete a real server"},
    {Verb::list, "list", "Ll", none, V::none, "", "-L|l [virtual-service] [options]",
     "list services, or what the options name"},
    {Verb::zero, "zero", "Z", none, V::none, "", "-Z [virtual-service]",
     "zero the counters of a service or of all"},
    {Verb::set_timeout, "set", "", none, V::text, " tcp tcpfin udp", "--set tcp tcpfin udp",
     "set timeouts in seconds; 0 keeps one"},
    {Verb::start_daemon, "start-daemon", "", required, V::daemon_state, "",
     "--start-daemon {master|backup} [daemon-options]", "start a connection sync daemon"},
    {Verb::stop_daemon, "stop-daemon", "", required, V::daemon_state, "", "--stop-daemon {master|backup}",
     "stop a connection sync daemon"},
    {Verb::sysctl, "sysctl", "O", optional, V::sysctl, "", "-O [name[=value]|^name,...] [--json]",
     "list the sysctls of IPVS, or show, set and reset those named"},
    {Verb::check, "check", "", optional, V::check_mode, "[=passive]", "--check[=passive] [--json]",
     "look for what is usually wrong with a director"},
    {Verb::help, "help", "h", none, V::none, "", "-h", "print this text"},
    {Verb::version, "version", "v", none, V::none, "", nullptr, "print the version"},
};
static_assert(std::size(kCommands) == static_cast<std::size_t>(Verb::count));

constexpr const char* kNone = "";
constexpr const char* kEndpoint = "service-address is host[:port]";

// One letter a command: R required, o optional, x illegal; 1, 2 at most one of those marked so.
// In their order: AEDCL ade, --set --start-daemon --stop-daemon, RSZO, --check.
constexpr OptionRow kOptions[] = {
    {Option::tcp_service, "tcp-service", 't', required, V::service, service, "RRRx1RRRxxxxxoxx", "service-address",
     kEndpoint, {.tag = "service-address"}},
    {Option::udp_service, "udp-service", 'u', required, V::service, service, nullptr, "service-address", kEndpoint},
    {Option::sctp_service, "sctp-service", 0, required, V::service, service, nullptr, "service-address", kEndpoint},
    {Option::fwmark_service, "fwmark-service", 'f', required, V::mark, service, nullptr, "fwmark",
     "firewall mark, an integer from 1 on or a name"},

    {Option::ipv6, "ipv6", '6', none, V::none, general, "oooxooooxxxxxoxx", kNone,
     "the firewall mark service is IPv6", {.is_free = true}},
    {Option::scheduler, "scheduler", 's', required, V::scheduler, general, "ooxxxxxxxxxxxxxx", "scheduler",
     "{},\nwlc if not given"},
    {Option::pe, "pe", 0, required, V::engine, general, "ooxxxxxxxxxxxxxx", "engine",
     "persistence engine: {},\nnone if not given"},
    {Option::persistent, "persistent", 'p', optional, V::text, general, "ooxxxxxxxxxxxxxx", "[timeout]",
     "persistent service; seconds (default=360)"},
    {Option::netmask, "netmask", 'M', required, V::text, general, "ooxxxxxxxxxxxxxx", "netmask",
     "granularity of persistence"},
    {Option::real_server, "real-server", 'r', required, V::server, general, "xxxxxRRRxxxxxxxx", "server-address",
     "server-address is host[:port]"},
    {Option::gatewaying, "gatewaying", 'g', none, V::none, general, "xxxxxooxxxxxxxxx", kNone,
     "direct routing (default)", {.tag = "forwarding-method"}},
    {Option::ipip, "ipip", 'i', none, V::none, general, nullptr, kNone, "tunneling"},
    {Option::masquerading, "masquerading", 'm', none, V::none, general, nullptr, kNone,
     "network address translation"},
    // Tunnels, one letter a type: ipip, gue, gre.
    {Option::tun_type, "tun-type", 0, required, V::tunnel_type, general, "xxxxxooxxxxxxxxx", "type",
     "{},\nipip if not given"},
    {Option::tun_port, "tun-port", 0, required, V::text, general, "xxxxxooxxxxxxxxx", "port",
     "destination port of a GUE tunnel", {.tunnels = "xRx"}},
    {Option::tun_nocsum, "tun-nocsum", 0, none, V::none, general, "xxxxxooxxxxxxxxx", kNone,
     "tunnel without checksum", {.tunnels = "x11"}},
    {Option::tun_csum, "tun-csum", 0, none, V::none, general, "xxxxxooxxxxxxxxx", kNone, "tunnel with checksum",
     {.tunnels = "x11"}},
    {Option::tun_remcsum, "tun-remcsum", 0, none, V::none, general, "xxxxxooxxxxxxxxx", kNone,
     "tunnel with remote checksum offload", {.tunnels = "x1x"}},
    {Option::weight, "weight", 'w', required, V::text, general, "xxxxxooxxxxxxxxx", "weight",
     "capacity of the server (default=1)"},
    {Option::u_threshold, "u-threshold", 'x', required, V::text, general, "xxxxxooxxxxxxxxx", "uthreshold",
     "connections from which on it gets no new ones"},
    {Option::l_threshold, "l-threshold", 'y', required, V::text, general, "xxxxxooxxxxxxxxx", "lthreshold",
     "connections below which it gets new ones again"},
    {Option::connection, "connection", 'c', none, V::none, general, "xxxx1xxxxxxxxxxx", kNone, "list connections"},
    {Option::timeout, "timeout", 0, none, V::none, general, "xxxx1xxxxxxxxxxx", kNone,
     "list timeouts (tcp tcpfin udp)"},
    {Option::daemon, "daemon", 0, none, V::none, general, "xxxx1xxxxxxxxxxx", kNone, "list sync daemons"},
    {Option::status, "status", 0, none, V::none, general, "xxxxoxxxxxxxxxxx", kNone,
     "with --daemon: how synchronisation goes"},
    {Option::stats, "stats", 0, none, V::none, general, "xxxxoxxxxxxxxxxx", kNone, "list counters"},
    {Option::rate, "rate", 0, none, V::none, general, "xxxxoxxxxxxxxxxx", kNone, "list rates per second"},
    {Option::exact, "exact", 'X', none, V::none, general, "xxxxoxxxxxxxxxxx", kNone, "numbers in full"},
    {Option::thresholds, "thresholds", 0, none, V::none, general, "xxxxoxxxxxxxxxxx", kNone,
     "list connection thresholds"},
    {Option::persistent_conn, "persistent-conn", 0, none, V::none, general, "xxxxoxxxxxxxxxxx", kNone,
     "list persistent connections"},
    {Option::tun_info, "tun-info", 0, none, V::none, general, "xxxxoxxxxxxxxxxx", kNone, "list tunnels"},
    {Option::nosort, "nosort", 0, none, V::none, general, "xxxxoxxxxxxxxxxx", kNone,
     "do not sort services and servers"},
    {Option::sort, "sort", 0, none, V::none, general, "xxxxoxxxxxxxxxxx", kNone,
     "does nothing; accepted for old scripts", {.is_free = true}},
    {Option::ops, "ops", 'o', none, V::none, general, "ooxxxxxxxxxxxxxx", kNone, "one-packet scheduling"},
    {Option::numeric, "numeric", 'n', none, V::none, general, "xxxxoxxxxxxxoxxx", kNone,
     "addresses and ports as numbers"},
    {Option::replace, "replace", 0, none, V::none, general, "xxxxxxxxxxx1xxxx", kNone,
     "with --restore: clear the table first, if all lines are good"},
    {Option::atomic, "atomic", 0, none, V::none, general, "xxxxxxxxxxx1xxxx", kNone,
     "with --restore: all lines or none, as one step"},
    {Option::dry_run, "dry-run", 0, none, V::none, general, "xxxxxxxxxxx2xxxx", kNone,
     "with --restore: change nothing; tell what would be refused"},
    {Option::check_syntax, "check-syntax", 0, none, V::none, general, "xxxxxxxxxxx2xxxx", kNone,
     "with --restore: change nothing; tell which lines are no commands"},
    {Option::ensure, "ensure", 0, none, V::none, general, "oxoxxoxoxooxxxxx", kNone,
     "add or edit; delete what may be absent"},
    {Option::json, "json", 0, none, V::none, general, "xxxxoxxxxxxxxxoo", kNone, "list as JSON"},
    {Option::exit_codes, "exit-codes", 0, none, V::none, general, "oooooooooooooooo", kNone,
     "an exit code for each kind of failure"},
    {Option::sched_flags, "sched-flags", 'b', required, V::sched_flags, general, "ooxxxxxxxxxxxxxx", "flags",
     "flags of the scheduler, comma-separated"},

    {Option::syncid, "syncid", 0, required, V::text, daemon, "xxxxoxxxxooxxxxx", "sid",
     "number of the group to sync with (default=0)"},
    {Option::sync_maxlen, "sync-maxlen", 0, required, V::text, daemon, "xxxxxxxxxoxxxxxx", "length",
     "longest sync message in bytes (default: MTU)"},
    {Option::mcast_interface, "mcast-interface", 0, required, V::interface, daemon, "xxxxxxxxxoxxxxxx", "interface",
     "interface to sync over (default=eth0)"},
    {Option::mcast_group, "mcast-group", 0, required, V::text, daemon, "xxxxxxxxxoxxxxxx", "address",
     "IPv4 or IPv6 group (default=224.0.0.81)"},
    {Option::mcast_port, "mcast-port", 0, required, V::text, daemon, "xxxxxxxxxoxxxxxx", "port",
     "UDP port (default=8848)"},
    {Option::mcast_ttl, "mcast-ttl", 0, required, V::text, daemon, "xxxxxxxxxoxxxxxx", "ttl",
     "time to live (default=1, to peers 64)"},
    {Option::sync_peer, "sync-peer", 0, required, V::text, daemon, "xxxxxxxxxoxxxxxx", "address,...",
     "the other directors, instead of a group"},
    {Option::sync_key_file, "sync-key-file", 0, required, V::file, daemon, "xxxxxxxxxoxxoxxx", "file",
     "file with the key that all directors share"},
};

constexpr auto kCount = static_cast<std::size_t>(Option::count);

/// Where in the table an option is; of several ways to say the same, the first.
struct Places {
  std::array<std::size_t, kCount> row, first;
};

constexpr Places find_places() {
  Places places{};
  std::size_t first = 0;
  for (std::size_t i = 0; i < kCount; ++i) {
    if (kOptions[i].legal) first = i;
    places.row[static_cast<std::size_t>(kOptions[i].option)] = i;
    places.first[static_cast<std::size_t>(kOptions[i].option)] = first;
  }
  return places;
}

static_assert(std::size(kOptions) == kCount);
constexpr Places kPlaces = find_places();
static_assert([] {
  for (std::size_t i = 0; i < kCount; ++i)
    if (kOptions[kPlaces.row[i]].option != static_cast<Option>(i)) return false;
  return true;
}(), "each option has one row");

const OptionRow& first_of(Option option) { return kOptions[kPlaces.first[static_cast<std::size_t>(option)]]; }

const CommandRow& row_of(Verb verb) {
  std::size_t i = 0;
  while (kCommands[i].verb != verb) ++i;
  return kCommands[i];
}

/// What ends the messages: "'list' command" or "'gue' tunnel type".
struct Scope {
  const char* tag;
  const char* kind;
};

std::string with(Scope scope, std::string text) { return formatted("{} the '{}' {}", text, scope.tag, scope.kind); }

/// `legal` tells the letter of an option's row; 0 for one that no rule is about.
template <typename Legal>
std::optional<std::string> check(Legal legal, const OptionSet& given, Scope scope) {
  const char* only[2] = {};
  for (std::size_t i = 0; i < kCount; ++i) {
    const OptionRow& row = kOptions[kPlaces.row[i]];
    if (!row.legal || row.more.is_free) continue;
    const char letter = legal(row);
    const char* tag = tag_of(row.option);
    if (!given.has(row.option)) {
      if (letter == 'R') return with(scope, formatted("You need to supply the '{}' option for", tag));
      continue;
    }
    if (letter == 'x') return with(scope, formatted("Illegal '{}' option with", tag));
    if (letter != '1' && letter != '2') continue;
    const char*& other = only[letter - '1'];
    if (other) return with(scope, formatted("The option '{}' conflicts with the '{}' option in", tag, other));
    other = tag;
  }
  return {};
}

bool has_options(Verb verb) { return verb != Verb::help && verb != Verb::version; }

template <typename Rows>
std::vector<std::string> names(const Rows& rows) {
  std::vector<std::string> all;
  for (const auto& each : rows) all.emplace_back(each.name);
  return all;
}

}  // namespace

std::size_t OptionSet::place(Option option) { return static_cast<std::size_t>(first_of(option).option); }

std::vector<std::string> words_of(Value value) {
  switch (value) {
    case Value::scheduler:
      return {schedulers().begin(), schedulers().end()};
    case Value::engine:
      return {engines().begin(), engines().end()};
    case Value::sched_flags:
      return names(sched_flags());
    case Value::tunnel_type:
      return names(tunnel_types());
    case Value::daemon_state:
      return names(daemon_states());
    case Value::check_mode:
      return {"passive"};
    default:
      return {};
  }
}

const char* name_of(Value value) {
  constexpr const char* kNames[] = {"none",        "text",   "service",     "mark",         "server",    "scheduler",
                                    "sched_flags", "engine", "tunnel_type", "daemon_state", "interface", "file",
                                    "check_mode",  "sysctl"};
  static_assert(std::size(kNames) == static_cast<std::size_t>(Value::sysctl) + 1);
  return kNames[static_cast<std::size_t>(value)];
}

std::span<const CommandRow> commands() { return kCommands; }

std::span<const OptionRow> options() { return kOptions; }

const OptionRow& row_of(Option option) { return kOptions[kPlaces.row[static_cast<std::size_t>(option)]]; }

const char* tag_of(Option option) {
  const OptionRow& row = first_of(option);
  return row.more.tag ? row.more.tag : row.long_name;
}

bool is_legal(Verb verb, Option option) {
  return has_options(verb) && first_of(option).legal[static_cast<std::size_t>(verb)] != 'x';
}

std::optional<std::string> find_illegal(Verb verb, const OptionSet& options) {
  if (!has_options(verb)) return {};
  const char* tag = verb == Verb::flush ? "flush" : row_of(verb).long_name;
  return check([&](const OptionRow& row) { return row.legal[static_cast<std::size_t>(verb)]; }, options,
               {tag, "command"});
}

std::optional<std::string> find_illegal_tunnel(std::uint8_t tunnel_type, const OptionSet& options) {
  return check([&](const OptionRow& row) { return row.more.tunnels ? row.more.tunnels[tunnel_type] : '\0'; }, options,
               {find_tunnel_type(tunnel_type)->name, "tunnel type"});
}

}  // namespace ipvsadm
