// SPDX-License-Identifier: GPL-2.0-or-later
// Rules about servers: do packets get there, and do answers come back?
#include <linux/ip_vs.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>

#include <cstring>

#include "base/format.hh"
#include "base/words.hh"
#include "check/judge.hh"
#include "show/report.hh"

namespace ipvsadm::check {
namespace {

/// Packets without an answer that are no accident: two tries of one client.
constexpr std::uint64_t kUnanswered = 3;

std::string to_rest(const Use& use) {
  return edit_command(use.service.key, use.dest, [](ipvs::Dest& dest) { dest.weight = 0; });
}

const ipvs::Address& next_hop(const Use& use, const Way& way) {
  return way.has_gateway() ? way.gateway : use.dest.key.addr;
}

const char* words_of(std::uint8_t type) {
  return type == RTN_BLACKHOLE   ? "leads to nowhere (blackhole)"
         : type == RTN_PROHIBIT  ? "forbids it (prohibit)"
         : type == RTN_BROADCAST ? "says that this is the address of a broadcast"
                                 : "says that it cannot be reached";
}

void judge_no_way(Judge& judge, const Use& use, const Way& way) {
  const System& system = judge.system;
  Finding finding{.kind = Kind::server_no_route,
                  .object = server_object(use.service.key, use.dest.key),
                  .text = way.error != 0 ? formatted("there is no route to it ({})", std::strerror(way.error))
                                         : formatted("the route to it {}", words_of(way.type))};
  for (const LocalAddress& each : system.addresses) {
    const Device* device = system.device(each.device);
    if (!device || device->is_up() || !in_network(each.address, use.dest.key.addr, each.prefix)) continue;
    finding.text += formatted("; the device {}, which is in its network, is down", device->name);
    finding.mend = {up_command(*device)};
    judge.add(std::move(finding));
    return;
  }
  finding.text += "; until there is one it should get no clients";
  finding.mend = {to_rest(use)};
  judge.add(std::move(finding));
}

/// False if packets do not get there.
bool judge_way(Judge& judge, const Use& use, const Way& way) {
  const System& system = judge.system;
  const std::string object = server_object(use.service.key, use.dest.key);
  if (!way.leads_out()) {
    judge_no_way(judge, use, way);
    return false;
  }
  const Device* device = system.device(way.device);
  if (use.has_method(IP_VS_CONN_F_DROUTE) && way.has_gateway()) {
    judge.add({.kind = Kind::dr_not_connected,
               .object = object,
               .text = formatted("direct routing needs the server in a network of this machine, and it is "
                                 "behind the router {}{}, which "
                                 "sends packets for the virtual address back; a tunnel gets there",
                                 way.gateway.to_string(), way.prefix == 0 ? " (the default route)" : ""),
               .mend = {edit_command(use.service.key, use.dest,
                                     [](ipvs::Dest& dest) { dest.method = IP_VS_CONN_F_TUNNEL; })}});
    return false;
  }
  if (device && device->is_up() && !device->has_carrier()) {
    judge.add({.kind = Kind::server_unreachable,
               .object = object,
               .text = formatted("the device {} that leads to it has no carrier: look at its cable, or the "
                                 "other end; until then the server "
                                 "should get no clients",
                                 device->name),
               .mend = {to_rest(use)}});
    return false;
  }
  const ipvs::Address& hop = next_hop(use, way);
  const Neighbour* neighbour = system.neighbour(hop, way.device);
  if (device && device->has_neighbours() && neighbour &&
      (neighbour->state & (NUD_FAILED | NUD_INCOMPLETE)) != 0) {
    judge.add({.kind = Kind::server_unreachable,
               .object = object,
               .text = formatted(
                   "nobody on {} answers for {}{}; until somebody does the server should get no clients",
                   device->name, way.has_gateway() ? "the router " : "", hop.to_string()),
               .mend = {to_rest(use)}});
    return false;
  }
  return true;
}

void judge_source(Judge& judge, const Use& use, const Way& way) {
  const bool shares = use.has_method(IP_VS_CONN_F_DROUTE) || use.has_method(IP_VS_CONN_F_TUNNEL);
  if (!shares || !use.has_virtual_address() || way.source != use.service.key.addr) return;
  // There it is said how to change that.
  if (judge.has(Kind::address_mask, address_object(way.source))) return;
  std::vector<std::string> mend;
  const LocalAddress* own = way.has_gateway() ? nullptr : judge.beside(use.dest.key.addr, way.device);
  if (own && own->address != way.source)
    mend.push_back(formatted("{} route replace {} dev {} src {}", ip_command(own->address.family),
                             host_text(use.dest.key.addr), shell_word(judge.system.device_name(way.device)),
                             own->address.to_string()));
  judge.add({.kind = Kind::source_is_virtual,
             .object = server_object(use.service.key, use.dest.key),
             .text = formatted("this machine would speak with it as {}, which is the server's own address, "
                               "too: it answers neither ARP "
                               "requests nor health checks, and drops tunnel packets; {} needs another "
                               "address, and the route that as its source",
                               way.source.to_string(), judge.system.device_name(way.device)),
             .mend = std::move(mend)});
}

// --- address translation ----------------------------------------------------------------------

/// Whether answers that do not come are explained by something else.
bool is_explained(const Judge& judge, const Use& use) {
  const std::string family = use.dest.key.addr.family == AF_INET6 ? "IPv6" : "IPv4";
  return judge.has(Kind::nat_no_forwarding, family) ||
         judge.has(Kind::firewall,
                   formatted("answers of {}", server_object(use.service.key, use.dest.key))) ||
         judge.has(Kind::nat_behind_router, server_object(use.service.key, use.dest.key)) ||
         judge.has(Kind::nat_client_beside_server, server_object(use.service.key, use.dest.key));
}

void judge_behind_router(Judge& judge, const Use& use, const Way& way) {
  const System& system = judge.system;
  if (!way.has_gateway() || use.dest.stats.outpkts != 0) return;
  const std::uint16_t family = use.dest.key.addr.family;
  bool is_default = false;
  for (const DefaultRoute& each : system.defaults)
    is_default |= each.family == family && each.gateway == way.gateway;
  const bool is_disguised = system.sysctl("conntrack") != 0 && source_nat(system.firewall, family);
  if (!is_default || is_disguised) return;
  judge.add(
      {.kind = Kind::nat_behind_router,
       .object = server_object(use.service.key, use.dest.key),
       .text = formatted(
           "it is behind the router {}, by which clients come as well: that sends its answers to them past "
           "this machine, "
           "unless they are made to come here, as by an address of this machine in place of the client's",
           way.gateway.to_string()),
       .mend = {"ipvsadm -O conntrack=1",
                formatted("{} -t nat -A POSTROUTING -d {} -m ipvs --ipvs -j MASQUERADE",
                          family == AF_INET6 ? "ip6tables" : "iptables", use.dest.key.addr.to_string())}});
}

void judge_waiting(Judge& judge, const Use& use, const Way& way) {
  if (way.has_gateway()) return;
  const LocalAddress* own = judge.beside(use.dest.key.addr, way.device);
  if (!own) return;
  // As many commands as somebody may be asked to give one by one.
  constexpr std::size_t kMost = 8;
  std::size_t count = 0;
  std::string clients;
  std::vector<std::string> mend;
  for (const Waiting& each : judge.system.waiting) {
    if (each.server != use.dest.key.addr || !in_network(each.client, own->address, own->prefix)) continue;
    if (++count > kMost) continue;
    clients += formatted("{}{}", clients.empty() ? "" : ", ", each.client.to_string());
    mend.push_back(formatted("{} route replace {} via {}", ip_command(each.client.family),
                             host_text(each.client), own->address.to_string()));
  }
  if (count == 0) return;
  if (count > kMost) clients += formatted(" and {} more", count - kMost);
  judge.add(
      {.kind = Kind::nat_client_beside_server,
       .object = server_object(use.service.key, use.dest.key),
       .text = formatted(
           "clients in its own network wait for an answer ({}): it answers them past this machine, from an "
           "address that they do not know, unless it has a route to them that leads here",
           clients),
       .mend = std::move(mend),
       .where = use.dest.key.addr.to_string()});
}

void judge_answers(Judge& judge, const Use& use, const Way& way) {
  const ipvs::Stats& stats = use.dest.stats;
  if (use.service.key.protocol != IPPROTO_TCP || stats.inpkts < kUnanswered || stats.outpkts != 0) return;
  if (is_explained(judge, use)) return;
  Finding finding{
      .kind = Kind::nat_no_answer,
      .object = server_object(use.service.key, use.dest.key),
      .text = formatted("it has been sent {} packets of clients and none came back through this machine",
                        stats.inpkts),
      .where = use.dest.key.addr.to_string()};
  const LocalAddress* own = way.has_gateway() ? nullptr : judge.beside(use.dest.key.addr, way.device);
  if (own) {
    const char* ip = ip_command(own->address.family);
    finding.text +=
        formatted(": its default route has to lead to {}, if it runs at all", own->address.to_string());
    finding.mend = {formatted("{} route replace default via {}", ip, own->address.to_string())};
  } else {
    finding.text += formatted(": if it runs at all, its answers have to be sent here, also by the router {}",
                              way.gateway.to_string());
  }
  judge.add(std::move(finding));
}

/// Of packets that leave by the device they came by the sender is told; the servers are to know no shorter
/// way.
void judge_redirects(Judge& judge, const Use& use, const Way& way) {
  const System& system = judge.system;
  const Device* device = system.device(way.device);
  const Device* clients = judge.client_device(use.service.key.addr);
  if (!device || use.dest.key.addr.family != AF_INET || way.has_gateway() || !use.has_virtual_address())
    return;
  bool is_one = clients == device;
  for (const DefaultRoute& each : system.defaults)
    is_one |= each.family == AF_INET && each.device == way.device;
  const std::string name = device_setting(AF_INET, device->name, "send_redirects");
  if (!is_one || (system.setting(name) == 0 && system.setting("ipv4/conf/all/send_redirects") == 0)) return;
  std::vector<std::string> mend;
  for (const std::string& each : {std::string("all"), device->name})
    if (system.setting(device_setting(AF_INET, each, "send_redirects")) != 0)
      mend.push_back(sysctl_command(each, "send_redirects", 0));
  judge.add({.kind = Kind::nat_redirects,
             .object = formatted("device {}", device->name),
             .text = "NAT servers and clients are both reached by it, and send_redirects is on: servers are "
                     "told to answer clients "
                     "directly, from an address that those do not know",
             .mend = std::move(mend)});
}

void judge_forwarding(Judge& judge, const Use& use, const Way& way) {
  const System& system = judge.system;
  if (use.dest.key.addr.family == AF_INET6) {
    if (system.setting("ipv6/conf/all/forwarding") == 0)
      judge.add({.kind = Kind::nat_no_forwarding,
                 .object = "IPv6",
                 .text = "this machine does not forward, so replies of NAT servers are dropped",
                 .mend = {"sysctl -w net.ipv6.conf.all.forwarding=1"}});
    return;
  }
  const std::string device = system.device_name(way.device);
  if (system.setting(device_setting(AF_INET, device, "forwarding")) != 0) return;
  const bool is_all = system.setting("ipv4/ip_forward") == 0;
  judge.add(
      {.kind = Kind::nat_no_forwarding,
       .object = "IPv4",
       .text = formatted(
           "this machine does not forward what comes by {}, so replies of NAT servers are dropped", device),
       .mend = {is_all ? std::string("sysctl -w net.ipv4.ip_forward=1")
                       : sysctl_command(device, "forwarding", 1)}});
}

// --- tunnels ----------------------------------------------------------------------------------

unsigned overhead(const ipvs::Dest& dest) {
  unsigned bytes = dest.key.addr.family == AF_INET6 ? 40 : 20;
  if (dest.tun_type == IP_VS_CONN_F_TUNNEL_TYPE_GUE) bytes += 12;
  if (dest.tun_type == IP_VS_CONN_F_TUNNEL_TYPE_GRE)
    bytes += dest.tun_flags & IP_VS_TUNNEL_ENCAP_FLAG_CSUM ? 8 : 4;
  return bytes;
}

void judge_tunnel(Judge& judge, const Use& use, const Way& way) {
  const System& system = judge.system;
  const Device* device = system.device(way.device);
  const Device* clients = use.has_virtual_address() ? judge.client_device(use.service.key.addr) : nullptr;
  if (!device || !clients) return;
  const std::uint32_t room = way.mtu != 0 ? way.mtu : device->mtu, need = clients->mtu + overhead(use.dest);
  const bool is_ours = system.info.api != 0;
  // Without pmtu_disc what is too large is fragmented.
  if (room >= need || system.sysctl("tunnel_mss") != 0 || system.sysctl("pmtu_disc") == 0) return;
  judge.add({.kind = Kind::tunnel_mtu,
             .object = formatted("tunnels by device {}", device->name),
             .text = formatted("packets of {} bytes, which may come by {}, need {} bytes there and there is "
                               "room for {}: clients are told to send "
                               "smaller ones by ICMP, which firewalls on the way may drop",
                               clients->mtu, clients->name, need, room),
             .mend = {is_ours ? std::string("ipvsadm -O tunnel_mss=1")
                              : formatted("ip link set {} mtu {}", shell_word(device->name), need)}});
}

}  // namespace

void judge_servers(Judge& judge) {
  judge.for_each_use([&](const Use& use) {
    const Way& way = *judge.system.way(use.dest.key.addr);
    if (!judge_way(judge, use, way)) return;
    judge_source(judge, use, way);
    if (use.has_method(IP_VS_CONN_F_TUNNEL)) judge_tunnel(judge, use, way);
    if (!use.has_method(IP_VS_CONN_F_MASQ)) return;
    judge_forwarding(judge, use, way);
    judge_redirects(judge, use, way);
    judge_behind_router(judge, use, way);
    judge_waiting(judge, use, way);
    judge_answers(judge, use, way);
  });
}

}  // namespace ipvsadm::check
