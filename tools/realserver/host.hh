// SPDX-License-Identifier: GPL-2.0-or-later
// The machine that is to be a real server: this network namespace. Errors are texts that say what was refused
// and why.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/interfaces.hh"
#include "realserver/plan.hh"

namespace realserver {

using Done = std::expected<void, std::string>;
using ipvsadm::Device;

class Host {
 public:
  virtual ~Host() = default;

  /// By its path below /proc/sys/net. Nothing: there is none, as its device has gone or is yet to come.
  virtual std::expected<std::optional<int>, std::string> setting(const std::string& name) = 0;
  virtual Done set(const std::string& name, int value) = 0;
  virtual std::expected<std::vector<Device>, std::string> devices() = 0;
  virtual std::expected<std::vector<ipvsadm::LocalAddress>, std::string> addresses() = 0;
  /// One of a tunnel may be there afterwards without having been made: it comes with its module.
  virtual Done make_device(const std::string& name, const std::string& kind) = 0;
  // A device is meant by its index: the name may be another one's meanwhile.
  virtual Done delete_device(const Device& device) = 0;
  virtual Done set_up(const Device& device, bool up) = 0;
  /// Refused if it is there.
  virtual Done add_address(const ipvs::Address& address, const Device& device) = 0;
  virtual Done remove_address(const ipvs::Address& address, const Device& device) = 0;
  /// Ports at which GUE is unpacked. A kernel without the module has none, and is not made to load it.
  virtual std::expected<std::vector<Port>, std::string> ports() = 0;
  virtual Done add_port(const Port& port) = 0;
  virtual Done remove_port(const Port& port) = 0;
};

std::expected<std::unique_ptr<Host>, std::string> this_host();

}  // namespace realserver
