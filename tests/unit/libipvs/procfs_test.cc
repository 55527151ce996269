// SPDX-License-Identifier: GPL-2.0-or-later
// What is read from the kernel's files: connections, totals, drops, sysctls.
#include <gtest/gtest.h>
#include <linux/ip_vs.h>
#include <unistd.h>

#include <cerrno>

#include "fake_files.hh"
#include "fake_kernel.hh"
#include "interrupted.hh"

namespace {

using ipvs::Connection;
using namespace std::string_literals;
using namespace std::string_view_literals;

constexpr auto kTitle = "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n";
// as a kernel has written them
constexpr auto kTcp = "TCP C0A80107 1F40 0A010064 0050 0A02010B 1F90 ESTABLISHED     899\n";
constexpr auto kSix =
    "UDP fd01:0000:0000:0000:0000:0000:0000:0077 0035 fd01:0000:0000:0000:0000:0000:0000:0100 0035 0A02010B 0035 "
    "UDP             300\n";
constexpr auto kMark = "IP  0A01004D 0000 00000007 0000 0A02010B 0000 NONE             59\n";

struct ProcfsTest : testing::Test {
  std::shared_ptr<FakeTree> tree = std::make_shared<FakeTree>();
  std::shared_ptr<FakeKernel> kernel = std::make_shared<FakeKernel>();
  ipvs::Client client =
      ipvs::make_client(std::make_unique<FakeBackend>(kernel), std::make_unique<FakeFiles>(tree));

