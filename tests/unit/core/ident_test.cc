// SPDX-License-Identifier: GPL-2.0-or-later
// Numbers of IPv4 headers, in blocks: none twice, few lost.
#include <gtest/gtest.h>

#include <set>

extern "C" {
#include "core/ident.h"
}

namespace {

// The one place where numbers are counted.
struct Counter {
  u16 next = 0xfff0;
  int fetched = 0, calls = 0;
};

constexpr u32 kLife = 100;

u16 Number(ip_vs_ident_block& block, Counter& counter, u64 ends, u32 now = 0) {
  u16 number;
  if (ip_vs_ident_take(&block, nullptr, ends, 4, now, kLife, &number)) return number;
  unsigned size = ip_vs_ident_renew(&block, nullptr, ends, 4);
  number = counter.next;
  counter.next += size;
  counter.fetched += size;
  counter.calls++;
  ip_vs_ident_fill(&block, number, now);
  return number;
}

TEST(Ident, NoneComesTwiceAndNoneIsLost) {
  ip_vs_ident_block block{};
  Counter counter;
  std::set<u16> seen;
  for (int i = 0; i < 65535; ++i) EXPECT_TRUE(seen.insert(Number(block, counter, 7)).second) << i;
  EXPECT_LE(counter.fetched - 65535, IP_VS_IDENT_BLOCK_MAX);
  EXPECT_LE(counter.calls, 65535 / IP_VS_IDENT_BLOCK_MAX + 7);
}

TEST(Ident, WhoTakesTurnsLosesNone) {
  ip_vs_ident_block block{};
  Counter a, b;
  for (int i = 0; i < 1000; ++i) {
    Number(block, a, 7);
    Number(block, b, 8);
  }
  EXPECT_EQ(a.fetched, 1000);
  EXPECT_EQ(b.fetched, 1000);
}

// Two at a time: the second one fetches two, of which one is lost.
TEST(Ident, WhoTakesTurnsOfTwoLosesOneInTwo) {
  ip_vs_ident_block block{};
  Counter a, b;
  for (int i = 0; i < 1000; ++i) {
    Number(block, i % 4 < 2 ? a : b, i % 4 < 2 ? 7 : 8);
  }
  EXPECT_EQ(a.fetched, 750);
  EXPECT_EQ(b.fetched, 750);
}

// Old numbers may be others' by now. The clock may pass its end.
TEST(Ident, NoneIsOld) {
  for (const u32 start : {0U, 0xffffffffU, 0x7fffffc0U}) {
    ip_vs_ident_block block{};
    Counter counter;
    for (int i = 0; i < 10; ++i) Number(block, counter, 7, start);
    int calls = counter.calls;
    EXPECT_LT(counter.fetched, 16);
    Number(block, counter, 7, start + kLife - 1);
    EXPECT_EQ(counter.calls, calls) << start;
    u16 next = counter.next;
    EXPECT_EQ(Number(block, counter, 7, start + kLife), next) << start;
    EXPECT_EQ(counter.calls, calls + 1) << start;
  }
}

TEST(Ident, EachPartOfTheKeyCounts) {
  ip_vs_ident_block block{};
  int one = 0, other = 0;
  u16 number = 0;
  auto is_of = [&](const void* space, u64 ends, u8 protocol) {
    ip_vs_ident_renew(&block, &one, 7, 4);
    ip_vs_ident_renew(&block, &one, 7, 4);
    ip_vs_ident_fill(&block, 1, 0);
    return ip_vs_ident_take(&block, space, ends, protocol, 0, kLife, &number);
  };
  EXPECT_TRUE(is_of(&one, 7, 4));
  EXPECT_EQ(number, 2);
  EXPECT_FALSE(is_of(&other, 7, 4));
  EXPECT_FALSE(is_of(&one, 8, 4));
  EXPECT_FALSE(is_of(&one, 7 + (u64(1) << 32), 4));
  EXPECT_FALSE(is_of(&one, 7, 41));
}

}  // namespace
