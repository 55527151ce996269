// SPDX-License-Identifier: GPL-2.0-or-later
// Thresholds, loads, layers of weights, rates, servers that come back, ticks: the small decisions.
extern "C" {
#include "core/farewell.h"
#include "core/load.h"
#include "core/overload.h"
#include "core/rate.h"
#include "core/tick.h"
#include "core/wrr.h"
}

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace {

TEST(Overload, HasHysteresisBetweenTheThresholds) {
  // u = 4, l = 2: refused at 4, refused until only 1 is left.
  bool overloaded = false;
  for (u32 conns : {1u, 2u, 3u}) {
    overloaded = ip_vs_overload_next(overloaded, conns, 4, 2);
    EXPECT_FALSE(overloaded) << conns;
  }
  overloaded = ip_vs_overload_next(overloaded, 4, 4, 2);
  EXPECT_TRUE(overloaded);
  for (u32 conns : {3u, 2u}) {
    overloaded = ip_vs_overload_next(overloaded, conns, 4, 2);
    EXPECT_TRUE(overloaded) << conns;
  }
  EXPECT_FALSE(ip_vs_overload_next(overloaded, 1, 4, 2));
}

TEST(Overload, LowerThresholdDefaultsToThreeQuarters) {
  EXPECT_EQ(ip_vs_overload_lower(100, 0), 75u);
  EXPECT_EQ(ip_vs_overload_lower(2, 0), 2u);
  EXPECT_EQ(ip_vs_overload_lower(1, 0), 1u);
  EXPECT_EQ(ip_vs_overload_lower(7, 0), 6u);
  EXPECT_EQ(ip_vs_overload_lower(100, 10), 10u);
}

TEST(Overload, WithoutAnUpperThresholdThereIsNone) {
  EXPECT_FALSE(ip_vs_overload_next(true, 1000000, 0, 0));
  EXPECT_TRUE(ip_vs_overload_next(false, UINT32_MAX, INT32_MAX, 0));
}

TEST(Load, AnActiveConnectionWeighs257) {
  EXPECT_EQ(ip_vs_load(0, 0), 0u);
  EXPECT_EQ(ip_vs_load(1, 0), 257u);
  EXPECT_EQ(ip_vs_load(0, 1), 1u);
  EXPECT_EQ(ip_vs_load(1000000, 5), 257000005u);
  EXPECT_EQ(ip_vs_load(1u << 30, 1u << 30), 258ull << 30) << "more than 32 bits hold";
  EXPECT_EQ(ip_vs_load(UINT32_MAX, UINT32_MAX), 258ull * UINT32_MAX);
}

TEST(Load, ComparesInProportionToTheWeights) {
  EXPECT_TRUE(ip_vs_load_less(10, 2, 10, 1));
  EXPECT_FALSE(ip_vs_load_less(10, 1, 10, 2));
  EXPECT_FALSE(ip_vs_load_less(10, 1, 10, 1));  // a tie keeps the first
  EXPECT_TRUE(ip_vs_load_less(0, 1, 1, 1));
  EXPECT_FALSE(ip_vs_load_less(0, 0, 0, 1));  // weight 0 is never less
  // as many connections and as much weight as there can be
  EXPECT_TRUE(ip_vs_load_less(ip_vs_load(1 << 29, 0), 0x7fffffff, ip_vs_load(1 << 30, 0), 0x7fffffff));
  EXPECT_FALSE(ip_vs_load_less(ip_vs_load(1 << 30, 0), 0x7ffffffe, ip_vs_load(1 << 30, 0), 0x7fffffff));
}

TEST(Load, DoesNotOverflowWithTheLargestWeights) {
  u64 million = ip_vs_load(1000000, 1000000);
  EXPECT_TRUE(ip_vs_load_less(million, INT32_MAX, million + 1, INT32_MAX));
  EXPECT_TRUE(ip_vs_load_less(million, INT32_MAX, million, 1));
  EXPECT_FALSE(ip_vs_load_less(million, 1, million, INT32_MAX));
  // Products of which 64 bits keep nothing, or only the end.
  EXPECT_TRUE(ip_vs_load_less(1, 1u << 30, 1ull << 34, 1u << 30));
  EXPECT_FALSE(ip_vs_load_less(1ull << 34, 1u << 30, 1, 1u << 30));
  EXPECT_TRUE(ip_vs_load_less((1ull << 39) - 1, 1u << 30, 1ull << 39, 1u << 30));
  EXPECT_FALSE(ip_vs_load_less(1ull << 39, 1u << 30, (1ull << 39) - 1, 1u << 30));
}

// A list of weights and the walk that the scheduler makes over it.
class Wrr {
 public:
  explicit Wrr(std::vector<int> weights) : weights_(std::move(weights)) {
    ip_vs_wrr_start(&wrr_, Gcd(), Max());
  }

  void Change(std::vector<int> weights) {
    weights_ = std::move(weights);
    pos_ = -1;
    ip_vs_wrr_change(&wrr_, Gcd(), Max());
  }

  std::vector<int> Picks(int n) {
    std::vector<int> picks;
    for (int i = 0; i < n; ++i) picks.push_back(Pick());
    return picks;
  }

  int layer() const { return wrr_.cw; }

 private:
  int Gcd() const {
    int gcd = 0;
    for (int w : weights_)
      if (w > 0) gcd = ip_vs_wrr_gcd(w, gcd);
    return gcd;
  }
  int Max() const { return weights_.empty() ? 0 : *std::max_element(weights_.begin(), weights_.end()); }

  int Pick() {
    if (!wrr_.mw) return -1;
    for (int steps = 0; steps < 100000; ++steps) {
      if (++pos_ >= int(weights_.size())) {
        pos_ = -1;
        ip_vs_wrr_sink(&wrr_);
        continue;
      }
      if (weights_[pos_] >= wrr_.cw) return pos_;
    }
    return -1;
  }

  std::vector<int> weights_;
  int pos_ = -1;
  ip_vs_wrr wrr_{};
};

TEST(WrrLayers, PicksAreThoseOfTheSpecification) {
  EXPECT_EQ(Wrr({3, 6, 9}).Picks(7), (std::vector<int>{2, 1, 2, 0, 1, 2, 2}));
  EXPECT_EQ(Wrr({5, 5}).Picks(4), (std::vector<int>{0, 1, 0, 1}));
  EXPECT_EQ(Wrr({1, 0, 2}).Picks(6), (std::vector<int>{2, 0, 2, 2, 0, 2}));
}

TEST(WrrLayers, EveryServerGetsItsShareInACycle) {
  Wrr wrr({4, 3, 2});
  std::vector<int> count(3);
  for (int pick : wrr.Picks(9 * 5)) ++count[pick];
  EXPECT_EQ(count, (std::vector<int>{20, 15, 10}));
}

TEST(WrrLayers, NothingIsPickedWithoutWeights) {
  EXPECT_EQ(Wrr({0, 0}).Picks(2), (std::vector<int>{-1, -1}));
  EXPECT_EQ(Wrr({}).Picks(1), (std::vector<int>{-1}));
}

TEST(WrrLayers, AChangeKeepsTheLayerAsFarAsItExists) {
  Wrr wrr({1});
  EXPECT_EQ(wrr.layer(), 1);
  wrr.Change({4, 3, 2});
  EXPECT_EQ(wrr.layer(), 1);  // it was the last layer, and still is
  wrr.Change({10, 20});
  EXPECT_EQ(wrr.layer(), 1);  // layers are 1 and 11 now
  wrr.Change({0});
  wrr.Change({1000, 1});
  EXPECT_EQ(wrr.layer(), 1000);
}

TEST(WrrLayers, TheGreatestCommonDivisorOfLargeWeights) {
  EXPECT_EQ(ip_vs_wrr_gcd(INT32_MAX, 0), INT32_MAX);
  EXPECT_EQ(ip_vs_wrr_gcd(1000, 1), 1);
  EXPECT_EQ(ip_vs_wrr_gcd(12, 18), 6);
}

TEST(Farewell, LastsASecond) {
  EXPECT_EQ(ip_vs_farewell_left(1000, 1000, 1000, 250), 250);
  EXPECT_EQ(ip_vs_farewell_left(1249, 1000, 1000, 250), 1);
  EXPECT_EQ(ip_vs_farewell_left(1250, 1000, 1000, 250), 0);
  EXPECT_LT(ip_vs_farewell_left(1251, 1000, 1000, 250), 0);
}

TEST(Farewell, BeginsAgainWithEachChangeButEndsAfterTenSeconds) {
  EXPECT_EQ(ip_vs_farewell_left(1400, 1000, 1200, 250), 50);
  EXPECT_EQ(ip_vs_farewell_left(3000, 1000, 3000, 250), 250);
  EXPECT_EQ(ip_vs_farewell_left(3400, 1000, 3400, 250), 100);
  EXPECT_EQ(ip_vs_farewell_left(3500, 1000, 3500, 250), 0);
  EXPECT_LT(ip_vs_farewell_left(900000, 1000, 900000, 250), 0);
}

TEST(Farewell, TicksMayStartAgain) {
  EXPECT_EQ(ip_vs_farewell_left(50, UINT32_MAX - 49, UINT32_MAX - 49, 250), 150);
  EXPECT_EQ(ip_vs_farewell_left(100, UINT32_MAX - 49, 20, 250), 170);
}

TEST(Farewell, WhoLeftLaterIsNotExpectedForShorter) {
  for (u32 changed = 0; changed < 4000; changed += 50)
    for (u32 left = 50; left <= changed; left += 50)
      EXPECT_GE(ip_vs_farewell_left(4000, left, changed, 250), ip_vs_farewell_left(4000, left - 50, changed, 250));
}

TEST(Tick, IsPastWhenTheNextBegins) {
  for (unsigned shift : {5u, 6u, 8u}) {
    // also around the end of jiffies
    for (u32 base : {0u, 1000u << 8, 0u - (10u << 8), 0u - (1u << shift), 1u << 31}) {
      u32 tick = ip_vs_tick(base, shift);
      EXPECT_FALSE(ip_vs_tick_is_past(tick, base, shift)) << base;
      EXPECT_FALSE(ip_vs_tick_is_past(tick, base + (1u << shift) - 1, shift)) << base;
      EXPECT_TRUE(ip_vs_tick_is_past(tick, base + (1u << shift), shift)) << base;
      EXPECT_TRUE(ip_vs_tick_is_past(tick, base + (2048u << shift), shift)) << base;
      EXPECT_FALSE(ip_vs_tick_is_past(tick, base - 1, shift)) << base;
      EXPECT_FALSE(ip_vs_tick_is_past(tick, base - (2046u << shift), shift)) << base;
    }
  }
}

TEST(Rate, RisesAsTheOriginalDoes) {
  // 20 packets a second, from idle: a quarter of the distance each period.
  u64 average = 0;
  std::vector<u64> shown;
  for (int i = 0; i < 5; ++i) {
    average = ip_vs_rate_next(average, 40, IP_VS_RATE_PACKETS_SHIFT);
    shown.push_back(ip_vs_rate_shown(average, IP_VS_RATE_PACKETS_SHIFT));
  }
  EXPECT_EQ(shown, (std::vector<u64>{5, 9, 12, 14, 15}));
}

TEST(Rate, FallsToZeroAndStaysThere) {
  u64 average = 0;
  for (int i = 0; i < 40; ++i) average = ip_vs_rate_next(average, 2000, IP_VS_RATE_PACKETS_SHIFT);
  EXPECT_EQ(ip_vs_rate_shown(average, IP_VS_RATE_PACKETS_SHIFT), 1000u);
  for (int i = 0; i < 60; ++i) average = ip_vs_rate_next(average, 0, IP_VS_RATE_PACKETS_SHIFT);
  EXPECT_EQ(ip_vs_rate_shown(average, IP_VS_RATE_PACKETS_SHIFT), 0u);
}

TEST(Rate, AHalfIsRoundedDownAndWhatIsAboveItUp) {
  for (unsigned shift : {unsigned(IP_VS_RATE_PACKETS_SHIFT), unsigned(IP_VS_RATE_BYTES_SHIFT)}) {
    const u64 one = u64{1} << shift;
    EXPECT_EQ(ip_vs_rate_shown(0, shift), 0u);
    EXPECT_EQ(ip_vs_rate_shown(one / 2, shift), 0u);
    EXPECT_EQ(ip_vs_rate_shown(one / 2 + 1, shift), 1u);
    EXPECT_EQ(ip_vs_rate_shown(one, shift), 1u);
    EXPECT_EQ(ip_vs_rate_shown(7 * one + one / 2, shift), 7u);
    EXPECT_EQ(ip_vs_rate_shown(7 * one + one / 2 + 1, shift), 8u);
  }
}

TEST(Rate, AQuarterOfTheDistanceUpAndDown) {
  EXPECT_EQ(ip_vs_rate_next(0, 2, 10), 256u);
  EXPECT_EQ(ip_vs_rate_next(1024, 0, 10), 768u);
  EXPECT_EQ(ip_vs_rate_next(1024, 2, 10), 1024u);
  EXPECT_EQ(ip_vs_rate_next(1, 0, 10), 0u) << "the last bit goes, too";
  EXPECT_EQ(ip_vs_rate_next(0, 2, 5), 8u);
  // Of 256 periods each counts, and more make no difference.
  EXPECT_EQ(ip_vs_rate_after(0, 0, 256, 10), 0u);
  EXPECT_EQ(ip_vs_rate_after(0, 6, 3, 10), 592u) << "2 in each: 256, 448, 592";
}

TEST(Rate, APauseIsNoPeriod) {
  const u64 average = ip_vs_rate_next(0, 40, IP_VS_RATE_PACKETS_SHIFT);
  // Whatever was counted meanwhile: a minute's packets are not those of two seconds.
  EXPECT_EQ(ip_vs_rate_after(average, 1200, 0, IP_VS_RATE_PACKETS_SHIFT), average);
  EXPECT_EQ(ip_vs_rate_after(0, 1200, 0, IP_VS_RATE_PACKETS_SHIFT), 0u);
  // And on from there: 5, then 9, as without the pause.
  EXPECT_EQ(ip_vs_rate_shown(ip_vs_rate_after(average, 40, 1, IP_VS_RATE_PACKETS_SHIFT), IP_VS_RATE_PACKETS_SHIFT), 9u);
}

TEST(Rate, MissedPeriodsCountAsSoMany) {
  for (unsigned shift : {unsigned(IP_VS_RATE_PACKETS_SHIFT), unsigned(IP_VS_RATE_BYTES_SHIFT)}) {
    u64 in_time = 0;
    for (int i = 0; i < 3; ++i) in_time = ip_vs_rate_next(in_time, 400, shift);
    EXPECT_EQ(ip_vs_rate_after(0, 1200, 3, shift), in_time);
    EXPECT_EQ(ip_vs_rate_after(0, 400, 1, shift), ip_vs_rate_next(0, 400, shift));
    // A thread that was held up for an hour, at 200 a second all the time.
    EXPECT_NEAR(double(ip_vs_rate_shown(ip_vs_rate_after(0, 1800 * 400, 1800, shift), shift)), 200.0, 1.0);
    EXPECT_EQ(ip_vs_rate_shown(ip_vs_rate_after(in_time, 0, 4294967295u, shift), shift), 0u);
  }
}

TEST(Rate, BytesAtALinkOf400GigabitsDoNotOverflow) {
  u64 average = 0, per_period = 100'000'000'000ull;
  for (int i = 0; i < 200; ++i) average = ip_vs_rate_next(average, per_period, IP_VS_RATE_BYTES_SHIFT);
  EXPECT_NEAR(double(ip_vs_rate_shown(average, IP_VS_RATE_BYTES_SHIFT)), per_period / 2.0, 10.0);
}

}  // namespace
