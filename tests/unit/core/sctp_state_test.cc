// SPDX-License-Identifier: GPL-2.0-or-later
// Walks through the SCTP state machine, and the whole tables against what the specification prints.
extern "C" {
#include "core/sctp_state.h"
}

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

namespace {

constexpr auto kIn = IP_VS_TCP_INPUT;
constexpr auto kOut = IP_VS_TCP_OUTPUT;
constexpr auto kOnly = IP_VS_TCP_INPUT_ONLY;

// Types of chunks, as RFC 9260 numbers them.
enum { DATA, INIT, INIT_ACK, SACK, HEARTBEAT, HEARTBEAT_ACK, ABORT, SHUTDOWN, SHUTDOWN_ACK, ERROR, COOKIE_ECHO,
       COOKIE_ACK, ECNE, CWR, SHUTDOWN_COMPLETE };

struct Step {
  ip_vs_tcp_direction direction;
  u8 chunk;
  const char* state;
};

struct Walk {
  const char* name;
  std::vector<Step> steps;
};

const Walk kWalks[] = {
    {"NAT, the client closes",
     {{kIn, INIT, "INIT1"},
      {kIn, INIT, "INIT"},
      {kOut, INIT_ACK, "C-SENT"},
      {kIn, COOKIE_ECHO, "C-REPLIED"},
      {kOut, COOKIE_ACK, "ESTABLISHED"},
      {kIn, DATA, "ESTABLISHED"},
      {kOut, SACK, "ESTABLISHED"},
      {kIn, SHUTDOWN, "S-RECEIVED"},
      {kOut, SHUTDOWN_ACK, "S-ACK-SENT"},
      {kIn, SHUTDOWN_COMPLETE, "CLOSED"},
      {kIn, INIT, "INIT"}}},
    {"NAT, the server closes",
     {{kIn, INIT, "INIT1"},
      {kOut, INIT_ACK, "C-SENT"},
      {kIn, COOKIE_ECHO, "C-REPLIED"},
      {kOut, COOKIE_ACK, "ESTABLISHED"},
      {kOut, SHUTDOWN, "S-SENT"},
      {kIn, SHUTDOWN_ACK, "CLOSED"},
      {kOut, SHUTDOWN_COMPLETE, "CLOSED"}}},
    {"NAT, the server refuses", {{kIn, INIT, "INIT1"}, {kOut, ABORT, "REJECTED"}, {kIn, INIT, "INIT"}}},
    {"DR, only the client is seen",
     {{kOnly, INIT, "INIT1"},
      {kOnly, COOKIE_ECHO, "ESTABLISHED"},
      {kOnly, HEARTBEAT, "ESTABLISHED"},
      {kOnly, SHUTDOWN, "S-RECEIVED"},
      {kOnly, SHUTDOWN_COMPLETE, "CLOSED"}}},
    {"an association that was there before us", {{kIn, DATA, "ESTABLISHED"}, {kOut, ABORT, "CLOSED"}}},
};

TEST(SctpState, WalksEndWhereTheOriginalEnds) {
  for (const Walk& walk : kWalks) {
    u8 state = IP_VS_SCTP_NONE;
    for (size_t i = 0; i < walk.steps.size(); ++i) {
      state = ip_vs_sctp_next_state(walk.steps[i].direction, state, ip_vs_sctp_event_of_chunk(walk.steps[i].chunk));
      EXPECT_STREQ(ip_vs_sctp_state_name(state), walk.steps[i].state) << walk.name << ", step " << i;
    }
  }
}

// A row for each event, a column for each old state.
constexpr u8 kChunks[] = {DATA,     INIT,         INIT_ACK,          COOKIE_ECHO, COOKIE_ACK,
                          SHUTDOWN, SHUTDOWN_ACK, SHUTDOWN_COMPLETE, ERROR,       ABORT};

struct Table {
  ip_vs_tcp_direction direction;
  const char* rows[std::size(kChunks)];
};

const Table kTables[] = {
    {kIn,
     {"ES I1 IN CS CR CW CO CE ES SS SR SA RJ CL",
      "I1 IN IN CS CR CW CO CE ES SS SR SA IN IN",
      "CW CW CW CS CR CO CO CE ES SS SR SA RJ CL",
      "CR IN IN CR CR CW CO CE ES SS SR SA RJ CL",
      "ES I1 IN CS CR CW CO ES ES SS SR SA RJ CL",
      "SR I1 IN CS CR CW CO CE SR SS SR SA RJ CL",
      "CL IN IN CS CR CW CO CE ES CL SR CL RJ CL",
      "CL CL CL CS CR CW CO CE ES SS SR CL RJ CL",
      "CL I1 IN CS CR CW CO CL ES SS SR SA RJ CL",
      "CL CL CL CL CL RJ CL CL CL CL CL CL CL CL"}},
    {kOut,
     {"ES I1 IN CS CR CW CO CE ES SS SR SA RJ CL",
      "CW CW CW CW CW CW CW CW ES CW CW CW CW CW",
      "CS CS CS CS CR CW CO CE ES SS SR SA RJ CL",
      "CE CE CE CE CE CE CE CE ES SS SR SA RJ CL",
      "ES ES ES ES ES ES ES ES ES SS SR SA RJ CL",
      "SS SS SS SS SS SS SS SS SS SS SR SA RJ CL",
      "SA SA SA SA SA CW CO CE ES SA SA SA RJ CL",
      "CL I1 IN CS CR CW CO CE ES SS SR SA RJ CL",
      "CL CL CL CL CL CW CO CE ES SS SR SA RJ CL",
      "CL RJ CL CL CL CL CL CL CL CL CL CL CL CL"}},
    {kOnly,
     {"ES I1 IN CS CR ES CO CE ES SS SR SA RJ CL",
      "I1 IN IN IN IN IN CO CE ES SS SR SA IN IN",
      "CE CE CE CE CE CE CO CE ES SS SR SA RJ CL",
      "ES ES ES ES ES ES CO CE ES SS SR SA RJ CL",
      "ES I1 IN ES ES CW ES ES ES SS SR SA RJ CL",
      "SR I1 IN CS CR CW CO CE SR SS SR SA RJ CL",
      "CL IN IN CS CR CW CO CE CL CL SR CL RJ CL",
      "CL CL CL CL CL CW CO CE ES SS CL CL RJ CL",
      "CL I1 IN CS CR CW CO CE ES SS SR SA RJ CL",
      "CL CL CL CL CL RJ CL CL CL CL CL CL CL CL"}},
};

const char* const kAbbreviations[] = {"NO", "I1", "IN", "CS", "CR", "CW", "CO", "CE", "ES", "SS", "SR", "SA", "RJ", "CL"};

TEST(SctpState, TablesAreThoseOfTheSpecification) {
  for (const Table& table : kTables)
    for (size_t event = 0; event < std::size(kChunks); ++event) {
      std::istringstream row(table.rows[event]);
      std::string wanted;
      for (u8 old = 0; old < IP_VS_SCTP_STATES; ++old) {
        ASSERT_TRUE(row >> wanted);
        u8 state = ip_vs_sctp_next_state(table.direction, old, ip_vs_sctp_event_of_chunk(kChunks[event]));
        ASSERT_LT(state, std::size(kAbbreviations));
        EXPECT_EQ(kAbbreviations[state], wanted)
            << "direction " << table.direction << " chunk " << int(kChunks[event]) << " old state " << int(old);
      }
    }
}

TEST(SctpState, OtherChunksCountAsData) {
  for (u8 type : std::initializer_list<u8>{SACK, HEARTBEAT, HEARTBEAT_ACK, ECNE, CWR, 15, 63, 64, 128, 192, 255})
    EXPECT_EQ(ip_vs_sctp_event_of_chunk(type), IP_VS_SCTP_EVENT_DATA) << type;
}

TEST(SctpState, NumbersOutOfRangeAreHarmless) {
  EXPECT_STREQ(ip_vs_sctp_state_name(IP_VS_SCTP_STATES), "ERR!");
  EXPECT_EQ(ip_vs_sctp_default_timeout(255), 0u);
  EXPECT_FALSE(ip_vs_sctp_state_is_active(255));
  EXPECT_EQ(ip_vs_sctp_next_state(kIn, 255, IP_VS_SCTP_EVENT_INIT), IP_VS_SCTP_INIT1);
  EXPECT_EQ(ip_vs_sctp_next_state(kIn, IP_VS_SCTP_NONE, 255), IP_VS_SCTP_ESTABLISHED);
}

// The sync protocol carries the numbers, and the defence against floods goes by them.
TEST(SctpState, NumbersTimeoutsAndActiveStates) {
  const struct {
    const char* name;
    u32 timeout;
    bool active;
  } wanted[] = {{"NONE", 2, false},     {"INIT1", 4, false},     {"INIT", 61, false},       {"C-SENT", 61, false},
                {"C-REPLIED", 61, false}, {"C-WAIT", 61, false},  {"COOKIE", 61, false},     {"C-ECHOED", 61, false},
                {"ESTABLISHED", 900, true}, {"S-SENT", 61, false}, {"S-RECEIVED", 61, false}, {"S-ACK-SENT", 61, false},
                {"REJECTED", 4, false}, {"CLOSED", 61, false}};
  ASSERT_EQ(std::size(wanted), size_t{IP_VS_SCTP_STATES});
  for (u8 state = 0; state < IP_VS_SCTP_STATES; ++state) {
    EXPECT_STREQ(ip_vs_sctp_state_name(state), wanted[state].name);
    EXPECT_EQ(ip_vs_sctp_default_timeout(state), wanted[state].timeout) << int(state);
    EXPECT_EQ(ip_vs_sctp_state_is_active(state), wanted[state].active) << int(state);
  }
}

}  // namespace
