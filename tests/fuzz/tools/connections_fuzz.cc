// SPDX-License-Identifier: GPL-2.0-or-later
// A line of /proc/net/ip_vs_conn, whose end is what a client has sent: as text and as JSON. The readers of the kernel's other
// files get the same.
#include <linux/ip_vs.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "procfs.hh"
#include "show/connections.hh"
#include "base/json_listing.hh"
#include "show/listing.hh"

namespace {

/// What both daemons tell, as text and as JSON.
void show_status(std::string_view text) {
  const auto status = ipvs::procfs::parse_sync(text);
  if (!status) return;
  std::vector<ipvs::DaemonConfig> daemons(2);
  daemons[0].state = IP_VS_STATE_MASTER;
  daemons[1].state = IP_VS_STATE_BACKUP;
  if (!ipvsadm::daemons_text(daemons, *status).ends_with('\n')) std::abort();
  std::string object = ipvsadm::json_daemons(daemons, *status);
  object.pop_back();
  if (std::ranges::any_of(object, [](unsigned char c) { return c < 0x20; })) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  ipvs::procfs::parse_totals(text);
  ipvs::procfs::parse_drops(text);
  ipvs::procfs::parse_status(text);
  ipvs::procfs::parse_unseen(text, text);
  show_status(text);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const auto connection = ipvs::procfs::parse_connection(text.substr(0, end));
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
