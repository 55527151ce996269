// SPDX-License-Identifier: GPL-2.0-or-later
// An ICMP error as it is taken apart: the header in it, and where that is of a tunnel, the header behind it, and what the
// client would then be told. Input: a byte for the family, how much of the packet lies in a row, the packet.
#include "packet.hh"

extern "C" {
#include "core/icmp_error.h"
#include "core/tunnel.h"
}

namespace {

/// Of a header within: nothing that it says leads out of the packet.
void CheckEmbedded(const ip_vs_packet& inner, const sk_buff& skb, unsigned off) {
  CHECK(inner.skb == &skb && inner.is_icmp && inner.l3off == off && off < skb.len);
  CHECK(inner.l4off >= inner.l3off + (inner.af == AF_INET6 ? 40 : 20));
  CHECK(!inner.has_ports || inner.l4off + 4 <= inner.skb->len);
  CHECK(!inner.is_fragment || inner.has_ends);
  // only the first eight bytes of a transport header need be there
  CHECK(!inner.has_tcp_flags && !inner.has_sctp_event);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  Packet packet({data + 2, size - 2}, data[1], data[0] & 1);
  const sk_buff& skb = packet.skb;
  if (!ip_vs_packet_parse(&packet.parsed) || !IsIcmpError(packet)) return 0;
  ip_vs_packet outer, inner;
  if (!ip_vs_packet_parse_embedded(&packet.parsed, packet.parsed.af, packet.parsed.l4off + 8, &outer)) return 0;
  CheckEmbedded(outer, skb, packet.parsed.l4off + 8);
  const bool ok = ip_vs_icmp_checksum_ok(&packet.parsed);
  CHECK(ok == ip_vs_icmp_checksum_ok(&packet.parsed));

  // as path/icmp.c does it
  if (outer.l4off > skb.len) return 0;
  const unsigned len = skb.len - outer.l4off < IP_VS_TUNNEL_READ_LEN ? skb.len - outer.l4off : IP_VS_TUNNEL_READ_LEN;
  u8 buf[IP_VS_TUNNEL_READ_LEN];
  const auto* p = static_cast<const u8*>(skb_header_pointer(&skb, outer.l4off, len, buf));
  ip_vs_tunnel_head head;
  CHECK(p);
  if (!ip_vs_tunnel_read(outer.protocol, p, len, &head)) return 0;
  if (!ip_vs_packet_parse_embedded(&outer, head.is_inner_v6 ? AF_INET6 : AF_INET, outer.l4off + head.len, &inner))
    return 0;
  CheckEmbedded(inner, skb, outer.l4off + head.len);

  ip_vs_icmp_error said{}, told{0xaa, 0xaa};
  shim_copy(&skb, packet.parsed.l4off, 1, &said.type);
  shim_copy(&skb, packet.parsed.l4off + 1, 1, &said.code);
  const bool is_told = ip_vs_icmp_tell(packet.is_v6(), head.is_inner_v6, said, &told);
  if (!is_told) return 0;
  // an error of the client's family, and too big there if it was here
  CHECK(head.is_inner_v6 ? told.type < 0x80 : told.type == 3 || told.type == 4 || told.type == 11);
  CHECK(ip_vs_icmp_is_too_big(packet.is_v6(), said) == ip_vs_icmp_is_too_big(head.is_inner_v6, told));
  return 0;
}
