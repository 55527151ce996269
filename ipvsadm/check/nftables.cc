// SPDX-License-Identifier: GPL-2.0-or-later
#include "check/nftables.hh"

#include <netinet/in.h>
// Behind that, with which they share definitions.
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/xt_conntrack.h>
#include <linux/netfilter/xt_state.h>
#include <linux/netfilter/xt_tcpudp.h>

#include <algorithm>
#include <string_view>

namespace ipvsadm::check {
namespace {

using netlink::Attributes;
using netlink::Bytes;
using netlink::Message;

std::string content(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

std::string value_in(const Attributes& data, std::uint16_t type) {
  return content(data.inside(type).bytes(NFTA_DATA_VALUE));
}

std::uint32_t number(const Attributes& data, std::uint16_t type) { return data.big_endian(type).value_or(0); }

Verdict verdict_in(const Attributes& data) {
  const Attributes verdict = data.inside(NFTA_DATA_VERDICT);
  const auto code = verdict.big_endian(NFTA_VERDICT_CODE);
  if (!code) return {};
  using enum Verdict::Kind;
  switch (static_cast<std::int32_t>(*code)) {
    case NF_ACCEPT:
      return {accept};
    case NF_DROP:
      return {drop};
    case NFT_JUMP:
      return {jump, verdict.text(NFTA_VERDICT_CHAIN)};
    case NFT_GOTO:
      return {go, verdict.text(NFTA_VERDICT_CHAIN)};
    case NFT_RETURN:
      return {leave};
    case NFT_CONTINUE:
      return {go_on};
    default:
      return {};
  }
}

Expression lookup_in(const Attributes& data) {
  Lookup lookup{.set = data.text(NFTA_LOOKUP_SET),
                .source = number(data, NFTA_LOOKUP_SREG),
                .target = data.big_endian(NFTA_LOOKUP_DREG),
                .is_inverted = (number(data, NFTA_LOOKUP_FLAGS) & NFT_LOOKUP_F_INV) != 0};
  return lookup;
}

template <typename T>
std::optional<T> struct_in(Bytes bytes) {
  T value;
  if (bytes.size() < sizeof(value)) return {};
  std::memcpy(&value, bytes.data(), sizeof(value));
  return value;
}

/// What iptables calls untracked is another bit in each of its matches.
std::uint32_t states(std::uint32_t mask, std::uint32_t untracked) {
  return (mask & ~untracked) | (mask & untracked ? std::uint32_t{NF_CT_STATE_UNTRACKED_BIT} : 0);
}

template <typename T>
std::optional<Ports> ports_in(Bytes bytes, std::uint8_t protocol) {
  const auto given = struct_in<T>(bytes);
  if (!given) return {};
  return Ports{
      .protocol = protocol,
      .from = {given->spts[0], given->dpts[0]},
      .to = {given->spts[1], given->dpts[1]},
      .is_inverted = {(given->invflags & XT_TCP_INV_SRCPT) != 0, (given->invflags & XT_TCP_INV_DSTPT) != 0}};
}
static_assert(int{XT_TCP_INV_SRCPT} == int{XT_UDP_INV_SRCPT} &&
              int{XT_TCP_INV_DSTPT} == int{XT_UDP_INV_DSTPT});

/// A match of iptables.
Expression match_in(const Attributes& data) {
  const std::string name = data.text(NFTA_MATCH_NAME);
  const std::uint32_t revision = number(data, NFTA_MATCH_REV);
  const Bytes info = data.bytes(NFTA_MATCH_INFO);
  if (name == "comment") return Load{};
  if (name == "conntrack" && revision == 3) {
    const auto given = struct_in<xt_conntrack_mtinfo3>(info);
    if (given && given->match_flags == XT_CONNTRACK_STATE)
      return TrackedAs{states(given->state_mask, XT_CONNTRACK_STATE_UNTRACKED),
                       (given->invert_flags & XT_CONNTRACK_STATE) != 0};
  }
  if (name == "state")
    if (const auto given = struct_in<xt_state_info>(info))
      return TrackedAs{states(given->statemask, XT_STATE_UNTRACKED)};
  if (name == "udp")
    if (const auto ports = ports_in<xt_udp>(info, IPPROTO_UDP)) return *ports;
  if (name == "tcp") {
    // Flags and options of packets are not known here.
    const auto given = struct_in<xt_tcp>(info);
    const auto ports = ports_in<xt_tcp>(info, IPPROTO_TCP);
    if (ports && given->option == 0 && given->flg_mask == 0) return *ports;
  }
  return Unknown{};
}

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::ranges::find(names, name) != names.end();
}

/// A target of iptables.
Expression target_in(const Attributes& data) {
  const std::string name = data.text(NFTA_TARGET_NAME);
  if (is_one_of(name, {"REJECT", "DROP"})) return Verdict{Verdict::Kind::drop};
  if (is_one_of(name, {"MASQUERADE", "SNAT"})) return Translation{true};
  if (is_one_of(name, {"DNAT", "REDIRECT"})) return Translation{false};
  if (is_one_of(name, {"MARK", "CONNMARK", "LOG", "NFLOG", "CT", "NOTRACK", "TCPMSS", "TRACE", "CLASSIFY",
                       "DSCP", "TOS", "SET"}))
    return Verdict{Verdict::Kind::go_on};
  return Verdict{};
}

Expression expression_in(const std::string& name, const Attributes& data) {
  if (name == "payload" && data.has(NFTA_PAYLOAD_DREG))
    return Load{.what = Load::What::payload,
                .key = number(data, NFTA_PAYLOAD_BASE),
                .offset = number(data, NFTA_PAYLOAD_OFFSET),
                .length = number(data, NFTA_PAYLOAD_LEN),
                .target = number(data, NFTA_PAYLOAD_DREG)};
  if (name == "meta" && data.has(NFTA_META_DREG))
    return Load{
        .what = Load::What::meta, .key = number(data, NFTA_META_KEY), .target = number(data, NFTA_META_DREG)};
  if (name == "ct" && data.has(NFTA_CT_DREG))
    return Load{
        .what = Load::What::tracking, .key = number(data, NFTA_CT_KEY), .target = number(data, NFTA_CT_DREG)};
  if (name == "cmp")
    return Compare{.source = number(data, NFTA_CMP_SREG),
                   .op = number(data, NFTA_CMP_OP),
                   .data = value_in(data, NFTA_CMP_DATA)};
  if (name == "bitwise" && number(data, NFTA_BITWISE_OP) == NFT_BITWISE_BOOL)
    return Bitwise{.source = number(data, NFTA_BITWISE_SREG),
                   .target = number(data, NFTA_BITWISE_DREG),
                   .mask = value_in(data, NFTA_BITWISE_MASK),
                   .flip = value_in(data, NFTA_BITWISE_XOR)};
  if (name == "bitwise") return Load{.target = number(data, NFTA_BITWISE_DREG)};
  if (name == "range")
    return Between{.source = number(data, NFTA_RANGE_SREG),
                   .op = number(data, NFTA_RANGE_OP),
                   .from = value_in(data, NFTA_RANGE_FROM_DATA),
                   .to = value_in(data, NFTA_RANGE_TO_DATA)};
  if (name == "lookup") return lookup_in(data);
  if (name == "immediate" && number(data, NFTA_IMMEDIATE_DREG) == NFT_REG_VERDICT)
    return verdict_in(data.inside(NFTA_IMMEDIATE_DATA));
  if (name == "match") return match_in(data);
  if (name == "target") return target_in(data);
  if (name == "reject") return Verdict{Verdict::Kind::drop};
  if (name == "nat") return Translation{number(data, NFTA_NAT_TYPE) == NFT_NAT_SNAT};
  if (name == "masq") return Translation{true};
  if (is_one_of(name, {"redir", "tproxy"})) return Translation{false};
  if (is_one_of(name, {"limit", "quota", "connlimit", "dynset"})) return Unknown{};
  if (is_one_of(name, {"queue", "synproxy", "fwd"})) return Verdict{};
  // What writes something, or loads what is not known of a packet: a register that nobody has filled is not
  // known either.
  return Load{};
}

}  // namespace

std::optional<Chain> read_chain(const netlink::Answer& answer) {
  const auto header = answer.header<nfgenmsg>();
  if (answer.type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWCHAIN) || !header) return {};
  const auto attributes = answer.attributes(sizeof(nfgenmsg));
  Chain chain{.family = header->nfgen_family,
              .table = attributes.text(NFTA_CHAIN_TABLE),
              .name = attributes.text(NFTA_CHAIN_NAME),
              .is_base = attributes.has(NFTA_CHAIN_HOOK),
              .hook = {},
              .priority = {}};
  const auto hook = attributes.inside(NFTA_CHAIN_HOOK);
  chain.hook = static_cast<std::uint8_t>(number(hook, NFTA_HOOK_HOOKNUM));
  chain.priority = static_cast<int>(number(hook, NFTA_HOOK_PRIORITY));
  chain.drops = chain.is_base && attributes.big_endian(NFTA_CHAIN_POLICY) == std::uint32_t{NF_DROP};
  chain.type = attributes.text(NFTA_CHAIN_TYPE);
  return chain;
}

