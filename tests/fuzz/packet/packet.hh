// SPDX-License-Identifier: GPL-2.0-or-later
// A packet for the fuzzers of kernel/proto, of which the first bytes only may be looked at in place.
#pragma once

#include "shim.h"

extern "C" {
#include "proto/nat.h"
}

#include <span>
#include <vector>

#define CHECK(holds) ((holds) ? (void)0 : abort())

struct Packet {
  sk_buff skb{};
  ip_vs_packet parsed{};

  Packet(std::span<const u8> bytes, unsigned linear, bool v6) {
    skb.len = bytes.size();
    skb.linear = linear < skb.len ? linear : skb.len;
    skb.head = skb.data = Allocated(bytes.first(skb.linear));
    skb.rest = Allocated(bytes.subspan(skb.linear));
    parsed.skb = &skb;
    parsed.af = v6 ? AF_INET6 : AF_INET;
  }
  Packet(const Packet&) = delete;
  ~Packet() {
    free(skb.data);
    free(skb.rest);
  }
  std::vector<u8> bytes() const {
    std::vector<u8> all(skb.len);
    shim_copy(&skb, 0, skb.len, all.data());
    return all;
  }
  bool is_v6() const { return parsed.af == AF_INET6; }

  /// Where in a header at `off` the address of a side is, and how long.
  unsigned AddressAt(unsigned off, ip_vs_nat_side side) const {
    if (is_v6()) return off + (side == IP_VS_NAT_DEST ? 24 : 8);
    return off + (side == IP_VS_NAT_DEST ? 16 : 12);
  }
  unsigned AddressSize() const { return is_v6() ? 16 : 4; }

 private:
  static u8* Allocated(std::span<const u8> bytes) {
    auto* copy = static_cast<u8*>(malloc(bytes.size() + bytes.empty()));
    if (!bytes.empty()) memcpy(copy, bytes.data(), bytes.size());
    return copy;
  }
};

inline bool IsIcmpError(const Packet& packet) {
  const ip_vs_packet& p = packet.parsed;
  u8 type;
  if (p.is_fragment || p.protocol != (packet.is_v6() ? u8{IPPROTO_ICMPV6} : u8{IPPROTO_ICMP})) return false;
  if (p.l4off + 8 > packet.skb.len) return false;
  shim_copy(&packet.skb, p.l4off, 1, &type);
  return packet.is_v6() ? !(type & 0x80) : type == 3 || type == 4 || type == 11;
}
