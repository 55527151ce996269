// SPDX-License-Identifier: GPL-2.0-or-later
// What the rules of all files share: the system, what has been found so far, and what is often asked.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "check/finding.hh"
#include "check/system.hh"

namespace ipvsadm::check {

/// A server of a service that gets new connections.
struct Use {
  const ipvs::ServiceEntry& service;
  const ipvs::DestEntry& dest;

  std::uint32_t method() const;
  bool has_method(std::uint32_t wanted) const { return method() == wanted; }
  bool has_virtual_address() const { return service.key.fwmark == 0; }
};

class Judge {
 public:
  explicit Judge(const System& of) : system(of) {}

  const System& system;

  /// A second one of the same kind and object is not taken.
  void add(Finding finding);
  bool has(Kind kind, const std::string& object) const { return known_.contains({kind, object}); }
  std::vector<Finding> take();

  /// Of all servers with a weight, those that are this machine left out.
  void for_each_use(const std::function<void(const Use&)>& visit) const;
  /// The device that clients of an address come in by, as far as one can tell; null if not.
  const Device* client_device(const ipvs::Address& address) const;
  /// The address of this machine in a network that it shares with another; null if there is none.
  const LocalAddress* beside(const ipvs::Address& other, int device) const;

 private:
  std::vector<Finding> findings_;
  std::set<std::pair<Kind, std::string>> known_;
};

std::string server_object(const ipvs::ServiceKey& service, const ipvs::DestKey& dest);
std::string address_object(const ipvs::Address& address);
/// The server's options with one of them changed, as a command.
std::string edit_command(const ipvs::ServiceKey& service, ipvs::Dest dest,
                         const std::function<void(ipvs::Dest&)>& change);
/// "ip", "ip -6"
const char* ip_command(std::uint16_t family);
/// "192.0.2.1/32"
std::string host_text(const ipvs::Address& address);

std::string up_command(const Device& device);
/// Of a device and IPv4.
std::string sysctl_command(const std::string& device, const char* name, int value);

void judge_addresses(Judge& judge);
void judge_services(Judge& judge);
void judge_servers(Judge& judge);
void judge_settings(Judge& judge);
void judge_firewall(Judge& judge);

}  // namespace ipvsadm::check
