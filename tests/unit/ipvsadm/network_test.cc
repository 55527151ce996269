// SPDX-License-Identifier: GPL-2.0-or-later
// What is said to the kernel and to networks, byte by byte, and what is read of their answers; any bytes may
// come.
#include <gtest/gtest.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if_arp.h>

#include "base/interfaces.hh"
#include "base/netlink.hh"
#include "check/gather.hh"
#include "check/probe.hh"
#include "check/routes.hh"

namespace {

using namespace ipvsadm;
using ipvs::Address;
using netlink::Answer;
using netlink::Bytes;
using netlink::Message;

Bytes bytes(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
std::string body(const Message& message) { return message.finished(1).substr(sizeof(nlmsghdr)); }

TEST(NetlinkMessage, HasItsLengthsAndNumber) {
  Message message(RTM_GETLINK, NLM_F_DUMP);
  message.put_text(3, "eth0");
  const auto begun = message.begin(18);
  message.put_number(1, std::uint16_t{7}).end(begun);
  const std::string whole = message.finished(5);
  nlmsghdr header;
  std::memcpy(&header, whole.data(), sizeof(header));
  EXPECT_EQ(header.nlmsg_len, whole.size());
  EXPECT_EQ(header.nlmsg_seq, 5U);
  EXPECT_EQ(header.nlmsg_flags, NLM_F_REQUEST | NLM_F_DUMP);
  EXPECT_EQ(whole.size() % 4, 0U);
  const std::string rest = body(message);
  const netlink::Attributes attributes(bytes(rest));
  EXPECT_EQ(attributes.text(3), "eth0");
  EXPECT_EQ(attributes.inside(18).number<std::uint16_t>(1), 7);
  EXPECT_FALSE(attributes.inside(18).number<std::uint32_t>(1));
  EXPECT_FALSE(attributes.has(4));
  EXPECT_EQ(attributes.text(4), "");
}

/// A message of the kernel, for the request 5.
std::string from_kernel(std::uint16_t type, std::uint16_t flags, const std::string& content) {
  Message message(type, flags);
  std::string whole = message.finished(5) + content;
  nlmsghdr header;
  std::memcpy(&header, whole.data(), sizeof(header));
  header.nlmsg_len = static_cast<std::uint32_t>(whole.size());
  header.nlmsg_flags = flags;
  std::memcpy(whole.data(), &header, sizeof(header));
  return whole;
}
std::string number(int value) { return {reinterpret_cast<const char*>(&value), sizeof(value)}; }

struct NetlinkReader : testing::Test {
  int taken = 0;
  const std::function<void(const Answer&)> take = [this](const Answer&) { ++taken; };
  netlink::Reader reader{5, take};
};

TEST_F(NetlinkReader, AListToItsEnd) {
  const auto part = from_kernel(RTM_NEWLINK, NLM_F_MULTI, "1234");
  const auto more = reader.read(bytes(part + part));
  ASSERT_TRUE(more);
  EXPECT_FALSE(*more);
  const auto ended = reader.read(bytes(part + from_kernel(NLMSG_DONE, NLM_F_MULTI, number(0)) + part));
  ASSERT_TRUE(ended);
  EXPECT_TRUE(*ended);
  EXPECT_EQ(taken, 3);
}

TEST_F(NetlinkReader, AListThatTheKernelBrokeOff) {
  const auto ended = reader.read(bytes(from_kernel(NLMSG_DONE, NLM_F_MULTI, number(-ENOMEM))));
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, ENOMEM);
}

TEST_F(NetlinkReader, AListThatChangedMeanwhile) {
  ASSERT_TRUE(reader.read(bytes(from_kernel(RTM_NEWLINK, NLM_F_MULTI | NLM_F_DUMP_INTR, "1234"))));
  const auto ended = reader.read(bytes(from_kernel(NLMSG_DONE, NLM_F_MULTI, number(0))));
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, EINTR);
  EXPECT_EQ(taken, 1);
}

TEST_F(NetlinkReader, WhatIsNoAnswer) {
  EXPECT_TRUE(reader.read(bytes(from_kernel(NLMSG_DONE, 0, ""))).value_or(false))
      << "an end without a number";
  const auto part = from_kernel(RTM_NEWLINK, NLM_F_MULTI, "1234");
  const auto cut = reader.read(bytes(part.substr(0, part.size() - 1)));
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().code, EPROTO);
}

TEST(NetlinkLists, AreAskedForOnceMore) {
  int asked = 0;
  const auto third = netlink::untorn([&]() -> std::expected<int, netlink::Error> {
    if (++asked < 3) return std::unexpected(netlink::Error{EINTR, {}});
    return asked;
  });
  EXPECT_EQ(third.value_or(0), 3);
  asked = 0;
  EXPECT_FALSE(netlink::untorn([&]() -> std::expected<int, netlink::Error> {
    ++asked;
    return std::unexpected(netlink::Error{EINTR, {}});
  }));
  EXPECT_EQ(asked, 9);
  asked = 0;
  EXPECT_FALSE(netlink::untorn([&]() -> std::expected<int, netlink::Error> {
    ++asked;
    return std::unexpected(netlink::Error{EPERM, {}});
  }));
  EXPECT_EQ(asked, 1);
}

