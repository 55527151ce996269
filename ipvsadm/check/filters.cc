// SPDX-License-Identifier: GPL-2.0-or-later
// Rules about rules of netfilter: do they let clients, and answers, pass?
#include <netinet/in.h>
// Behind that, with which it shares definitions.
#include <linux/ip_vs.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>

#include "base/format.hh"
#include "check/judge.hh"
#include "show/report.hh"

namespace ipvsadm::check {
namespace {

constexpr std::uint32_t kNew = NF_CT_STATE_BIT(IP_CT_NEW), kEstablished = NF_CT_STATE_BIT(IP_CT_ESTABLISHED);

/// At the hooks where packets come in there is no device that they leave by yet, and the reverse.
const Interface kNone{};

/// Of services of all ports, and of marks, it is not known what packets look like.
bool is_known(const ipvs::ServiceKey& key) { return key.fwmark == 0 && key.port != 0; }

Interface interface_of(const Device& device) {
  return {static_cast<std::uint32_t>(device.index), device.name};
}

std::optional<Interface> interface_at(const System& system, int index) {
  const Device* device = system.device(index);
  if (!device) return {};
  return interface_of(*device);
}

void blame(Judge& judge, const Block& block, const Packet& packet, std::string object, const char* what) {
  const char* why = block.by_policy ? "drops what no rule accepts, and none seems to accept"
                                    : "has a rule that seems to drop";
  judge.add(
      {.kind = Kind::firewall,
       .object = std::move(object),
       .text = formatted("chain {} of table {} {} {}", block.chain->name, block.chain->table, why, what),
       .mend = {accepting_rule(*block.chain, packet)}});
}

/// Clients come by a device that is not known: it is enough that they are let in by one.
std::optional<Block> blocks_clients(const System& system, Packet packet) {
  auto blocked = what_blocks(system.firewall, packet);
  if (blocked) return blocked;
  for (const Device& device : system.devices) {
    if (device.is_loopback() || !device.is_up()) continue;
    packet.in = interface_of(device);
    blocked = what_blocks(system.firewall, packet);
    if (!blocked) return {};
  }
  return blocked;
}

void judge_clients(Judge& judge, const ipvs::ServiceKey& key) {
  const Packet packet{.hook = NF_INET_LOCAL_IN,
                      .family = key.family,
                      .protocol = static_cast<std::uint8_t>(key.protocol),
                      .destination = key.addr,
                      .destination_port = key.port,
                      .out = kNone,
                      .tracked = kNew};
  if (const auto block = blocks_clients(judge.system, packet))
    blame(judge, *block, packet, formatted("clients of {}", object_text(key)), "their packets");
}

/// What a server answers, before its address is translated back.
void judge_answers(Judge& judge, const Use& use, const Way& way) {
  const ipvs::ServiceKey& key = use.service.key;
  const Packet packet{
      .hook = NF_INET_FORWARD,
      .family = use.dest.key.addr.family,
      .protocol = static_cast<std::uint8_t>(key.protocol),
      .source = use.dest.key.addr,
      .source_port = use.dest.key.port,
      .in = interface_at(judge.system, way.device),
      // Without its connection's entry the answer of a TCP server is none that could begin one.
      .tracked = judge.system.sysctl("conntrack") != 0 ? kEstablished
                 : key.protocol == IPPROTO_UDP         ? kNew
                                                       : std::uint32_t{NF_CT_STATE_INVALID_BIT}};
  if (const auto block = what_blocks(judge.system.firewall, packet))
    blame(judge, *block, packet, formatted("answers of {}", server_object(key, use.dest.key)), "them");
}

/// What goes to a server.
void judge_requests(Judge& judge, const Use& use, const Way& way) {
  const ipvs::ServiceKey& key = use.service.key;
  const bool is_translated = use.has_method(IP_VS_CONN_F_MASQ);
  const Packet packet{
      .hook = NF_INET_LOCAL_OUT,
      .family = key.family,
      .protocol = static_cast<std::uint8_t>(key.protocol),
      .destination = is_translated ? use.dest.key.addr : key.addr,
      .destination_port = is_translated ? use.dest.key.port : key.port,
      .in = kNone,
      .out = interface_at(judge.system, way.device),
      .tracked = judge.system.sysctl("conntrack") != 0 ? kNew : std::uint32_t{NF_CT_STATE_UNTRACKED_BIT}};
  if (const auto block = what_blocks(judge.system.firewall, packet))
    blame(judge, *block, packet, formatted("requests to {}", server_object(key, use.dest.key)), "them");
}

}  // namespace

void judge_firewall(Judge& judge) {
  const System& system = judge.system;
  if (!system.firewall.chains.empty()) {
    for (const auto& [service, dests] : system.table)
      if (is_known(service.key)) judge_clients(judge, service.key);
    judge.for_each_use([&](const Use& use) {
      const Way& way = *system.way(use.dest.key.addr);
      if (!is_known(use.service.key) || !way.leads_out()) return;
      if (use.has_method(IP_VS_CONN_F_MASQ)) judge_answers(judge, use, way);
      if (!use.has_method(IP_VS_CONN_F_TUNNEL)) judge_requests(judge, use, way);
    });
  }
  for (const std::string& each : system.legacy_tables)
    judge.add({.kind = Kind::firewall_legacy,
               .object = formatted("table {}", each),
               .text = "its rules are of iptables-legacy, which are not read here; they may drop packets of "
                       "services, too"});
}

}  // namespace ipvsadm::check
