// SPDX-License-Identifier: GPL-2.0-or-later
// Rules of nftables: as the kernel tells them, and what becomes of a packet. Nobody is blamed who is not
// understood.
#include "check/firewall.hh"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
// Behind that, with which they share definitions.
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/xt_conntrack.h>
#include <linux/netfilter/xt_tcpudp.h>

#include "check/nftables.hh"

namespace {

using namespace ipvsadm::check;
using ipvs::Address;
using ipvsadm::netlink::Answer;
using ipvsadm::netlink::Bytes;
using ipvsadm::netlink::Message;

constexpr std::uint32_t kNew = NF_CT_STATE_BIT(IP_CT_NEW), kEstablished = NF_CT_STATE_BIT(IP_CT_ESTABLISHED);
constexpr std::uint32_t kRegister = NFT_REG_1;

template <typename T>
std::string raw(T number) {
  return {reinterpret_cast<const char*>(&number), sizeof(number)};
}

Packet client(std::uint16_t port = 80) {
  return {.hook = NF_INET_LOCAL_IN,
          .family = AF_INET,
          .protocol = IPPROTO_TCP,
          .destination = Address::parse("192.0.2.10"),
          .destination_port = port,
          .tracked = kNew};
}

const Verdict kAccept{Verdict::Kind::accept}, kDrop{Verdict::Kind::drop};

Load meta(std::uint32_t key) { return {.what = Load::What::meta, .key = key, .target = kRegister}; }
Load payload(std::uint32_t base, std::uint32_t offset, std::uint32_t length) {
  return {.what = Load::What::payload, .key = base, .offset = offset, .length = length, .target = kRegister};
}
Load state() { return {.what = Load::What::tracking, .key = NFT_CT_STATE, .target = kRegister}; }
Compare equals(const std::string& data, std::uint32_t op = NFT_CMP_EQ) {
  return {.source = kRegister, .op = op, .data = data};
}
Load to_port() { return payload(NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2); }

struct FirewallTest : testing::Test {
  Firewall firewall{.chains = {{.family = NFPROTO_INET,
                                .table = "filter",
                                .name = "input",
                                .is_base = true,
                                .hook = NF_INET_LOCAL_IN,
                                .drops = true,
                                .type = "filter"}},
                    .sets = {}};

