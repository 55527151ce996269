// SPDX-License-Identifier: GPL-2.0-or-later
// What of a director the rules look at: plain data, gathered from the kernel (gather.hh) or made by hand.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/interfaces.hh"
#include "check/firewall.hh"
#include "ipvs/types.hh"

namespace ipvsadm::check {

/// Where the kernel would send a packet of its own to an address.
struct Way {
  int error = 0;          ///< errno; 0: there is a way
  std::uint8_t type = 0;  ///< RTN_UNICAST, RTN_LOCAL, RTN_BLACKHOLE ...
  int device = 0;
  ipvs::Address gateway = {};  ///< AF_UNSPEC: it is in a network that the device is connected to
  ipvs::Address source = {};   ///< the packet's own; AF_UNSPEC: not told
  std::uint32_t mtu = 0;       ///< of the route; 0: that of the device
  std::uint8_t prefix = 0;     ///< length of the route's

  bool is_local() const;
  /// Whether packets leave by a device.
  bool leads_out() const;
  bool has_gateway() const { return gateway.family != AF_UNSPEC; }
};

struct DefaultRoute {
  std::uint16_t family = 0;
  int device = 0;
  ipvs::Address gateway = {};  ///< AF_UNSPEC: none
};

struct Neighbour {
  std::uint16_t state = 0;  ///< NUD_*
  std::string hardware = {};
};

/// Somebody who has answered when the network was asked who has a virtual address.
struct Holder {
  ipvs::Address address;
  int device = 0;        ///< where he was asked
  std::string hardware;  ///< of who has answered

  friend bool operator==(const Holder&, const Holder&) = default;
};

/// Connections that wait for the first answer of a NAT server to a client.
struct Waiting {
  ipvs::Address client, server;

  friend auto operator<=>(const Waiting&, const Waiting&) = default;
};

struct System {
  // IPVS
  ipvs::Info info;
  std::vector<ipvs::ServiceWithDests> table;
  std::vector<ipvs::DaemonConfig> daemons;
  std::map<std::string, std::string> sysctls;  ///< of IPVS, by name
  std::vector<ipvs::StatusFigure> status;
  std::vector<Waiting> waiting;
  /// A file of the module that comes with this program, for the running kernel; empty if it is not installed.
  std::string own_module;

  // the network
  std::vector<Device> devices;
  std::vector<LocalAddress> addresses;
  std::map<ipvs::Address, Way> ways;  ///< to virtual addresses and servers
  std::vector<DefaultRoute> defaults;
  std::map<std::pair<int, ipvs::Address>, Neighbour> neighbours;  ///< by device and address
  std::map<std::string, std::string> settings;  ///< below /proc/sys/net, such as "ipv4/conf/all/rp_filter"
  std::uint64_t dropped_by_source = 0;  ///< packets that rp_filter has dropped since the machine started

  Firewall firewall;
  std::vector<std::string> legacy_tables;  ///< of iptables-legacy: "iptables filter"

  /// Who has answered; nothing if nobody was asked.
  std::optional<std::vector<Holder>> holders;

  /// What could not be looked at, and why; a line each.
  std::vector<std::string> unseen;

  const Device* device(int index) const;
  std::string device_name(int index) const;
  /// Null if nobody has asked for it.
  const Way* way(const ipvs::Address& address) const;
  const Neighbour* neighbour(const ipvs::Address& address, int device) const;
  /// A number below /proc/sys/net; 0 if it is not known.
  long setting(const std::string& name) const;
  /// The same of IPVS.
  long sysctl(const std::string& name) const;
};

/// What a device is set to that several settings have a say in.
std::string device_setting(std::uint16_t family, const std::string& device, const char* name);

}  // namespace ipvsadm::check
