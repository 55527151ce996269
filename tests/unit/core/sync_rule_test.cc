// SPDX-License-Identifier: GPL-2.0-or-later
// Which packets make a record: the sequences and figures that were observed with the kernel's own module.
extern "C" {
#include "core/sctp_state.h"
#include "core/sync_rule.h"
#include "core/tcp_state.h"
}

#include <gtest/gtest.h>

#include <random>
#include <sstream>
#include <string>
#include <vector>

namespace {

constexpr u32 kHz = 250;

ip_vs_sync_rule Rule(u32 threshold, u32 period, s32 refresh = 0, u8 retries = 0, u8 version = 1,
                     bool persist_mode = false) {
  ip_vs_sync_rule rule;
  ip_vs_sync_rule_set(&rule, threshold, period, refresh, retries, version, persist_mode, kHz);
  return rule;
}

/// An entry, and what of it is told.
struct Entry {
  ip_vs_sync_rule rule;
  ip_vs_sync_sight sight{};
  ip_vs_sync_told told{};

  Entry(const ip_vs_sync_rule& rule, u8 protocol, u32 timeout_s, u32 now) : rule(rule) {
    sight.protocol = protocol;
    sight.timeout = timeout_s * kHz;
    sight.now = now;
    told.end = now;
  }

  bool Ask() {
    ip_vs_sync_told next = told;
    const auto decision = ip_vs_sync_decide(&rule, &sight, told, &next);
    if (decision != IP_VS_SYNC_NO) {
      // what is said before must not be wrong
      if (!sight.is_template && !sight.is_controller) {
        EXPECT_FALSE(ip_vs_sync_is_quiet(&rule, sight.packets, sight.state, told.state));
      }
      told = next;
    }
    return decision != IP_VS_SYNC_NO;
  }

