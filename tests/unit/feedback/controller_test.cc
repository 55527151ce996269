// SPDX-License-Identifier: GPL-2.0-or-later
#include "feedback/controller.hh"

#include <gtest/gtest.h>
#include <linux/ip_vs.h>

#include <algorithm>
#include <string>

#include "base/titles.hh"
#include "feedback/state.hh"

namespace {

using namespace std::chrono_literals;
using feedback::Answer;
using feedback::Memories;
using feedback::Service;
using feedback::ServiceConfig;
using feedback::Time;

ipvs::DestKey server(int number) {
  return {.addr = ipvs::Address::parse("10.0.0." + std::to_string(number)), .port = 80};
}

/// A service with what the kernel has of it.
class FeedbackService : public testing::Test {
 protected:
  FeedbackService() {
    config.key = *ipvsadm::service_titled("tcp 192.0.2.1:80");
    config.normal.source = feedback::AgentSource{{.address = {}, .port = 8099}};
    config.normal.interval = 1000ms;
  }

  void begin(std::vector<int> weights, Memories memories = {}) {
    service.emplace(config, std::move(memories));
    for (std::size_t i = 0; i < weights.size(); ++i) put(static_cast<int>(i + 1), weights[i]);
    look();
  }
  void put(int number, int weight) {
    ipvs::DestEntry dest;
    dest.key = server(number);
    dest.method = IP_VS_CONN_F_TUNNEL;
    dest.weight = weight;
    dest.u_threshold = 500;
    dest.l_threshold = 400;
    dest.tun_type = IP_VS_CONN_F_TUNNEL_TYPE_GUE;
    dest.tun_port = 5555;
    dest.tun_flags = IP_VS_TUNNEL_ENCAP_FLAG_CSUM;
    const auto found = std::ranges::find(dests, dest.key, &ipvs::DestEntry::key);
    if (found == dests.end())
      dests.push_back(dest);
    else
      *found = dest;
  }
  void take_away(int number) {
    std::erase_if(dests, [&](const auto& each) { return each.key == server(number); });
  }
  int weight(int number) const { return std::ranges::find(dests, server(number), &ipvs::DestEntry::key)->weight; }

  /// Sees the table and makes what is wanted of it.
  void look() {
    service->see(dests, now);
    for (const auto& change : service->wanted(now)) {
      const auto found = std::ranges::find(dests, change.dest.key, &ipvs::DestEntry::key);
      ASSERT_NE(found, dests.end());
      ASSERT_EQ(found->weight, change.before);
      ipvs::Dest other = *found;
      other.weight = change.dest.weight;
      EXPECT_EQ(change.dest, other) << "all but the weight stays";
      found->weight = change.dest.weight;
      service->was_set(change.dest.key, change.dest.weight);
    }
    for (const auto& each : service->take_news()) news += each.text + "\n";
  }
  void says(int number, Answer answer, int seconds = 1) {
    for (int i = 0; i < seconds; ++i) {
      now += 1s;
      service->heard(server(number), answer, now);
      look();
    }
  }
  void is_silent(int number, int seconds) {
    for (int i = 0; i < seconds; ++i) {
      now += 1s;
      service->unheard(server(number), "nothing within 1 s", now);
      look();
    }
  }

