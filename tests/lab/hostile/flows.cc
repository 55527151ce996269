// SPDX-License-Identifier: GPL-2.0-or-later
#include "flows.hh"

#include <linux/ip_vs.h>

#include <algorithm>

namespace hostile {
namespace {

constexpr unsigned kGre = 47, kEsp = 50, kAh = 51;
constexpr std::uint16_t kGuePort = 6080;

/// The director's own address on the way to an address.
Address director_towards(const Address& server) {
  Address own = server;
  own.bytes[own.family == AF_INET6 ? 15 : 3] = 1;
  return own;
}

}  // namespace

Address address_of_mark(bool is_v6, std::uint32_t mark) {
  return is_v6 ? Address::parse("fd01::11" + std::to_string(mark)) : Address::parse("10.1.0.11" + std::to_string(mark));
}

Address Flows::client(bool is_v6) {
  static constexpr const char* kClients[] = {"2", "2", "2", "77", "77", "78"};
  const std::string last = dice_.one_in(15) ? std::to_string(64 + dice_.below(16)) : dice_.of(kClients);
  return Address::parse((is_v6 ? "fd01::" : "10.1.0.") + last);
}

std::uint16_t Flows::port() {
  static constexpr std::uint16_t kStrange[] = {0, 20, 21, 53, 500, 65535};
  if (dice_.one_in(30)) return dice_.of(kStrange);
  return static_cast<std::uint16_t>(dice_.one_in(3) ? dice_.bits() : 10000 + dice_.below(24));
}

Flows::Flow Flows::flow() {
  static constexpr unsigned kProtocols[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP};
  const auto& entry = table_[dice_.below(static_cast<unsigned>(table_.size()))];
  const ipvs::ServiceKey& key = entry.service.key;
  const bool is_v6 = key.family == AF_INET6;
  Flow flow;

  flow.protocol = key.fwmark != 0 ? dice_.of(kProtocols) : key.protocol;
  flow.request.src = client(is_v6);
  flow.request.sport = port();
  flow.request.dst = key.fwmark != 0 ? address_of_mark(is_v6, key.fwmark) : key.addr;
  flow.request.dport = key.port != 0 ? key.port : static_cast<std::uint16_t>(dice_.one_in(4) ? port() : 80);
  flow.inside = flow.request;
  if (!entry.dests.empty()) {
    flow.dest = &entry.dests[dice_.below(static_cast<unsigned>(entry.dests.size()))];
    if (flow.dest->key.addr.family == key.family) flow.inside.dst = flow.dest->key.addr;
    if (flow.dest->key.port != 0) flow.inside.dport = flow.dest->key.port;
  }
  return flow;
}

Ends Flows::request_ends() { return flow().request; }

Bytes Flows::transport(const Ends& ends, unsigned protocol) {
  static constexpr unsigned kFlags[] = {2, 2, 2, 2, 0x10, 0x10, 0x10, 0x18, 0x11, 0x11, 4, 0x14, 0x12};
  const unsigned payload = dice_.one_in(12) ? 1300 + dice_.below(160) : dice_.below(80);
  switch (protocol) {
    case IPPROTO_TCP: return tcp(ends, dice_.one_in(15) ? dice_.below(256) : dice_.of(kFlags), payload, dice_);
    case IPPROTO_UDP: return udp(ends, noise(dice_, payload), !dice_.one_in(4));
    default: return sctp(ends, dice_);
  }
}

Packet Flows::request(const Flow& flow) {
  return network(flow.request, flow.protocol, transport(flow.request, flow.protocol), dice_);
}

Packet Flows::reply(const Flow& flow) {
  const Ends ends = flow.inside.swapped();
  return network(ends, flow.protocol, transport(ends, flow.protocol), dice_);
}

Packet Flows::error(const Ends& outer, const Packet& about) {
  static constexpr std::uint8_t kTypes4[] = {3, 3, 3, 4, 11, 12, 5}, kTypes6[] = {1, 1, 2, 3, 4};
  static constexpr std::uint32_t kMtus[] = {0, 68, 576, 1279, 1280, 1400, 1500, 65535, 0xffffffff};
  const bool is_v6 = outer.is_v6();
  const unsigned type = dice_.one_in(30) ? dice_.below(256) : is_v6 ? dice_.of(kTypes6) : dice_.of(kTypes4);
  const unsigned code = is_v6 ? dice_.below(type == 1 ? 7 : 2) : type == 3 ? (dice_.one_in(3) ? 4 : dice_.below(16)) : dice_.below(3);
  Bytes embedded = about.bytes;
  const unsigned size = static_cast<unsigned>(embedded.size());
  // what routers send: the first bytes, or as much as fits
  if (dice_.one_in(2))
    embedded.resize(std::min(size, (is_v6 ? 40U : 20U) + 8));
  else if (dice_.one_in(3))
    embedded.resize(dice_.below(size + 1));
  else
    embedded.resize(std::min(size, 1200U));
  Packet packet = network(outer, is_v6 ? unsigned{IPPROTO_ICMPV6} : unsigned{IPPROTO_ICMP},
                          icmp(outer, type, code, dice_.of(kMtus), embedded), dice_);
  // right but for that one: it is looked at when much has been decided
  if (dice_.one_in(5)) spoil_sum(packet);
  return packet;
}

Packet Flows::tunnelled(const Flow& flow, const Ends& outer) {
  Packet inner = request(flow);
  if (dice_.one_in(4)) damage(inner, dice_);
  Ends ends = outer;
  unsigned kind = flow.dest != nullptr && !dice_.one_in(5) ? flow.dest->tun_type : dice_.below(3);
  switch (kind) {
    case IP_VS_CONN_F_TUNNEL_TYPE_GUE:
      ends.sport = static_cast<std::uint16_t>(0xc000 + dice_.below(1000));
      ends.dport = flow.dest != nullptr && flow.dest->tun_port != 0 ? flow.dest->tun_port : kGuePort;
      return network(ends, IPPROTO_UDP, gue(ends, inner, dice_), dice_, dice_.one_in(2));
    case IP_VS_CONN_F_TUNNEL_TYPE_GRE:
      return network(ends, kGre, gre(inner, dice_.one_in(2)), dice_, dice_.one_in(2));
    default:
      return network(ends, inner.is_v6 ? IPPROTO_IPV6 : IPPROTO_IPIP, inner.bytes, dice_, dice_.one_in(2));
  }
}

/// As a router before the server, or the server, sends it to the director.
Packet Flows::error_about_tunnel(const Flow& flow) {
  if (flow.dest == nullptr) return anything(flow.request);
  const Address server = flow.dest->key.addr, own = director_towards(server);
  return error({server, own}, tunnelled(flow, {own, server}));
}

/// Protocols that are not balanced, or have no ports; tunnels in tunnels.
Packet Flows::other(const Ends& ends, unsigned depth) {
  const Flow inner = flow();
  Bytes payload = noise(dice_, dice_.below(80));
  switch (dice_.below(depth > 2 ? 3 : 6)) {
    case 0: return network(ends, kEsp, payload, dice_);
    case 1:
      if (payload.size() > 2) {
        payload[0] = IPPROTO_TCP;
        payload[1] = 4;
      }
      return network(ends, kAh, payload, dice_);
    case 2: return network(ends, dice_.below(256), payload, dice_);
    case 3: return tunnelled(inner, ends);
    case 4: return network(ends, kGre, gre(other(inner.request, depth + 1), dice_.one_in(2)), dice_);
    default: {
      const Packet nested = other(inner.request, depth + 1);
      return network(ends, nested.is_v6 ? IPPROTO_IPV6 : IPPROTO_IPIP, nested.bytes, dice_);
    }
  }
}

Packet Flows::anything(const Ends& ends) {
  Packet packet{ends.is_v6(), noise(dice_, 1 + dice_.below(dice_.one_in(10) ? 1480 : 120)), {}};
  packet.bytes[0] = static_cast<std::uint8_t>(packet.is_v6 ? 0x60 | (packet.bytes[0] & 15) : 0x45 + dice_.below(3));
  // so that some get further than the first look
  if (!dice_.one_in(4)) {
    const std::size_t size = packet.is_v6 ? 16 : 4, from = packet.is_v6 ? 8 : 12;
    if (packet.bytes.size() < from + 2 * size) packet.bytes.resize(from + 2 * size);
    std::copy_n(ends.src.bytes.begin(), size, packet.bytes.begin() + static_cast<long>(from));
    std::copy_n(ends.dst.bytes.begin(), size, packet.bytes.begin() + static_cast<long>(from + size));
    if (!packet.is_v6) put16(packet.bytes, 6, 0);
    mend(packet);
  }
  return packet;
}

Batch Flows::next() {
  const Flow flow = this->flow();
  Batch batch;
  Packet packet;
  const auto make = [&](const char* kind, Packet&& made) {
    batch.kind = kind;
    packet = std::move(made);
  };

  const unsigned where = dice_.below(20), what = dice_.below(20);
  batch.place = where < 10 ? Place::client : where < 16 ? Place::server : Place::local;
  const bool is_from_server = batch.place == Place::server || (batch.place == Place::local && dice_.one_in(3));
  if (is_from_server) {
    if (what < 8) {
      make("reply", reply(flow));
    } else if (what < 12) {
      make("error-about-request", error({flow.inside.dst, dice_.one_in(4) ? flow.request.dst : flow.request.src},
                                        network(flow.inside, flow.protocol, transport(flow.inside, flow.protocol), dice_)));
    } else if (what < 16) {
      make("error-about-tunnel", error_about_tunnel(flow));
    } else if (what < 18) {
      make("other", other(flow.inside.swapped(), 0));
    } else {
      make("anything", anything(dice_.one_in(2) ? flow.inside.swapped() : flow.request));
    }
  } else {
    const Ends back = flow.request.swapped();
    if (what < 10) {
      make("request", request(flow));
    } else if (what < 14) {
      make("error-about-reply", error(flow.request, network(back, flow.protocol, transport(back, flow.protocol), dice_)));
    } else if (what < 15) {
      make("error-about-other", error(flow.request, other(back, 0)));
    } else if (what < 17) {
      make("other", other(flow.request, 0));
    } else if (what < 18) {
      // past the virtual address
      make("direct", network(flow.inside, flow.protocol, transport(flow.inside, flow.protocol), dice_));
    } else {
      make("anything", anything(flow.request));
    }
  }

  if (dice_.one_in(3)) damage(packet, dice_);
  if (dice_.one_in(12) && !packet.bytes.empty()) {
    batch.packets = pieces(packet, dice_);
  } else {
    if (batch.place != Place::local && dice_.one_in(12)) make_gso(packet, dice_);
    batch.packets.push_back(std::move(packet));
  }
  return batch;
}

}  // namespace hostile
