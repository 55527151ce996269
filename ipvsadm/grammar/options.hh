// SPDX-License-Identifier: GPL-2.0-or-later
// The commands and options there are: one row each, from which the option parser, the rules about what goes with
// what, the help and the completion come.
#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ipvsadm {

/// In the order of the columns of the table of options.
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
  check,
  help,
  version,
  count,
};

/// In the order in which their legality is checked.
enum class Option : std::uint8_t {
  numeric,
  connection,
  tcp_service,
  udp_service,
  sctp_service,
  fwmark_service,
  scheduler,
  persistent,
  netmask,
  real_server,
  gatewaying,
  ipip,
  masquerading,
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
  // Ours; behind those of 1.31, whose messages so keep their order.
  replace,
  atomic,
  ensure,
  json,
  exit_codes,
  dry_run,
  check_syntax,
  sync_peer,
  sync_key_file,
  status,
  // Never checked.
  ipv6,
  sort,
  count,
};

/// Services and forwarding methods can be told in several ways; each of these stands for all of its kind.
inline constexpr Option kAnyService = Option::tcp_service, kAnyMethod = Option::gatewaying;

/// What was on a command line. Of several ways to say the same it knows only that it was said.
class OptionSet {
 public:
  bool has(Option option) const { return bits_[place(option)]; }
  void add(Option option) { bits_.set(place(option)); }

 private:
  static std::size_t place(Option option);

  std::bitset<static_cast<std::size_t>(Option::count)> bits_;
};

enum class Argument : std::uint8_t { none, required, optional };

/// What an argument is, as far as somebody can help to write it.
enum class Value : std::uint8_t {
  none,  ///< there is no argument
  text,  ///< nothing is known of it
  service,
  mark,
  server,
  scheduler,
  sched_flags,
  engine,
  tunnel_type,
  daemon_state,
  interface,
  file,
  check_mode,
  sysctl,
};

/// The words that an argument can be, as far as the program knows them.
std::vector<std::string> words_of(Value value);
/// "scheduler", as the completion calls it.
const char* name_of(Value value);

struct CommandRow {
  Verb verb;
  const char* long_name;
  const char* letters;  ///< short names, none or several
  Argument argument;
  Value value;
  const char* argument_name;  ///< in the help
  const char* usage;          ///< what may follow, with the letters; null: as the row above
  const char* help;
};

enum class Section : std::uint8_t { service, general, daemon };

struct OptionRow {
  /// What only few options have.
  struct More {
    const char* tag = nullptr;      ///< the name in messages; null: the long one
    const char* tunnels = nullptr;  ///< legality with the types of tunnels
    bool is_free = false;           ///< its legality is only advice, and it may stand there twice
  };

  Option option;
  const char* long_name;
  char short_name;  ///< 0: none
  Argument argument;
  Value value;
  Section section;
  const char* legal;          ///< with the commands; null: another way to say what the row above says
  const char* argument_name;  ///< in the help
  const char* help;           ///< of several lines; {} stands for the words that the argument can be
  More more = {};
};

/// In the order of the help.
std::span<const CommandRow> commands();
std::span<const OptionRow> options();

const OptionRow& row_of(Option option);
/// The name of an option in messages.
const char* tag_of(Option option);

/// Whether the option can go with the command at all.
bool is_legal(Verb verb, Option option);
/// The first rule of the command that the options break, in words; nothing if they are legal.
std::optional<std::string> find_illegal(Verb verb, const OptionSet& options);
/// The same for the options of a tunnel type (IP_VS_CONN_F_TUNNEL_TYPE_*).
std::optional<std::string> find_illegal_tunnel(std::uint8_t tunnel_type, const OptionSet& options);

}  // namespace ipvsadm
