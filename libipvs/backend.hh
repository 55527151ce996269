// SPDX-License-Identifier: LGPL-2.1-or-later
// What a way to the kernel must offer; one implementation for netlink, one for socket options.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "ipvs/change.hh"
#include "ipvs/client.hh"

namespace ipvs {

class Backend {
 public:
  virtual ~Backend() = default;

  virtual Client::Transport transport() const = 0;
  virtual std::vector<std::optional<Error>> apply(std::span<const Change> changes) = 0;
  virtual Result<ServiceEntry> service(const ServiceKey& key) = 0;
  virtual Result<void> for_each_service(const std::function<bool(ServiceEntry&)>& visit) = 0;
  virtual Result<void> for_each_dest(const ServiceKey& service,
                                     const std::function<bool(DestEntry&)>& visit) = 0;
  /// All in one request; false: the kernel has no such request, and nothing was visited.
  virtual Result<bool> for_each(const std::function<bool(ServiceEntry&)>&,
                                const std::function<bool(const ServiceKey&, DestEntry&)>&) {
    return false;
  }
  /// All in one step; false: the kernel has no such request, and nothing was changed.
  virtual std::expected<bool, TableError> replace_table(const Table&) { return false; }
  virtual Result<Timeouts> timeouts() = 0;
  virtual Result<Info> info() = 0;
  virtual Result<std::vector<Daemon>> daemons() = 0;
};

/// Fails with ENOENT when the kernel has no such family.
Result<std::unique_ptr<Backend>> open_netlink();

/// Fails with ENOPROTOOPT when IPVS is not loaded.
Result<std::unique_ptr<Backend>> open_sockopt();

}  // namespace ipvs
