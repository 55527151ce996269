// SPDX-License-Identifier: GPL-2.0-or-later
// The machine that is to be a real server: this network namespace. Errors are texts that say what was refused
// and why.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "base/interfaces.hh"
#include "realserver/plan.hh"

namespace realserver {

using Done = std::expected<void, std::string>;

class Host {
 public:
  virtual ~Host() = default;

  /// By its path below /proc/sys/net.
  virtual std::expected<int, std::string> setting(const std::string& name) = 0;
  virtual Done set(const std::string& name, int value) = 0;
  virtual std::expected<std::vector<ipvsadm::Device>, std::string> devices() = 0;
  virtual std::expected<std::vector<ipvsadm::LocalAddress>, std::string> addresses() = 0;
  virtual Done make_device(const std::string& name, const std::string& kind) = 0;
  virtual Done delete_device(const std::string& name) = 0;
  virtual Done set_up(const std::string& name, bool up) = 0;
  virtual Done add_address(const ipvs::Address& address, const std::string& device) = 0;
  virtual Done remove_address(const ipvs::Address& address, const std::string& device) = 0;
  /// Ports at which something is unpacked. A kernel without the module has none.
  virtual std::expected<std::vector<Port>, std::string> ports() = 0;
  virtual Done add_port(const Port& port) = 0;
  virtual Done remove_port(const Port& port) = 0;
};

std::expected<std::unique_ptr<Host>, std::string> this_host();

}  // namespace realserver