  std::string& connections() { return tree->content[ipvs::procfs::kConnections]; }
};

TEST(ParseConnection, Rows) {
  const auto tcp = ipvs::procfs::parse_connection(std::string_view(kTcp).substr(0, std::string_view(kTcp).size() - 1));
  ASSERT_TRUE(tcp);
  EXPECT_EQ(*tcp, (Connection{.protocol = IPPROTO_TCP,
                              .client = ipvs::Address::parse("192.168.1.7"),
                              .client_port = 8000,
                              .virt = ipvs::Address::parse("10.1.0.100"),
                              .virt_port = 80,
                              .dest = ipvs::Address::parse("10.2.1.11"),
                              .dest_port = 8080,
                              .state = "ESTABLISHED",
                              .expires = 899}));
  const auto engine = ipvs::procfs::parse_connection(
      "UDP 0A000001 13C4 0A000002 13C4 0A000003 13C4 UDP             299 sip  a  call id ");
  ASSERT_TRUE(engine);
  EXPECT_EQ(engine->pe, "sip");
  EXPECT_EQ(engine->pe_data, " a  call id ") << "blanks are part of it";
  const auto unnamed = ipvs::procfs::parse_connection("IP_50 0A000001 01F4 0A000002 01F4 0A000003 01F4 NONE 9");
  ASSERT_TRUE(unnamed);
  EXPECT_EQ(unnamed->protocol, 50);
  for (const char* wrong : {"", "TCP", "XYZ C0A80107 1F40 0A010064 0050 0A02010B 1F90 ESTABLISHED 899",
                            "TCP C0A8010 1F40 0A010064 0050 0A02010B 1F90 ESTABLISHED 899",
                            "TCP C0A80107 1F4G 0A010064 0050 0A02010B 1F90 ESTABLISHED 899",
                            "TCP C0A80107 1F40 0A010064 10000 0A02010B 1F90 ESTABLISHED 899",
                            "TCP C0A80107 1F40 0A010064 0050 0A02010B 1F90 ESTABLISHED -1",
                            "TCP C0A80107 1F40 0A010064 0050 0A02010B 1F90 ESTABLISHED",
                            "IP_65536 C0A80107 1F40 0A010064 0050 0A02010B 1F90 NONE 899"})
    EXPECT_FALSE(ipvs::procfs::parse_connection(wrong)) << wrong;
}

TEST(ProtocolName, ThereAndBack) {
  EXPECT_EQ(ipvs::protocol_name(IPPROTO_TCP), "TCP");
  EXPECT_EQ(ipvs::protocol_name(IPPROTO_SCTP), "SCTP");
  EXPECT_EQ(ipvs::protocol_name(IPPROTO_ICMPV6), "ICMPv6");
  EXPECT_EQ(ipvs::protocol_name(0), "IP");
  EXPECT_EQ(ipvs::protocol_name(50), "IP_50");
}

TEST_F(ProcfsTest, ConnectionsComeInPiecesOfAnySize) {
  connections() = kTitle + ""s + kTcp + kSix + kMark;
  tree->piece = connections().size();
  const auto whole = client.connections();
  ASSERT_TRUE(whole);
  ASSERT_EQ(whole->size(), 3U);
  EXPECT_EQ((*whole)[1].client.to_string(), "fd01::77");
  EXPECT_EQ((*whole)[1].dest.family, AF_INET) << "the server may be of the other family";
  EXPECT_EQ((*whole)[2].protocol, IPPROTO_IP);
  for (tree->piece = 1; tree->piece < 100; ++tree->piece) {
    const auto pieces = client.connections();
    ASSERT_TRUE(pieces) << tree->piece;
    EXPECT_EQ(*pieces, *whole) << tree->piece;
  }
}

TEST_F(ProcfsTest, OnlyWantedConnections) {
  connections() = kTitle + ""s + kTcp + kSix + kMark;
  const auto states = [&](const ipvs::ConnectionFilter& filter) {
    std::string found;
    EXPECT_TRUE(client.for_each_connection(filter, [&](Connection& each) {
      found += each.state + " ";
      return true;
    }));
    return found;
  };
  EXPECT_EQ(states({}), "ESTABLISHED UDP NONE ");
  EXPECT_EQ(states({.protocol = IPPROTO_UDP}), "UDP ");
  EXPECT_EQ(states({.protocol = IPPROTO_IP}), "NONE ");
  EXPECT_EQ(states({.client = ipvs::Address::parse("fd01::77")}), "UDP ");
  EXPECT_EQ(states({.client_port = 8000}), "ESTABLISHED ");
  EXPECT_EQ(states({.virt = ipvs::Address::parse("10.1.0.100")}), "ESTABLISHED ");
  EXPECT_EQ(states({.virt_port = 53}), "UDP ");
  EXPECT_EQ(states({.dest = ipvs::Address::parse("10.2.1.11")}), "ESTABLISHED UDP NONE ");
  EXPECT_EQ(states({.dest = ipvs::Address::parse("10.2.1.11"), .dest_port = 0}), "NONE ");
  EXPECT_EQ(states({.state = "ESTABLISHED"}), "ESTABLISHED ");
  EXPECT_EQ(states({.protocol = IPPROTO_TCP, .state = "UDP"}), "");
}

TEST_F(ProcfsTest, NoMoreThanWanted) {
  connections() = kTitle + ""s + kTcp + "no row at all\n";
  int seen = 0;
  EXPECT_TRUE(client.for_each_connection({}, [&](Connection&) { return ++seen, false; })) << "the rest is not looked at";
  EXPECT_EQ(seen, 1);
}

TEST_F(ProcfsTest, ConnectionsThatAreCutOrUnknownAreNoList) {
  for (const std::string& text : {kTitle + ""s + kTcp + "no row at all\n", kTitle + ""s + std::string(kTcp, 60), ""s}) {
    connections() = text;
    const auto list = client.connections();
    ASSERT_FALSE(list) << text;
    EXPECT_EQ(list.error().code, EPROTO);
    EXPECT_EQ(list.error().message(), "/proc/net/ip_vs_conn ends too early, or has a form that is not known here");
  }
  connections() = kTitle + ""s + kTcp;
  tree->refusals[ipvs::procfs::kConnections] = EIO;
  const auto list = client.connections();
  ASSERT_FALSE(list) << "what has been read is not all there is";
  EXPECT_EQ(list.error().code, EIO);
  EXPECT_EQ(list.error().message(), "cannot read /proc/net/ip_vs_conn: Input/output error");
}

TEST_F(ProcfsTest, Totals) {
  auto& text = tree->content[ipvs::procfs::kTotals];
  text =
      "   Total Incoming Outgoing         Incoming         Outgoing\n"
      "   Conns  Packets  Packets            Bytes            Bytes\n"
      "      1A       2B      3C0       1000000000                5\n"
      "\n"
      " Conns/s   Pkts/s   Pkts/s          Bytes/s          Bytes/s\n"
      "       1        2        3                4                F\n";
  auto totals = client.totals();
  ASSERT_TRUE(totals);
  EXPECT_EQ(*totals, (ipvs::Stats{.conns = 0x1a,
                                  .inpkts = 0x2b,
                                  .outpkts = 0x3c0,
                                  .inbytes = 0x1000000000,
                                  .outbytes = 5,
                                  .cps = 1,
                                  .inpps = 2,
                                  .outpps = 3,
                                  .inbps = 4,
                                  .outbps = 15}));
  text.pop_back();
  EXPECT_EQ(client.totals().error().code, EPROTO) << "more digits may have followed";
  text.resize(text.find("       1        2"));
  totals = client.totals();
  ASSERT_FALSE(totals) << "rates that are not there are not 0";
  EXPECT_EQ(totals.error().code, EPROTO);
  tree->content.clear();
  EXPECT_EQ(client.totals().error().code, ENOENT);
}

TEST_F(ProcfsTest, Status) {
  tree->content[ipvs::procfs::kTotals] = "";
  const auto none = client.status();
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, EOPNOTSUPP);
  EXPECT_EQ(none.error().message(), "This module does not tell of its tables");
  tree->content[ipvs::procfs::kStatus] =
      "Conns:\t7\nConn buckets:\t1024 (10 bits, lfactor -4)\nsomething else\nWord:\tyes\nFast path taken:\t5\n";
  const auto status = client.status();
  ASSERT_TRUE(status);
  EXPECT_EQ(*status, (std::vector<ipvs::StatusFigure>{{"Conns", 7}, {"Conn buckets", 1024}, {"Fast path taken", 5}}));
  for (const char* wrong : {"Conns:\t7", "Conns:\t18446744073709551616\n"}) {
    tree->content[ipvs::procfs::kStatus] = wrong;
    EXPECT_EQ(client.status().error().code, EPROTO) << wrong;
  }
  tree->content.clear();
  EXPECT_EQ(client.status().error().code, ENOENT) << "no module is no module";
}

