// SPDX-License-Identifier: GPL-2.0-or-later
// A packet of an FTP control connection. The first byte says from which side and of which family it is. What is found lies
// within the packet, and what takes its place is found there again.
extern "C" {
#include "core/ftp.h"
}

#include <stdlib.h>

#include <vector>

namespace {

void check(bool holds) {
  if (!holds) abort();
}

void check_end(const ip_vs_ftp_end &end, size_t size) {
  check(end.len > 0 && end.at < size && end.len <= size - end.at);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (!size) return 0;
  const bool v6 = data[0] & 1;
  const std::vector<u8> text(data + 1, data + size);
  ip_vs_ftp_end end, again;
  memset(&end, 0xaa, sizeof end);
  if (data[0] & 2) {
    const ip_vs_ftp_mode mode = ip_vs_ftp_read_request(text.data(), text.size(), v6, &end);
    check(mode <= IP_VS_FTP_EXTENDED && !(v6 && mode == IP_VS_FTP_PASSIVE));
    if (mode == IP_VS_FTP_ACTIVE) {
      check_end(end, text.size());
      check(end.has_addr);
    }
    return 0;
  }
  const ip_vs_ftp_mode mode = data[0] & 4 ? IP_VS_FTP_EXTENDED : IP_VS_FTP_PASSIVE;
  if (!ip_vs_ftp_read_reply(text.data(), text.size(), mode, v6, &end)) return 0;
  check_end(end, text.size());
  u8 with[IP_VS_FTP_REPLY_MAX];
  const u8 addr[4] = {10, 1, 0, 100};
  const unsigned len = ip_vs_ftp_write_reply(with, mode, addr, end.port);
  check(len <= sizeof with);
  std::vector<u8> changed(text.begin(), text.begin() + end.at);
  changed.insert(changed.end(), with, with + len);
  changed.insert(changed.end(), text.begin() + end.at + end.len, text.end());
  check(ip_vs_ftp_read_reply(changed.data(), changed.size(), mode, v6, &again));
  check(again.at == end.at && again.len == len && again.port == end.port);
  check(mode == IP_VS_FTP_EXTENDED ? !again.has_addr : !memcmp(again.addr, addr, 4));
  return 0;
}
