// SPDX-License-Identifier: GPL-2.0-or-later
// One question by HTTP, and its answer as it comes in pieces. Pure.
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace feedback {

/// By HTTP/1.0: so there are no chunks, and the answer ends with the connection at the latest.
std::string http_request(const std::string& host, const std::string& path);

/// More of a head is no answer.
inline constexpr std::size_t kLongestHead = 8 << 10;

/// What is known of a head, so each byte is looked at once however small the pieces are.
struct HttpHead {
  std::size_t looked_at = 0;                  ///< has no end of a head
  std::size_t size = 0;                       ///< 0: it is not whole yet
  std::optional<std::size_t> length = {};     ///< of the body, if it is said
};

/// The body of what has come. Nothing: it is not whole yet; `is_ended`: no more will come. The text: why it is none.
/// `head`: of the same answer, when there was less of it.
std::expected<std::optional<std::string_view>, std::string> http_body(std::string_view answer, bool is_ended, HttpHead& head);
inline std::expected<std::optional<std::string_view>, std::string> http_body(std::string_view answer, bool is_ended) {
  HttpHead head;
  return http_body(answer, is_ended, head);
}

}  // namespace feedback
