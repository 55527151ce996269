// SPDX-License-Identifier: GPL-2.0-or-later
// The network devices and addresses of this namespace, as the kernel tells them over rtnetlink.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/netlink.hh"
#include "ipvs/types.hh"

namespace ipvsadm {

struct Device {
  int index = 0;
  std::string name;
  std::uint16_t type = 0;   ///< ARPHRD_*
  std::uint32_t flags = 0;  ///< IFF_*
  std::uint32_t mtu = 0;
  std::string kind = {};                      ///< "ipip", "veth"; empty for a device of a driver
  std::string hardware = {};                  ///< its address, as bytes
  bool collects_metadata = false;             ///< a tunnel whose packets carry what they came in ("external")
  std::vector<std::string> other_names = {};  ///< alternative ones, by which it is found as well

  bool is_up() const;
  bool has_carrier() const;
  bool is_loopback() const;
  /// Whether neighbours have to be asked for there.
  bool has_neighbours() const;
};

struct LocalAddress {
  ipvs::Address address;
  std::uint8_t prefix = 0;
  int device = 0;
  std::uint32_t flags = 0;  ///< IFA_F_*
};

/// The bytes of an address as netlink has them.
netlink::Bytes bytes_of(const ipvs::Address& address);
/// Of family AF_INET or AF_INET6; AF_UNSPEC if there are not as many bytes as it has.
ipvs::Address address_of(std::uint16_t family, netlink::Bytes bytes);
/// 32 or 128.
unsigned width_of(std::uint16_t family);
/// Whether the two agree in that many bits; addresses of two families never do.
bool in_network(const ipvs::Address& one, const ipvs::Address& other, unsigned prefix);
/// "02:00:5e:10:00:01"
std::string hardware_text(const std::string& bytes);

/// Nothing for an answer that is none.
std::optional<Device> read_device(const netlink::Answer& answer);
std::optional<LocalAddress> read_address(const netlink::Answer& answer);

std::expected<std::vector<Device>, netlink::Error> list_devices(netlink::Socket& socket);
std::expected<std::vector<LocalAddress>, netlink::Error> list_addresses(netlink::Socket& socket);

}  // namespace ipvsadm
