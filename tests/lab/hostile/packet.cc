// SPDX-License-Identifier: GPL-2.0-or-later
#include "packet.hh"

#include <algorithm>
#include <utility>

namespace hostile {
namespace {

constexpr unsigned kTcpHeader = 20, kUdpHeader = 8, kSctpHeader = 12, kIpv4Header = 20, kIpv6Header = 40;

std::uint32_t add_up(const std::uint8_t* data, std::size_t size, std::uint32_t sum = 0) {
  for (std::size_t i = 0; i < size; ++i) sum += i % 2 ? data[i] : static_cast<std::uint32_t>(data[i]) << 8;
  return sum;
}

std::uint16_t fold(std::uint32_t sum) {
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

std::uint32_t pseudo(const Ends& ends, unsigned protocol, std::size_t length) {
  const std::size_t size = ends.is_v6() ? 16 : 4;
  std::uint32_t sum = add_up(ends.src.bytes.data(), size);
  sum = add_up(ends.dst.bytes.data(), size, sum);
  return sum + protocol + static_cast<std::uint32_t>(length >> 16) + static_cast<std::uint32_t>(length & 0xffff);
}

void put_sum(Bytes& bytes, std::size_t at, const Ends& ends, unsigned protocol) {
  put16(bytes, at, 0);
  std::uint16_t sum = fold(add_up(bytes.data(), bytes.size(), pseudo(ends, protocol, bytes.size())));
  if (sum == 0 && protocol == IPPROTO_UDP) sum = 0xffff;
  put16(bytes, at, sum);
}

std::uint32_t crc32c(const Bytes& bytes) {
  std::uint32_t crc = ~0U;
  for (std::uint8_t byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc & 1 ? crc >> 1 ^ 0x82f63b78 : crc >> 1;
  }
  return ~crc;
}

Bytes ports(const Ends& ends, std::size_t header) {
  Bytes bytes(header);
  put16(bytes, 0, ends.sport);
  put16(bytes, 2, ends.dport);
  return bytes;
}

/// Options of IPv4: padding, record route, timestamp, source routes, alert, or anything.
Bytes options(Dice& dice) {
  static constexpr std::uint8_t kKinds[] = {0, 1, 7, 68, 131, 137, 148, 130};
  Bytes bytes;
  const unsigned size = 4 * (1 + dice.below(10));
  while (bytes.size() < size) {
    const std::uint8_t kind = dice.one_in(10) ? static_cast<std::uint8_t>(dice.bits()) : dice.of(kKinds);
    bytes.push_back(kind);
    if (kind < 2) continue;
    const unsigned length = dice.one_in(10) ? dice.below(256) : 3 + 4 * dice.below(4);
    bytes.push_back(static_cast<std::uint8_t>(length));
    bytes.push_back(4);
    for (unsigned i = 3; i < length && i < 40; ++i) bytes.push_back(dice.one_in(2) ? 0 : 10);
  }
  bytes.resize(size);
  return bytes;
}

/// A chain of extension headers; @first becomes the number of the first one.
Bytes extensions(unsigned& first, Dice& dice) {
  static constexpr unsigned kKinds[] = {IPPROTO_DSTOPTS, IPPROTO_DSTOPTS, IPPROTO_ROUTING, IPPROTO_FRAGMENT,
                                        IPPROTO_AH, IPPROTO_HOPOPTS};
  const unsigned count = dice.one_in(20) ? 1 + dice.below(60) : 1 + dice.below(4);
  Bytes chain;
  unsigned next = first;

  for (unsigned i = 0; i < count; ++i) {
    const bool is_front = i + 1 == count;
    unsigned kind = dice.of(kKinds);
    // The kernel takes hop-by-hop options only where they belong.
    if (kind == IPPROTO_HOPOPTS && !is_front && !dice.one_in(10)) kind = IPPROTO_DSTOPTS;
    Bytes header(kind == IPPROTO_FRAGMENT ? 8 : 8 * (1 + dice.below(3)));
    header[0] = static_cast<std::uint8_t>(next);
    if (kind == IPPROTO_FRAGMENT) {
      if (dice.one_in(4)) put16(header, 2, static_cast<unsigned>(dice.bits()) & 0xffff);
    } else if (kind == IPPROTO_AH) {
      header[1] = static_cast<std::uint8_t>(header.size() / 4 - 2);
    } else {
      header[1] = static_cast<std::uint8_t>(header.size() / 8 - 1);
      if (kind != IPPROTO_ROUTING) {
        header[2] = 1;  // padding
        header[3] = static_cast<std::uint8_t>(header.size() - 4);
      } else if (dice.one_in(4)) {
        header[2] = static_cast<std::uint8_t>(dice.below(5));
        header[3] = static_cast<std::uint8_t>(dice.below(3));
      }
    }
    if (dice.one_in(40)) header[1] = static_cast<std::uint8_t>(dice.bits());
    append(header, chain);
    chain = std::move(header);
    next = kind;
  }
  first = next;
  return chain;
}

unsigned header_length(const Packet& packet) {
  return packet.is_v6 ? kIpv6Header : std::max(kIpv4Header, packet.bytes.empty() ? 0 : (packet.bytes[0] & 15U) * 4);
}

unsigned protocol_of(const Packet& packet) {
  const std::size_t at = packet.is_v6 ? 6 : 9;
  return at < packet.bytes.size() ? packet.bytes[at] : 0;
}

/// Where the sum of the transport header stands; 0 if that is not clear.
std::size_t sum_at(const Packet& packet) {
  std::size_t at = header_length(packet);
  switch (protocol_of(packet)) {
    case IPPROTO_TCP: at += 16; break;
    case IPPROTO_UDP: at += 6; break;
    case IPPROTO_SCTP: at += 8; break;
    case IPPROTO_ICMP:
    case IPPROTO_ICMPV6: at += 2; break;
    default: return 0;
  }
  return at + 2 <= packet.bytes.size() ? at : 0;
}

/// A length in some header, but not the one that the bytes have.
void spoil_length(Packet& packet, Dice& dice) {
  const std::size_t transport = header_length(packet);
  std::size_t at = 0;
  switch (dice.below(3)) {
    case 0:
      if (packet.is_v6) {
        at = 4;
      } else if (dice.one_in(2)) {
        at = 2;
      } else if (!packet.bytes.empty()) {
        packet.bytes[0] = static_cast<std::uint8_t>(0x40 | dice.below(16));
      }
      break;
    default:
      switch (protocol_of(packet)) {
        case IPPROTO_TCP:
          if (transport + 12 < packet.bytes.size())
            packet.bytes[transport + 12] = static_cast<std::uint8_t>(dice.below(16) << 4);
          return;
        case IPPROTO_UDP: at = transport + 4; break;
        case IPPROTO_SCTP: at = transport + kSctpHeader + 2; break;
        default: at = transport + dice.below(8); break;
      }
  }
  if (at == 0 || at + 2 > packet.bytes.size()) return;
  put16(packet.bytes, at, dice.one_in(2) ? dice.number() : get16(packet.bytes, at) + dice.below(17) - 8);
}

}  // namespace

Bytes noise(Dice& dice, unsigned length) {
  Bytes bytes(length);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(dice.bits());
  return bytes;
}

Bytes tcp(const Ends& ends, unsigned flags, unsigned payload, Dice& dice) {
  const unsigned words = dice.one_in(3) ? 5 + dice.below(11) : 5;
  Bytes bytes = ports(ends, kTcpHeader);
  put16(bytes, 6, 1 + dice.below(4));
  put16(bytes, 10, 1 + dice.below(4));
  bytes[12] = static_cast<std::uint8_t>(words << 4);
  bytes[13] = static_cast<std::uint8_t>(flags);
  put16(bytes, 14, 8192);
  append(bytes, Bytes(4 * words - kTcpHeader, 1));
  append(bytes, Bytes(payload, 'x'));
  put_sum(bytes, 16, ends, IPPROTO_TCP);
  return bytes;
}

Bytes udp(const Ends& ends, const Bytes& payload, bool with_sum) {
  Bytes bytes = ports(ends, kUdpHeader);
  append(bytes, payload);
  put16(bytes, 4, static_cast<unsigned>(bytes.size()));
  if (with_sum) put_sum(bytes, 6, ends, IPPROTO_UDP);
  return bytes;
}

Bytes sctp(const Ends& ends, Dice& dice) {
  static constexpr std::uint8_t kChunks[] = {1, 1, 1, 0, 2, 3, 6, 7, 8, 10, 11, 14};
  Bytes bytes = ports(ends, kSctpHeader);
  bytes[7] = 1;
  for (unsigned count = 1 + dice.below(3); count > 0; --count) {
    Bytes chunk(4 + 4 * dice.below(8));
    chunk[0] = dice.one_in(30) ? static_cast<std::uint8_t>(dice.bits()) : dice.of(kChunks);
    put16(chunk, 2, dice.one_in(10) ? dice.number() : static_cast<unsigned>(chunk.size()));
    append(bytes, chunk);
  }
  const std::uint32_t crc = crc32c(bytes);
  for (unsigned i = 0; i < 4; ++i) bytes[8 + i] = static_cast<std::uint8_t>(crc >> 8 * i);
  return bytes;
}

Bytes icmp(const Ends& ends, unsigned type, unsigned code, std::uint32_t rest, const Bytes& payload) {
  Bytes bytes(8);
  bytes[0] = static_cast<std::uint8_t>(type);
  bytes[1] = static_cast<std::uint8_t>(code);
  put16(bytes, 4, rest >> 16);
  put16(bytes, 6, rest & 0xffff);
  append(bytes, payload);
  if (ends.is_v6()) {
    put_sum(bytes, 2, ends, IPPROTO_ICMPV6);
  } else {
    put16(bytes, 2, fold(add_up(bytes.data(), bytes.size())));
  }
  return bytes;
}

Packet network(const Ends& ends, unsigned protocol, const Bytes& payload, Dice& dice, bool plain) {
  Packet packet;
  Bytes& bytes = packet.bytes;
  const bool has_options = !plain && dice.one_in(8);
  const auto ttl = static_cast<std::uint8_t>(dice.one_in(25) ? dice.below(3) : 64);

  packet.is_v6 = ends.is_v6();
  if (packet.is_v6) {
    bytes.resize(kIpv6Header);
    bytes[0] = 0x60;
    Bytes chain;
    if (has_options) chain = extensions(protocol, dice);
    bytes[6] = static_cast<std::uint8_t>(protocol);
    bytes[7] = ttl;
    std::copy_n(ends.src.bytes.begin(), 16, bytes.begin() + 8);
    std::copy_n(ends.dst.bytes.begin(), 16, bytes.begin() + 24);
    append(bytes, chain);
  } else {
    bytes.resize(kIpv4Header);
    bytes[1] = static_cast<std::uint8_t>(dice.one_in(8) ? dice.bits() : 0);
    put16(bytes, 4, static_cast<unsigned>(dice.bits()) & 0xffff);
    if (dice.one_in(2)) bytes[6] = 0x40;
    bytes[8] = ttl;
    bytes[9] = static_cast<std::uint8_t>(protocol);
    std::copy_n(ends.src.bytes.begin(), 4, bytes.begin() + 12);
    std::copy_n(ends.dst.bytes.begin(), 4, bytes.begin() + 16);
    if (has_options) append(bytes, options(dice));
    bytes[0] = static_cast<std::uint8_t>(0x40 | bytes.size() / 4);
  }
  append(bytes, payload);
  mend(packet);
  return packet;
}

Bytes gre(const Packet& inner, bool with_sum) {
  Bytes bytes(with_sum ? 8 : 4);
  bytes[0] = with_sum ? 0x80 : 0;
  put16(bytes, 2, inner.is_v6 ? 0x86dd : 0x0800);
  append(bytes, inner.bytes);
  if (with_sum) put16(bytes, 4, fold(add_up(bytes.data(), bytes.size())));
  return bytes;
}

Bytes gue(const Ends& ends, const Packet& inner, Dice& dice) {
  const unsigned words = dice.one_in(4) ? dice.below(4) : 0;
  Bytes bytes(4 + 4 * words);
  bytes[0] = static_cast<std::uint8_t>(words);
  bytes[1] = inner.is_v6 ? IPPROTO_IPV6 : IPPROTO_IPIP;
  if (words != 0 && dice.one_in(2)) bytes[3] = 1;
  append(bytes, inner.bytes);
  return udp(ends, bytes, dice.one_in(2));
}

void mend(Packet& packet) {
  Bytes& bytes = packet.bytes;
  if (packet.is_v6) {
    if (bytes.size() >= kIpv6Header) put16(bytes, 4, static_cast<unsigned>(bytes.size() - kIpv6Header));
    return;
  }
  const std::size_t length = header_length(packet);
  if (bytes.size() < kIpv4Header) return;
  put16(bytes, 2, static_cast<unsigned>(bytes.size()));
  put16(bytes, 10, 0);
  put16(bytes, 10, fold(add_up(bytes.data(), std::min(length, bytes.size()))));
}

void spoil_sum(Packet& packet) {
  if (const std::size_t at = sum_at(packet)) packet.bytes[at] ^= 0x55;
}

void damage(Packet& packet, Dice& dice) {
  Bytes& bytes = packet.bytes;
  switch (dice.below(6)) {
    case 0:
    case 1:
    case 2:  // cut anywhere, but not so often in the network header, which the kernel looks at itself
      if (dice.one_in(20)) {
        bytes.resize(1 + dice.below(static_cast<unsigned>(bytes.size())));
      } else if (bytes.size() > header_length(packet)) {
        const auto head = header_length(packet), most = static_cast<unsigned>(bytes.size());
        // what decides is in the first headers
        bytes.resize(head + dice.below(std::min(most - head, dice.one_in(4) ? most : 120U)));
      }
      if (dice.one_in(3)) spoil_sum(packet);
      break;
    case 3:
      for (unsigned count = 1 + dice.below(4); count > 0; --count)
        bytes[dice.below(static_cast<unsigned>(bytes.size()))] ^= static_cast<std::uint8_t>(1 + dice.below(255));
      break;
    case 4:
      spoil_length(packet, dice);
      if (!packet.is_v6 && bytes.size() >= kIpv4Header && !dice.one_in(4)) {
        put16(bytes, 10, 0);
        put16(bytes, 10, fold(add_up(bytes.data(), std::min<std::size_t>(header_length(packet), bytes.size()))));
      }
      return;
    default:
      spoil_sum(packet);
  }
  if (!dice.one_in(10)) mend(packet);
}

std::vector<Packet> pieces(const Packet& packet, Dice& dice) {
  const std::size_t head = header_length(packet);
  std::vector<Packet> all;

  if (packet.bytes.size() < head + 16) return {packet};
  const auto id = static_cast<unsigned>(dice.bits()) & 0xffff;
  const std::size_t step = dice.one_in(3) ? 8 : 8 * (1 + dice.below(40));
  const bool is_overlapping = dice.one_in(3);
  // whether what is there ends the datagram is a lie now and then
  for (std::size_t at = head; at < packet.bytes.size() && all.size() < 24; at += step) {
    const std::size_t length = std::min(step + (is_overlapping ? 8 * dice.below(3) : 0), packet.bytes.size() - at);
    const bool is_last = (at + length >= packet.bytes.size()) != dice.one_in(60);
    const auto offset = static_cast<unsigned>(at - head);
    Packet piece{packet.is_v6, Bytes(packet.bytes.begin(), packet.bytes.begin() + static_cast<long>(head)), {}};
    if (packet.is_v6) {
      Bytes header(8);
      header[0] = piece.bytes[6];
      piece.bytes[6] = IPPROTO_FRAGMENT;
      put16(header, 2, offset | (is_last ? 0 : 1));
      put16(header, 6, id);
      append(piece.bytes, header);
    } else {
      put16(piece.bytes, 4, id);
      put16(piece.bytes, 6, offset / 8 | (is_last ? 0 : 0x2000));
    }
    piece.bytes.insert(piece.bytes.end(), packet.bytes.begin() + static_cast<long>(at),
                       packet.bytes.begin() + static_cast<long>(at + length));
    mend(piece);
    all.push_back(std::move(piece));
  }
  switch (dice.below(6)) {
    case 0: std::ranges::reverse(all); break;
    case 1: all.resize(1); break;
    case 2: all.erase(all.begin(), all.end() - 1); break;
    case 3: all.erase(all.begin() + dice.below(static_cast<unsigned>(all.size()))); break;
    case 4: std::swap(all.front(), all.back()); break;
    default: break;
  }
  return all;
}

void make_gso(Packet& packet, Dice& dice) {
  const unsigned head = header_length(packet), protocol = protocol_of(packet);
  const bool is_tcp = protocol == IPPROTO_TCP;

  if ((!is_tcp && protocol != IPPROTO_UDP) || packet.bytes.size() < head + kTcpHeader) return;
  packet.gso.flags = Gso::needs_sum;
  packet.gso.csum_start = static_cast<std::uint16_t>(head);
  packet.gso.csum_offset = is_tcp ? 16 : 6;
  packet.gso.hdr_len = static_cast<std::uint16_t>(head + kTcpHeader);
  if (!dice.one_in(3)) {
    append(packet.bytes, Bytes(1 + dice.below(dice.one_in(8) ? 60000 : 6000), 'y'));
    if (!is_tcp) put16(packet.bytes, head + 4, static_cast<unsigned>(packet.bytes.size()) - head);
    mend(packet);
    packet.gso.size = static_cast<std::uint16_t>(dice.one_in(10) ? dice.number() : 500 + dice.below(900));
    packet.gso.type = is_tcp ? (packet.is_v6 ? Gso::tcp6 : Gso::tcp4)
                                 : (dice.one_in(2) ? Gso::udp_l4 : Gso::udp);
    if (dice.one_in(30)) packet.gso.type = static_cast<std::uint8_t>(dice.bits());
  }
  // who asks for a sum leaves that of the addresses in its place
  const std::size_t addresses = packet.is_v6 ? 8 : 12, size = packet.is_v6 ? 32 : 8;
  const std::uint32_t length = static_cast<std::uint32_t>(packet.bytes.size()) - head;
  const std::uint32_t sum = add_up(packet.bytes.data() + addresses, size, protocol + (length >> 16) + (length & 0xffff));
  put16(packet.bytes, head + packet.gso.csum_offset, static_cast<std::uint16_t>(~fold(sum)));
  if (dice.one_in(20)) packet.gso.csum_start = static_cast<std::uint16_t>(dice.below(200));
  if (dice.one_in(20)) packet.gso.csum_offset = static_cast<std::uint16_t>(dice.below(40));
  if (dice.one_in(20)) packet.gso.hdr_len = static_cast<std::uint16_t>(dice.number());
  if (dice.one_in(20)) packet.gso.flags = static_cast<std::uint8_t>(dice.bits() & 3);
}

}  // namespace hostile