  Chain& input() { return firewall.chains.front(); }
  bool passes(const Packet& packet = client()) { return !what_blocks(firewall, packet); }
  bool with(std::vector<Rule> rules, const Packet& packet = client()) {
    input().rules = std::move(rules);
    return passes(packet);
  }
};

TEST_F(FirewallTest, PoliciesAndFamilies) {
  EXPECT_FALSE(passes());
  EXPECT_TRUE(what_blocks(firewall, client())->by_policy);
  input().family = NFPROTO_IPV4;
  EXPECT_FALSE(passes());
  input().family = NFPROTO_IPV6;
  EXPECT_TRUE(passes());
  input().family = NFPROTO_INET;
  input().hook = NF_INET_FORWARD;
  EXPECT_TRUE(passes());
  input().hook = NF_INET_LOCAL_IN;
  // IPVS has taken them by then.
  input().priority = 100;
  EXPECT_TRUE(passes());
  input().priority = 0;
  input().drops = false;
  EXPECT_TRUE(passes());
  EXPECT_FALSE(with({{kDrop}}));
  EXPECT_FALSE(what_blocks(firewall, client())->by_policy);
}

TEST_F(FirewallTest, Fields) {
  const Rule web{meta(NFT_META_L4PROTO), equals("\6"), to_port(), equals(raw(htons(80))), kAccept};
  EXPECT_TRUE(with({web}));
  EXPECT_FALSE(with({web}, client(81)));
  EXPECT_FALSE(with({{meta(NFT_META_L4PROTO), equals("\x11"), kAccept}}));
  const auto address = payload(NFT_PAYLOAD_NETWORK_HEADER, 16, 4);
  EXPECT_TRUE(with({{address, equals(raw(inet_addr("192.0.2.10"))), kAccept}}));
  EXPECT_FALSE(with({{address, equals(raw(inet_addr("192.0.2.11"))), kAccept}}));
  EXPECT_TRUE(
      with({{address, Bitwise{kRegister, kRegister, raw(inet_addr("255.255.255.0")), std::string(4, '\0')},
             equals(raw(inet_addr("192.0.2.0"))), kAccept}}));
  EXPECT_TRUE(
      with({{to_port(), Between{kRegister, NFT_RANGE_EQ, raw(htons(1)), raw(htons(1023))}, kAccept}}));
  EXPECT_FALSE(
      with({{to_port(), Between{kRegister, NFT_RANGE_NEQ, raw(htons(1)), raw(htons(1023))}, kAccept}}));
  EXPECT_FALSE(with({{to_port(), equals(raw(htons(80)), NFT_CMP_GT), kAccept}}));
  EXPECT_TRUE(with({{to_port(), equals(raw(htons(80)), NFT_CMP_GTE), kAccept}}));
}

TEST_F(FirewallTest, WhatIsNotKnownMayMatch) {
  // where the client comes from
  EXPECT_TRUE(
      with({{payload(NFT_PAYLOAD_NETWORK_HEADER, 12, 4), equals(raw(inet_addr("198.51.100.1"))), kAccept}}));
  EXPECT_TRUE(with({{Unknown{}, kAccept}}));
  EXPECT_TRUE(with({{Unknown{}, kDrop}, {kAccept}}));
  // a register that nobody has filled
  EXPECT_TRUE(with({{equals("x"), kAccept}}));
  EXPECT_TRUE(with({{Verdict{}}}));
  EXPECT_FALSE(with({{Unknown{}, kDrop}}));
}

TEST_F(FirewallTest, Devices) {
  const Rule loopback{meta(NFT_META_IIFNAME), equals(std::string("lo\0", 3)), kAccept};
  Packet packet = client();
  EXPECT_TRUE(with({loopback}, packet)) << "it may come from anywhere";
  packet.in = Interface{2, "eth0"};
  EXPECT_FALSE(with({loopback}, packet));
  EXPECT_TRUE(with({{meta(NFT_META_IIFNAME), equals("eth"), kAccept}}, packet)) << "eth*";
  packet.in = Interface{};
  EXPECT_FALSE(with({loopback}, packet)) << "there is none";
  packet.in = Interface{2, "eth0"};
  EXPECT_FALSE(with({{meta(NFT_META_IIF), equals(raw(std::uint32_t{1})), kAccept}}, packet));
}

TEST_F(FirewallTest, PortsOfClients) {
  Packet answer{.hook = NF_INET_LOCAL_IN, .family = AF_INET, .protocol = IPPROTO_TCP, .source_port = 80};
  EXPECT_FALSE(with({{to_port(), equals(raw(htons(22))), kAccept}}, answer));
  EXPECT_TRUE(with(
      {{to_port(), Between{kRegister, NFT_RANGE_EQ, raw(htons(1024)), raw(htons(65535))}, kAccept}}, answer));
}

TEST_F(FirewallTest, Tracking) {
  const Rule known{
      state(),
      Bitwise{kRegister, kRegister, raw(kEstablished | NF_CT_STATE_BIT(IP_CT_RELATED)), std::string(4, '\0')},
      equals(std::string(4, '\0'), NFT_CMP_NEQ), kAccept};
  Packet packet = client();
  EXPECT_FALSE(with({known}, packet));
  packet.tracked = kEstablished;
  EXPECT_TRUE(with({known}, packet));
  EXPECT_TRUE(with({{TrackedAs{kEstablished}, kAccept}}, packet));
  EXPECT_FALSE(with({{TrackedAs{kEstablished, true}, kAccept}}, packet));
}

TEST_F(FirewallTest, PortsOfIptables) {
  Ports ports{.protocol = IPPROTO_TCP, .from = {0, 80}, .to = {65535, 90}};
  EXPECT_TRUE(with({{ports, kAccept}}));
  EXPECT_FALSE(with({{ports, kAccept}}, client(91)));
  ports.is_inverted[1] = true;
  EXPECT_FALSE(with({{ports, kAccept}}));
  ports.protocol = IPPROTO_UDP;
  EXPECT_FALSE(with({{ports, kAccept}}, client(91)));
  // the client's own port is none of the first ones
  EXPECT_FALSE(with({{Ports{.protocol = IPPROTO_TCP, .from = {0, 0}, .to = {1023, 65535}}, kAccept}}));
  EXPECT_TRUE(with({{Ports{.protocol = IPPROTO_TCP, .from = {1024, 0}}, kAccept}}));
}

TEST_F(FirewallTest, Sets) {
  const SetName name{NFPROTO_INET, "filter", "web"};
  const Rule rule{to_port(), Lookup{.set = "web", .source = kRegister, .target = {}}, kAccept};
  EXPECT_TRUE(with({rule})) << "nobody knows what is in it";
  firewall.sets[name].elements = std::map<std::string, Verdict>{{raw(htons(443)), {}}};
  EXPECT_FALSE(with({rule}));
  (*firewall.sets[name].elements)[raw(htons(80))] = {};
  EXPECT_TRUE(with({rule}));
  EXPECT_FALSE(with(
      {{to_port(), Lookup{.set = "web", .source = kRegister, .target = {}, .is_inverted = true}, kAccept}}));
}

TEST_F(FirewallTest, MapsOfVerdicts) {
  const Rule rule{state(), Lookup{.set = "__map0", .source = kRegister, .target = NFT_REG_VERDICT}};
  auto& map = firewall.sets[{NFPROTO_INET, "filter", "__map0"}];
  EXPECT_TRUE(with({rule}));
  map.elements = std::map<std::string, Verdict>{{raw(kEstablished), kAccept}};
  EXPECT_FALSE(with({rule}));
  (*map.elements)[raw(kNew)] = kAccept;
  EXPECT_TRUE(with({rule}));
}

TEST_F(FirewallTest, ChainsThatCallEachOther) {
  const Rule call{Verdict{Verdict::Kind::jump, "web"}}, leave_to{Verdict{Verdict::Kind::go, "web"}};
  firewall.chains.push_back({.family = NFPROTO_INET, .table = "filter", .name = "web", .hook = 0});
  const auto web = [this]() -> std::vector<Rule>& { return firewall.chains.back().rules; };
  EXPECT_FALSE(with({call}));
  web() = {{kAccept}};
  EXPECT_TRUE(with({call}));
  EXPECT_TRUE(with({leave_to}));
  web() = {{Verdict{Verdict::Kind::leave}}, {kAccept}};
  EXPECT_FALSE(with({call}));
  EXPECT_TRUE(with({call, {kAccept}}));
  EXPECT_FALSE(with({leave_to, {kAccept}})) << "it does not come back";
  web() = {{kDrop}};
  EXPECT_FALSE(with({call, {kAccept}}));
  EXPECT_TRUE(with({{Unknown{}, Verdict{Verdict::Kind::jump, "web"}}, {kAccept}}));
  web() = {call};
  EXPECT_TRUE(with({call})) << "round and round: the kernel would not take that";
  EXPECT_TRUE(with({{Verdict{Verdict::Kind::jump, "gone"}}}));
}

TEST_F(FirewallTest, WhatWouldLetItPass) {
  EXPECT_EQ(accepting_rule(input(), client()),
            "nft insert rule inet filter input ip daddr 192.0.2.10 tcp dport 80 accept");
  Packet answer{.hook = NF_INET_FORWARD,
                .family = AF_INET6,
                .protocol = IPPROTO_UDP,
                .source = Address::parse("fd00::11"),
                .source_port = 53};
  input().family = NFPROTO_IPV6;
  EXPECT_EQ(accepting_rule(input(), answer),
            "nft insert rule ip6 filter input ip6 saddr fd00::11 udp sport 53 accept");
}

TEST_F(FirewallTest, TranslationOfSources) {
  Chain nat{.family = NFPROTO_IPV4,
            .table = "nat",
            .name = "postrouting",
            .is_base = true,
            .hook = NF_INET_POST_ROUTING,
            .type = "nat"};
  firewall.chains.push_back(nat);
  EXPECT_EQ(source_nat(firewall, AF_INET), nullptr);
  // in a chain that is called
  firewall.chains.push_back(
      {.family = NFPROTO_IPV4, .table = "nat", .name = "more", .hook = 0, .rules = {{Translation{false}}}});
  EXPECT_EQ(source_nat(firewall, AF_INET), nullptr);
  firewall.chains.back().rules = {{Translation{true}}};
  ASSERT_NE(source_nat(firewall, AF_INET), nullptr);
  EXPECT_EQ(source_nat(firewall, AF_INET)->name, "postrouting");
  EXPECT_EQ(source_nat(firewall, AF_INET6), nullptr);
}

// --- as the kernel tells them ------------------------------------------------------------------

/// A message of the kernel's, which lives as long as this.
struct Told {
  std::string bytes;
  std::uint16_t type;

