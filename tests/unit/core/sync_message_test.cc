// SPDX-License-Identifier: GPL-2.0-or-later
// Messages of records: those captured from the kernel's own module are read and written again byte by byte, and a
// receiver does with good and bad ones what that module does.
extern "C" {
#include "core/sctp_state.h"
#include "core/sync_message.h"
#include "core/sync_own.h"
#include "core/tcp_state.h"
}

#include "sync_bytes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

namespace {

/// Everything of a record in one line.
std::string Text(const ip_vs_sync_record& rec) {
  std::ostringstream s;
  s << int(rec.protocol) << ' ' << SyncAddress(rec, rec.caddr, rec.cport) << " > "
    << SyncAddress(rec, rec.vaddr, rec.vport) << " > " << SyncAddress(rec, rec.daddr, rec.dport) << std::hex
    << " flags " << rec.flags << std::dec << " state " << rec.state << " mark " << rec.fwmark << ' ' << rec.timeout
    << " s";
  if (rec.has_seq) {
    s << " seq" << std::hex;
    for (u32 number : rec.seq) s << ' ' << number;
    s << std::dec;
  }
  if (rec.engine_data)
    s << ' ' << rec.engine << '='
      << std::string(reinterpret_cast<const char*>(rec.engine_data), rec.engine_data_len);
  if (rec.has_time) s << " exactly " << rec.timeout_ms << " left " << rec.left_ms;
  if (rec.has_server) s << " server " << int(rec.server);
  return s.str();
}

std::vector<std::string> Texts(const SyncRead& read) {
  std::vector<std::string> all;
  for (const auto& rec : read.records) all.push_back(Text(rec));
  return all;
}

/// A buffer of just the size that is promised to suffice, and what is written into it.
struct Writer {
  SyncBytes room;
  ip_vs_sync_writer w{};

  Writer(unsigned limit, u8 version, u8 syncid = 1, unsigned trailer_len = 0)
      : room(std::max<unsigned>(limit, IP_VS_SYNC_MESSAGE_MIN_ROOM), 0xee) {
    ip_vs_sync_begin(&w, room.data(), limit, version, syncid, trailer_len);
  }
  ip_vs_sync_written Write(const ip_vs_sync_record& rec) { return ip_vs_sync_write(&w, &rec); }
  SyncBytes Finish(const ip_vs_sync_trailer* trailer = nullptr) {
    unsigned len = ip_vs_sync_finish(&w, trailer);
    EXPECT_LE(len, room.size());
    return {room.begin(), room.begin() + len};
  }
};

ip_vs_sync_record Record(bool is_v6 = false) {
  ip_vs_sync_record rec{};
  rec.is_v6 = is_v6;
  rec.protocol = IPPROTO_TCP;
  rec.state = IP_VS_TCP_ESTABLISHED;
  rec.cport = htons(40001);
  rec.vport = htons(80);
  rec.dport = htons(8080);
  rec.timeout = 900;
  inet_pton(is_v6 ? AF_INET6 : AF_INET, is_v6 ? "fd01::1" : "10.1.0.1", &rec.caddr);
  inet_pton(is_v6 ? AF_INET6 : AF_INET, is_v6 ? "fd01::100" : "10.1.0.100", &rec.vaddr);
  inet_pton(is_v6 ? AF_INET6 : AF_INET, is_v6 ? "fd02::1" : "10.2.0.1", &rec.daddr);
  return rec;
}

const u8 kData[256] = {'d'};

/// With everything that a record can have.
ip_vs_sync_record LargestRecord() {
  ip_vs_sync_record rec = Record(true);
  rec.flags = IP_VS_SYNC_F_SEQ_MASK;
  rec.engine_data = kData;
  rec.engine_data_len = IP_VS_SYNC_ENGINE_DATA_MAX;
  strcpy(rec.engine, "sixteen-letters!");
  rec.has_time = rec.has_server = true;
  return rec;
}

// --- captured messages

TEST(SyncGolden, AllAreReadAndWrittenAgain) {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kSyncData)) {
    if (entry.path().extension() != ".hex") continue;
    ++files;
    SCOPED_TRACE(entry.path().filename());
    const SyncBytes message = SyncFile(entry.path().stem());
    const SyncRead read = ReadSync(message);
    ASSERT_TRUE(read.faults.empty()) << read.faults[0];
    EXPECT_FALSE(read.reader.has_trailer);
    ASSERT_FALSE(read.records.empty());
    Writer again(1472, read.reader.kind == IP_VS_SYNC_RECORDS_V1, read.reader.syncid);
    for (const auto& rec : read.records) EXPECT_EQ(again.Write(rec), IP_VS_SYNC_WRITTEN);
    EXPECT_EQ(Hex(again.Finish()), Hex(message));
  }
  EXPECT_EQ(files, 16);
}

