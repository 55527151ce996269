// SPDX-License-Identifier: GPL-2.0-or-later
// The settings below /proc/sys/net/ipv4/vs: what they are called and mean, and the argument of -O. Pure.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ipvsadm {

/// One setting that a module may have. A default of null depends on the machine.
struct Sysctl {
  const char* name;
  const char* in_first;  ///< default in the network namespace of the machine
  const char* in_other;  ///< default in all others
  const char* meaning;   ///< one line
  bool is_text = false;  ///< its value is no single number
};

std::span<const Sysctl> sysctls();
/// Null for one this program does not know.
const Sysctl* find_sysctl(std::string_view name);

/// One part of what -O is given.
struct SysctlAction {
  enum class Kind : std::uint8_t { show, set, reset } kind;
  std::string name;
  std::string value;  ///< for set
};

/// Reads "name[=value],^name,...". A comma before a digit belongs to the value, as in lists of processors.
/// The error is the part that is none.
std::expected<std::vector<SysctlAction>, std::string> parse_sysctl_actions(const std::string& word);

/// The one of `names` that is most like `name`; empty if none is.
std::string nearest_name(std::string_view name, std::span<const std::string> names);

/// A setting with its value.
struct SysctlValue {
  std::string name;
  std::string value;
  std::optional<std::string> normal;  ///< default, if that is known
};

/// All settings with default and meaning, under a title line.
std::string sysctl_table(std::span<const SysctlValue> values);

}  // namespace ipvsadm
