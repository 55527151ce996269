// SPDX-License-Identifier: GPL-2.0-or-later
// A connection from the bytes of its packets: transport header by transport header through the state
// machines. Input: a byte that chooses TCP or SCTP, then packets: a byte of length, a byte of direction, bytes.
#include <algorithm>
#include <cstdlib>

#include "packet_bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (!size) return 0;
  const uint8_t* const end = data + size;
  bool sctp = *data++ & 1;
  u8 state = 0;
  while (end - data > 2) {
    size_t length = std::min<size_t>(data[0], end - data - 2);
    auto direction = static_cast<ip_vs_tcp_direction>(data[1] % IP_VS_TCP_DIRECTIONS);
    const Bytes bytes{{data + 2, length}, bool(data[1] & 0x80)};
    ip_vs_l4 l4;
    ip_vs_read_transport(ReadBytes, &bytes, 0, sctp ? IPPROTO_SCTP : IPPROTO_TCP, false, &l4);
    data += 2 + length;
    if (l4.has_tcp_flags) {
      state = ip_vs_tcp_next_state(false, direction, state, l4.tcp_flags);
      if (state >= IP_VS_TCP_STATES || !ip_vs_tcp_default_timeout(state)) abort();
    }
    if (l4.has_sctp_event) {
      if (l4.sctp_event >= IP_VS_SCTP_EVENTS) abort();
      state = ip_vs_sctp_next_state(direction, state, l4.sctp_event);
      if (state >= IP_VS_SCTP_STATES || !ip_vs_sctp_default_timeout(state)) abort();
    }
  }
  return 0;
}
