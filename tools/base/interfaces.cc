// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/interfaces.hh"

#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/if_tunnel.h>
#include <linux/rtnetlink.h>
#include <net/if_arp.h>

#include <algorithm>

#include "base/format.hh"

namespace ipvsadm {
namespace {

/// Attributes of a kind of devices that say that its tunnels are not of its own choice.
bool is_external(const std::string& kind, const netlink::Attributes& data) {
  if (kind == "ipip" || kind == "ip6tnl" || kind == "sit") return data.has(IFLA_IPTUN_COLLECT_METADATA);
  return (kind == "gre" || kind == "gretap" || kind == "ip6gre") && data.has(IFLA_GRE_COLLECT_METADATA);
}

template <typename T>
std::expected<std::vector<T>, netlink::Error> list(netlink::Socket& socket, const netlink::Message& request,
                                                   std::optional<T> (*read)(const netlink::Answer&)) {
  return netlink::untorn([&]() -> std::expected<std::vector<T>, netlink::Error> {
    std::vector<T> all;
    const auto done = socket.ask(request, [&](const netlink::Answer& answer) {
      if (auto each = read(answer)) all.push_back(std::move(*each));
    });
    if (!done) return std::unexpected(done.error());
    return all;
  });
}

}  // namespace

bool Device::is_up() const { return (flags & IFF_UP) != 0; }
bool Device::has_carrier() const { return (flags & IFF_LOWER_UP) != 0; }
bool Device::is_loopback() const { return (flags & IFF_LOOPBACK) != 0; }
bool Device::has_neighbours() const {
  return type == ARPHRD_ETHER && (flags & (IFF_NOARP | IFF_LOOPBACK)) == 0;
}

netlink::Bytes bytes_of(const ipvs::Address& address) {
  return netlink::Bytes(address.bytes).first(width_of(address.family) / 8);
}

ipvs::Address address_of(std::uint16_t family, netlink::Bytes bytes) {
  ipvs::Address made;
  if ((family != AF_INET && family != AF_INET6) || bytes.size() < width_of(family) / 8) return made;
  made.family = family;
  std::ranges::copy(bytes.first(width_of(family) / 8), made.bytes.begin());
  return made;
}

unsigned width_of(std::uint16_t family) { return family == AF_INET6 ? 128 : 32; }

bool in_network(const ipvs::Address& one, const ipvs::Address& other, unsigned prefix) {
  if (one.family != other.family) return false;
  const unsigned whole = prefix / 8, rest = prefix % 8;
  if (!std::equal(one.bytes.begin(), one.bytes.begin() + whole, other.bytes.begin())) return false;
  return rest == 0 || (one.bytes[whole] ^ other.bytes[whole]) >> (8 - rest) == 0;
}

std::string hardware_text(const std::string& bytes) {
  std::string text;
  for (const char each : bytes)
    text += formatted("{}{:02x}", text.empty() ? "" : ":", static_cast<unsigned char>(each));
  return text;
}

std::optional<Device> read_device(const netlink::Answer& answer) {
  const auto header = answer.header<ifinfomsg>();
  if (answer.type != RTM_NEWLINK || !header) return {};
  const auto attributes = answer.attributes(sizeof(ifinfomsg));
  const auto info = attributes.inside(IFLA_LINKINFO);
  const auto hardware = attributes.bytes(IFLA_ADDRESS);
  Device device{.index = header->ifi_index,
                .name = attributes.text(IFLA_IFNAME),
                .type = header->ifi_type,
                .flags = header->ifi_flags,
                .mtu = attributes.number<std::uint32_t>(IFLA_MTU).value_or(0),
                .kind = info.text(IFLA_INFO_KIND),
                .hardware = {hardware.begin(), hardware.end()}};
  device.collects_metadata = is_external(device.kind, info.inside(IFLA_INFO_DATA));
  netlink::for_each_attribute(attributes.bytes(IFLA_PROP_LIST), [&](std::uint16_t type, netlink::Bytes name) {
    if (type == IFLA_ALT_IFNAME) device.other_names.push_back(netlink::text_of(name));
  });
  return device;
}

std::optional<LocalAddress> read_address(const netlink::Answer& answer) {
  const auto header = answer.header<ifaddrmsg>();
  if (answer.type != RTM_NEWADDR || !header) return {};
  const auto attributes = answer.attributes(sizeof(ifaddrmsg));
  // IFA_ADDRESS is the other end where there is one.
  const auto own = attributes.has(IFA_LOCAL) ? attributes.bytes(IFA_LOCAL) : attributes.bytes(IFA_ADDRESS);
  LocalAddress made{.address = address_of(header->ifa_family, own),
                    .prefix = header->ifa_prefixlen,
                    .device = static_cast<int>(header->ifa_index),
                    .flags = attributes.number<std::uint32_t>(IFA_FLAGS).value_or(header->ifa_flags)};
  if (made.address.family == AF_UNSPEC) return {};
  return made;
}

std::expected<std::vector<Device>, netlink::Error> list_devices(netlink::Socket& socket) {
  netlink::Message request(RTM_GETLINK, NLM_F_DUMP);
  request.header(ifinfomsg{});
  return list<Device>(socket, request, read_device);
}

std::expected<std::vector<LocalAddress>, netlink::Error> list_addresses(netlink::Socket& socket) {
  netlink::Message request(RTM_GETADDR, NLM_F_DUMP);
  request.header(ifaddrmsg{});
  return list<LocalAddress>(socket, request, read_address);
}

}  // namespace ipvsadm
