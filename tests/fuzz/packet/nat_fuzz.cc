// SPDX-License-Identifier: GPL-2.0-or-later
// Translation of headers: of a packet, and of an ICMP error with the header in it. What was right is right afterwards, what
// was wrong is wrong by as much, nothing else changes, and the way back leads to where it began.
// Input: a byte of choices, how much of the packet lies in a row, what a device would sum, a port (2), an address (16), the
// packet.
#include "packet.hh"

extern "C" {
#include "proto/parse.h"
}

#include <utility>

namespace {

/// A sum of 16-bit words, modulo 0xffff, written by other means than those it judges.
unsigned Sum(std::span<const u8> bytes, unsigned sum = 0) {
  for (size_t i = 0; i < bytes.size(); ++i) sum = (sum + (i % 2 ? bytes[i] : bytes[i] << 8)) % 0xffff;
  return sum;
}

/// The pseudo header's, of the addresses as they stand in the packet.
unsigned PseudoSum(const Packet& packet, std::span<const u8> bytes) {
  const unsigned l4off = packet.parsed.l4off;
  const unsigned sum = Sum(bytes.subspan(packet.AddressAt(0, IP_VS_NAT_SOURCE), 2 * packet.AddressSize()));
  return (sum + packet.parsed.protocol + (bytes.size() - l4off)) % 0xffff;
}

struct Translation {
  ip_vs_nat_side side;
  const nf_inet_addr* addr;
  u16 port;
};

/// Bytes that may differ, all others must not.
class Allowed {
 public:
  void Add(unsigned from, unsigned count) { ranges_.push_back({from, from + count}); }
  void Compare(const std::vector<u8>& before, const std::vector<u8>& after) const {
    CHECK(before.size() == after.size());
    for (unsigned i = 0; i < before.size(); ++i) {
      if (before[i] == after[i]) continue;
      bool is_allowed = false;
      for (const auto& [from, to] : ranges_) is_allowed |= i >= from && i < to;
      CHECK(is_allowed);
    }
  }

