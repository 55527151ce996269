// SPDX-License-Identifier: GPL-2.0-or-later
#include "options.hh"

#include <iterator>

#include "format.hh"

namespace ipvsadm {
namespace {

// One letter a command: R required, o optional, x illegal, 1 at most one of those marked 1.
struct Row {
  Option option;
  const char* tag;
  const char* legal;
};

constexpr Row kLegal[] = {
    //                                               AEDCLade set start stop RSZO
    {Option::numeric, "numeric", "xxxxoxxxxxxxoxx"},
    {Option::connection, "connection", "xxxx1xxxxxxxxxx"},
    {Option::service, "service-address", "RRRx1RRRxxxxxox"},
    {Option::scheduler, "scheduler", "ooxxxxxxxxxxxxx"},
    {Option::persistent, "persistent", "ooxxxxxxxxxxxxx"},
    {Option::netmask, "netmask", "ooxxxxxxxxxxxxx"},
    {Option::server, "real-server", "xxxxxRRRxxxxxxx"},
    {Option::forward, "forwarding-method", "xxxxxooxxxxxxxx"},
    {Option::weight, "weight", "xxxxxooxxxxxxxx"},
    {Option::u_threshold, "u-threshold", "xxxxxooxxxxxxxx"},
    {Option::l_threshold, "l-threshold", "xxxxxooxxxxxxxx"},
    {Option::mcast_interface, "mcast-interface", "xxxxxxxxxoxxxxx"},
    {Option::timeout, "timeout", "xxxx1xxxxxxxxxx"},
    {Option::daemon, "daemon", "xxxx1xxxxxxxxxx"},
    {Option::stats, "stats", "xxxxoxxxxxxxxxx"},
    {Option::rate, "rate", "xxxxoxxxxxxxxxx"},
    {Option::thresholds, "thresholds", "xxxxoxxxxxxxxxx"},
    {Option::persistent_conn, "persistent-conn", "xxxxoxxxxxxxxxx"},
    {Option::nosort, "nosort", "xxxxoxxxxxxxxxx"},
    {Option::syncid, "syncid", "xxxxoxxxxooxxxx"},
    {Option::exact, "exact", "xxxxoxxxxxxxxxx"},
    {Option::ops, "ops", "ooxxxxxxxxxxxxx"},
    {Option::pe, "pe", "ooxxxxxxxxxxxxx"},
    {Option::sched_flags, "sched-flags", "ooxxxxxxxxxxxxx"},
    {Option::mcast_group, "mcast-group", "xxxxxxxxxoxxxxx"},
    {Option::mcast_port, "mcast-port", "xxxxxxxxxoxxxxx"},
    {Option::mcast_ttl, "mcast-ttl", "xxxxxxxxxoxxxxx"},
    {Option::sync_maxlen, "sync-maxlen", "xxxxxxxxxoxxxxx"},
    {Option::tun_info, "tun-info", "xxxxoxxxxxxxxxx"},
    {Option::tun_type, "tun-type", "xxxxxooxxxxxxxx"},
    {Option::tun_port, "tun-port", "xxxxxooxxxxxxxx"},
    {Option::tun_nocsum, "tun-nocsum", "xxxxxooxxxxxxxx"},
    {Option::tun_csum, "tun-csum", "xxxxxooxxxxxxxx"},
    {Option::tun_remcsum, "tun-remcsum", "xxxxxooxxxxxxxx"},
    // Ours; behind those of 1.31, whose messages so keep their order.
    {Option::replace, "replace", "xxxxxxxxxxx1xxx"},
    {Option::atomic, "atomic", "xxxxxxxxxxx1xxx"},
    {Option::ensure, "ensure", "oxoxxoxoxooxxxx"},
    {Option::json, "json", "xxxxoxxxxxxxxxo"},
    {Option::exit_codes, "exit-codes", "ooooooooooooooo"},
};
static_assert(std::size(kLegal) == static_cast<std::size_t>(Option::count));

constexpr const char* kVerbTags[] = {
    "add-service", "edit-service", "delete-service", "flush", "list",
    "add-server",  "edit-server",  "delete-server",  "set",   "start-daemon",
    "stop-daemon", "restore",      "save",           "zero",  "sysctl",
};

// One letter a tunnel type: ipip, gue, gre.
constexpr Row kTunnelLegal[] = {
    {Option::tun_port, "tun-port", "xRx"},
    {Option::tun_nocsum, "tun-nocsum", "x11"},
    {Option::tun_csum, "tun-csum", "x11"},
    {Option::tun_remcsum, "tun-remcsum", "x1x"},
};

constexpr const char* kTunnelTags[] = {"ipip", "gue", "gre"};

/// What ends the messages: "'list' command" or "'gue' tunnel type".
struct Scope {
  const char* tag;
  const char* kind;
};

std::string with(Scope scope, std::string text) {
  return formatted("{} the '{}' {}", text, scope.tag, scope.kind);
}

std::optional<std::string> check(std::span<const Row> rows, std::size_t column, const OptionSet& options,
                                 Scope scope) {
  const char* only = nullptr;
  for (const Row& row : rows) {
    const char legal = row.legal[column];
    if (!options.has(row.option)) {
      if (legal == 'R') return with(scope, formatted("You need to supply the '{}' option for", row.tag));
      continue;
    }
    if (legal == 'x') return with(scope, formatted("Illegal '{}' option with", row.tag));
    if (legal != '1') continue;
    if (only)
      return with(scope, formatted("The option '{}' conflicts with the '{}' option in", row.tag, only));
    only = row.tag;
  }
  return {};
}

using enum Spelling::Argument;
using Id = Spelling::Id;

constexpr Spelling kSpellings[] = {
    // What saved tables are made of comes first: the option parser goes through this from the beginning.
    {"add-server", 'a', none, Id::add_server},
    {"add-service", 'A', none, Id::add_service},
    {"tcp-service", 't', required, Id::tcp_service},
    {"udp-service", 'u', required, Id::udp_service},
    {"real-server", 'r', required, Id::real_server},
    {"gatewaying", 'g', none, Id::gatewaying},
    {"ipip", 'i', none, Id::ipip},
    {"masquerading", 'm', none, Id::masquerading},
    {"weight", 'w', required, Id::weight},
    {"scheduler", 's', required, Id::scheduler},
    {"persistent", 'p', optional, Id::persistent},
    {"fwmark-service", 'f', required, Id::fwmark_service},
    {"netmask", 'M', required, Id::netmask},
    {"u-threshold", 'x', required, Id::u_threshold},
    {"l-threshold", 'y', required, Id::l_threshold},
    // All others.
    {"edit-service", 'E', none, Id::edit_service},
    {"delete-service", 'D', none, Id::delete_service},
    {"clear", 'C', none, Id::flush},
    {"list", 'L', none, Id::list},
    {"list", 'l', none, Id::list},
    {"zero", 'Z', none, Id::zero},
    {"edit-server", 'e', none, Id::edit_server},
    {"delete-server", 'd', none, Id::delete_server},
    {"set", 0, none, Id::set_timeout},
    {"restore", 'R', none, Id::restore},
    {"save", 'S', none, Id::save},
    {"start-daemon", 0, required, Id::start_daemon},
    {"stop-daemon", 0, required, Id::stop_daemon},
    {"sysctl", 'O', optional, Id::sysctl},
    {"help", 'h', none, Id::help},
    {"version", 'v', none, Id::version},
    {"sctp-service", 0, required, Id::sctp_service},
    {"ipv6", '6', none, Id::ipv6},
    {"pe", 0, required, Id::pe},
    {"sched-flags", 'b', required, Id::sched_flags},
    {"ops", 'o', none, Id::ops},
    {"tun-type", 0, required, Id::tun_type},
    {"tun-port", 0, required, Id::tun_port},
    {"tun-nocsum", 0, none, Id::tun_nocsum},
    {"tun-csum", 0, none, Id::tun_csum},
    {"tun-remcsum", 0, none, Id::tun_remcsum},
    {"numeric", 'n', none, Id::numeric},
    {"connection", 'c', none, Id::connection},
    {"timeout", 0, none, Id::timeout},
    {"daemon", 0, none, Id::daemon},
    {"stats", 0, none, Id::stats},
    {"rate", 0, none, Id::rate},
    {"thresholds", 0, none, Id::thresholds},
    {"persistent-conn", 0, none, Id::persistent_conn},
    {"nosort", 0, none, Id::nosort},
    {"tun-info", 0, none, Id::tun_info},
    {"sort", 0, none, Id::sort},
    {"exact", 'X', none, Id::exact},
    {"mcast-interface", 0, required, Id::mcast_interface},
    {"syncid", 0, required, Id::syncid},
    {"mcast-group", 0, required, Id::mcast_group},
    {"mcast-port", 0, required, Id::mcast_port},
    {"mcast-ttl", 0, required, Id::mcast_ttl},
    {"sync-maxlen", 0, required, Id::sync_maxlen},
    {"replace", 0, none, Id::replace},
    {"atomic", 0, none, Id::atomic},
    {"ensure", 0, none, Id::ensure},
    {"json", 0, none, Id::json},
    {"exit-codes", 0, none, Id::exit_codes},
};

}  // namespace

const char* tag_of(Option option) { return kLegal[static_cast<std::size_t>(option)].tag; }

const char* tag_of(Verb verb) {
  const auto n = static_cast<std::size_t>(verb);
  return n < std::size(kVerbTags) ? kVerbTags[n] : "";
}

bool is_legal(Verb verb, Option option) {
  return kLegal[static_cast<std::size_t>(option)].legal[static_cast<std::size_t>(verb)] != 'x';
}

std::optional<std::string> find_illegal(Verb verb, const OptionSet& options) {
  const auto column = static_cast<std::size_t>(verb);
  if (column >= std::size(kVerbTags)) return {};
  return check(kLegal, column, options, {kVerbTags[column], "command"});
}

std::optional<std::string> find_illegal_tunnel(unsigned tunnel_type, const OptionSet& options) {
  return check(kTunnelLegal, tunnel_type, options, {kTunnelTags[tunnel_type], "tunnel type"});
}

std::span<const Spelling> spellings() { return kSpellings; }

}  // namespace ipvsadm