TEST(SyncGolden, SayWhatTheyAreKnownToSay) {
  using All = std::vector<std::string>;
  EXPECT_EQ(Texts(ReadSync(SyncFile("01-v1-ipv4-tcp-droute-established"))),
            (All{"6 10.1.0.1:40001 > 10.1.0.100:80 > 10.2.0.1:80 flags 83 state 1 mark 0 900 s"}));
  EXPECT_EQ(Texts(ReadSync(SyncFile("04-v1-ipv6-tcp-masq-established"))),
            (All{"6 [fd01::1]:40003 > [fd01::100]:80 > [fd02::1]:8080 flags 0 state 1 mark 0 900 s"}));
  EXPECT_EQ(Texts(ReadSync(SyncFile("08-v1-ipv4-fwmark-template"))),
            (All{"0 10.1.0.1:0 > 0.0.0.7:0 > 10.2.0.2:0 flags 1183 state 0 mark 7 60 s",
                 "0 10.1.0.1:0 > 0.0.0.7:0 > 10.2.0.2:0 flags 1183 state 1 mark 7 60 s",
                 "6 10.1.0.1:41001 > 10.1.0.100:443 > 10.2.0.2:443 flags 83 state 1 mark 7 900 s",
                 "0 10.1.0.1:0 > 0.0.0.7:0 > 10.2.0.2:0 flags 1183 state 1 mark 7 60 s"}));
  EXPECT_EQ(Texts(ReadSync(SyncFile("11-v1-pe-sip-template"))),
            (All{"17 10.1.0.1:0 > 10.1.0.100:5060 > 10.2.0.1:5060 flags 1183 state 0 mark 0 120 s "
                 "sip=3848276298220188511@atlanta.example.com"}));
  EXPECT_EQ(Texts(ReadSync(SyncFile("12-v1-sequence-option-and-padding")))[0],
            "6 10.1.0.1:42001 > 10.1.0.100:80 > 10.2.0.1:8080 flags 620 state 1 mark 0 900 s "
            "seq 11111111 22 33 44444444 55 66");
  EXPECT_EQ(Texts(ReadSync(SyncFile("13-v1-ipv4-tcp-conntrack-flag")))[0],
            "6 10.1.0.1:43001 > 10.1.0.100:80 > 10.2.0.1:8080 flags 10000 state 1 mark 0 900 s");
  EXPECT_EQ(Texts(ReadSync(SyncFile("15-v0-ipv4-connection-and-template"))),
            (All{"6 10.1.0.2:40015 > 10.1.0.100:82 > 10.2.0.2:82 flags 83 state 1 mark 0 0 s",
                 "6 10.1.0.2:0 > 10.1.0.100:82 > 10.2.0.2:82 flags 1183 state 1 mark 0 0 s"}));
  // in the byte order of the machine it was captured on, as of this one
  EXPECT_EQ(Texts(ReadSync(SyncFile("16-v0-sequence-data")))[0],
            "6 10.1.0.1:42001 > 10.1.0.100:80 > 10.2.0.1:8080 flags 620 state 1 mark 0 0 s "
            "seq 11111111 22 33 44444444 55 66");
}

// --- what a receiver does

