// SPDX-License-Identifier: GPL-2.0-or-later
#include "feedback/http.hh"

#include <algorithm>

#include "base/format.hh"
#include "base/words.hh"
#include "feedback/answer.hh"

namespace feedback {
namespace {

using ipvsadm::formatted;

/// Lines may end with a carriage return.
constexpr std::string_view kBlanks = " \t\r";

/// Where the head ends, if not before `from`; lines may end with a newline alone.
std::size_t end_of_head(std::string_view text, std::size_t from) {
  for (std::size_t at = text.find('\n', from); at != text.npos; at = text.find('\n', at + 1)) {
    if (text.substr(at + 1).starts_with('\n')) return at + 2;
    if (text.substr(at + 1).starts_with("\r\n")) return at + 3;
  }
  return text.npos;
}

/// What a whole head says of the body.
std::expected<std::optional<std::size_t>, std::string> length_in(std::string_view head) {
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
  return length;
}

}  // namespace

std::string http_request(const std::string& host, const std::string& path) {
  return formatted("GET {} HTTP/1.0\r\nHost: {}\r\nAccept: application/json\r\nConnection: close\r\n\r\n", path, host);
}

std::expected<std::optional<std::string_view>, std::string> http_body(std::string_view answer, bool is_ended, HttpHead& head) {
  if (head.size == 0) {
    const std::string_view begin = std::string_view("HTTP/1.").substr(0, answer.size());
    if (!answer.starts_with(begin)) return std::unexpected("no HTTP");
    const std::size_t at = end_of_head(answer, head.looked_at);
    if ((at == answer.npos ? answer.size() : at) > kLongestHead) return std::unexpected("a head without end");
    if (at == answer.npos) {
      if (is_ended) return std::unexpected(answer.empty() ? "nothing" : "half a head");
      // The end may be under way: it is three characters.
      head.looked_at = answer.size() - std::min<std::size_t>(answer.size(), 2);
      return std::nullopt;
    }
    const auto length = length_in(answer.substr(0, at));
    if (!length) return std::unexpected(length.error());
    head.size = at;
    head.length = *length;
  }
  const std::string_view body = answer.substr(head.size);
  const auto& length = head.length;
  if (body.size() > kLongestBody || length > kLongestBody)
    return std::unexpected(formatted("a body longer than {} bytes", kLongestBody));
  if (length && body.size() >= *length) return body.substr(0, *length);
  if (!is_ended) return std::nullopt;
  if (length) return std::unexpected("half a body");
  return body;
}

}  // namespace feedback
