// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/words.hh"

#include <algorithm>
#include <limits>

#include "base/format.hh"

namespace ipvsadm {
namespace {

/// Some more than a terminal is wide, and several words.
constexpr std::size_t kLine = 160;

char small(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// C0, DEL, C1; and what is not seen but moves the text around it: marks and overrides of the direction, separators of
/// lines, joiners, blanks without width.
bool is_control(std::string_view character) {
  const auto byte = [&](std::size_t i) -> unsigned { return static_cast<unsigned char>(character[i]); };
  switch (byte(0)) {
    case 0xc2:
      return byte(1) < 0xa0;
    case 0xd8:  // U+061C
      return byte(1) == 0x9c;
    case 0xe2:  // U+200B to 200F, 2028 to 202E, 2060 to 206F
      return (byte(1) == 0x80 && ((byte(2) >= 0x8b && byte(2) <= 0x8f) || (byte(2) >= 0xa8 && byte(2) <= 0xae))) ||
             (byte(1) == 0x81 && byte(2) >= 0xa0 && byte(2) <= 0xaf);
    case 0xef:  // U+FEFF
      return byte(1) == 0xbb && byte(2) == 0xbf;
    default:
      return byte(0) < 0x20 || byte(0) == 0x7f;
  }
}

/// As much as there is room for, in whole characters.
std::string escaped_within(std::string_view text, std::size_t room) {
  std::string result;
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    std::string next(text.substr(0, std::max<std::size_t>(length, 1)));
    text.remove_prefix(next.size());
    if (length == 0 || is_control(next)) {
      std::string hex;
      for (const char c : next) hex += formatted("\\x{:02x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
      next = hex;
    }
    if (result.size() + next.size() > room) return result + "...";
    result += next;
  }
  return result;
}

}  // namespace

std::size_t utf8_length(std::string_view text) {
  if (text.empty()) return 0;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xC2 && lead < 0xE0   ? 2
                             : lead >= 0xE0 && lead < 0xF0 ? 3
                             : lead >= 0xF0 && lead < 0xF5 ? 4
                                                           : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xC0) != 0x80) return 0;
  // Forms that are longer than needed, surrogates, and what is above U+10FFFF.
  if ((lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xED && byte(1) > 0x9F) ||
      (lead == 0xF0 && byte(1) < 0x90) || (lead == 0xF4 && byte(1) > 0x8F))
    return 0;
  return length;
}

std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

std::string_view take_word(std::string_view& text, std::string_view separators) {
  text.remove_prefix(std::min(text.find_first_not_of(separators), text.size()));
  const std::string_view word = text.substr(0, text.find_first_of(separators));
  text.remove_prefix(word.size());
  return word;
}

std::string_view trimmed(std::string_view text, std::string_view blanks) {
  const std::size_t begin = text.find_first_not_of(blanks);
  return begin == text.npos ? std::string_view() : text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), small);
  return result;
}

bool is_same_word(std::string_view a, std::string_view b) { return std::ranges::equal(a, b, {}, small, small); }

std::string escaped(std::string_view text) { return escaped_within(text, std::numeric_limits<std::size_t>::max()); }

std::string shown(std::string_view text) { return escaped_within(text, kLine); }

std::string shell_word(std::string_view text) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:@/%+,=-";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string_view::npos) return std::string(text);
  std::string quoted = "'";
  for (const char each : text) quoted += each == '\'' ? std::string("'\\''") : std::string(1, each);
  return quoted + "'";
}

}  // namespace ipvsadm
