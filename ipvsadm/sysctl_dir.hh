// SPDX-License-Identifier: GPL-2.0-or-later
// The files below /proc/sys/net/ipv4/vs, those of the network namespace the program is in.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "sysctls.hh"

namespace ipvsadm {

class SysctlDir {
 public:
  explicit SysctlDir(std::string path = "/proc/sys/net/ipv4/vs");

  // Errors are errno values.

  /// What there is: those of sysctls() in that order, then others by name. None without the module.
  std::expected<std::vector<std::string>, int> names() const;
  std::expected<std::string, int> read(const std::string& name) const;
  std::expected<void, int> write(const std::string& name, const std::string& value) const;

 private:
  std::string path_;
};

/// The default in this network namespace; nothing if it is not known.
std::optional<std::string> sysctl_default(const std::string& name);

}  // namespace ipvsadm