 private:
  struct Range {
    unsigned from, to;
  };
  std::vector<Range> ranges_;
};

/// The header's sum is as right or wrong as it was.
void CheckHeaderSum(const std::vector<u8>& before, const std::vector<u8>& after, unsigned off) {
  CHECK(Sum(std::span(before).subspan(off, 20)) == Sum(std::span(after).subspan(off, 20)));
}

u16 Word(const std::vector<u8>& bytes, unsigned off) {
  u16 word;
  memcpy(&word, &bytes[off], 2);
  return word;
}

void CheckTransport(const Packet& packet, const std::vector<u8>& before, const std::vector<u8>& after, bool is_left) {
  const ip_vs_packet& p = packet.parsed;
  const unsigned field = p.l4off + (p.protocol == IPPROTO_UDP ? 6 : 16);
  const std::span<const u8> old_bytes(before), new_bytes(after);
  if (is_left) {
    // only the pseudo header is in it
    const unsigned was = (Sum(old_bytes.subspan(field, 2)) + 0xffff - PseudoSum(packet, old_bytes)) % 0xffff;
    const unsigned is = (Sum(new_bytes.subspan(field, 2)) + 0xffff - PseudoSum(packet, new_bytes)) % 0xffff;
    CHECK(was == is);
    return;
  }
  if (p.protocol == IPPROTO_UDP && !Word(before, field)) {
    CHECK(!Word(after, field));
    return;
  }
  CHECK(p.protocol != IPPROTO_UDP || Word(after, field));
  CHECK(Sum(old_bytes.subspan(p.l4off), PseudoSum(packet, old_bytes)) ==
        Sum(new_bytes.subspan(p.l4off), PseudoSum(packet, new_bytes)));
}

/// What the fast path has checked when it comes to reading. What it reads is the same then.
bool IsMinimal(const Packet& packet) {
  const ip_vs_packet& p = packet.parsed;
  const unsigned header = p.protocol == IPPROTO_TCP ? 20 : 8;
  if (p.is_fragment || p.is_reassembled || (p.protocol != IPPROTO_TCP && p.protocol != IPPROTO_UDP)) return false;
  if (p.l4off != (packet.is_v6() ? 40 : 20) || p.l4off + header > packet.skb.linear) return false;
  ip_vs_packet again = p;
  ip_vs_parse_minimal(&again, p.af);
  CHECK(!memcmp(&again, &p, sizeof p));
  return true;
}

void TranslatePacket(Packet& packet, const Translation& to, const net_device* out, bool is_minimal) {
  ip_vs_packet& p = packet.parsed;
  const auto before = packet.bytes();
  const u8 summed = packet.skb.ip_summed;
  unsigned header = 0;
  if (!p.is_fragment)
    header = p.protocol == IPPROTO_TCP ? 20 : p.protocol == IPPROTO_UDP ? 8 : p.protocol == IPPROTO_SCTP ? 12 : 0;
  const unsigned field = p.protocol == IPPROTO_UDP ? 6 : p.protocol == IPPROTO_TCP ? 16 : 8;
  const bool is_own = packet.skb.csum_start == p.l4off;
  const bool is_of_segments = p.protocol == IPPROTO_UDP && packet.skb.shared.gso_size && packet.skb.shared.gso_type;
  const bool is_left = summed == CHECKSUM_PARTIAL && (is_own ? packet.skb.csum_offset == field : is_of_segments);
  const bool is_sctp_left = is_left && packet.skb.csum_not_inet;
  const __le32 crc_before = header == 12 && p.l4off + 12 <= before.size() ? sctp_compute_cksum(&packet.skb, p.l4off) : 0;

  const bool done = is_minimal ? ip_vs_nat_minimal4(&p, to.side, to.addr->ip, to.port, out)
                               : ip_vs_nat_packet(&p, to.side, to.addr, to.port, out);
  CHECK(done == (p.l4off + header <= before.size()));
  if (!done) return;
  const auto after = packet.bytes();
  Allowed allowed;
  allowed.Add(packet.AddressAt(0, to.side), packet.AddressSize());
  if (!packet.is_v6()) {
    allowed.Add(10, 2);
    CheckHeaderSum(before, after, 0);
  }
  CHECK(!memcmp(&after[packet.AddressAt(0, to.side)], to.addr, packet.AddressSize()));
  CHECK(!memcmp(to.side == IP_VS_NAT_DEST ? &p.daddr : &p.saddr, to.addr, packet.AddressSize()));
  CHECK(packet.skb.ip_summed != CHECKSUM_COMPLETE);
  if (header) {
    const unsigned port = p.l4off + (to.side == IP_VS_NAT_DEST ? 2 : 0);
    allowed.Add(port, 2);
    allowed.Add(p.l4off + field, header == 12 ? 4 : 2);
    CHECK(Word(after, port) == to.port);
    if (header != 12) {
      CheckTransport(packet, before, after, is_left);
    } else if (!is_sctp_left && Word(before, port) != to.port && summed != CHECKSUM_UNNECESSARY) {
      u32 was, is;
      memcpy(&was, &before[p.l4off + 8], 4);
      memcpy(&is, &after[p.l4off + 8], 4);
      CHECK((was ^ crc_before) == (is ^ sctp_compute_cksum(&packet.skb, p.l4off)));
    }
  }
  allowed.Compare(before, after);
}

void TranslateError(Packet& packet, const ip_vs_packet& inner, const Translation& to) {
  ip_vs_packet& p = packet.parsed;
  const auto before = packet.bytes();
  const auto inner_side = to.side == IP_VS_NAT_DEST ? IP_VS_NAT_SOURCE : IP_VS_NAT_DEST;

  const bool done = ip_vs_nat_icmp(&p, &inner, to.side, to.addr, to.port);
  CHECK(done == (inner.l4off + (inner.has_ports ? 4 : 0) <= before.size()));
  if (!done) return;
  const auto after = packet.bytes();
  Allowed allowed;
  for (const auto& [off, side] : {std::pair{0U, to.side}, std::pair{inner.l3off, inner_side}}) {
    allowed.Add(packet.AddressAt(off, side), packet.AddressSize());
    CHECK(!memcmp(&after[packet.AddressAt(off, side)], to.addr, packet.AddressSize()));
    if (packet.is_v6()) continue;
    allowed.Add(off + 10, 2);
    CheckHeaderSum(before, after, off);
  }
  if (inner.has_ports) {
    const unsigned port = inner.l4off + (inner_side == IP_VS_NAT_DEST ? 2 : 0);
    allowed.Add(port, 2);
    CHECK(Word(after, port) == to.port);
  }
  allowed.Add(p.l4off + 2, 2);
  allowed.Compare(before, after);
  const std::span<const u8> error = std::span(after).subspan(p.l4off);
  if (packet.is_v6()) {
    // the rest is left to whoever sends it
    CHECK(packet.skb.ip_summed == CHECKSUM_PARTIAL && packet.skb.csum_start == p.l4off && packet.skb.csum_offset == 2);
    CHECK(Sum(error.subspan(2, 2)) == PseudoSum(packet, after));
  } else {
    CHECK(packet.skb.ip_summed == CHECKSUM_UNNECESSARY && Sum(error) == 0);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr size_t kHead = 21;
  if (size < kHead) return 0;
  const u8 choices = data[0];
  Packet packet({data + kHead, size - kHead}, data[1], choices & 1);
  if (!ip_vs_packet_parse(&packet.parsed)) return 0;
  nf_inet_addr addr;
  memcpy(&addr, data + 5, sizeof addr);
  Translation to{.side = choices & 2 ? IP_VS_NAT_DEST : IP_VS_NAT_SOURCE, .addr = &addr, .port = 0};
  memcpy(&to.port, data + 3, 2);
  net_device device{.features = choices & 4 ? u64{NETIF_F_SCTP_CRC} : 0};
  packet.skb.dev = &device;
  packet.skb.ip_summed = choices >> 3 & 3;
  if (packet.skb.ip_summed == CHECKSUM_PARTIAL) {
    // of its own transport header, or of one further in
    packet.skb.csum_start = packet.parsed.l4off + data[2] / 16 * 8;
    packet.skb.csum_offset = packet.parsed.protocol == IPPROTO_TCP ? 16 : packet.parsed.protocol == IPPROTO_UDP ? 6 : 8;
    packet.skb.csum_offset += data[2] & 2;
    packet.skb.shared = {.gso_size = data[2] & 4U, .gso_type = data[2] & 8 ? SKB_GSO_UDP_TUNNEL_CSUM : 0U};
    packet.skb.csum_not_inet = packet.parsed.protocol == IPPROTO_SCTP && choices & 0x20;
  }
  ip_vs_packet inner;
  if (!IsIcmpError(packet)) {
    const bool is_minimal = IsMinimal(packet) && choices & 0x80 && !packet.is_v6();
    packet.skb.is_cloned = choices & 0x20;
    TranslatePacket(packet, to, choices & 0x40 ? nullptr : &device, is_minimal);
  } else if (!packet.parsed.is_reassembled &&
             ip_vs_packet_parse_embedded(&packet.parsed, packet.parsed.af, packet.parsed.l4off + 8, &inner) &&
             ip_vs_packet_is_balanced(&inner) && inner.has_ends) {
    ip_vs_icmp_checksum_ok(&packet.parsed);
    TranslateError(packet, inner, to);
  }
  return 0;
}
