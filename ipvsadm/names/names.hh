// SPDX-License-Identifier: GPL-2.0-or-later
// Names of hosts, services and firewall marks: the one outside thing that reading a command line and
// formatting need.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "base/known_names.hh"
#include "ipvs/types.hh"
#include "names/fwmarks.hh"
#include "names/resolver.hh"

namespace ipvsadm {

class Names : public KnownNames {
 public:
  /// The first address of a host in `family`.
  virtual std::optional<ipvs::Address> address_of(const std::string& host, std::uint16_t family) = 0;
  /// Ports and their names, for IPPROTO_TCP, _UDP and _SCTP; no other protocol has any.
  virtual std::optional<std::uint16_t> port_of(const std::string& service, std::uint16_t protocol) = 0;
  virtual std::optional<std::uint32_t> mark_of(const std::string& name) = 0;
  /// host_at() will be asked about these: look them up together.
  virtual void prepare(std::span<const ipvs::Address> addresses) = 0;
  /// address_of() will be asked about these.
  using Host = std::pair<std::string, std::uint16_t>;
  virtual void prepare(std::span<const Host> hosts) = 0;
};

/// Asks the system's resolver, every question only once; all that it does not answer at once costs a second at most.
/// Marks have their names from /etc/fwmarks.
class SystemNames : public Names {
 public:
  std::optional<ipvs::Address> address_of(const std::string& host, std::uint16_t family) override;
  std::optional<std::uint16_t> port_of(const std::string& service, std::uint16_t protocol) override;
  std::optional<std::string> host_at(const ipvs::Address& address) override;
  std::optional<std::string> service_at(std::uint16_t port, std::uint16_t protocol) override;
  std::optional<std::uint32_t> mark_of(const std::string& name) override;
  std::optional<std::string> mark_name(std::uint32_t mark) override;
  void prepare(std::span<const ipvs::Address> addresses) override;
  void prepare(std::span<const Host> hosts) override;

  /// Why names may be missing that there are; empty if nothing is known to have gone wrong.
  std::string trouble() const;

 private:
  const FirewallMarks& marks();

  // A second in all.
  Resolver resolver_{Patience(std::chrono::milliseconds(800), std::chrono::milliseconds(20),
                              std::chrono::milliseconds(200))};
  std::map<ipvs::Address, std::optional<std::string>> hosts_;
  std::map<Host, std::optional<ipvs::Address>> addresses_;
  std::map<std::pair<std::uint16_t, std::uint16_t>, std::optional<std::string>> services_;
  std::optional<FirewallMarks> marks_;
  int marks_error_ = 0;
};

}  // namespace ipvsadm
