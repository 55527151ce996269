// SPDX-License-Identifier: LGPL-2.1-or-later
#include <arpa/inet.h>
#include <linux/genetlink.h>
#include <linux/ip_vs.h>
#include <linux/netlink.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <utility>

#include "codec.hh"
#include "ipvs/kernel.h"

namespace ipvs::inline v1::codec {
namespace {

/// Builds one message. By hand, as there may be a hundred thousand of them: with libnl most of the time goes
/// into memory for each, cleared and copied.
class Builder {
 public:
  Builder(std::uint8_t command, const Envelope& envelope, std::size_t size = kSize) {
    bytes_.reserve(size);
    const nlmsghdr header{.nlmsg_len = 0,
                          .nlmsg_type = envelope.family_id,
                          .nlmsg_flags = envelope.flags,
                          .nlmsg_seq = envelope.seq,
                          .nlmsg_pid = 0};
    const bool is_dump = (envelope.flags & NLM_F_DUMP) == NLM_F_DUMP;
    const genlmsghdr family_header{
        .cmd = command,
        .version = static_cast<std::uint8_t>(is_dump ? IPVS_GENL_VERSION_INTR : IPVS_GENL_VERSION),
        .reserved = 0};
    append(&header, sizeof(header));
    append(&family_header, sizeof(family_header));
  }

  void u8(int type, std::uint8_t value) { raw(type, &value, sizeof(value)); }
  void u16(int type, std::uint16_t value) { raw(type, &value, sizeof(value)); }
  void u32(int type, std::uint32_t value) { raw(type, &value, sizeof(value)); }
  void text(int type, const std::string& value) {
    // The kernel refuses names above 16 bytes; so it does when a much longer one is cut for the sake of an
    // attribute's length, which has 16 bits.
    const std::string sent = value.substr(0, 64);
    raw(type, sent.c_str(), sent.size() + 1);
  }
  void address(int type, const Address& addr) { raw(type, addr.bytes.data(), addr.bytes.size()); }
  /// Only what the family has.
  void exact_address(int type, const Address& addr) {
    raw(type, addr.bytes.data(), addr.family == AF_INET ? sizeof(in_addr) : sizeof(in6_addr));
  }
  void raw(int type, const void* data, std::size_t size) {
    const nlattr header{.nla_len = static_cast<std::uint16_t>(NLA_HDRLEN + size),
                        .nla_type = static_cast<std::uint16_t>(type)};
    const std::size_t start = bytes_.size();
    bytes_.resize(start + NLA_ALIGN(header.nla_len));  // padding is 0
    std::memcpy(&bytes_[start], &header, sizeof(header));
    if (size != 0) std::memcpy(&bytes_[start + NLA_HDRLEN], data, size);
  }

  /// Of a kilobyte at most.
  template <typename Fill>
  void nest(int type, Fill fill) {
    const std::size_t start = bytes_.size();
    raw(type | NLA_F_NESTED, nullptr, 0);
    fill();
    const auto length = static_cast<std::uint16_t>(bytes_.size() - start);
    std::memcpy(&bytes_[start + offsetof(nlattr, nla_len)], &length, sizeof(length));
  }

  /// Where the next attribute begins, from the start of the message.
  std::size_t offset() const { return bytes_.size(); }

  /// The message; the builder is empty then.
  Bytes take() {
    const auto length = static_cast<std::uint32_t>(bytes_.size());
    std::memcpy(&bytes_[offsetof(nlmsghdr, nlmsg_len)], &length, sizeof(length));
    return std::move(bytes_);
  }

 private:
  static constexpr std::size_t kSize = 256;  // enough for most

  void append(const void* data, std::size_t size) {
    const auto* from = static_cast<const std::uint8_t*>(data);
    bytes_.insert(bytes_.end(), from, from + size);
  }

