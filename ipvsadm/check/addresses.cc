// SPDX-License-Identifier: GPL-2.0-or-later
// Rules about virtual addresses: are they here, and only here?
#include <linux/if_addr.h>

#include <algorithm>

#include "base/format.hh"
#include "base/words.hh"
#include "check/judge.hh"

namespace ipvsadm::check {
namespace {

/// Where a virtual address belongs that is nowhere: where its network is, else where clients come from.
std::string place_for(const Judge& judge, const ipvs::Address& address) {
  const Way* way = judge.system.way(address);
  if (way && way->leads_out()) return shell_word(judge.system.device_name(way->device));
  if (const Device* device = judge.client_device(address)) return shell_word(device->name);
  return "lo";
}

/// The server that has this hardware address; nothing if none is known by it.
std::optional<ipvs::Address> server_with(const System& system, const std::string& hardware) {
  for (const auto& [service, dests] : system.table)
    for (const ipvs::DestEntry& dest : dests)
      for (const auto& [key, each] : system.neighbours)
        if (key.second == dest.key.addr && each.hardware == hardware) return dest.key.addr;
  return {};
}

const Holder* holder_of(const System& system, const ipvs::Address& address) {
  if (!system.holders) return nullptr;
  const auto found = std::ranges::find(*system.holders, address, &Holder::address);
  return found == system.holders->end() ? nullptr : &*found;
}

/// The device with the address, if it is down and no other has it.
const Device* down_device(const System& system, const ipvs::Address& address) {
  const Device* found = nullptr;
  for (const LocalAddress& each : system.addresses) {
    const Device* device = each.address == address ? system.device(each.device) : nullptr;
    if (device && device->is_up()) return nullptr;
    if (device) found = device;
  }
  return found;
}

void judge_down(Judge& judge, const ipvs::Address& address, const Device& device) {
  judge.add({.kind = Kind::address_down,
             .object = address_object(address),
             .text = formatted("its device {} is down, so packets for it do not come to IPVS", device.name),
             .mend = {up_command(device)}});
}

void judge_absent(Judge& judge, const ipvs::Address& address) {
  const System& system = judge.system;
  if (const Device* device = down_device(system, address)) {
    judge_down(judge, address, *device);
    return;
  }
  if (const Holder* holder = holder_of(system, address); holder && !server_with(system, holder->hardware)) {
    judge.add({.kind = Kind::address_elsewhere,
               .object = address_object(address),
               .text = formatted(
                   "the machine {} on {} has it, so another director seems to be at work and this one waits",
                   hardware_text(holder->hardware), system.device_name(holder->device))});
    return;
  }
  judge.add({.kind = Kind::address_missing,
             .object = address_object(address),
             .text = "no device of this machine has it and no local route covers it, so packets for it do "
                     "not come to IPVS",
             .mend = {formatted("{} addr add {} dev {}", ip_command(address.family), host_text(address),
                                place_for(judge, address))}});
}

bool is_duplicate(const Judge& judge, const ipvs::Address& address) {
  return std::ranges::any_of(judge.system.addresses, [&](const LocalAddress& each) {
    return each.address == address && (each.flags & IFA_F_DADFAILED) != 0;
  });
}

/// 127.0.0.0/8 and ::1 have their mask from the kernel.
bool is_of_loopback(const ipvs::Address& address) {
  return address.family == AF_INET ? address.bytes[0] == 127 : address == ipvs::Address::parse("::1");
}

void judge_mask(Judge& judge, const LocalAddress& own) {
  const System& system = judge.system;
  const Device* device = system.device(own.device);
  if (!device || own.prefix >= width_of(own.address.family) || is_of_loopback(own.address)) return;
  const char* ip = ip_command(own.address.family);
  const std::string wide = formatted("{}/{}", own.address.to_string(), own.prefix),
                    name = shell_word(device->name);
  if (device->is_loopback()) {
    judge.add({.kind = Kind::address_mask_loopback,
               .object = address_object(own.address),
               .text = formatted("as {} on {} it makes all addresses of that network this machine's own: "
                                 "nobody in it can be reached",
                                 wide, device->name),
               .mend = {formatted("{} addr add {} dev {}", ip, host_text(own.address), name),
                        formatted("{} addr del {} dev {}", ip, wide, name)}});
    return;
  }
  const auto other = std::ranges::find_if(system.addresses, [&](const LocalAddress& each) {
    return each.device == own.device && each.address != own.address && each.prefix == own.prefix &&
           in_network(each.address, own.address, own.prefix);
  });
  if (other == system.addresses.end()) return;
  std::vector<std::string> mend;
  // Else the others of its network go with a first address.
  if (own.address.family == AF_INET &&
      system.setting(device_setting(AF_INET, device->name, "promote_secondaries")) == 0 &&
      system.setting("ipv4/conf/all/promote_secondaries") == 0)
    mend.push_back(sysctl_command(device->name, "promote_secondaries", 1));
  mend.push_back(formatted("{} addr del {} dev {}", ip, wide, name));
  mend.push_back(formatted("{} addr add {} dev {}", ip, host_text(own.address), name));
  judge.add({.kind = Kind::address_mask,
             .object = address_object(own.address),
             .text = formatted("it is {} on {} beside {}, so this machine may speak in its name, or lose the "
                               "other one together with it",
                               wide, device->name, other->address.to_string()),
             .mend = std::move(mend)});
}

/// Of IPv6 a device answers for its own addresses only.
void judge_unanswered(Judge& judge, const ipvs::Address& address) {
  const System& system = judge.system;
  const auto is_on = [&](int device) {
    return std::ranges::any_of(system.addresses, [&](const LocalAddress& each) {
      return each.device == device && each.address == address;
    });
  };
  for (const LocalAddress& each : system.addresses) {
    const Device* device = system.device(each.device);
    if (!device || !device->has_neighbours() || !device->is_up() || each.prefix == width_of(address.family) ||
        !in_network(each.address, address, each.prefix) || is_on(each.device) ||
        system.setting(device_setting(AF_INET6, device->name, "proxy_ndp")) != 0)
      continue;
    judge.add(
        {.kind = Kind::address_unanswered,
         .object = address_object(address),
         .text = formatted("its network is on {} and the address is not, so nobody answers when clients or "
                           "routers there ask for it",
                           device->name),
         .mend = {formatted("ip -6 addr add {} dev {}", host_text(address), shell_word(device->name))}});
    return;
  }
}

void judge_holders(Judge& judge, const ipvs::Address& address, bool is_here) {
  if (!judge.system.holders) return;
  for (const Holder& holder : *judge.system.holders) {
    if (holder.address != address) continue;
    const std::string device = judge.system.device_name(holder.device), who = hardware_text(holder.hardware);
    if (const auto server = server_with(judge.system, holder.hardware)) {
      const bool six = address.family == AF_INET6;
      std::vector<std::string> mend;
      if (!six) mend = {sysctl_command("all", "arp_ignore", 1), sysctl_command("all", "arp_announce", 2)};
      judge.add(
          {.kind = Kind::server_answers,
           .object = formatted("{} at {}", address_object(address), server->to_string()),
           .text = formatted(
               "the server {} ({}) answers on {} when the network asks who has it, so clients may get to it "
               "past "
               "the director{}",
               server->to_string(), who, device,
               six ? "; it belongs on lo there, as an address of 128 bits, and on no other device" : ""),
           .mend = std::move(mend),
           .where = server->to_string()});
    } else if (is_here) {
      judge.add({.kind = Kind::address_in_use,
                 .object = formatted("{} at {}", address_object(address), who),
                 .text = formatted("another machine, {}, answers on {} when the network asks who has it, and "
                                   "is no server known by that "
                                   "address: clients get to either",
                                   who, device)});
    }
  }
}

}  // namespace

void judge_addresses(Judge& judge) {
  for (const auto& [service, dests] : judge.system.table) {
    const ipvs::Address& address = service.key.addr;
    const Way* way = judge.system.way(address);
    if (service.key.fwmark != 0 || address.is_zero() || !way) continue;
    const bool is_here = way->is_local();
    if (is_duplicate(judge, address)) {
      // Who has it answers, too: that is the same fault.
      judge.add({.kind = Kind::address_duplicate,
                 .object = address_object(address),
                 .text = "another machine had it when it was added, so this one does not use it; take it "
                         "away there, then here, and add "
                         "it again"});
      continue;
    }
    if (!is_here) judge_absent(judge, address);
    // Addresses of IPv4 stay this machine's own when their device is down: others may bring packets for them,
    // but not to a device that networks are connected to.
    if (const Device* device = down_device(judge.system, address);
        is_here && device && device->has_neighbours())
      judge_down(judge, address, *device);
    for (const LocalAddress& each : judge.system.addresses)
      if (is_here && each.address == address) judge_mask(judge, each);
    if (is_here && address.family == AF_INET6) judge_unanswered(judge, address);
    judge_holders(judge, address, is_here);
  }
}

}  // namespace ipvsadm::check
