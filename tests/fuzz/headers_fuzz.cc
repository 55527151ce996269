// SPDX-License-Identifier: GPL-2.0-or-later
// A whole packet, or one within an ICMP error. Input: a byte of choices, a byte of offset, the packet.
#include <cstdlib>

#include "packet_bytes.h"

namespace {

void Check(bool holds) {
  if (!holds) abort();
}

bool AreEqual(const Facts& a, const Facts& b) {
  return a.readable == b.readable && !memcmp(a.saddr, b.saddr, sizeof a.saddr) &&
         !memcmp(a.daddr, b.daddr, sizeof a.daddr) && a.l3.l4off == b.l3.l4off && a.l3.protocol == b.l3.protocol &&
         a.l3.is_fragment == b.l3.is_fragment && a.l3.has_fragment_header == b.l3.has_fragment_header &&
         a.l4.has_ports == b.l4.has_ports && a.l4.sport == b.l4.sport && a.l4.dport == b.l4.dport &&
         a.l4.has_tcp_flags == b.l4.has_tcp_flags && a.l4.tcp_flags == b.l4.tcp_flags &&
         a.l4.has_sctp_event == b.l4.has_sctp_event && a.l4.sctp_event == b.l4.sctp_event;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  bool v6 = data[0] & 1, only_ports = data[0] & 2;
  unsigned off = data[1];
  data += 2;
  size -= 2;
  const Bytes whole{{data, size}, true}, pieces{{data, size}, false};
  Facts facts = ReadHeaders(whole, off, v6, only_ports);
  // wherever a packet keeps its data it says the same
  Check(AreEqual(facts, ReadHeaders(pieces, off, v6, only_ports)));
  if (!facts.readable) {
    Check(!facts.l4.has_ports && !facts.l4.has_tcp_flags && !facts.l4.has_sctp_event);
    return 0;
  }
  // what others add to the offset stays far from where numbers wrap
  Check(facts.l3.l4off >= off + (v6 ? 40 : 20) && facts.l3.l4off < off + size + 4096);
  Check(!facts.l4.has_ports || facts.l3.l4off + 4 <= size);
  Check(!facts.l4.has_tcp_flags || (facts.l3.protocol == IPPROTO_TCP && facts.l3.l4off + 14 <= size));
  Check(!facts.l4.has_sctp_event || (facts.l3.protocol == IPPROTO_SCTP && facts.l3.l4off + 16 <= size));
  Check(facts.l4.has_ports || (!facts.l4.has_tcp_flags && !facts.l4.has_sctp_event));
  Check(!facts.l3.is_fragment || !facts.l4.has_ports);
  Check(!only_ports || (!facts.l4.has_tcp_flags && !facts.l4.has_sctp_event));
  return 0;
}
