// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>
#include <linux/ip_vs.h>
#include <netinet/in.h>

#include <cstring>

#include "base/vocabulary.hh"
#include "base/words.hh"
#include "fake_names.hh"
#include "grammar/text.hh"
#include "procfs.hh"
#include "show/connections.hh"
#include "base/json_listing.hh"
#include "show/listing.hh"
#include "show/save.hh"

namespace {

using ipvs::Address;
using ipvsadm::Columns;
using ipvsadm::Listing;

ipvs::ServiceEntry service(std::uint16_t protocol, const char* addr, std::uint16_t port) {
  ipvs::ServiceEntry entry;
  entry.key.protocol = protocol;
  entry.key.addr = Address::parse(addr);
  entry.key.family = entry.key.addr.family;
  entry.key.port = port;
  entry.scheduler = "wlc";
  entry.flags = IP_VS_SVC_F_HASHED;
  entry.netmask = entry.key.family == AF_INET6 ? 128 : ~0U;
  return entry;
}

ipvs::ServiceEntry mark_service(std::uint32_t mark, std::uint16_t family) {
  auto entry = service(0, family == AF_INET6 ? "::" : "0.0.0.0", 0);
  entry.key.fwmark = mark;
  entry.key.addr = {};
  return entry;
}

ipvs::DestEntry dest(const char* addr, std::uint16_t port, std::uint32_t method) {
  ipvs::DestEntry entry;
  entry.key = {.addr = Address::parse(addr), .port = port};
  entry.method = method;
  entry.weight = 1;
  return entry;
}

std::string line(const ipvs::ServiceEntry& entry, Columns columns = Columns::plain) {
  return Listing(columns, false, nullptr).service(entry);
}

TEST(Listing, Titles) {
  EXPECT_EQ(Listing::version_line({.version = 0x010201, .conn_table_size = 4096, .api = 0, .release = {}}),
            "IP Virtual Server version 1.2.1 (size=4096)\n");
  const struct {
    Columns columns;
    const char* text;
  } cases[] = {
      {Columns::plain,
       "Prot LocalAddress:Port Scheduler Flags\n"
       "  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n"},
      {Columns::stats,
       "Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes\n"
       "  -> RemoteAddress:Port\n"},
      {Columns::rate,
       "Prot LocalAddress:Port                 CPS    InPPS   OutPPS    InBPS   OutBPS\n"
       "  -> RemoteAddress:Port\n"},
      {Columns::thresholds,
       "Prot LocalAddress:Port            Uthreshold Lthreshold ActiveConn InActConn \n"
       "  -> RemoteAddress:Port\n"},
      {Columns::persistent_conn,
       "Prot LocalAddress:Port            Weight    PersistConn ActiveConn InActConn \n"
       "  -> RemoteAddress:Port\n"},
      {Columns::tun_info,
       "Prot LocalAddress:Port Scheduler Flags\n"
       "  -> RemoteAddress:Port           Forward TunnelInfo    Weight ActiveConn InActConn\n"},
  };
  for (const auto& each : cases) EXPECT_EQ(Listing(each.columns, false, nullptr).titles(), each.text);
}

TEST(Listing, ServiceLines) {
  auto entry = service(IPPROTO_TCP, "10.9.9.9", 80);
  EXPECT_EQ(line(entry), "TCP  10.9.9.9:80 wlc\n");
  entry.netmask = htonl(0xffffff00);
  entry.pe = "sip";
  EXPECT_EQ(line(entry), "TCP  10.9.9.9:80 wlc\n") << "mask and engine belong to persistence";
  entry.flags |= IP_VS_SVC_F_PERSISTENT | IP_VS_SVC_F_ONEPACKET | IP_VS_SVC_F_SCHED1 | IP_VS_SVC_F_SCHED3;
  entry.timeout = 100;
  EXPECT_EQ(line(entry),
            "TCP  10.9.9.9:80 wlc (flag-1,flag-3) persistent 100 mask 255.255.255.0 pe sip ops\n");
  EXPECT_EQ(line(service(IPPROTO_SCTP, "10.9.9.9", 1)), "SCTP 10.9.9.9:1 wlc\n");
  EXPECT_EQ(line(service(47, "10.9.9.9", 1)), "?    10.9.9.9:1 wlc\n");
  EXPECT_EQ(line(mark_service(4, AF_INET6)), "FWM  4 IPv6 wlc\n");
  EXPECT_EQ(line(mark_service(4294967295, AF_INET)), "FWM  4294967295 wlc\n");

  entry = service(IPPROTO_UDP, "fd00::1", 53);
  entry.flags |= IP_VS_SVC_F_PERSISTENT;
  entry.timeout = 5;
  entry.netmask = 64;
  EXPECT_EQ(line(entry), "UDP  [fd00::1]:53 wlc persistent 5 mask 64\n");
}

TEST(Listing, SchedulerFlagsHaveTheSchedulersNames) {
  auto entry = service(IPPROTO_TCP, "10.9.9.9", 80);
  entry.flags = IP_VS_SVC_F_SCHED1 | IP_VS_SVC_F_SCHED2;
  entry.scheduler = "sh";
  EXPECT_EQ(line(entry), "TCP  10.9.9.9:80 sh (sh-fallback,sh-port)\n");
  entry.scheduler = "mh";
  EXPECT_EQ(line(entry), "TCP  10.9.9.9:80 mh (mh-fallback,mh-port)\n");
  entry.flags = IP_VS_SVC_F_SCHED3;
  EXPECT_EQ(line(entry), "TCP  10.9.9.9:80 mh ()\n");
}

TEST(Listing, CountersFollowTheName) {
  auto entry = service(IPPROTO_TCP, "10.9.9.9", 80);
  entry.stats = {.conns = 2, .inpkts = 10, .outpkts = 7, .inbytes = 546, .outbytes = 390};
  EXPECT_EQ(line(entry, Columns::stats),
            "TCP  10.9.9.9:80                         2       10        7      546      390\n");
}

TEST(Listing, DestLines) {
  auto entry = dest("10.0.0.1", 8080, IP_VS_CONN_F_MASQ);
  entry.active = 1;
  entry.inactive = 2;
  entry.persistent = 3;
  entry.u_threshold = 20;
  entry.l_threshold = 10;
  entry.stats = {.conns = 1,
                 .inpkts = 2,
                 .outpkts = 3,
                 .inbytes = 4,
                 .outbytes = 5,
                 .cps = 100'000'000,
                 .inpps = 7,
                 .outpps = 8,
                 .inbps = 100'000'000,
                 .outbps = 10};
  const auto key = service(IPPROTO_TCP, "10.9.9.9", 80).key;
  const struct {
    Columns columns;
    const char* text;
  } cases[] = {
      {Columns::plain, "  -> 10.0.0.1:8080                Masq    1      1          2         \n"},
      {Columns::tun_info,
       "  -> 10.0.0.1:8080                Masq    n/a           1      1          2         \n"},
      {Columns::stats, "  -> 10.0.0.1:8080                       1        2        3        4        5\n"},
      {Columns::rate, "  -> 10.0.0.1:8080                100000000        7        8  100000K       10\n"},
      {Columns::thresholds,
       "  -> 10.0.0.1:8080                20         10         1          2         \n"},
      {Columns::persistent_conn,
       "  -> 10.0.0.1:8080                1         3           1          2         \n"},
  };
  for (const auto& each : cases) EXPECT_EQ(Listing(each.columns, false, nullptr).dest(key, entry), each.text);

  EXPECT_EQ(Listing(Columns::plain, false, nullptr)
                .dest(key, dest("2001:db8:ffff:ffff:ffff:ffff:ffff:fffe", 65535, IP_VS_CONN_F_LOCALNODE)),
            "  -> [2001:db8:ffff:ffff:ffff:ffff:ffff:fffe]:65535 Local   1      0          0         \n");
  EXPECT_EQ(Listing(Columns::plain, false, nullptr).dest(key, dest("10.0.0.1", 80, 5)),
            "  -> 10.0.0.1:80                  5       1      0          0         \n")
      << "a method without a name";
}

TEST(Listing, Tunnels) {
  const struct {
    std::uint8_t type;
    std::uint16_t port, flags;
    const char* text;
    const char* saved;
  } cases[] = {
      {0, 0, 0, "ipip         ", " --tun-type ipip"},
      {1, 6080, 0, "gue:6080:-c  ", " --tun-type gue --tun-port 6080 --tun-nocsum"},
      {1, 6080, 1, "gue:6080:+c  ", " --tun-type gue --tun-port 6080 --tun-csum"},
      {1, 65535, 2, "gue:65535:r+c", " --tun-type gue --tun-port 65535 --tun-remcsum"},
      {2, 0, 0, "gre:-c       ", " --tun-type gre --tun-nocsum"},
      {2, 0, 1, "gre:+c       ", " --tun-type gre --tun-csum"},
  };
  const auto key = mark_service(3, AF_INET).key;
  for (const auto& each : cases) {
    auto entry = dest("10.0.0.1", 80, IP_VS_CONN_F_TUNNEL);
    entry.tun_type = each.type;
    entry.tun_port = each.port;
    entry.tun_flags = each.flags;
    EXPECT_EQ(Listing(Columns::tun_info, false, nullptr).dest(key, entry),
              std::string("  -> 10.0.0.1:80                  Tunnel  ") + each.text +
                  " 1      0          0         \n");
    EXPECT_EQ(ipvsadm::save_dest(key, entry, nullptr),
              std::string("-a -f 3 -r 10.0.0.1:80 -i -w 1") + each.saved + "\n");
  }
}

TEST(Listing, NamesAreCutToTheirColumnsForIpv4Only) {
  FakeNames names;
  const Listing listing(Columns::plain, false, &names);
  const auto key = service(IPPROTO_TCP, "10.9.9.9", 80).key;
  EXPECT_EQ(listing.service(service(IPPROTO_TCP, "10.9.9.9", 80)), "TCP  vip.example.com:http wlc\n");
  EXPECT_EQ(listing.service(service(IPPROTO_TCP, "fd00::1", 80)), "TCP  [six.example.com]:http wlc\n");
  EXPECT_EQ(listing.service(service(IPPROTO_TCP, "10.0.0.77", 80)),
            "TCP  a-very-long-name-indeed.of-a wlc\n");
  EXPECT_EQ(listing.dest(key, dest("10.0.0.77", 80, 0)),
            "  -> a-very-long-name-indeed.of-a Masq    1      0          0         \n");
}

TEST(Numbers, Scale) {
  const struct {
    std::uint64_t value;
    const char* text;
  } cases[] = {{0, "        0"},
               {99'999'999, " 99999999"},
               {100'000'000, "  100000K"},
               {999'999'999, "  999999K"},
               {1'000'000'000, "    1000M"},
               {99'999'999'999, "   99999M"},
               {100'000'000'000, "     100G"},
               {99'999'999'999'999, "   99999G"},
               {100'000'000'000'000, "     100T"},
               {18'446'744'073'709'551'615U, "18446744T"}};
  for (const auto& each : cases) EXPECT_EQ(ipvsadm::scaled(each.value), each.text);
  EXPECT_EQ(ipvsadm::unscaled(12'345'678), " 12345678");
  EXPECT_EQ(ipvsadm::unscaled(123'456'789'012), " 123456789012");
}

TEST(Order, IsUnsignedAndKeepsFamiliesApart) {
  const auto less = [](const ipvs::ServiceEntry& a, const ipvs::ServiceEntry& b) { return a.key < b.key; };
  const ipvs::ServiceEntry ascending[] = {service(IPPROTO_TCP, "10.0.0.1", 80),
                                          service(IPPROTO_TCP, "10.0.0.1", 443),
                                          service(IPPROTO_TCP, "100.0.0.1", 80),
                                          service(IPPROTO_TCP, "200.0.0.1", 80),
                                          service(IPPROTO_UDP, "10.0.0.1", 80),
                                          service(IPPROTO_SCTP, "10.0.0.1", 80),
                                          service(IPPROTO_TCP, "::1", 80),
                                          service(IPPROTO_UDP, "::1", 80),
                                          mark_service(4, AF_INET),
                                          mark_service(4, AF_INET6),
                                          mark_service(4294967295, AF_INET)};
  for (std::size_t i = 1; i < std::size(ascending); ++i) {
    EXPECT_TRUE(less(ascending[i - 1], ascending[i])) << i;
    EXPECT_FALSE(less(ascending[i], ascending[i - 1])) << i;
  }
  EXPECT_LT(dest("255.0.0.1", 9, 0).key, dest("::1", 1, 0).key);
}

TEST(Save, Services) {
  auto entry = service(IPPROTO_TCP, "10.9.9.9", 90);
  entry.flags |= IP_VS_SVC_F_PERSISTENT;
  entry.timeout = 360;
  entry.netmask = htonl(0xffffff00);
  EXPECT_EQ(ipvsadm::save_service(entry, nullptr), "-A -t 10.9.9.9:90 -s wlc -p 360 -M 255.255.255.0\n");
  entry = service(IPPROTO_UDP, "10.9.9.9", 53);
  entry.flags |= IP_VS_SVC_F_ONEPACKET;
  EXPECT_EQ(ipvsadm::save_service(entry, nullptr), "-A -u 10.9.9.9:53 -s wlc -o\n");
  EXPECT_EQ(ipvsadm::save_service(service(IPPROTO_SCTP, "10.9.9.9", 3868), nullptr),
            "-A --sctp-service 10.9.9.9:3868 -s wlc\n");
  EXPECT_EQ(ipvsadm::save_service(mark_service(4, AF_INET6), nullptr), "-A -f 4 -6 -s wlc\n");
  EXPECT_EQ(ipvsadm::save_service(mark_service(4294967295, AF_INET), nullptr), "-A -f 4294967295 -s wlc\n");
  entry = service(IPPROTO_TCP, "10.9.9.9", 100);
  entry.scheduler = "sh";
  entry.pe = "sip";
  entry.flags |= IP_VS_SVC_F_SCHED1 | IP_VS_SVC_F_SCHED2;
  EXPECT_EQ(ipvsadm::save_service(entry, nullptr),
            "-A -t 10.9.9.9:100 -s sh --pe sip -b sh-fallback,sh-port\n");
  entry.flags = IP_VS_SVC_F_SCHED3;
  entry.pe = "";
  EXPECT_EQ(ipvsadm::save_service(entry, nullptr), "-A -t 10.9.9.9:100 -s sh -b flag-3\n");
}

TEST(Save, DestsWithThresholdsOnlyIfSet) {
  auto entry = dest("10.0.0.11", 80, IP_VS_CONN_F_MASQ);
  entry.weight = 65536;
  const auto key = service(IPPROTO_TCP, "10.9.9.9", 80).key;
  EXPECT_EQ(ipvsadm::save_dest(key, entry, nullptr), "-a -t 10.9.9.9:80 -r 10.0.0.11:80 -m -w 65536\n");
  entry.u_threshold = 9;
  entry.l_threshold = 4;
  EXPECT_EQ(ipvsadm::save_dest(key, entry, nullptr),
            "-a -t 10.9.9.9:80 -r 10.0.0.11:80 -m -w 65536 -x 9 -y 4\n");
  EXPECT_EQ(ipvsadm::save_dest(key, dest("10.0.0.1", 80, IP_VS_CONN_F_LOCALNODE), nullptr),
            "-a -t 10.9.9.9:80 -r 10.0.0.1:80 -g -w 1\n");
}

std::string connection(const char* text, bool persistence = false) {
  const auto parsed = ipvs::procfs::parse_connection(text);
  return parsed ? ipvsadm::connection_text(*parsed, persistence, nullptr) : "malformed";
}

TEST(Connections, Lines) {
  EXPECT_EQ(connection("TCP 0A090909 EDAC 0A090909 0050 0A000001 1F90 ESTABLISHED     899"),
            "TCP 14:59  ESTABLISHED 10.9.9.9:60844     10.9.9.9:80        10.0.0.1:8080\n");
  EXPECT_EQ(connection("IP  0A090909 0000 00000005 0000 0A000001 0000 ASSURED          59"),
            "IP  00:59  ASSURED     10.9.9.9:0         0.0.0.5:0          10.0.0.1:0\n");
  EXPECT_EQ(connection("IP  fd00:0000:0000:0000:0000:0000:0000:0009 0000 "
                       "0000:0006:0000:0000:0000:0000:0000:0000 0000 "
                       "fd00:0000:0000:0000:0000:0000:0000:0001 0000 ASSURED          59"),
            "IP  00:59  ASSURED     [fd00::9]:0        [0:6::]:0          [fd00::1]:0\n");
  EXPECT_EQ(
      connection(
          "TCP 0A090909 E310 0A090909 0050 fd00:0000:0000:0000:0000:0000:0000:0077 0050 SYN_RECV   6000"),
      "TCP 100:00 SYN_RECV    10.9.9.9:58128     10.9.9.9:80        [fd00::77]:80\n");
}

TEST(Connections, EngineColumns) {
  const char* row = "UDP 0A090909 0000 0A090909 13C4 0A000001 14E9 ASSURED          58 sip a b@host";
  EXPECT_EQ(connection(row), "UDP 00:58  ASSURED     10.9.9.9:0         10.9.9.9:5060      10.0.0.1:5353\n");
  EXPECT_EQ(
      connection(row, true),
      "UDP 00:58  ASSURED     10.9.9.9:0         10.9.9.9:5060      10.0.0.1:5353    sip                a "
      "b@host\n");
  EXPECT_EQ(
      ipvsadm::connection_titles(true),
      "IPVS connection entries\n"
      "pro expire state       source             virtual            destination        pe name          "
      "pe_data\n");
  EXPECT_EQ(ipvsadm::connection_titles(false),
            "IPVS connection entries\n"
            "pro expire state       source             virtual            destination\n");
}

TEST(Connections, Malformed) {
  for (const char* text : {"", "TCP", "TCP 0A0909 EDAC 0A090909 0050 0A000001 1F90 X 1",
                           "TCP 0A090909 EDACC 0A090909 0050 0A000001 1F90 X 1",
                           "TCP 0A090909 EDAC 0A090909 0050 0A000001 1F90 X",
                           "TCP 0A090909 EDAC 0A090909 0050 0A000001 1F90 X 1x",
                           "TCP 0A09090G EDAC 0A090909 0050 0A000001 1F90 X 1"})
    EXPECT_EQ(connection(text), "malformed") << text;
}

TEST(Daemons, MasterFirstAndDefaultsLeftOut) {
  std::vector<ipvs::DaemonConfig> daemons(2);
  static_cast<ipvs::Daemon&>(daemons[0]) = {.state = IP_VS_STATE_BACKUP,
                                            .interface = "d0",
                                            .sync_id = 0,
                                            .sync_maxlen = 0,
                                            .group = {},
                                            .port = 0,
                                            .ttl = 0};
  static_cast<ipvs::Daemon&>(daemons[1]) = {.state = IP_VS_STATE_MASTER,
                                            .interface = "d0",
                                            .sync_id = 5,
                                            .sync_maxlen = 1400,
                                            .group = Address::parse("239.1.1.1"),
                                            .port = 8849,
                                            .ttl = 3};
  EXPECT_EQ(ipvsadm::daemons_text(daemons),
            "master sync daemon (mcast=d0, syncid=5, maxlen=1400, group=239.1.1.1, port=8849, ttl=3)\n"
            "backup sync daemon (mcast=d0, syncid=0)\n");
  EXPECT_EQ(ipvsadm::daemons_text({}), "");
  EXPECT_EQ(ipvsadm::timeouts_text({.tcp = 900, .tcp_fin = 120, .udp = 300}),
            "Timeout (tcp tcpfin udp): 900 120 300\n");
}

TEST(Save, TimeoutsAndDaemons) {
  EXPECT_EQ(ipvsadm::save_timeouts({.tcp = 900, .tcp_fin = 120, .udp = 300}), "")
      << "what the kernel begins with";
  EXPECT_EQ(ipvsadm::save_timeouts({.tcp = 900, .tcp_fin = 120, .udp = 301}), "--set 900 120 301\n");
  ipvs::DaemonConfig daemon;
  daemon.state = IP_VS_STATE_BACKUP;
  daemon.interface = "d0";
  daemon.sync_id = 5;
  EXPECT_EQ(ipvsadm::save_daemon(daemon, "/k"), "--start-daemon backup --mcast-interface d0 --syncid 5\n");
  daemon.state = IP_VS_STATE_MASTER;
  daemon.sync_maxlen = 1400;
  daemon.group = Address::parse("ff05::1");
  daemon.port = 8849;
  daemon.ttl = 3;
  EXPECT_EQ(ipvsadm::save_daemon(daemon, ""),
            "--start-daemon master --mcast-interface d0 --syncid 5 --sync-maxlen 1400 --mcast-group ff05::1 "
            "--mcast-port 8849 --mcast-ttl 3\n");
  daemon.has_beyond(true, 0);
  EXPECT_TRUE(ipvsadm::save_daemon(daemon, "").starts_with("# with a key: --start-daemon master ")) << "a comment";
  EXPECT_TRUE(ipvsadm::daemons_text({daemon}).ends_with(", ttl=3, key)\n"));
  daemon.group = {};
  daemon.has_beyond(true, 2);
  daemon.peer_addresses = {Address::parse("10.9.0.1"), Address::parse("10.9.0.2")};
  const std::string line =
      "--start-daemon master --mcast-interface d0 --syncid 5 --sync-maxlen 1400 --mcast-port 8849 --mcast-ttl 3 "
      "--sync-peer 10.9.0.1,10.9.0.2";
  EXPECT_EQ(ipvsadm::save_daemon(daemon, ""), "# with a key: " + line + "\n");
  EXPECT_EQ(ipvsadm::save_daemon(daemon, "/etc/key"), line + " --sync-key-file /etc/key\n");
  daemon.has_beyond(false, 2);
  EXPECT_EQ(ipvsadm::save_daemon(daemon, "/etc/key"), line + "\n");
  EXPECT_TRUE(ipvsadm::daemons_text({daemon}).ends_with(", ttl=3, peers=10.9.0.1,10.9.0.2)\n"));
  EXPECT_NE(ipvsadm::json_daemons({daemon}).find("\"peers\":[\"10.9.0.1\",\"10.9.0.2\"]"), std::string::npos)
      << ipvsadm::json_daemons({daemon});
}

TEST(Listing, MarksHaveNames) {
  FakeNames names;
  const Listing listing(Columns::plain, false, &names);
  EXPECT_EQ(listing.service(mark_service(7, AF_INET6)), "FWM  web IPv6 wlc\n");
  EXPECT_EQ(listing.service(mark_service(8, AF_INET)), "FWM  8 wlc\n");
  EXPECT_EQ(ipvsadm::save_service(mark_service(7, AF_INET), &names), "-A -f 7 -s wlc\n")
      << "others cannot read it";
}

TEST(Text, QuotesWhatATerminalWouldObey) {
  using ipvsadm::escaped;
  EXPECT_EQ(escaped("plain ~ text"), "plain ~ text");
  EXPECT_EQ(escaped("a\tb\nc\x7f"), "a\\x09b\\x0ac\\x7f");
  EXPECT_EQ(escaped("\xc3\xbc \xe2\x82\xac"), "\xc3\xbc \xe2\x82\xac");
  EXPECT_EQ(escaped("\xc2\x9b[2J"), "\\xc2\\x9b[2J") << "C1";
  EXPECT_EQ(escaped("\xc2\xa0"), "\xc2\xa0");
  EXPECT_EQ(escaped("\xff\xc3"), "\\xff\\xc3");
  // What turns the direction of the text around it, or is not seen at all.
  EXPECT_EQ(escaped("a\xe2\x80\xae b"), "a\\xe2\\x80\\xae b");
  for (const char* each : {"\xd8\x9c", "\xe2\x80\x8b", "\xe2\x80\x8f", "\xe2\x80\xa8", "\xe2\x81\xa6", "\xe2\x81\xaf", "\xef\xbb\xbf"})
    EXPECT_EQ(escaped(each).find('\\'), 0U) << escaped(each);
  for (const char* each : {"\xd8\x9d", "\xe2\x80\x8a", "\xe2\x80\x90", "\xe2\x80\xa7", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe2\x81\xb0",
                           "\xef\xbb\xbe"})
    EXPECT_EQ(escaped(each), each);
  EXPECT_EQ(escaped(""), "");
}

TEST(Text, ShowsALinesLength) {
  using ipvsadm::shown;
  EXPECT_EQ(shown(std::string(160, 'x')), std::string(160, 'x'));
  EXPECT_EQ(shown(std::string(161, 'x')), std::string(160, 'x') + "...");
  EXPECT_EQ(shown(std::string(159, 'x') + "\xc3\xbc"), std::string(159, 'x') + "...") << "whole characters";
  EXPECT_EQ(shown(std::string(158, 'x') + "\x01y"), std::string(158, 'x') + "...");
}

TEST(Text, LinesOfAText) {
  std::string_view text = "one\n\nthree";
  EXPECT_EQ(ipvsadm::take_line(text), "one");
  EXPECT_EQ(ipvsadm::take_line(text), "");
  EXPECT_EQ(ipvsadm::take_line(text), "three");
  EXPECT_TRUE(text.empty());
}

TEST(Save, WhatSocketOptionsDoNotShow) {
  using ipvsadm::lost_through_socket_options;
  EXPECT_FALSE(lost_through_socket_options({}));
  EXPECT_EQ(lost_through_socket_options({.tunnels = true, .engines = true}), "types of tunnels");
  EXPECT_EQ(lost_through_socket_options({.ipv6 = true}), "IPv6 services and servers");
  EXPECT_EQ(lost_through_socket_options({.engines = true}), "persistence engines");
}

TEST(Words, OneAfterAnother) {
  std::string_view text = " ,one,, two,";
  EXPECT_EQ(ipvsadm::take_word(text, " ,"), "one");
  EXPECT_EQ(ipvsadm::take_word(text, " ,"), "two");
  EXPECT_EQ(ipvsadm::take_word(text, " ,"), "");
  EXPECT_EQ(ipvsadm::take_word(text, " ,"), "") << "and so on";
}

TEST(Words, NumbersAreWholeWords) {
  EXPECT_EQ(ipvsadm::whole_number<std::uint16_t>("65535"), 65535);
  EXPECT_EQ(ipvsadm::whole_number<std::uint32_t>("ffFF", 16), 0xffffU);
  EXPECT_EQ(ipvsadm::whole_number<std::int64_t>("-4"), -4);
  for (const char* wrong : {"", "65536", " 1", "1 ", "+1", "1x", "-1"})
    EXPECT_FALSE(ipvsadm::whole_number<std::uint16_t>(wrong)) << wrong;
}

/// Words are read as they are written.
TEST(Vocabulary, EachWordHasOneMeaning) {
  for (const auto& each : ipvsadm::protocols()) {
    EXPECT_EQ(ipvsadm::find_protocol(each.number), &each);
    EXPECT_EQ(ipvsadm::find_protocol(std::string_view(each.title)), &each);
  }
  EXPECT_FALSE(ipvsadm::find_protocol(std::uint16_t{IPPROTO_ICMP}));
  for (const auto& each : ipvsadm::methods()) EXPECT_EQ(ipvsadm::find_method(each.number | IP_VS_CONN_F_INACTIVE), &each);
  EXPECT_FALSE(ipvsadm::find_method(IP_VS_CONN_F_BYPASS));
  for (const auto& each : ipvsadm::tunnel_types()) {
    EXPECT_EQ(ipvsadm::find_tunnel_type(each.number), &each);
    EXPECT_EQ(ipvsadm::find_tunnel_type(std::string_view(each.name)), &each);
  }
  EXPECT_STREQ(ipvsadm::tunnel_checksum(0).name, "none");
  EXPECT_STREQ(ipvsadm::tunnel_checksum(IP_VS_TUNNEL_ENCAP_FLAG_CSUM).name, "full");
  EXPECT_STREQ(ipvsadm::tunnel_checksum(IP_VS_TUNNEL_ENCAP_FLAG_CSUM | IP_VS_TUNNEL_ENCAP_FLAG_REMCSUM).name, "remote");
  EXPECT_STREQ(ipvsadm::daemon_state_name(IP_VS_STATE_BACKUP), "backup");
  EXPECT_STREQ(ipvsadm::daemon_state_name(IP_VS_STATE_MASTER | IP_VS_STATE_BACKUP), "");
}

}  // namespace
