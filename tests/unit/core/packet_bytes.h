// SPDX-License-Identifier: GPL-2.0-or-later
// Bytes as kernel/core/headers.h reads them, for tests and fuzzers: in a row, or never in a row.
#pragma once

extern "C" {
#include "core/headers.h"
}

#include <memory>
#include <span>
#include <vector>

struct Bytes {
  std::span<const u8> all;
  bool in_a_row;  // else every read is a copy, as of a packet in pieces
};

inline const void* ReadBytes(const void* packet, unsigned off, unsigned len, void* buf) {
  const auto* bytes = static_cast<const Bytes*>(packet);
  if (off > bytes->all.size() || len > bytes->all.size() - off) return nullptr;
  if (bytes->in_a_row) return bytes->all.data() + off;
  memcpy(buf, bytes->all.data() + off, len);
  return buf;
}

// All that the kernel asks of a packet.
struct Facts {
  bool readable;
  u8 saddr[16], daddr[16];
  ip_vs_l3 l3;
  ip_vs_l4 l4;
};

inline Facts ReadHeaders(const Bytes& bytes, unsigned off, bool v6, bool only_ports) {
  Facts f{};
  f.readable = v6 ? ip_vs_read_ipv6(ReadBytes, &bytes, off, f.saddr, f.daddr, &f.l3)
                  : ip_vs_read_ipv4(ReadBytes, &bytes, off, f.saddr, f.daddr, &f.l3);
  if (f.readable && !f.l3.is_fragment)
    ip_vs_read_transport(ReadBytes, &bytes, f.l3.l4off, f.l3.protocol, only_ports, &f.l4);
  return f;
}
