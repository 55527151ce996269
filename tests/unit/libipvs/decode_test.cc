// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>
#include <linux/genetlink.h>
#include <linux/ip_vs.h>
#include <linux/netlink.h>

#include <cerrno>
#include <random>

#include "answers.hh"
#include "bytes.hh"
#include "codec.hh"
#include "ipvs/kernel.h"

namespace {

using answers::service_of_mark;
using bytes::attr;
using bytes::Bytes;
using bytes::genl;
using bytes::hex;
using bytes::message;
using bytes::number;
using bytes::text;
using bytes::operator+;
using ipvs::Address;
namespace codec = ipvs::codec;

Bytes stats64(std::uint64_t first) {
  Bytes members;
  for (std::uint16_t type = 1; type <= 10; ++type) members = members + attr(type, number(first + type));
  return members;
}

Bytes stats32() {
  Bytes members;
  for (std::uint16_t type = 1; type <= 10; ++type)
    members = members + (type == 4 || type == 5 ? attr(type, number(std::uint64_t{1000} + type))
                                                : attr(type, number(std::uint32_t{100} + type)));
  return members;
}

Bytes service_members() {
  return attr(IPVS_SVC_ATTR_AF, number<std::uint16_t>(AF_INET)) +
         attr(IPVS_SVC_ATTR_PROTOCOL, number<std::uint16_t>(17)) +
         attr(IPVS_SVC_ATTR_ADDR, hex("0a090909 deadbeef 00000000 00000000")) +
         attr(IPVS_SVC_ATTR_PORT, hex("0035")) + attr(IPVS_SVC_ATTR_SCHED_NAME, text("wlc")) +
         attr(IPVS_SVC_ATTR_PE_NAME, text("sip")) + attr(IPVS_SVC_ATTR_FLAGS, hex("07000000 ffffffff")) +
         attr(IPVS_SVC_ATTR_TIMEOUT, number<std::uint32_t>(360)) +
         attr(IPVS_SVC_ATTR_NETMASK, hex("ffffff00"));
}

Bytes service_reply(const Bytes& members) {
  return genl(IPVS_CMD_NEW_SERVICE, attr(IPVS_CMD_ATTR_SERVICE, members));
}

Bytes dest_members() {
  return attr(IPVS_DEST_ATTR_ADDR, hex("0a000001 00000000 00000000 00000000")) +
         attr(IPVS_DEST_ATTR_PORT, hex("1f90")) + attr(IPVS_DEST_ATTR_FWD_METHOD, number(2U)) +
         attr(IPVS_DEST_ATTR_WEIGHT, number(7U)) + attr(IPVS_DEST_ATTR_TUN_TYPE, hex("01")) +
         attr(IPVS_DEST_ATTR_TUN_PORT, hex("17c0")) + attr(IPVS_DEST_ATTR_TUN_FLAGS, hex("0100")) +
         attr(IPVS_DEST_ATTR_U_THRESH, number(20U)) + attr(IPVS_DEST_ATTR_L_THRESH, number(10U)) +
         attr(IPVS_DEST_ATTR_ACTIVE_CONNS, number(1U)) + attr(IPVS_DEST_ATTR_INACT_CONNS, number(2U)) +
         attr(IPVS_DEST_ATTR_PERSIST_CONNS, number(3U));
}

Bytes dest_reply(const Bytes& members) { return genl(IPVS_CMD_NEW_DEST, attr(IPVS_CMD_ATTR_DEST, members)); }

TEST(Decode, Service) {
  const auto entry = codec::decode_service(service_reply(service_members()));
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->key.family, AF_INET);
  EXPECT_EQ(entry->key.protocol, 17);
  EXPECT_EQ(entry->key.addr, Address::parse("10.9.9.9")) << "only four bytes of an IPv4 address count";
  EXPECT_EQ(entry->key.port, 53);
  EXPECT_EQ(entry->key.fwmark, 0U);
  EXPECT_EQ(entry->scheduler, "wlc");
  EXPECT_EQ(entry->pe, "sip");
  EXPECT_EQ(entry->flags, 7U);
  EXPECT_EQ(entry->timeout, 360U);
  EXPECT_EQ(Address::v4({entry->netmask}).to_string(), "255.255.255.0");
  EXPECT_EQ(entry->stats, ipvs::Stats{});
}