std::string StateName(const ip_vs_sync_record& rec) {
  if (rec.flags & IP_VS_SYNC_F_TEMPLATE) return rec.state ? "ASSURED" : "NONE";
  switch (rec.protocol) {
    case IPPROTO_TCP: return ip_vs_tcp_state_name(rec.state);
    case IPPROTO_SCTP: return ip_vs_sctp_state_name(rec.state);
    case IPPROTO_UDP: return "UDP";
    default: return "ERR!";
  }
}

std::string ProtocolName(u8 protocol) {
  switch (protocol) {
    case IPPROTO_IP: return "IP";
    case IPPROTO_TCP: return "TCP";
    case IPPROTO_UDP: return "UDP";
    case IPPROTO_SCTP: return "SCTP";
    default: return "IP_" + std::to_string(protocol);
  }
}

u32 Seconds(const ip_vs_sync_record& rec) {
  if (rec.timeout) return rec.timeout;
  if (rec.flags & IP_VS_SYNC_F_TEMPLATE) return 180;
  switch (rec.protocol) {
    case IPPROTO_TCP: return ip_vs_tcp_default_timeout(rec.state);
    case IPPROTO_SCTP: return ip_vs_sctp_default_timeout(rec.state);
    case IPPROTO_UDP: return 300;
    default: return 180;
  }
}

std::string Entry(const ip_vs_sync_record& rec) {
  return ProtocolName(rec.protocol) + " " + SyncAddress(rec, rec.caddr, rec.cport) + ">" +
         SyncAddress(rec, rec.vaddr, rec.vport) + ">" + SyncAddress(rec, rec.daddr, rec.dport) + " " +
         StateName(rec) + " SYNC " + std::to_string(Seconds(rec)) + "s";
}

TEST(SyncReceive, AsTheKernelsOwnModule) {
  std::ifstream in(kSyncData + "receive-vectors.tsv");
  int vectors = 0;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("#")) continue;
    ++vectors;
    std::istringstream columns(line);
    std::string name, hex, expected;
    std::getline(columns, name, '\t');
    std::getline(columns, hex, '\t');
    std::getline(columns, expected);
    SCOPED_TRACE(name);
    std::string made;
    for (const auto& rec : ReadSync(FromHex(hex)).records) {
      // the caller's part: is the engine registered?
      if (rec.engine_data && rec.engine != std::string("sip")) continue;
      made += (made.empty() ? "" : "; ") + Entry(rec);
    }
    EXPECT_EQ(made.empty() ? "nothing" : made, expected);
  }
  EXPECT_EQ(vectors, 96);
}

/// Why nothing came of a message, by the names that are counted.
std::string Faults(const std::string& hex, u8 syncid = 0) {
  std::string all;
  for (const auto& fault : ReadSync(FromHex(hex), syncid).faults) all += (all.empty() ? "" : " ") + fault;
  return all;
}

/// A message of version 1 with these records, as hex.
std::string V1(int count, const std::string& records) {
  SyncBytes message = FromHex("0000000000010000" + records);
  message[3] = message.size() & 255;
  message[2] = message.size() >> 8;
  message[4] = count;
  return Hex(message);
}

std::string V0(int count, const std::string& records) {
  SyncBytes message = FromHex("00000000" + records);
  message[0] = count;
  message[3] = message.size();
  return Hex(message);
}

const std::string kRest = "00000000000101010050005000000000000000640a0100010a0100640a020001";
const std::string kGood = "00060024" + kRest;
const std::string kSeq = "000000010000000200000003000000040000000500000006";

