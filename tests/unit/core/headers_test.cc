// SPDX-License-Identifier: GPL-2.0-or-later
// Headers: what is read of packets that are whole, cut short, or lie about their lengths.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "packet_bytes.h"

namespace {

using Packet = std::vector<u8>;

Packet operator+(Packet a, const Packet& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Packet Cut(Packet p, size_t length) {
  p.resize(length);
  return p;
}

// Every byte of an address is another one, so that none can be missing or stand at another's place.
u8 AddressByte(bool v6, bool dest, int i) { return (v6 ? 0x40 : 0x0a) + (dest ? 0x80 : 0) + i; }

// @words is the header's length in words, @frag its fragment field.
Packet V4(u8 protocol, u8 words = 5, u16 frag = 0) {
  Packet p(words * 4);
  p[0] = 0x40 | words;
  p[6] = frag >> 8;
  p[7] = frag;
  p[9] = protocol;
  for (int i = 0; i < 4; ++i) {
    p[12 + i] = AddressByte(false, false, i);
    p[16 + i] = AddressByte(false, true, i);
  }
  return p;
}

Packet V6(u8 next) {
  Packet p(40);
  p[0] = 0x60;
  p[6] = next;
  for (int i = 0; i < 16; ++i) {
    p[8 + i] = AddressByte(true, false, i);
    p[24 + i] = AddressByte(true, true, i);
  }
  return p;
}

Packet Extension(u8 next, u8 length, size_t bytes) {
  Packet p(bytes);
  p[0] = next;
  p[1] = length;
  return p;
}

Packet FragmentHeader(u8 next, u16 field) { return {next, 0, u8(field >> 8), u8(field), 0, 0, 0, 1}; }

const Packet kPorts = {0x12, 0x34, 0x00, 0x50};

Packet Tcp(u8 flags) {
  Packet p = kPorts + Packet(16);
  p[13] = flags;
  return p;
}

Packet Udp() { return kPorts + Packet(4); }

Packet Chunk(u8 type, u16 length, size_t bytes) {
  Packet p(bytes);
  p[0] = type;
  p[2] = length >> 8;
  p[3] = length;
  return p;
}

Packet Sctp(const Packet& chunks) { return kPorts + Packet(8) + chunks; }

// The facts as text, so that a table shows them and a failure does, too.
std::string Text(const Facts& f, bool v6) {
  if (!f.readable) return "none";
  std::string text = std::to_string(f.l3.protocol) + "@" + std::to_string(f.l3.l4off);
  if (f.l3.is_fragment) text += " later";
  if (f.l3.has_fragment_header) text += " fragments";
  if (f.l4.has_ports) text += " " + std::to_string(ntohs(f.l4.sport)) + ">" + std::to_string(ntohs(f.l4.dport));
  if (f.l4.has_tcp_flags) text += " flags=" + std::to_string(f.l4.tcp_flags);
  if (f.l4.has_sctp_event) text += " event=" + std::to_string(f.l4.sctp_event);
  for (int i = 0; i < 16; ++i) {
    EXPECT_EQ(f.saddr[i], v6 || i < 4 ? AddressByte(v6, false, i) : 0) << i;
    EXPECT_EQ(f.daddr[i], v6 || i < 4 ? AddressByte(v6, true, i) : 0) << i;
  }
  return text;
}

std::string Read(const Packet& packet, bool v6, bool only_ports, unsigned off = 0) {
  // a copy of the exact size: the sanitizer sees every byte too far
  auto exact = std::make_unique<u8[]>(packet.size());
  std::copy(packet.begin(), packet.end(), exact.get());
  std::string texts[2];
  for (bool in_a_row : {false, true}) {
    Bytes bytes{{exact.get(), packet.size()}, in_a_row};
    texts[in_a_row] = Text(ReadHeaders(bytes, off, v6, only_ports), v6);
  }
  EXPECT_EQ(texts[0], texts[1]);
  return texts[1];
}

struct Case {
  const char* name;
  Packet packet;
  const char* wanted;
  bool only_ports = false;
};

TEST(Headers, Ipv4) {
  const Case cases[] = {
      {"TCP", V4(6) + Tcp(0x12), "6@20 4660>80 flags=18"},
      {"options", V4(6, 15) + Tcp(2), "6@60 4660>80 flags=2"},
      {"UDP", V4(17) + Udp(), "17@20 4660>80"},
      {"within an ICMP error there are no flags", V4(6) + Tcp(0x12), "6@20 4660>80", true},
      {"TCP cut off before its flags", V4(6) + Packet(13, 1), "6@20 257>257"},
      {"TCP cut off in the ports", V4(6) + Packet{1, 2, 3}, "6@20"},
      {"no transport header at all", V4(17), "17@20"},
      {"the first fragment", V4(17, 5, 0x2000) + Udp(), "17@20 4660>80"},
      {"the last fragment", V4(17, 5, 0x0001) + Udp(), "17@20 later"},
      {"do not fragment", V4(17, 5, 0x4000) + Udp(), "17@20 4660>80"},
      {"ESP has no ports", V4(50) + Packet(16, 1), "50@20"},
      {"AH has no ports", V4(51) + Packet(16, 1), "51@20"},
      {"options longer than the packet", Cut(V4(6, 15), 30), "6@60"},
      {"header of 16 bytes", Packet{0x44} + Packet(19), "none"},
      {"IPv6", V6(6), "none"},
      {"short", Packet{0x45} + Packet(18), "none"},
      {"nothing", {}, "none"},
  };
  for (const Case& c : cases) EXPECT_EQ(Read(c.packet, false, c.only_ports), c.wanted) << c.name;
}

TEST(Headers, Ipv6) {
  const Case cases[] = {
      {"TCP", V6(6) + Tcp(2), "6@40 4660>80 flags=2"},
      {"hop-by-hop options", V6(0) + Extension(6, 0, 8) + Tcp(2), "6@48 4660>80 flags=2"},
      {"a long routing header", V6(43) + Extension(17, 2, 24) + Udp(), "17@64 4660>80"},
      {"three of them", V6(0) + Extension(60, 0, 8) + Extension(43, 1, 16) + Extension(132, 0, 8) + Sctp(Chunk(1, 4, 4)),
       "132@72 4660>80 event=1"},
      {"the first fragment", V6(44) + FragmentHeader(17, 1) + Udp(), "17@48 fragments 4660>80"},
      {"a whole packet in a fragment", V6(44) + FragmentHeader(6, 0) + Tcp(2), "6@48 fragments 4660>80 flags=2"},
      {"a later fragment", V6(44) + FragmentHeader(17, 8) + Udp(), "17@48 later fragments"},
      {"a later fragment, of extension headers", V6(44) + FragmentHeader(60, 8) + Packet(8), "59@40 later fragments"},
      {"AH counts in words", V6(51) + Extension(17, 4, 24) + Udp(), "17@64 4660>80"},
      {"ESP hides the rest", V6(50) + Packet(20, 6), "50@40"},
      {"no next header", V6(59) + Packet(20, 6), "59@40"},
      {"an extension header that is not there", V6(0), "59@40"},
      {"one that points behind the end", V6(0) + Extension(6, 200, 8), "6@1648"},
      {"a chain that ends in the middle", V6(0) + Extension(0, 0, 8) + Extension(0, 0, 3), "59@40"},
      {"IPv4", V4(6) + Packet(20), "none"},
      {"short", Packet{0x60} + Packet(38), "none"},
  };
  for (const Case& c : cases) EXPECT_EQ(Read(c.packet, true, c.only_ports), c.wanted) << c.name;
}

// Of all headers with one word changed: right is the sum that the words, added with their carries, make all bits set with.
TEST(Headers, Ipv4Sum) {
  u16 words[10] = {};
  u8 first[] = {0x45, 0x10};
  memcpy(words, first, sizeof first);
  auto is_right = [&words] {
    u32 sum = 0;
    for (u16 word : words) {
      sum += word;
      sum = (sum & 0xffff) + (sum >> 16);
    }
    return sum == 0xffff;
  };
  int right = 0;
  for (const u16 fill : {0x0000, 0x1234, 0xffff}) {
    std::fill(words + 1, words + 10, fill);
    for (u32 check = 0; check <= 0xffff; ++check) {
      words[5] = check;
      ASSERT_EQ(ip_vs_ipv4_sum_is_right(words), is_right()) << fill << " " << check;
      right += is_right();
    }
  }
  EXPECT_EQ(right, 3);
}

TEST(Headers, EmbeddedOnesStartAnywhere) {
  EXPECT_EQ(Read(Packet(28, 0xee) + V4(6) + Tcp(2), false, true, 28), "6@48 4660>80");
  EXPECT_EQ(Read(Packet(48, 0xee) + V6(0) + Extension(17, 0, 8) + Udp(), true, true, 48), "17@96 4660>80");
  EXPECT_EQ(Read(V4(6), false, true, 20), "none");
}

TEST(Headers, SctpEvents) {
  const Case cases[] = {
      {"INIT", Chunk(1, 20, 20), "event=1"},
      {"DATA", Chunk(0, 20, 20), "event=0"},
      {"unknown chunk", Chunk(200, 20, 20), "event=0"},
      {"nothing but the header of a chunk", Chunk(6, 4, 4), "event=9"},
      {"COOKIE-ECHO", Chunk(10, 8, 8), "event=3"},
      {"COOKIE-ECHO and DATA", Chunk(10, 8, 8) + Chunk(0, 20, 20), "event=3"},
      {"COOKIE-ECHO and ABORT", Chunk(10, 8, 8) + Chunk(6, 4, 4), "event=9"},
      {"COOKIE-ACK and ABORT", Chunk(11, 4, 4) + Chunk(6, 4, 4), "event=9"},
      {"lengths are rounded up", Chunk(10, 5, 8) + Chunk(6, 4, 4), "event=9"},
      {"others are not followed by news", Chunk(3, 16, 16) + Chunk(6, 4, 4), "event=0"},
      {"an impossible length", Chunk(10, 3, 4) + Chunk(6, 4, 4), "event=3"},
      {"a length behind the end", Chunk(10, 65535, 8), "event=3"},
      {"the second chunk is cut off", Chunk(11, 4, 4) + Packet{6, 0, 0}, "event=4"},
      {"the first chunk is cut off", Packet{1, 0, 0}, ""},
      {"no chunk", {}, ""},
  };
  for (const Case& c : cases) {
    std::string wanted = std::string("132@20 4660>80") + (*c.wanted ? " " : "") + c.wanted;
    EXPECT_EQ(Read(V4(132) + Sctp(c.packet), false, false), wanted) << c.name;
    EXPECT_EQ(Read(V4(132) + Sctp(c.packet), false, true), "132@20 4660>80") << c.name;
  }
}

}  // namespace