/// Each beginning of a message, and each with one byte changed.
void expect_no_harm(const std::string& whole, const std::function<void(Bytes)>& read) {
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    const std::string part = whole.substr(0, size);
    // its own memory, so that no byte behind it is read unseen
    read(bytes(part));
  }
  for (std::size_t i = 0; i < whole.size(); ++i)
    for (const char other : {'\0', '\1', '\x7f', '\xff'}) {
      std::string changed = whole;
      changed[i] = other;
      read(bytes(changed));
    }
}

TEST(Interfaces, ADevice) {
  Message message(RTM_NEWLINK, 0);
  message.header(ifinfomsg{.ifi_family = 0,
                           .__ifi_pad = 0,
                           .ifi_type = ARPHRD_ETHER,
                           .ifi_index = 7,
                           .ifi_flags = 1 | 1 << 16,
                           .ifi_change = 0});
  message.put_text(IFLA_IFNAME, "eth0")
      .put_number(IFLA_MTU, std::uint32_t{1500})
      .put(IFLA_ADDRESS, bytes(std::string("\2\0\0\0\0\7", 6)));
  const auto info = message.begin(IFLA_LINKINFO);
  message.put_text(IFLA_INFO_KIND, "veth").end(info);
  const auto names = message.begin(IFLA_PROP_LIST);
  message.put_text(IFLA_ALT_IFNAME, "wan").put_text(IFLA_ALT_IFNAME, "enp1s0").end(names);
  const std::string whole = body(message);
  const auto device = read_device({RTM_NEWLINK, bytes(whole)});
  ASSERT_TRUE(device);
  EXPECT_EQ(device->name, "eth0");
  EXPECT_EQ(device->mtu, 1500U);
  EXPECT_EQ(device->kind, "veth");
  EXPECT_EQ(device->other_names, (std::vector<std::string>{"wan", "enp1s0"}));
  EXPECT_EQ(hardware_text(device->hardware), "02:00:00:00:00:07");
  EXPECT_TRUE(device->is_up() && device->has_carrier() && device->has_neighbours());
  EXPECT_FALSE(read_device({RTM_DELLINK, bytes(whole)}));
  expect_no_harm(whole, [](Bytes part) { read_device({RTM_NEWLINK, part}); });
}

TEST(Interfaces, AnAddress) {
  Message message(RTM_NEWADDR, 0);
  message.header(
      ifaddrmsg{.ifa_family = AF_INET, .ifa_prefixlen = 24, .ifa_flags = 0, .ifa_scope = 0, .ifa_index = 7});
  message.put(IFA_ADDRESS, bytes(std::string("\xc0\0\2\2", 4)))
      .put(IFA_LOCAL, bytes(std::string("\xc0\0\2\1", 4)));
  message.put_number(IFA_FLAGS, std::uint32_t{IFA_F_NOPREFIXROUTE});
  const std::string whole = body(message);
  const auto address = read_address({RTM_NEWADDR, bytes(whole)});
  ASSERT_TRUE(address);
  EXPECT_EQ(address->address.to_string(), "192.0.2.1");
  EXPECT_EQ(address->prefix, 24);
  EXPECT_EQ(address->flags, std::uint32_t{IFA_F_NOPREFIXROUTE});
  expect_no_harm(whole, [](Bytes part) { read_address({RTM_NEWADDR, part}); });
}

TEST(Interfaces, Networks) {
  const auto in = [](const char* one, const char* other, unsigned prefix) {
    return in_network(Address::parse(one), Address::parse(other), prefix);
  };
  EXPECT_TRUE(in("192.0.2.1", "192.0.2.254", 24));
  EXPECT_FALSE(in("192.0.2.1", "192.0.3.1", 24));
  EXPECT_TRUE(in("192.0.2.1", "192.0.3.1", 23));
  EXPECT_FALSE(in("192.0.2.1", "192.0.2.2", 32));
  EXPECT_TRUE(in("192.0.2.1", "10.0.0.1", 0));
  EXPECT_TRUE(in("2001:db8::1", "2001:db8::2", 126));
  EXPECT_FALSE(in("2001:db8::1", "2001:db8::2", 127));
  EXPECT_FALSE(in("2001:db8::1", "192.0.2.1", 0));
}