TEST_F(ProcfsTest, Drops) {
  tree->content[ipvs::procfs::kTotals] = "";
  auto drops = client.drops();
  ASSERT_FALSE(drops) << "a module that does not tell has not dropped nothing";
  EXPECT_EQ(drops.error().code, EOPNOTSUPP);
  EXPECT_EQ(drops.error().message(), "this module does not count drops by their reasons");
  tree->content[ipvs::procfs::kDrops] = "truncated 0\nno-dest 18446744073709551615\n";
  drops = client.drops();
  ASSERT_TRUE(drops);
  EXPECT_EQ(*drops, (std::vector<ipvs::Drop>{{"truncated", 0}, {"no-dest", ~std::uint64_t{0}}}));
  for (const char* wrong : {"truncated\n", "truncated x\n", "truncated 1 2\n", "truncated 1\nno-dest 1"}) {
    tree->content[ipvs::procfs::kDrops] = wrong;
    EXPECT_EQ(client.drops().error().code, EPROTO) << wrong;
  }
  tree->content.clear();
  EXPECT_EQ(client.drops().error().code, ENOENT) << "no module is no module";
}

/// As the module writes it, byte by byte.
constexpr auto kSyncText =
    "master interface:\td0\n"
    "master peer:\t10.9.0.2\n"
    "master port:\t8848\n"
    "master syncid:\t5\n"
    "master key:\tyes\n"
    "master threads:\t1\n"
    "master messages:\t18446744073709551615\n"
    "master messages dropped queue:\t2\n"
    "master heard:\taddress=10.9.0.2 thread=0 heard_ms=120 messages=0 alive=yes lost=0 lag_ms=1 queued=0 entries=7 threads=1\n"
    "backup interface:\t17\n"
    "backup group:\tff05::1\n"
    "backup records:\t42\n"
    "backup dropped bad-tag:\t3\n"
    "backup heard:\taddress=fd09::1 thread=12 heard_ms=90000 messages=41 alive=no lost=93 lag_ms=350 queued=58 entries=67 "
    "threads=14\n"
    "backup heard:\taddress=fd09::2 thread=1 heard_ms=5 messages=8\n"sv;

