// SPDX-License-Identifier: GPL-2.0-or-later
#include "feedback/http.hh"

#include "base/format.hh"
#include "base/words.hh"
#include "feedback/answer.hh"

namespace feedback {
namespace {

using ipvsadm::formatted;

/// Lines may end with a carriage return.
constexpr std::string_view kBlanks = " \t\r";

/// Where the head ends; lines may end with a newline alone.
std::size_t end_of_head(std::string_view text) {
  for (std::size_t at = text.find('\n'); at != text.npos; at = text.find('\n', at + 1)) {
    if (text.substr(at + 1).starts_with('\n')) return at + 2;
    if (text.substr(at + 1).starts_with("\r\n")) return at + 3;
  }
  return text.npos;
}

}  // namespace

std::string http_request(const std::string& host, const std::string& path) {
  return formatted("GET {} HTTP/1.0\r\nHost: {}\r\nAccept: application/json\r\nConnection: close\r\n\r\n", path, host);
}

std::expected<std::optional<std::string_view>, std::string> http_body(std::string_view answer, bool is_ended) {
  const std::string_view begin = std::string_view("HTTP/1.").substr(0, answer.size());
  if (!answer.starts_with(begin)) return std::unexpected("no HTTP");
  const std::size_t at = end_of_head(answer);
  if (at == answer.npos) {
    if (answer.size() > kLongestBody) return std::unexpected("a head without end");
    if (is_ended) return std::unexpected(answer.empty() ? "nothing" : "half a head");
    return std::nullopt;
  }
  std::string_view head = answer.substr(0, at), body = answer.substr(at);
  std::string_view status = ipvsadm::take_line(head);
  ipvsadm::take_word(status, " ");
  const auto code = ipvsadm::whole_number<unsigned>(ipvsadm::trimmed(ipvsadm::take_word(status, " "), kBlanks));
  if (!code) return std::unexpected("no HTTP");
  if (*code != 200) return std::unexpected(formatted("status {}, not 200", *code));
  std::optional<std::size_t> length;
  while (!head.empty()) {
    const std::string_view line = ipvsadm::take_line(head);
    const std::size_t colon = line.find(':');
    if (colon == line.npos) continue;
    const std::string_view name = line.substr(0, colon), value = ipvsadm::trimmed(line.substr(colon + 1), kBlanks);
    if (ipvsadm::is_same_word(name, "transfer-encoding")) return std::unexpected("a body in chunks, which HTTP/1.0 does not have");
    if (!ipvsadm::is_same_word(name, "content-length")) continue;
    length = ipvsadm::whole_number<std::size_t>(value);
    if (!length) return std::unexpected("no length: " + ipvsadm::shown(value));
  }
  if (body.size() > kLongestBody || length > kLongestBody)
    return std::unexpected(formatted("a body longer than {} bytes", kLongestBody));
  if (length && body.size() >= *length) return body.substr(0, *length);
  if (!is_ended) return std::nullopt;
  if (length) return std::unexpected("half a body");
  return body;
}

}  // namespace feedback
