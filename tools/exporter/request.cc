// SPDX-License-Identifier: GPL-2.0-or-later
#include "exporter/request.hh"

#include <algorithm>
#include <array>

#include "base/words.hh"
#include "ipvs/types.hh"

namespace exporter {
namespace {

using ipvsadm::is_same_word;
using ipvsadm::trimmed;

bool is_token(char c) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || kOthers.contains(c);
}

bool contains_word(std::string_view list, std::string_view word) {
  while (!list.empty())
    if (is_same_word(ipvsadm::take_word(list, ", \t"), word)) return true;
  return false;
}

/// "a:80", "[::1]:80" without port and brackets.
std::string_view without_port(std::string_view host) {
  if (host.starts_with('[')) return host.substr(1, host.find(']') - 1);
  return host.substr(0, host.find(':'));
}

/// Where the first blank line ends, whose newlines may have a CR in front of them or not; npos: there is none yet.
std::size_t end_of_head(std::string_view text) {
  for (std::size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) {
    const std::string_view behind = text.substr(at + 1, 2);
    if (behind.starts_with('\n')) return at + 2;
    if (behind == "\r\n") return at + 3;
  }
  return std::string_view::npos;
}

/// The line of a head, without its end; nothing: it holds what must not be in one.
std::optional<std::string_view> take_head_line(std::string_view& head) {
  std::string_view line = ipvsadm::take_line(head);
  if (line.ends_with('\r')) line.remove_suffix(1);
  for (const char c : line)
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f) return {};
  return line;
}

/// Reads what is behind the question mark; false: not encoded as it must be.
bool parse_query(std::string_view text, std::map<std::string, std::string>& into) {
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(pair.size() + 1, text.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const auto name = decoded(pair.substr(0, equals), true);
    const auto value = decoded(pair.substr(std::min(equals + 1, pair.size())), true);
    if (!name || !value) return false;
    if (!name->empty()) into[*name] = *value;
  }
  return true;
}

std::optional<Refusal> parse_target(std::string_view target, Request& request) {
  // A proxy may send all of it; whose name that is does not matter here.
  for (const std::string_view scheme : {"http://", "https://"})
    if (target.starts_with(scheme)) {
      target.remove_prefix(scheme.size());
      target.remove_prefix(std::min(target.find_first_of("/?"), target.size()));
    }
  if (target.size() > kMaxTarget) return Refusal{414, "the address is too long"};
  target = target.substr(0, target.find('#'));
  const std::size_t mark = std::min(target.find('?'), target.size());
  const auto path = decoded(target.substr(0, mark), false);
  if (!path || !path->starts_with('/')) return Refusal{400, "no path"};
  request.path = *path;
  if (!parse_query(target.substr(std::min(mark + 1, target.size())), request.query))
    return Refusal{400, "wrong encoding in the address"};
  return {};
}

std::optional<Refusal> parse_first_line(std::string_view line, Request& request) {
  const std::size_t one = line.find(' '), two = line.rfind(' ');
  if (one == std::string_view::npos || one == two) return Refusal{400, "no request line"};
  const std::string_view method = line.substr(0, one), target = line.substr(one + 1, two - one - 1),
                         version = line.substr(two + 1);
  if (method.empty() || !std::ranges::all_of(method, is_token) || target.contains(' ') || target.empty())
    return Refusal{400, "no request line"};
  if (!version.starts_with("HTTP/")) return Refusal{400, "no version of HTTP"};
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return Refusal{505, "HTTP/1.1 is spoken here"};
  request.takes_chunks = request.keeps_alive = version == "HTTP/1.1";
  if (method != "GET" && method != "HEAD") return Refusal{405, "nothing can be changed here"};
  request.is_head = method == "HEAD";
  return parse_target(target, request);
}

}  // namespace

const std::string& Request::value(const std::string& name) const {
  static const std::string kNone;
  const auto found = query.find(name);
  return found == query.end() ? kNone : found->second;
}

bool is_own_name(std::string_view host) {
  return !host.contains('.') || is_same_word(host, "localhost") || ipvs::Address::parse(host).family != AF_UNSPEC ||
         lower(host).ends_with(".localhost");
}

std::optional<std::string> decoded(std::string_view text, bool is_query) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      const auto byte = ipvsadm::whole_number<std::uint8_t>(text.substr(i + 1, 2), 16);
      if (!byte || i + 2 >= text.size() || *byte == 0) return {};
      result += static_cast<char>(*byte);
      i += 2;
    } else {
      result += is_query && text[i] == '+' ? ' ' : text[i];
    }
  }
  return result;
}

std::string encoded(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF", kPlain = "-._~:";
  std::string result;
  for (const char c : text) {
    if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || kPlain.contains(c)) {
      result += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      result += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return result;
}

Parsed parse_request(std::string_view bytes) {
  // Blank lines in front of a request are skipped, as RFC 9112 wants.
  std::size_t skipped = 0;
  while (skipped < bytes.size() && (bytes[skipped] == '\r' || bytes[skipped] == '\n')) ++skipped;
  std::string_view rest = bytes.substr(skipped);
  const std::size_t end = end_of_head(rest);
  if (skipped > 64) return Refusal{400, "no request"};
  if (end == std::string_view::npos || end > kMaxHead) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    if (rest.size() < kMaxHead) return Unfinished{};
    return line.size() > kMaxTarget ? Refusal{414, "the address is too long"}
                                    : Refusal{431, "the headers are too long"};
  }
  std::string_view head = rest.substr(0, end);
  Complete done;
  done.size = skipped + end;
  const auto first = take_head_line(head);
  if (!first) return Refusal{400, "control characters"};
  if (auto refusal = parse_first_line(*first, done.request)) return *refusal;
  int hosts = 0;
  bool closes = false;
  while (!head.empty()) {
    const auto line = take_head_line(head);
    if (!line) return Refusal{400, "control characters"};
    if (line->empty()) break;
    const std::size_t colon = line->find(':');
    const std::string_view name = line->substr(0, colon);
    if (colon == std::string_view::npos || name.empty() || !std::ranges::all_of(name, is_token))
      return Refusal{400, "no header"};
    const std::string_view value = trimmed(line->substr(colon + 1));
    if (is_same_word(name, "Host")) {
      ++hosts;
      done.request.host = lower(without_port(value));
    }
    if (is_same_word(name, "Transfer-Encoding") || (is_same_word(name, "Content-Length") && value != "0"))
      return Refusal{413, "no body is taken here"};
    if (is_same_word(name, "Connection")) {
      if (contains_word(value, "close")) closes = true;
      if (contains_word(value, "keep-alive")) done.request.keeps_alive = true;
    }
  }
  if (hosts > 1 || (hosts == 0 && done.request.takes_chunks)) return Refusal{400, "no host, or more than one"};
  // RFC 9112, 9.3: whatever else it says
  if (closes) done.request.keeps_alive = false;
  return done;
}

}  // namespace exporter
