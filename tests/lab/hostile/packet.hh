// SPDX-License-Identifier: GPL-2.0-or-later
// Packets made by hand: right ones, and what can be done to them.
#pragma once

#include <cstdint>
#include <vector>

#include "../dice.hh"
#include "ipvs/types.hh"

namespace hostile {

using lab::Dice;
using Bytes = std::vector<std::uint8_t>;
using ipvs::Address;

/// The header of virtual devices (virtio_net_hdr of linux/virtio_net.h, which is no C++).
struct Gso {
  enum : std::uint8_t { needs_sum = 1 };
  enum : std::uint8_t { none = 0, tcp4 = 1, udp = 3, tcp6 = 4, udp_l4 = 5 };

  std::uint8_t flags = 0, type = none;
  std::uint16_t hdr_len = 0, size = 0, csum_start = 0, csum_offset = 0;
};
static_assert(sizeof(Gso) == 10);

/// From the network header on.
struct Packet {
  bool is_v6 = false;
  Bytes bytes;
  Gso gso;  ///< offsets count from the network header
};

struct Ends {
  Address src, dst;
  std::uint16_t sport = 0, dport = 0;
  bool is_v6() const { return src.family == AF_INET6; }
  Ends swapped() const { return {dst, src, dport, sport}; }
};

inline std::uint16_t get16(const Bytes& bytes, std::size_t at) {
  return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}
inline void put16(Bytes& bytes, std::size_t at, unsigned value) {
  bytes[at] = static_cast<std::uint8_t>(value >> 8);
  bytes[at + 1] = static_cast<std::uint8_t>(value);
}
inline void append(Bytes& to, const Bytes& from) { to.insert(to.end(), from.begin(), from.end()); }
Bytes noise(Dice& dice, unsigned length);

/// Transport headers with right sums and a payload.
Bytes tcp(const Ends& ends, unsigned flags, unsigned payload, Dice& dice);
Bytes udp(const Ends& ends, const Bytes& payload, bool with_sum);
Bytes sctp(const Ends& ends, Dice& dice);
Bytes icmp(const Ends& ends, unsigned type, unsigned code, std::uint32_t rest, const Bytes& payload);

/// A network header in front, with options or extension headers now and then.
Packet network(const Ends& ends, unsigned protocol, const Bytes& payload, Dice& dice, bool plain = false);

/// What tunnels put in front of a packet.
Bytes gre(const Packet& inner, bool with_sum);
Bytes gue(const Ends& ends, const Packet& inner, Dice& dice);

/// Lengths and the sum of the network header as the bytes there are want them.
void mend(Packet& packet);
/// The transport header's sum is wrong afterwards.
void spoil_sum(Packet& packet);
void damage(Packet& packet, Dice& dice);
/// Pieces in any order, overlapping, some missing.
std::vector<Packet> pieces(const Packet& packet, Dice& dice);
/// A large packet with a partial sum, that somebody later shall cut.
void make_gso(Packet& packet, Dice& dice);

}  // namespace hostile
