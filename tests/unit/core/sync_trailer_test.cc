// SPDX-License-Identifier: GPL-2.0-or-later
// The trailer behind the records, who may be believed, and messages of our own.
extern "C" {
#include "core/sync_message.h"
#include "core/sync_own.h"
#include "core/sync_pulse.h"
#include "core/sync_trailer.h"
}

#include "sync_bytes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <vector>

namespace {

constexpr ip_vs_sync_trailer kTrailer = {0x0102030405060708, 0x1112131415161718, 0x2122232425262728, 9, false};

bool operator==(const ip_vs_sync_trailer& a, const ip_vs_sync_trailer& b) {
  return a.instance == b.instance && a.sequence == b.sequence && a.time_ms == b.time_ms && a.thread == b.thread &&
         a.is_table == b.is_table;
}

/// A captured message with a trailer.
SyncBytes WithTrailer(SyncBytes message, bool has_tag) {
  const size_t len = message.size();
  message.resize(len + 64);
  message.resize(len + ip_vs_sync_trailer_write(&message[len], &kTrailer, has_tag));
  message[2] = message.size() >> 8;
  message[3] = message.size() & 255;
  return message;
}

TEST(SyncTrailer, ByteByByte) {
  u8 p[64];
  EXPECT_EQ(ip_vs_sync_trailer_write(p, &kTrailer, false), 32u);
  EXPECT_EQ(Hex({p, p + 32}), "c549565301000920" "0102030405060708" "1112131415161718" "2122232425262728");
  std::fill(p, p + 64, 0xff);
  EXPECT_EQ(ip_vs_sync_trailer_write(p, &kTrailer, true), 64u);
  EXPECT_EQ(Hex({p, p + 64}), "c549565301010940" "0102030405060708" "1112131415161718" "2122232425262728" +
                                  std::string(64, '0'));
  ip_vs_sync_trailer table = kTrailer;
  table.is_table = true;
  ip_vs_sync_trailer_write(p, &table, false);
  EXPECT_EQ(Hex({p, p + 8}), "c549565301020920");
  ip_vs_sync_trailer_write(p, &table, true);
  EXPECT_EQ(Hex({p, p + 8}), "c549565301030940");
  ip_vs_sync_trailer read{};
  const u8* tag;
  ASSERT_TRUE(ip_vs_sync_trailer_read(p, 64, &read, &tag));
  EXPECT_TRUE(read == table);
  EXPECT_EQ(tag, p + 32);
}

TEST(SyncTrailer, StandsBehindEveryMessageAndCostsNoRecord) {
  for (const char* name : {"01-v1-ipv4-tcp-droute-established", "09-v1-ipv6-template-prefix64",
                           "11-v1-pe-sip-template", "12-v1-sequence-option-and-padding",
                           "15-v0-ipv4-connection-and-template", "16-v0-sequence-data"})
    for (bool has_tag : {false, true}) {
      SCOPED_TRACE(name);
      const SyncBytes plain = SyncFile(name), message = WithTrailer(plain, has_tag);
      const SyncRead read = ReadSync(message), without = ReadSync(plain);
      EXPECT_TRUE(read.faults.empty());
      EXPECT_EQ(read.records.size(), without.records.size());
      ASSERT_TRUE(read.reader.has_trailer);
      EXPECT_TRUE(read.reader.trailer == kTrailer);
      EXPECT_EQ(read.reader.end, plain.size());
      EXPECT_EQ(read.reader.tag, has_tag ? message.data() + message.size() - 32 : nullptr);
    }
}

TEST(SyncTrailer, NoOtherBytesAreTaken) {
  const SyncBytes message = WithTrailer(SyncFile("01-v1-ipv4-tcp-droute-established"), true);
  // each byte that says what it is: magic, layout, flags, length
  for (size_t at : {44, 45, 46, 47, 48, 51}) {
    SyncBytes other = message;
    other[at] ^= 0x10;
    EXPECT_FALSE(ReadSync(other).reader.has_trailer) << at;
    EXPECT_EQ(ReadSync(other).records.size(), 1u);
  }
  // none, where records end somewhere else: in front of it or behind it
  SyncBytes more = message;
  more[4] = 2;
  EXPECT_FALSE(ReadSync(more).reader.has_trailer);
  SyncBytes less = message;
  less[4] = 0;
  EXPECT_FALSE(ReadSync(less).reader.has_trailer);
  // a tag that is not there
  SyncBytes tagless = WithTrailer(SyncFile("01-v1-ipv4-tcp-droute-established"), false);
  tagless[49] = 1;
  EXPECT_FALSE(ReadSync(tagless).reader.has_trailer);
}

TEST(SyncTrailer, ALaterSendersMayBeLonger) {
  SyncBytes message = WithTrailer(SyncFile("01-v1-ipv4-tcp-droute-established"), true);
  message.insert(message.end() - 32, {1, 2, 3, 4, 5});
  message[3] += 5;
  message[51] += 5;
  const SyncRead read = ReadSync(message);
  ASSERT_TRUE(read.reader.has_trailer);
  EXPECT_EQ(read.reader.tag, message.data() + message.size() - 32);
}

TEST(SyncTrailer, IsNotWhatAClientWritesIntoItsCallId) {
  // engine data with a whole trailer in it, at the end of the last record but for the name
  ip_vs_sync_record rec{};
  rec.protocol = IPPROTO_UDP;
  rec.flags = IP_VS_SYNC_F_TEMPLATE;
  u8 data[64];
  rec.engine_data = data;
  rec.engine_data_len = ip_vs_sync_trailer_write(data, &kTrailer, false);
  strcpy(rec.engine, "s");
  u8 room[1472];
  ip_vs_sync_writer w;
  ip_vs_sync_begin(&w, room, sizeof room, 1, 1, 0);
  ASSERT_EQ(ip_vs_sync_write(&w, &rec), IP_VS_SYNC_WRITTEN);
  const unsigned len = ip_vs_sync_finish(&w, nullptr);
  const SyncRead read = ReadSync({room, room + len});
  EXPECT_FALSE(read.reader.has_trailer);
  EXPECT_EQ(read.records.size(), 1u);
}

TEST(SyncTrailer, CanBeReplacedWhenTheMessageIsSent) {
  for (bool has_tag : {false, true}) {
    SyncBytes message = WithTrailer(SyncFile("01-v1-ipv4-tcp-droute-established"), has_tag);
    ip_vs_sync_trailer later = kTrailer;
    later.sequence = 7;
    ip_vs_sync_restamp(message.data(), message.size(), has_tag, &later);
    const SyncRead read = ReadSync(message);
    ASSERT_TRUE(read.reader.has_trailer);
    EXPECT_TRUE(read.reader.trailer == later);
    EXPECT_EQ(read.reader.tag != nullptr, has_tag);
  }
}

// --- keys

TEST(SyncAdmit, WithoutAKeyEverything) {
  for (const SyncBytes& message :
       {SyncFile("01-v1-ipv4-tcp-droute-established"), WithTrailer(SyncFile("14-v0-ipv4-tcp-masq-established"), false),
        WithTrailer(SyncFile("01-v1-ipv4-tcp-droute-established"), true)}) {
    const SyncRead read = ReadSync(message);
    EXPECT_EQ(ip_vs_sync_admit(&read.reader, false, nullptr), IP_VS_SYNC_FINE);
  }
}

TEST(SyncAdmit, WithAKeyOnlyTheRightTag) {
  const u8 sum[32] = {1, 2, 3}, other[32] = {1, 2, 4};
  const SyncBytes plain = SyncFile("01-v1-ipv4-tcp-droute-established");
  for (const SyncBytes& message : {plain, WithTrailer(plain, false)}) {
    const SyncRead read = ReadSync(message);
    EXPECT_EQ(ip_vs_sync_admit(&read.reader, true, sum), IP_VS_SYNC_NO_TAG);
  }
  SyncBytes message = WithTrailer(plain, true);
  std::copy(sum, sum + 32, message.end() - 32);
  const SyncRead read = ReadSync(message);
  EXPECT_EQ(ip_vs_sync_admit(&read.reader, true, sum), IP_VS_SYNC_FINE);
  EXPECT_EQ(ip_vs_sync_admit(&read.reader, true, other), IP_VS_SYNC_BAD_TAG);
  EXPECT_EQ(ip_vs_sync_admit(&read.reader, true, nullptr), IP_VS_SYNC_BAD_TAG);
}

TEST(SyncAdmit, EveryByteOfATagCounts) {
  u8 a[32] = {}, b[32] = {};
  EXPECT_TRUE(ip_vs_sync_tag_is(a, b));
  for (int bit = 0; bit < 256; bit++) {
    b[bit / 8] = 1 << bit % 8;
    EXPECT_FALSE(ip_vs_sync_tag_is(a, b)) << bit;
    b[bit / 8] = 0;
  }
}

// --- numbers

/// What came, and what is missing.
struct Step {
  u64 sequence;
  bool is_new;
  u64 lost;
};

void Walk(std::vector<Step> steps) {
  ip_vs_sync_window w{};
  for (const Step& step : steps) {
    EXPECT_EQ(ip_vs_sync_window_take(&w, step.sequence), step.is_new) << step.sequence;
    EXPECT_EQ(w.lost, step.lost) << step.sequence;
  }
}

TEST(SyncWindow, InOrder) { Walk({{1, true, 0}, {2, true, 0}, {3, true, 0}}); }

TEST(SyncWindow, TheFirstLeavesNothingOut) { Walk({{1000, true, 0}, {1001, true, 0}, {999, false, 0}, {1, false, 0}}); }

TEST(SyncWindow, Repetitions) {
  Walk({{5, true, 0}, {5, false, 0}, {6, true, 0}, {6, false, 0}, {5, false, 0}, {0, false, 0}});
}

TEST(SyncWindow, GapsAreCountedUntilTheyClose) {
  Walk({{1, true, 0}, {4, true, 2}, {3, true, 1}, {3, false, 1}, {2, true, 0}, {5, true, 0}});
}

TEST(SyncWindow, WhatIsTooLateIsLost) {
  Walk({{1, true, 0}, {3, true, 1}, {65, true, 62}, {2, true, 61}, {66, true, 61}, {2, false, 61}});
  Walk({{1, true, 0}, {3, true, 1}, {66, true, 63}, {2, false, 63}});
}

TEST(SyncWindow, AJumpForgetsWhatWasBehindIt) {
  Walk({{1, true, 0}, {64, true, 62}, {1, false, 62}});
  Walk({{1, true, 0}, {65, true, 63}, {1, false, 63}, {2, true, 62}});
  Walk({{1, true, 0}, {1'000'000, true, 999'998}, {1, false, 999'998}, {999'999, true, 999'997}});
  Walk({{1, true, 0}, {~u64{0}, true, ~u64{0} - 2}, {~u64{0}, false, ~u64{0} - 2}, {1, false, ~u64{0} - 2}});
}

TEST(SyncWindow, LikeASetOfAllNumbers) {
  std::mt19937 dice(1);
  for (int round = 0; round < 200; round++) {
    ip_vs_sync_window w{};
    std::set<u64> seen;
    u64 top = 0, first = 0;
    for (int i = 0; i < 500; i++) {
      const u64 sequence = top + 1 + dice() % 90 > 80 ? top + 80 - dice() % 80 - dice() % 75 + 1 : 1 + dice() % 5;
      if (sequence == 0 || sequence > top + 1000) continue;
      const bool is_new = sequence > top ? true
                          : top - sequence >= IP_VS_SYNC_WINDOW || sequence < first ? false
                                                                                     : !seen.contains(sequence);
      ASSERT_EQ(ip_vs_sync_window_take(&w, sequence), is_new) << sequence << " after " << top;
      if (!top) first = sequence;
      if (is_new) seen.insert(sequence);
      top = std::max(top, sequence);
      ASSERT_EQ(w.top, top);
      ASSERT_EQ(w.lost, top - first + 1 - seen.size());
    }
  }
}

TEST(SyncClock, TwoMinutesEitherWay) {
  const u64 now = 1'800'000'000'000;
  EXPECT_TRUE(ip_vs_sync_is_timely(now, now));
  EXPECT_TRUE(ip_vs_sync_is_timely(now - 120'000, now));
  EXPECT_TRUE(ip_vs_sync_is_timely(now + 120'000, now));
  EXPECT_FALSE(ip_vs_sync_is_timely(now - 120'001, now));
  EXPECT_FALSE(ip_vs_sync_is_timely(now + 120'001, now));
  EXPECT_FALSE(ip_vs_sync_is_timely(0, now));
  EXPECT_FALSE(ip_vs_sync_is_timely(~u64{0}, now));
}

// --- messages of our own

const std::string kTrailerHex = "c549565301000920" "0102030405060708" "1112131415161718" "2122232425262728";

/// Opened as a receiver does, from a buffer that ends where the message ends.
ip_vs_sync_reader Open(const SyncBytes& message) {
  const SyncRead read = ReadSync(message);
  EXPECT_TRUE(read.faults.empty()) << Hex(message);
  EXPECT_EQ(read.reader.kind, IP_VS_SYNC_OURS);
  EXPECT_TRUE(read.reader.has_trailer);
  return read.reader;
}

SyncBytes Own(unsigned len, const u8* room) { return {room, room + len}; }

TEST(SyncOwn, Heartbeat) {
  u8 room[IP_VS_SYNC_OWN_MAX];
  const ip_vs_sync_heartbeat body = {2000, 70000, 3, 1, 4, 2, 0x0102030405060708, 0x11121314};
  const SyncBytes message = Own(ip_vs_sync_write_heartbeat(room, 17, &body, &kTrailer, false), room);
  EXPECT_EQ(Hex(message), "0011004801800020" "000007d0" "00011170" "00000003" "01040200" "0102030405060708" "1112131400000000" +
                              kTrailerHex);
  const ip_vs_sync_reader r = Open(message);
  EXPECT_EQ(r.own_kind, IP_VS_SYNC_HEARTBEAT);
  ip_vs_sync_heartbeat read{};
  ASSERT_EQ(ip_vs_sync_read_heartbeat(&r, &read), IP_VS_SYNC_FINE);
  EXPECT_EQ(read.interval_ms, 2000u);
  EXPECT_EQ(read.entries, 70000u);
  EXPECT_EQ(read.queued, 3u);
  EXPECT_EQ(read.roles, 1);
  EXPECT_EQ(read.threads, 4);
  EXPECT_EQ(read.role, 2);
  EXPECT_EQ(read.told, body.told);
  EXPECT_EQ(read.age_ms, body.age_ms);
}

/// What a receiver makes of heartbeats.
struct SyncPulse : testing::Test {
  ip_vs_sync_pulse p{};
  u64 now = 1000000;

  void Beat(u64 told, s64 way_ms, u64 instance = 1, u32 age_ms = 0) {
    const ip_vs_sync_heartbeat beat = {1000, 7, 2, 1, 4, 1, told, age_ms};
    ip_vs_sync_pulse_beat(&p, &beat, instance, now - static_cast<u64>(way_ms), now);
    now += 1000;
  }
};

TEST_F(SyncPulse, WhatWasToldAndDidNotComeIsLost) {
  p.messages = 5;
  Beat(100, 0);
  EXPECT_EQ(p.lost, 0u) << "what was before is nobody's loss";
  p.messages += 3;
  Beat(103, 0);
  EXPECT_EQ(p.lost, 0u);
  p.messages += 2;
  Beat(106, 0);
  EXPECT_EQ(p.lost, 1u);
  p.messages += 1;
  Beat(106, 0);
  EXPECT_EQ(p.lost, 0u) << "it came late";
  p.messages += 9;
  Beat(107, 0);
  EXPECT_EQ(p.lost, 0u) << "no less than nothing";
  EXPECT_EQ(p.interval_ms, 1000u);
  EXPECT_EQ(p.entries, 7u);
  EXPECT_EQ(p.queued, 2u);
  EXPECT_EQ(p.threads, 4);
}

TEST_F(SyncPulse, AnotherDaemonBeginsAnew) {
  Beat(100, 0);
  Beat(105, 0);
  EXPECT_EQ(p.lost, 5u);
  Beat(3, 0, 2);
  EXPECT_EQ(p.lost, 0u);
  Beat(4, 0, 2);
  EXPECT_EQ(p.lost, 1u);
  Beat(2, 0, 2);
  EXPECT_EQ(p.lost, 0u) << "one that counts backwards";
  EXPECT_EQ(p.beats, 1u);
}

TEST_F(SyncPulse, TheLagIsWhatIsBeyondTheLeastWhateverClocksSay) {
  for (const s64 clock : {s64{0}, s64{-3600000}, s64{86400000}}) {
    p = {};
    Beat(0, clock + 5);
    EXPECT_EQ(p.lag_ms, 0u);
    Beat(0, clock + 9);
    EXPECT_EQ(p.lag_ms, 4u);
    Beat(0, clock + 2);
    EXPECT_EQ(p.lag_ms, 0u);
    Beat(0, clock + 52, 1, 300);
    EXPECT_EQ(p.lag_ms, 350u) << "with what waits there";
  }
}

TEST_F(SyncPulse, AClockThatWasSetIsForgotten) {
  Beat(0, 0);
  for (int i = 1; i < 2 * IP_VS_SYNC_BEATS_KEPT; i++) Beat(0, 9000);
  EXPECT_EQ(p.lag_ms, 9000u);
  Beat(0, 9000);
  EXPECT_EQ(p.lag_ms, 0u);
  Beat(0, -20000);
  EXPECT_EQ(p.lag_ms, 0u) << "the other way at once";
}

TEST_F(SyncPulse, AnyNumbersAreTaken) {
  for (const u64 sent : {u64{0}, ~u64{0}, u64{1} << 63, (u64{1} << 63) - 1})
    for (const u64 told : {u64{0}, ~u64{0}}) {
      const ip_vs_sync_heartbeat beat = {0xffffffff, 0xffffffff, 0xffffffff, 255, 255, 1, told, 0xffffffff};
      ip_vs_sync_pulse_beat(&p, &beat, 1, sent, now);
      EXPECT_EQ(p.lag_ms, 0xffffffffu);
    }
  EXPECT_TRUE(ip_vs_sync_pulse_is_alive(&p, 0xffffffff));
}

TEST_F(SyncPulse, WhoIsSilentForThreeIntervalsIsGone) {
  Beat(0, 0);
  EXPECT_TRUE(ip_vs_sync_pulse_is_alive(&p, 0));
  EXPECT_TRUE(ip_vs_sync_pulse_is_alive(&p, 3000));
  EXPECT_FALSE(ip_vs_sync_pulse_is_alive(&p, 3001));
}

TEST(SyncOwn, WantTable) {
  u8 room[IP_VS_SYNC_OWN_MAX];
  const ip_vs_sync_want_table body = {0x0a0b0c0d0e0f1011, 5};
  const SyncBytes message = Own(ip_vs_sync_write_want_table(room, 1, &body, &kTrailer, true), room);
  EXPECT_EQ(message.size(), 8u + 12 + 64);
  EXPECT_EQ(Hex({message.begin(), message.begin() + 20}), "000100540280000c" "0a0b0c0d0e0f1011" "00000005");
  const ip_vs_sync_reader r = Open(message);
  EXPECT_EQ(r.own_kind, IP_VS_SYNC_WANT_TABLE);
  EXPECT_EQ(r.tag, message.data() + message.size() - 32);
  ip_vs_sync_want_table read{};
  ASSERT_EQ(ip_vs_sync_read_want_table(&r, &read), IP_VS_SYNC_FINE);
  EXPECT_EQ(read.to, body.to);
  EXPECT_EQ(read.request, 5u);
}

TEST(SyncOwn, Table) {
  u8 room[IP_VS_SYNC_OWN_MAX];
  const ip_vs_sync_table body = {1, 2, 3, 4, IP_VS_SYNC_TABLE_END};
  SyncBytes message = Own(ip_vs_sync_write_table(room, 1, &body, &kTrailer, false), room);
  EXPECT_EQ(Hex({message.begin(), message.begin() + 32}),
            "0001004003800018" "0000000000000001" "00000002" "00000003" "00000004" "02000000");
  ip_vs_sync_reader r = Open(message);
  EXPECT_EQ(r.own_kind, IP_VS_SYNC_TABLE);
  ip_vs_sync_table read{};
  ASSERT_EQ(ip_vs_sync_read_table(&r, &read), IP_VS_SYNC_FINE);
  EXPECT_EQ(read.to, 1u);
  EXPECT_EQ(read.request, 2u);
  EXPECT_EQ(read.sent, 3u);
  EXPECT_EQ(read.total, 4u);
  EXPECT_EQ(read.phase, IP_VS_SYNC_TABLE_END);
  message[28] = 3;
  r = Open(message);
  EXPECT_EQ(ip_vs_sync_read_table(&r, &read), IP_VS_SYNC_BODY);
}

TEST(SyncOwn, Servers) {
  ip_vs_sync_server servers[2] = {};
  servers[0].is_gone = true;
  servers[0].protocol = IPPROTO_TCP;
  servers[0].vport = htons(80);
  servers[0].dport = htons(8080);
  inet_pton(AF_INET, "10.1.0.100", &servers[0].vaddr);
  inet_pton(AF_INET, "10.2.0.1", &servers[0].daddr);
  servers[1].is_v6 = servers[1].is_service_v6 = true;
  servers[1].fwmark = 7;
  inet_pton(AF_INET6, "fd02::1", &servers[1].daddr);
  u8 room[IP_VS_SYNC_OWN_MAX + IP_VS_SYNC_SERVER_ENTRY_LEN];
  const SyncBytes message = Own(ip_vs_sync_write_servers(room, 1, servers, 2, &kTrailer, false), room);
  EXPECT_EQ(Hex({message.begin(), message.begin() + 96}),
            "0001008004800058"
            "04060000" "00000000" "0050" "1f90" "0a010064" + std::string(24, '0') + "0a020001" + std::string(24, '0') +
            "03000000" "00000007" "0000" "0000" + std::string(32, '0') + "fd020000000000000000000000000001");
  ip_vs_sync_reader r = Open(message);
  EXPECT_EQ(r.own_kind, IP_VS_SYNC_SERVERS);
  for (const ip_vs_sync_server& server : servers) {
    ip_vs_sync_server read;
    ASSERT_TRUE(ip_vs_sync_next_server(&r, &read));
    EXPECT_EQ(read.is_gone, server.is_gone);
    EXPECT_EQ(read.is_v6, server.is_v6);
    EXPECT_EQ(read.is_service_v6, server.is_service_v6);
    EXPECT_EQ(read.protocol, server.protocol);
    EXPECT_EQ(read.fwmark, server.fwmark);
    EXPECT_EQ(read.vport, server.vport);
    EXPECT_EQ(read.dport, server.dport);
    EXPECT_EQ(memcmp(&read.vaddr, &server.vaddr, 16), 0);
    EXPECT_EQ(memcmp(&read.daddr, &server.daddr, 16), 0);
  }
  ip_vs_sync_server read;
  EXPECT_FALSE(ip_vs_sync_next_server(&r, &read));
}

TEST(SyncOwn, MayGrow) {
  u8 room[IP_VS_SYNC_OWN_MAX];
  const ip_vs_sync_heartbeat body = {2000, 1, 2, 3, 4, 1, 5, 6};
  SyncBytes message = Own(ip_vs_sync_write_heartbeat(room, 1, &body, &kTrailer, false), room);
  message.insert(message.begin() + 40, {1, 2, 3});
  message[3] += 3;
  message[7] += 3;
  const ip_vs_sync_reader r = Open(message);
  ip_vs_sync_heartbeat read{};
  EXPECT_EQ(ip_vs_sync_read_heartbeat(&r, &read), IP_VS_SYNC_FINE);
  EXPECT_EQ(read.threads, 4);
}

TEST(SyncOwn, NoneWithoutATrailerOrItsBody) {
  u8 room[IP_VS_SYNC_OWN_MAX];
  const ip_vs_sync_heartbeat body = {};
  const SyncBytes message = Own(ip_vs_sync_write_heartbeat(room, 1, &body, &kTrailer, false), room);
  SyncBytes other(message.begin(), message.end() - 32);
  other[3] -= 32;
  EXPECT_EQ(ReadSync(other).faults, std::vector<std::string>{"body!"});
  for (u8 body_len : {0, 31, 33, 64, 65, 255}) {
    other = message;
    other[7] = body_len;
    EXPECT_EQ(ReadSync(other).faults, std::vector<std::string>{"body!"}) << int(body_len);
  }
  // a body that is shorter than its kind's
  const ip_vs_sync_want_table shorter = {};
  other = Own(ip_vs_sync_write_want_table(room, 1, &shorter, &kTrailer, false), room);
  const ip_vs_sync_reader r = Open(other);
  ip_vs_sync_heartbeat heartbeat;
  ip_vs_sync_table table;
  EXPECT_EQ(ip_vs_sync_read_heartbeat(&r, &heartbeat), IP_VS_SYNC_BODY);
  EXPECT_EQ(ip_vs_sync_read_table(&r, &table), IP_VS_SYNC_BODY);
}

/// To an old receiver it is of version 0, and has no records: its first byte is 0, and it is not of version 1.
TEST(SyncOwn, OldReceiversSeeNoRecords) {
  u8 room[IP_VS_SYNC_OWN_MAX];
  const ip_vs_sync_heartbeat body = {};
  const SyncBytes message = Own(ip_vs_sync_write_heartbeat(room, 1, &body, &kTrailer, false), room);
  EXPECT_EQ(message[0], 0);
  EXPECT_NE(message[5], 1);
  EXPECT_EQ(message[2] << 8 | message[3], static_cast<int>(message.size()));
}

}  // namespace