  Told(std::uint8_t kind, const std::function<void(Message&)>& fill)
      : type(static_cast<std::uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | kind)) {
    Message message(type, 0);
    message.header(nfgenmsg{.nfgen_family = NFPROTO_IPV4, .version = 0, .res_id = 0});
    fill(message);
    bytes = message.finished(1).substr(sizeof(nlmsghdr));
  }
  Answer answer() const {
    return {type, {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}};
  }
};

void put_be(Message& message, std::uint16_t type, std::uint32_t number) {
  message.put_number(type, htonl(number));
}
void put_value(Message& message, std::uint16_t type, const std::string& value) {
  const auto begun = message.begin(type);
  message.put(NFTA_DATA_VALUE, {reinterpret_cast<const std::uint8_t*>(value.data()), value.size()})
      .end(begun);
}
void put_verdict(Message& message, std::uint16_t type, std::uint32_t code, const char* chain = nullptr) {
  const auto data = message.begin(type), verdict = message.begin(NFTA_DATA_VERDICT);
  put_be(message, NFTA_VERDICT_CODE, code);
  if (chain) message.put_text(NFTA_VERDICT_CHAIN, chain);
  message.end(verdict).end(data);
}
void put_expression(Message& message, const char* name, const std::function<void()>& fill) {
  const auto element = message.begin(NFTA_LIST_ELEM);
  message.put_text(NFTA_EXPR_NAME, name);
  const auto data = message.begin(NFTA_EXPR_DATA);
  fill();
  message.end(data).end(element);
}
template <typename T>
void put_info(Message& message, const char* name, std::uint32_t revision, const T& info) {
  put_expression(message, "match", [&] {
    message.put_text(NFTA_MATCH_NAME, name);
    put_be(message, NFTA_MATCH_REV, revision);
    message.put(NFTA_MATCH_INFO, {reinterpret_cast<const std::uint8_t*>(&info), sizeof(info)});
  });
}

