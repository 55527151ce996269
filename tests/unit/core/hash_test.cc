// SPDX-License-Identifier: GPL-2.0-or-later
// The hashing schedulers: addresses to buckets and slots, and who gets which. The numbers are those of the
// kernel's own modules (spec/schedulers.md, sections 8 to 10).
extern "C" {
#include "core/maglev.h"
#include "core/spread.h"
#include "core/wrr.h"
}

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <vector>

namespace {

constexpr u32 Ip(u32 a, u32 b, u32 c, u32 d) { return a << 24 | b << 16 | c << 8 | d; }

TEST(Spread, AddressesHashToTheirBuckets) {
  EXPECT_EQ(ip_vs_spread_bucket(Ip(10, 0, 0, 1)), 39u);
  EXPECT_EQ(ip_vs_spread_bucket(Ip(192, 168, 1, 1)), 136u);
  EXPECT_EQ(ip_vs_spread_bucket(Ip(203, 0, 113, 7)), 124u);
  EXPECT_EQ(ip_vs_spread_bucket(0), 0u);
  for (u32 i = 0; i < 100000; ++i) ASSERT_LT(ip_vs_spread_bucket(i * 2654435761u), IP_VS_SPREAD_SIZE);
}

// The walk of the scheduler over its list.
std::vector<int> Deal(const std::vector<int> &weights, u32 buckets) {
  std::vector<int> owners;
  u32 given = 0;
  size_t server = 0;
  while (owners.size() < buckets) {
    owners.push_back(int(server));
    if (ip_vs_spread_is_served(&given, weights[server])) server = (server + 1) % weights.size();
  }
  return owners;
}

TEST(Spread, BucketsAreDealtInProportionToTheWeights) {
  EXPECT_EQ(Deal({1, 1, 1}, 7), (std::vector<int>{0, 1, 2, 0, 1, 2, 0}));
  EXPECT_EQ(Deal({3, 1, 2}, 8), (std::vector<int>{0, 0, 0, 1, 2, 2, 0, 0}));
}

TEST(Spread, AQuiescedServerKeepsOneBucketOfARound) {
  EXPECT_EQ(Deal({0, 2}, 6), (std::vector<int>{0, 1, 1, 0, 1, 1}));
  EXPECT_EQ(Deal({0, 0}, 4), (std::vector<int>{0, 1, 0, 1}));
}

TEST(Spread, TheLargestWeightTakesTheWholeTable) {
  EXPECT_EQ(Deal({INT32_MAX, 1}, IP_VS_SPREAD_SIZE), std::vector<int>(IP_VS_SPREAD_SIZE, 0));
}

// Whether the whole table of a service gives each server its share, told from the weights alone.
bool HasRoom(const std::vector<int> &weights) {
  int room = IP_VS_SPREAD_SIZE;
  for (const int weight : weights)
    if ((room = ip_vs_spread_room(room, weight)) < 0) return false;
  return true;
}

TEST(Spread, RoomEndsWhereAServerGetsLessThanItsShare) {
  const std::vector<std::vector<int>> services = {
      {256}, {257}, {200, 56}, {200, 57}, {255, 0}, {256, 0}, {0, 256}, {INT32_MAX}, {1, INT32_MAX}, std::vector<int>(256, 1),
      std::vector<int>(256, 0), std::vector<int>(257, 1)};
  for (const auto &weights : services) {
    const std::vector<int> owners = Deal(weights, IP_VS_SPREAD_SIZE);
    bool has_each = true;
    for (size_t i = 0; i < weights.size(); ++i)
      has_each &= std::count(owners.begin(), owners.end(), int(i)) >= std::max(weights[i], 1);
    EXPECT_EQ(HasRoom(weights), has_each) << weights.size() << " servers, the first one of weight " << weights[0];
  }
  EXPECT_TRUE(HasRoom({}));
}

TEST(Spread, ProbesStartAtTwiceTheBucketAndSeeAll) {
  EXPECT_EQ(ip_vs_spread_probe(39, 0), 78u);
  EXPECT_EQ(ip_vs_spread_probe(39, 1), 79u);
  EXPECT_EQ(ip_vs_spread_probe(200, 0), 144u);
  for (u32 bucket : {0u, 1u, 39u, 255u}) {
    std::vector<bool> seen(IP_VS_SPREAD_SIZE);
    for (u32 n = 0; n < IP_VS_SPREAD_SIZE; ++n) seen[ip_vs_spread_probe(bucket, n)] = true;
    EXPECT_EQ(std::count(seen.begin(), seen.end(), true), long(IP_VS_SPREAD_SIZE)) << bucket;
  }
}

TEST(WordHash, IsSipHash13CutTo32Bits) {
  ASSERT_EQ(sizeof(long), 8u) << "the vectors are those of a 64-bit machine";
  EXPECT_EQ(ip_vs_word_hash(Ip(10, 0, 0, 1), IP_VS_MAGLEV_KEY_SLOT), 0x03080CE4u);
  EXPECT_EQ(ip_vs_word_hash(Ip(192, 168, 1, 1), IP_VS_MAGLEV_KEY_SLOT), 0xD3F1B4D3u);
  EXPECT_EQ(ip_vs_word_hash(Ip(203, 0, 113, 7), IP_VS_MAGLEV_KEY_SLOT), 0xA86E2C15u);
  EXPECT_EQ(ip_vs_word_hash(0xfd090000u ^ 1, IP_VS_MAGLEV_KEY_SLOT), 0xD1C8D284u);  // fd09::1
}

TEST(WordHash, IsHalfSipHash13WhereALongHas32Bits) {
  // Bytes 00 01 02 03 under the key 00 .. 07, as in the kernel's own test of its hsiphash on 32 bits.
  EXPECT_EQ(ip_vs_half_sip_hash(0x03020100, 0x03020100, 0x07060504), 0x7e059ea6u);
}

TEST(Maglev, AddressesHashToTheirSlots) {
  EXPECT_EQ(ip_vs_maglev_slot(Ip(10, 0, 0, 1)), 3711u);
  EXPECT_EQ(ip_vs_maglev_slot(Ip(192, 168, 1, 1)), 2456u);
  EXPECT_EQ(ip_vs_maglev_slot(Ip(203, 0, 113, 7)), 1705u);
  EXPECT_EQ(ip_vs_maglev_slot(0xfd090000u ^ 1), 3978u);
}

TEST(Maglev, ServersHaveTheirOrderOfPreference) {
  const u32 expected[][2] = {{2949, 1114}, {3844, 1906}, {2734, 1115}};
  for (u32 i = 0; i < 3; ++i) {
    ip_vs_maglev server{};
    ip_vs_maglev_prefer(&server, Ip(10, 2, 0, 2 + i) + 80);
    EXPECT_EQ(server.slot, expected[i][0]) << i;
    EXPECT_EQ(server.skip, expected[i][1]) << i;
  }
}

struct Server {
  u32 address;
  int weight;
};

std::vector<u16> Fill(const std::vector<Server> &servers) {
  std::vector<ip_vs_maglev> state(servers.size());
  int gcd = 0, most = 0;
  for (auto &s : servers) {
    gcd = ip_vs_wrr_gcd(s.weight, gcd);
    most = std::max(most, s.weight);
  }
  for (size_t i = 0; i < servers.size(); ++i) {
    ip_vs_maglev_prefer(&state[i], servers[i].address);
    state[i].turns = ip_vs_maglev_turns(servers[i].weight, gcd, most);
  }
  std::vector<u16> owners(IP_VS_MAGLEV_SIZE);
  ip_vs_maglev_fill(owners.data(), state.data(), state.size());
  return owners;
}

std::vector<long> Owned(const std::vector<u16> &owners, size_t n) {
  std::vector<long> count(n);
  for (u16 owner : owners) ++count.at(owner);
  return count;
}

std::vector<Server> ThreeServers(int w0, int w1, int w2) {
  return {{Ip(10, 2, 0, 2) + 80, w0}, {Ip(10, 2, 0, 3) + 80, w1}, {Ip(10, 2, 0, 4) + 80, w2}};
}

TEST(Maglev, TheTableIsThatOfTheSpecification) {
  auto owners = Fill(ThreeServers(1, 3, 2));
  EXPECT_EQ(Owned(owners, 3), (std::vector<long>{683, 2046, 1364}));
  EXPECT_EQ(std::vector<u16>(owners.begin(), owners.begin() + 24),
            (std::vector<u16>{2, 1, 1, 2, 2, 1, 2, 1, 1, 0, 1, 2, 1, 1, 2, 2, 1, 2, 1, 2, 2, 1, 0, 1}));
}

TEST(Maglev, LargeWeightsAreScaledDown) {
  EXPECT_EQ(Owned(Fill(ThreeServers(10000, 30001, 7)), 3), (std::vector<long>{1007, 3034, 52}));
  EXPECT_EQ(ip_vs_maglev_turns(63, 1, 63), 63u);
  EXPECT_EQ(ip_vs_maglev_turns(64, 1, 64), 32u);
  EXPECT_EQ(ip_vs_maglev_turns(1, 1, INT32_MAX), 1u);
  EXPECT_EQ(ip_vs_maglev_turns(INT32_MAX, 1, INT32_MAX), 63u);
  EXPECT_EQ(ip_vs_maglev_turns(0, 1, 5), 0u);
}

TEST(Maglev, WithoutWeightsTheTableStaysEmpty) {
  auto is_free = [](u16 owner) { return owner == IP_VS_MAGLEV_FREE; };
  EXPECT_TRUE(std::ranges::all_of(Fill({}), is_free));
  EXPECT_TRUE(std::ranges::all_of(Fill(ThreeServers(0, 0, 0)), is_free));
  EXPECT_EQ(Owned(Fill(ThreeServers(0, 1, 0)), 3), (std::vector<long>{0, 4093, 0}));
}

TEST(Maglev, AsManyServersAsSlotsGetOneEach) {
  std::vector<Server> servers;
  for (u32 i = 0; i < IP_VS_MAGLEV_SIZE; ++i) servers.push_back({Ip(10, 3, 0, 0) + i * 7919, 1});
  auto count = Owned(Fill(servers), servers.size());
  EXPECT_EQ(count, std::vector<long>(IP_VS_MAGLEV_SIZE, 1));
}

TEST(Maglev, ALeavingServerMovesFewOfTheOthersClients) {
  std::vector<Server> servers;
  for (u32 i = 0; i < 20; ++i) servers.push_back({Ip(10, 2, 1, i) + 80, 1});
  auto before = Fill(servers);
  servers.pop_back();
  auto after = Fill(servers);
  int moved = 0;
  for (u32 i = 0; i < IP_VS_MAGLEV_SIZE; ++i) moved += before[i] != 19 && before[i] != after[i];
  EXPECT_LT(moved, int(IP_VS_MAGLEV_SIZE) / 20);
}

}  // namespace
