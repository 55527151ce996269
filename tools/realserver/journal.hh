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
struct Made {
  std::string device;
  friend bool operator==(const Made&, const Made&) = default;
};
/// What was not there before; of Up: the device was down.
using Change = std::variant<SettingChange, Made, Up, Port, Holding>;

std::string change_line(const Change& change);
/// Nothing if it is none.
std::optional<Change> parse_change(const std::string& line);

class Journal {
 public:
  virtual ~Journal() = default;
  virtual std::expected<std::vector<Change>, std::string> read() = 0;
  virtual std::expected<void, std::string> add(const Change& change) = 0;
  /// Of changes that have been brought back: only these are left; none: there is no journal any more.
  virtual std::expected<void, std::string> keep(const std::vector<Change>& changes) = 0;
};

/// That of this network namespace, in a folder that does not outlive the machine. Nobody else has it
/// meanwhile.
std::expected<std::unique_ptr<Journal>, std::string> open_journal(const std::string& folder);

}  // namespace realserver
