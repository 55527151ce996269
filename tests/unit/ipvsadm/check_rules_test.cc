// SPDX-License-Identifier: GPL-2.0-or-later
// --check: directors made by hand, each with one fault.
#include <gtest/gtest.h>
#include <netinet/in.h>
// Behind that, with which they share definitions.
#include <linux/if_addr.h>
#include <linux/ip_vs.h>
#include <linux/neighbour.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "check/probe.hh"
#include "check/rules.hh"
#include "check/text.hh"

namespace {

using namespace ipvsadm;
using check::Finding;
using check::Kind;
using check::System;
using ipvs::Address;

constexpr std::uint32_t kLowerUp = 1 << 16;
const Address vip = Address::parse("192.0.2.10"), vip6 = Address::parse("2001:db8::10");

Device ethernet(int index, const std::string& name) {
  return {.index = index,
          .name = name,
          .type = ARPHRD_ETHER,
          .flags = IFF_UP | IFF_RUNNING | kLowerUp,
          .mtu = 1500,
          .kind = "",
          .hardware = std::string("\2\0\0\0\0", 5) + static_cast<char>(index)};
}

/// eth0 with the virtual address and the clients, eth1 with two servers; the default route leads by eth0.
struct CheckTest : testing::Test {
  System system;

  CheckTest() {
    system.info.api = 3;
    system.devices = {{.index = 1,
                       .name = "lo",
                       .type = ARPHRD_LOOPBACK,
                       .flags = IFF_UP | IFF_LOOPBACK | kLowerUp,
                       .mtu = 65536},
                      ethernet(2, "eth0"),
                      ethernet(3, "eth1")};
    own("127.0.0.1", 8, 1);
    own("192.0.2.1", 24, 2);
    own("192.0.2.10", 32, 2);
    own("10.0.0.1", 24, 3);
    local(vip);
    system.defaults = {{.family = AF_INET, .device = 2, .gateway = Address::parse("192.0.2.254")}};
    system.settings = {{"ipv4/ip_forward", "1"},
                       {"ipv6/conf/all/forwarding", "1"},
                       {"ipv4/conf/all/rp_filter", "0"},
                       {"ipv4/conf/all/promote_secondaries", "1"}};
    for (const char* device : {"lo", "eth0", "eth1"})
      system.settings[check::device_setting(AF_INET, device, "forwarding")] = "1";
    system.sysctls = {{"conntrack", "0"}, {"pmtu_disc", "1"}, {"drop_entry", "0"}, {"fast_path", "0"}};
    system.holders.emplace();
  }

  void own(const char* address, std::uint8_t prefix, int device, std::uint32_t flags = 0) {
    system.addresses.push_back(
        {.address = Address::parse(address), .prefix = prefix, .device = device, .flags = flags});
  }
  void local(const Address& address) { system.ways[address] = {.type = RTN_LOCAL, .device = 1}; }

  ipvs::ServiceWithDests& service(const Address& address = vip, std::uint16_t port = 80) {
    ipvs::ServiceWithDests made;
    made.service.key = {.family = address.family, .protocol = IPPROTO_TCP, .addr = address, .port = port};
    made.service.scheduler = "rr";
    system.table.push_back(made);
    return system.table.back();
  }
  ipvs::DestEntry& server(const char* address, std::uint32_t method, int weight = 1) {
    const Address parsed = Address::parse(address);
    ipvs::DestEntry dest;
    dest.key = {.addr = parsed, .port = 80};
    dest.method = method;
    dest.weight = weight;
    system.table.back().dests.push_back(dest);
    if (!system.way(parsed))
      system.ways[parsed] = {.type = RTN_UNICAST,
                             .device = 3,
                             .source = Address::parse(parsed.family == AF_INET6 ? "fd00::1" : "10.0.0.1"),
                             .prefix = 24};
    return system.table.back().dests.back();
  }
  void director(std::uint32_t method) {
    service();
    server("10.0.0.11", method);
    server("10.0.0.12", method);
  }
  Device& device(int index) { return *std::ranges::find(system.devices, index, &Device::index); }

