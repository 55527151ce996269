// SPDX-License-Identifier: GPL-2.0-or-later
// Drawing lots (twos), and the cache of lblc and lblcr.
extern "C" {
#include "core/locality.h"
#include "core/twos.h"
}

#include <gtest/gtest.h>

#include <vector>

namespace {

// Which server of the walk a lot falls on; -1 = none.
int Falls(s64 lot, const std::vector<u32> &weights) {
  int on = -1, hits = 0;
  for (size_t i = 0; i < weights.size(); ++i)
    if (ip_vs_twos_hits(&lot, weights[i])) {
      on = int(i);
      ++hits;
    }
  EXPECT_LE(hits, 1);
  return on;
}

TEST(Twos, LotsFallInProportionToTheWeights) {
  std::vector<int> on;
  for (s64 lot = 0; lot <= 6; ++lot) on.push_back(Falls(lot, {1, 3, 2}));
  EXPECT_EQ(on, (std::vector<int>{0, 0, 1, 1, 1, 2, 2}));
}

TEST(Twos, TheLargestWeightsDoNotOverflow) {
  std::vector<u32> weights(1000, INT32_MAX);
  EXPECT_EQ(Falls(s64{INT32_MAX} * 1000, weights), 999);
  EXPECT_EQ(Falls(s64{INT32_MAX} * 500, weights), 499);
  EXPECT_EQ(Falls(s64{INT32_MAX} * 500 + 1, weights), 500);
}

TEST(Twos, ALotBeyondTheSumFallsOnNobody) { EXPECT_EQ(Falls(7, {1, 3, 2}), -1); }

TEST(Locality, AServerIsLoadedAboveItsWeightAndHasRoomBelowHalfOfIt) {
  EXPECT_FALSE(ip_vs_locality_is_loaded(4, 4));
  EXPECT_TRUE(ip_vs_locality_is_loaded(5, 4));
  EXPECT_TRUE(ip_vs_locality_is_loaded(1, 0));
  EXPECT_TRUE(ip_vs_locality_is_loaded(UINT32_MAX, INT32_MAX));
  EXPECT_TRUE(ip_vs_locality_has_room(1, 3));
  EXPECT_FALSE(ip_vs_locality_has_room(2, 4));
  EXPECT_FALSE(ip_vs_locality_has_room(0, 0));
  EXPECT_FALSE(ip_vs_locality_has_room(UINT32_MAX, INT32_MAX));
}

TEST(Locality, TheCacheIsFullAtOneAndAHalfTimesItsMaximum) {
  EXPECT_FALSE(ip_vs_locality_is_full(16384));
  EXPECT_FALSE(ip_vs_locality_is_full(24575));
  EXPECT_TRUE(ip_vs_locality_is_full(24576));
}

TEST(Locality, ASetGrowsTo64AndAllTogetherTo65536) {
  EXPECT_TRUE(ip_vs_locality_may_grow(63, 65535));
  EXPECT_FALSE(ip_vs_locality_may_grow(64, 64));
  EXPECT_FALSE(ip_vs_locality_may_grow(1, 65536));
  EXPECT_TRUE(ip_vs_locality_may_grow(0, 65536));  // every address has its one server
}

TEST(Locality, HalfAnHourPassesBetweenFullChecks) {
  u32 minutes = 1, goal;
  for (int round = 0; round < 3; ++round) {
    for (int i = 1; i < 30; ++i)
      ASSERT_EQ(ip_vs_locality_next_check(&minutes, 16384, &goal), IP_VS_LOCALITY_NOTHING) << i;
    ASSERT_EQ(ip_vs_locality_next_check(&minutes, 16384, &goal), IP_VS_LOCALITY_EXPIRE);
  }
}

TEST(Locality, ACacheThatIsTooLargeIsTrimmedByAThirdMoreThanTheExcess) {
  u32 minutes = 5, goal = 0;
  EXPECT_EQ(ip_vs_locality_next_check(&minutes, 16384 + 300, &goal), IP_VS_LOCALITY_TRIM);
  EXPECT_EQ(goal, 400u);
  EXPECT_EQ(ip_vs_locality_next_check(&minutes, 24576, &goal), IP_VS_LOCALITY_TRIM);
  EXPECT_EQ(goal, 8192u);  // no more than half of the maximum at a time
  EXPECT_EQ(minutes, 5u);
  minutes = 30;
  EXPECT_EQ(ip_vs_locality_next_check(&minutes, 24576, &goal), IP_VS_LOCALITY_EXPIRE);
}

}  // namespace