TEST(Routes, AWay) {
  Message message(RTM_NEWROUTE, 0);
  message.header(rtmsg{.rtm_family = AF_INET,
                       .rtm_dst_len = 24,
                       .rtm_src_len = 0,
                       .rtm_tos = 0,
                       .rtm_table = 0,
                       .rtm_protocol = 0,
                       .rtm_scope = 0,
                       .rtm_type = RTN_UNICAST,
                       .rtm_flags = 0});
  message.put_number(RTA_OIF, 3)
      .put(RTA_GATEWAY, bytes(std::string("\xa\0\0\xfe", 4)))
      .put(RTA_PREFSRC, bytes(std::string("\xa\0\0\1", 4)));
  const auto metrics = message.begin(RTA_METRICS);
  message.put_number(RTAX_MTU, std::uint32_t{1400}).end(metrics);
  const std::string whole = body(message);
  const auto way = check::read_way({RTM_NEWROUTE, bytes(whole)});
  ASSERT_TRUE(way);
  EXPECT_TRUE(way->leads_out() && way->has_gateway());
  EXPECT_EQ(way->device, 3);
  EXPECT_EQ(way->gateway.to_string(), "10.0.0.254");
  EXPECT_EQ(way->source.to_string(), "10.0.0.1");
  EXPECT_EQ(way->mtu, 1400U);
  EXPECT_EQ(way->prefix, 24);
  expect_no_harm(whole, [](Bytes part) { check::read_way({RTM_NEWROUTE, part}); });
}

TEST(Routes, ARouterOfTheOtherFamily) {
  Message message(RTM_NEWROUTE, 0);
  rtmsg header{};
  header.rtm_family = AF_INET;
  header.rtm_type = RTN_UNICAST;
  message.header(header);
  const auto via = Address::parse("fe80::1");
  std::string content(sizeof(std::uint16_t), '\0');
  const std::uint16_t family = AF_INET6;
  std::memcpy(content.data(), &family, sizeof(family));
  content.append(via.bytes.begin(), via.bytes.end());
  message.put(RTA_VIA, bytes(content));
  const std::string whole = body(message);
  const auto way = check::read_way({RTM_NEWROUTE, bytes(whole)});
  ASSERT_TRUE(way);
  EXPECT_EQ(way->gateway, via);
}

TEST(Probe, ArpRequestsAndAnswers) {
  const std::string own("\2\0\0\0\0\1", 6);
  const auto wanted = Address::parse("192.0.2.10");
  EXPECT_EQ(check::arp_request(own, Address::parse("192.0.2.1"), wanted),
            std::string("\0\1\x8\0\6\4\0\1"
                        "\2\0\0\0\0\1\xc0\0\2\1"
                        "\0\0\0\0\0\0\xc0\0\2\xa",
                        28));
  EXPECT_EQ(check::arp_request(own, {}, wanted).substr(14, 4), std::string(4, '\0'));
  const std::string answer("\0\1\x8\0\6\4\0\2\2\0\0\0\0\x11\xc0\0\2\xa\2\0\0\0\0\1\xc0\0\2\1", 28);
  const auto holder = check::arp_claim(bytes(answer));
  ASSERT_TRUE(holder);
  EXPECT_EQ(holder->address, wanted);
  EXPECT_EQ(hardware_text(holder->hardware), "02:00:00:00:00:11");
  expect_no_harm(answer, [](Bytes part) { check::arp_claim(part); });
}

TEST(Probe, NeighbourSolicitationsAndAdvertisements) {
  const std::string own("\2\0\0\0\0\1", 6);
  const auto wanted = Address::parse("2001:db8::10");
  const std::string target(wanted.bytes.begin(), wanted.bytes.end());
  EXPECT_EQ(check::solicitation(own, wanted), std::string("\x87\0\0\0\0\0\0\0", 8) + target + "\1\1" + own);
  const std::string answer =
      std::string("\x88\0\0\0\x60\0\0\0", 8) + target + std::string("\2\1\2\0\0\0\0\x11", 8);
  const auto holder = check::advertised(bytes(answer));
  ASSERT_TRUE(holder);
  EXPECT_EQ(holder->address, wanted);
  EXPECT_EQ(hardware_text(holder->hardware), "02:00:00:00:00:11");
  EXPECT_FALSE(check::advertised(bytes(answer.substr(0, 24)))) << "who has it is not said";
  expect_no_harm(answer, [](Bytes part) { check::advertised(part); });
}

TEST(Counters, OfProcFiles) {
  constexpr auto text =
      "TcpExt: SyncookiesSent IPReversePathFilter More\nTcpExt: 1 23 4\nIpExt: InNoRoutes\nIpExt: 5\n";
  EXPECT_EQ(check::counter_in(text, "TcpExt", "IPReversePathFilter"), 23U);
  EXPECT_EQ(check::counter_in(text, "IpExt", "InNoRoutes"), 5U);
  EXPECT_EQ(check::counter_in(text, "IpExt", "IPReversePathFilter"), 0U);
  EXPECT_EQ(check::counter_in("TcpExt: A", "TcpExt", "A"), 0U);
  EXPECT_EQ(check::counter_in("", "TcpExt", "A"), 0U);
}

}  // namespace
