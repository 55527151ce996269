// SPDX-License-Identifier: GPL-2.0-or-later
// How large tables are: chains as short as the load says, heads that take less than the entries.
extern "C" {
#include "core/hash_size.h"
}

#include <gtest/gtest.h>

#include <algorithm>

namespace {

constexpr u64 kEntry = 128, kHead = 8;

// Two tables of @nodes each and one of templates with its 256 heads, as the kernel's first namespace has them.
u64 HeadsOfNat(u32 nodes) { return (2 * (u64{1} << ip_vs_hash_wanted_bits(nodes, -4)) + 256) * kHead; }

TEST(HashSize, JustAboveAPowerOfTwoHeadsTakeNoMoreThanTheEntries) {
  for (int k = 17; k <= 26; ++k) {
    u32 nodes = (1u << k) + 1;
    EXPECT_LE(HeadsOfNat(nodes), nodes * kEntry) << k;
    EXPECT_GE(HeadsOfNat(nodes) * 4, nodes * kEntry) << k << ": there are enough of them";
  }
}

TEST(HashSize, NorDoTheyAtTheWorstNumber) {
  for (u32 nodes = 1u << 17; nodes < 1u << 27; nodes += 1 + nodes / 4096) {
    ASSERT_LE(HeadsOfNat(nodes), nodes * kEntry) << nodes;
    // the next size begins behind a limit
    int bits = ip_vs_hash_wanted_bits(nodes, -4);
    u32 worst = ip_vs_hash_limit(bits - 1, -4) + 1;
    ASSERT_LE(HeadsOfNat(worst), worst * kEntry) << worst;
  }
}

// Bytes of heads for each connection of a table, as docs/performance.md has them: twice that with NAT.
TEST(HashSize, FiguresOfTheDocumentation) {
  const auto heads = [](u32 nodes) { return (kHead << ip_vs_hash_wanted_bits(nodes, -4)) * 1.0 / nodes; };
  for (int k = 17; k <= 20; ++k) {
    EXPECT_NEAR(heads((1u << k) + 1), 32, 0.01) << k;
    const u32 best = ip_vs_hash_limit(k + 2, -4);
    EXPECT_NEAR(best, (1u << k) * 16.0 / 15, 2) << k;
    EXPECT_NEAR(heads(best), 30, 0.01) << k;
    EXPECT_NEAR(heads(best + 1), 60, 0.01) << k;
  }
  EXPECT_LE(kHead << ip_vs_hash_wanted_bits(30000, -4), 1u << 20) << "a megabyte";
}

TEST(HashSize, SmallTablesHaveTheLoadThatWasAskedFor) {
  EXPECT_EQ(ip_vs_hash_wanted_bits(0, -4), 0);
  EXPECT_EQ(ip_vs_hash_wanted_bits(1, -4), 4);
  EXPECT_EQ(ip_vs_hash_wanted_bits(256, -4), 12);
  EXPECT_EQ(ip_vs_hash_wanted_bits(257, -4), 13);
  EXPECT_EQ(ip_vs_hash_wanted_bits(300, -8), 17);
  EXPECT_EQ(ip_vs_hash_wanted_bits(4096, 2), 10);
  EXPECT_LE(ip_vs_hash_wanted_bits(2, 8), 0) << "the caller has a least size";
}

TEST(HashSize, ALargeLoadHoldsForLargeTables) {
  for (int lfactor = 0; lfactor <= 8; ++lfactor)
    EXPECT_EQ(ip_vs_hash_wanted_bits(1u << 24, lfactor), 24 - lfactor);
}

TEST(HashSize, TheLimitIsTheLastNumberForWhichASizeIsEnough) {
  for (int lfactor = -8; lfactor <= 8; ++lfactor) {
    for (int bits = 2; bits < 27; ++bits) {
      u32 limit = ip_vs_hash_limit(bits, lfactor);
      EXPECT_LE(ip_vs_hash_wanted_bits(limit, lfactor), bits) << bits << " " << lfactor;
      if (limit != UINT_MAX) {
        EXPECT_GT(ip_vs_hash_wanted_bits(limit + 1, lfactor), bits) << bits << " " << lfactor;
      }
    }
  }
}

TEST(HashSize, MoreNodesNeverWantASmallerTable) {
  for (int lfactor : {-8, -4, -2, 0, 3}) {
    int before = 0;
    for (u32 nodes = 1; nodes < 300000; ++nodes) {
      int bits = std::max(ip_vs_hash_wanted_bits(nodes, lfactor), 0);
      ASSERT_GE(bits, before) << nodes;
      before = bits;
    }
  }
}

}  // namespace
