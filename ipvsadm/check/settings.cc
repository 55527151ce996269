// SPDX-License-Identifier: GPL-2.0-or-later
// Rules about the settings of the machine and of IPVS, and about sync daemons.
#include <linux/ip_vs.h>

#include <algorithm>

#include "base/format.hh"
#include "base/vocabulary.hh"
#include "check/judge.hh"

namespace ipvsadm::check {
namespace {

bool serves(const Judge& judge, std::uint16_t family) {
  return std::ranges::any_of(judge.system.table,
                             [&](const auto& each) { return each.service.key.family == family; });
}

/// Whether a server of that family is reached by translation.
bool translates(const Judge& judge, std::uint16_t family) {
  bool found = false;
  judge.for_each_use([&](const Use& use) {
    found |= use.has_method(IP_VS_CONN_F_MASQ) && use.dest.key.addr.family == family;
  });
  return found;
}

void judge_source_filter(Judge& judge) {
  const System& system = judge.system;
  if (system.dropped_by_source == 0 || !serves(judge, AF_INET)) return;
  const long all = system.setting("ipv4/conf/all/rp_filter");
  std::string names;
  std::vector<std::string> mend;
  for (const Device& device : system.devices) {
    // The larger one counts: 1 is strict, 2 is loose.
    const long own = system.setting(device_setting(AF_INET, device.name, "rp_filter"));
    if (device.is_loopback() || !device.is_up() || std::max(all, own) != 1) continue;
    names += formatted("{}{}", names.empty() ? "" : ", ", device.name);
    mend.push_back(sysctl_command(device.name, "rp_filter", 2));
  }
  if (mend.empty()) return;
  judge.add({.kind = Kind::source_filter,
             .object = formatted("rp_filter on {}", names),
             .text = formatted("it is strict, and {} packets have been dropped since the machine started "
                               "because the way back to their sender "
                               "is another one: those of clients may be among them",
                               system.dropped_by_source),
             .mend = std::move(mend)});
}

void judge_defense(Judge& judge) {
  constexpr std::pair<const char*, const char*> kDefenses[] = {
      {"drop_entry", "half-open and idle connections are removed at random"},
      {"drop_packet", "a part of new connections is refused"},
      {"secure_tcp", "connections of TCP end sooner"}};
  for (const auto& [name, effect] : kDefenses)
    if (judge.system.sysctl(name) == 3)
      judge.add({.kind = Kind::defense_always,
                 .object = formatted("sysctl {}", name),
                 .text = formatted("it is 3, always: {}, whether memory is short or not", effect),
                 .mend = {formatted("ipvsadm -O {}=1", name)}});
}

void judge_nat_rules(Judge& judge) {
  if (judge.system.sysctl("conntrack") != 0) return;
  for (const std::uint16_t family : {AF_INET, AF_INET6}) {
    const Chain* chain = translates(judge, family) ? source_nat(judge.system.firewall, family) : nullptr;
    if (!chain) continue;
    judge.add({.kind = Kind::nat_rules_bypassed,
               .object = formatted("chain {} of table {}", chain->name, chain->table),
               .text = "its rules give packets another source, but not those of balanced connections, which "
                       "are not tracked; if they "
                       "should, this is needed:",
               .mend = {"ipvsadm -O conntrack=1"}});
  }
}

void judge_fast_path(Judge& judge) {
  const System& system = judge.system;
  if (system.sysctl("fast_path") == 0) return;
  if (system.sysctl("conntrack") != 0) {
    judge.add({.kind = Kind::fast_path_idle,
               .object = "sysctl fast_path",
               .text = "with conntrack=1 all connections go the normal way",
               .mend = {"ipvsadm -O fast_path=0"}});
    return;
  }
  // What is passed on for these reasons is passed on everywhere.
  constexpr const char* kUsual[] = {"flags", "no-conn", "protocol", "fragment"};
  constexpr std::uint64_t kMany = 1000;
  constexpr std::string_view kPassed = "Fast path passed, ";
  std::uint64_t taken = 0, most = 0;
  std::string reason;
  for (const ipvs::StatusFigure& each : system.status) {
    if (each.name == "Fast path taken") taken = each.value;
    if (!each.name.starts_with(kPassed) || each.value <= most) continue;
    const std::string name = each.name.substr(kPassed.size());
    if (std::ranges::find(kUsual, name) != std::end(kUsual)) continue;
    most = each.value;
    reason = name;
  }
  if (taken != 0 || most < kMany) return;
  judge.add({.kind = Kind::fast_path_idle,
             .object = "sysctl fast_path",
             .text = formatted("it has taken no packet and passed on {}, most of them for the reason \"{}\" "
                               "(see docs/fast-path.md)",
                               most, reason),
             .mend = {"ipvsadm -O fast_path=0"}});
}

void judge_daemon(Judge& judge, const ipvs::DaemonConfig& daemon) {
  const System& system = judge.system;
  const char* state = daemon_state_name(daemon.state);
  const std::string object = formatted("{} daemon", state);
  const auto device = std::ranges::find(system.devices, daemon.interface, &Device::name);
  if (device == system.devices.end()) {
    judge.add({.kind = Kind::sync_interface,
               .object = object,
               .text = formatted("there is no interface {}", daemon.interface),
               .mend = {formatted("ipvsadm --stop-daemon {}", state)}});
    return;
  }
  if (!device->is_up()) {
    judge.add({.kind = Kind::sync_interface,
               .object = object,
               .text = formatted("its interface {} is down", device->name),
               .mend = {up_command(*device)}});
    return;
  }
  std::uint16_t family = daemon.group.family == AF_INET6 ? AF_INET6 : AF_INET;
  if (!daemon.peer_addresses.empty()) family = daemon.peer_addresses.front().family;
  const bool has_address = std::ranges::any_of(system.addresses, [&](const LocalAddress& each) {
    return each.device == device->index && each.address.family == family;
  });
  if (!has_address)
    judge.add({.kind = Kind::sync_interface,
               .object = object,
               .text = formatted("its interface {} has no address of {}, from which messages could come",
                                 device->name, family == AF_INET6 ? "IPv6" : "IPv4"),
               .mend = {formatted("ipvsadm --stop-daemon {}", state)}});
}

}  // namespace

void judge_settings(Judge& judge) {
  const System& system = judge.system;
  judge_source_filter(judge);
  judge_defense(judge);
  judge_nat_rules(judge);
  judge_fast_path(judge);
  for (const ipvs::DaemonConfig& each : system.daemons) judge_daemon(judge, each);
  if (system.info.api == 0 && !system.own_module.empty())
    judge.add({.kind = Kind::module_of_kernel,
               .object = "module ip_vs",
               .text = formatted("the kernel's own is loaded, although {} is there, which modprobe takes; it "
                                 "takes its place once the table is "
                                 "saved and cleared and the old one unloaded",
                                 system.own_module)});
}

}  // namespace ipvsadm::check
