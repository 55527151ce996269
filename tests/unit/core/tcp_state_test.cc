// SPDX-License-Identifier: GPL-2.0-or-later
// Walks through the TCP state machine, and the whole tables against what the specification prints.
extern "C" {
#include "core/tcp_state.h"
}

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

constexpr u8 kSyn = IP_VS_TCP_SYN, kFin = IP_VS_TCP_FIN, kAck = IP_VS_TCP_ACK, kRst = IP_VS_TCP_RST;

struct Step {
  ip_vs_tcp_direction direction;
  u8 flags;
  const char* state;
};

struct Walk {
  const char* name;
  bool secure;
  std::vector<Step> steps;
};

constexpr auto kIn = IP_VS_TCP_INPUT;
constexpr auto kOut = IP_VS_TCP_OUTPUT;
constexpr auto kOnly = IP_VS_TCP_INPUT_ONLY;

const Walk kWalks[] = {
    {"NAT, the client closes", false,
     {{kIn, kSyn, "SYN_RECV"},
      {kOut, kSyn | kAck, "SYN_RECV"},
      {kIn, kAck, "ESTABLISHED"},
      {kIn, kFin | kAck, "CLOSE_WAIT"},
      {kOut, kAck, "CLOSE_WAIT"},
      {kOut, kFin | kAck, "TIME_WAIT"},
      {kIn, kAck, "TIME_WAIT"}}},
    {"NAT, the server closes", false,
     {{kIn, kSyn, "SYN_RECV"},
      {kOut, kSyn | kAck, "SYN_RECV"},
      {kIn, kAck, "ESTABLISHED"},
      {kOut, kFin | kAck, "FIN_WAIT"},
      {kIn, kFin | kAck, "TIME_WAIT"}}},
    {"NAT, the server resets", false, {{kIn, kSyn, "SYN_RECV"}, {kIn, kAck, "ESTABLISHED"}, {kOut, kRst, "CLOSE"}}},
    {"DR, closed and reset by the client", false,
     {{kOnly, kSyn, "SYN_RECV"},
      {kOnly, kAck, "ESTABLISHED"},
      {kOnly, kFin | kAck, "FIN_WAIT"},
      {kOnly, kAck, "FIN_WAIT"},
      {kOnly, kRst, "CLOSE"}}},
    {"a reset of a half-open connection is ignored", false, {{kIn, kSyn, "SYN_RECV"}, {kIn, kRst, "SYN_RECV"}}},
    {"a packet without any flag closes", false, {{kIn, kSyn, "SYN_RECV"}, {kIn, kAck, "ESTABLISHED"}, {kIn, 0, "CLOSE"}}},
    {"a SYN wins over FIN and ACK", false, {{kIn, kSyn | kFin | kAck, "SYN_RECV"}}},
    {"... also of the two alone", false, {{kIn, kSyn | kFin, "SYN_RECV"}}},
    {"a FIN wins over ACK", false, {{kIn, kFin | kAck, "CLOSE"}}},
    {"other flags count for nothing", false, {{kIn, kAck | 0xc8, "ESTABLISHED"}, {kIn, 0x28, "CLOSE"}}},
    {"secure NAT: only the server's answers establish", true,
     {{kIn, kSyn, "SYN_RECV"},
      {kIn, kAck, "SYN_RECV"},
      {kOut, kSyn | kAck, "SYNACK"},
      {kIn, kAck, "SYNACK"},
      {kOut, kAck, "ESTABLISHED"}}},
    {"secure DR: the client's ACK establishes", true, {{kOnly, kSyn, "SYNACK"}, {kOnly, kAck, "ESTABLISHED"}}},
    {"reset wins over all other flags", false,
     {{kIn, kSyn, "SYN_RECV"}, {kIn, kAck, "ESTABLISHED"}, {kIn, kRst | kSyn | kFin | kAck, "CLOSE"}}},
};

TEST(TcpState, WalksEndWhereTheOriginalEnds) {
  for (const Walk& walk : kWalks) {
    u8 state = IP_VS_TCP_NONE;
    for (size_t i = 0; i < walk.steps.size(); ++i) {
      state = ip_vs_tcp_next_state(walk.secure, walk.steps[i].direction, state, walk.steps[i].flags);
      EXPECT_STREQ(ip_vs_tcp_state_name(state), walk.steps[i].state) << walk.name << ", step " << i;
    }
  }
}

// The tables of the specification as it prints them, a row for each event, a column for each old state.
struct Table {
  bool secure;
  ip_vs_tcp_direction direction;
  const char* rows[4];  // SYN, FIN, ACK, RST
};