TEST(Decode, SixtyFourBitCountersWinOverThirtyTwoBitOnes) {
  const std::uint64_t big = std::uint64_t{1} << 40;
  const auto entry = codec::decode_service(service_reply(
      service_members() + attr(IPVS_SVC_ATTR_STATS, stats32()) + attr(IPVS_SVC_ATTR_STATS64, stats64(big))));
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->stats.conns, big + 1);
  EXPECT_EQ(entry->stats.outbytes, big + 5);
  EXPECT_EQ(entry->stats.outbps, big + 10);
}

TEST(Decode, ThirtyTwoBitCountersAloneWillDo) {
  const auto entry =
      codec::decode_service(service_reply(service_members() + attr(IPVS_SVC_ATTR_STATS, stats32())));
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->stats.conns, 101U);
  EXPECT_EQ(entry->stats.inbytes, 1004U);
  EXPECT_EQ(entry->stats.outbps, 110U);
}

TEST(Decode, MarkServiceNeedsNoAddress) {
  const auto entry = codec::decode_service(service_reply(
      attr(IPVS_SVC_ATTR_AF, number<std::uint16_t>(AF_INET6)) +
      attr(IPVS_SVC_ATTR_FWMARK, number(0xffffffffU)) + attr(IPVS_SVC_ATTR_SCHED_NAME, text("rr")) +
      attr(IPVS_SVC_ATTR_FLAGS, hex("03000000 01000000")) + attr(IPVS_SVC_ATTR_TIMEOUT, number(0U)) +
      attr(IPVS_SVC_ATTR_NETMASK, number(128U))));
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->key.fwmark, 0xffffffffU);
  EXPECT_EQ(entry->key.family, AF_INET6);
  EXPECT_EQ(entry->flags, 1U) << "only what the mask covers";
}

TEST(Decode, Dest) {
  const auto entry = codec::decode_dest(dest_reply(dest_members()), AF_INET);
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->key.addr, Address::parse("10.0.0.1")) << "the service's family where none is told";
  EXPECT_EQ(entry->key.port, 8080);
  EXPECT_EQ(entry->method, 2U);
  EXPECT_EQ(entry->weight, 7);
  EXPECT_EQ(entry->tun_type, 1);
  EXPECT_EQ(entry->tun_port, 6080);
  EXPECT_EQ(entry->tun_flags, 1);
  EXPECT_EQ(entry->u_threshold, 20U);
  EXPECT_EQ(entry->l_threshold, 10U);
  EXPECT_EQ(entry->active, 1U);
  EXPECT_EQ(entry->inactive, 2U);
  EXPECT_EQ(entry->persistent, 3U);
}

TEST(Decode, DestOfAnotherFamily) {
  const auto entry = codec::decode_dest(
      dest_reply(dest_members() + attr(IPVS_DEST_ATTR_ADDR_FAMILY, number<std::uint16_t>(AF_INET6))),
      AF_INET);
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->key.addr.family, AF_INET6);
}

TEST(Decode, InfoTimeoutsDaemon) {
  const auto info =
      codec::decode_info(genl(IPVS_CMD_SET_INFO, attr(1, number(0x010201U)) + attr(2, number(4096U))));
  ASSERT_TRUE(info);
  EXPECT_EQ(*info, (ipvs::Info{.version = 0x010201, .conn_table_size = 4096, .api = 0, .release = {}}));

  const auto timeouts = codec::decode_timeouts(
      genl(IPVS_CMD_SET_CONFIG, attr(4, number(900U)) + attr(5, number(120U)) + attr(6, number(300U))));
  ASSERT_TRUE(timeouts);
  EXPECT_EQ(*timeouts, (ipvs::Timeouts{.tcp = 900, .tcp_fin = 120, .udp = 300}));

  const auto daemon = codec::decode_daemon(
      genl(IPVS_CMD_NEW_DAEMON, attr(3, attr(1, number(2U)) + attr(2, text("d0")) + attr(3, number(5U)) +
                                            attr(4, hex("ac05")) + attr(7, hex("9022")) + attr(8, hex("01")) +
                                            attr(6, hex("ff050000 00000000 00000000 00000001")))));
  ASSERT_TRUE(daemon);
  EXPECT_EQ(daemon->state, 2U);
  EXPECT_EQ(daemon->interface, "d0");
  EXPECT_EQ(daemon->sync_id, 5U);
  EXPECT_EQ(daemon->sync_maxlen, 1452);
  EXPECT_EQ(daemon->port, 8848);
  EXPECT_EQ(daemon->ttl, 1);
  EXPECT_EQ(daemon->group.to_string(), "ff05::1");
  EXPECT_TRUE(daemon->is_whole());
  const auto beyond = codec::decode_daemon(genl(
      IPVS_CMD_NEW_DAEMON,
      attr(3, attr(1, number(2U)) + attr(2, text("d0")) + attr(3, number(5U)) + attr(IPVS_DAEMON_ATTR_HAS_KEY, {}) +
                  attr(IPVS_DAEMON_ATTR_PEERS, hex("00000000 00000000 0000ffff 0a090001 00000000 00000000 0000ffff 0a090002")))));
  ASSERT_TRUE(beyond);
  EXPECT_TRUE(beyond->has_key());
  EXPECT_EQ(beyond->peers(), 2U);
  EXPECT_FALSE(beyond->is_whole());
  EXPECT_EQ(beyond->peer_addresses, (std::vector{Address::parse("10.9.0.1"), Address::parse("10.9.0.2")}));
  EXPECT_TRUE(beyond->key.empty());
  const auto six = codec::decode_daemon(genl(
      IPVS_CMD_NEW_DAEMON, attr(3, attr(1, number(2U)) + attr(2, text("d0")) + attr(3, number(5U)) +
                                       attr(IPVS_DAEMON_ATTR_PEERS, hex("fd090000 00000000 00000000 00000002 aabb")))));
  ASSERT_TRUE(six);
  EXPECT_EQ(six->peer_addresses, (std::vector{Address::parse("fd09::2")})) << "half an address is none";
  EXPECT_FALSE(codec::decode_daemon(genl(IPVS_CMD_NEW_DAEMON,
                                         attr(3, attr(1, number(2U)) + attr(2, text("d0")) + attr(3, number(5U)) +
                                                     attr(IPVS_DAEMON_ATTR_PEERS, hex("fd09"))))));
  EXPECT_EQ(beyond->group.family, AF_UNSPEC);
}