TEST_F(ProcfsTest, Sync) {
  EXPECT_EQ(client.daemon_status().error().code, ENOENT);
  tree->content[ipvs::procfs::kTotals] = "";
  EXPECT_EQ(client.daemon_status().error().code, EOPNOTSUPP) << "the kernel's own module";
  tree->content[ipvs::procfs::kSync] = "";
  EXPECT_TRUE(client.daemon_status()->empty()) << "no daemon runs";
  tree->content[ipvs::procfs::kSync] = kSyncText;
  const auto all = client.daemon_status();
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 2U);
  const ipvs::DaemonStatus master{
      .state = IP_VS_STATE_MASTER,
      .figures = {{"threads", 1}, {"messages", 18446744073709551615U}, {"messages dropped queue", 2}},
      .heard = {{.addr = ipvs::Address::parse("10.9.0.2"), .heard_ms = 120, .has_heartbeats = true, .is_alive = true, .lag_ms = 1,
                 .entries = 7, .threads = 1}}};
  EXPECT_EQ(all->at(0), master);
  const ipvs::DaemonStatus backup{
      .state = IP_VS_STATE_BACKUP,
      .figures = {{"records", 42}, {"dropped bad-tag", 3}},
      .heard = {{.addr = ipvs::Address::parse("fd09::1"), .thread = 12, .heard_ms = 90000, .messages = 41, .has_heartbeats = true,
                 .lost = 93, .lag_ms = 350, .queued = 58, .entries = 67, .threads = 14},
                {.addr = ipvs::Address::parse("fd09::2"), .thread = 1, .heard_ms = 5, .messages = 8}}};
  EXPECT_EQ(all->at(1), backup);
  EXPECT_EQ(all->at(1).figure("records"), 42U);
  EXPECT_FALSE(all->at(1).figure("port")) << "what it was told to be is no figure";
  tree->refusals[ipvs::procfs::kSync] = EACCES;
  EXPECT_EQ(client.daemon_status().error().code, EACCES);
}

TEST(Sync, WhatLaterModulesAddIsPassedOver) {
  const auto more = ipvs::procfs::parse_sync(
      "witness messages:\t3\nno colon\nbackup new thing:\tmany words\nbackup colour:\tblue\nbackup records:\t1\n"
      "backup heard:\taddress=10.9.0.1 thread=0 heard_ms=1 messages=2 mood=good\nbackup:\t1\n");
  ASSERT_TRUE(more);
  ASSERT_EQ(more->size(), 1U);
  EXPECT_EQ(more->at(0).figures, (std::vector<ipvs::SyncFigure>{{"records", 1}}));
  EXPECT_EQ(more->at(0).heard.size(), 1U);
}

TEST(Sync, WhatIsCutOrWrongIsNoStatus) {
  for (std::size_t end = 1; end < kSyncText.size(); ++end)
    EXPECT_EQ(ipvs::procfs::parse_sync(kSyncText.substr(0, end)).has_value(), kSyncText[end - 1] == '\n') << end;
  for (const auto words : {"address=10.9.0.1 heard_ms=x", "address=10.9.0.1 alive=maybe", "thread=0 heard_ms=1", "address=nobody",
                           "address=10.9.0.1 thread", "address=10.9.0.1 thread=4294967296", "address=10.9.0.1 threads=4294967296",
                           "address=10.9.0.1 thread=a", "address=10.9.0.1 threads=a", "address=10.9.0.1 queued=a", "address=10.9.0.1 lost=-1",
                           "address=10.9.0.1 entries=99999999999999999999"})
    EXPECT_FALSE(ipvs::procfs::parse_sync("backup heard:\t" + std::string(words) + "\n")) << words;
}

TEST_F(ProcfsTest, Sysctls) {
  EXPECT_EQ(client.sysctls().error().code, ENOENT);
  tree->sysctl("sync_threshold") = "3\t50\n";
  tree->sysctl("conntrack") = "0\n";
  EXPECT_EQ(*client.sysctls(), (std::vector<std::string>{"conntrack", "sync_threshold"}));
  EXPECT_EQ(*client.sysctl("sync_threshold"), "3 50");
  EXPECT_TRUE(client.set_sysctl("conntrack", "1"));
  EXPECT_EQ(tree->sysctl("conntrack"), "1\n");
  tree->content["/proc/sys/net/ipv4/ip_forward"] = "0\n";
  for (const auto name : {"nosuch"sv, ""sv, "../ip_forward"sv, "."sv, ".."sv, "conntrack\0"sv}) {
    EXPECT_EQ(client.sysctl(name).error().code, ENOENT) << name;
    EXPECT_EQ(client.set_sysctl(name, "1").error().code, ENOENT) << name;
  }
  EXPECT_EQ(client.sysctl("nosuch").error().message(), "this module has no sysctl nosuch");
  tree->refusals["/proc/sys/net/ipv4/vs/conntrack"] = EINVAL;
  EXPECT_EQ(client.set_sysctl("conntrack", "x").error().message(), "cannot set sysctl conntrack: Invalid argument");
}