const Table kTables[] = {
    {false, kIn,
     {"SYNR EST EST SYNR SYNR SYNR SYNR SYNR SYNR SYNR SYNR",
      "CLOS CLSW SYNS TIMW TIMW TIMW CLOS CLSW LACK LIST TIMW",
      "EST EST SYNS EST FINW TIMW CLOS CLSW CLOS LIST EST",
      "CLOS CLOS CLOS SYNR CLOS CLOS CLOS CLOS LACK LIST SYNR"}},
    {false, kOut,
     {"SYNS EST SYNS SYNR SYNS SYNS SYNS SYNS SYNS LIST SYNR",
      "TIMW FINW SYNS TIMW FINW TIMW CLOS TIMW LACK LIST TIMW",
      "EST EST SYNS EST FINW TIMW CLOS CLSW LACK EST EST",
      "CLOS CLOS SYNS CLOS CLOS TIMW CLOS CLOS CLOS CLOS CLOS"}},
    {false, kOnly,
     {"SYNR EST EST SYNR SYNR SYNR SYNR SYNR SYNR SYNR SYNR",
      "CLOS FINW SYNS TIMW FINW TIMW CLOS CLSW LACK LIST TIMW",
      "EST EST SYNS EST FINW TIMW CLOS CLSW CLOS LIST EST",
      "CLOS CLOS CLOS SYNR CLOS CLOS CLOS CLOS LACK LIST CLOS"}},
    {true, kIn,
     {"SYNR EST EST SYNR SYNR SYNR SYNR SYNR SYNR SYNR SACK",
      "CLOS CLSW SYNS TIMW TIMW TIMW CLOS CLSW LACK LIST SACK",
      "EST EST SYNS SYNR FINW TIMW CLOS CLSW CLOS LIST SACK",
      "CLOS CLOS CLOS SYNR CLOS CLOS CLOS CLOS LACK LIST CLOS"}},
    {true, kOut,
     {"SYNS EST SYNS SACK SYNS SYNS SYNS SYNS SYNS LIST SACK",
      "TIMW FINW SYNS TIMW FINW TIMW CLOS TIMW LACK LIST TIMW",
      "EST EST SYNS EST FINW TIMW CLOS CLSW LACK EST EST",
      "CLOS CLOS SYNS CLOS CLOS TIMW CLOS CLOS CLOS CLOS CLOS"}},
    {true, kOnly,
     {"SACK EST EST SYNR SACK SACK SACK SACK SACK SACK SACK",
      "CLOS FINW SYNS TIMW FINW TIMW CLOS CLSW LACK LIST TIMW",
      "EST EST SYNS EST FINW TIMW CLOS CLSW CLOS LIST EST",
      "CLOS CLOS CLOS SYNR CLOS CLOS CLOS CLOS LACK LIST CLOS"}},
};

u8 StateOf(const std::string& abbreviation) {
  static const char* const kNames[] = {"NONE", "EST",  "SYNS", "SYNR", "FINW", "TIMW",
                                       "CLOS", "CLSW", "LACK", "LIST", "SACK"};
  for (u8 i = 0; i < IP_VS_TCP_STATES; ++i)
    if (abbreviation == kNames[i]) return i;
  ADD_FAILURE() << abbreviation;
  return 0;
}

TEST(TcpState, TablesAreThoseOfTheSpecification) {
  const u8 events[] = {kSyn, kFin, kAck, kRst};
  for (const Table& table : kTables)
    for (int event = 0; event < 4; ++event) {
      std::istringstream row(table.rows[event]);
      std::string wanted;
      for (u8 old = 0; old < IP_VS_TCP_STATES; ++old) {
        ASSERT_TRUE(row >> wanted);
        EXPECT_EQ(ip_vs_tcp_next_state(table.secure, table.direction, old, events[event]), StateOf(wanted))
            << "secure " << table.secure << " direction " << table.direction << " event " << event << " old state " << int(old);
      }
    }
}

TEST(TcpState, NumbersOutOfRangeAreHarmless) {
  EXPECT_STREQ(ip_vs_tcp_state_name(IP_VS_TCP_STATES), "ERR!");
  EXPECT_STREQ(ip_vs_tcp_state_name(255), "ERR!");
  EXPECT_EQ(ip_vs_tcp_default_timeout(255), 0u);
  EXPECT_FALSE(ip_vs_tcp_state_is_active(255));
  EXPECT_EQ(ip_vs_tcp_next_state(false, kIn, 255, kSyn), IP_VS_TCP_SYN_RECV);
  EXPECT_EQ(ip_vs_tcp_next_state(true, kOnly, 255, kSyn), IP_VS_TCP_SYNACK);
}

TEST(TcpState, ActiveStatesAndTimeouts) {
  const struct {
    u8 state;
    u32 timeout;
    bool active;
  } wanted[] = {{IP_VS_TCP_NONE, 2, false},        {IP_VS_TCP_ESTABLISHED, 900, true},
                {IP_VS_TCP_SYN_SENT, 120, true},   {IP_VS_TCP_SYN_RECV, 60, true},
                {IP_VS_TCP_FIN_WAIT, 120, false},  {IP_VS_TCP_TIME_WAIT, 120, false},
                {IP_VS_TCP_CLOSE, 10, false},      {IP_VS_TCP_CLOSE_WAIT, 60, false},
                {IP_VS_TCP_LAST_ACK, 30, false},   {IP_VS_TCP_LISTEN, 120, false},
                {IP_VS_TCP_SYNACK, 120, true}};
  for (const auto& w : wanted) {
    EXPECT_EQ(ip_vs_tcp_default_timeout(w.state), w.timeout) << int(w.state);
    EXPECT_EQ(ip_vs_tcp_state_is_active(w.state), w.active) << int(w.state);
  }
}

}  // namespace