  ServiceConfig config;
  std::optional<Service> service;
  std::vector<ipvs::DestEntry> dests;
  Time now = Time() + 1h;
  std::string news;
};

TEST_F(FeedbackService, WeightIsBaseTimesPercentage) {
  begin({200, 100});
  EXPECT_EQ(service->asked(), (std::vector{server(1), server(2)}));
  says(1, {.percent = 50}, 5);
  EXPECT_EQ(weight(1), 100);
  EXPECT_EQ(weight(2), 100);
  says(1, {.percent = 100}, 40);
  EXPECT_EQ(weight(1), 200);
}

TEST_F(FeedbackService, FastOutSlowIn) {
  begin({100, 100});
  says(1, {.percent = 20}, 5);
  EXPECT_EQ(weight(1), 20);
  says(1, {.percent = 100}, 4);
  EXPECT_LE(weight(1), 41);
  EXPECT_GE(weight(1), 30);
}

TEST_F(FeedbackService, NobodyIsTouchedWhoHasSaidNothing) {
  config.normal.weight = 50;
  begin({100, 100});
  EXPECT_EQ(weight(1), 100);
  is_silent(1, 9);
  EXPECT_EQ(weight(1), 100);
  is_silent(1, 20);
  EXPECT_EQ(weight(1), 50) << "the base of the configuration is what a silent server has";
  EXPECT_EQ(weight(2), 100);
}

TEST_F(FeedbackService, MinimumAndMaximum) {
  config.normal.minimum = 10;
  config.normal.maximum = 120;
  begin({100, 5});
  says(1, {.percent = 0}, 3);
  EXPECT_EQ(weight(1), 10);
  says(1, {.percent = 1000}, 60);
  EXPECT_EQ(weight(1), 120);
  says(2, {.percent = 0}, 3);
  EXPECT_EQ(weight(2), 5) << "the minimum is no reason to have more than the base";
}

TEST_F(FeedbackService, DownIsTheMinimumOrZero) {
  config.servers[server(2)] = config.normal;
  config.servers[server(2)].is_down_zero = true;
  begin({100, 100, 100});
  says(1, {.is_down = true});
  says(2, {.is_drained = true});
  EXPECT_EQ(weight(1), 1);
  EXPECT_EQ(weight(2), 0);
  EXPECT_NE(news.find("tcp 192.0.2.1:80 10.0.0.1:80: says that it is down\n"), std::string::npos) << news;
  EXPECT_NE(news.find("tcp 192.0.2.1:80 10.0.0.2:80: says that it takes nobody new\n"), std::string::npos) << news;
  // What was not said stays.
  says(2, {.percent = 100, .is_down = false}, 3);
  EXPECT_EQ(weight(2), 0);
  says(2, {.is_drained = false});
  EXPECT_GT(weight(2), 0);
  EXPECT_LE(weight(2), 8) << "it returns by steps";
  says(2, {}, 40);
  EXPECT_EQ(weight(2), 100);
}

TEST_F(FeedbackService, SilenceIsTheBaseByAndBy) {
  begin({100});
  says(1, {.percent = 30}, 6);
  EXPECT_EQ(weight(1), 30);
  is_silent(1, 9);
  EXPECT_EQ(weight(1), 30) << "not yet";
  is_silent(1, 4);
  EXPECT_GT(weight(1), 30);
  EXPECT_LT(weight(1), 60);
  is_silent(1, 30);
  EXPECT_EQ(weight(1), 100);
  EXPECT_NE(news.find("has been silent for 10.0 s (nothing within 1 s): back to its base weight"), std::string::npos) << news;
  says(1, {.is_down = false}, 3);
  EXPECT_EQ(weight(1), 100) << "what it said long ago is forgotten";
  EXPECT_NE(news.find("answers again"), std::string::npos);
}

TEST_F(FeedbackService, WhoWasDownAndIsSilentStaysDown) {
  begin({100, 100});
  says(1, {.is_down = true});
  is_silent(1, 60);
  EXPECT_EQ(weight(1), 1);
}

TEST_F(FeedbackService, NotAllAreZeroUnlessThatIsWanted) {
  config.normal.is_down_zero = true;
  config.normal.minimum = 5;
  begin({100, 100, 100});
  says(1, {.is_down = true});
  says(2, {.is_down = true});
  EXPECT_EQ(weight(1), 0);
  EXPECT_EQ(weight(2), 0);
  says(3, {.is_down = true});
  EXPECT_EQ(weight(1), 5);
  EXPECT_EQ(weight(2), 5);
  EXPECT_EQ(weight(3), 5);
  EXPECT_NE(news.find("tcp 192.0.2.1:80: all servers would have weight 0, so they keep the minimum\n"), std::string::npos) << news;
  says(3, {.is_down = false});
  EXPECT_EQ(weight(1), 0);
  EXPECT_GT(weight(3), 0);
  // A server that somebody else has at 0 is none that is left.
  put(3, 0);
  look();
  EXPECT_EQ(weight(3), 0);
  EXPECT_EQ(weight(1), 5);
}

TEST_F(FeedbackService, AllAreZeroIfThatIsWanted) {
  config.normal.is_down_zero = true;
  config.may_all_be_zero = true;
  begin({100, 100});
  says(1, {.is_down = true});
  says(2, {.is_down = true});
  EXPECT_EQ(weight(1), 0);
  EXPECT_EQ(weight(2), 0);
}

TEST_F(FeedbackService, AMinimumOfZeroIsNoWayRound) {
  config.normal.minimum = 0;
  begin({100});
  says(1, {.percent = 0}, 3);
  EXPECT_EQ(weight(1), 1);
}

TEST_F(FeedbackService, ZeroOfOthersStaysUntilTheyGiveAnother) {
  begin({100, 100});
  says(1, {.percent = 80}, 5);
  EXPECT_EQ(weight(1), 80);
  put(1, 0);
  says(1, {.percent = 100}, 60);
  EXPECT_EQ(weight(1), 0);
  EXPECT_NE(news.find("weight 0 by somebody else, and kept until it is given another"), std::string::npos) << news;
  put(1, 100);
  look();
  EXPECT_EQ(weight(1), 1) << "it comes back by steps";
  says(1, {.percent = 100}, 3);
  EXPECT_LE(weight(1), 20);
  says(1, {.percent = 100}, 40);
  EXPECT_EQ(weight(1), 100);
}

TEST_F(FeedbackService, ASilentServerComesBackWithWhatOthersSay) {
  begin({100, 100});
  is_silent(1, 20);
  put(1, 0);
  is_silent(1, 5);
  EXPECT_EQ(weight(1), 0);
  put(1, 70);
  look();
  EXPECT_EQ(weight(1), 70);
  is_silent(1, 5);
  EXPECT_EQ(weight(1), 70);
}

TEST_F(FeedbackService, ZeroAtTheBeginningIsOthers) {
  begin({0, 100});
  says(1, {.percent = 100}, 20);
  EXPECT_EQ(weight(1), 0);
  EXPECT_TRUE(service->farewell().empty());
}

TEST_F(FeedbackService, WeightsOfOthersAreTheNewBase) {
  begin({100, 100});
  says(1, {.percent = 50}, 5);
  EXPECT_EQ(weight(1), 50);
  put(1, 300);
  says(1, {.percent = 50}, 1);
  EXPECT_EQ(weight(1), 150);
  EXPECT_NE(news.find("weight 300 by somebody else: the new base"), std::string::npos) << news;
  config.normal.weight = 40;
  service->configure(config, now);
  put(1, 7);
  look();
  EXPECT_EQ(weight(1), 20) << "unless the configuration has one";
}

TEST_F(FeedbackService, WhoKeepsChangingAWeightHasItForHimself) {
  begin({100, 100});
  says(1, {.percent = 50}, 5);
  for (int i = 0; i < 3; ++i) {
    put(1, 100 + i);
    says(1, {.percent = 50}, 2);
  }
  EXPECT_EQ(weight(1), 102);
  EXPECT_NE(news.find("left alone for 5 minutes"), std::string::npos) << news;
  says(1, {.percent = 50}, 290);
  EXPECT_EQ(weight(1), 102);
  says(1, {.percent = 50}, 15);
  EXPECT_EQ(weight(1), 51);
  // Now and then is not again and again.
  for (int i = 0; i < 5; ++i) {
    put(1, 200 + i);
    says(1, {.percent = 50}, 40);
    EXPECT_EQ(weight(1), (200 + i + 1) / 2);
  }
}

TEST_F(FeedbackService, AServerThatComesBeginsSmall) {
  begin({100});
  says(1, {.percent = 100}, 3);
  put(2, 100);
  look();
  EXPECT_EQ(weight(2), 100) << "it has said nothing yet";
  says(2, {.percent = 100});
  EXPECT_LE(weight(2), 6);
  says(2, {.percent = 100}, 40);
  EXPECT_EQ(weight(2), 100);
  // Gone and back it is another one.
  says(2, {.is_down = true});
  take_away(2);
  look();
  EXPECT_EQ(service->asked(), std::vector{server(1)});
  service->heard(server(2), {.percent = 1}, now);
  service->unheard(server(2), "late", now);
  service->was_set(server(2), 5);
  put(2, 60);
  look();
  says(2, {.percent = 100}, 40);
  EXPECT_EQ(weight(2), 60);
}

TEST_F(FeedbackService, ServersWithoutASourceAreLeftAlone) {
  config.servers[server(2)] = config.normal;
  config.servers[server(2)].source = feedback::NoSource{};
  begin({100, 100});
  EXPECT_EQ(service->asked(), std::vector{server(1)});
  says(2, {.percent = 10}, 10);
  EXPECT_EQ(weight(2), 100);
  // One that takes connections keeps the others from being the last.
  config.normal.is_down_zero = true;
  service->configure(config, now);
  says(1, {.is_down = true});
  EXPECT_EQ(weight(1), 0);
}

TEST_F(FeedbackService, AnOrderlyEndGivesBasesBack) {
  begin({100, 200, 300});
  says(1, {.percent = 50}, 5);
  says(2, {.percent = 100}, 5);
  says(3, {.is_down = true});
  put(3, 0);
  look();
  const auto changes = service->farewell();
  ASSERT_EQ(changes.size(), 1U) << "one was changed, one is as it was, one is somebody else's";
  EXPECT_EQ(changes[0].dest.key, server(1));
  EXPECT_EQ(changes[0].dest.weight, 100);
  EXPECT_EQ(changes[0].before, 50);
}

TEST_F(FeedbackService, AKilledRunLeavesWhatTheNextOneNeeds) {
  begin({100, 100});
  says(1, {.percent = 50}, 5);
  says(2, {.percent = 100}, 2);
  // Killed with a change under way, which was made or was not.
  now += 1s;
  service->heard(server(1), {.percent = 20}, now);
  const auto pending = service->wanted(now);
  ASSERT_EQ(pending.size(), 1U);
  const auto memories = service->memories(pending);
  EXPECT_EQ(memories, (Memories{{server(1), {100, 50, pending[0].dest.weight}}}));
  for (const int left : {50, pending[0].dest.weight}) {
    dests.clear();
    begin({left, 100}, memories);
    EXPECT_EQ(weight(1), left);
    says(1, {.percent = 100}, 40);
    EXPECT_EQ(weight(1), 100);
  }
  // Somebody else has changed it meanwhile.
  dests.clear();
  begin({80, 100}, memories);
  says(1, {.percent = 50}, 5);
  EXPECT_EQ(weight(1), 40);
}

TEST_F(FeedbackService, AZeroOfAKilledRunIsOurs) {
  config.normal.is_down_zero = true;
  begin({100, 100});
  says(1, {.is_down = true});
  const auto memories = service->memories({});
  EXPECT_EQ(memories, (Memories{{server(1), {100, 0, 0}}}));
  dests.clear();
  begin({0, 100}, memories);
  EXPECT_EQ(service->farewell().size(), 1U);
  says(1, {.percent = 100, .is_down = false}, 40);
  EXPECT_EQ(weight(1), 100);
}

TEST_F(FeedbackService, WhatWasBeforeIsKeptUntilTheTableIsSeen) {
  const Memories memories{{server(1), {100, 50, 50}}};
  const Service unseen(config, memories);
  EXPECT_EQ(unseen.memories({}), memories);
}

TEST_F(FeedbackService, SettlingIsThereAtOnce) {
  config.normal.maximum = 150;
  begin({100, 100, 100, 100});
  now += 1s;
  service->heard(server(1), {.percent = 30}, now);
  service->heard(server(2), {.percent = 400}, now);
  service->heard(server(3), {.is_drained = true}, now);
  service->unheard(server(4), "gone", now);
  service->settle();
  look();
  EXPECT_EQ(weight(1), 30);
  EXPECT_EQ(weight(2), 150);
  EXPECT_EQ(weight(3), 1);
  EXPECT_EQ(weight(4), 100);
}

TEST_F(FeedbackService, WhatWasSaidIsForgottenWithWhoSaidIt) {
  config.normal.is_down_zero = true;
  begin({100, 100});
  says(1, {.percent = 30, .is_down = true, .is_drained = true});
  EXPECT_EQ(weight(1), 0);
  config.normal.minimum = 2;
  service->configure(config, now);
  says(1, {.percent = 100}, 3);
  EXPECT_EQ(weight(1), 0) << "the same source";
  config.normal.source = feedback::HttpSource{.place = {.address = {}, .port = 80}, .path = "/", .pointer = "", .scale = {}};
  service->configure(config, now);
  look();
  EXPECT_EQ(weight(1), 0) << "the new one has not said anything yet";
  says(1, {.percent = 60}, 40);
  EXPECT_EQ(weight(1), 60);
  // Nor does silence count that was before.
  is_silent(1, 20);
  config.normal.source = feedback::AgentSource{{.address = {}, .port = 1}};
  service->configure(config, now);
  says(1, {.percent = 50}, 6);
  put(1, 10);
  look();
  is_silent(1, 9);
  EXPECT_EQ(weight(1), 5);
}

TEST_F(FeedbackService, WhoIsNoLongerAskedHasItsBaseAgain) {
  config.normal.is_down_zero = true;
  begin({100, 100, 100});
  says(1, {.is_down = true});
  says(2, {.percent = 40}, 6);
  config.servers[server(1)] = config.normal;
  config.servers[server(1)].source = feedback::NoSource{};
  config.servers[server(2)] = config.servers[server(1)];
  service->configure(config, now);
  // What is wanted is wanted until it is done.
  EXPECT_EQ(service->wanted(now).size(), 2U);
  EXPECT_EQ(service->memories({}).size(), 2U);
  look();
  EXPECT_EQ(weight(1), 100);
  EXPECT_EQ(weight(2), 100);
  EXPECT_TRUE(service->memories({}).empty());
  put(2, 7);
  look();
  EXPECT_EQ(weight(2), 7);
  config.servers.clear();
  service->configure(config, now);
  says(1, {.percent = 100}, 1);
  EXPECT_EQ(weight(1), 100);
}

TEST_F(FeedbackService, AServiceLeavesWhenItsWeightsAreBack) {
  begin({100, 100});
  says(1, {.percent = 40}, 6);
  EXPECT_FALSE(service->has_left());
  service->leave();
  EXPECT_TRUE(service->asked().empty());
  EXPECT_FALSE(service->has_left());
  look();
  EXPECT_EQ(weight(1), 100);
  EXPECT_TRUE(service->has_left());
  service->configure(config, now);
  EXPECT_FALSE(service->has_left());
  EXPECT_EQ(service->asked().size(), 2U);
}

TEST_F(FeedbackService, OnlyZeroPercentIsRoundedToNothing) {
  config.normal.minimum = 0;
  begin({1, 100, 100});
  says(1, {.percent = 30}, 10);
  EXPECT_EQ(weight(1), 1);
  says(2, {.percent = 0.1}, 20);
  EXPECT_EQ(weight(2), 1);
  says(2, {.percent = 0});
  EXPECT_EQ(weight(2), 0);
  says(3, {.is_down = true});
  EXPECT_EQ(weight(3), 0) << "its minimum";
}

TEST_F(FeedbackService, NoWeightIsTooLargeForAnInt) {
  config.normal.maximum = 1000;
  const int much = 2'000'000'000;
  begin({much, 60000});
  says(1, {.percent = 1000}, 300);
  EXPECT_EQ(weight(1), much);
  says(2, {.percent = 1000}, 300);
  EXPECT_EQ(weight(2), 65535);
}

TEST_F(FeedbackService, OneThatIsMissingForAMomentKeepsItsBase) {
  begin({100, 100});
  says(1, {.percent = 40}, 6);
  take_away(1);
  look();
  EXPECT_EQ(service->memories({}), (Memories{{server(1), {100, 40, 40}}}));
  now += 30s;
  look();
  put(1, 40);
  look();
  EXPECT_EQ(weight(1), 40);
  says(1, {.percent = 100}, 40);
  EXPECT_EQ(weight(1), 100);
  // With another weight, or later, it is another one.
  says(1, {.percent = 40}, 6);
  service->is_gone(server(1), now);
  put(1, 41);
  look();
  says(1, {.percent = 100}, 40);
  EXPECT_EQ(weight(1), 41);
  says(1, {.percent = 50}, 6);
  take_away(1);
  look();
  now += 61s;
  look();
  put(1, 21);
  look();
  says(1, {.percent = 100}, 40);
  EXPECT_EQ(weight(1), 21);
}

TEST_F(FeedbackService, ASmallBaseIsRemarkedOn) {
  begin({1, 100});
  EXPECT_NE(news.find("tcp 192.0.2.1:80 10.0.0.1:80: a base of 1 leaves little room"), std::string::npos) << news;
  EXPECT_EQ(news.find("10.0.0.2:80: a base"), std::string::npos) << news;
}

TEST(FeedbackState, IsReadAsItWasWritten) {
  const feedback::State state{
      {*ipvsadm::service_titled("tcp 192.0.2.1:80"), {{server(1), {100, 50, 40}}, {server(2), {1, 0, 1}}}},
      {*ipvsadm::service_titled("fwmark 5 ipv6"), {{*ipvsadm::server_titled("[fd00::1]:0", 0), {7, 7, 7}}}}};
  const std::string text = state_text(state);
  EXPECT_EQ(feedback::read_state(text), state);
  EXPECT_NE(text.find("10.0.0.1:80 100 50 40 tcp 192.0.2.1:80\n"), std::string::npos);
  EXPECT_NE(text.find("[fd00::1]:0 7 7 7 fwmark 5 ipv6\n"), std::string::npos);
  EXPECT_TRUE(feedback::read_state("version 2\n10.0.0.1:80 1 2 tcp 192.0.2.1:80\n\n10.0.0.1:80 x 1 1 tcp 192.0.2.1:80").empty());
  EXPECT_TRUE(feedback::read_state("10.0.0.1:80 -1 1 1 tcp 192.0.2.1:80\n10.0.0.1:80 99999999999 1 1 tcp 192.0.2.1:80").empty());
}

}  // namespace