TEST_F(ProcfsTest, Unseen) {
  EXPECT_EQ(*client.unseen(), ipvs::Unseen{}) << "netlink shows everything, and no file is needed";
  kernel->transport = ipvs::Client::Transport::sockopt;
  EXPECT_EQ(client.unseen().error().code, ENOENT) << "what is not known is not nothing";
  auto& services = tree->content[ipvs::procfs::kServices];
  services = "TCP  0A090909:0050 rr  \n  -> 0A000001:1F90      Masq    1 0 0 \n";
  EXPECT_FALSE(client.unseen()->any()) << "a kernel without modules has no list of them";
  tree->content[ipvs::procfs::kModules] = "ip_vs_rr 1\n";
  EXPECT_FALSE(client.unseen()->any());
  services += "  -> 0A000002:1F90      Tunnel  1 0 0 \n";
  EXPECT_EQ(*client.unseen(), (ipvs::Unseen{.tunnels = true}));
  services += "TCP  [fd00::1]:0050 rr \n";
  tree->content[ipvs::procfs::kModules] += "ip_vs_pe_sip 1\n";
  EXPECT_EQ(*client.unseen(), (ipvs::Unseen{.ipv6 = true, .tunnels = true, .engines = true}));
  tree->refusals[ipvs::procfs::kModules] = EACCES;
  EXPECT_EQ(client.unseen().error().code, EACCES);
}

TEST(KernelFiles, OfThisMachine) {
  const auto files = ipvs::kernel_files();
  std::string text;
  ASSERT_TRUE(files->read("/proc/thread-self/net/dev", [&](std::string_view piece) { return text += piece, true; }));
  EXPECT_NE(text.find("Inter-"), std::string::npos);
  int pieces = 0;
  EXPECT_TRUE(files->read("/dev/zero", [&](std::string_view) { return ++pieces < 3; }));
  EXPECT_EQ(pieces, 3);
  EXPECT_EQ(files->read("/nosuch", [](std::string_view) { return true; }).error(), ENOENT);
  EXPECT_EQ(files->read("/proc", [](std::string_view) { return true; }).error(), EISDIR);
  EXPECT_EQ(files->write("/dev/full", "x").error(), ENOSPC);
  EXPECT_TRUE(files->write("/dev/null", "x"));
  const auto names = files->names("/proc/self/ns");
  ASSERT_TRUE(names);
  EXPECT_TRUE(std::ranges::is_sorted(*names));
  EXPECT_NE(std::ranges::find(*names, "net"s), names->end());
  EXPECT_EQ(files->names("/nosuch").error(), ENOENT);
}

TEST(KernelFiles, ASignalEndsNothing) {
  const auto files = ipvs::kernel_files();
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  std::string text;
  const auto done = interrupted::returned(
      [&] {
        return files->read("/proc/self/fd/" + std::to_string(ends[0]), [&](std::string_view piece) {
          text += piece;
          return false;
        });
      },
      [&] { EXPECT_EQ(write(ends[1], "late", 4), 4); });
  EXPECT_TRUE(done);
  EXPECT_EQ(text, "late");
  close(ends[0]);
  close(ends[1]);
}

TEST(KernelFiles, AnOldErrorIsNone) {
  int pieces = 0;
  errno = EINTR;
  EXPECT_TRUE(ipvs::kernel_files()->read("/dev/zero", [&](std::string_view) {
    errno = EINTR;
    return ++pieces < 2;
  }));
  EXPECT_EQ(pieces, 2);
  errno = EINTR;
  EXPECT_TRUE(ipvs::kernel_files()->read("/dev/null", [](std::string_view) { return true; }));
}

}  // namespace
