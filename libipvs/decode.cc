// SPDX-License-Identifier: LGPL-2.1-or-later
#include <arpa/inet.h>
#include <linux/genetlink.h>
#include <linux/ip_vs.h>
#include <linux/netlink.h>
#include <netlink/attr.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "codec.hh"
#include "ipvs/kernel.h"

namespace ipvs::inline v1::codec {
namespace {

/// The attributes of one level, indexed by number; lengths are checked against the policy on parsing.
template <int Max>
class Attributes {
 public:
  using Policy = nla_policy[Max + 1];

  /// Nothing usable is kept when the bytes do not satisfy `policy`.
  bool parse(View bytes, const Policy& policy) {
    // libnl only reads, but takes pointers to non-const.
    auto* head = reinterpret_cast<nlattr*>(const_cast<std::uint8_t*>(bytes.data()));
    return nla_parse(table_, Max, head, static_cast<int>(bytes.size()), const_cast<nla_policy*>(policy)) == 0;
  }
  bool parse_nest(nlattr* nest, const Policy& policy) {
    return nla_parse_nested(table_, Max, nest, const_cast<nla_policy*>(policy)) == 0;
  }

  nlattr* operator[](int type) const { return table_[type]; }
  bool has(std::initializer_list<int> types) const {
    return std::ranges::all_of(types, [&](int type) { return table_[type] != nullptr; });
  }

  std::uint8_t u8(int type) const { return table_[type] ? nla_get_u8(table_[type]) : 0; }
  std::uint16_t u16(int type) const { return table_[type] ? nla_get_u16(table_[type]) : 0; }
  std::uint32_t u32(int type) const { return table_[type] ? nla_get_u32(table_[type]) : 0; }
  std::string text(int type) const { return table_[type] ? nla_get_string(table_[type]) : ""; }
  Address address(int type, std::uint16_t family) const {
    Address addr;
    addr.family = family;
    const std::size_t size = family == AF_INET ? sizeof(in_addr) : sizeof(in6_addr);
    if (nlattr* attr = table_[type])
      std::memcpy(addr.bytes.data(), nla_data(attr), std::min(size, static_cast<std::size_t>(nla_len(attr))));
    return addr;
  }

