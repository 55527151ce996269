// SPDX-License-Identifier: GPL-2.0-or-later
// What an ICMP error quotes of a tunnel packet: the first byte is the outer protocol, the rest what comes
// behind the outer header. Whatever is recognised must have its inner packet where it says, behind all headers.
extern "C" {
#include "core/tunnel.h"
}

#include <stdlib.h>
#include <string.h>

#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (!size) return 0;
  // a copy that ends where the input ends, and no further in than the caller may look
  std::vector<u8> p(data + 1, data + size);
  if (p.size() > IP_VS_TUNNEL_READ_LEN) p.resize(IP_VS_TUNNEL_READ_LEN);
  p.shrink_to_fit();
  ip_vs_tunnel_head head;
  memset(&head, 0xaa, sizeof head);
  if (!ip_vs_tunnel_read(data[0], p.data(), p.size(), &head)) return 0;

  u8 again[IP_VS_UDP_LEN + IP_VS_GUE_LEN];
  u8 inner = head.is_inner_v6 ? IPPROTO_IPV6 : IPPROTO_IPIP;
  switch (head.kind) {
    case IP_VS_TUNNEL_IPIP:
      if (head.len != 0 || data[0] != inner) abort();
      break;
    case IP_VS_TUNNEL_GUE:
      if (head.len < 12 || head.len > 12 + 31 * 4 || head.len % 4) abort();
      if (head.len == 12) {
        ip_vs_gue_write(again, inner);
        if (memcmp(again, &p[8], 2)) abort();
      }
      break;
    case IP_VS_TUNNEL_GRE:
      ip_vs_gre_write(again, head.len == 8, head.is_inner_v6 ? ETH_P_IPV6 : ETH_P_IP);
      if (memcmp(again, p.data(), 4)) abort();
      break;
    default: abort();
  }
  return 0;
}
