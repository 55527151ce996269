// SPDX-License-Identifier: GPL-2.0-or-later
#include "names/fwmarks.hh"

#include <cerrno>

#include "base/io.hh"
#include "base/words.hh"

namespace ipvsadm {
namespace {

constexpr std::string_view kBlanks = " \t\r";

/// The number, decimal or hexadecimal.
std::optional<std::uint32_t> to_mark(std::string_view word) {
  const bool hexadecimal = word.starts_with("0x") || word.starts_with("0X");
  const auto mark = whole_number<std::uint32_t>(word.substr(hexadecimal ? 2 : 0), hexadecimal ? 16 : 10);
  return mark == 0U ? std::nullopt : mark;
}

}  // namespace

FirewallMarks FirewallMarks::parse(std::string_view text) {
  FirewallMarks all;
  while (!text.empty()) {
    std::string_view line = take_line(text);
    line = line.substr(0, line.find('#'));
    const auto mark = to_mark(take_word(line, kBlanks));
    if (!mark) continue;
    for (auto name = take_word(line, kBlanks); !name.empty(); name = take_word(line, kBlanks)) {
      // A number on the command line is a number.
      if (name.front() == '-' || name.find_first_not_of("+0123456789") == std::string_view::npos) continue;
      // One that already names another mark cannot stand for this one.
      if (all.marks_.try_emplace(std::string(name), *mark).second) all.names_.try_emplace(*mark, name);
    }
  }
  return all;
}

std::expected<FirewallMarks, int> FirewallMarks::read(const char* path) {
  const auto text = read_file(path);
  if (text) return parse(*text);
  if (text.error() == ENOENT) return FirewallMarks();
  return std::unexpected(text.error());
}

std::optional<std::uint32_t> FirewallMarks::mark_of(const std::string& name) const {
  const auto found = marks_.find(name);
  if (found == marks_.end()) return {};
  return found->second;
}

std::optional<std::string> FirewallMarks::name_of(std::uint32_t mark) const {
  const auto found = names_.find(mark);
  if (found == names_.end()) return {};
  return found->second;
}

}  // namespace ipvsadm
