// SPDX-License-Identifier: GPL-2.0-or-later
// One question by HTTP, and its answer as it comes in pieces. Pure.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace feedback {

/// By HTTP/1.0: so there are no chunks, and the answer ends with the connection at the latest.
std::string http_request(const std::string& host, const std::string& path);

/// The body of what has come. Nothing: it is not whole yet; `is_ended`: no more will come. The text: why it is none.
std::expected<std::optional<std::string_view>, std::string> http_body(std::string_view answer, bool is_ended);

}  // namespace feedback
