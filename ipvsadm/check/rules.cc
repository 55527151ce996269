// SPDX-License-Identifier: GPL-2.0-or-later
#include "check/rules.hh"

#include <linux/ip_vs.h>

#include <algorithm>

#include "base/format.hh"
#include "base/words.hh"
#include "check/judge.hh"
#include "grammar/text.hh"
#include "show/report.hh"
#include "show/save.hh"

namespace ipvsadm::check {

std::uint32_t Use::method() const { return dest.method & IP_VS_CONN_F_FWD_MASK; }

void Judge::add(Finding finding) {
  if (known_.insert({finding.kind, finding.object}).second) findings_.push_back(std::move(finding));
}

std::vector<Finding> Judge::take() {
  std::ranges::stable_sort(findings_, {}, &Finding::kind);
  return std::move(findings_);
}

void Judge::for_each_use(const std::function<void(const Use&)>& visit) const {
  for (const auto& [service, dests] : system.table)
    for (const ipvs::DestEntry& dest : dests) {
      const Way* way = system.way(dest.key.addr);
      if (dest.weight > 0 && way && !way->is_local()) visit({service, dest});
    }
}

const Device* Judge::client_device(const ipvs::Address& address) const {
  for (const LocalAddress& each : system.addresses) {
    const Device* device = system.device(each.device);
    if (each.address == address && device && device->has_neighbours()) return device;
  }
  for (const DefaultRoute& each : system.defaults)
    if (each.family == address.family) return system.device(each.device);
  return nullptr;
}

const LocalAddress* Judge::beside(const ipvs::Address& other, int device) const {
  for (const LocalAddress& each : system.addresses)
    if (each.device == device && each.prefix < width_of(each.address.family) &&
        in_network(each.address, other, each.prefix))
      return &each;
  return nullptr;
}

std::string server_object(const ipvs::ServiceKey& service, const ipvs::DestKey& dest) {
  return formatted("{} -> {}", object_text(service),
                   endpoint_text(dest.addr, dest.port, service.protocol, nullptr));
}

std::string address_object(const ipvs::Address& address) { return "virtual address " + address.to_string(); }

std::string edit_command(const ipvs::ServiceKey& service, ipvs::Dest dest,
                         const std::function<void(ipvs::Dest&)>& change) {
  change(dest);
  // "-a ..." and a newline
  const std::string line = save_dest(service, dest, nullptr);
  return formatted("ipvsadm -e{}", line.substr(2, line.size() - 3));
}

const char* ip_command(std::uint16_t family) { return family == AF_INET6 ? "ip -6" : "ip"; }

std::string host_text(const ipvs::Address& address) {
  return formatted("{}/{}", address.to_string(), width_of(address.family));
}

std::string up_command(const Device& device) {
  return formatted("ip link set {} up", shell_word(device.name));
}

std::string sysctl_command(const std::string& device, const char* name, int value) {
  // sysctl(8) takes a dot for a slash, and the reverse.
  std::string words = device;
  std::ranges::replace(words, '.', '/');
  return formatted("sysctl -w {}", shell_word(formatted("net.ipv4.conf.{}.{}={}", words, name, value)));
}

std::vector<Finding> findings(const System& system) {
  Judge judge(system);
  judge_addresses(judge);
  judge_services(judge);
  judge_settings(judge);
  judge_firewall(judge);
  // Behind the others: what they have found may be why no answers come.
  judge_servers(judge);
  for (const std::string& each : system.unseen)
    judge.add({.kind = Kind::not_checked,
               .object = each.substr(0, each.find(": ")),
               .text = each.substr(each.find(": ") + 2)});
  return judge.take();
}

}  // namespace ipvsadm::check
