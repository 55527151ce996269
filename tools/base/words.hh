// SPDX-License-Identifier: GPL-2.0-or-later
// Text as it comes: its lines and characters, and what of it may be shown to somebody.
#pragma once

#include <charconv>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace ipvsadm {

/// Takes the first line off `text`, without its newline.
std::string_view take_line(std::string_view& text);

/// Takes the next word off `text`, with the separators (any of these characters) before it; empty at the end.
std::string_view take_word(std::string_view& text, std::string_view separators);

/// Without these characters at both ends.
std::string_view trimmed(std::string_view text, std::string_view blanks = " \t");

/// In small letters, those of ASCII.
std::string lower(std::string_view text);
/// Whether both are the same but for the case of such letters.
bool is_same_word(std::string_view a, std::string_view b);

/// A number that is the whole word; nothing if it is none, or too large.
template <std::integral T>
std::optional<T> whole_number(std::string_view word, int base = 10) {
  T number{};
  const char* const last = word.data() + word.size();
  const auto [end, error] = std::from_chars(word.data(), last, number, base);
  if (word.empty() || error != std::errc() || end != last) return {};
  return number;
}

/// The length of the UTF-8 character that `text` begins with; 0 if there is none.
std::size_t utf8_length(std::string_view text);

/// Without anything that a terminal would take for a command: control characters and what is no UTF-8 as \xNN.
std::string escaped(std::string_view text);
/// A word of a command that somebody is to give to a shell, with quotes if it needs them.
std::string shell_word(std::string_view text);
/// What a message repeats of its input: the same, no longer than a line.
std::string shown(std::string_view text);

}  // namespace ipvsadm
