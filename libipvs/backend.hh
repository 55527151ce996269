// SPDX-License-Identifier: LGPL-2.1-or-later
// What a way to the kernel must offer; one implementation for netlink, one for socket options, and tests have their own.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "ipvs/change.hh"
#include "ipvs/client.hh"

namespace ipvs {

class Link;
class Options;

class Backend {
 public:
  virtual ~Backend() = default;

  virtual Client::Transport transport() const = 0;
  virtual std::vector<Result<void>> apply(std::span<const Change> changes) = 0;
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

using BackendResult = Result<std::unique_ptr<Backend>>;

/// Fails with ENOENT when the kernel has no such family, and in no other case.
BackendResult open_netlink(std::unique_ptr<Link> link);

/// Fails with ENOPROTOOPT when IPVS is not loaded.
BackendResult open_sockopt(std::unique_ptr<Options> options);

/// The one that `transport` asks for; with `any` socket options only where there is no netlink family.
BackendResult open_backend(Client::Transport transport, const std::function<BackendResult()>& netlink,
                           const std::function<BackendResult()>& sockopt);

Client make_client(std::unique_ptr<Backend> backend);

/// The C functions use this client from now on, as after ipvs_init().
void use_in_c(Client client);

}  // namespace ipvs
