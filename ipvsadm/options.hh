// SPDX-License-Identifier: GPL-2.0-or-later
// The options there are, and which of them go with which command.
#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace ipvsadm {

/// In the order of the columns of the table in options.cc.
enum class Verb : std::uint8_t {
  add_service,
  edit_service,
  delete_service,
  flush,
  list,
  add_server,
  edit_server,
  delete_server,
  set_timeout,
  start_daemon,
  stop_daemon,
  restore,
  save,
  zero,
  sysctl,
  help,
  version,
};

/// In the order in which their legality is checked.
enum class Option : std::uint8_t {
  numeric,
  connection,
  service,
  scheduler,
  persistent,
  netmask,
  server,
  forward,
  weight,
  u_threshold,
  l_threshold,
  mcast_interface,
  timeout,
  daemon,
  stats,
  rate,
  thresholds,
  persistent_conn,
  nosort,
  syncid,
  exact,
  ops,
  pe,
  sched_flags,
  mcast_group,
  mcast_port,
  mcast_ttl,
  sync_maxlen,
  tun_info,
  tun_type,
  tun_port,
  tun_nocsum,
  tun_csum,
  tun_remcsum,
  replace,
  atomic,
  ensure,
  json,
  exit_codes,
  count,
};

class OptionSet {
 public:
  bool has(Option option) const { return bits_[static_cast<std::size_t>(option)]; }
  void add(Option option) { bits_.set(static_cast<std::size_t>(option)); }

 private:
  std::bitset<static_cast<std::size_t>(Option::count)> bits_;
};

/// The name of an option in messages.
const char* tag_of(Option option);
const char* tag_of(Verb verb);

/// Whether the option can go with the command at all.
bool is_legal(Verb verb, Option option);
/// The first rule of the command that the options break, in words; nothing if they are legal.
std::optional<std::string> find_illegal(Verb verb, const OptionSet& options);
/// The same for the options of a tunnel type (IP_VS_CONN_F_TUNNEL_TYPE_*).
std::optional<std::string> find_illegal_tunnel(unsigned tunnel_type, const OptionSet& options);

/// What the option parser reports, one row for each way to write an option.
struct Spelling {
  enum class Id : int;

  const char* long_name;
  char short_name;  ///< 0 if there is none
  enum class Argument : std::uint8_t { none, required, optional } argument;
  Id id;
};

enum class Spelling::Id : int {
  // Commands.
  add_service = 1,
  edit_service,
  delete_service,
  flush,
  list,
  add_server,
  edit_server,
  delete_server,
  set_timeout,
  start_daemon,
  stop_daemon,
  restore,
  save,
  zero,
  sysctl,
  help,
  version,
  // All others.
  tcp_service,
  udp_service,
  sctp_service,
  fwmark_service,
  ipv6,
  scheduler,
  persistent,
  netmask,
  pe,
  sched_flags,
  ops,
  real_server,
  gatewaying,
  ipip,
  masquerading,
  weight,
  u_threshold,
  l_threshold,
  tun_type,
  tun_port,
  tun_nocsum,
  tun_csum,
  tun_remcsum,
  numeric,
  connection,
  timeout,
  daemon,
  stats,
  rate,
  thresholds,
  persistent_conn,
  nosort,
  tun_info,
  sort,
  exact,
  mcast_interface,
  syncid,
  mcast_group,
  mcast_port,
  mcast_ttl,
  sync_maxlen,
  replace,
  atomic,
  ensure,
  json,
  exit_codes,
};

std::span<const Spelling> spellings();

}  // namespace ipvsadm