  Bytes bytes_;
};

void put_key(Builder& out, const ServiceKey& key) {
  out.u16(IPVS_SVC_ATTR_AF, key.family);
  if (key.fwmark != 0) {
    out.u32(IPVS_SVC_ATTR_FWMARK, key.fwmark);
    return;
  }
  out.u16(IPVS_SVC_ATTR_PROTOCOL, key.protocol);
  out.address(IPVS_SVC_ATTR_ADDR, key.addr);
  out.u16(IPVS_SVC_ATTR_PORT, htons(key.port));
}

void put_service(Builder& out, const Service& service) {
  const ip_vs_flags flags{service.flags, ~0U};
  put_key(out, service.key);
  out.text(IPVS_SVC_ATTR_SCHED_NAME, service.scheduler);
  if (!service.pe.empty()) out.text(IPVS_SVC_ATTR_PE_NAME, service.pe);
  out.raw(IPVS_SVC_ATTR_FLAGS, &flags, sizeof(flags));
  out.u32(IPVS_SVC_ATTR_TIMEOUT, service.timeout);
  out.u32(IPVS_SVC_ATTR_NETMASK, service.mask());
}

void put_dest_key(Builder& out, const DestKey& key) {
  out.u16(IPVS_DEST_ATTR_ADDR_FAMILY, key.addr.family);
  out.address(IPVS_DEST_ATTR_ADDR, key.addr);
  out.u16(IPVS_DEST_ATTR_PORT, htons(key.port));
}

void put_dest(Builder& out, const Dest& dest) {
  put_dest_key(out, dest.key);
  out.u32(IPVS_DEST_ATTR_FWD_METHOD, dest.method);
  out.u32(IPVS_DEST_ATTR_WEIGHT, static_cast<std::uint32_t>(dest.weight));
  out.u8(IPVS_DEST_ATTR_TUN_TYPE, dest.tun_type);
  out.u16(IPVS_DEST_ATTR_TUN_PORT, htons(dest.tun_port));
  out.u16(IPVS_DEST_ATTR_TUN_FLAGS, dest.tun_flags);
  out.u32(IPVS_DEST_ATTR_U_THRESH, dest.u_threshold);
  out.u32(IPVS_DEST_ATTR_L_THRESH, dest.l_threshold);
}

void put_daemon(Builder& out, const Daemon& daemon) {
  out.u32(IPVS_DAEMON_ATTR_STATE, daemon.state);
  out.text(IPVS_DAEMON_ATTR_MCAST_IFN, daemon.interface);
  out.u32(IPVS_DAEMON_ATTR_SYNC_ID, daemon.sync_id);
  if (daemon.sync_maxlen != 0) out.u16(IPVS_DAEMON_ATTR_SYNC_MAXLEN, daemon.sync_maxlen);
  // Alone among ports this one travels in host byte order.
  if (daemon.port != 0) out.u16(IPVS_DAEMON_ATTR_MCAST_PORT, daemon.port);
  if (daemon.ttl != 0) out.u8(IPVS_DAEMON_ATTR_MCAST_TTL, daemon.ttl);
  if (daemon.group.family == AF_INET6)
    out.address(IPVS_DAEMON_ATTR_MCAST_GROUP6, daemon.group);
  else if (daemon.group.family == AF_INET)
    out.u32(IPVS_DAEMON_ATTR_MCAST_GROUP, daemon.group.as_v4().s_addr);
}

/// As many bytes as an address of IPv6 has, each. Of too many so many are sent that the kernel refuses them.
void put_peers(Builder& out, const std::vector<Address>& peers) {
  constexpr std::size_t kTooMany = 17;
  Bytes bytes;
  for (const Address& each : std::span(peers).first(std::min(peers.size(), kTooMany))) {
    in6_addr addr = each.as_v6();
    if (each.family == AF_INET) {
      constexpr std::uint8_t kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
      std::memcpy(&addr, kMapped, sizeof(kMapped));
      std::memcpy(addr.s6_addr + sizeof(kMapped), each.bytes.data(), sizeof(in_addr));
    }
    bytes.insert(bytes.end(), addr.s6_addr, addr.s6_addr + sizeof(addr));
  }
  out.raw(IPVS_DAEMON_ATTR_PEERS, bytes.data(), bytes.size());
}

void put_daemon(Builder& out, const DaemonConfig& daemon) {
  constexpr std::size_t kTooLong = 65;
  put_daemon(out, static_cast<const Daemon&>(daemon));
  if (!daemon.peer_addresses.empty()) put_peers(out, daemon.peer_addresses);
  if (!daemon.key.empty())
    out.raw(IPVS_DAEMON_ATTR_KEY, daemon.key.data(), std::min(daemon.key.size(), kTooLong));
}

struct BodyWriter {
  Builder& out;