TEST(Decode, RefusesTheWrongKindOfReply) {
  EXPECT_FALSE(codec::decode_service(dest_reply(dest_members())));
  EXPECT_FALSE(codec::decode_dest(service_reply(service_members()), AF_INET));
  EXPECT_FALSE(codec::decode_info(genl(IPVS_CMD_SET_CONFIG, {})));
  EXPECT_FALSE(codec::decode_timeouts(genl(IPVS_CMD_SET_INFO, {})));
  EXPECT_FALSE(codec::decode_daemon(genl(IPVS_CMD_NEW_DAEMON, {})));
  EXPECT_FALSE(codec::decode_service({}));
  EXPECT_FALSE(codec::decode_service(Bytes{IPVS_CMD_NEW_SERVICE}));
}

TEST(Decode, RefusesMalformedMembers) {
  const struct {
    const char* what;
    Bytes member;
  } cases[] = {
      {"short AF", attr(IPVS_SVC_ATTR_AF, hex("02"))},
      {"unknown family", attr(IPVS_SVC_ATTR_AF, number<std::uint16_t>(1))},
      {"short address", attr(IPVS_SVC_ATTR_ADDR, hex("0a09"))},
      {"short flags", attr(IPVS_SVC_ATTR_FLAGS, hex("01000000"))},
      {"name without end", attr(IPVS_SVC_ATTR_SCHED_NAME, hex("7272"))},
      {"empty name", attr(IPVS_SVC_ATTR_SCHED_NAME, {})},
      {"short mask", attr(IPVS_SVC_ATTR_NETMASK, hex("ffff"))},
  };
  for (const auto& each : cases)
    EXPECT_FALSE(codec::decode_service(service_reply(service_members() + each.member))) << each.what;
}

