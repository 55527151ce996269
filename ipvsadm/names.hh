// SPDX-License-Identifier: GPL-2.0-or-later
// Names of hosts and services: the one outside thing that reading a command line and formatting need.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "ipvs/types.hh"

namespace ipvsadm {

class Names {
 public:
  virtual ~Names() = default;

  /// The first address of a host in `family`.
  virtual std::optional<ipvs::Address> address_of(const std::string& host, std::uint16_t family) = 0;
  /// Ports and their names, for IPPROTO_TCP, _UDP and _SCTP; no other protocol has any.
  virtual std::optional<std::uint16_t> port_of(const std::string& service, std::uint16_t protocol) = 0;
  virtual std::optional<std::string> host_at(const ipvs::Address& address) = 0;
  virtual std::optional<std::string> service_at(std::uint16_t port, std::uint16_t protocol) = 0;
};

/// Asks the system's resolver; every reverse lookup only once.
class SystemNames : public Names {
 public:
  std::optional<ipvs::Address> address_of(const std::string& host, std::uint16_t family) override;
  std::optional<std::uint16_t> port_of(const std::string& service, std::uint16_t protocol) override;
  std::optional<std::string> host_at(const ipvs::Address& address) override;
  std::optional<std::string> service_at(std::uint16_t port, std::uint16_t protocol) override;

 private:
  std::map<ipvs::Address, std::optional<std::string>> hosts_;
};

}  // namespace ipvsadm
