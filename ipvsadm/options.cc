// SPDX-License-Identifier: GPL-2.0-or-later
#include "options.hh"

#include <fmt/format.h>

#include <iterator>

namespace ipvsadm {
namespace {

// One letter a command: R required, o optional, x illegal, 1 at most one of those marked 1.
struct Row {
  Option option;
  const char* tag;
  const char* legal;
};

constexpr Row kLegal[] = {
    //                                               AEDCLadeset-start-stop-RSZ
    {Option::numeric, "numeric", "xxxxoxxxxxxxox"},
    {Option::connection, "connection", "xxxx1xxxxxxxxx"},
    {Option::service, "service-address", "RRRx1RRRxxxxxo"},
    {Option::scheduler, "scheduler", "ooxxxxxxxxxxxx"},
    {Option::persistent, "persistent", "ooxxxxxxxxxxxx"},
    {Option::netmask, "netmask", "ooxxxxxxxxxxxx"},
    {Option::server, "real-server", "xxxxxRRRxxxxxx"},
    {Option::forward, "forwarding-method", "xxxxxooxxxxxxx"},
    {Option::weight, "weight", "xxxxxooxxxxxxx"},
    {Option::u_threshold, "u-threshold", "xxxxxooxxxxxxx"},
    {Option::l_threshold, "l-threshold", "xxxxxooxxxxxxx"},
    {Option::mcast_interface, "mcast-interface", "xxxxxxxxxoxxxx"},
    {Option::timeout, "timeout", "xxxx1xxxxxxxxx"},
    {Option::daemon, "daemon", "xxxx1xxxxxxxxx"},
    {Option::stats, "stats", "xxxxoxxxxxxxxx"},
    {Option::rate, "rate", "xxxxoxxxxxxxxx"},
    {Option::thresholds, "thresholds", "xxxxoxxxxxxxxx"},
    {Option::persistent_conn, "persistent-conn", "xxxxoxxxxxxxxx"},
    {Option::nosort, "nosort", "xxxxoxxxxxxxxx"},
    {Option::syncid, "syncid", "xxxxoxxxxooxxx"},
    {Option::exact, "exact", "xxxxoxxxxxxxxx"},
    {Option::ops, "ops", "ooxxxxxxxxxxxx"},
    {Option::pe, "pe", "ooxxxxxxxxxxxx"},
    {Option::sched_flags, "sched-flags", "ooxxxxxxxxxxxx"},
    {Option::mcast_group, "mcast-group", "xxxxxxxxxoxxxx"},
    {Option::mcast_port, "mcast-port", "xxxxxxxxxoxxxx"},
    {Option::mcast_ttl, "mcast-ttl", "xxxxxxxxxoxxxx"},
    {Option::sync_maxlen, "sync-maxlen", "xxxxxxxxxoxxxx"},
    {Option::tun_info, "tun-info", "xxxxoxxxxxxxxx"},
    {Option::tun_type, "tun-type", "xxxxxooxxxxxxx"},
    {Option::tun_port, "tun-port", "xxxxxooxxxxxxx"},
    {Option::tun_nocsum, "tun-nocsum", "xxxxxooxxxxxxx"},
    {Option::tun_csum, "tun-csum", "xxxxxooxxxxxxx"},
    {Option::tun_remcsum, "tun-remcsum", "xxxxxooxxxxxxx"},
    {Option::replace, "replace", "xxxxxxxxxxxoxx"},
};
static_assert(std::size(kLegal) == static_cast<std::size_t>(Option::count));

constexpr const char* kVerbTags[] = {
    "add-service",   "edit-service", "delete-service", "flush",       "list",    "add-server", "edit-server",
    "delete-server", "set",          "start-daemon",   "stop-daemon", "restore", "save",       "zero",
};

// One letter a tunnel type: ipip, gue, gre.
constexpr Row kTunnelLegal[] = {
    {Option::tun_port, "tun-port", "xRx"},
    {Option::tun_nocsum, "tun-nocsum", "x11"},
    {Option::tun_csum, "tun-csum", "x11"},
    {Option::tun_remcsum, "tun-remcsum", "x1x"},
};

constexpr const char* kTunnelTags[] = {"ipip", "gue", "gre"};

/// `scope` ends the messages: "'list' command" or "'gue' tunnel type".
std::optional<std::string> check(std::span<const Row> rows, std::size_t column, const OptionSet& options,
                                 const std::string& scope) {
  const char* only = nullptr;
  for (const Row& row : rows) {
    const char legal = row.legal[column];
    if (!options.has(row.option)) {
      if (legal == 'R') return fmt::format("You need to supply the '{}' option for the {}", row.tag, scope);
      continue;
    }
    if (legal == 'x') return fmt::format("Illegal '{}' option with the {}", row.tag, scope);
    if (legal != '1') continue;
    if (only)
      return fmt::format("The option '{}' conflicts with the '{}' option in the {}", row.tag, only, scope);
    only = row.tag;
  }
  return {};
}

using enum Spelling::Argument;
using Id = Spelling::Id;

constexpr Spelling kSpellings[] = {
    {"add-service", 'A', none, Id::add_service},
    {"edit-service", 'E', none, Id::edit_service},
    {"delete-service", 'D', none, Id::delete_service},
    {"clear", 'C', none, Id::flush},
    {"list", 'L', none, Id::list},
    {"list", 'l', none, Id::list},
    {"zero", 'Z', none, Id::zero},
    {"add-server", 'a', none, Id::add_server},
    {"edit-server", 'e', none, Id::edit_server},
    {"delete-server", 'd', none, Id::delete_server},
    {"set", 0, none, Id::set_timeout},
    {"restore", 'R', none, Id::restore},
    {"save", 'S', none, Id::save},
    {"start-daemon", 0, required, Id::start_daemon},
    {"stop-daemon", 0, required, Id::stop_daemon},
    {"help", 'h', none, Id::help},
    {"version", 'v', none, Id::version},
    {"tcp-service", 't', required, Id::tcp_service},
    {"udp-service", 'u', required, Id::udp_service},
    {"sctp-service", 0, required, Id::sctp_service},
    {"fwmark-service", 'f', required, Id::fwmark_service},
    {"ipv6", '6', none, Id::ipv6},
    {"scheduler", 's', required, Id::scheduler},
    {"persistent", 'p', optional, Id::persistent},
    {"netmask", 'M', required, Id::netmask},
    {"pe", 0, required, Id::pe},
    {"sched-flags", 'b', required, Id::sched_flags},
    {"ops", 'o', none, Id::ops},
    {"real-server", 'r', required, Id::real_server},
    {"gatewaying", 'g', none, Id::gatewaying},
    {"ipip", 'i', none, Id::ipip},
    {"masquerading", 'm', none, Id::masquerading},
    {"weight", 'w', required, Id::weight},
    {"u-threshold", 'x', required, Id::u_threshold},
    {"l-threshold", 'y', required, Id::l_threshold},
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
};

}  // namespace

const char* tag_of(Option option) { return kLegal[static_cast<std::size_t>(option)].tag; }

const char* tag_of(Verb verb) {
  const auto n = static_cast<std::size_t>(verb);
  return n < std::size(kVerbTags) ? kVerbTags[n] : "";
}

std::optional<std::string> find_illegal(Verb verb, const OptionSet& options) {
  const auto column = static_cast<std::size_t>(verb);
  if (column >= std::size(kVerbTags)) return {};
  return check(kLegal, column, options, fmt::format("'{}' command", kVerbTags[column]));
}

std::optional<std::string> find_illegal_tunnel(unsigned tunnel_type, const OptionSet& options) {
  return check(kTunnelLegal, tunnel_type, options, fmt::format("'{}' tunnel type", kTunnelTags[tunnel_type]));
}

std::span<const Spelling> spellings() { return kSpellings; }

}  // namespace ipvsadm