  void key(const ServiceKey& key) const {
    out.nest(IPVS_CMD_ATTR_SERVICE, [&] { put_key(out, key); });
  }
  void service(const Service& service) const {
    out.nest(IPVS_CMD_ATTR_SERVICE, [&] { put_service(out, service); });
  }
  void dest(const Dest& dest) const {
    out.nest(IPVS_CMD_ATTR_DEST, [&] { put_dest(out, dest); });
  }
  void daemon(const auto& daemon) const {
    out.nest(IPVS_CMD_ATTR_DAEMON, [&] { put_daemon(out, daemon); });
  }
  void timeouts(const Timeouts& timeouts) const {
    out.u32(IPVS_CMD_ATTR_TIMEOUT_TCP, timeouts.tcp);
    out.u32(IPVS_CMD_ATTR_TIMEOUT_TCP_FIN, timeouts.tcp_fin);
    out.u32(IPVS_CMD_ATTR_TIMEOUT_UDP, timeouts.udp);
  }

  void operator()(const change::AddService& add) const { service(add.service); }
  void operator()(const change::EditService& edit) const { service(edit.service); }
  void operator()(const change::DeleteService& remove) const { key(remove.service); }
  void operator()(const change::ZeroService& zero) const { key(zero.service); }
  void operator()(const change::ZeroAll&) const {}
  void operator()(const change::Flush&) const {}
  void operator()(const change::AddDest& add) const {
    key(add.service);
    dest(add.dest);
  }
  void operator()(const change::EditDest& edit) const {
    key(edit.service);
    dest(edit.dest);
  }
  void operator()(const change::DeleteDest& remove) const {
    key(remove.service);
    out.nest(IPVS_CMD_ATTR_DEST, [&] { put_dest_key(out, remove.dest); });
  }
  void operator()(const change::SetTimeouts& set) const { timeouts(set.timeouts); }
  void operator()(const change::StartDaemon& start) const { daemon(start.daemon); }
  void operator()(const change::StartDaemonWith& start) const { daemon(*start.daemon); }
  void operator()(const change::StopDaemon& stop) const { daemon(stop.daemon); }
};

struct CommandOf {
  std::uint8_t operator()(const change::AddService&) const { return IPVS_CMD_NEW_SERVICE; }
  std::uint8_t operator()(const change::EditService&) const { return IPVS_CMD_SET_SERVICE; }
  std::uint8_t operator()(const change::DeleteService&) const { return IPVS_CMD_DEL_SERVICE; }
  std::uint8_t operator()(const change::ZeroService&) const { return IPVS_CMD_ZERO; }
  std::uint8_t operator()(const change::ZeroAll&) const { return IPVS_CMD_ZERO; }
  std::uint8_t operator()(const change::Flush&) const { return IPVS_CMD_FLUSH; }
  std::uint8_t operator()(const change::AddDest&) const { return IPVS_CMD_NEW_DEST; }
  std::uint8_t operator()(const change::EditDest&) const { return IPVS_CMD_SET_DEST; }
  std::uint8_t operator()(const change::DeleteDest&) const { return IPVS_CMD_DEL_DEST; }
  std::uint8_t operator()(const change::SetTimeouts&) const { return IPVS_CMD_SET_CONFIG; }
  std::uint8_t operator()(const change::StartDaemon&) const { return IPVS_CMD_NEW_DAEMON; }
  std::uint8_t operator()(const change::StartDaemonWith&) const { return IPVS_CMD_NEW_DAEMON; }
  std::uint8_t operator()(const change::StopDaemon&) const { return IPVS_CMD_DEL_DAEMON; }
};

}  // namespace

Bytes encode(const Change& change, const Envelope& envelope) {
  Builder out(std::visit(CommandOf{}, change.body), envelope);
  std::visit(BodyWriter{out}, change.body);
  return out.take();
}

TableMessage encode_table(const Table& table, const Envelope& envelope) {
  constexpr std::size_t kItem = 512;  // more than any nest takes, names cut as above
  std::size_t items = table.services.size() + 1;  // the last one is the timeouts
  for (const auto& each : table.services) items += each.dests.size();

  Builder out(IPVS_CMD_SET_TABLE, envelope, items * kItem);
  TableMessage message;
  message.items.reserve(items);
  for (std::size_t s = 0; s < table.services.size(); ++s) {
    message.items.push_back({out.offset(), s, {}});
    BodyWriter{out}.service(table.services[s].service);
    const auto& dests = table.services[s].dests;
    for (std::size_t d = 0; d < dests.size(); ++d) {
      message.items.push_back({out.offset(), s, d});
      BodyWriter{out}.dest(dests[d]);
    }
  }
  // So that an offset behind the last item does not look like one of it.
  message.items.push_back({out.offset(), table.services.size(), {}});
  BodyWriter{out}.timeouts(table.timeouts);
  message.bytes = out.take();
  return message;
}

const TableMessage::Item* TableMessage::item_at(std::size_t offset) const {
  auto behind = std::ranges::upper_bound(items, offset, {}, &Item::offset);
  if (behind == items.begin() || behind == items.end()) return nullptr;
  return &*std::prev(behind);
}

Bytes encode_get_service(const ServiceKey& key, const Envelope& envelope) {
  Builder out(IPVS_CMD_GET_SERVICE, envelope);
  BodyWriter{out}.key(key);
  return out.take();
}

Bytes encode_get_dests(const ServiceKey& key, const Envelope& envelope) {
  Builder out(IPVS_CMD_GET_DEST, envelope);
  BodyWriter{out}.key(key);
  return out.take();
}

std::optional<Bytes> encode_get_connections(const ConnectionFilter& filter, const Envelope& envelope) {
  const auto has_form = [](const std::optional<Address>& addr) {
    return !addr || addr->family == AF_INET || addr->family == AF_INET6;
  };
  if (filter.state.size() >= IPVS_CONN_STATE_MAXLEN || filter.state.find('\0') != std::string::npos ||
      !has_form(filter.client) || !has_form(filter.virt) || !has_form(filter.dest))
    return {};
  Builder out(IPVS_CMD_GET_CONN, envelope);
  const auto put_end = [&out](int addr_type, const std::optional<Address>& addr, int port_type,
                              const std::optional<std::uint16_t>& port) {
    if (addr) out.exact_address(addr_type, *addr);
    if (port) out.u16(port_type, htons(*port));
  };
  if (filter.protocol) out.u16(IPVS_CONN_ATTR_PROTOCOL, *filter.protocol);
  put_end(IPVS_CONN_ATTR_CLIENT, filter.client, IPVS_CONN_ATTR_CLIENT_PORT, filter.client_port);
  put_end(IPVS_CONN_ATTR_VIRT, filter.virt, IPVS_CONN_ATTR_VIRT_PORT, filter.virt_port);
  put_end(IPVS_CONN_ATTR_DEST, filter.dest, IPVS_CONN_ATTR_DEST_PORT, filter.dest_port);
  if (!filter.state.empty()) out.text(IPVS_CONN_ATTR_STATE, filter.state);
  return out.take();
}

Bytes encode_get_family(const std::string& name, std::uint32_t seq) {
  Builder out(CTRL_CMD_GETFAMILY, {.family_id = GENL_ID_CTRL, .flags = NLM_F_REQUEST | NLM_F_ACK, .seq = seq});
  out.text(CTRL_ATTR_FAMILY_NAME, name);
  return out.take();
}

Bytes encode_list_families(std::uint32_t seq) {
  return Builder(CTRL_CMD_GETFAMILY, {.family_id = GENL_ID_CTRL, .flags = NLM_F_REQUEST | NLM_F_DUMP, .seq = seq}).take();
}

Bytes encode_bare(std::uint8_t command, const Envelope& envelope) {
  return Builder(command, envelope).take();
}

}  // namespace ipvs::inline v1::codec