/// A member one byte shorter than what is read from it would be read beyond its end.
TEST(Decode, RefusesEachMemberThatIsTooShort) {
  using Sizes = std::vector<std::pair<std::uint16_t, std::size_t>>;
  const Sizes of_service = {{IPVS_SVC_ATTR_AF, 2},     {IPVS_SVC_ATTR_PROTOCOL, 2}, {IPVS_SVC_ATTR_ADDR, 4},
                            {IPVS_SVC_ATTR_PORT, 2},   {IPVS_SVC_ATTR_FWMARK, 4},   {IPVS_SVC_ATTR_SCHED_NAME, 1},
                            {IPVS_SVC_ATTR_FLAGS, 8},  {IPVS_SVC_ATTR_TIMEOUT, 4},  {IPVS_SVC_ATTR_NETMASK, 4},
                            {IPVS_SVC_ATTR_PE_NAME, 1}};
  const Sizes of_dest = {{IPVS_DEST_ATTR_ADDR, 4},       {IPVS_DEST_ATTR_PORT, 2},          {IPVS_DEST_ATTR_FWD_METHOD, 4},
                         {IPVS_DEST_ATTR_WEIGHT, 4},     {IPVS_DEST_ATTR_U_THRESH, 4},      {IPVS_DEST_ATTR_L_THRESH, 4},
                         {IPVS_DEST_ATTR_ACTIVE_CONNS, 4}, {IPVS_DEST_ATTR_INACT_CONNS, 4}, {IPVS_DEST_ATTR_PERSIST_CONNS, 4},
                         {IPVS_DEST_ATTR_ADDR_FAMILY, 2}, {IPVS_DEST_ATTR_TUN_TYPE, 1},     {IPVS_DEST_ATTR_TUN_PORT, 2},
                         {IPVS_DEST_ATTR_TUN_FLAGS, 2}};
  const Sizes of_daemon = {{IPVS_DAEMON_ATTR_STATE, 4},       {IPVS_DAEMON_ATTR_MCAST_IFN, 1},   {IPVS_DAEMON_ATTR_SYNC_ID, 4},
                           {IPVS_DAEMON_ATTR_SYNC_MAXLEN, 2}, {IPVS_DAEMON_ATTR_MCAST_GROUP, 4}, {IPVS_DAEMON_ATTR_MCAST_GROUP6, 16},
                           {IPVS_DAEMON_ATTR_MCAST_PORT, 2},  {IPVS_DAEMON_ATTR_MCAST_TTL, 1}};
  for (const auto& [type, size] : of_service)
    EXPECT_FALSE(codec::decode_service(service_reply(service_members() + attr(type, Bytes(size - 1, 1))))) << type;
  for (const auto& [type, size] : of_dest)
    EXPECT_FALSE(codec::decode_dest(dest_reply(dest_members() + attr(type, Bytes(size - 1, 1))), AF_INET)) << type;
  const Bytes daemon = attr(IPVS_DAEMON_ATTR_STATE, number(1U)) + attr(IPVS_DAEMON_ATTR_MCAST_IFN, text("d0")) +
                       attr(IPVS_DAEMON_ATTR_SYNC_ID, number(5U));
  const auto decode = [](const Bytes& members) {
    return codec::decode_daemon(genl(IPVS_CMD_NEW_DAEMON, attr(IPVS_CMD_ATTR_DAEMON, members)));
  };
  EXPECT_TRUE(decode(daemon));
  for (const auto& [type, size] : of_daemon) EXPECT_FALSE(decode(daemon + attr(type, Bytes(size - 1, 1)))) << type;
  for (const std::uint16_t type : {4, 5, 6})
    EXPECT_FALSE(codec::decode_timeouts(genl(IPVS_CMD_SET_CONFIG, attr(type, hex("010203"))))) << type;
  const Bytes info = attr(IPVS_INFO_ATTR_VERSION, number(1U)) + attr(IPVS_INFO_ATTR_CONN_TAB_SIZE, number(1U));
  for (const auto type : std::initializer_list<std::uint16_t>{IPVS_INFO_ATTR_VERSION, IPVS_INFO_ATTR_CONN_TAB_SIZE, IPVS_INFO_ATTR_API})
    EXPECT_FALSE(codec::decode_info(genl(IPVS_CMD_SET_INFO, info + attr(type, hex("010203"))))) << type;
  EXPECT_FALSE(codec::decode_info(genl(IPVS_CMD_SET_INFO, info + attr(IPVS_INFO_ATTR_RELEASE, {}))));
}