void read_rule(const netlink::Answer& answer, Firewall& firewall) {
  const auto header = answer.header<nfgenmsg>();
  if (answer.type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWRULE) || !header) return;
  const auto attributes = answer.attributes(sizeof(nfgenmsg));
  const std::string table = attributes.text(NFTA_RULE_TABLE), name = attributes.text(NFTA_RULE_CHAIN);
  const auto chain = std::ranges::find_if(firewall.chains, [&](const Chain& each) {
    return each.family == header->nfgen_family && each.table == table && each.name == name;
  });
  if (chain == firewall.chains.end()) return;
  std::vector<Expression> expressions;
  netlink::for_each_attribute(attributes.bytes(NFTA_RULE_EXPRESSIONS), [&](std::uint16_t, Bytes bytes) {
    const Attributes expression(bytes);
    expressions.push_back(expression_in(expression.text(NFTA_EXPR_NAME), expression.inside(NFTA_EXPR_DATA)));
  });
  chain->rules.push_back(std::move(expressions));
}

std::optional<std::pair<SetName, bool>> read_set(const netlink::Answer& answer) {
  const auto header = answer.header<nfgenmsg>();
  if (answer.type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWSET) || !header) return {};
  const auto attributes = answer.attributes(sizeof(nfgenmsg));
  const std::uint32_t flags = number(attributes, NFTA_SET_FLAGS);
  return std::pair{
      SetName{header->nfgen_family, attributes.text(NFTA_SET_TABLE), attributes.text(NFTA_SET_NAME)},
      (flags & (NFT_SET_INTERVAL | NFT_SET_CONCAT)) == 0};
}

