// SPDX-License-Identifier: GPL-2.0-or-later
// What a server says of itself: a line as HAProxy's agent-check has it, or a number in a JSON document. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace feedback {

/// More of a line, or of an HTTP answer, is no answer.
inline constexpr std::size_t kLongestLine = 512, kLongestBody = 64 << 10;

/// What was not said stays as it was, as in HAProxy: "75%" of a server that is in maintenance does not end that.
struct Answer {
  std::optional<double> percent = {};         ///< of the base weight
  std::optional<bool> is_down = {};           ///< down, fail, stopped; false: up
  std::optional<bool> is_drained = {};        ///< drain, maint; false: ready
  std::optional<std::uint32_t> maxconn = {};  ///< heard, and nothing comes of it: thresholds are others'

  friend bool operator==(const Answer&, const Answer&) = default;
};

/// The first line of `text`: words with blanks or commas between them, up to a '#'. The text: why it is no answer.
std::expected<Answer, std::string> read_line(std::string_view text);

/// The number that a JSON pointer leads to.
std::expected<double, std::string> number_at(std::string_view document, const std::string& pointer);
/// Empty, or '/' and what follows, with '~' only in ~0 and ~1.
bool is_pointer(std::string_view text);

/// How a number becomes a percentage of the base weight.
struct Scale {
  std::optional<double> target = {};  ///< the load that a server of its base weight is meant to have; none: it is a percentage

  /// Nothing: no such load or percentage.
  std::optional<double> percent_of(double number) const;
  friend bool operator==(const Scale&, const Scale&) = default;
};

}  // namespace feedback
