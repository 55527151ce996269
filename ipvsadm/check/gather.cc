// SPDX-License-Identifier: GPL-2.0-or-later
#include "check/gather.hh"

#include <linux/ip_vs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>

#include "base/format.hh"
#include "base/io.hh"
#include "base/words.hh"
#include "check/nftables.hh"
#include "check/probe.hh"
#include "check/routes.hh"

namespace ipvsadm::check {
namespace {

constexpr std::size_t kMostWaiting = 1000;
/// As many as are asked for at once, so that no network is flooded.
constexpr std::size_t kMostQuestions = 256;

std::string kernel_release() {
  utsname name;
  return uname(&name) == 0 ? name.release : "";
}

/// A file of ip_vs where modules of others than the kernel's are put.
std::string installed_module() {
  for (const char* folder : {"updates", "updates/dkms"})
    for (const char* packed : {"", ".xz", ".zst", ".gz"}) {
      const std::string path = formatted("/lib/modules/{}/{}/ip_vs.ko{}", kernel_release(), folder, packed);
      if (access(path.c_str(), F_OK) == 0) return path;
    }
  return {};
}

/// Asking a kernel that has no nf_tables would make it load that.
bool has_nftables() {
  if (access("/sys/module/nf_tables", F_OK) == 0) return true;
  const auto built_in = read_file(formatted("/lib/modules/{}/modules.builtin", kernel_release()));
  return built_in && built_in->find("/nf_tables.ko") != std::string::npos;
}

std::string without_newline(std::string text) {
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

void read_setting(System& system, const std::string& name) {
  if (auto text = read_file("/proc/sys/net/" + name))
    system.settings[name] = without_newline(std::move(*text));
}

void read_settings(System& system) {
  read_setting(system, "ipv4/ip_forward");
  read_setting(system, "ipv6/conf/all/forwarding");
  std::vector<std::string> devices{"all"};
  for (const Device& each : system.devices) devices.push_back(each.name);
  for (const std::string& device : devices)
    for (const char* name : {"forwarding", "rp_filter", "send_redirects", "promote_secondaries"})
      read_setting(system, device_setting(AF_INET, device, name));
  for (const Device& each : system.devices)
    read_setting(system, device_setting(AF_INET6, each.name, "proxy_ndp"));
}

void read_legacy_tables(System& system) {
  for (const auto& [file, program] :
       {std::pair{"/proc/net/ip_tables_names", "iptables"}, {"/proc/net/ip6_tables_names", "ip6tables"}}) {
    const auto text = read_file(file);
    if (!text) continue;
    for (std::string_view rest = *text; !rest.empty();)
      if (const auto name = take_line(rest); !name.empty())
        system.legacy_tables.push_back(formatted("{} of {}", name, program));
  }
}

void read_firewall(System& system) {
  read_legacy_tables(system);
  if (!has_nftables()) return;
  auto socket = netlink::Socket::open(NETLINK_NETFILTER);
  std::expected<Firewall, netlink::Error> firewall =
      socket ? list_firewall(*socket) : std::unexpected(netlink::Error{socket.error(), {}});
  if (firewall)
    system.firewall = std::move(*firewall);
  else
    system.unseen.push_back(
        formatted("rules of nftables: they cannot be read: {}", std::strerror(firewall.error().code)));
}

/// Next hops on the way to servers.
std::vector<std::pair<int, ipvs::Address>> next_hops(const System& system) {
  std::set<std::pair<int, ipvs::Address>> hops;
  for (const auto& [service, dests] : system.table)
    for (const ipvs::DestEntry& dest : dests) {
      const Way* way = system.way(dest.key.addr);
      const Device* device = way && way->leads_out() ? system.device(way->device) : nullptr;
      if (device && device->has_neighbours())
        hops.insert({way->device, way->has_gateway() ? way->gateway : dest.key.addr});
    }
  return {hops.begin(), hops.end()};
}

void ask(System& system) {
  auto asked = questions(system);
  if (asked.size() > kMostQuestions) {
    system.unseen.push_back(formatted("virtual addresses: networks were asked for {} of {} who else has them",
                                      kMostQuestions, asked.size()));
    asked.resize(kMostQuestions);
  }
  auto holders = ask_networks(system, asked);
  if (holders)
    system.holders = std::move(*holders);
  else
    system.unseen.push_back(formatted("virtual addresses: networks were not asked who else has them: {}{}",
                                      std::strerror(holders.error()),
                                      holders.error() == EPERM ? " (CAP_NET_RAW is needed)" : ""));
}

}  // namespace

std::uint64_t counter_in(std::string_view text, std::string_view group, std::string_view name) {
  while (!text.empty()) {
    std::string_view names = take_line(text), values = take_line(text);
    if (take_word(names, " :") != group || take_word(values, " :") != group) continue;
    for (auto each = take_word(names, " :"); !each.empty(); each = take_word(names, " :")) {
      const auto value = take_word(values, " :");
      if (each == name) return whole_number<std::uint64_t>(value).value_or(0);
    }
  }
  return 0;
}

ipvs::Result<void> gather_ipvs(ipvs::Client& client, System& system) {
  auto info = client.info();
  if (!info) return std::unexpected(std::move(info.error()));
  system.info = std::move(*info);
  auto table = client.table();
  if (!table) return std::unexpected(std::move(table.error()));
  system.table = std::move(*table);
  auto daemons = client.daemon_configs();
  if (!daemons) return std::unexpected(std::move(daemons.error()));
  system.daemons = std::move(*daemons);

  const auto names = client.sysctls();
  if (!names) return std::unexpected(names.error());
  for (const std::string& name : *names)
    if (auto value = client.sysctl(name)) system.sysctls[name] = std::move(*value);
  if (auto status = client.status()) system.status = std::move(*status);

  std::set<Waiting> waiting;
  const auto done =
      client.for_each_connection({.protocol = IPPROTO_TCP, .state = "SYN_RECV"}, [&](ipvs::Connection& each) {
        waiting.insert({each.client, each.dest});
        return waiting.size() < kMostWaiting;
      });
  if (!done && done.error().code != ENOENT) return std::unexpected(done.error());
  system.waiting.assign(waiting.begin(), waiting.end());
  system.own_module = installed_module();
  return {};
}

std::expected<void, Trouble> gather_network(System& system, bool asks) {
  auto socket = netlink::Socket::open(NETLINK_ROUTE);
  if (!socket) return std::unexpected(Trouble{"the network (rtnetlink)", socket.error()});
  auto devices = list_devices(*socket);
  if (!devices) return std::unexpected(Trouble{"the list of devices", devices.error().code});
  system.devices = std::move(*devices);
  auto addresses = list_addresses(*socket);
  if (!addresses) return std::unexpected(Trouble{"the list of addresses", addresses.error().code});
  system.addresses = std::move(*addresses);

  for (const auto& [service, dests] : system.table) {
    if (service.key.fwmark == 0) system.ways[service.key.addr] = {};
    for (const ipvs::DestEntry& dest : dests) system.ways[dest.key.addr] = {};
  }
  for (auto& [address, way] : system.ways) way = find_way(*socket, address);
  for (const std::uint16_t family : {AF_INET, AF_INET6})
    if (const auto found = find_default(*socket, family)) system.defaults.push_back(*found);

  const auto hops = asks ? next_hops(system) : std::vector<std::pair<int, ipvs::Address>>{};
  auto neighbours = settle_neighbours(*socket, hops);
  if (!neighbours) return std::unexpected(Trouble{"the list of neighbours", neighbours.error().code});
  system.neighbours = std::move(*neighbours);

  read_settings(system);
  if (const auto text = read_file("/proc/net/netstat"))
    system.dropped_by_source = counter_in(*text, "TcpExt", "IPReversePathFilter");
  read_firewall(system);
  if (asks) ask(system);
  return {};
}

}  // namespace ipvsadm::check