/// All members but one, of each.
TEST(Decode, NeedsEachOfItsMembers) {
  const auto without = [](const Bytes& members, std::uint16_t wanted) {
    Bytes rest;
    for (std::size_t at = 0; at < members.size();) {
      const std::size_t length = static_cast<std::size_t>(members[at] | members[at + 1] << 8);
      const std::size_t end = at + ((length + 3) & ~std::size_t{3});
      if ((members[at + 2] | members[at + 3] << 8) != wanted)
        rest.insert(rest.end(), members.begin() + static_cast<std::ptrdiff_t>(at), members.begin() + static_cast<std::ptrdiff_t>(end));
      at = end;
    }
    return rest;
  };
  for (const std::uint16_t type : {IPVS_SVC_ATTR_AF, IPVS_SVC_ATTR_PROTOCOL, IPVS_SVC_ATTR_ADDR, IPVS_SVC_ATTR_PORT,
                                   IPVS_SVC_ATTR_SCHED_NAME, IPVS_SVC_ATTR_FLAGS, IPVS_SVC_ATTR_TIMEOUT, IPVS_SVC_ATTR_NETMASK})
    EXPECT_FALSE(codec::decode_service(service_reply(without(service_members(), type)))) << type;
  EXPECT_TRUE(codec::decode_service(service_reply(without(service_members(), IPVS_SVC_ATTR_PE_NAME))));
  for (const std::uint16_t type :
       {IPVS_DEST_ATTR_ADDR, IPVS_DEST_ATTR_PORT, IPVS_DEST_ATTR_FWD_METHOD, IPVS_DEST_ATTR_WEIGHT, IPVS_DEST_ATTR_U_THRESH,
        IPVS_DEST_ATTR_L_THRESH, IPVS_DEST_ATTR_ACTIVE_CONNS, IPVS_DEST_ATTR_INACT_CONNS, IPVS_DEST_ATTR_PERSIST_CONNS})
    EXPECT_FALSE(codec::decode_dest(dest_reply(without(dest_members(), type)), AF_INET)) << type;
  for (const std::uint16_t type : {IPVS_DEST_ATTR_TUN_TYPE, IPVS_DEST_ATTR_TUN_PORT, IPVS_DEST_ATTR_TUN_FLAGS})
    EXPECT_TRUE(codec::decode_dest(dest_reply(without(dest_members(), type)), AF_INET)) << type;
}

TEST(Decode, NeedsItsMembers) {
  EXPECT_FALSE(codec::decode_service(service_reply({})));
  EXPECT_FALSE(codec::decode_service(service_reply(attr(IPVS_SVC_ATTR_AF, number<std::uint16_t>(2)))));
  EXPECT_FALSE(codec::decode_dest(dest_reply(attr(IPVS_DEST_ATTR_PORT, hex("0050"))), AF_INET));
  EXPECT_FALSE(codec::decode_info(genl(IPVS_CMD_SET_INFO, attr(1, number(1U)))));
}

TEST(Decode, IgnoresUnknownMembers) {
  EXPECT_TRUE(codec::decode_service(service_reply(service_members() + attr(200, hex("01020304")))));
}

TEST(TakeMessage, SplitsABufferAndStopsAtRubbish) {
  const Bytes both = message(3, 2, 1, hex("0102")) + hex("0000") + message(4, 0, 2, {}) + hex("ff");
  codec::View rest(both);
  const auto first = codec::take_message(rest);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->type, 3);
  EXPECT_EQ(first->seq, 1U);
  EXPECT_EQ(first->payload.size(), 2U);
  const auto second = codec::take_message(rest);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->type, 4);
  EXPECT_FALSE(codec::take_message(rest));
}

TEST(TakeMessage, RefusesLengthsThatLie) {
  for (const char* text : {"0f000000 0000 0000 00000000 00000000", "11000000 0000 0000 00000000 00000000",
                           "ffffffff 0000 0000 00000000 00000000"}) {
    const Bytes lie = hex(text);
    codec::View rest(lie);
    EXPECT_FALSE(codec::take_message(rest)) << text;
  }
}

TEST(TakeMessage, OneThatFillsTheBufferExactly) {
  for (const std::size_t size : {0U, 4U, 300U}) {
    const Bytes whole = message(5, 0, 9, Bytes(size, 7));
    codec::View rest(whole);
    const auto taken = codec::take_message(rest);
    ASSERT_TRUE(taken) << size;
    EXPECT_EQ(taken->payload.size(), size);
    EXPECT_TRUE(rest.empty());
    codec::View cut(whole.data(), whole.size() - 1);
    EXPECT_FALSE(codec::take_message(cut)) << "a byte is missing";
  }
  // The padding of the last one may be missing.
  const Bytes odd = message(5, 0, 9, hex("010203"));
  codec::View rest(odd);
  EXPECT_TRUE(codec::take_message(rest));
  EXPECT_TRUE(rest.empty());
}

/// What a reader has seen: "s" and the mark of a service, "d" and the weight of a server of the mark.
std::string read_table(codec::TableReader& reader, const Bytes& attributes, bool& good, std::size_t most = 99) {
  std::string seen;
  std::size_t count = 0;
  good = reader.read(
      genl(64, attributes),
      [&](ipvs::ServiceEntry& entry) {
        seen += "s" + std::to_string(entry.key.fwmark) + " ";
        return ++count < most;
      },
      [&](const ipvs::ServiceKey& key, ipvs::DestEntry& entry) {
        seen += "d" + std::to_string(key.fwmark) + "/" + std::to_string(entry.weight) + " ";
        return ++count < most;
      });
  return seen;
}

