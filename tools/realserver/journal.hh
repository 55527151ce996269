// SPDX-License-Identifier: GPL-2.0-or-later
// What has been changed, so that it can be brought back: a line for each change, written before it is made.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "realserver/plan.hh"

namespace realserver {

struct SettingChange {
  std::string name;
  int before = 0, after = 0;
  friend bool operator==(const SettingChange&, const SettingChange&) = default;
};
// Devices with their index, by which one is known whatever has its name later.
struct Made {
  std::string device;
  int index = 0;  ///< 0 until it is known
  friend bool operator==(const Made&, const Made&) = default;
};
/// The device was down.
struct Raised {
  std::string device;
  int index = 0;
  friend bool operator==(const Raised&, const Raised&) = default;
};
struct Added {
  ipvs::Address address;
  std::string device;
  int index = 0;
  friend bool operator==(const Added&, const Added&) = default;
};
/// What was not there before.
using Change = std::variant<SettingChange, Made, Raised, Port, Added>;

std::string change_line(const Change& change);
/// Nothing if it is none.
std::optional<Change> parse_change(const std::string& line);

class Journal {
 public:
  virtual ~Journal() = default;
  virtual std::expected<std::vector<Change>, std::string> read() = 0;
  virtual std::expected<void, std::string> add(const Change& change) = 0;
  /// What has become known of the last change.
  virtual std::expected<void, std::string> amend(const Change& change) = 0;
  /// The last change was not made, or has been brought back.
  virtual std::expected<void, std::string> drop() = 0;
};

/// The name of a file for this network namespace: of a number that no other one gets before the machine
/// starts anew, where the kernel has such (Linux 5.14).
std::expected<std::string, std::string> namespace_name();

/// That of this network namespace, in a folder that does not outlive the machine. Nobody else has it
/// meanwhile. One in which nothing is noted is removed when it is closed.
std::expected<std::unique_ptr<Journal>, std::string> open_journal(const std::string& folder);

}  // namespace realserver