 private:
  nlattr* table_[Max + 1] = {};
};

constexpr nla_policy kind(std::uint16_t type, std::uint16_t minlen = 0) { return {type, minlen, 0}; }
const nla_policy kText = kind(NLA_STRING, 1);
const nla_policy kAddress = kind(NLA_UNSPEC, 4);

struct TopPolicy {
  Attributes<IPVS_CMD_ATTR_MAX>::Policy policy = {};
  TopPolicy() {
    policy[IPVS_CMD_ATTR_SERVICE] = kind(NLA_NESTED);
    policy[IPVS_CMD_ATTR_DEST] = kind(NLA_NESTED);
    policy[IPVS_CMD_ATTR_DAEMON] = kind(NLA_NESTED);
    policy[IPVS_CMD_ATTR_TIMEOUT_TCP] = kind(NLA_U32);
    policy[IPVS_CMD_ATTR_TIMEOUT_TCP_FIN] = kind(NLA_U32);
    policy[IPVS_CMD_ATTR_TIMEOUT_UDP] = kind(NLA_U32);
  }
};

struct ServicePolicy {
  Attributes<IPVS_SVC_ATTR_MAX>::Policy policy = {};
  ServicePolicy() {
    policy[IPVS_SVC_ATTR_AF] = kind(NLA_U16);
    policy[IPVS_SVC_ATTR_PROTOCOL] = kind(NLA_U16);
    policy[IPVS_SVC_ATTR_ADDR] = kAddress;
    policy[IPVS_SVC_ATTR_PORT] = kind(NLA_U16);
    policy[IPVS_SVC_ATTR_FWMARK] = kind(NLA_U32);
    policy[IPVS_SVC_ATTR_SCHED_NAME] = kText;
    policy[IPVS_SVC_ATTR_FLAGS] = kind(NLA_UNSPEC, sizeof(ip_vs_flags));
    policy[IPVS_SVC_ATTR_TIMEOUT] = kind(NLA_U32);
    policy[IPVS_SVC_ATTR_NETMASK] = kind(NLA_U32);
    policy[IPVS_SVC_ATTR_STATS] = kind(NLA_NESTED);
    policy[IPVS_SVC_ATTR_PE_NAME] = kText;
    policy[IPVS_SVC_ATTR_STATS64] = kind(NLA_NESTED);
  }
};

struct DestPolicy {
  Attributes<IPVS_DEST_ATTR_MAX>::Policy policy = {};
  DestPolicy() {
    policy[IPVS_DEST_ATTR_ADDR] = kAddress;
    policy[IPVS_DEST_ATTR_PORT] = kind(NLA_U16);
    for (int type :
         {IPVS_DEST_ATTR_FWD_METHOD, IPVS_DEST_ATTR_WEIGHT, IPVS_DEST_ATTR_U_THRESH, IPVS_DEST_ATTR_L_THRESH,
          IPVS_DEST_ATTR_ACTIVE_CONNS, IPVS_DEST_ATTR_INACT_CONNS, IPVS_DEST_ATTR_PERSIST_CONNS})
      policy[type] = kind(NLA_U32);
    policy[IPVS_DEST_ATTR_STATS] = kind(NLA_NESTED);
    policy[IPVS_DEST_ATTR_ADDR_FAMILY] = kind(NLA_U16);
    policy[IPVS_DEST_ATTR_STATS64] = kind(NLA_NESTED);
    policy[IPVS_DEST_ATTR_TUN_TYPE] = kind(NLA_U8);
    policy[IPVS_DEST_ATTR_TUN_PORT] = kind(NLA_U16);
    policy[IPVS_DEST_ATTR_TUN_FLAGS] = kind(NLA_U16);
  }
};

struct DaemonPolicy {
  Attributes<IPVS_DAEMON_ATTR_LAST>::Policy policy = {};
  DaemonPolicy() {
    policy[IPVS_DAEMON_ATTR_STATE] = kind(NLA_U32);
    policy[IPVS_DAEMON_ATTR_MCAST_IFN] = kText;
    policy[IPVS_DAEMON_ATTR_SYNC_ID] = kind(NLA_U32);
    policy[IPVS_DAEMON_ATTR_SYNC_MAXLEN] = kind(NLA_U16);
    policy[IPVS_DAEMON_ATTR_MCAST_GROUP] = kAddress;
    policy[IPVS_DAEMON_ATTR_MCAST_GROUP6] = kind(NLA_UNSPEC, 16);
    policy[IPVS_DAEMON_ATTR_MCAST_PORT] = kind(NLA_U16);
    policy[IPVS_DAEMON_ATTR_MCAST_TTL] = kind(NLA_U8);
    policy[IPVS_DAEMON_ATTR_PEERS] = kind(NLA_UNSPEC, sizeof(in6_addr));
  }
};

struct ConnectionPolicy {
  Attributes<IPVS_CONN_ATTR_LAST>::Policy policy = {};
  ConnectionPolicy() {
    for (int type :
         {IPVS_CONN_ATTR_PROTOCOL, IPVS_CONN_ATTR_CLIENT_PORT, IPVS_CONN_ATTR_VIRT_PORT, IPVS_CONN_ATTR_DEST_PORT})
      policy[type] = kind(NLA_U16);
    for (int type : {IPVS_CONN_ATTR_CLIENT, IPVS_CONN_ATTR_VIRT, IPVS_CONN_ATTR_DEST}) policy[type] = kAddress;
    policy[IPVS_CONN_ATTR_STATE] = kText;
    policy[IPVS_CONN_ATTR_EXPIRES] = kind(NLA_U32);
    policy[IPVS_CONN_ATTR_PE_NAME] = kText;
  }
};

/// The 32-bit and the 64-bit nest have the same members; each may be as wide as the kernel likes.
std::optional<Stats> decode_stats(nlattr* nest) {
  static const Attributes<IPVS_STATS_ATTR_MAX>::Policy any = {};
  Attributes<IPVS_STATS_ATTR_MAX> attrs;
  if (!attrs.parse_nest(nest, any)) return {};
  const auto number = [&](int type) -> std::uint64_t {
    nlattr* attr = attrs[type];
    if (attr && nla_len(attr) >= 8) return nla_get_u64(attr);
    if (attr && nla_len(attr) >= 4) return nla_get_u32(attr);
    return 0;
  };
  return Stats{.conns = number(IPVS_STATS_ATTR_CONNS),
               .inpkts = number(IPVS_STATS_ATTR_INPKTS),
               .outpkts = number(IPVS_STATS_ATTR_OUTPKTS),
               .inbytes = number(IPVS_STATS_ATTR_INBYTES),
               .outbytes = number(IPVS_STATS_ATTR_OUTBYTES),
               .cps = number(IPVS_STATS_ATTR_CPS),
               .inpps = number(IPVS_STATS_ATTR_INPPS),
               .outpps = number(IPVS_STATS_ATTR_OUTPPS),
               .inbps = number(IPVS_STATS_ATTR_INBPS),
               .outbps = number(IPVS_STATS_ATTR_OUTBPS)};
}

/// False if a statistics nest is there but malformed. None at all leaves zeros.
bool read_stats(nlattr* stats64, nlattr* stats32, Stats& into) {
  nlattr* nest = stats64 ? stats64 : stats32;
  if (!nest) return true;
  const auto stats = decode_stats(nest);
  if (stats) into = *stats;
  return stats.has_value();
}

/// The attributes behind the generic netlink header if the reply is of the given kind.
std::optional<View> attributes_of(View payload, std::uint8_t command) {
  genlmsghdr header;
  if (payload.size() < sizeof(header)) return {};
  std::memcpy(&header, payload.data(), sizeof(header));
  if (header.cmd != command) return {};
  return payload.subspan(sizeof(header));
}

/// The nest `type` of a reply of the given kind; null if it is not there.
nlattr* nest_of(View payload, std::uint8_t command, int type) {
  static const TopPolicy top;
  Attributes<IPVS_CMD_ATTR_MAX> attrs;
  const auto body = attributes_of(payload, command);
  if (!body || !attrs.parse(*body, top.policy)) return nullptr;
  return attrs[type];
}

std::optional<ServiceEntry> read_service(nlattr* nest) {
  static const ServicePolicy service_policy;
  Attributes<IPVS_SVC_ATTR_MAX> attrs;
  if (!nest || !attrs.parse_nest(nest, service_policy.policy)) return {};
  if (!attrs.has({IPVS_SVC_ATTR_AF, IPVS_SVC_ATTR_SCHED_NAME, IPVS_SVC_ATTR_NETMASK, IPVS_SVC_ATTR_TIMEOUT,
                  IPVS_SVC_ATTR_FLAGS}))
    return {};
  const bool by_mark = attrs.u32(IPVS_SVC_ATTR_FWMARK) != 0;
  if (!by_mark && !attrs.has({IPVS_SVC_ATTR_PROTOCOL, IPVS_SVC_ATTR_ADDR, IPVS_SVC_ATTR_PORT})) return {};

  ServiceEntry entry;
  entry.key.family = attrs.u16(IPVS_SVC_ATTR_AF);
  if (entry.key.family != AF_INET && entry.key.family != AF_INET6) return {};
  entry.key.fwmark = attrs.u32(IPVS_SVC_ATTR_FWMARK);
  if (!by_mark) {
    entry.key.protocol = attrs.u16(IPVS_SVC_ATTR_PROTOCOL);
    entry.key.addr = attrs.address(IPVS_SVC_ATTR_ADDR, entry.key.family);
    entry.key.port = ntohs(attrs.u16(IPVS_SVC_ATTR_PORT));
  }
  ip_vs_flags flags;
  std::memcpy(&flags, nla_data(attrs[IPVS_SVC_ATTR_FLAGS]), sizeof(flags));
  entry.flags = flags.flags & flags.mask;
  entry.scheduler = attrs.text(IPVS_SVC_ATTR_SCHED_NAME);
  entry.pe = attrs.text(IPVS_SVC_ATTR_PE_NAME);
  entry.timeout = attrs.u32(IPVS_SVC_ATTR_TIMEOUT);
  entry.netmask = attrs.u32(IPVS_SVC_ATTR_NETMASK);
  if (!read_stats(attrs[IPVS_SVC_ATTR_STATS64], attrs[IPVS_SVC_ATTR_STATS], entry.stats)) return {};
  return entry;
}

std::optional<DestEntry> read_dest(nlattr* nest, std::uint16_t service_family) {
  static const DestPolicy dest_policy;
  Attributes<IPVS_DEST_ATTR_MAX> attrs;
  if (!nest || !attrs.parse_nest(nest, dest_policy.policy)) return {};
  if (!attrs.has({IPVS_DEST_ATTR_ADDR, IPVS_DEST_ATTR_PORT, IPVS_DEST_ATTR_FWD_METHOD, IPVS_DEST_ATTR_WEIGHT,
                  IPVS_DEST_ATTR_U_THRESH, IPVS_DEST_ATTR_L_THRESH, IPVS_DEST_ATTR_ACTIVE_CONNS,
                  IPVS_DEST_ATTR_INACT_CONNS, IPVS_DEST_ATTR_PERSIST_CONNS}))
    return {};

  DestEntry entry;
  std::uint16_t family = attrs.u16(IPVS_DEST_ATTR_ADDR_FAMILY);
  if (family == AF_UNSPEC) family = service_family;
  if (family != AF_INET && family != AF_INET6) return {};
  entry.key.addr = attrs.address(IPVS_DEST_ATTR_ADDR, family);
  entry.key.port = ntohs(attrs.u16(IPVS_DEST_ATTR_PORT));
  entry.method = attrs.u32(IPVS_DEST_ATTR_FWD_METHOD);
  entry.weight = static_cast<std::int32_t>(attrs.u32(IPVS_DEST_ATTR_WEIGHT));
  entry.u_threshold = attrs.u32(IPVS_DEST_ATTR_U_THRESH);
  entry.l_threshold = attrs.u32(IPVS_DEST_ATTR_L_THRESH);
  entry.tun_type = attrs.u8(IPVS_DEST_ATTR_TUN_TYPE);
  entry.tun_port = ntohs(attrs.u16(IPVS_DEST_ATTR_TUN_PORT));
  entry.tun_flags = attrs.u16(IPVS_DEST_ATTR_TUN_FLAGS);
  entry.active = attrs.u32(IPVS_DEST_ATTR_ACTIVE_CONNS);
  entry.inactive = attrs.u32(IPVS_DEST_ATTR_INACT_CONNS);
  entry.persistent = attrs.u32(IPVS_DEST_ATTR_PERSIST_CONNS);
  if (!read_stats(attrs[IPVS_DEST_ATTR_STATS64], attrs[IPVS_DEST_ATTR_STATS], entry.stats)) return {};
  return entry;
}

std::optional<Connection> read_connection(nlattr* nest) {
  static const ConnectionPolicy connection_policy;
  Attributes<IPVS_CONN_ATTR_LAST> attrs;
  if (!attrs.parse_nest(nest, connection_policy.policy)) return {};
  if (!attrs.has({IPVS_CONN_ATTR_PROTOCOL, IPVS_CONN_ATTR_CLIENT, IPVS_CONN_ATTR_CLIENT_PORT, IPVS_CONN_ATTR_VIRT,
                  IPVS_CONN_ATTR_VIRT_PORT, IPVS_CONN_ATTR_DEST, IPVS_CONN_ATTR_DEST_PORT, IPVS_CONN_ATTR_STATE,
                  IPVS_CONN_ATTR_EXPIRES}))
    return {};
  Connection c;
  const auto read_end = [&attrs](int addr_type, Address& addr, int port_type, std::uint16_t& port) {
    const int length = nla_len(attrs[addr_type]);
    if (length != sizeof(in_addr) && length != sizeof(in6_addr)) return false;
    addr = attrs.address(addr_type, length == sizeof(in_addr) ? AF_INET : AF_INET6);
    port = ntohs(attrs.u16(port_type));
    return true;
  };
  if (!read_end(IPVS_CONN_ATTR_CLIENT, c.client, IPVS_CONN_ATTR_CLIENT_PORT, c.client_port) ||
      !read_end(IPVS_CONN_ATTR_VIRT, c.virt, IPVS_CONN_ATTR_VIRT_PORT, c.virt_port) ||
      !read_end(IPVS_CONN_ATTR_DEST, c.dest, IPVS_CONN_ATTR_DEST_PORT, c.dest_port))
    return {};
  c.protocol = attrs.u16(IPVS_CONN_ATTR_PROTOCOL);
  c.state = attrs.text(IPVS_CONN_ATTR_STATE);
  c.expires = attrs.u32(IPVS_CONN_ATTR_EXPIRES);
  c.pe = attrs.text(IPVS_CONN_ATTR_PE_NAME);
  if (nlattr* data = attrs[IPVS_CONN_ATTR_PE_DATA])
    c.pe_data.assign(static_cast<const char*>(nla_data(data)), static_cast<std::size_t>(nla_len(data)));
  return c;
}

/// IPv4 addresses come as ::ffff:a.b.c.d; an end that is no whole address is left out.
std::vector<Address> to_peers(const nlattr* attr) {
  std::vector<Address> peers;
  if (!attr) return peers;
  const auto* data = static_cast<const std::uint8_t*>(nla_data(attr));
  const auto count = static_cast<std::size_t>(nla_len(attr)) / sizeof(in6_addr);
  for (std::size_t i = 0; i < count; ++i) {
    in6_addr addr;
    std::memcpy(&addr, data + i * sizeof(addr), sizeof(addr));
    in_addr four;
    std::memcpy(&four, addr.s6_addr + sizeof(addr) - sizeof(four), sizeof(four));
    peers.push_back(IN6_IS_ADDR_V4MAPPED(&addr) ? Address::v4(four) : Address::v6(addr));
  }
  return peers;
}

}  // namespace

std::optional<Message> take_message(View& buffer) {
  nlmsghdr header;
  if (buffer.size() < sizeof(header)) return {};
  std::memcpy(&header, buffer.data(), sizeof(header));
  if (header.nlmsg_len < sizeof(header) || header.nlmsg_len > buffer.size()) return {};
  Message message{.type = header.nlmsg_type,
                  .flags = header.nlmsg_flags,
                  .seq = header.nlmsg_seq,
                  .payload = buffer.subspan(sizeof(header), header.nlmsg_len - sizeof(header))};
  buffer = buffer.subspan(std::min<std::size_t>(buffer.size(), NLMSG_ALIGN(header.nlmsg_len)));
  return message;
}

std::optional<Ack> decode_ack(const Message& message) {
  const bool is_error = message.type == NLMSG_ERROR;
  int code = 0;
  if (message.payload.size() < (is_error ? sizeof(nlmsgerr) : sizeof(code))) return {};
  std::memcpy(&code, message.payload.data(), sizeof(code));
  if (code > 0 || code == std::numeric_limits<int>::min()) return {};

  Ack ack{.code = -code, .text = {}};
  if (!(message.flags & NLM_F_ACK_TLVS)) return ack;
  // Behind the code an error repeats the request: its header, and unless capped its payload as well.
  std::size_t start = sizeof(code);
  if (is_error) {
    nlmsghdr request;
    std::memcpy(&request, message.payload.data() + sizeof(code), sizeof(request));
    start = sizeof(nlmsgerr);
    if (!(message.flags & NLM_F_CAPPED) && request.nlmsg_len > sizeof(request))
      start += NLMSG_ALIGN(request.nlmsg_len - sizeof(request));
  }
  if (start >= message.payload.size()) return ack;

  Attributes<NLMSGERR_ATTR_MAX> attrs;
  Attributes<NLMSGERR_ATTR_MAX>::Policy policy = {};
  policy[NLMSGERR_ATTR_MSG] = kText;
  policy[NLMSGERR_ATTR_OFFS] = kind(NLA_U32);
  if (!attrs.parse(message.payload.subspan(start), policy)) return ack;
  ack.text = attrs.text(NLMSGERR_ATTR_MSG);
  if (attrs[NLMSGERR_ATTR_OFFS]) ack.offset = attrs.u32(NLMSGERR_ATTR_OFFS);
  ipvs_remark_cookie cookie;
  if (nlattr* attr = attrs[NLMSGERR_ATTR_COOKIE]; attr && nla_len(attr) == sizeof(cookie)) {
    std::memcpy(&cookie, nla_data(attr), sizeof(cookie));
    ack.service = cookie.service;
    ack.others = cookie.others;
  }
  return ack;
}

std::optional<Family> decode_family(const Message& message) {
  constexpr int last = std::max<int>(CTRL_ATTR_FAMILY_ID, CTRL_ATTR_FAMILY_NAME);
  Attributes<last>::Policy policy = {};
  policy[CTRL_ATTR_FAMILY_ID] = kind(NLA_U16);
  policy[CTRL_ATTR_FAMILY_NAME] = kText;
  Attributes<last> attrs;
  const auto body = attributes_of(message.payload, CTRL_CMD_NEWFAMILY);
  if (message.type != GENL_ID_CTRL || !body || !attrs.parse(*body, policy)) return {};
  if (!attrs.has({CTRL_ATTR_FAMILY_ID, CTRL_ATTR_FAMILY_NAME})) return {};
  return Family{.name = attrs.text(CTRL_ATTR_FAMILY_NAME), .number = attrs.u16(CTRL_ATTR_FAMILY_ID)};
}

std::optional<ServiceEntry> decode_service(View payload) {
  return read_service(nest_of(payload, IPVS_CMD_NEW_SERVICE, IPVS_CMD_ATTR_SERVICE));
}

std::optional<DestEntry> decode_dest(View payload, std::uint16_t service_family) {
  return read_dest(nest_of(payload, IPVS_CMD_NEW_DEST, IPVS_CMD_ATTR_DEST), service_family);
}

bool TableReader::read(View payload, const std::function<bool(ServiceEntry&)>& on_service,
                       const std::function<bool(const ServiceKey&, DestEntry&)>& on_dest) {
  const auto body = attributes_of(payload, IPVS_CMD_GET_TABLE);
  if (!body) return false;
  const auto keep = [this](nlattr* seconds, std::uint32_t Timeouts::*into) {
    if (nla_len(seconds) != sizeof(std::uint32_t)) return false;
    if (!timeouts_) timeouts_.emplace();
    (*timeouts_).*into = nla_get_u32(seconds);
    return true;
  };
  auto* attr = reinterpret_cast<nlattr*>(const_cast<std::uint8_t*>(body->data()));
  int rest = static_cast<int>(body->size());
  for (; nla_ok(attr, rest); attr = nla_next(attr, &rest)) {
    if (nla_type(attr) == IPVS_CMD_ATTR_SERVICE) {
      auto entry = read_service(attr);
      if (!entry) return false;
      service_ = entry->key;
      wanted_ = wanted_ && on_service(*entry);
    } else if (nla_type(attr) == IPVS_CMD_ATTR_DEST) {
      if (!service_) return false;
      auto entry = read_dest(attr, service_->family);
      if (!entry) return false;
      wanted_ = wanted_ && on_dest(*service_, *entry);
    } else if (nla_type(attr) == IPVS_CMD_ATTR_TIMEOUT_TCP) {
      if (!keep(attr, &Timeouts::tcp)) return false;
    } else if (nla_type(attr) == IPVS_CMD_ATTR_TIMEOUT_TCP_FIN) {
      if (!keep(attr, &Timeouts::tcp_fin)) return false;
    } else if (nla_type(attr) == IPVS_CMD_ATTR_TIMEOUT_UDP) {
      if (!keep(attr, &Timeouts::udp)) return false;
    }
  }
  return rest == 0;
}

bool decode_connections(View payload, const std::function<bool(Connection&)>& visit) {
  const auto body = attributes_of(payload, IPVS_CMD_GET_CONN);
  if (!body) return false;
  auto* attr = reinterpret_cast<nlattr*>(const_cast<std::uint8_t*>(body->data()));
  int rest = static_cast<int>(body->size());
  for (; nla_ok(attr, rest); attr = nla_next(attr, &rest)) {
    if (nla_type(attr) != IPVS_CONN_ATTR_CONN) continue;
    auto connection = read_connection(attr);
    if (!connection) return false;
    if (!visit(*connection)) return true;
  }
  return rest == 0;
}

std::optional<Timeouts> decode_timeouts(View payload) {
  static const TopPolicy top;
  Attributes<IPVS_CMD_ATTR_MAX> attrs;
  const auto body = attributes_of(payload, IPVS_CMD_SET_CONFIG);
  if (!body || !attrs.parse(*body, top.policy)) return {};
  return Timeouts{.tcp = attrs.u32(IPVS_CMD_ATTR_TIMEOUT_TCP),
                  .tcp_fin = attrs.u32(IPVS_CMD_ATTR_TIMEOUT_TCP_FIN),
                  .udp = attrs.u32(IPVS_CMD_ATTR_TIMEOUT_UDP)};
}

std::optional<Info> decode_info(View payload) {
  Attributes<IPVS_INFO_ATTR_LAST>::Policy policy = {};
  policy[IPVS_INFO_ATTR_API] = kind(NLA_U32);
  policy[IPVS_INFO_ATTR_RELEASE] = kText;
  policy[IPVS_INFO_ATTR_VERSION] = kind(NLA_U32);
  policy[IPVS_INFO_ATTR_CONN_TAB_SIZE] = kind(NLA_U32);
  Attributes<IPVS_INFO_ATTR_LAST> attrs;
  const auto body = attributes_of(payload, IPVS_CMD_SET_INFO);
  if (!body || !attrs.parse(*body, policy)) return {};
  if (!attrs.has({IPVS_INFO_ATTR_VERSION, IPVS_INFO_ATTR_CONN_TAB_SIZE})) return {};
  return Info{.version = attrs.u32(IPVS_INFO_ATTR_VERSION),
              .conn_table_size = attrs.u32(IPVS_INFO_ATTR_CONN_TAB_SIZE),
              .api = attrs.u32(IPVS_INFO_ATTR_API),
              .release = attrs.text(IPVS_INFO_ATTR_RELEASE)};
}

std::optional<DaemonConfig> decode_daemon(View payload) {
  static const DaemonPolicy daemon_policy;
  Attributes<IPVS_DAEMON_ATTR_LAST> attrs;
  nlattr* nest = nest_of(payload, IPVS_CMD_NEW_DAEMON, IPVS_CMD_ATTR_DAEMON);
  if (!nest || !attrs.parse_nest(nest, daemon_policy.policy)) return {};
  if (!attrs.has({IPVS_DAEMON_ATTR_STATE, IPVS_DAEMON_ATTR_MCAST_IFN, IPVS_DAEMON_ATTR_SYNC_ID})) return {};
  DaemonConfig daemon;
  static_cast<Daemon&>(daemon) = {.state = attrs.u32(IPVS_DAEMON_ATTR_STATE),
                                  .interface = attrs.text(IPVS_DAEMON_ATTR_MCAST_IFN),
                                  .sync_id = attrs.u32(IPVS_DAEMON_ATTR_SYNC_ID),
                                  .sync_maxlen = attrs.u16(IPVS_DAEMON_ATTR_SYNC_MAXLEN),
                                  .group = {},
                                  .port = attrs.u16(IPVS_DAEMON_ATTR_MCAST_PORT),
                                  .ttl = attrs.u8(IPVS_DAEMON_ATTR_MCAST_TTL)};
  if (attrs[IPVS_DAEMON_ATTR_MCAST_GROUP])
    daemon.group = Address::v4({attrs.u32(IPVS_DAEMON_ATTR_MCAST_GROUP)});
  else if (attrs[IPVS_DAEMON_ATTR_MCAST_GROUP6])
    daemon.group = attrs.address(IPVS_DAEMON_ATTR_MCAST_GROUP6, AF_INET6);
  daemon.peer_addresses = to_peers(attrs[IPVS_DAEMON_ATTR_PEERS]);
  daemon.has_beyond(attrs[IPVS_DAEMON_ATTR_HAS_KEY] != nullptr, static_cast<unsigned>(daemon.peer_addresses.size()));
  return daemon;
}

}  // namespace ipvs::inline v1::codec