Told base_chain() {
  return Told(NFT_MSG_NEWCHAIN, [](Message& message) {
    message.put_text(NFTA_CHAIN_TABLE, "filter")
        .put_text(NFTA_CHAIN_NAME, "INPUT")
        .put_text(NFTA_CHAIN_TYPE, "filter");
    const auto hook = message.begin(NFTA_CHAIN_HOOK);
    put_be(message, NFTA_HOOK_HOOKNUM, NF_INET_LOCAL_IN);
    put_be(message, NFTA_HOOK_PRIORITY, static_cast<std::uint32_t>(-10));
    message.end(hook);
    put_be(message, NFTA_CHAIN_POLICY, NF_DROP);
  });
}

/// A rule of that chain with these expressions.
Told rule_of(const std::function<void(Message&)>& fill) {
  return Told(NFT_MSG_NEWRULE, [&](Message& message) {
    message.put_text(NFTA_RULE_TABLE, "filter").put_text(NFTA_RULE_CHAIN, "INPUT");
    const auto list = message.begin(NFTA_RULE_EXPRESSIONS);
    fill(message);
    message.end(list);
  });
}
void put_accept(Message& message) {
  put_expression(message, "immediate", [&] {
    put_be(message, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
    put_verdict(message, NFTA_IMMEDIATE_DATA, NF_ACCEPT);
  });
}

TEST(NfTables, AChain) {
  const auto told = base_chain();
  const auto chain = read_chain(told.answer());
  ASSERT_TRUE(chain);
  EXPECT_EQ(chain->table, "filter");
  EXPECT_EQ(chain->name, "INPUT");
  EXPECT_TRUE(chain->is_base && chain->drops);
  EXPECT_EQ(chain->hook, NF_INET_LOCAL_IN);
  EXPECT_EQ(chain->priority, -10);
  EXPECT_FALSE(read_chain(Answer{told.type, {}}));
  EXPECT_FALSE(read_chain(rule_of(put_accept).answer()));
}

struct RuleTest : testing::Test {
  Firewall firewall;
  RuleTest() { firewall.chains.push_back(*read_chain(base_chain().answer())); }
  bool passes(const std::function<void(Message&)>& fill, const Packet& packet = client()) {
    firewall.chains.front().rules.clear();
    const auto told = rule_of(fill);
    read_rule(told.answer(), firewall);
    EXPECT_EQ(firewall.chains.front().rules.size(), 1U);
    return !what_blocks(firewall, packet);
  }
};

TEST_F(RuleTest, ThoseOfNft) {
  const auto web = [](Message& message) {
    put_expression(message, "payload", [&] {
      put_be(message, NFTA_PAYLOAD_DREG, NFT_REG_1);
      put_be(message, NFTA_PAYLOAD_BASE, NFT_PAYLOAD_TRANSPORT_HEADER);
      put_be(message, NFTA_PAYLOAD_OFFSET, 2);
      put_be(message, NFTA_PAYLOAD_LEN, 2);
    });
    put_expression(message, "cmp", [&] {
      put_be(message, NFTA_CMP_SREG, NFT_REG_1);
      put_be(message, NFTA_CMP_OP, NFT_CMP_EQ);
      put_value(message, NFTA_CMP_DATA, raw(htons(80)));
    });
    put_expression(message, "counter", [] {});
    put_accept(message);
  };
  EXPECT_TRUE(passes(web));
  EXPECT_FALSE(passes(web, client(81)));
  const auto known = [](Message& message) {
    put_expression(message, "ct", [&] {
      put_be(message, NFTA_CT_DREG, NFT_REG_1);
      put_be(message, NFTA_CT_KEY, NFT_CT_STATE);
    });
    put_expression(message, "bitwise", [&] {
      put_be(message, NFTA_BITWISE_SREG, NFT_REG_1);
      put_be(message, NFTA_BITWISE_DREG, NFT_REG_1);
      put_value(message, NFTA_BITWISE_MASK, raw(kEstablished));
      put_value(message, NFTA_BITWISE_XOR, std::string(4, '\0'));
    });
    put_expression(message, "cmp", [&] {
      put_be(message, NFTA_CMP_SREG, NFT_REG_1);
      put_be(message, NFTA_CMP_OP, NFT_CMP_NEQ);
      put_value(message, NFTA_CMP_DATA, std::string(4, '\0'));
    });
    put_accept(message);
  };
  EXPECT_FALSE(passes(known));
  // may match, and may not
  EXPECT_TRUE(passes([](Message& message) {
    put_expression(message, "limit", [] {});
    put_accept(message);
  }));
  EXPECT_TRUE(passes([](Message& message) { put_expression(message, "queue", [] {}); }));
  EXPECT_FALSE(passes([](Message& message) { put_expression(message, "reject", [] {}); }));
}

TEST_F(RuleTest, ThoseOfIptables) {
  const auto known = [](std::uint16_t flags) {
    return [flags](Message& message) {
      xt_conntrack_mtinfo3 info{};
      info.match_flags = flags;
      info.state_mask = XT_CONNTRACK_STATE_BIT(IP_CT_ESTABLISHED) | XT_CONNTRACK_STATE_BIT(IP_CT_RELATED);
      put_info(message, "conntrack", 3, info);
      put_accept(message);
    };
  };
  EXPECT_FALSE(passes(known(XT_CONNTRACK_STATE)));
  EXPECT_TRUE(passes(known(XT_CONNTRACK_STATE | XT_CONNTRACK_STATUS))) << "who knows";
  const auto port = [](std::uint16_t first, std::uint8_t flags) {
    return [=](Message& message) {
      xt_tcp info{};
      info.spts[1] = 65535;
      info.dpts[0] = first;
      info.dpts[1] = 80;
      info.flg_mask = flags;
      put_info(message, "tcp", 0, info);
      put_accept(message);
    };
  };
  EXPECT_TRUE(passes(port(80, 0)));
  EXPECT_FALSE(passes(port(80, 0), client(22)));
  EXPECT_TRUE(passes(port(80, 2), client(22))) << "flags are not known";
  const auto target = [](const char* name) {
    return [name](Message& message) {
      put_expression(message, "target", [&] { message.put_text(NFTA_TARGET_NAME, name); });
    };
  };
  EXPECT_FALSE(passes(target("REJECT")));
  EXPECT_FALSE(passes(target("LOG")));
  EXPECT_TRUE(passes(target("UNHEARDOF")));
}

TEST(NfTables, SetsAndTheirElements) {
  const auto told = [](std::uint32_t flags) {
    return Told(NFT_MSG_NEWSET, [&](Message& message) {
      message.put_text(NFTA_SET_TABLE, "filter").put_text(NFTA_SET_NAME, "web");
      put_be(message, NFTA_SET_FLAGS, flags);
    });
  };
  const auto plain = told(NFT_SET_ANONYMOUS | NFT_SET_CONSTANT), ranges = told(NFT_SET_INTERVAL);
  EXPECT_EQ(read_set(plain.answer()), (std::pair{SetName{NFPROTO_IPV4, "filter", "web"}, true}));
  EXPECT_FALSE(read_set(ranges.answer())->second);
  const auto elements = [](std::uint32_t flags) {
    return Told(NFT_MSG_NEWSETELEM, [&](Message& message) {
      const auto list = message.begin(NFTA_SET_ELEM_LIST_ELEMENTS), element = message.begin(NFTA_LIST_ELEM);
      put_value(message, NFTA_SET_ELEM_KEY, raw(htons(80)));
      put_verdict(message, NFTA_SET_ELEM_DATA, static_cast<std::uint32_t>(NFT_JUMP), "there");
      if (flags != 0) put_be(message, NFTA_SET_ELEM_FLAGS, flags);
      message.end(element).end(list);
    });
  };
  Set set;
  set.elements.emplace();
  const auto one = elements(0), all = elements(NFT_SET_ELEM_CATCHALL);
  read_elements(one.answer(), set);
  ASSERT_EQ(set.elements->size(), 1U);
  EXPECT_EQ(set.elements->begin()->second.chain, "there");
  read_elements(all.answer(), set);
  EXPECT_FALSE(set.elements);
}

}  // namespace