TEST(SyncReceive, SaysWhy) {
  EXPECT_EQ(Faults(V1(1, kGood)), "");
  EXPECT_EQ(Faults(""), "short!");
  EXPECT_EQ(Faults("000003"), "short!");
  EXPECT_EQ(Faults("00000004"), "short-header!");
  EXPECT_EQ(Faults("0000000700010000"), "size!");
  EXPECT_EQ(Faults("0005000400", 7), "size!");
  EXPECT_EQ(Faults("0105000400", 7), "size!");
  EXPECT_EQ(Faults("01050004", 7), "syncid!");
  EXPECT_EQ(Faults("00000004", 7), "syncid!");
  EXPECT_EQ(Faults("01070004", 7), "v0-truncated!");
  EXPECT_EQ(Faults(V1(2, kGood)), "truncated!");
  EXPECT_EQ(Faults(V1(1, "00060025" + kRest)), "beyond!");
  EXPECT_EQ(Faults(V1(1, "0006f024" + kRest)), "record-version!");
  EXPECT_EQ(Faults(V1(1, "02060024" + kRest)), "type!");
  EXPECT_EQ(Faults(V1(1, "00060023" + kRest)), "record-size!");
  EXPECT_EQ(Faults(V1(1, "01060024" + kRest)), "record-size!");
  EXPECT_EQ(Faults(V1(1, "00060025" + kRest + "01")), "option!");
  EXPECT_EQ(Faults(V1(1, "00060026" + kRest + "0100")), "option-length!");
  EXPECT_EQ(Faults(V1(1, "00060028" + kRest + "44096162")), "option-length!");
  EXPECT_EQ(Faults(V1(1, "00060028" + kRest + "01020102")), "option-sequence!");
  EXPECT_EQ(Faults(V1(1, "00060058" + kRest + "0118" + kSeq + "4118" + kSeq)), "option-sequence!");
  EXPECT_EQ(Faults(V1(1, "0006002a" + kRest + "020161" "420161")), "option-engine-data!");
  EXPECT_EQ(Faults(V1(1, "0006002a" + kRest + "030161" "030161")), "option-engine-name!");
  EXPECT_EQ(Faults(V1(1, "00060037" + kRest + "0311" + std::string(34, '6'))), "option-engine-name!");
  EXPECT_EQ(Faults(V1(1, "00060028" + kRest + "04026162")), "unknown-option");
  EXPECT_EQ(Faults(V1(1, "00060028" + kRest + "84026162")), "unknown-option");
  EXPECT_EQ(Faults(V1(1, "00060027" + kRest + "020161")), "engine-unnamed");
  EXPECT_EQ(Faults(V1(1, "0006002400002000" + kRest.substr(8))), "flags");
  EXPECT_EQ(Faults(V1(1, "0006002400001800" + kRest.substr(8))), "flags");
  EXPECT_EQ(Faults(V1(1, "00630024" + kRest)), "protocol");
  EXPECT_EQ(Faults(V1(1, "00110024" + kRest)), "state");
  EXPECT_EQ(Faults(V0(1, "00")), "v0-truncated!");
  EXPECT_EQ(Faults(V0(1, "0006010100500050" "0a0100010a0100640a020001" "02000001" "00")), "v0-sequence!");
  EXPECT_EQ(Faults(V0(1, "0063010100500050" "0a0100010a0100640a020001" "00000001")), "protocol");
}

TEST(SyncReceive, TheFirstFaultDecides) {
  const std::string good6 = V1(1, kGood);
  // too large for the message, and of an unknown version and type
  EXPECT_EQ(Faults(V1(1, "0206f025" + kRest)), "beyond!");
  EXPECT_EQ(Faults(V1(1, "0206f023" + kRest)), "record-version!");
  EXPECT_EQ(Faults(V1(1, "02060023" + kRest)), "type!");
  // options are looked at one after the other, and before the flags
  EXPECT_EQ(Faults(V1(1, "00060028" + kRest + "04016101")), "unknown-option");
  EXPECT_EQ(Faults(V1(1, "0063002500002000" + kRest.substr(8) + "01")), "option!");
  EXPECT_EQ(Faults(V1(1, "0063002400002000" + kRest.substr(8))), "flags");
}

TEST(SyncReceive, ASkippedRecordIsFollowedByOthersAndABadOneIsNot) {
  const std::string skipped = "00630024" + kRest, bad = "02060024" + kRest;
  EXPECT_EQ(ReadSync(FromHex(V1(3, kGood + skipped + kGood))).records.size(), 2u);
  EXPECT_EQ(ReadSync(FromHex(V1(3, kGood + bad + kGood))).records.size(), 1u);
}