  std::vector<std::string> ids() {
    std::vector<std::string> all;
    for (const Finding& each : check::findings(system)) all.emplace_back(check::row_of(each.kind).id);
    return all;
  }
  /// The only one there is.
  Finding only() {
    const auto all = check::findings(system);
    EXPECT_EQ(all.size(), 1U) << check::findings_text(all);
    return all.empty() ? Finding{.kind = Kind::count, .object = {}, .text = {}} : all.front();
  }
};

using Ids = std::vector<std::string>;
using Commands = std::vector<std::string>;

TEST_F(CheckTest, NothingIsWrongWithHealthyDirectors) {
  for (const std::uint32_t method : {IP_VS_CONN_F_MASQ, IP_VS_CONN_F_DROUTE}) {
    system.table.clear();
    director(method);
    EXPECT_EQ(ids(), Ids{}) << method;
  }
  system.table.clear();
  director(IP_VS_CONN_F_TUNNEL);
  system.sysctls["tunnel_mss"] = "1";
  EXPECT_EQ(ids(), Ids{});
}

TEST_F(CheckTest, AddressMissing) {
  director(IP_VS_CONN_F_DROUTE);
  std::erase_if(system.addresses, [](const LocalAddress& each) { return each.address == vip; });
  system.ways[vip] = {.type = RTN_UNICAST, .device = 2, .prefix = 24};
  const Finding found = only();
  EXPECT_EQ(found.kind, Kind::address_missing);
  EXPECT_EQ(found.object, "virtual address 192.0.2.10");
  EXPECT_EQ(found.mend, Commands{"ip addr add 192.0.2.10/32 dev eth0"});
  // The backup of a pair.
  system.holders->push_back({.address = vip, .device = 2, .hardware = std::string("\2\0\0\0\1\1", 6)});
  EXPECT_EQ(only().kind, Kind::address_elsewhere);
  EXPECT_FALSE(check::is_at_fault(check::findings(system)));
}

TEST_F(CheckTest, AddressMissingWithoutAWay) {
  director(IP_VS_CONN_F_DROUTE);
  std::erase_if(system.addresses, [](const LocalAddress& each) { return each.address == vip; });
  system.ways[vip] = {.error = ENETUNREACH};
  EXPECT_EQ(only().mend, Commands{"ip addr add 192.0.2.10/32 dev eth0"});
  system.defaults.clear();
  EXPECT_EQ(only().mend, Commands{"ip addr add 192.0.2.10/32 dev lo"});
}

TEST_F(CheckTest, ALocalRouteIsEnough) {
  director(IP_VS_CONN_F_DROUTE);
  std::erase_if(system.addresses, [](const LocalAddress& each) { return each.address == vip; });
  EXPECT_EQ(ids(), Ids{});
}

TEST_F(CheckTest, AddressOnADeviceThatIsDown) {
  director(IP_VS_CONN_F_DROUTE);
  device(2).flags = 0;
  system.ways[vip] = {.error = ENETUNREACH};
  const Finding found = only();
  EXPECT_EQ(found.kind, Kind::address_down);
  EXPECT_EQ(found.mend, Commands{"ip link set eth0 up"});
  local(vip);
  EXPECT_EQ(only().kind, Kind::address_down);
  // Others bring packets for what is on no network.
  device(2).flags = IFF_NOARP;
  EXPECT_EQ(ids(), Ids{});
  device(2).flags = 0;
  own("192.0.2.10", 32, 1);
  EXPECT_EQ(ids(), Ids{});
}

TEST_F(CheckTest, DuplicateAddress) {
  service(vip6);
  server("fd00::11", IP_VS_CONN_F_DROUTE);
  own("fd00::1", 64, 3);
  own("2001:db8::10", 128, 2, IFA_F_DADFAILED | IFA_F_TENTATIVE);
  local(vip6);
  EXPECT_EQ(only().kind, Kind::address_duplicate);
}

TEST_F(CheckTest, NobodyAnswersForAnAddressOfIPv6OnAnotherDevice) {
  service(vip6);
  server("fd00::11", IP_VS_CONN_F_DROUTE);
  own("fd00::1", 64, 3);
  own("2001:db8::1", 64, 2);
  own("2001:db8::10", 128, 1);
  local(vip6);
  const Finding found = only();
  EXPECT_EQ(found.kind, Kind::address_unanswered);
  EXPECT_EQ(found.mend, Commands{"ip -6 addr add 2001:db8::10/128 dev eth0"});
  system.settings["ipv6/conf/eth0/proxy_ndp"] = "1";
  EXPECT_EQ(ids(), Ids{});
  system.settings.erase("ipv6/conf/eth0/proxy_ndp");
  own("2001:db8::10", 128, 2);
  EXPECT_EQ(ids(), Ids{});
}

TEST_F(CheckTest, WideMaskOnLoopback) {
  director(IP_VS_CONN_F_DROUTE);
  std::erase_if(system.addresses, [](const LocalAddress& each) { return each.address == vip; });
  own("192.0.2.10", 24, 1);
  const Finding found = only();
  EXPECT_EQ(found.kind, Kind::address_mask_loopback);
  EXPECT_EQ(found.mend, (Commands{"ip addr add 192.0.2.10/32 dev lo", "ip addr del 192.0.2.10/24 dev lo"}));
}

TEST_F(CheckTest, WideMaskBesideAnotherAddress) {
  director(IP_VS_CONN_F_DROUTE);
  std::erase_if(system.addresses, [](const LocalAddress& each) { return each.address == vip; });
  own("192.0.2.10", 24, 2);
  Finding found = only();
  EXPECT_EQ(found.kind, Kind::address_mask);
  EXPECT_EQ(found.mend,
            (Commands{"ip addr del 192.0.2.10/24 dev eth0", "ip addr add 192.0.2.10/32 dev eth0"}));
  system.settings.erase("ipv4/conf/all/promote_secondaries");
  found = only();
  EXPECT_EQ(found.mend.front(), "sysctl -w net.ipv4.conf.eth0.promote_secondaries=1");
  // The director's only address there.
  std::erase_if(system.addresses,
                [](const LocalAddress& each) { return each.address == Address::parse("192.0.2.1"); });
  EXPECT_EQ(ids(), Ids{});
}

TEST_F(CheckTest, ServerAnswers) {
  director(IP_VS_CONN_F_DROUTE);
  const std::string hardware("\2\0\0\0\0\x11", 6);
  system.neighbours[{3, Address::parse("10.0.0.11")}] = {.state = NUD_REACHABLE, .hardware = hardware};
  system.holders->push_back({.address = vip, .device = 2, .hardware = hardware});
  Finding found = only();
  EXPECT_EQ(found.kind, Kind::server_answers);
  EXPECT_EQ(found.where, "10.0.0.11");
  EXPECT_EQ(found.mend, (Commands{"sysctl -w net.ipv4.conf.all.arp_ignore=1",
                                  "sysctl -w net.ipv4.conf.all.arp_announce=2"}));
  // Nobody knows that one.
  system.holders->front().hardware[5] = '\x12';
  found = only();
  EXPECT_EQ(found.kind, Kind::address_in_use);
  EXPECT_NE(found.text.find("02:00:00:00:00:12"), std::string::npos) << found.text;
}

TEST_F(CheckTest, SourceIsVirtual) {
  director(IP_VS_CONN_F_DROUTE);
  for (const char* each : {"10.0.0.11", "10.0.0.12"}) system.ways[Address::parse(each)].source = vip;
  EXPECT_EQ(ids(), (Ids{"source-is-virtual", "source-is-virtual"}));
  EXPECT_EQ(check::findings(system).front().mend,
            Commands{"ip route replace 10.0.0.11/32 dev eth1 src 10.0.0.1"});
  // With translation it has no meaning to the server.
  for (ipvs::DestEntry& each : system.table.back().dests) each.method = IP_VS_CONN_F_MASQ;
  EXPECT_EQ(ids(), Ids{});
}

TEST_F(CheckTest, ServicesWithoutAServer) {
  service();
  Finding found = only();
  EXPECT_EQ(found.kind, Kind::service_empty);
  EXPECT_EQ(found.mend, Commands{"ipvsadm -D -t 192.0.2.10:80"});
  server("10.0.0.11", IP_VS_CONN_F_MASQ, 0);
  found = only();
  EXPECT_EQ(found.kind, Kind::service_quiesced);
  EXPECT_EQ(found.mend, Commands{"ipvsadm -e -t 192.0.2.10:80 -r 10.0.0.11:80 -m -w 1"});
  auto& dest = system.table.back().dests.back();
  dest.weight = 1;
  dest.u_threshold = 10;
  dest.active = 4;
  dest.inactive = 6;
  found = only();
  EXPECT_EQ(found.kind, Kind::service_overloaded);
  EXPECT_EQ(found.mend, Commands{"ipvsadm -e -t 192.0.2.10:80 -r 10.0.0.11:80 -m -w 1 -x 20"});
  dest.inactive = 5;
  EXPECT_EQ(ids(), Ids{});
  dest.inactive = 6;
  server("10.0.0.12", IP_VS_CONN_F_MASQ);
  EXPECT_EQ(ids(), Ids{});
}

TEST_F(CheckTest, NoRoute) {
  director(IP_VS_CONN_F_MASQ);
  system.ways[Address::parse("10.0.0.12")] = {.error = ENETUNREACH};
  Finding found = only();
  EXPECT_EQ(found.kind, Kind::server_no_route);
  EXPECT_EQ(found.object, "TCP 192.0.2.10:80 -> 10.0.0.12:80");
  EXPECT_EQ(found.mend, Commands{"ipvsadm -e -t 192.0.2.10:80 -r 10.0.0.12:80 -m -w 0"});
  system.ways[Address::parse("10.0.0.12")] = {.type = RTN_BLACKHOLE};
  EXPECT_NE(only().text.find("blackhole"), std::string::npos);
  // The way would be there if its device were up.
  device(3).flags = 0;
  found = only();
  EXPECT_EQ(found.mend, Commands{"ip link set eth1 up"});
  // Who gets no clients needs no way.
  system.table.back().dests.back().weight = 0;
  EXPECT_EQ(ids(), Ids{});
}

TEST_F(CheckTest, Unreachable) {
  director(IP_VS_CONN_F_MASQ);
  auto& neighbour = system.neighbours[{3, Address::parse("10.0.0.12")}];
  neighbour.state = NUD_STALE;
  EXPECT_EQ(ids(), Ids{});
  neighbour.state = NUD_FAILED;
  const Finding found = only();
  EXPECT_EQ(found.kind, Kind::server_unreachable);
  EXPECT_EQ(found.mend, Commands{"ipvsadm -e -t 192.0.2.10:80 -r 10.0.0.12:80 -m -w 0"});
  neighbour.state = NUD_REACHABLE;
  device(3).flags = IFF_UP;
  EXPECT_EQ(ids(), (Ids{"server-unreachable", "server-unreachable"}));
}

TEST_F(CheckTest, TheRouterOnTheWayIsUnreachable) {
  service();
  server("10.9.0.1", IP_VS_CONN_F_TUNNEL);
  system.sysctls["tunnel_mss"] = "1";
  system.ways[Address::parse("10.9.0.1")].gateway = Address::parse("10.0.0.254");
  EXPECT_EQ(ids(), Ids{});
  system.neighbours[{3, Address::parse("10.0.0.254")}].state = NUD_INCOMPLETE;
  EXPECT_NE(only().text.find("the router 10.0.0.254"), std::string::npos);
}

TEST_F(CheckTest, DirectRoutingThroughARouter) {
  director(IP_VS_CONN_F_DROUTE);
  auto& way = system.ways[Address::parse("10.0.0.12")];
  way.gateway = Address::parse("192.0.2.254");
  way.prefix = 0;
  const Finding found = only();
  EXPECT_EQ(found.kind, Kind::dr_not_connected);
  EXPECT_NE(found.text.find("default route"), std::string::npos);
  EXPECT_EQ(found.mend, Commands{"ipvsadm -e -t 192.0.2.10:80 -r 10.0.0.12:80 -i -w 1 --tun-type ipip"});
}

TEST_F(CheckTest, NoForwarding) {
  director(IP_VS_CONN_F_MASQ);
  system.settings["ipv4/conf/eth1/forwarding"] = "0";
  Finding found = only();
  EXPECT_EQ(found.kind, Kind::nat_no_forwarding);
  EXPECT_EQ(found.mend, Commands{"sysctl -w net.ipv4.conf.eth1.forwarding=1"});
  system.settings["ipv4/ip_forward"] = "0";
  EXPECT_EQ(only().mend, Commands{"sysctl -w net.ipv4.ip_forward=1"});
  // Others need none.
  for (ipvs::DestEntry& each : system.table.back().dests) each.method = IP_VS_CONN_F_DROUTE;
  EXPECT_EQ(ids(), Ids{});
}

TEST_F(CheckTest, NoForwardingOfIPv6) {
  service(vip6);
  local(vip6);
  server("fd00::11", IP_VS_CONN_F_MASQ);
  EXPECT_EQ(ids(), Ids{});
  system.settings["ipv6/conf/all/forwarding"] = "0";
  EXPECT_EQ(only().mend, Commands{"sysctl -w net.ipv6.conf.all.forwarding=1"});
}

TEST_F(CheckTest, RedirectsOfAnArm) {
  director(IP_VS_CONN_F_MASQ);
  system.settings["ipv4/conf/all/send_redirects"] = "1";
  EXPECT_EQ(ids(), Ids{}) << "clients are elsewhere";
  system.defaults.front().device = 3;
  Finding found = only();
  EXPECT_EQ(found.kind, Kind::nat_redirects);
  EXPECT_EQ(found.mend, Commands{"sysctl -w net.ipv4.conf.all.send_redirects=0"});
  system.settings["ipv4/conf/eth1/send_redirects"] = "1";
  EXPECT_EQ(only().mend.size(), 2U);
}

TEST_F(CheckTest, CommandsNameDevicesAsSysctlDoes) {
  director(IP_VS_CONN_F_MASQ);
  device(3).name = "eth1.100";
  system.settings["ipv4/conf/eth1.100/forwarding"] = "0";
  EXPECT_EQ(only().mend, Commands{"sysctl -w net.ipv4.conf.eth1/100.forwarding=1"});
  // Who names devices need not mean well.
  device(3).name = "$(x);'y";
  system.settings["ipv4/conf/$(x);'y/forwarding"] = "0";
  EXPECT_EQ(only().mend, Commands{"sysctl -w 'net.ipv4.conf.$(x);'\\''y.forwarding=1'"});
}

TEST_F(CheckTest, NoAnswers) {
  director(IP_VS_CONN_F_MASQ);
  auto& stats = system.table.back().dests.back().stats;
  stats.inpkts = 2;
  EXPECT_EQ(ids(), Ids{});
  stats.inpkts = 3;
  const Finding found = only();
  EXPECT_EQ(found.kind, Kind::nat_no_answer);
  EXPECT_EQ(found.where, "10.0.0.12");
  EXPECT_EQ(found.mend, Commands{"ip route replace default via 10.0.0.1"});
  // What explains it is said instead.
  system.settings["ipv4/ip_forward"] = system.settings["ipv4/conf/eth1/forwarding"] = "0";
  EXPECT_EQ(only().kind, Kind::nat_no_forwarding);
  system.settings["ipv4/ip_forward"] = system.settings["ipv4/conf/eth1/forwarding"] = "1";
  stats.outpkts = 1;
  EXPECT_EQ(ids(), Ids{});
}

TEST_F(CheckTest, ClientBesideItsServer) {
  director(IP_VS_CONN_F_MASQ);
  system.table.back().dests.back().stats.inpkts = 5;
  system.waiting = {{Address::parse("198.51.100.1"), Address::parse("10.0.0.11")},
                    {Address::parse("10.0.0.77"), Address::parse("10.0.0.12")}};
  const Finding found = only();
  EXPECT_EQ(found.kind, Kind::nat_client_beside_server);
  EXPECT_EQ(found.where, "10.0.0.12");
  EXPECT_EQ(found.mend, Commands{"ip route replace 10.0.0.77/32 via 10.0.0.1"});
}

TEST_F(CheckTest, ManyClientsBesideTheirServerAreOneFinding) {
  director(IP_VS_CONN_F_MASQ);
  for (int i = 100; i < 110; ++i)
    system.waiting.push_back({Address::parse("10.0.0." + std::to_string(i)), Address::parse("10.0.0.12")});
  const Finding found = only();
  EXPECT_EQ(found.mend.size(), 8U);
  EXPECT_NE(found.text.find("10.0.0.107 and 2 more"), std::string::npos) << found.text;
}

TEST_F(CheckTest, NatServerBehindTheRouterOfTheClients) {
  director(IP_VS_CONN_F_MASQ);
  auto& way = system.ways[Address::parse("10.0.0.12")];
  way.gateway = Address::parse("192.0.2.254");
  way.device = 2;
  Finding found = only();
  EXPECT_EQ(found.kind, Kind::nat_behind_router);
  EXPECT_EQ(found.mend.size(), 2U);
  EXPECT_EQ(found.mend.back(), "iptables -t nat -A POSTROUTING -d 10.0.0.12 -m ipvs --ipvs -j MASQUERADE");
  // It answers: it has been arranged.
  system.table.back().dests.back().stats.outpkts = 1;
  EXPECT_EQ(ids(), Ids{});
  system.table.back().dests.back().stats.outpkts = 0;
  way.gateway = Address::parse("192.0.2.253");
  EXPECT_EQ(ids(), Ids{}) << "another router";
}

TEST_F(CheckTest, TunnelsThatAreTooSmall) {
  director(IP_VS_CONN_F_TUNNEL);
  Finding found = only();
  EXPECT_EQ(found.kind, Kind::tunnel_mtu);
  EXPECT_EQ(found.mend, Commands{"ipvsadm -O tunnel_mss=1"});
  system.info.api = 0;
  EXPECT_EQ(only().mend, Commands{"ip link set eth1 mtu 1520"});
  device(3).mtu = 1520;
  EXPECT_EQ(ids(), Ids{});
  system.table.back().dests.front().tun_type = IP_VS_CONN_F_TUNNEL_TYPE_GUE;
  EXPECT_EQ(ids(), Ids{"tunnel-mtu"});
  device(3).mtu = 1532;
  EXPECT_EQ(ids(), Ids{});
  // What a route says counts more.
  system.ways[Address::parse("10.0.0.11")].mtu = 1500;
  EXPECT_EQ(ids(), Ids{"tunnel-mtu"});
  system.sysctls["pmtu_disc"] = "0";
  EXPECT_EQ(ids(), Ids{});
}

TEST_F(CheckTest, LocalServersNeedNoWay) {
  service();
  local(Address::parse("10.0.0.1"));
  server("10.0.0.1", IP_VS_CONN_F_MASQ).stats.inpkts = 100;
  system.settings["ipv4/ip_forward"] = system.settings["ipv4/conf/lo/forwarding"] = "0";
  EXPECT_EQ(ids(), Ids{});
}

TEST_F(CheckTest, PacketsThatTheSourceFilterDropped) {
  director(IP_VS_CONN_F_DROUTE);
  system.settings["ipv4/conf/all/rp_filter"] = "1";
  EXPECT_EQ(ids(), Ids{}) << "none were dropped";
  system.dropped_by_source = 7;
  Finding found = only();
  EXPECT_EQ(found.kind, Kind::source_filter);
  EXPECT_EQ(found.mend, (Commands{"sysctl -w net.ipv4.conf.eth0.rp_filter=2",
                                  "sysctl -w net.ipv4.conf.eth1.rp_filter=2"}));
  system.settings["ipv4/conf/eth0/rp_filter"] = "2";
  EXPECT_EQ(only().object, "rp_filter on eth1");
  system.settings["ipv4/conf/all/rp_filter"] = "0";
  EXPECT_EQ(ids(), Ids{});
}

TEST_F(CheckTest, DefencesThatAreAlwaysOn) {
  system.sysctls["drop_entry"] = "2";
  system.sysctls["secure_tcp"] = "3";
  const Finding found = only();
  EXPECT_EQ(found.object, "sysctl secure_tcp");
  EXPECT_EQ(found.mend, Commands{"ipvsadm -O secure_tcp=1"});
}

TEST_F(CheckTest, FastPathThatTakesNothing) {
  director(IP_VS_CONN_F_DROUTE);
  system.sysctls["fast_path"] = "1";
  system.status = {{.name = "Fast path taken", .value = 0},
                   {.name = "Fast path passed, flags", .value = 100000},
                   {.name = "Fast path passed, input", .value = 999}};
  EXPECT_EQ(ids(), Ids{});
  system.status.back().value = 1000;
  EXPECT_NE(only().text.find("\"input\""), std::string::npos);
  system.status.front().value = 1;
  EXPECT_EQ(ids(), Ids{});
  system.sysctls["conntrack"] = "1";
  EXPECT_EQ(only().kind, Kind::fast_path_idle);
  system.sysctls["fast_path"] = "0";
  EXPECT_EQ(ids(), Ids{});
}

TEST_F(CheckTest, DaemonsAndTheirInterfaces) {
  ipvs::DaemonConfig daemon;
  daemon.state = IP_VS_STATE_MASTER;
  daemon.interface = "eth1";
  system.daemons = {daemon};
  EXPECT_EQ(ids(), Ids{});
  device(3).flags = 0;
  EXPECT_EQ(only().mend, Commands{"ip link set eth1 up"});
  device(3).flags = IFF_UP;
  system.daemons.front().group = Address::parse("ff02::81");
  EXPECT_NE(only().text.find("IPv6"), std::string::npos);
  system.daemons.front().group = {};
  system.daemons.front().peer_addresses = {Address::parse("10.0.0.2")};
  EXPECT_EQ(ids(), Ids{});
  system.daemons.front().interface = "eth7";
  EXPECT_EQ(only().mend, Commands{"ipvsadm --stop-daemon master"});
}

TEST_F(CheckTest, TheKernelsOwnModuleInPlaceOfOurs) {
  system.info.api = 0;
  EXPECT_EQ(ids(), Ids{});
  system.own_module = "/lib/modules/6.12/updates/ip_vs.ko";
  EXPECT_EQ(only().kind, Kind::module_of_kernel);
  EXPECT_FALSE(check::is_at_fault(check::findings(system)));
}

TEST_F(CheckTest, WhatCouldNotBeSeenIsSaid) {
  system.unseen = {"rules of nftables: they cannot be read: Operation not permitted"};
  system.legacy_tables = {"filter of iptables"};
  EXPECT_EQ(ids(), (Ids{"firewall-legacy", "not-checked"}));
  EXPECT_EQ(check::findings(system).back().object, "rules of nftables");
}

// --- netfilter ---------------------------------------------------------------------------------

check::Chain chain_of(std::uint8_t hook, bool drops, std::vector<check::Rule> rules = {}) {
  return {.family = NFPROTO_INET,
          .table = "filter",
          .name = hook == NF_INET_LOCAL_IN  ? "input"
                  : hook == NF_INET_FORWARD ? "forward"
                                            : "output",
          .is_base = true,
          .hook = hook,
          .priority = 0,
          .drops = drops,
          .type = "filter",
          .rules = std::move(rules)};
}

TEST_F(CheckTest, ChainsThatLetNobodyIn) {
  director(IP_VS_CONN_F_MASQ);
  system.firewall.chains = {chain_of(NF_INET_LOCAL_IN, true)};
  Finding found = only();
  EXPECT_EQ(found.kind, Kind::firewall);
  EXPECT_EQ(found.object, "clients of TCP 192.0.2.10:80");
  EXPECT_EQ(found.mend,
            Commands{"nft insert rule inet filter input ip daddr 192.0.2.10 tcp dport 80 accept"});
  system.firewall.chains = {chain_of(NF_INET_FORWARD, true)};
  EXPECT_EQ(ids(), (Ids{"firewall", "firewall"})) << "one for each server";
  EXPECT_EQ(check::findings(system).front().mend,
            Commands{"nft insert rule inet filter forward ip saddr 10.0.0.11 tcp sport 80 accept"});
  system.firewall.chains = {chain_of(NF_INET_LOCAL_OUT, true)};
  EXPECT_EQ(check::findings(system).front().mend,
            Commands{"nft insert rule inet filter output ip daddr 10.0.0.11 tcp dport 80 accept"});
  // Of direct routing no answers come, and the address stays.
  for (ipvs::DestEntry& each : system.table.back().dests) each.method = IP_VS_CONN_F_DROUTE;
  EXPECT_EQ(check::findings(system).front().mend,
            Commands{"nft insert rule inet filter output ip daddr 192.0.2.10 tcp dport 80 accept"});
  system.firewall.chains = {chain_of(NF_INET_FORWARD, true)};
  EXPECT_EQ(ids(), Ids{});
  // Of a service of all ports nobody knows what is let in.
  system.table.back().service.key.port = 0;
  system.firewall.chains = {chain_of(NF_INET_LOCAL_IN, true)};
  EXPECT_EQ(ids(), Ids{});
}

TEST_F(CheckTest, RulesOfTranslationThatDoNotSeeConnections) {
  director(IP_VS_CONN_F_MASQ);
  check::Chain chain = chain_of(NF_INET_POST_ROUTING, false, {{check::Translation{true}}});
  chain.type = "nat";
  system.firewall.chains = {chain};
  EXPECT_EQ(only().kind, Kind::nat_rules_bypassed);
  system.sysctls["conntrack"] = "1";
  EXPECT_EQ(ids(), Ids{});
}

// --- what is asked -----------------------------------------------------------------------------

TEST_F(CheckTest, AddressesAreAskedForWhereTheyAreOf) {
  director(IP_VS_CONN_F_DROUTE);
  EXPECT_EQ(check::questions(system), (std::vector<check::Question>{{vip, 2}}));
  system.defaults.front().device = 3;
  EXPECT_EQ(check::questions(system), (std::vector<check::Question>{{vip, 2}, {vip, 3}}));
  device(2).flags = IFF_UP;
  EXPECT_EQ(check::questions(system), (std::vector<check::Question>{{vip, 3}})) << "no carrier";
}

// --- what is printed ---------------------------------------------------------------------------

TEST(CheckText, AFindingWithItsCommands) {
  const std::vector<Finding> found = {{.kind = Kind::nat_no_answer,
                                       .object = "TCP 192.0.2.10:80 -> 10.0.0.12:80",
                                       .text = "none came\x1b",
                                       .mend = {"ip route replace default via 10.0.0.1"},
                                       .where = "10.0.0.12"},
                                      {.kind = Kind::not_checked, .object = "rules", .text = "not read"}};
  EXPECT_EQ(check::findings_text(found),
            "error: TCP 192.0.2.10:80 -> 10.0.0.12:80: none came\\x1b [nat-no-answer]\n"
            "    on 10.0.0.12: ip route replace default via 10.0.0.1\n"
            "note: rules: not read [not-checked]\n");
  EXPECT_EQ(check::json_findings(found),
            "{\"findings\":[{\"id\":\"nat-no-answer\",\"severity\":\"error\",\"object\":\"TCP 192.0.2.10:80 "
            "-> 10.0.0.12:80\","
            "\"text\":\"none came\\u001b\",\"commands\":[\"ip route replace default via "
            "10.0.0.1\"],\"on\":\"10.0.0.12\"},"
            "{\"id\":\"not-checked\",\"severity\":\"note\",\"object\":\"rules\",\"text\":\"not "
            "read\",\"commands\":[]}]}\n");
  EXPECT_EQ(check::findings_text({}), "");
}

TEST(CheckText, IdentifiersAreDistinct) {
  std::set<std::string> ids;
  for (const auto& each : check::kinds()) EXPECT_TRUE(ids.insert(each.id).second) << each.id;
}

}  // namespace
