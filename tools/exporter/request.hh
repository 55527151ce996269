// SPDX-License-Identifier: GPL-2.0-or-later
// What a client of HTTP asks. Pure; any bytes may be given.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/words.hh"

namespace exporter {

/// A request line with all headers and the blank line behind them is no longer than this.
inline constexpr std::size_t kMaxHead = 8192;
/// The part of it that says what is wanted.
inline constexpr std::size_t kMaxTarget = 2048;

struct Request {
  bool is_head = false;                      ///< HEAD, else GET: nothing else gets here
  std::string path;                          ///< decoded, begins with a slash
  std::string host;                          ///< what the client calls us, in small letters, without port; may be empty
  std::map<std::string, std::string> query;  ///< decoded; of a name that comes twice the last one
  bool keeps_alive = true;                   ///< the client would go on over the same connection
  bool takes_chunks = true;                  ///< HTTP/1.1

  /// The value of a parameter; empty if it is not there.
  const std::string& value(const std::string& name) const;
};

/// More must come first.
struct Unfinished {};
/// The client is told so, and its connection is closed.
struct Refusal {
  int status = 400;
  std::string why;
};
struct Complete {
  Request request;
  std::size_t size = 0;  ///< of its bytes; what stands behind is the next request
};

using Parsed = std::variant<Unfinished, Refusal, Complete>;

/// Reads the request that `bytes` begins with. Requests that bring a body are refused: nobody writes here.
Parsed parse_request(std::string_view bytes);

using ipvsadm::lower;
/// Whether it is an address, localhost, or a name without dots: none that somebody else could own and let point here.
bool is_own_name(std::string_view host);

/// Without %XX and, in queries, with blanks for "+". Nothing: not encoded as it must be, or a NUL.
std::optional<std::string> decoded(std::string_view text, bool is_query);
/// As decoded() takes it back, whatever it is.
std::string encoded(std::string_view text);

}  // namespace exporter