TEST(SyncReceive, WhatEveryReasonIsCalled) {
  std::vector<std::string> names;
  for (unsigned reason = 0; reason < IP_VS_SYNC_REASONS; reason++) {
    names.push_back(ip_vs_sync_reason_name(reason));
    EXPECT_NE(names.back(), "");
    const char* log = ip_vs_sync_reason_log(reason);
    // one number at most, and only where the header says so
    if (!log) continue;
    EXPECT_EQ(std::string(log).find('%') != std::string::npos, reason == IP_VS_SYNC_VERSION) << log;
  }
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end());
  EXPECT_STREQ(ip_vs_sync_reason_name(IP_VS_SYNC_REASONS), "unknown");
  EXPECT_EQ(ip_vs_sync_reason_log(IP_VS_SYNC_REASONS), nullptr);
  EXPECT_STREQ(ip_vs_sync_reason_log(IP_VS_SYNC_OPTION_NAME), "BACKUP, Dropping buffer, Err: -70 in decoding");
}

TEST(SyncReceive, KnowsHowLongAnEngineNameIs) {
  const SyncRead read = ReadSync(FromHex(V1(1, "0006003900001000" + kRest.substr(8) + "0310" +
                                                   std::string(32, '6') + "020161")));
  ASSERT_EQ(read.records.size(), 1u);
  EXPECT_STREQ(read.records[0].engine, "ffffffffffffffff");
}

// --- what a sender writes

TEST(SyncWrite, OneRecordAlwaysFits) {
  EXPECT_EQ(IP_VS_SYNC_RECORD_MAX, 373 + 13);
  ip_vs_sync_trailer trailer{};
  Writer w(1, 1, 1, IP_VS_SYNC_TRAILER_LEN + IP_VS_SYNC_TAG_LEN);
  EXPECT_EQ(w.Write(LargestRecord()), IP_VS_SYNC_WRITTEN);
  EXPECT_EQ(w.Write(Record()), IP_VS_SYNC_FULL);
  const SyncBytes message = w.Finish(&trailer);
  EXPECT_EQ(message.size(), size_t{IP_VS_SYNC_MESSAGE_MIN_ROOM});
  const SyncRead read = ReadSync(message);
  EXPECT_EQ(Texts(read), std::vector<std::string>{Text([] {
              ip_vs_sync_record rec = LargestRecord();
              rec.has_seq = true;
              return rec;
            }())});
  EXPECT_TRUE(read.reader.has_trailer);
}

unsigned RecordsIn(unsigned limit, u8 version, bool is_v6, unsigned trailer_len = 0) {
  Writer w(limit, version, 1, trailer_len);
  ip_vs_sync_trailer trailer{};
  unsigned n = 0;
  while (w.Write(Record(is_v6)) == IP_VS_SYNC_WRITTEN) n++;
  const SyncBytes message = w.Finish(trailer_len ? &trailer : nullptr);
  EXPECT_LE(message.size(), std::max(limit, 100u));
  EXPECT_EQ(ReadSync(message).records.size(), n);
  return n;
}

TEST(SyncWrite, AMessageDoesNotGrowBeyondItsLimit) {
  EXPECT_EQ(RecordsIn(1472, 1, false), 40u);
  EXPECT_EQ(RecordsIn(1452, 1, true), 20u);
  EXPECT_EQ(RecordsIn(1472, 0, false), 61u);
  EXPECT_EQ(RecordsIn(1, 1, false), 1u);
  EXPECT_EQ(RecordsIn(8 + 36 * 2, 1, false), 2u);
  EXPECT_EQ(RecordsIn(8 + 36 * 2 - 1, 1, false), 1u);
  EXPECT_EQ(RecordsIn(1472, 1, false, IP_VS_SYNC_TRAILER_LEN), 39u);
  EXPECT_EQ(RecordsIn(1472, 1, false, IP_VS_SYNC_TRAILER_LEN + IP_VS_SYNC_TAG_LEN), 38u);
}

