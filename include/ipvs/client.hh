// SPDX-License-Identifier: LGPL-2.1-or-later
// The way to the kernel's IPVS tables.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "ipvs/change.hh"
#include "ipvs/error.hh"
#include "ipvs/types.hh"

namespace ipvs {

class Backend;
class Client;
Client make_client(std::unique_ptr<Backend> backend);  // for the library and its tests

/// Owns one socket to the kernel from open() to destruction, and acts on the network namespace the calling
/// thread was in at open().
///
/// fork(): the child's Client gets a socket of its own with its first call; both may go on.
///
/// Threads: one Client may be used by one thread at a time; distinct Clients share nothing.
/// Every call blocks until the kernel has answered. Nothing is ever printed.
/// Needs CAP_NET_ADMIN; without it every call but open() fails with EPERM.
class Client {
 public:
  enum class Transport {
    any,      ///< netlink; socket options only where the kernel has no netlink family
    netlink,  ///< everything
    sockopt,  ///< IPv4 only; no persistence engines, tunnel types, 64-bit counters, multicast parameters. What is
              ///< asked for and cannot be told is refused; what is there and cannot be seen is missing in lists
  };

  /// Opens the socket and finds the kernel's interface (which may make the kernel load ip_vs).
  /// Fails with ENOPROTOOPT when IPVS is not there, EPERM when a raw socket is not allowed, or socket errors.
  static Result<Client> open(Transport transport = Transport::any);

  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  ~Client();

  /// The transport in use: netlink or sockopt.
  Transport transport() const;

  /// Sends many changes with as few system calls as possible and in the given order. The kernel judges each
  /// on its own: a refused change does not stop the ones behind it; a transport error does. The result has one
  /// element for every change. After a transport error the fate of the changes marked with it is unknown.
  std::vector<Result<void>> apply(std::span<const Change> changes);

  /// ESRCH: the service is not there.
  Result<ServiceEntry> service(const ServiceKey& key);
  /// All services in kernel order.
  Result<std::vector<ServiceEntry>> services();
  /// All destinations of a service in kernel order (newest first). The kernel's netlink interface reports a
  /// missing service as one without destinations.
  Result<std::vector<DestEntry>> dests(const ServiceKey& service);

  /// The same entry by entry. `visit` returns false to see no more, and must neither throw nor call this Client.
  ///
  /// Over netlink every list is collected before the first entry is visited or returned: our module (Info::api >= 2)
  /// says if the table was changed meanwhile, and it is asked again, up to ten times. EINTR: it was changed each time.
  Result<void> for_each_service(const std::function<bool(ServiceEntry&)>& visit);
  Result<void> for_each_dest(const ServiceKey& service, const std::function<bool(DestEntry&)>& visit);

  /// The whole table with as few requests as the kernel allows: one, or one for each service and one more.
  Result<std::vector<ServiceWithDests>> table();
  /// Its streaming form: each service, then its destinations, in kernel order. The first `false` of either ends
  /// it. Where the kernel needs more than one request the services are collected first.
  Result<void> for_each(const std::function<bool(ServiceEntry&)>& on_service,
                        const std::function<bool(const ServiceKey&, DestEntry&)>& on_dest);

  /// Makes the namespace's table be exactly `table`: all of it or, when anything is refused, nothing. What stays
  /// keeps its connections, counters and, with the same name, its scheduler's state.
  ///
  /// Our module (Info::api >= 1) does it in one step: no other change comes in between, and no end of this process
  /// leaves a part of it. Packets meet one service after the other in its new form; a service that stays is never
  /// without the servers that stay.
  ///
  /// Elsewhere the differences to the present table are sent as single changes, deletions last, and after a
  /// refusal none of those behind it is made, and those before it are taken back: packets see the steps, counters of what was deleted and is put
  /// back begin at 0, and whoever else changes the table meanwhile, or kills the process, breaks it. Over socket
  /// options only IPv4 is seen and replaced.
  std::expected<void, TableError> replace_table(const Table& table);

  Result<Timeouts> timeouts();
  Result<Info> info();
  /// Running sync daemons, 0..2 of them, master first.
  Result<std::vector<Daemon>> daemons();

  /// Single changes; see the errno table of each in the manual of the kernel interface. Common ones:
  /// EEXIST it is there already, ESRCH no such service, ENOENT no such destination or scheduler,
  /// EINVAL or ERANGE a value is out of its range, EAFNOSUPPORT no such address family, EPERM.
  Result<void> add_service(const Service& service);
  Result<void> edit_service(const Service& service);
  Result<void> delete_service(const ServiceKey& key);
  Result<void> zero_service(const ServiceKey& key);
  Result<void> zero_all();
  Result<void> flush();
  Result<void> add_dest(const ServiceKey& service, const Dest& dest);
  Result<void> edit_dest(const ServiceKey& service, const Dest& dest);
  Result<void> delete_dest(const ServiceKey& service, const DestKey& dest);
  Result<void> set_timeouts(const Timeouts& timeouts);
  Result<void> start_daemon(const Daemon& daemon);
  Result<void> stop_daemon(const Daemon& daemon);
  /// A single change, as apply() would make it.
  Result<void> apply(const Change& change);

 private:
  friend Client make_client(std::unique_ptr<Backend> backend);
  explicit Client(std::unique_ptr<Backend> backend);

  std::unique_ptr<Backend> backend_;
};

}  // namespace ipvs
