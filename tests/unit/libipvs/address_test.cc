// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <cstring>

#include "ipvs/types.hh"

namespace {

using ipvs::Address;

TEST(Address, FourBytesOfIpv4AndNothingBehindThem) {
  const auto four = Address::parse("10.1.2.3");
  EXPECT_EQ(four.family, AF_INET);
  const std::array<std::uint8_t, 16> bytes{10, 1, 2, 3};
  EXPECT_EQ(four.bytes, bytes);
  EXPECT_EQ(four.as_v4().s_addr, htonl(0x0a010203));
  EXPECT_EQ(Address::v4({htonl(0x0a010203)}), four);
  EXPECT_EQ(four.to_string(), "10.1.2.3");
}

TEST(Address, SixteenBytesOfIpv6) {
  const auto six = Address::parse("2001:db8:1:2:3:4:5:6");
  EXPECT_EQ(six.family, AF_INET6);
  const std::array<std::uint8_t, 16> bytes{0x20, 1, 0x0d, 0xb8, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6};
  EXPECT_EQ(six.bytes, bytes);
  const in6_addr raw = six.as_v6();
  EXPECT_EQ(std::memcmp(&raw, bytes.data(), 16), 0);
  EXPECT_EQ(Address::v6(raw), six);
  EXPECT_EQ(six.to_string(), "2001:db8:1:2:3:4:5:6");
}

TEST(Address, WhatIsNone) {
  for (const char* text : {"", "10.1.2", "10.1.2.3 ", "10.1.2.256", "fe80::1%lo", ":", "web", "0x0a.1.2.3"})
    EXPECT_EQ(Address::parse(text).family, AF_UNSPEC) << text;
  EXPECT_EQ(Address().to_string(), "?");
}

TEST(Address, ZeroIsZeroInEveryByte) {
  EXPECT_TRUE(Address().is_zero());
  EXPECT_TRUE(Address::parse("0.0.0.0").is_zero());
  EXPECT_TRUE(Address::parse("::").is_zero());
  EXPECT_FALSE(Address::parse("::1").is_zero());
  EXPECT_FALSE(Address::parse("8000::").is_zero());
  EXPECT_FALSE(Address::parse("0.0.0.1").is_zero());
}

}  // namespace
