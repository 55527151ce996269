// SPDX-License-Identifier: GPL-2.0-or-later
// A line of /proc/net/ip_vs_conn, whose end is what a client has sent: as text and as JSON.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "connections.hh"
#include "json_listing.hh"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const auto connection = ipvsadm::parse_connection(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!connection) continue;
    for (const bool persistence : {false, true})
      if (!ipvsadm::connection_text(*connection, persistence, nullptr).ends_with('\n')) std::abort();
    ipvsadm::JsonConnections json(nullptr);
    std::string object = json.begin();
    object += json.connection(*connection);
    object += json.end();
    object.pop_back();
    if (std::ranges::any_of(object, [](unsigned char c) { return c < 0x20; })) std::abort();
  }
  return 0;
}