TEST(SyncWrite, TheCountDoesNotWrap) {
  EXPECT_EQ(RecordsIn(65507, 1, false), 255u);
  EXPECT_EQ(RecordsIn(65487, 1, true), 255u);
  EXPECT_EQ(RecordsIn(65507, 0, false), 255u);
}

TEST(SyncWrite, PaddingStandsBetweenRecordsOnly) {
  ip_vs_sync_record odd = Record();
  odd.flags = IP_VS_SYNC_F_TEMPLATE;
  odd.engine_data = kData;
  odd.engine_data_len = 2;
  strcpy(odd.engine, "x");  // 36 + 4 + 3 bytes
  Writer w(1472, 1);
  ASSERT_EQ(w.Write(odd), IP_VS_SYNC_WRITTEN);
  ASSERT_EQ(w.Write(odd), IP_VS_SYNC_WRITTEN);
  const SyncBytes message = w.Finish();
  EXPECT_EQ(message.size(), 8u + 44 + 43);
  EXPECT_EQ(message[8 + 43], 0);
}

TEST(SyncWrite, SendsNoFlagOfItsOwn) {
  ip_vs_sync_record rec = Record();
  rec.flags = 0xffffffff & ~IP_VS_SYNC_F_SEQ_MASK & ~IP_VS_SYNC_F_ONE_PACKET & ~IP_VS_SYNC_F_NO_CPORT;
  for (u8 version : {0, 1}) {
    Writer w(1472, version);
    ASSERT_EQ(w.Write(rec), IP_VS_SYNC_WRITTEN);
    const SyncRead read = ReadSync(w.Finish());
    ASSERT_EQ(read.records.size(), 1u);
    EXPECT_EQ(read.records[0].flags, version ? 0x1d1bfu : 0xd1bfu);
  }
}

TEST(SyncWrite, Version0SaysNothingOfIpv6) {
  Writer w(1472, 0);
  EXPECT_EQ(w.Write(Record(true)), IP_VS_SYNC_INEXPRESSIBLE);
  EXPECT_EQ(w.Write(Record()), IP_VS_SYNC_WRITTEN);
  EXPECT_EQ(ReadSync(w.Finish()).records.size(), 1u);
}

TEST(SyncWrite, EngineDataGoesWithAName) {
  ip_vs_sync_record rec = Record();
  rec.engine_data = kData;
  rec.engine_data_len = 3;
  Writer w(1472, 1);
  ASSERT_EQ(w.Write(rec), IP_VS_SYNC_WRITTEN);
  EXPECT_EQ(w.Finish().size(), 44u);
}

TEST(SyncOption, ExactTimesAndTheServerAreRead) {
  ip_vs_sync_record rec = Record();
  rec.has_time = rec.has_server = true;
  rec.timeout_ms = 900'123;
  rec.left_ms = 4'000'000'000;
  rec.server = IP_VS_SYNC_SERVER_GONE;
  Writer w(1472, 1);
  ASSERT_EQ(w.Write(rec), IP_VS_SYNC_WRITTEN);
  const SyncBytes message = w.Finish();
  EXPECT_EQ(Hex({message.begin() + 44, message.end()}), "4408000dbc1bee6b2800" "450101");
  EXPECT_EQ(Texts(ReadSync(message)), std::vector<std::string>{Text(rec)});
}

TEST(SyncOption, OnesThatNobodySendsAreNotBelieved) {
  // too short for two times; then a second server
  const SyncRead read = ReadSync(FromHex(V1(1, "0006002f" + kRest + "4403616263" "450101" "450100")));
  ASSERT_EQ(read.records.size(), 1u);
  EXPECT_FALSE(read.records[0].has_time);
  EXPECT_EQ(read.records[0].server, IP_VS_SYNC_SERVER_GONE);
  // longer ones are of a later sender
  const SyncRead more = ReadSync(FromHex(V1(1, "0006002f" + kRest + "4409" "00000001" "00000002" "ff")));
  ASSERT_EQ(more.records.size(), 1u);
  EXPECT_EQ(more.records[0].timeout_ms, 1u);
  EXPECT_EQ(more.records[0].left_ms, 2u);
}

}  // namespace
