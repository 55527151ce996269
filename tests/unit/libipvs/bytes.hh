// SPDX-License-Identifier: GPL-2.0-or-later
// Bytes for tests: from hexadecimal text, and netlink attributes put together by hand. Little-endian
// machines.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace bytes {

using Bytes = std::vector<std::uint8_t>;

/// Two digits a byte; blanks do not matter.
inline Bytes hex(std::string_view text) {
  Bytes out;
  std::string digits;
  for (char c : text) {
    if (c == ' ' || c == '\n') continue;
    digits += c;
    if (digits.size() < 2) continue;
    out.push_back(static_cast<std::uint8_t>(std::strtoul(digits.c_str(), nullptr, 16)));
    digits.clear();
  }
  return out;
}

template <typename T>
Bytes number(T value) {
  const auto* start = reinterpret_cast<const std::uint8_t*>(&value);
  return Bytes(start, start + sizeof(value));
}

inline Bytes text(const std::string& value) {
  Bytes out(value.begin(), value.end());
  out.push_back(0);
  return out;
}

inline Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// An attribute with its padding.
inline Bytes attr(std::uint16_t type, const Bytes& payload) {
  Bytes out = number(static_cast<std::uint16_t>(payload.size() + 4)) + number(type) + payload;
  out.resize((out.size() + 3) & ~std::size_t{3});
  return out;
}

/// A generic netlink payload: header and attributes.
inline Bytes genl(std::uint8_t command, const Bytes& attributes) {
  return Bytes{command, 1, 0, 0} + attributes;
}

/// A netlink message around a payload.
inline Bytes message(std::uint16_t type, std::uint16_t flags, std::uint32_t seq, const Bytes& payload) {
  return number(static_cast<std::uint32_t>(16 + payload.size())) + number(type) + number(flags) +
         number(seq) + number(std::uint32_t{0}) + payload;
}

}  // namespace bytes