void read_elements(const netlink::Answer& answer, Set& set) {
  if (answer.type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWSETELEM)) return;
  const auto attributes = answer.attributes(sizeof(nfgenmsg));
  netlink::for_each_attribute(attributes.bytes(NFTA_SET_ELEM_LIST_ELEMENTS), [&](std::uint16_t, Bytes bytes) {
    const Attributes element(bytes);
    // One for all that is not there makes anything possible.
    if (number(element, NFTA_SET_ELEM_FLAGS) != 0) set.elements.reset();
    if (!set.elements) return;
    const auto data = element.inside(NFTA_SET_ELEM_DATA);
    (*set.elements)[value_in(element, NFTA_SET_ELEM_KEY)] =
        data.has(NFTA_DATA_VERDICT) ? verdict_in(data) : Verdict{};
  });
}

namespace {

Message request(std::uint8_t kind, std::uint8_t family = NFPROTO_UNSPEC) {
  Message made(static_cast<std::uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | kind), NLM_F_DUMP);
  made.header(nfgenmsg{.nfgen_family = family, .version = NFNETLINK_V0, .res_id = 0});
  return made;
}

std::expected<Firewall, netlink::Error> list_once(netlink::Socket& socket) {
  Firewall firewall;
  auto done = socket.ask(request(NFT_MSG_GETCHAIN), [&](const netlink::Answer& answer) {
    if (auto chain = read_chain(answer)) firewall.chains.push_back(std::move(*chain));
  });
  if (done)
    done = socket.ask(request(NFT_MSG_GETRULE),
                      [&](const netlink::Answer& answer) { read_rule(answer, firewall); });
  std::vector<SetName> plain;
  if (done)
    done = socket.ask(request(NFT_MSG_GETSET), [&](const netlink::Answer& answer) {
      const auto set = read_set(answer);
      if (!set) return;
      firewall.sets[set->first] = {};
      if (set->second) plain.push_back(set->first);
    });
  for (const SetName& name : plain) {
    if (!done) break;
    Set& set = firewall.sets[name];
    set.elements.emplace();
    auto message = request(NFT_MSG_GETSETELEM, std::get<0>(name));
    message.put_text(NFTA_SET_ELEM_LIST_TABLE, std::get<1>(name))
        .put_text(NFTA_SET_ELEM_LIST_SET, std::get<2>(name));
    done = socket.ask(message, [&](const netlink::Answer& answer) { read_elements(answer, set); });
  }
  if (!done) return std::unexpected(done.error());
  return firewall;
}

}  // namespace

std::expected<Firewall, netlink::Error> list_firewall(netlink::Socket& socket) {
  return netlink::untorn([&] { return list_once(socket); });
}

}  // namespace ipvsadm::check
