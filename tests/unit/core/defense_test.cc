// SPDX-License-Identifier: GPL-2.0-or-later
// Defence against overload: modes, rates, and which entries are given up.
extern "C" {
#include "core/census.h"
#include "core/defense.h"
#include "core/tcp_state.h"
}

#include <gtest/gtest.h>

#include <climits>
#include <string>

namespace {

TEST(Defense, ModesFollowTheMemoryOnlyWhenAutomatic) {
  const struct {
    int mode;
    bool low;
    int next;
    bool on;
  } wanted[] = {{0, false, 0, false}, {0, true, 0, false}, {1, false, 1, false}, {1, true, 2, true},
                {2, false, 1, false}, {2, true, 2, true},  {3, false, 3, true},  {3, true, 3, true}};
  for (const auto& w : wanted) {
    EXPECT_EQ(ip_vs_defense_next(w.mode, w.low), w.next) << w.mode << " low " << w.low;
    EXPECT_EQ(ip_vs_defense_is_on(w.next), w.on) << w.next;
  }
}

TEST(Defense, MemoryIsShortBelowTheThreshold) {
  EXPECT_TRUE(ip_vs_defense_is_low(1023, 1024));
  EXPECT_FALSE(ip_vs_defense_is_low(1024, 1024));
  EXPECT_FALSE(ip_vs_defense_is_low(0, 0));
  EXPECT_FALSE(ip_vs_defense_is_low(0, -5));  // negative counts as 0
  EXPECT_FALSE(ip_vs_defense_is_low(0, INT_MIN));
  EXPECT_FALSE(ip_vs_defense_is_low(1ULL << 40, INT_MAX));
}

TEST(Defense, RateGrowsAsMemoryShrinks) {
  const struct {
    int mode;
    u64 available;
    int amemthresh, always;
    int rate;
  } wanted[] = {
      {0, 0, 1024, 10, 0},                       // off
      {1, 2000, 1024, 10, 0},                    // memory suffices
      {2, 1023, 1024, 10, 1024},                 // hardly short: one of 1024
      {2, 512, 1024, 10, 2},                     // half
      {2, 511, 1024, 10, 1},                     // less: everything
      {2, 0, 1024, 10, 1},                       //
      {2, 1024, 1024, 10, 0},                    // no division by 0
      {2, 5000, 1024, 10, 0},                    // nor by less
      {2, 0, -1, 10, 0},                         //
      {2, INT_MAX - 1, INT_MAX, 10, INT_MAX},    //
      {3, 0, 1024, 10, 10},                      // always: the memory does not matter
      {3, 5000, 1024, 1, 1},                     // everything
      {3, 5000, 1024, 0, 0},                     // nothing
      {3, 5000, 1024, -7, 0},                    //
      {3, 5000, 1024, INT_MAX, INT_MAX},         //
  };
  for (const auto& w : wanted)
    EXPECT_EQ(ip_vs_defense_drop_rate(w.mode, w.available, w.amemthresh, w.always), w.rate)
        << "mode " << w.mode << " available " << w.available;
}

std::string Turns(int counter, int rate, int n) {
  std::string turns;
  while (n--) turns += ip_vs_defense_is_turn(&counter, rate) ? 'd' : '.';
  return turns;
}

TEST(Defense, OneOfRateIsRefused) {
  EXPECT_EQ(Turns(0, 3, 8), "d..d..d.");
  EXPECT_EQ(Turns(3, 3, 8), "..d..d..");  // automatic: the counter starts anew each second
  EXPECT_EQ(Turns(0, 1, 4), "dddd");
  EXPECT_EQ(Turns(0, 2, 5), "d.d.d");
  EXPECT_EQ(Turns(INT_MIN + 1, 4, 5), "d...d");  // whatever racing CPUs left
}

constexpr u8 kTcp = IP_VS_DEFENSE_TCP, kSctp = IP_VS_DEFENSE_SCTP, kUdp = 17;

TEST(Defense, HalfOpenConnectionsGoOthersStay) {
  const struct {
    u8 protocol, state;
    bool goes;
  } wanted[] = {
      {kTcp, IP_VS_TCP_SYN_RECV, true},   {kTcp, IP_VS_TCP_SYNACK, true},      {kTcp, IP_VS_TCP_NONE, false},
      {kTcp, IP_VS_TCP_SYN_SENT, false},  {kTcp, IP_VS_TCP_FIN_WAIT, false},   {kTcp, IP_VS_TCP_TIME_WAIT, false},
      {kTcp, IP_VS_TCP_CLOSE, false},     {kTcp, IP_VS_TCP_CLOSE_WAIT, false}, {kTcp, IP_VS_TCP_LISTEN, false},
      {kTcp, 255, false},                 {kTcp, IP_VS_TCP_ESTABLISHED, false},
      {kSctp, 0, false},                  {kSctp, 1, true},                    {kSctp, 2, true},
      {kSctp, 3, false},                  {kSctp, 8, false},                   {kSctp, 13, false},
      {kUdp, 0, false},                   {50, 0, false},
  };
  for (const auto& w : wanted) {
    ip_vs_defense_idle idle = {};
    ip_vs_defense_entry entry = {};
    entry.protocol = w.protocol;
    entry.state = w.state;
    EXPECT_EQ(ip_vs_defense_gives_up(&entry, &idle), w.goes) << int(w.protocol) << " state " << int(w.state);
    entry.is_controller = true;
    EXPECT_FALSE(ip_vs_defense_gives_up(&entry, &idle));
  }
}

TEST(Defense, IdleOnesGoTheSoonerTheLessTheyWereUsed) {
  for (auto [protocol, state] : {std::pair<u8, u8>{kTcp, IP_VS_TCP_ESTABLISHED}, {kSctp, 8}, {kUdp, 0}, {51, 0}}) {
    ip_vs_defense_idle idle = {};
    for (u32 packets : {0u, 1u, 2u, 3u, 8u, 9u, 1000000u, UINT32_MAX}) {
      ip_vs_defense_entry entry = {};
      entry.protocol = protocol;
      entry.state = state;
      entry.packets = packets;
      EXPECT_FALSE(ip_vs_defense_gives_up(&entry, &idle)) << "not idle";
      entry.is_idle = true;
      int gone = 0;
      for (int i = 0; i < 24; ++i) gone += ip_vs_defense_gives_up(&entry, &idle);
      EXPECT_EQ(gone, packets >= 1 && packets <= 8 ? int(24 / packets) : 0) << packets << " packets";
    }
  }
}

TEST(Defense, IdleOnesAreCountedByTheirNumberOfPackets) {
  ip_vs_defense_idle idle = {};
  ip_vs_defense_entry two = {}, three = {};
  two.protocol = three.protocol = kUdp;
  two.is_idle = three.is_idle = true;
  two.packets = 2;
  three.packets = 3;
  EXPECT_FALSE(ip_vs_defense_gives_up(&two, &idle));
  EXPECT_FALSE(ip_vs_defense_gives_up(&three, &idle));
  EXPECT_TRUE(ip_vs_defense_gives_up(&two, &idle));
  EXPECT_FALSE(ip_vs_defense_gives_up(&three, &idle));
  EXPECT_TRUE(ip_vs_defense_gives_up(&three, &idle));
}

TEST(Defense, TemplatesGoUnlessAConnectionOfThemWasAnswered) {
  ip_vs_defense_idle idle = {};
  ip_vs_defense_entry entry = {};
  entry.protocol = kTcp;
  entry.state = IP_VS_TCP_SYN_RECV;  // means nothing here
  entry.is_template = true;
  EXPECT_TRUE(ip_vs_defense_gives_up(&entry, &idle));
  entry.is_assured = true;
  EXPECT_FALSE(ip_vs_defense_gives_up(&entry, &idle));
  entry.is_one_packet = true;
  EXPECT_FALSE(ip_vs_defense_gives_up(&entry, &idle));
  entry.is_idle = true;
  entry.packets = 1;
  EXPECT_TRUE(ip_vs_defense_gives_up(&entry, &idle));
  entry.is_controller = true;
  EXPECT_FALSE(ip_vs_defense_gives_up(&entry, &idle));
}

TEST(Census, CountsBucketsByTheirLength) {
  ip_vs_census census = {};
  EXPECT_EQ(ip_vs_census_size(&census), 0u);
  EXPECT_EQ(ip_vs_census_percent(&census, 0), 0u);
  EXPECT_EQ(ip_vs_census_percent(&census, 3), 0u);
  for (u32 entries : {0u, 0u, 0u, 0u, 0u, 1u, 1u, 2u, 7u, 8u, 4000000000u}) ip_vs_census_add(&census, entries);
  EXPECT_EQ(ip_vs_census_size(&census), 11u);
  EXPECT_EQ(census.buckets[7], 3u);
  EXPECT_EQ(census.longest, 4000000000u);
  EXPECT_EQ(ip_vs_census_percent(&census, 0), 45u);  // of all
  EXPECT_EQ(ip_vs_census_percent(&census, 1), 33u);  // of those in use
  EXPECT_EQ(ip_vs_census_percent(&census, 7), 50u);
}

TEST(Census, LargeTablesDoNotOverflow) {
  ip_vs_census census = {};
  census.buckets[0] = 100000000;
  census.buckets[1] = 30000000;
  EXPECT_EQ(ip_vs_census_percent(&census, 0), 76u);
  EXPECT_EQ(ip_vs_census_percent(&census, 1), 100u);
  // From 2^24 buckets on hundredths of the table are counted in: exact enough, and within 32 bits.
  census = {};
  census.buckets[0] = 8388607;
  census.buckets[1] = 8388608;
  EXPECT_EQ(ip_vs_census_percent(&census, 0), 49u);
  census.buckets[1] = 8388609;
  EXPECT_EQ(ip_vs_census_percent(&census, 0), 50u);
  census = {};
  census.buckets[0] = 1;
  census.buckets[2] = 4294967294;
  EXPECT_EQ(ip_vs_census_percent(&census, 2), 100u);
  EXPECT_EQ(ip_vs_census_percent(&census, 0), 0u);
}

}  // namespace