Bytes table_dest(std::uint32_t weight) {
  return attr(IPVS_CMD_ATTR_DEST, dest_members() + attr(IPVS_DEST_ATTR_WEIGHT, number(weight)));
}

TEST(TableReader, ServersMayComeInALaterMessageThanTheirService) {
  codec::TableReader reader;
  bool good = false;
  EXPECT_EQ(read_table(reader, service_of_mark(1) + table_dest(5) + service_of_mark(2), good), "s1 d1/5 s2 ");
  EXPECT_TRUE(good);
  EXPECT_EQ(read_table(reader, table_dest(6) + table_dest(7), good), "d2/6 d2/7 ");
  EXPECT_TRUE(good);
  EXPECT_EQ(read_table(reader, {}, good), "");
  EXPECT_TRUE(good);
}

TEST(TableReader, AfterTheFirstNoNothingIsVisited) {
  codec::TableReader reader;
  bool good = false;
  EXPECT_EQ(read_table(reader, service_of_mark(1) + table_dest(5) + table_dest(6) + service_of_mark(2), good, 2), "s1 d1/5 ");
  EXPECT_TRUE(good);
  EXPECT_EQ(read_table(reader, service_of_mark(3), good), "") << "nor in later messages";
  EXPECT_TRUE(good);
  codec::TableReader other;
  EXPECT_EQ(read_table(other, service_of_mark(1) + table_dest(5), good, 1), "s1 ");
}

TEST(TableReader, WhatIsMalformedIsTold) {
  const auto is_good = [](const Bytes& attributes) {
    codec::TableReader reader;
    bool good = false;
    read_table(reader, attributes, good);
    return good;
  };
  EXPECT_FALSE(is_good(table_dest(5))) << "of no service";
  EXPECT_FALSE(is_good(service_of_mark(1) + attr(IPVS_CMD_ATTR_DEST, {})));
  EXPECT_FALSE(is_good(attr(IPVS_CMD_ATTR_SERVICE, {})));
  EXPECT_FALSE(is_good(service_of_mark(1) + hex("0800"))) << "a piece at the end";
  EXPECT_FALSE(is_good(service_of_mark(1) + hex("ff000180")));
  EXPECT_TRUE(is_good(service_of_mark(1) + attr(77, hex("01020304")))) << "unknown is none of our business";
  codec::TableReader reader;
  EXPECT_FALSE(reader.read(genl(1, service_of_mark(1)), [](auto&) { return true; }, [](auto&, auto&) { return true; }));
  EXPECT_FALSE(reader.read({}, [](auto&) { return true; }, [](auto&, auto&) { return true; }));
}

TEST(DecodeFamily, OnlyOfItsOwnAnswer) {
  const Bytes payload = Bytes{1, 2, 0, 0} + attr(2, text("IPVS")) + attr(1, hex("1b00"));
  const auto decode = [](std::uint16_t type, const Bytes& bytes) {
    return codec::decode_family({.type = type, .flags = 0, .seq = 1, .payload = bytes});
  };
  ASSERT_TRUE(decode(0x10, payload));
  EXPECT_EQ(decode(0x10, payload)->number, 0x1b);
  EXPECT_EQ(decode(0x10, payload)->name, "IPVS");
  EXPECT_FALSE(decode(0x11, payload));
  EXPECT_FALSE(decode(0x10, Bytes{2, 2, 0, 0} + attr(1, hex("1b00"))));
  EXPECT_FALSE(decode(0x10, Bytes{1, 2, 0, 0} + attr(2, text("IPVS"))));
  EXPECT_FALSE(decode(0x10, Bytes{1, 2, 0, 0} + attr(1, hex("1b"))));
  EXPECT_FALSE(decode(0x10, Bytes{1}));
}

Bytes connection_members() {
  return attr(IPVS_CONN_ATTR_PROTOCOL, hex("1100")) +
         attr(IPVS_CONN_ATTR_CLIENT, hex("20010db8 00000000 00000000 00000001")) +
         attr(IPVS_CONN_ATTR_CLIENT_PORT, hex("0102")) +
         attr(IPVS_CONN_ATTR_VIRT, hex("20010db8 00000000 00000000 00000002")) +
         attr(IPVS_CONN_ATTR_VIRT_PORT, hex("0035")) + attr(IPVS_CONN_ATTR_DEST, hex("0a000001")) +
         attr(IPVS_CONN_ATTR_DEST_PORT, hex("1f90")) + attr(IPVS_CONN_ATTR_STATE, text("UDP")) +
         attr(IPVS_CONN_ATTR_EXPIRES, number(299U)) + attr(IPVS_CONN_ATTR_FLAGS, number(2U));
}

