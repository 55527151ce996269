// SPDX-License-Identifier: LGPL-2.1-or-later
// The way to the kernel's IPVS tables.
#pragma once

#include "ipvs/abi.hh"

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ipvs/change.hh"
#include "ipvs/connection.hh"
#include "ipvs/error.hh"
#include "ipvs/types.hh"

namespace ipvs::inline v1 {

class Backend;
class Steps;
class Client;
class Files;
Client make_client(std::unique_ptr<Backend> backend, std::unique_ptr<Files> files);  // for the library and its tests

/// A list of the whole table that comes in steps which never wait: for programs with an event loop, that must not stand
/// still while ten thousand services are listed.
class Listing {
 public:
  Listing(Listing&&) noexcept;
  Listing& operator=(Listing&&) noexcept;
  ~Listing();

  /// Readable when there is something for step(): for poll(2), or epoll(7) without EPOLLET.
  int fd() const;
  /// Takes what has come, some 32 KiB at most. True: the list is whole. As Client::table() it is asked for again when the
  /// table was changed on the way, up to ten times; EINTR: it was changed each time. After a failure there is no list.
  Result<bool> step();
  /// The list, once it is whole; empty before.
  std::vector<ServiceWithDests> take();

 private:
  friend class Client;
  [[gnu::visibility("hidden")]] explicit Listing(std::unique_ptr<Steps> steps);

  std::unique_ptr<Steps> steps_;
};

/// Owns one socket to the kernel from open() to destruction, and acts on the network namespace the calling
/// thread was in at open().
///
/// fork(): the child's Client gets a socket of its own with its first call; both may go on.
///
/// Threads: one Client may be used by one thread at a time; distinct Clients share nothing.
/// Every call blocks until the kernel has answered. Nothing is ever printed.
/// Needs CAP_NET_ADMIN; without it all calls fail with EPERM but open() and those that read the kernel's files.
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
  /// The same, but the kernel loads nothing for it, now or with later calls: for those who only look on.
  static Result<Client> open_loaded(Transport transport = Transport::any);

  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  ~Client();

  /// The transport in use: netlink or sockopt.
  Transport transport() const;

  /// Sends many changes with as few system calls as possible and in the given order. The kernel judges each
  /// on its own: a refused change does not stop the ones behind it; a transport error does. The result has one
  /// element for every change. After a transport error the fate of the changes marked with it is unknown.
  std::vector<Result<void>> apply(std::span<const Change> changes);

  /// What the kernel said of changes that it made, of the last call of apply(), replace_table() or one of the single
  /// changes below: of apply() by rising number, of a table replaced in one step one at most. Good until the next call.
  const std::vector<Remark>& remarks() const;

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

  /// The table as replace_table() takes it, to make it so again: services, servers and timeouts, on our module
  /// (Info::api >= 3) of one moment. Elsewhere the timeouts are asked for behind the rest.
  Result<Table> snapshot();

  /// Asks for the whole table, and does not wait for it. The listing has a socket of its own: it may outlive this Client,
  /// which may do other things meanwhile. EOPNOTSUPP: over socket options there is nothing to wait for.
  Result<Listing> list();

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
  /// The same with the addresses of their peers.
  Result<std::vector<DaemonConfig>> daemon_configs();

  // What the kernel tells in files only, those of this Client's network namespace; the same over both transports. Errors
  // of all: ENOENT there is no such file (no module, or no /proc), EPROTO the file has another form than is known here.

  /// Connections and templates that `filter` accepts, as they are read. Those that come or go meanwhile may be missing,
  /// and while the kernel's table changes its size some may come twice. `visit` as above. Over netlink our module
  /// (Info::api >= 4) looks for them and tells no others; else, and for those without CAP_NET_ADMIN, it is the file.
  Result<void> for_each_connection(const ConnectionFilter& filter, const std::function<bool(Connection&)>& visit);
  Result<std::vector<Connection>> connections(const ConnectionFilter& filter = {});

  /// Of all services together since the counters were zeroed, those that have been deleted too. The kernel's own module
  /// sums them up every two seconds.
  Result<Stats> totals();

  /// How many packets of this namespace were dropped for which reason, in the module's order. EOPNOTSUPP: this module
  /// does not tell, as the kernel's own does not.
  Result<std::vector<Drop>> drops();

  /// How synchronisation goes: what the daemons that run have sent, heard and dropped, and whom they hear; master first.
  /// EOPNOTSUPP: this module does not tell, as the kernel's own does not.
  Result<std::vector<DaemonStatus>> daemon_status();

  /// What /proc/net/ip_vs_status says in numbers, in the module's order. EACCES: the file is root's and its group's.
  /// EOPNOTSUPP: this module does not tell, as the kernel's own does not everywhere.
  Result<std::vector<StatusFigure>> status();

  /// The names of the settings below /proc/sys/net/ipv4/vs that this module has, sorted. ENOENT: no module.
  Result<std::vector<std::string>> sysctls();
  /// A setting as the kernel writes it, without newline, one blank between numbers. ENOENT: this module has none of
  /// that name.
  Result<std::string> sysctl(std::string_view name);
  /// EINVAL, ERANGE: not for this setting; EPERM, EACCES: not allowed; ENOENT as above.
  Result<void> set_sysctl(std::string_view name, std::string_view value);

  /// What may be there that lists do not show: over netlink nothing.
  Result<Unseen> unseen();

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
  /// With peers, a key, both or none. EOPNOTSUPP: this module knows no peers and keys; the daemon is not started.
  Result<void> start_daemon_with(const DaemonConfig& daemon);
  Result<void> stop_daemon(const Daemon& daemon);
  /// A single change, as apply() would make it.
  Result<void> apply(const Change& change);

 private:
  friend Client make_client(std::unique_ptr<Backend> backend, std::unique_ptr<Files> files);
  struct Ways;
  [[gnu::visibility("hidden")]] explicit Client(std::unique_ptr<Ways> ways);
  [[gnu::visibility("hidden")]] Result<void> for_each(
      const std::function<bool(ServiceEntry&)>& on_service,
      const std::function<bool(const ServiceKey&, DestEntry&)>& on_dest, std::optional<Timeouts>& timeouts);

  std::unique_ptr<Ways> ways_;
};

}  // namespace ipvs::inline v1
