// SPDX-License-Identifier: GPL-2.0-or-later
// Names of firewall marks, as /etc/fwmarks gives them. Pure, but for reading the file.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace ipvsadm {

class FirewallMarks {
 public:
  /// Each line is "number name [alias...]", the number decimal or hexadecimal (0x10); # begins a comment.
  /// What does not have this form is passed over, and so are names that are numbers. The first line that has
  /// a name or a number decides.
  static FirewallMarks parse(std::string_view text);
  /// A file that is not there has no names; one that cannot be read is an error, an errno value.
  static std::expected<FirewallMarks, int> read(const char* path);

  std::optional<std::uint32_t> mark_of(const std::string& name) const;
  std::optional<std::string> name_of(std::uint32_t mark) const;

 private:
  std::map<std::string, std::uint32_t, std::less<>> marks_;
  std::map<std::uint32_t, std::string> names_;
};

}  // namespace ipvsadm