std::optional<std::vector<ipvs::Connection>> connections_in(const Bytes& attributes) {
  std::vector<ipvs::Connection> list;
  const bool sound = codec::decode_connections(genl(IPVS_CMD_GET_CONN, attributes), [&](ipvs::Connection& each) {
    list.push_back(each);
    return true;
  });
  if (!sound) return {};
  return list;
}

TEST(DecodeConnections, EachEndHasAFamilyOfItsOwn) {
  const Bytes engine = attr(IPVS_CONN_ATTR_PE_NAME, text("sip")) + attr(IPVS_CONN_ATTR_PE_DATA, hex("610a 0062"));
  const auto list = connections_in(attr(IPVS_CONN_ATTR_CONN, connection_members()) + attr(77, hex("01")) +
                                   attr(IPVS_CONN_ATTR_CONN, connection_members() + engine));
  ASSERT_TRUE(list);
  ASSERT_EQ(list->size(), 2U);
  ipvs::Connection wanted{.protocol = 17,
                          .client = Address::parse("2001:db8::1"),
                          .client_port = 0x102,
                          .virt = Address::parse("2001:db8::2"),
                          .virt_port = 53,
                          .dest = Address::parse("10.0.0.1"),
                          .dest_port = 8080,
                          .state = "UDP",
                          .expires = 299};
  EXPECT_EQ(list->at(0), wanted);
  wanted.pe = "sip";
  wanted.pe_data = std::string("a\n\0b", 4);
  EXPECT_EQ(list->at(1), wanted) << "its data may be any bytes";
}

TEST(DecodeConnections, WhatIsMissingOrOddIsRefused) {
  const auto good = connection_members();
  EXPECT_TRUE(connections_in({}));
  EXPECT_TRUE(connections_in(attr(IPVS_CONN_ATTR_CONN, good)));
  EXPECT_FALSE(connections_in(attr(IPVS_CONN_ATTR_CONN, good) + hex("0800")));
  EXPECT_FALSE(codec::decode_connections(genl(IPVS_CMD_GET_TABLE, {}), [](auto&) { return true; }));
  // Without each of those that are always there; the last one, flags, may be missing.
  for (std::size_t start = 0, length; start < good.size(); start += (length + 3) & ~std::size_t{3}) {
    length = good[start];
    Bytes without(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(start));
    without.insert(without.end(), good.begin() + static_cast<std::ptrdiff_t>(start + ((length + 3) & ~std::size_t{3})), good.end());
    EXPECT_EQ(connections_in(attr(IPVS_CONN_ATTR_CONN, without)).has_value(), good[start + 2] == IPVS_CONN_ATTR_FLAGS)
        << int{good[start + 2]};
  }
  for (const auto* odd : {"0a0000", "0a00000102", "20010db8 00000000"})
    EXPECT_FALSE(connections_in(attr(IPVS_CONN_ATTR_CONN, good + attr(IPVS_CONN_ATTR_VIRT, hex(odd))))) << odd;
}

codec::Message error_message(std::uint16_t flags, const Bytes& payload) {
  return {.type = NLMSG_ERROR, .flags = flags, .seq = 1, .payload = payload};
}

TEST(DecodeAck, SuccessAndRefusal) {
  const Bytes success = hex("00000000") + message(0x1b, 5, 1, {});
  auto ack = codec::decode_ack(error_message(0, success));
  ASSERT_TRUE(ack);
  EXPECT_EQ(ack->code, 0);

  const Bytes refusal = hex("efffffff") + message(0x1b, 5, 1, hex("01010000"));
  ack = codec::decode_ack(error_message(0, refusal));
  ASSERT_TRUE(ack);
  EXPECT_EQ(ack->code, EEXIST);
  EXPECT_EQ(ack->text, "");
}

