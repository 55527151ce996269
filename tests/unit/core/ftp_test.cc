// SPDX-License-Identifier: GPL-2.0-or-later
// What the lines of FTP say about data connections, and sequence numbers when their lengths have changed.
extern "C" {
#include "core/ftp.h"
#include "core/seq_adjust.h"
}

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <string>
#include <vector>

namespace {

// "address port text", as far as there is an address.
struct End {
  std::string addr, text;
  int port;
  bool operator==(const End&) const = default;
};

std::ostream& operator<<(std::ostream& out, const End& end) {
  return out << end.addr << ' ' << end.port << " '" << end.text << '\'';
}

End make_end(const ip_vs_ftp_end& end, bool v6, const std::string& payload) {
  char name[INET6_ADDRSTRLEN] = "";
  if (end.has_addr) inet_ntop(v6 ? AF_INET6 : AF_INET, end.addr, name, sizeof name);
  return {name, payload.substr(end.at, end.len), end.port};
}

// From a buffer that ends where the payload ends: a byte too far is a sanitizer's business.
struct Request {
  ip_vs_ftp_mode mode;
  std::optional<End> end;
};
Request read_request(const std::string& payload, bool v6 = false) {
  const std::vector<u8> bytes(payload.begin(), payload.end());
  ip_vs_ftp_end end{};
  const ip_vs_ftp_mode mode = ip_vs_ftp_read_request(bytes.data(), bytes.size(), v6, &end);
  if (mode != IP_VS_FTP_ACTIVE) return {mode, {}};
  return {mode, make_end(end, v6, payload)};
}
ip_vs_ftp_mode mode_of(const std::string& payload, bool v6 = false) { return read_request(payload, v6).mode; }

std::optional<End> read_reply(const std::string& payload, ip_vs_ftp_mode mode, bool v6 = false) {
  const std::vector<u8> bytes(payload.begin(), payload.end());
  ip_vs_ftp_end end{};
  if (!ip_vs_ftp_read_reply(bytes.data(), bytes.size(), mode, v6, &end)) return {};
  return make_end(end, v6, payload);
}
std::optional<End> passive(const std::string& payload) { return read_reply(payload, IP_VS_FTP_PASSIVE); }
std::optional<End> extended(const std::string& payload, bool v6 = false) {
  return read_reply(payload, IP_VS_FTP_EXTENDED, v6);
}

TEST(FtpRequest, APassiveModeIsAskedFor) {
  EXPECT_EQ(mode_of("PASV\r\n"), IP_VS_FTP_PASSIVE);
  EXPECT_EQ(mode_of("pAsV\r\n"), IP_VS_FTP_PASSIVE);
  EXPECT_EQ(mode_of("TYPE I\r\nPASV\r\n"), IP_VS_FTP_PASSIVE) << "behind another command";
  EXPECT_EQ(mode_of("PASV\r\n", true), IP_VS_FTP_NONE) << "not over IPv6";
  EXPECT_EQ(mode_of("PASV\n"), IP_VS_FTP_NONE);
  EXPECT_EQ(mode_of("PASV\r"), IP_VS_FTP_NONE) << "not complete";
  EXPECT_EQ(mode_of("EPSV\r\n"), IP_VS_FTP_EXTENDED);
  EXPECT_EQ(mode_of("epsv\r\n", true), IP_VS_FTP_EXTENDED);
  EXPECT_EQ(mode_of("EPSV 1\r\n"), IP_VS_FTP_EXTENDED);
  EXPECT_EQ(mode_of("EPSV 2\r\n", true), IP_VS_FTP_EXTENDED);
  EXPECT_EQ(mode_of("EPSV 2\r\n"), IP_VS_FTP_NONE) << "of the other family";
  EXPECT_EQ(mode_of("EPSV 1\r\n", true), IP_VS_FTP_NONE);
  EXPECT_EQ(mode_of("EPSV ALL\r\n"), IP_VS_FTP_NONE);
  EXPECT_EQ(mode_of("EPSV 1"), IP_VS_FTP_NONE);
  EXPECT_EQ(mode_of("EPSV"), IP_VS_FTP_NONE);
  EXPECT_EQ(mode_of("P"), IP_VS_FTP_NONE);
  EXPECT_EQ(mode_of(""), IP_VS_FTP_NONE);
  EXPECT_EQ(mode_of("EPSV ALL\r\nPASV\r\n"), IP_VS_FTP_NONE) << "who has said so must not";
}

TEST(FtpRequest, Port) {
  EXPECT_EQ(read_request("PORT 10,1,0,77,20,1\r\n").end, (End{"10.1.0.77", "10,1,0,77,20,1", 5121}));
  EXPECT_EQ(read_request("port   255,255,255,255,255,255\r\n").end,
            (End{"255.255.255.255", "255,255,255,255,255,255", 65535}));
  EXPECT_EQ(read_request("PORT 010,001,0,0077,20,1\r\n").end, (End{"10.1.0.77", "010,001,0,0077,20,1", 5121}));
  for (const char* text : {"PORT", "PORT ", "PORT 10,1,0,77,20,1", "PORT 10,1,0,77,20\r\n", "PORT 10,1,0,77,,1\r\n",
                           "PORT 256,1,0,77,20,1\r\n", "PORT 10,1,0,77,20,4294967297\r\n", "PORT 10.1.0.77,20,1\r\n",
                           "PORT -1,1,0,77,20,1\r\n", "PORT 10, 1,0,77,20,1\r\n", "PORT10,1,0,77,20,1\r\n",
                           "\r\nPORT 10,1,0,77,20,1\r\n", "XPORT 10,1,0,77,20,1\r\n", "PORT a,1,0,77,20,1\r\n"})
    EXPECT_EQ(mode_of(text), IP_VS_FTP_NONE) << text;
  EXPECT_EQ(mode_of("PORT 10,1,0,77,20,1\r\n", true), IP_VS_FTP_NONE) << "not over IPv6";
}

TEST(FtpRequest, ExtendedPort) {
  EXPECT_EQ(read_request("EPRT |1|10.1.0.77|5121|\r\n").end, (End{"10.1.0.77", "|1|10.1.0.77|5121|", 5121}));
  EXPECT_EQ(read_request("eprt !1!10.1.0.77!65535!").end, (End{"10.1.0.77", "!1!10.1.0.77!65535!", 65535}));
  EXPECT_EQ(read_request("EPRT |2|fd01::77|5121|\r\n", true).end, (End{"fd01::77", "|2|fd01::77|5121|", 5121}));
  EXPECT_EQ(read_request("EPRT |2|::ffff:10.1.0.77|1|\r\n", true).end,
            (End{"::ffff:10.1.0.77", "|2|::ffff:10.1.0.77|1|", 1}));
  for (const char* text : {"EPRT |2|10.1.0.77|5121|\r\n", "EPRT |1|fd01::77|5121|\r\n", "EPRT |1||5121|\r\n",
                           "EPRT |||5121|\r\n", "EPRT |1|10.1.0.77|5121\r\n", "EPRT |1|10.1.0.77|0|\r\n",
                           "EPRT |1|10.1.0.77|65536|\r\n", "EPRT |1|10.1.0.77|4294967297|\r\n", "EPRT |1|10.1.0|5121|\r\n",
                           "EPRT |1|10.1.0.256|5121|\r\n", "EPRT |1!10.1.0.77|5121|\r\n", "EPRT \x7f" "1\x7f" "10.1.0.77\x7f" "5\x7f",
                           "EPRT", "EPRT |", "EPRT |1", "EPRT |1|", "EPRT |1|10.1.0.77|", "EPRT |1|10.1.0.77|5121"})
    EXPECT_EQ(mode_of(text), IP_VS_FTP_NONE) << text;
}

// What the library reads as an address is read as that one here.
TEST(FtpRequest, AddressesOfIpv6AreReadAsOthersReadThem) {
  std::mt19937 random(7);
  const std::string pieces[] = {":", "::", "1", "fd01", "7", "ffff", "10.1.0.77", "ab", "1.2.3"};
  int right = 0;
  for (int i = 0; i < 200000; i++) {
    std::string text;
    for (unsigned n = random() % 16 + 1; n; n--) text += pieces[random() % 16 < 8 ? 0 : random() % std::size(pieces)];
    u8 wanted[16], got[16];
    const std::vector<u8> bytes(text.begin(), text.end());
    ip_vs_text rest{bytes.data(), bytes.data() + bytes.size()};
    bool is_read = ip_vs_ftp_read_addr6(&rest, got) && rest.at == rest.end;
    bool is_right = inet_pton(AF_INET6, text.c_str(), wanted) == 1;
    right += is_right;
    ASSERT_EQ(is_read, is_right) << text;
    if (is_right) {
      ASSERT_EQ(memcmp(wanted, got, 16), 0) << text;
    }
  }
  EXPECT_GT(right, 1000);
  for (const char* text : {"::", "::1", "1::", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "1::8",
                           "1:2:3:4:5:6:1.2.3.4", "::1.2.3.4", "FD01::AbCd"}) {
    u8 wanted[16], got[16];
    ip_vs_text rest{reinterpret_cast<const u8*>(text), reinterpret_cast<const u8*>(text) + strlen(text)};
    ASSERT_EQ(inet_pton(AF_INET6, text, wanted), 1);
    EXPECT_TRUE(ip_vs_ftp_read_addr6(&rest, got) && rest.at == rest.end) << text;
    EXPECT_EQ(memcmp(wanted, got, 16), 0) << text;
  }
}

TEST(FtpReply, Passive) {
  const End end{"10.2.1.11", "10,2,1,11,39,17", 10001};
  EXPECT_EQ(passive("227 Entering Passive Mode (10,2,1,11,39,17).\r\n"), end);
  EXPECT_EQ(passive("227 Entering Passive Mode 10,2,1,11,39,17\r\n"), end);
  EXPECT_EQ(passive("227 =10,2,1,11,39,17\r\n"), end);
  EXPECT_EQ(passive("227 ((10,2,1,11,39,17)\r\n"), end);
  for (const char* text : {"227", "227 ", "227 x", "227 (", "227 (10,2,1,11,39,17", "227 (10,2,1,11,39)\r\n",
                           "227 (10,2,1,11,39,256)\r\n", "227 (10,2,1,11,,17)\r\n", "227 (10,2,1,11,39,99999999999)\r\n",
                           "227-(10,2,1,11,39,17)\r\n", "228 (10,2,1,11,39,17)\r\n", "x227 (10,2,1,11,39,17)\r\n",
                           "227 in 5 s (10,2,1,11,39,17)\r\n", "227 (|||10001|)\r\n"})
    EXPECT_EQ(passive(text), std::nullopt) << text;
}

TEST(FtpReply, Extended) {
  EXPECT_EQ(extended("229 Entering Extended Passive Mode (|||6446|)\r\n"), (End{"", "|||6446|", 6446}));
  EXPECT_EQ(extended("229 Extended (|||6446|)\r\n", true), (End{"", "|||6446|", 6446}));
  EXPECT_EQ(extended("229 in 5 s (!!!6446!)\r\n"), (End{"", "!!!6446!", 6446}));
  EXPECT_EQ(extended("229 (|1|10.2.1.11|6446|)\r\n"), (End{"10.2.1.11", "|1|10.2.1.11|6446|", 6446}));
  EXPECT_EQ(extended("229 (|2|fd02:1::11|6446|)\r\n", true), (End{"fd02:1::11", "|2|fd02:1::11|6446|", 6446}));
  for (const char* text : {"229", "229 ", "229 (", "229 (|", "229 (||", "229 (|||", "229 (|||6446", "229 (|||0|)\r\n",
                           "229 (|||65536|)\r\n", "229 (|||99999999999999999999|)\r\n", "229 (|2||6446|)\r\n", "229 (|1||6446|)\r\n", "229 (||10.2.1.11|6446|)\r\n",
                           "229 |||6446|\r\n", "229 (||6446|)\r\n", "227 (|||6446|)\r\n", "229 (10,2,1,11,39,17)\r\n"})
    EXPECT_EQ(extended(text), std::nullopt) << text;
}

TEST(FtpReply, WhatIsWrittenIsRead) {
  for (u8 a : {0, 9, 10, 99, 100, 255})
    for (int port : {1, 9, 10, 255, 256, 9999, 10000, 65535}) {
      const u8 addr[4] = {a, 0, 255, a};
      u8 text[IP_VS_FTP_REPLY_MAX];
      std::string name = std::to_string(a) + ".0.255." + std::to_string(a);
      unsigned len = ip_vs_ftp_write_reply(text, IP_VS_FTP_PASSIVE, addr, port);
      ASSERT_LE(len, sizeof text);
      std::string written(text, text + len);
      EXPECT_EQ(passive("227 (" + written + ")"), (End{name, written, port}));
      len = ip_vs_ftp_write_reply(text, IP_VS_FTP_EXTENDED, addr, port);
      ASSERT_LE(len, sizeof text);
      EXPECT_EQ(std::string(text, text + len), "|||" + std::to_string(port) + "|");
    }
}

TEST(TextNumber, NoNumberOfDigitsMakesItWrap) {
  for (const char* text : {"65536", "4294967296", "18446744073709551616", "00000000000000000065536"}) {
    ip_vs_text rest{reinterpret_cast<const u8*>(text), reinterpret_cast<const u8*>(text) + strlen(text)};
    unsigned value;
    EXPECT_FALSE(ip_vs_text_read_number(&rest, 10, 65535, &value)) << text;
  }
}

// A sender's packets, one of which is changed at a time, and what their receiver makes of them.
TEST(SeqAdjust, BothSidesSeeOneStream) {
  for (u32 start : {1000u, 0xfffffff0u, 0x7ffffff0u, 0u}) {
    ip_vs_seq_adjust adjust{};
    bool used = false;
    u32 sent = start, seen = start;
    for (int diff : {2, 0, -3, 7, 0, 0, -1, 20, -20}) {
      const u32 len = 40;
      if (diff) {
        EXPECT_TRUE(ip_vs_seq_note(&adjust, used, sent, diff));
      }
      used = used || diff;
      EXPECT_EQ(used ? ip_vs_seq_forward(&adjust, sent) : sent, seen);
      // the same packet comes again
      if (diff) {
        EXPECT_FALSE(ip_vs_seq_note(&adjust, used, sent, diff));
      }
      EXPECT_EQ(used ? ip_vs_seq_forward(&adjust, sent) : sent, seen);
      // acknowledged before and after it
      if (used && diff) {
        EXPECT_EQ(ip_vs_seq_back(&adjust, seen), sent);
      }
      sent += len;
      seen += len + diff;
      if (used) {
        EXPECT_EQ(ip_vs_seq_back(&adjust, seen), sent);
      }
    }
  }
}

TEST(SeqAdjust, NothingKnownOfChangesNothing) {
  ip_vs_seq_adjust none{};
  for (u32 seq : {0u, 1u, 0x80000000u, 0xffffffffu}) {
    EXPECT_EQ(ip_vs_seq_forward(&none, seq), seq);
    EXPECT_EQ(ip_vs_seq_back(&none, seq), seq);
  }
}

}  // namespace
