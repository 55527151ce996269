// SPDX-License-Identifier: GPL-2.0-or-later
// Tunnel headers byte by byte, what may be read out of them, and which errors are told about them.
extern "C" {
#include "core/icmp_error.h"
#include "core/tunnel.h"
}

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <vector>

namespace {

using Bytes = std::vector<u8>;

TEST(TunnelLen, IsWhatTheHeadersTake) {
  EXPECT_EQ(ip_vs_tunnel_len(IP_VS_TUNNEL_IPIP, true, true), 0u);
  EXPECT_EQ(ip_vs_tunnel_len(IP_VS_TUNNEL_GUE, false, false), 12u);
  EXPECT_EQ(ip_vs_tunnel_len(IP_VS_TUNNEL_GUE, true, false), 12u);
  EXPECT_EQ(ip_vs_tunnel_len(IP_VS_TUNNEL_GUE, true, true), 20u);
  EXPECT_EQ(ip_vs_tunnel_len(IP_VS_TUNNEL_GRE, false, false), 4u);
  EXPECT_EQ(ip_vs_tunnel_len(IP_VS_TUNNEL_GRE, true, false), 8u);
}

TEST(TunnelTos, HidesCongestionOnly) {
  for (int tos = 0; tos < 256; tos++) {
    u8 outer = ip_vs_tunnel_tos(tos);
    EXPECT_EQ(outer & ~3, tos & ~3) << tos;
    EXPECT_EQ(outer & 3, (tos & 3) == 3 ? 2 : tos & 3) << tos;
  }
}

TEST(GueWrite, PlainHeader) {
  Bytes p(4, 0xff);
  ip_vs_gue_write(p.data(), IPPROTO_IPIP);
  EXPECT_EQ(p, (Bytes{0x00, 4, 0x00, 0x00}));
  ip_vs_gue_write(p.data(), IPPROTO_IPV6);
  EXPECT_EQ(p, (Bytes{0x00, 41, 0x00, 0x00}));
}

TEST(GueWrite, RemoteChecksum) {
  Bytes p(12, 0xff);
  ip_vs_gue_write_remcsum(p.data(), IPPROTO_IPIP, 20, 36);
  EXPECT_EQ(p, (Bytes{0x02, 4, 0x00, 0x01, 0x80, 0, 0, 0, 0, 20, 0, 36}));
  ip_vs_gue_write_remcsum(p.data(), IPPROTO_IPV6, 0x0140, 0x0146);
  EXPECT_EQ(p, (Bytes{0x02, 41, 0x00, 0x01, 0x80, 0, 0, 0, 1, 0x40, 1, 0x46}));
}

TEST(GreWrite, WithAndWithoutChecksum) {
  Bytes p(8, 0xff);
  ip_vs_gre_write(p.data(), false, ETH_P_IP);
  EXPECT_EQ(p, (Bytes{0, 0, 0x08, 0x00, 0xff, 0xff, 0xff, 0xff}));
  ip_vs_gre_write(p.data(), true, ETH_P_IPV6);
  EXPECT_EQ(p, (Bytes{0x80, 0, 0x86, 0xdd, 0, 0, 0, 0}));
}

struct Head {
  int kind;
  bool is_inner_v6;
  unsigned len;
  int port;
  bool operator==(const Head &) const = default;
};

// Reads from a buffer that ends where the packet ends: a byte too far is a sanitizer's business.
std::optional<Head> read(u8 protocol, const Bytes &p) {
  ip_vs_tunnel_head head{};
  if (!ip_vs_tunnel_read(protocol, p.data(), p.size(), &head)) return {};
  return Head{head.kind, head.is_inner_v6, head.len, head.port};
}

Bytes udp_gue(Bytes gue) {
  Bytes p{0x80, 0x01, 0x17, 0xc0, 0, 12, 0, 0};  // to port 6080
  p.insert(p.end(), gue.begin(), gue.end());
  return p;
}

TEST(TunnelRead, Ipip) {
  EXPECT_EQ(read(IPPROTO_IPIP, {}), (Head{IP_VS_TUNNEL_IPIP, false, 0, 0}));
  EXPECT_EQ(read(IPPROTO_IPV6, {}), (Head{IP_VS_TUNNEL_IPIP, true, 0, 0}));
  EXPECT_EQ(read(IPPROTO_TCP, Bytes(20)), std::nullopt);
}

TEST(TunnelRead, Gue) {
  EXPECT_EQ(read(IPPROTO_UDP, udp_gue({0, 4, 0, 0})), (Head{IP_VS_TUNNEL_GUE, false, 12, 6080}));
  EXPECT_EQ(read(IPPROTO_UDP, udp_gue({0, 41, 0, 0})), (Head{IP_VS_TUNNEL_GUE, true, 12, 6080}));
  EXPECT_EQ(read(IPPROTO_UDP, udp_gue({2, 4, 0, 1})), (Head{IP_VS_TUNNEL_GUE, false, 20, 6080}));
  EXPECT_EQ(read(IPPROTO_UDP, udp_gue({0x1f, 4, 0, 1})), (Head{IP_VS_TUNNEL_GUE, false, 136, 6080}));
  EXPECT_EQ(read(IPPROTO_UDP, udp_gue({0x20, 4, 0, 0})), std::nullopt) << "control message";
  EXPECT_EQ(read(IPPROTO_UDP, udp_gue({0x40, 4, 0, 0})), std::nullopt) << "version 1";
  EXPECT_EQ(read(IPPROTO_UDP, udp_gue({0, 17, 0, 0})), std::nullopt) << "other protocol";
  EXPECT_EQ(read(IPPROTO_UDP, udp_gue({0, 4, 0})), std::nullopt) << "truncated";
  EXPECT_EQ(read(IPPROTO_UDP, {}), std::nullopt);
}

TEST(TunnelRead, Gre) {
  EXPECT_EQ(read(IPPROTO_GRE, {0, 0, 8, 0}), (Head{IP_VS_TUNNEL_GRE, false, 4, 0}));
  EXPECT_EQ(read(IPPROTO_GRE, {0x80, 0, 8, 0}), (Head{IP_VS_TUNNEL_GRE, false, 8, 0}));
  EXPECT_EQ(read(IPPROTO_GRE, {0, 0, 0x86, 0xdd}), (Head{IP_VS_TUNNEL_GRE, true, 4, 0}));
  EXPECT_EQ(read(IPPROTO_GRE, {0x20, 0, 8, 0}), std::nullopt) << "key";
  EXPECT_EQ(read(IPPROTO_GRE, {0x10, 0, 8, 0}), std::nullopt) << "sequence number";
  EXPECT_EQ(read(IPPROTO_GRE, {0, 1, 8, 0}), std::nullopt) << "version 1";
  EXPECT_EQ(read(IPPROTO_GRE, {0, 0, 8, 6}), std::nullopt) << "other protocol";
  EXPECT_EQ(read(IPPROTO_GRE, {0, 0, 8}), std::nullopt) << "truncated";
}

TEST(TunnelRead, WhatWasWrittenIsRead) {
  for (bool v6 : {false, true}) {
    std::array<u8, 20> p{0, 1, 0x17, 0xc0, 0, 0, 0, 0};
    ip_vs_tunnel_head head;
    ip_vs_gue_write_remcsum(&p[8], v6 ? IPPROTO_IPV6 : IPPROTO_IPIP, 20, 26);
    ASSERT_TRUE(ip_vs_tunnel_read(IPPROTO_UDP, p.data(), IP_VS_TUNNEL_READ_LEN, &head));
    EXPECT_EQ(head.len, ip_vs_tunnel_len(IP_VS_TUNNEL_GUE, true, true));
    EXPECT_EQ(head.is_inner_v6, v6);
    for (bool csum : {false, true}) {
      ip_vs_gre_write(p.data(), csum, v6 ? ETH_P_IPV6 : ETH_P_IP);
      ASSERT_TRUE(ip_vs_tunnel_read(IPPROTO_GRE, p.data(), IP_VS_TUNNEL_READ_LEN, &head));
      EXPECT_EQ(head.len, ip_vs_tunnel_len(IP_VS_TUNNEL_GRE, csum, false));
      EXPECT_EQ(head.is_inner_v6, v6);
    }
  }
}

std::optional<std::pair<int, int>> tell(int outer, int inner, u8 type, u8 code) {
  ip_vs_icmp_error told;
  if (!ip_vs_icmp_tell(outer == 6, inner == 6, {type, code}, &told)) return {};
  return std::pair{told.type, told.code};
}
using Told = std::pair<int, int>;

TEST(IcmpTell, StaysWhatItIsInTheSameFamily) {
  for (u8 code = 0; code < 16; code++) EXPECT_EQ(tell(4, 4, 3, code), (Told{3, code}));
  EXPECT_EQ(tell(4, 4, 11, 0), (Told{11, 0}));
  EXPECT_EQ(tell(4, 4, 4, 0), (Told{4, 0}));
  for (u8 code = 0; code < 8; code++) EXPECT_EQ(tell(6, 6, 1, code), (Told{1, code}));
  EXPECT_EQ(tell(6, 6, 2, 0), (Told{2, 0}));
  EXPECT_EQ(tell(6, 6, 3, 1), (Told{3, 1}));
  EXPECT_EQ(tell(6, 6, 4, 1), (Told{1, 3})) << "the outer header is none of the client's business";
}

TEST(IcmpTell, AcrossFamilies) {
  EXPECT_EQ(tell(4, 6, 3, 4), (Told{2, 0}));
  EXPECT_EQ(tell(4, 6, 3, 0), (Told{1, 3}));
  EXPECT_EQ(tell(4, 6, 3, 1), (Told{1, 3}));
  EXPECT_EQ(tell(4, 6, 3, 3), (Told{1, 3}));
  for (u8 code : {9, 10, 13}) EXPECT_EQ(tell(4, 6, 3, code), (Told{1, 1}));
  EXPECT_EQ(tell(4, 6, 11, 0), (Told{3, 0}));
  EXPECT_EQ(tell(4, 6, 4, 0), std::nullopt) << "source quench";
  EXPECT_EQ(tell(6, 4, 2, 0), (Told{3, 4}));
  EXPECT_EQ(tell(6, 4, 1, 0), (Told{3, 1}));
  EXPECT_EQ(tell(6, 4, 1, 1), (Told{3, 13}));
  EXPECT_EQ(tell(6, 4, 1, 4), (Told{3, 1}));
  EXPECT_EQ(tell(6, 4, 3, 0), (Told{11, 0}));
  EXPECT_EQ(tell(6, 4, 4, 1), (Told{3, 1}));
  EXPECT_EQ(tell(6, 4, 100, 0), std::nullopt);
}

TEST(IcmpTooBig, IsKnownInBothFamilies) {
  EXPECT_TRUE(ip_vs_icmp_is_too_big(false, {3, 4}));
  EXPECT_FALSE(ip_vs_icmp_is_too_big(false, {3, 3}));
  EXPECT_FALSE(ip_vs_icmp_is_too_big(false, {2, 0}));
  EXPECT_TRUE(ip_vs_icmp_is_too_big(true, {2, 0}));
  EXPECT_FALSE(ip_vs_icmp_is_too_big(true, {3, 4}));
}

}  // namespace
