// SPDX-License-Identifier: GPL-2.0-or-later
#include "realserver/plan.hh"

#include <algorithm>

#include "base/format.hh"
#include "base/interfaces.hh"
#include "base/words.hh"

namespace realserver {
namespace {

using ipvsadm::formatted;

struct TunnelDevice {
  const char* name;
  const char* kind;
};

/// The devices that the kernel has for packets of no other tunnel.
TunnelDevice tunnel_device(Way way, std::uint16_t family) {
  const bool six = family == AF_INET6;
  if (way == Way::gre) return six ? TunnelDevice{"ip6gre0", "ip6gre"} : TunnelDevice{"gre0", "gre"};
  return six ? TunnelDevice{"ip6tnl0", "ip6tnl"} : TunnelDevice{"tunl0", "ipip"};
}

bool has_family(const Request& request, std::uint16_t family) {
  return std::ranges::find(request.addresses, family, &ipvs::Address::family) != request.addresses.end();
}

std::string holding_text(const ipvs::Address& address) {
  return formatted("{}/{}", address.to_string(), ipvsadm::width_of(address.family));
}

/// As sysctl(8) writes it, which takes a dot for a slash, and the reverse.
std::string sysctl_name(const std::string& path) {
  std::string name = "net/" + path;
  for (char& each : name) each = each == '/' ? '.' : each == '.' ? '/' : each;
  return name;
}

void add_tunnel(std::vector<Need>& all, const Request& request, std::uint16_t family) {
  const TunnelDevice device = tunnel_device(request.way, family);
  all.push_back(Presence{device.name, device.kind});
  if (family == AF_INET) {
    // The larger one of the two counts. The way back is another one, so strict (1) drops what comes out of
    // the tunnel.
    all.push_back(Setting{"ipv4/conf/all/rp_filter", 0, {2}});
    all.push_back(Setting{formatted("ipv4/conf/{}/rp_filter", device.name), 0, {2}});
  }
  all.push_back(Up{device.name});
  if (request.way == Way::gue) all.push_back(Port{family, request.port});
}

}  // namespace

bool Setting::is_good(int value) const {
  return value == wanted || std::ranges::find(good, value) != good.end();
}

std::vector<Need> needs(const Request& request) {
  std::vector<Need> all;
  if (has_family(request, AF_INET)) {
    // Of IPv6 nobody answers for addresses of another device.
    all.push_back(Setting{"ipv4/conf/all/arp_ignore", 1, {2}});
    all.push_back(Setting{"ipv4/conf/all/arp_announce", 2, {}});
  }
  if (request.way != Way::direct)
    for (const std::uint16_t family : {AF_INET, AF_INET6})
      if (has_family(request, family)) add_tunnel(all, request, family);
  if (request.device != "lo") all.push_back(Presence{request.device, kDummy});
  all.push_back(Up{request.device});
  for (const ipvs::Address& each : request.addresses) all.push_back(Holding{each, request.device});
  return all;
}

std::string command(const Need& need) {
  struct {
    std::string operator()(const Setting& setting) const {
      return formatted("sysctl -w {}={}", sysctl_name(setting.name), setting.wanted);
    }
    std::string operator()(const Presence& presence) const {
      // The kernel makes the tunnels' own when it loads the module.
      if (presence.kind == kDummy) return formatted("ip link add {} type dummy", presence.device);
      return formatted("modprobe {}", presence.kind == "gre"      ? "ip_gre"
                                      : presence.kind == "ip6gre" ? "ip6_gre"
                                      : presence.kind == "ip6tnl" ? "ip6_tunnel"
                                                                  : "ipip");
    }
    std::string operator()(const Up& up) const { return formatted("ip link set {} up", up.device); }
    std::string operator()(const Port& port) const {
      return formatted("ip fou add port {} gue{}", port.port, port.family == AF_INET6 ? " -6" : "");
    }
    std::string operator()(const Holding& holding) const {
      // An address that is not yet sure to be alone is not answered from.
      return formatted("ip addr add {} dev {}{}", holding_text(holding.address), holding.device,
                       holding.address.family == AF_INET6 ? " nodad" : "");
    }
  } words;
  return std::visit(words, need);
}

std::expected<ipvs::Address, std::string> parse_address(const std::string& word) {
  const auto slash = word.find('/');
  const auto address = ipvs::Address::parse(word.substr(0, slash));
  const std::string seen = ipvsadm::shown(word);
  if (address.family == AF_UNSPEC)
    return std::unexpected(formatted(
        "{} is no address: a virtual address is a number such as 192.0.2.10 or 2001:db8::10", seen));
  const unsigned width = ipvsadm::width_of(address.family);
  if (slash != std::string::npos && ipvsadm::whole_number<unsigned>(word.substr(slash + 1)) != width)
    return std::unexpected(
        formatted("{} is more than an address: with another length than /{} its whole network would be this "
                  "machine's own",
                  seen, width));
  const bool is_group = address.family == AF_INET6 ? address.bytes[0] == 0xff : address.bytes[0] >= 224;
  if (address.is_zero() || is_group)
    return std::unexpected(formatted("{} is not the address of a host", seen));
  return address;
}

std::expected<std::string, std::string> networkd_files(const Request& request) {
  if (request.way != Way::direct)
    return std::unexpected("networkd has no devices for packets of any tunnel: use --persistent=ifupdown");
  std::string text;
  if (request.device != "lo")
    text += formatted("# /etc/systemd/network/10-ipvs-realserver.netdev\n[NetDev]\nName={}\nKind=dummy\n\n",
                      request.device);
  text += formatted("# /etc/systemd/network/10-ipvs-realserver.network\n[Match]\nName={}\n\n[Network]\n",
                    request.device);
  for (const ipvs::Address& each : request.addresses) text += formatted("Address={}\n", holding_text(each));
  std::string settings;
  for (const Need& need : needs(request))
    if (const auto* setting = std::get_if<Setting>(&need))
      settings += formatted("{} = {}\n", sysctl_name(setting->name), setting->wanted);
  if (!settings.empty()) text += formatted("\n# /etc/sysctl.d/50-ipvs-realserver.conf\n{}", settings);
  return text;
}

std::string ifupdown_files(const Request& request) {
  std::string text = "# /etc/network/interfaces.d/ipvs-realserver\niface lo inet loopback\n";
  std::string down;
  for (const Need& need : needs(request)) {
    text += formatted("    up {}\n", command(need));
    if (const auto* holding = std::get_if<Holding>(&need))
      down += formatted("    down ip addr del {} dev {}\n", holding_text(holding->address), holding->device);
  }
  return text + down;
}

}  // namespace realserver
