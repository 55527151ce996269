// SPDX-License-Identifier: GPL-2.0-or-later
// Messages about servers that were removed: which bodies are read, what is made of each server, and what is kept of them.
extern "C" {
#include "core/sync_gone.h"
#include "core/sync_message.h"
}

#include "sync_bytes.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <set>
#include <vector>

namespace {

constexpr ip_vs_sync_trailer kTrailer = {1, 2, 3, 0, false};

ip_vs_sync_server Server(const char* vaddr, u16 vport, const char* daddr, u16 dport, bool is_gone = true) {
  ip_vs_sync_server s{};
  s.is_v6 = s.is_service_v6 = strchr(daddr, ':');
  s.is_gone = is_gone;
  s.protocol = IPPROTO_TCP;
  s.vport = htons(vport);
  s.dport = htons(dport);
  inet_pton(s.is_v6 ? AF_INET6 : AF_INET, vaddr, &s.vaddr);
  inet_pton(s.is_v6 ? AF_INET6 : AF_INET, daddr, &s.daddr);
  return s;
}

ip_vs_sync_server Marked(u32 mark, const char* daddr, u16 dport, bool is_gone = true) {
  ip_vs_sync_server s = Server(strchr(daddr, ':') ? "::" : "0.0.0.0", 0, daddr, dport, is_gone);
  s.protocol = 0;
  s.fwmark = mark;
  return s;
}

/// A message with this body, which need not be one.
SyncBytes Message(const SyncBytes& body) {
  SyncBytes message(8 + body.size() + 32);
  ip_vs_sync_begin_own(message.data(), 1, IP_VS_SYNC_SERVERS);
  std::copy(body.begin(), body.end(), message.begin() + 8);
  message.resize(ip_vs_sync_finish_own(message.data(), body.size(), &kTrailer, false));
  return message;
}

/// The body that a master writes.
SyncBytes Body(const std::vector<ip_vs_sync_server>& servers) {
  SyncBytes room(IP_VS_SYNC_OWN_MAX + servers.size() * IP_VS_SYNC_SERVER_ENTRY_LEN);
  const unsigned len = ip_vs_sync_write_servers(room.data(), 1, servers.data(), servers.size(), &kTrailer, false);
  return {room.begin() + 8, room.begin() + len - 32};
}

/// What a backup reads of it; the bytes end where the message does.
std::vector<ip_vs_sync_server> Servers(const SyncBytes& message) {
  ip_vs_sync_reader r;
  std::vector<ip_vs_sync_server> all;
  if (ip_vs_sync_open(&r, message.data(), message.size(), 0) != IP_VS_SYNC_FINE) return all;
  ip_vs_sync_server s;
  while (ip_vs_sync_next_server(&r, &s)) all.push_back(s);
  return all;
}

struct SyncGone : testing::Test {
  std::unique_ptr<ip_vs_sync_gone> gone = std::make_unique<ip_vs_sync_gone>();
  bool Note(const ip_vs_sync_server& s) { return ip_vs_sync_gone_note(gone.get(), &s); }
  bool Has(const ip_vs_sync_server& s) { return ip_vs_sync_gone_has(gone.get(), &s); }
  bool HasTold(const ip_vs_sync_server& s) { return ip_vs_sync_gone_has_told(gone.get(), &s); }
};

// --- bodies

TEST_F(SyncGone, ABodyWithoutAServerHasNone) {
  EXPECT_TRUE(Servers(Message({})).empty());
  for (size_t len : {1, 12, 43}) EXPECT_TRUE(Servers(Message(SyncBytes(len, 0xff))).empty()) << len;
}

TEST_F(SyncGone, PartOfAServerIsNotLookedAt) {
  const SyncBytes body = Body({Server("10.1.0.100", 80, "10.2.0.1", 80)});
  for (size_t more = 0; more < 44; more++) {
    SyncBytes longer = body;
    longer.resize(44 + more, 0xff);
    EXPECT_EQ(Servers(Message(longer)).size(), 1u) << more;
  }
}

TEST_F(SyncGone, CutAnywhereItIsNone) {
  const SyncBytes message = Message(Body({Server("10.1.0.100", 80, "10.2.0.1", 80), Server("fd01::100", 80, "fd02::1", 80)}));
  for (size_t len = 0; len < message.size(); len++) {
    SyncBytes part(message.begin(), message.begin() + len);
    EXPECT_TRUE(Servers(part).empty()) << len;
    if (len < 4) continue;
    part[2] = len >> 8, part[3] = len & 255;
    EXPECT_TRUE(Servers(part).empty()) << len;
  }
}

TEST_F(SyncGone, ABodyThatSaysItIsLongerIsNone) {
  SyncBytes message = Message(Body({Server("10.1.0.100", 80, "10.2.0.1", 80)}));
  for (unsigned len : {0u, 43u, 45u, 76u, 77u, 255u, 65535u}) {
    message[6] = len >> 8, message[7] = len & 255;
    EXPECT_TRUE(Servers(message).empty()) << len;
  }
}

TEST_F(SyncGone, AnyBytesMakeServersThatCanBeKept) {
  std::mt19937 dice(1);
  for (int round = 0; round < 300; round++) {
    SyncBytes body(dice() % 2000);
    for (u8& byte : body) byte = dice();
    const auto servers = Servers(Message(body));
    EXPECT_EQ(servers.size(), body.size() / 44);
    for (const auto& s : servers) {
      if (!ip_vs_sync_server_is_sound(&s)) continue;
      const bool has_room = Note(s);
      EXPECT_TRUE(has_room || gone->count == static_cast<unsigned>(IP_VS_SYNC_GONE_MAX));
      EXPECT_EQ(Has(s), has_room && s.is_gone);
      EXPECT_LE(gone->count, static_cast<unsigned>(IP_VS_SYNC_GONE_MAX));
    }
  }
}

TEST_F(SyncGone, OldReceiversSeeNoRecords) {
  const SyncBytes message = Message(Body({Server("10.1.0.100", 80, "10.2.0.1", 80)}));
  EXPECT_EQ(message[0], 0);
  EXPECT_NE(message[5], 1);
}

// --- servers

TEST_F(SyncGone, TwoFamiliesOrNoServiceAreNoServer) {
  ip_vs_sync_server s = Server("10.1.0.100", 80, "10.2.0.1", 80);
  EXPECT_TRUE(ip_vs_sync_server_is_sound(&s));
  s.is_v6 = true;
  EXPECT_FALSE(ip_vs_sync_server_is_sound(&s));
  s.is_v6 = false;
  s.is_service_v6 = true;
  EXPECT_FALSE(ip_vs_sync_server_is_sound(&s));
  s = Server("10.1.0.100", 80, "10.2.0.1", 80);
  s.protocol = 0;
  EXPECT_FALSE(ip_vs_sync_server_is_sound(&s));
  s = Marked(7, "10.2.0.1", 0);
  EXPECT_TRUE(ip_vs_sync_server_is_sound(&s));
}

TEST_F(SyncGone, EachFieldTellsServersApart) {
  const auto s = Server("10.1.0.100", 80, "10.2.0.1", 8080);
  ASSERT_TRUE(Note(s));
  EXPECT_TRUE(Has(s));
  EXPECT_FALSE(Has(Server("10.1.0.101", 80, "10.2.0.1", 8080)));
  EXPECT_FALSE(Has(Server("10.1.0.100", 81, "10.2.0.1", 8080)));
  EXPECT_FALSE(Has(Server("10.1.0.100", 80, "10.2.0.2", 8080)));
  EXPECT_FALSE(Has(Server("10.1.0.100", 80, "10.2.0.1", 8081)));
  EXPECT_FALSE(Has(Server("a01:64::", 80, "a02:1::", 8080)));
  EXPECT_FALSE(Has(Marked(7, "10.2.0.1", 8080)));
  auto udp = s;
  udp.protocol = IPPROTO_UDP;
  EXPECT_FALSE(Has(udp));
}

TEST_F(SyncGone, OfAMarkNothingElseCounts) {
  auto s = Marked(7, "fd02::1", 80);
  s.protocol = IPPROTO_UDP;
  s.vport = htons(99);
  inet_pton(AF_INET6, "fd01::100", &s.vaddr);
  ASSERT_TRUE(Note(s));
  EXPECT_TRUE(Has(Marked(7, "fd02::1", 80)));
  EXPECT_FALSE(Has(Marked(8, "fd02::1", 80)));
}

TEST_F(SyncGone, WhoIsBackHasNotGone) {
  const auto s = Server("10.1.0.100", 80, "10.2.0.1", 80);
  auto back = s;
  back.is_gone = false;
  ASSERT_TRUE(Note(back));
  EXPECT_EQ(gone->count, 0u) << "one that nobody knew to have gone takes no room";
  ASSERT_TRUE(Note(s));
  ASSERT_TRUE(Note(back));
  EXPECT_FALSE(Has(s));
  ASSERT_TRUE(Note(s));
  EXPECT_TRUE(Has(s));
  EXPECT_EQ(gone->count, 1u);
}

TEST_F(SyncGone, TheSameOneTakesRoomOnce) {
  for (int i = 0; i < 5000; i++) ASSERT_TRUE(Note(Server("10.1.0.100", 80, "10.2.0.1", 80)));
  EXPECT_EQ(gone->count, 1u);
}

TEST_F(SyncGone, TheRoomIsBounded) {
  const auto nth = [](int i) { return Server("10.1.0.100", 80, ("10.2." + std::to_string(i / 250) + "." + std::to_string(i % 250)).c_str(), 80); };
  for (int i = 0; i < IP_VS_SYNC_GONE_MAX; i++) ASSERT_TRUE(Note(nth(i)));
  EXPECT_FALSE(Note(nth(IP_VS_SYNC_GONE_MAX)));
  EXPECT_FALSE(Has(nth(IP_VS_SYNC_GONE_MAX)));
  EXPECT_TRUE(Note(nth(0))) << "one that has it";
  auto back = nth(IP_VS_SYNC_GONE_MAX);
  back.is_gone = false;
  EXPECT_TRUE(Note(back));
  for (int i = 0; i < IP_VS_SYNC_GONE_MAX; i++) EXPECT_TRUE(Has(nth(i))) << i;
}

TEST_F(SyncGone, LikeASet) {
  std::mt19937 dice(2);
  std::set<int> has;
  const auto nth = [](int i) { return Server("fd01::100", i % 3, ("fd02::" + std::to_string(i / 3)).c_str(), 80); };
  for (int i = 0; i < 20000; i++) {
    const int n = dice() % 900;
    auto s = nth(n);
    s.is_gone = dice() % 2;
    ASSERT_TRUE(Note(s));
    if (s.is_gone) has.insert(n); else has.erase(n);
    const int other = dice() % 900;
    ASSERT_EQ(Has(nth(other)), has.contains(other));
  }
}

TEST_F(SyncGone, AnEntryMayBeOfOneForAllPorts) {
  ASSERT_TRUE(Note(Server("10.1.0.100", 0, "10.2.0.1", 0)));
  ASSERT_TRUE(Note(Server("10.1.0.101", 0, "10.2.0.1", 80)));
  ASSERT_TRUE(Note(Server("10.1.0.102", 80, "10.2.0.1", 80)));
  ASSERT_TRUE(Note(Marked(7, "10.2.0.1", 0)));
  EXPECT_TRUE(HasTold(Server("10.1.0.100", 443, "10.2.0.1", 443)));
  EXPECT_TRUE(HasTold(Server("10.1.0.101", 443, "10.2.0.1", 80)));
  EXPECT_FALSE(HasTold(Server("10.1.0.101", 443, "10.2.0.1", 443)));
  EXPECT_TRUE(HasTold(Server("10.1.0.102", 80, "10.2.0.1", 80)));
  EXPECT_FALSE(HasTold(Server("10.1.0.102", 81, "10.2.0.1", 80)));
  auto marked = Server("10.1.0.102", 443, "10.2.0.1", 443);
  marked.fwmark = 7;
  EXPECT_TRUE(HasTold(marked));
}

}  // namespace
