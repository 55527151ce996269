// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>
#include <linux/ip_vs.h>
#include <linux/netlink.h>

#include "bytes.hh"
#include "codec.hh"

namespace {

using bytes::hex;
using ipvs::Address;
using ipvs::Change;
namespace codec = ipvs::codec;

constexpr codec::Envelope kEnvelope{.family_id = 0x1b, .flags = NLM_F_REQUEST | NLM_F_ACK, .seq = 7};

ipvs::ServiceKey web() {
  return {.fwmark = 0, .family = AF_INET, .protocol = 6, .addr = Address::parse("10.9.9.9"), .port = 80};
}

ipvs::Dest masq_dest() {
  ipvs::Dest dest;
  dest.key = {.addr = Address::parse("10.0.0.1"), .port = 8080};
  dest.method = IP_VS_CONN_F_MASQ;
  dest.weight = 3;
  dest.u_threshold = 9;
  dest.l_threshold = 4;
  return dest;
}

TEST(Encode, AddServiceHasKeyAndAllOptions) {
  const ipvs::Service service{
      .key = web(), .scheduler = "rr", .flags = 0, .timeout = 0, .netmask = ~0U, .pe = ""};
  EXPECT_EQ(codec::encode(Change::add_service(service), kEnvelope),
            hex("68000000 1b00 0500 07000000 00000000  01 01 0000"
                "5400 0180"
                "0600 0100 0200 0000"
                "0600 0200 0600 0000"
                "1400 0300 0a090909 00000000 00000000 00000000"
                "0600 0400 0050 0000"
                "0700 0600 727200 00"
                "0c00 0700 00000000 ffffffff"
                "0800 0800 00000000"
                "0800 0900 ffffffff"));
}

TEST(Encode, MarkServiceHasNoAddressAndTheEngineIsOnlySentIfSet) {
  const ipvs::Service service{
      .key = {.fwmark = 0xfffffffe, .family = AF_INET6, .protocol = 0, .addr = {}, .port = 0},
      .scheduler = "wlc",
      .flags = IP_VS_SVC_F_PERSISTENT,
      .timeout = 360,
      .netmask = 64,
      .pe = "sip"};
  EXPECT_EQ(codec::encode(Change::edit_service(service), kEnvelope),
            hex("54000000 1b00 0500 07000000 00000000  02 01 0000"
                "4000 0180"
                "0600 0100 0a00 0000"
                "0800 0500 feffffff"
                "0800 0600 776c6300"
                "0800 0b00 73697000"
                "0c00 0700 01000000 ffffffff"
                "0800 0800 68010000"
                "0800 0900 40000000"));
}

TEST(Encode, DeleteServiceHasOnlyTheKey) {
  EXPECT_EQ(codec::encode(Change::delete_service(web()), kEnvelope),
            hex("44000000 1b00 0500 07000000 00000000  03 01 0000"
                "3000 0180"
                "0600 0100 0200 0000"
                "0600 0200 0600 0000"
                "1400 0300 0a090909 00000000 00000000 00000000"
                "0600 0400 0050 0000"));
}

TEST(Encode, AddDest) {
  ipvs::ServiceKey mark{.fwmark = 3, .family = AF_INET, .protocol = 0, .addr = {}, .port = 0};
  ipvs::Dest dest = masq_dest();
  dest.tun_type = IP_VS_CONN_F_TUNNEL_TYPE_GUE;
  dest.tun_port = 6080;
  dest.tun_flags = IP_VS_TUNNEL_ENCAP_FLAG_REMCSUM;
  EXPECT_EQ(codec::encode(Change::add_dest(mark, dest), kEnvelope),
            hex("88000000 1b00 0500 07000000 00000000  05 01 0000"
                "1400 0180"
                "0600 0100 0200 0000"
                "0800 0500 03000000"
                "6000 0280"
                "0600 0b00 0200 0000"
                "1400 0100 0a000001 00000000 00000000 00000000"
                "0600 0200 1f90 0000"
                "0800 0300 00000000"
                "0800 0400 03000000"
                "0500 0d00 01 000000"
                "0600 0e00 17c0 0000"
                "0600 0f00 0200 0000"
                "0800 0500 09000000"
                "0800 0600 04000000"));
}

TEST(Encode, DeleteDestHasOnlyTheKeys) {
  ipvs::ServiceKey mark{.fwmark = 3, .family = AF_INET, .protocol = 0, .addr = {}, .port = 0};
  EXPECT_EQ(codec::encode(Change::delete_dest(mark, masq_dest().key), kEnvelope),
            hex("50000000 1b00 0500 07000000 00000000  07 01 0000"
                "1400 0180"
                "0600 0100 0200 0000"
                "0800 0500 03000000"
                "2800 0280"
                "0600 0b00 0200 0000"
                "1400 0100 0a000001 00000000 00000000 00000000"
                "0600 0200 1f90 0000"));
}

TEST(Encode, TimeoutsAreTopLevelAttributes) {
  EXPECT_EQ(codec::encode(Change::set_timeouts({.tcp = 900, .tcp_fin = 120, .udp = 300}), kEnvelope),
            hex("2c000000 1b00 0500 07000000 00000000  0c 01 0000"
                "0800 0400 84030000 0800 0500 78000000 0800 0600 2c010000"));
}

TEST(Encode, DaemonPortTravelsInHostOrderAndDefaultsAreLeftOut) {
  ipvs::Daemon daemon;
  daemon.state = IP_VS_STATE_MASTER;
  daemon.interface = "d0";
  daemon.sync_id = 5;
  EXPECT_EQ(codec::encode(Change::start_daemon(daemon), kEnvelope),
            hex("30000000 1b00 0500 07000000 00000000  09 01 0000"
                "1c00 0380"
                "0800 0100 01000000 0700 0200 643000 00 0800 0300 05000000"));
  daemon.sync_maxlen = 1400;
  daemon.group = Address::parse("239.1.1.1");
  daemon.port = 8849;
  daemon.ttl = 3;
  EXPECT_EQ(codec::encode(Change::start_daemon(daemon), kEnvelope),
            hex("50000000 1b00 0500 07000000 00000000  09 01 0000"
                "3c00 0380"
                "0800 0100 01000000 0700 0200 643000 00 0800 0300 05000000"
                "0600 0400 7805 0000 0600 0700 9122 0000 0500 0800 03 000000"
                "0800 0500 ef010101"));
}

TEST(Encode, Ipv6DaemonGroupHasItsOwnAttribute) {
  ipvs::Daemon daemon;
  daemon.state = IP_VS_STATE_BACKUP;
  daemon.group = Address::parse("ff05::1");
  EXPECT_EQ(codec::encode(Change::start_daemon(daemon), kEnvelope),
            hex("44000000 1b00 0500 07000000 00000000  09 01 0000"
                "3000 0380"
                "0800 0100 02000000 0500 0200 00 000000 0800 0300 00000000"
                "1400 0600 ff050000 00000000 00000000 00000001"));
}

TEST(Encode, PeersAndKeyOfADaemon) {
  ipvs::DaemonConfig daemon;
  daemon.state = IP_VS_STATE_MASTER;
  daemon.interface = "d0";
  EXPECT_EQ(Change::start_daemon_with(daemon).as<ipvs::change::StartDaemonWith>(), nullptr) << "one as any other";
  daemon.peer_addresses = {Address::parse("10.9.0.1"), Address::parse("10.9.0.2")};
  daemon.key = "0123456789abcdef";
  EXPECT_EQ(codec::encode(Change::start_daemon_with(daemon), kEnvelope),
            hex("68000000 1b00 0500 07000000 00000000  09 01 0000"
                "5400 0380"
                "0800 0100 01000000 0700 0200 643000 00 0800 0300 00000000"
                "2400 4100 00000000 00000000 0000ffff 0a090001 00000000 00000000 0000ffff 0a090002"
                "1400 4000 30313233 34353637 38396162 63646566"));
  daemon.peer_addresses = {Address::parse("fd09::2")};
  daemon.key.clear();
  EXPECT_EQ(codec::encode(Change::start_daemon_with(daemon), kEnvelope),
            hex("44000000 1b00 0500 07000000 00000000  09 01 0000"
                "3000 0380"
                "0800 0100 01000000 0700 0200 643000 00 0800 0300 00000000"
                "1400 4100 fd090000 00000000 00000000 00000002"));
  // What is too much is sent so that the kernel refuses it.
  daemon.peer_addresses.resize(100, Address::parse("fd09::2"));
  daemon.key.resize(70000, 'x');
  EXPECT_EQ(codec::encode(Change::start_daemon_with(daemon), kEnvelope).size(), 20U + 4 + 24 + 4 + 17 * 16 + 4 + 65 + 3);
}

TEST(Encode, WantedConnectionsAreNamedByWhatIsGiven) {
  constexpr codec::Envelope dump{.family_id = 0x1b, .flags = NLM_F_REQUEST | NLM_F_DUMP, .seq = 7};
  EXPECT_EQ(codec::encode_get_connections({}, dump), hex("14000000 1b00 0103 07000000 00000000 42 02 0000"));
  const ipvs::ConnectionFilter filter{.protocol = 6,
                                      .client = Address::parse("10.9.9.9"),
                                      .client_port = 0x102,
                                      .virt = Address::parse("2001:db8::2"),
                                      .virt_port = 80,
                                      .dest = Address::parse("10.0.0.1"),
                                      .dest_port = 8080,
                                      .state = "CLOSE"};
  EXPECT_EQ(codec::encode_get_connections(filter, dump),
            hex("64000000 1b00 0103 07000000 00000000 42 02 0000"
                "0600 0200 0600 0000"
                "0800 0300 0a090909"
                "0600 0400 0102 0000"
                "1400 0500 20010db8 00000000 00000000 00000002"
                "0600 0600 0050 0000"
                "0800 0700 0a000001"
                "0600 0800 1f90 0000"
                "0a00 0900 434c4f5345 00 0000"));
  EXPECT_TRUE(codec::encode_get_connections({.state = std::string(15, 'x')}, dump));
  EXPECT_FALSE(codec::encode_get_connections({.state = std::string(16, 'x')}, dump)) << "no state is that long";
  EXPECT_FALSE(codec::encode_get_connections({.state = std::string("A\0B", 3)}, dump));
  EXPECT_FALSE(codec::encode_get_connections({.virt = Address{}}, dump));
}

TEST(Encode, CommandsWithoutAttributes) {
  EXPECT_EQ(codec::encode(Change::flush(), kEnvelope),
            hex("14000000 1b00 0500 07000000 00000000  11 01 0000"));
  EXPECT_EQ(codec::encode(Change::zero_all(), kEnvelope),
            hex("14000000 1b00 0500 07000000 00000000  10 01 0000"));
  EXPECT_EQ(codec::encode_bare(IPVS_CMD_GET_INFO, kEnvelope),
            hex("14000000 1b00 0500 07000000 00000000  0f 01 0000"));
}

TEST(Encode, DumpsAskToBeToldOfChangesOthersDoNot) {
  const codec::Envelope dump{.family_id = 27, .flags = NLM_F_REQUEST | NLM_F_DUMP, .seq = 7};
  EXPECT_EQ(codec::encode_bare(IPVS_CMD_GET_SERVICE, dump), hex("14000000 1b00 0103 07000000 00000000  04 02 0000"));
  EXPECT_EQ(codec::encode_get_dests(web(), dump)[17], 2);
  // NLM_F_ROOT alone is half of NLM_F_DUMP, and NLM_F_REPLACE of something else.
  const codec::Envelope root{.family_id = 27, .flags = NLM_F_REQUEST | NLM_F_ROOT, .seq = 7};
  EXPECT_EQ(codec::encode_bare(IPVS_CMD_GET_SERVICE, root)[17], 1);
}

TEST(Encode, OverlongNamesAreSentSoThatTheKernelRefusesThem) {
  const ipvs::Service service{.key = web(),
                              .scheduler = std::string(100'000, 'x'),
                              .flags = 0,
                              .timeout = 0,
                              .netmask = 0,
                              .pe = std::string(17, 'y')};
  const auto message = codec::encode(Change::add_service(service), kEnvelope);
  // 64 letters, which no kernel takes, and the 17 as they are; both with their end.
  const std::string bytes(message.begin(), message.end());
  EXPECT_NE(bytes.find(std::string("\x45\0\x06\0", 4) + std::string(64, 'x') + '\0'), std::string::npos);
  EXPECT_NE(bytes.find(std::string("\x16\0\x0b\0", 4) + std::string(17, 'y') + '\0'), std::string::npos);
}

TEST(Encode, EachChangeIsItsCommand) {
  const ipvs::ServiceKey mark{.fwmark = 3, .family = AF_INET, .protocol = 0, .addr = {}, .port = 0};
  const std::pair<Change, int> commands[] = {
      {Change::add_service({}), 1},        {Change::edit_service({}), 2},  {Change::delete_service(mark), 3},
      {Change::add_dest(mark, {}), 5},     {Change::edit_dest(mark, {}), 6}, {Change::delete_dest(mark, {}), 7},
      {Change::start_daemon({}), 9},       {Change::stop_daemon({}), 10},  {Change::set_timeouts({}), 12},
      {Change::zero_service(mark), 16},    {Change::zero_all(), 16},       {Change::flush(), 17},
  };
  for (const auto& [change, command] : commands) EXPECT_EQ(codec::encode(change, kEnvelope)[16], command);
  EXPECT_EQ(codec::encode(Change::zero_service(mark), kEnvelope).size(), 20U + 20);
  // Of a daemon that is to stop all is sent that a start sends.
  EXPECT_EQ(codec::encode(Change::stop_daemon({}), kEnvelope).size(),
            codec::encode(Change::start_daemon({}), kEnvelope).size());
  EXPECT_EQ(codec::encode(Change::edit_dest(mark, masq_dest()), kEnvelope).size(),
            codec::encode(Change::add_dest(mark, masq_dest()), kEnvelope).size());
}

TEST(Encode, ATableIsItsServicesEachWithItsServersAndEveryItemIsFound) {
  const ipvs::Service service{
      .key = web(), .scheduler = "rr", .flags = 0, .timeout = 0, .netmask = ~0U, .pe = ""};
  const ipvs::Table table{.services = {{service, {masq_dest(), masq_dest()}}, {service, {}}}, .timeouts = {}};
  const auto message = codec::encode_table(table, kEnvelope);
  // header 20, service 84, destination 96 each, service 84, three timeouts of 8
  ASSERT_EQ(message.bytes.size(), 20U + 84 + 96 + 96 + 84 + 24);
  EXPECT_EQ(message.bytes[16], 65);
  EXPECT_EQ(message.item_at(19), nullptr);
  for (std::size_t offset : {20U, 60U, 103U}) {
    ASSERT_NE(message.item_at(offset), nullptr);
    EXPECT_EQ(message.item_at(offset)->service, 0U);
    EXPECT_FALSE(message.item_at(offset)->dest);
  }
  EXPECT_EQ(message.item_at(104)->dest, 0U);
  EXPECT_EQ(message.item_at(200)->dest, 1U);
  EXPECT_EQ(message.item_at(296)->service, 1U);
  EXPECT_EQ(message.item_at(380), nullptr);
}

/// Copying a message of a hundred thousand items takes longer than making it.
TEST(Encode, ThereIsRoomForTheLargestItemsFromTheBeginning) {
  ipvs::Service service{.key = web(), .scheduler = std::string(100, 'x'), .flags = ~0U, .timeout = ~0U, .netmask = ~0U,
                        .pe = std::string(100, 'y')};
  service.key.addr = ipvs::Address::parse("fd00::1");
  ipvs::Dest dest = masq_dest();
  dest.key.addr = ipvs::Address::parse("fd00::2");
  const auto one = codec::encode(Change::add_dest(service.key, dest), kEnvelope);
  EXPECT_EQ(one.capacity(), 256U);
  const auto message =
      codec::encode_table({.services = {{service, {dest, dest}}, {service, {dest}}, {service, {}}}, .timeouts = {}}, kEnvelope);
  EXPECT_EQ(message.bytes.capacity(), 7U * 512) << "of each service, each server, and the timeouts";
  EXPECT_EQ(message.items.capacity(), 7U);
  EXPECT_EQ(message.items.size(), 7U);
}

}  // namespace
