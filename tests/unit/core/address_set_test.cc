// SPDX-License-Identifier: GPL-2.0-or-later
// Where addresses have their bits: within the set, and spread, however alike they are.
extern "C" {
#include "core/address_set.h"
}

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <set>

namespace {

// How many places 256 addresses have that differ in one byte, counted from the left. By chance it would be some 240.
size_t places4(int byte) {
  std::set<u32> places;
  for (u32 i = 0; i < 256; ++i) places.insert(ip_vs_address_place4(htonl(0x0a010203u ^ i << (24 - 8 * byte))));
  return places.size();
}

size_t places6(int byte) {
  std::set<u32> places;
  for (int i = 0; i < 256; ++i) {
    u8 bytes[16] = {0x20, 0x01, 0x0d, 0xb8};
    u32 words[4];
    bytes[byte] ^= i;
    memcpy(words, bytes, sizeof words);
    places.insert(ip_vs_address_place6(words));
  }
  return places.size();
}

TEST(AddressSet, PlacesAreWithinIt) {
  for (u32 addr : {0u, 1u, 0x7fffffffu, 0x80000000u, 0xffffffffu}) {
    const u32 words[4] = {addr, ~addr, addr, addr};
    EXPECT_LT(ip_vs_address_place4(addr), u32{IP_VS_ADDRESS_SET_SIZE});
    EXPECT_LT(ip_vs_address_place6(words), u32{IP_VS_ADDRESS_SET_SIZE});
  }
}

TEST(AddressSet, AddressesThatDifferInAByteHaveDifferentPlaces) {
  for (int byte = 0; byte < 4; ++byte) EXPECT_GE(places4(byte), 192u) << byte;
  for (int byte = 0; byte < 16; ++byte) EXPECT_GE(places6(byte), 192u) << byte;
}

}  // namespace
