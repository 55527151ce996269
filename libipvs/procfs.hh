// SPDX-License-Identifier: LGPL-2.1-or-later
// What the kernel's files say, for which it has no netlink. Pure; any bytes may be given.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ipvs/connection.hh"
#include "ipvs/types.hh"

namespace ipvs::inline v1::procfs {

// thread-self: /proc/net is that of the process's first thread, whatever namespace the others are in.
inline constexpr auto kConnections = "/proc/thread-self/net/ip_vs_conn";
inline constexpr auto kTotals = "/proc/thread-self/net/ip_vs_stats";
inline constexpr auto kDrops = "/proc/thread-self/net/ip_vs_drops";
inline constexpr auto kSync = "/proc/thread-self/net/ip_vs_sync";
inline constexpr auto kStatus = "/proc/thread-self/net/ip_vs_status";
inline constexpr auto kServices = "/proc/thread-self/net/ip_vs";
inline constexpr auto kModules = "/proc/modules";
inline constexpr auto kSysctls = "/proc/sys/net/ipv4/vs";

/// One row, without its newline. Nothing: it has another form.
std::optional<Connection> parse_connection(std::string_view row);

/// A list of connections that comes in pieces of any size.
class ConnectionReader {
 public:
  ConnectionReader(const ConnectionFilter& filter, const std::function<bool(Connection&)>& visit)
      : filter_(filter), visit_(visit) {}

  /// False: nothing more is wanted.
  bool take(std::string_view piece);
  /// Was it whole, and all of a known form? To be asked at its end.
  bool is_sound() const { return sound_ && !is_title_ && (stopped_ || rest_.empty()); }

 private:
  bool take_row(std::string_view row);

  const ConnectionFilter& filter_;
  const std::function<bool(Connection&)>& visit_;
  std::string rest_;  ///< a row of which the end has not come yet
  bool is_title_ = true, sound_ = true, stopped_ = false;
};

std::optional<Stats> parse_totals(std::string_view text);
std::optional<std::vector<Drop>> parse_drops(std::string_view text);
/// Lines that do not say a number are left out. Nothing: the text has no end, or a number is too large.
std::optional<std::vector<StatusFigure>> parse_status(std::string_view text);
/// Lines of another form, of words that are not known and of roles that are not, are left out if they are whole: there will
/// be more of them. Nothing: the text has no end, or a line that is known has another form.
std::optional<std::vector<DaemonStatus>> parse_sync(std::string_view text);
/// From the kernel's own list of services, and its list of modules: there is no list of engines.
Unseen parse_unseen(std::string_view services, std::string_view modules);

}  // namespace ipvs::inline v1::procfs
