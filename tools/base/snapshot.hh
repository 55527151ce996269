// SPDX-License-Identifier: GPL-2.0-or-later
// What the kernel's IPVS is at one moment.
#pragma once

#include <chrono>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ipvs/client.hh"
#include "ipvs/connection.hh"
#include "ipvs/types.hh"

namespace ipvsadm {

struct Snapshot {
  /// Why there is nothing else here; empty: the module has answered.
  std::string trouble = {};
  // When it was asked for and how many seconds the answer took.
  std::chrono::steady_clock::time_point begun = {};
  double seconds = 0;
  ipvs::Info info = {};
  std::vector<ipvs::ServiceWithDests> table = {};  ///< in the kernel's order
  // What this module does not tell, or not to us, is absent.
  std::optional<ipvs::Stats> totals = {};
  std::optional<ipvs::Timeouts> timeouts = {};
  std::optional<std::vector<ipvs::Drop>> drops = {};
  std::optional<std::vector<ipvs::StatusFigure>> status = {};
  std::optional<std::vector<ipvs::DaemonConfig>> daemons = {};
  std::optional<std::vector<ipvs::DaemonStatus>> sync = {};
  /// The kernel estimates rates. Else they say nothing; our module goes on counting, the kernel's own stands still.
  bool has_estimates = true;

  bool is_up() const { return trouble.empty(); }
};

/// Whose outside is the kernel; the tests have another one.
class Kernel {
 public:
  virtual ~Kernel() = default;
  virtual Snapshot snapshot() = 0;
  /// Of the namespace alone: cheap. Nothing: there is no module.
  virtual std::optional<ipvs::Stats> totals() = 0;
  /// As Client::for_each_connection(); the text says what went wrong.
  virtual std::expected<void, std::string> connections(const ipvs::ConnectionFilter& filter,
                                                       const std::function<bool(ipvs::Connection&)>& visit) = 0;
};

/// Each call opens a Client of its own. So a module that was replaced is found again, and the number of a netlink family
/// that has gone is never used for another. A module is asked only while it is there: asking would load it, in the middle of
/// its replacement. Calls may come from any thread, which must be in the network namespace that is meant.
std::unique_ptr<Kernel> running_kernel();

/// A Client of a module that is there.
std::expected<ipvs::Client, std::string> open_client();

/// Asks for a snapshot, notes the time, and puts it in order. Never throws: there may be no memory for a table, and some
/// again later; that is trouble, too.
Snapshot timed_snapshot(Kernel& kernel);

/// As ipvsadm lists them, and each once: the kernel's own module says one twice while others come and go.
void put_in_order(std::vector<ipvs::ServiceWithDests>& table);

}  // namespace ipvsadm
