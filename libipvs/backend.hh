// SPDX-License-Identifier: LGPL-2.1-or-later
// What a way to the kernel must offer; one implementation for netlink, one for socket options, and tests have their own.
#pragma once

#include <cerrno>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ipvs/change.hh"
#include "ipvs/client.hh"
#include "socket.hh"

namespace ipvs::inline v1 {

class Options;

/// What an ipvs::Listing is made of.
class Steps {
 public:
  virtual ~Steps() = default;
  virtual int fd() const = 0;
  virtual Result<bool> step() = 0;
  virtual std::vector<ServiceWithDests> take() = 0;
};
using StepsResult = Result<std::unique_ptr<Steps>>;

/// Over netlink.
StepsResult open_steps(std::unique_ptr<Link> link, NetlinkSocket::Absent absent);

class Backend {
 public:
  virtual ~Backend() = default;

  virtual Client::Transport transport() const = 0;
  /// Remarks, here and below, are put behind those that are there.
  virtual std::vector<Result<void>> apply(std::span<const Change> changes, std::vector<Remark>& remarks) = 0;
  virtual Result<ServiceEntry> service(const ServiceKey& key) = 0;
  virtual Result<void> for_each_service(const std::function<bool(ServiceEntry&)>& visit) = 0;
  virtual Result<void> for_each_dest(const ServiceKey& service,
                                     const std::function<bool(DestEntry&)>& visit) = 0;
  /// All in one request; false: the kernel has no such request, and nothing was visited. The timeouts are set if they
  /// came with it.
  virtual Result<bool> for_each(const std::function<bool(ServiceEntry&)>&,
                                const std::function<bool(const ServiceKey&, DestEntry&)>&, std::optional<Timeouts>&) {
    return false;
  }
  /// All in one step; false: the kernel has no such request, and nothing was changed.
  virtual std::expected<bool, TableError> replace_table(const Table&, std::vector<Remark>&) { return false; }
  virtual StepsResult list() {
    return std::unexpected(Error{.operation = Operation::list_table,
                                 .code = EOPNOTSUPP,
                                 .origin = Origin::transport,
                                 .detail = "socket options cannot be waited for"});
  }
  /// As Client's. False: the kernel has no such request, and nothing was visited.
  virtual Result<bool> for_each_connection(const ConnectionFilter&, const std::function<bool(Connection&)>&) {
    return false;
  }
  virtual Result<Timeouts> timeouts() = 0;
  virtual Result<Info> info() = 0;
  virtual Result<std::vector<DaemonConfig>> daemons() = 0;
};

/// How often a list is asked for that is changed while it is read. Enough for whoever meets changes, even frequent ones;
/// not for ever where a list takes longer than the table lasts.
inline constexpr int kDumpAttempts = 10;
inline std::string never_whole() {
  return "the table was changed each of the " + std::to_string(kDumpAttempts) + " times it was read";
}

using BackendResult = Result<std::unique_ptr<Backend>>;

/// Fails with ENOENT when the kernel has no such family, and in no other case.
BackendResult open_netlink(std::unique_ptr<Link> link);
/// The same; the kernel is not made to load a module for it, neither now nor later.
BackendResult open_loaded_netlink(std::unique_ptr<Link> link);

/// Fails with ENOPROTOOPT when IPVS is not loaded.
BackendResult open_sockopt(std::unique_ptr<Options> options);

/// The one that `transport` asks for; with `any` socket options only where there is no netlink family.
BackendResult open_backend(Client::Transport transport, const std::function<BackendResult()>& netlink,
                           const std::function<BackendResult()>& sockopt);

/// With the kernel's files.
Client make_client(std::unique_ptr<Backend> backend);

/// The C functions use this client from now on, as after ipvs_init().
void use_in_c(Client client);

}  // namespace ipvs::inline v1