  /// A packet of the client.
  bool Packet() {
    sight.packets++;
    return Ask();
  }
};

// --- TCP: S, A, F, R of the client; S<, A< ... (here: lower case letters) of the server

u8 Flags(char c) {
  switch (tolower(c)) {
    case 's': return IP_VS_TCP_SYN;
    case 'a': return IP_VS_TCP_ACK;
    case 'f': return IP_VS_TCP_FIN | IP_VS_TCP_ACK;
    default: return IP_VS_TCP_RST;
  }
}

/// Names of the states in the records that a sequence makes; "y" is the server's SYN with ACK.
std::string Tcp(const std::string& sequence, bool is_nat, const ip_vs_sync_rule& rule = Rule(3, 50)) {
  Entry entry(rule, IPPROTO_TCP, 900, 12345);
  std::string all;
  for (char c : sequence) {
    const bool from_server = islower(c);
    const u8 flags = c == 'y' ? IP_VS_TCP_SYN | IP_VS_TCP_ACK : Flags(c);
    const auto direction = from_server ? IP_VS_TCP_OUTPUT : is_nat ? IP_VS_TCP_INPUT : IP_VS_TCP_INPUT_ONLY;
    entry.sight.state = ip_vs_tcp_next_state(false, direction, entry.sight.state, flags);
    entry.sight.timeout = ip_vs_tcp_default_timeout(entry.sight.state) * kHz;
    if (!from_server && entry.Packet()) all += (all.empty() ? "" : " ") + std::string(ip_vs_tcp_state_name(entry.sight.state));
  }
  return all;
}

TEST(SyncRule, DirectTcp) {
  EXPECT_EQ(Tcp("SA", false), "");
  EXPECT_EQ(Tcp("SAA", false), "ESTABLISHED");
  EXPECT_EQ(Tcp("SAF", false), "FIN_WAIT");
  EXPECT_EQ(Tcp("SAAF", false), "ESTABLISHED FIN_WAIT");
  EXPECT_EQ(Tcp("SAAR", false), "ESTABLISHED CLOSE");
  EXPECT_EQ(Tcp("SF", false), "TIME_WAIT");
  EXPECT_EQ(Tcp("SAAFS", false), "ESTABLISHED FIN_WAIT");
}

TEST(SyncRule, NatTcp) {
  EXPECT_EQ(Tcp("SyAAF", true), "ESTABLISHED CLOSE_WAIT");
  EXPECT_EQ(Tcp("SyAAf", true), "ESTABLISHED");
  EXPECT_EQ(Tcp("SyAAfA", true), "ESTABLISHED FIN_WAIT");
  EXPECT_EQ(Tcp("SyAAfF", true), "ESTABLISHED TIME_WAIT");
  EXPECT_EQ(Tcp("SyAAFfA", true), "ESTABLISHED CLOSE_WAIT TIME_WAIT");
  EXPECT_EQ(Tcp("SyAAr", true), "ESTABLISHED");
  EXPECT_EQ(Tcp("SrA", true), "CLOSE");
}

TEST(SyncRule, SctpDirect) {
  using Steps = std::vector<u8>;
  auto states = [](const Steps& events) {
    Entry entry(Rule(3, 50), IPPROTO_SCTP, 900, 1);
    std::string all;
    for (u8 event : events) {
      entry.sight.state = ip_vs_sctp_next_state(IP_VS_TCP_INPUT_ONLY, entry.sight.state, event);
      if (entry.Packet()) all += (all.empty() ? "" : " ") + std::string(ip_vs_sctp_state_name(entry.sight.state));
    }
    return all;
  };
  const Steps start = {IP_VS_SCTP_EVENT_INIT, IP_VS_SCTP_EVENT_COOKIE_ECHO, IP_VS_SCTP_EVENT_DATA};
  EXPECT_EQ(states(start), "ESTABLISHED");
  Steps more = start;
  more.insert(more.end(), {IP_VS_SCTP_EVENT_SHUTDOWN, IP_VS_SCTP_EVENT_SHUTDOWN_COMPLETE});
  EXPECT_EQ(states(more), "ESTABLISHED S-RECEIVED CLOSED");
  EXPECT_EQ(states({IP_VS_SCTP_EVENT_INIT, IP_VS_SCTP_EVENT_ABORT}), "CLOSED");
}

// --- counts

/// Numbers of the packets that make a record, of so many.
std::string Counted(const ip_vs_sync_rule& rule, u8 protocol, u32 packets) {
  Entry entry(rule, protocol, 300, 77);
  std::string all;
  for (u32 n = 1; n <= packets; n++) {
    if (protocol == IPPROTO_TCP) entry.sight.state = n == 1 ? IP_VS_TCP_SYN_RECV : IP_VS_TCP_ESTABLISHED;
    if (entry.Packet()) all += (all.empty() ? "" : " ") + std::to_string(n);
  }
  return all;
}

TEST(SyncRule, ThresholdAndPeriod) {
  EXPECT_EQ(Counted(Rule(3, 50), IPPROTO_TCP, 110), "3 53 103");
  EXPECT_EQ(Counted(Rule(0, 50), IPPROTO_TCP, 110), "50 100");
  EXPECT_EQ(Counted(Rule(3, 0), IPPROTO_TCP, 110), "3");
  EXPECT_EQ(Counted(Rule(0, 0), IPPROTO_TCP, 110), "");
  EXPECT_EQ(Counted(Rule(1, 2), IPPROTO_TCP, 9), "3 5 7 9");
  EXPECT_EQ(Counted(Rule(1, 2), IPPROTO_UDP, 9), "1 3 5 7 9");
  EXPECT_EQ(Counted(Rule(0, 1), IPPROTO_TCP, 6), "2 3 4 5 6");
  EXPECT_EQ(Counted(Rule(0, 1), IPPROTO_UDP, 6), "1 2 3 4 5 6");
}

TEST(SyncRule, CountsAreThoseOfADivision) {
  std::mt19937 dice(1);
  const std::vector<u32> periods = {1, 2, 3, 50, 64, 255, 1000, 65536, 0x7fffffff};
  for (u32 period : periods)
    for (u32 threshold : {0u, 1u, 3u, period - 1}) {
      if (threshold >= period) continue;
      const ip_vs_sync_rule rule = Rule(threshold, period);
      auto check = [&](u32 packets) {
        ASSERT_EQ(ip_vs_sync_count_matches(&rule, packets), packets % period == threshold)
            << packets << " % " << period << " = " << threshold;
      };
      for (u32 packets = 0; packets < 300; packets++) check(packets), check(~packets);
      for (int i = 0; i < 2000; i++) check(dice());
      for (int i = 0; i < 2000; i++) check(dice() / period * period + threshold);
    }
}

// --- the refresh period

/// Times of the records, in seconds, of packets in a steady pace.
std::string Times(const ip_vs_sync_rule& rule, u32 timeout_s, double pace_s, double until_s, u32 start = 1000) {
  Entry entry(rule, IPPROTO_UDP, timeout_s, start);
  std::ostringstream all;
  for (double t = 0; t <= until_s; t += pace_s) {
    entry.sight.now = start + static_cast<u32>(t * kHz);
    if (entry.Packet()) all << (all.tellp() ? " " : "") << t;
  }
  return all.str();
}

TEST(SyncRule, RefreshAndRetries) {
  EXPECT_EQ(Times(Rule(0, 0, 8, 3), 300, 0.25, 23), "0 1 2 3 11 12 13 14 22 23");
  EXPECT_EQ(Times(Rule(0, 0, 8, 0), 300, 0.25, 20), "0 8 16");
  EXPECT_EQ(Times(Rule(0, 0, 600, 0), 300, 1, 400), "0 150 300");
  // ten seconds are the least for an entry that lives shorter, unless the period is shorter still; it begins with
  // the entry, whose end is six seconds later
  EXPECT_EQ(Times(Rule(0, 0, 600, 0), 6, 1, 25), "4 14 24");
  EXPECT_EQ(Times(Rule(0, 0, 5, 0), 6, 1, 11), "0 5 10");
  // a negative period is a huge one: half the timeout decides
  EXPECT_EQ(Times(Rule(0, 0, -1, 0), 300, 1, 400), "0 150 300");
  EXPECT_EQ(Times(Rule(0, 0, INT_MAX, 0), 300, 1, 400), "0 150 300");
}

TEST(SyncRule, TimesWrapWithJiffies) {
  EXPECT_EQ(Times(Rule(0, 0, 8, 3), 300, 0.25, 23, 0xffffffff - 2 * kHz), "0 1 2 3 11 12 13 14 22 23");
  EXPECT_EQ(Times(Rule(0, 0, 8, 3), 300, 0.25, 23, 0xffffffff - 305 * kHz), "0 1 2 3 11 12 13 14 22 23");
}

TEST(SyncRule, WithAPeriodOfBothKindsBothMustPass) {
  // 4 packets a second, the count passes every eighth, the time every 3 s
  EXPECT_EQ(Times(Rule(0, 8, 3, 0), 300, 0.25, 12), "1.75 5.75 9.75");
}

// --- who is told at all

TEST(SyncRule, NotTold) {
  const ip_vs_sync_rule always = Rule(0, 1);
  Entry entry(always, IPPROTO_UDP, 300, 5);
  EXPECT_TRUE(entry.Packet());
  entry.sight.is_one_packet = true;
  EXPECT_FALSE(entry.Packet());
  entry.sight.is_one_packet = false;
  entry.sight.is_v6 = true;
  EXPECT_TRUE(entry.Packet());
  entry.rule = Rule(0, 1, 0, 0, 0);
  EXPECT_FALSE(entry.Packet());
  entry.sight.is_v6 = false;
  EXPECT_TRUE(entry.Packet());
  entry.rule = Rule(0, 1, 0, 0, 1, true);
  EXPECT_TRUE(entry.Packet());
  entry.sight.has_template = true;
  EXPECT_FALSE(entry.Packet());
  entry.rule = always;
  EXPECT_TRUE(entry.Packet());
  entry.sight.protocol = IPPROTO_ESP;
  EXPECT_TRUE(entry.Packet());
  entry.sight.protocol = IPPROTO_TCP;
  for (u8 state : {IP_VS_TCP_NONE, IP_VS_TCP_SYN_SENT, IP_VS_TCP_SYN_RECV, IP_VS_TCP_LAST_ACK, IP_VS_TCP_LISTEN,
                   IP_VS_TCP_SYNACK, IP_VS_TCP_STATES}) {
    entry.sight.state = state;
    EXPECT_FALSE(entry.Packet()) << int(state);
  }
}

TEST(SyncRule, AChangeIsToldWhateverTheCountSays) {
  Entry entry(Rule(0, 0), IPPROTO_TCP, 900, 5);
  entry.sight.state = IP_VS_TCP_FIN_WAIT;
  ip_vs_sync_told next;
  EXPECT_EQ(ip_vs_sync_decide(&entry.rule, &entry.sight, entry.told, &next), IP_VS_SYNC_FORCED);
  EXPECT_TRUE(entry.Packet());
  EXPECT_FALSE(entry.Packet());
  // a count's is only due
  entry.rule = Rule(0, 1);
  EXPECT_EQ(ip_vs_sync_decide(&entry.rule, &entry.sight, entry.told, &next), IP_VS_SYNC_DUE);
  // to ESTABLISHED is no change, nor is any of a protocol without states
  entry.rule = Rule(0, 0);
  entry.sight.state = IP_VS_TCP_ESTABLISHED;
  EXPECT_FALSE(entry.Packet());
  entry.sight.protocol = IPPROTO_UDP;
  entry.sight.state = 0;
  EXPECT_FALSE(entry.Packet());
}

TEST(SyncRule, WhatAnotherHasToldIsNotToldAgain) {
  Entry entry(Rule(3, 50), IPPROTO_TCP, 900, 5);
  entry.told = ip_vs_sync_told_by_other(IP_VS_TCP_CLOSE_WAIT, entry.sight.now);
  entry.sight.packets = entry.rule.threshold;
  entry.sight.state = IP_VS_TCP_CLOSE_WAIT;
  u32 until = 0;
  while (!entry.Packet()) until++;
  EXPECT_EQ(until, 49u);
}

// --- controllers

Entry Template(const ip_vs_sync_rule& rule, u32 timeout_s) {
  Entry entry(rule, IPPROTO_TCP, timeout_s, 100);
  entry.sight.is_template = entry.sight.is_controller = true;
  return entry;
}

TEST(SyncRule, TemplatesAreToldOnceASecond) {
  Entry entry = Template(Rule(3, 50), 300);
  EXPECT_TRUE(entry.Packet());
  int records = 0;
  for (u32 i = 1; i <= 10 * kHz; i++) {
    entry.sight.now++;
    records += entry.Packet();
  }
  EXPECT_EQ(records, 10);
}

TEST(SyncRule, ATemplateThatChangesIsToldAtOnce) {
  Entry entry = Template(Rule(3, 50), 300);
  EXPECT_TRUE(entry.Packet());
  EXPECT_FALSE(entry.Packet());
  entry.sight.state = 1;
  EXPECT_TRUE(entry.Packet());
  EXPECT_FALSE(entry.Packet());
  for (u32 seconds : {301, 300, 1, 60}) {
    entry.sight.timeout = seconds * kHz;
    EXPECT_TRUE(entry.Packet()) << seconds;
    EXPECT_FALSE(entry.Packet()) << seconds;
  }
}

TEST(SyncRule, ShortLivedTemplatesAreToldMoreOften) {
  Entry entry = Template(Rule(3, 50), 2);
  EXPECT_TRUE(entry.Packet());
  entry.sight.now += kHz / 2 - 1;
  EXPECT_FALSE(entry.Packet());
  entry.sight.now++;
  EXPECT_TRUE(entry.Packet());
}

TEST(SyncRule, TemplatesByCountIfThatIsAllThereIs) {
  Entry entry = Template(Rule(3, 0), 300);
  std::string all;
  for (int n = 1; n <= 10; n++) {
    entry.sight.now += 2 * kHz;
    if (entry.Packet()) all += std::to_string(n);
  }
  EXPECT_EQ(all, "3");
}

TEST(SyncRule, ThePeriodHoldsForTemplatesToo) {
  Entry entry = Template(Rule(3, 50, 20), 300);
  std::string all;
  for (int t = 0; t <= 45; t++) {
    if (entry.Packet()) all += std::to_string(t) + " ";
    entry.sight.now += kHz;
  }
  EXPECT_EQ(all, "0 20 40 ");
}

TEST(SyncRule, OfAControllerTheThresholdIsTheCount) {
  for (const auto& rule : {Rule(3, 50), Rule(0, 50), Rule(3, 0), Rule(0, 0), Rule(3, 0, 20)}) {
    Entry entry(rule, IPPROTO_TCP, 900, 100);
    entry.sight.is_controller = true;
    entry.sight.state = IP_VS_TCP_ESTABLISHED;
    entry.sight.packets = rule.threshold;
    EXPECT_TRUE(entry.Ask()) << rule.threshold << ' ' << rule.period;
    EXPECT_FALSE(entry.Ask());
  }
}

TEST(SyncRule, WhenControllersAreAsked) {
  for (bool made_record : {false, true}) {
    const auto v1 = Rule(3, 50), v0 = Rule(3, 50, 0, 0, 0), mode = Rule(3, 50, 0, 0, 0, true);
    EXPECT_TRUE(ip_vs_sync_asks_controller(&v1, made_record));
    EXPECT_EQ(ip_vs_sync_asks_controller(&v0, made_record), made_record);
    EXPECT_TRUE(ip_vs_sync_asks_controller(&mode, made_record));
  }
}

}  // namespace