TEST(DecodeAck, FindsTheKernelsTextBehindTheRequest) {
  const Bytes tlvs = attr(2, number(20U)) + attr(NLMSGERR_ATTR_MSG, text("weight is negative"));
  const Bytes whole = hex("deffffff") + message(0x1b, 5, 1, hex("01010000 0102030405060708")) + tlvs;
  auto ack = codec::decode_ack(error_message(NLM_F_ACK_TLVS, whole));
  ASSERT_TRUE(ack);
  EXPECT_EQ(ack->code, ERANGE);
  EXPECT_EQ(ack->text, "weight is negative");

  Bytes capped = hex("deffffff") + message(0x1b, 5, 1, hex("01010000 0102030405060708"));
  capped.resize(20);
  capped = capped + tlvs;
  ack = codec::decode_ack(error_message(NLM_F_ACK_TLVS | NLM_F_CAPPED, capped));
  ASSERT_TRUE(ack);
  EXPECT_EQ(ack->text, "weight is negative");

  const Bytes done = hex("00000000") + tlvs;
  ack = codec::decode_ack({.type = NLMSG_DONE, .flags = NLM_F_ACK_TLVS, .seq = 1, .payload = done});
  ASSERT_TRUE(ack);
  EXPECT_EQ(ack->text, "weight is negative");
}

TEST(DecodeAck, SurvivesLies) {
  EXPECT_FALSE(codec::decode_ack(error_message(0, hex("efffffff"))));
  EXPECT_FALSE(codec::decode_ack(error_message(0, hex("01000000") + message(0, 0, 0, {}))));
  EXPECT_FALSE(codec::decode_ack(error_message(0, hex("00000080") + message(0, 0, 0, {}))));
  // The repeated request claims to be longer than what there is.
  Bytes lie = hex("efffffff") + message(0x1b, 5, 1, {});
  lie[4] = lie[5] = lie[6] = lie[7] = 0xff;
  const auto ack = codec::decode_ack(error_message(NLM_F_ACK_TLVS, lie));
  ASSERT_TRUE(ack);
  EXPECT_EQ(ack->code, EEXIST);
  EXPECT_EQ(ack->text, "");
}

/// Whatever is decoded is of a form that programs may rely on.
void decode_everything(const Bytes& payload) {
  if (const auto entry = codec::decode_service(payload)) {
    EXPECT_TRUE(entry->key.family == AF_INET || entry->key.family == AF_INET6);
    EXPECT_EQ(entry->key.addr.family, entry->key.fwmark ? AF_UNSPEC : entry->key.family);
    EXPECT_EQ(entry->scheduler.find('\0'), std::string::npos);
  }
  if (const auto entry = codec::decode_dest(payload, AF_INET)) {
    EXPECT_TRUE(entry->key.addr.family == AF_INET || entry->key.addr.family == AF_INET6);
  }
  codec::decode_info(payload);
  codec::decode_timeouts(payload);
  codec::decode_daemon(payload);
  for (std::uint16_t type : {NLMSG_ERROR, NLMSG_DONE})
    for (int flags : {0, NLM_F_ACK_TLVS, NLM_F_ACK_TLVS | NLM_F_CAPPED}) {
      const auto ack =
          codec::decode_ack({.type = type, .flags = static_cast<std::uint16_t>(flags), .seq = 1, .payload = payload});
      EXPECT_TRUE(!ack || ack->code >= 0);
    }
  codec::View rest(payload);
  std::size_t left = rest.size() + 1;
  while (const auto taken = codec::take_message(rest)) {
    EXPECT_LE(taken->payload.size() + 16, payload.size());
    ASSERT_LT(rest.size(), left) << "it ends";
    left = rest.size();
  }
}

TEST(Decode, SurvivesRandomBytes) {
  std::mt19937 random(1);
  for (int round = 0; round < 20'000; ++round) {
    Bytes noise(random() % 200);
    for (auto& byte : noise) byte = static_cast<std::uint8_t>(random());
    // Half of the time the command is one that is looked into.
    if (!noise.empty() && round % 2) noise[0] = static_cast<std::uint8_t>(random() % 18);
    decode_everything(noise);
  }
}

TEST(Decode, SurvivesDamagedReplies) {
  std::mt19937 random(2);
  const Bytes replies[] = {
      service_reply(service_members() + attr(IPVS_SVC_ATTR_STATS64, stats64(1))),
      dest_reply(dest_members() + attr(IPVS_DEST_ATTR_STATS, stats32())),
      hex("deffffff") + message(0x1b, 5, 1, hex("01010000")) + attr(NLMSGERR_ATTR_MSG, text("text")),
  };
  for (int round = 0; round < 20'000; ++round) {
    Bytes damaged = replies[random() % std::size(replies)];
    for (unsigned n = random() % 4 + 1; n > 0; --n)
      damaged[random() % damaged.size()] = static_cast<std::uint8_t>(random());
    if (random() % 2) damaged.resize(random() % damaged.size());
    decode_everything(damaged);
  }
}

}  // namespace
