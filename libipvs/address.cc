// SPDX-License-Identifier: LGPL-2.1-or-later
#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

#include "ipvs/types.hh"

namespace ipvs::inline v1 {

Address Address::v4(in_addr addr) {
  Address result;
  result.family = AF_INET;
  std::memcpy(result.bytes.data(), &addr, sizeof(addr));
  return result;
}

Address Address::v6(const in6_addr& addr) {
  Address result;
  result.family = AF_INET6;
  std::memcpy(result.bytes.data(), &addr, sizeof(addr));
  return result;
}

Address Address::parse(std::string_view text) {
  const std::string word(text);
  in_addr four;
  if (inet_pton(AF_INET, word.c_str(), &four) == 1) return v4(four);
  in6_addr six;
  if (inet_pton(AF_INET6, word.c_str(), &six) == 1) return v6(six);
  return {};
}

in_addr Address::as_v4() const {
  in_addr addr;
  std::memcpy(&addr, bytes.data(), sizeof(addr));
  return addr;
}

in6_addr Address::as_v6() const {
  in6_addr addr;
  std::memcpy(&addr, bytes.data(), sizeof(addr));
  return addr;
}

bool Address::is_zero() const {
  return std::ranges::all_of(bytes, [](auto byte) { return byte == 0; });
}

std::string Address::to_string() const {
  char text[INET6_ADDRSTRLEN] = "?";
  if (family == AF_INET || family == AF_INET6) inet_ntop(family, bytes.data(), text, sizeof(text));
  return text;
}

}  // namespace ipvs::inline v1
