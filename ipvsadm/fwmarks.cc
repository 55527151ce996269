// SPDX-License-Identifier: GPL-2.0-or-later
#include "fwmarks.hh"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <span>
#include <vector>

#include "io.hh"
#include "text.hh"

namespace ipvsadm {
namespace {

constexpr std::string_view kBlanks = " \t\r";

std::vector<std::string_view> words_of(std::string_view line) {
  line = line.substr(0, line.find('#'));
  std::vector<std::string_view> words;
  for (;;) {
    line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
    if (line.empty()) return words;
    const std::size_t end = std::min(line.find_first_of(kBlanks), line.size());
    words.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
}

std::optional<std::uint32_t> to_mark(std::string_view word) {
  const bool hexadecimal = word.starts_with("0x") || word.starts_with("0X");
  if (hexadecimal) word.remove_prefix(2);
  std::uint32_t mark = 0;
  const auto [end, error] =
      std::from_chars(word.data(), word.data() + word.size(), mark, hexadecimal ? 16 : 10);
  if (word.empty() || error != std::errc() || end != word.data() + word.size() || mark == 0) return {};
  return mark;
}

}  // namespace

FirewallMarks FirewallMarks::parse(std::string_view text) {
  FirewallMarks all;
  while (!text.empty()) {
    const auto words = words_of(take_line(text));
    const auto mark = words.empty() ? std::nullopt : to_mark(words.front());
    if (!mark) continue;
    for (const std::string_view name : std::span(words).subspan(1)) {
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
