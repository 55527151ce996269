// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ipvs/client.hh"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "backend.hh"
#include "files.hh"
#include "procfs.hh"
#include "sockopt.hh"
#include "socket.hh"
#include "table.hh"

namespace ipvs::inline v1 {

Listing::Listing(std::unique_ptr<Steps> steps) : steps_(std::move(steps)) {}
Listing::Listing(Listing&&) noexcept = default;
Listing& Listing::operator=(Listing&&) noexcept = default;
Listing::~Listing() = default;
int Listing::fd() const { return steps_->fd(); }
Result<bool> Listing::step() { return steps_->step(); }
std::vector<ServiceWithDests> Listing::take() { return steps_->take(); }

struct Client::Ways {
  std::unique_ptr<Backend> backend;
  std::unique_ptr<Files> files;
  std::vector<Remark> remarks = {};

  std::vector<Result<void>> apply(std::span<const Change> changes) {
    remarks.clear();
    return backend->apply(changes, remarks);
  }
};

Client::Client(std::unique_ptr<Ways> ways) : ways_(std::move(ways)) {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

Client make_client(std::unique_ptr<Backend> backend, std::unique_ptr<Files> files) {
  return Client(std::make_unique<Client::Ways>(std::move(backend), std::move(files)));
}
Client make_client(std::unique_ptr<Backend> backend) { return make_client(std::move(backend), kernel_files()); }

BackendResult open_backend(Client::Transport transport, const std::function<BackendResult()>& netlink,
                           const std::function<BackendResult()>& sockopt) {
  if (transport == Client::Transport::sockopt) return sockopt();
  auto backend = netlink();
  // Socket options show and save less. Whoever wants all of it and cannot have it right now must hear of that.
  if (backend || transport == Client::Transport::netlink || backend.error().code != ENOENT) return backend;
  return sockopt();
}

namespace {

Result<Client> open_with(Client::Transport transport, BackendResult (*netlink)(std::unique_ptr<Link>)) {
  auto backend = open_backend(
      transport, [netlink] { return netlink(kernel_link()); }, [] { return open_sockopt(kernel_options()); });
  if (!backend) return std::unexpected(std::move(backend.error()));
  return make_client(std::move(*backend));
}

}  // namespace

Result<Client> Client::open(Transport transport) { return open_with(transport, open_netlink); }
Result<Client> Client::open_loaded(Transport transport) { return open_with(transport, open_loaded_netlink); }

Client::Transport Client::transport() const { return ways_->backend->transport(); }

std::vector<Result<void>> Client::apply(std::span<const Change> changes) {
  return ways_->apply(changes);
}

Result<void> Client::apply(const Change& change) { return std::move(ways_->apply(std::span(&change, 1)).front()); }

const std::vector<Remark>& Client::remarks() const { return ways_->remarks; }

Result<ServiceEntry> Client::service(const ServiceKey& key) { return ways_->backend->service(key); }

Result<std::vector<ServiceEntry>> Client::services() {
  std::vector<ServiceEntry> list;
  auto done = for_each_service([&](ServiceEntry& entry) {
    list.push_back(std::move(entry));
    return true;
  });
  if (!done) return std::unexpected(done.error());
  return list;
}

Result<std::vector<DestEntry>> Client::dests(const ServiceKey& service) {
  std::vector<DestEntry> list;
  auto done = for_each_dest(service, [&](DestEntry& entry) {
    list.push_back(entry);
    return true;
  });
  if (!done) return std::unexpected(done.error());
  return list;
}

Result<void> Client::for_each_service(const std::function<bool(ServiceEntry&)>& visit) {
  return ways_->backend->for_each_service(visit);
}

Result<void> Client::for_each_dest(const ServiceKey& service, const std::function<bool(DestEntry&)>& visit) {
  return ways_->backend->for_each_dest(service, visit);
}

Result<void> Client::for_each(const std::function<bool(ServiceEntry&)>& on_service,
                              const std::function<bool(const ServiceKey&, DestEntry&)>& on_dest) {
  std::optional<Timeouts> timeouts;
  return for_each(on_service, on_dest, timeouts);
}

Result<void> Client::for_each(const std::function<bool(ServiceEntry&)>& on_service,
                              const std::function<bool(const ServiceKey&, DestEntry&)>& on_dest,
                              std::optional<Timeouts>& timeouts) {
  const auto in_one = ways_->backend->for_each(on_service, on_dest, timeouts);
  if (!in_one) return std::unexpected(in_one.error());
  if (*in_one) return {};

  auto list = services();
  if (!list) return std::unexpected(std::move(list.error()));
  bool wanted = true;
  for (auto& service : *list) {
    const ServiceKey key = service.key;
    if (!on_service(service)) break;
    auto done = for_each_dest(key, [&](DestEntry& entry) { return wanted = on_dest(key, entry); });
    // Over socket options a service that has gone meanwhile is an error; here it has no servers any more.
    if (!done && done.error().code != ESRCH) return done;
    if (!wanted) break;
  }
  return {};
}

Result<std::vector<ServiceWithDests>> Client::table() {
  std::vector<ServiceWithDests> list;
  auto done = for_each(
      [&](ServiceEntry& entry) {
        list.push_back({std::move(entry), {}});
        return true;
      },
      [&](const ServiceKey&, DestEntry& entry) {
        list.back().dests.push_back(entry);
        return true;
      });
  if (!done) return std::unexpected(std::move(done.error()));
  return list;
}

Result<Table> Client::snapshot() {
  Table table;
  std::optional<Timeouts> timeouts;
  auto done = for_each(
      [&](ServiceEntry& entry) {
        table.services.push_back({std::move(entry), {}});
        return true;
      },
      [&](const ServiceKey&, DestEntry& entry) {
        table.services.back().dests.push_back(entry);
        return true;
      },
      timeouts);
  if (!done) return std::unexpected(std::move(done.error()));
  if (!timeouts) {
    const auto told = this->timeouts();
    if (!told) return std::unexpected(told.error());
    timeouts = *told;
  }
  table.timeouts = *timeouts;
  return table;
}

Result<Listing> Client::list() {
  auto steps = ways_->backend->list();
  if (!steps) return std::unexpected(std::move(steps.error()));
  return Listing(std::move(*steps));
}

std::expected<void, TableError> Client::replace_table(const Table& table) {
  auto& remarks = ways_->remarks;
  remarks.clear();
  auto in_one = ways_->backend->replace_table(table, remarks);
  if (!in_one) return std::unexpected(std::move(in_one.error()));
  if (*in_one) return {};

  const auto present = this->table();
  if (!present) return std::unexpected(TableError{present.error()});
  const auto old_timeouts = timeouts();
  if (!old_timeouts) return std::unexpected(TableError{old_timeouts.error()});
  const auto plan = table::plan(*present, table);
  if (!plan) return std::unexpected(plan.error());
  return table::carry_out(
      *plan, *old_timeouts, [this](const auto& changes, auto& said) { return ways_->backend->apply(changes, said); },
      remarks);
}

Result<Timeouts> Client::timeouts() { return ways_->backend->timeouts(); }
Result<Info> Client::info() { return ways_->backend->info(); }
Result<std::vector<DaemonConfig>> Client::daemon_configs() { return ways_->backend->daemons(); }
Result<std::vector<Daemon>> Client::daemons() {
  const auto configs = daemon_configs();
  if (!configs) return std::unexpected(configs.error());
  return std::vector<Daemon>(configs->begin(), configs->end());
}

namespace {

/// The path as people know it.
std::string shown(std::string path) {
  constexpr std::string_view mine = "/thread-self";
  if (const auto at = path.find(mine); at != std::string::npos) path.erase(at, mine.size());
  return path;
}

std::unexpected<Error> unreadable(Operation operation, int code, const std::string& path) {
  return std::unexpected(Error{.operation = operation,
                               .code = code,
                               .origin = Origin::transport,
                               .detail = "cannot read " + shown(path) + ": " + describe(operation, code)});
}

std::unexpected<Error> unknown_form(Operation operation, const std::string& path) {
  return std::unexpected(Error{.operation = operation,
                               .code = EPROTO,
                               .origin = Origin::transport,
                               .detail = shown(path) + " ends too early, or has a form that is not known here"});
}

std::expected<std::string, int> content(Files& files, const std::string& path) {
  std::string text;
  auto done = files.read(path, [&](std::string_view piece) {
    text += piece;
    return true;
  });
  if (!done) return std::unexpected(done.error());
  return text;
}

/// Empty for what cannot be the name of a setting.
std::string sysctl_path(std::string_view name) {
  if (name.empty() || name.front() == '.' || name.find('/') != std::string_view::npos || name.find('\0') != std::string_view::npos)
    return {};
  return std::string(procfs::kSysctls) + "/" + std::string(name);
}

std::unexpected<Error> sysctl_error(Operation operation, int code, std::string_view name) {
  const std::string what = operation == Operation::get_sysctl ? "read" : "set";
  return std::unexpected(
      Error{.operation = operation,
            .code = code,
            .origin = Origin::kernel,
            .detail = code == ENOENT ? "this module has no sysctl " + std::string(name)
                                     : "cannot " + what + " sysctl " + std::string(name) + ": " + std::strerror(code)});
}

}  // namespace

Result<void> Client::for_each_connection(const ConnectionFilter& filter,
                                         const std::function<bool(Connection&)>& visit) {
  constexpr auto operation = Operation::list_connections;
  const auto asked = ways_->backend->for_each_connection(filter, visit);
  if (!asked) return std::unexpected(asked.error());
  if (*asked) return {};
  procfs::ConnectionReader reader(filter, visit);
  const auto done =
      ways_->files->read(procfs::kConnections, [&](std::string_view piece) { return reader.take(piece); });
  if (!done) return unreadable(operation, done.error(), procfs::kConnections);
  if (!reader.is_sound()) return unknown_form(operation, procfs::kConnections);
  return {};
}

Result<std::vector<Connection>> Client::connections(const ConnectionFilter& filter) {
  std::vector<Connection> list;
  auto done = for_each_connection(filter, [&](Connection& each) {
    list.push_back(std::move(each));
    return true;
  });
  if (!done) return std::unexpected(std::move(done.error()));
  return list;
}

Result<Stats> Client::totals() {
  constexpr auto operation = Operation::get_totals;
  const auto text = content(*ways_->files, procfs::kTotals);
  if (!text) return unreadable(operation, text.error(), procfs::kTotals);
  const auto totals = procfs::parse_totals(*text);
  if (!totals) return unknown_form(operation, procfs::kTotals);
  return *totals;
}

Result<std::vector<Drop>> Client::drops() {
  constexpr auto operation = Operation::list_drops;
  const auto text = content(*ways_->files, procfs::kDrops);
  // A module is there, which has the totals at least.
  if (!text && text.error() == ENOENT && content(*ways_->files, procfs::kTotals))
    return std::unexpected(Error{.operation = operation,
                                 .code = EOPNOTSUPP,
                                 .origin = Origin::kernel,
                                 .detail = "this module does not count drops by their reasons"});
  if (!text) return unreadable(operation, text.error(), procfs::kDrops);
  auto drops = procfs::parse_drops(*text);
  if (!drops) return unknown_form(operation, procfs::kDrops);
  return std::move(*drops);
}

Result<std::vector<StatusFigure>> Client::status() {
  constexpr auto operation = Operation::get_status;
  const auto text = content(*ways_->files, procfs::kStatus);
  if (!text && text.error() == ENOENT && content(*ways_->files, procfs::kTotals))
    return std::unexpected(Error{.operation = operation, .code = EOPNOTSUPP, .origin = Origin::kernel, .detail = {}});
  if (!text) return unreadable(operation, text.error(), procfs::kStatus);
  auto figures = procfs::parse_status(*text);
  if (!figures) return unknown_form(operation, procfs::kStatus);
  return std::move(*figures);
}

Result<std::vector<DaemonStatus>> Client::daemon_status() {
  constexpr auto operation = Operation::get_daemon_status;
  const auto text = content(*ways_->files, procfs::kSync);
  if (!text && text.error() == ENOENT && content(*ways_->files, procfs::kTotals))
    return std::unexpected(Error{.operation = operation, .code = EOPNOTSUPP, .origin = Origin::kernel, .detail = {}});
  if (!text) return unreadable(operation, text.error(), procfs::kSync);
  auto status = procfs::parse_sync(*text);
  if (!status) return unknown_form(operation, procfs::kSync);
  return std::move(*status);
}

Result<std::vector<std::string>> Client::sysctls() {
  auto names = ways_->files->names(procfs::kSysctls);
  if (!names) return unreadable(Operation::list_sysctls, names.error(), procfs::kSysctls);
  return std::move(*names);
}

Result<std::string> Client::sysctl(std::string_view name) {
  constexpr auto operation = Operation::get_sysctl;
  const std::string path = sysctl_path(name);
  if (path.empty()) return sysctl_error(operation, ENOENT, name);
  auto value = content(*ways_->files, path);
  if (!value) return sysctl_error(operation, value.error(), name);
  while (value->ends_with('\n')) value->pop_back();
  std::ranges::replace(*value, '\t', ' ');
  return std::move(*value);
}

Result<void> Client::set_sysctl(std::string_view name, std::string_view value) {
  constexpr auto operation = Operation::set_sysctl;
  const std::string path = sysctl_path(name);
  if (path.empty()) return sysctl_error(operation, ENOENT, name);
  const auto done = ways_->files->write(path, std::string(value) + "\n");
  if (!done) return sysctl_error(operation, done.error(), name);
  return {};
}

Result<Unseen> Client::unseen() {
  constexpr auto operation = Operation::get_unseen;
  if (transport() == Transport::netlink) return Unseen{};
  const auto services = content(*ways_->files, procfs::kServices);
  if (!services) return unreadable(operation, services.error(), procfs::kServices);
  // A kernel without modules has no such file.
  const auto modules = content(*ways_->files, procfs::kModules);
  if (!modules && modules.error() != ENOENT) return unreadable(operation, modules.error(), procfs::kModules);
  return procfs::parse_unseen(*services, modules.value_or(""));
}

Result<void> Client::add_service(const Service& service) { return apply(Change::add_service(service)); }
Result<void> Client::edit_service(const Service& service) { return apply(Change::edit_service(service)); }
Result<void> Client::delete_service(const ServiceKey& key) { return apply(Change::delete_service(key)); }
Result<void> Client::zero_service(const ServiceKey& key) { return apply(Change::zero_service(key)); }
Result<void> Client::zero_all() { return apply(Change::zero_all()); }
Result<void> Client::flush() { return apply(Change::flush()); }

Result<void> Client::add_dest(const ServiceKey& service, const Dest& dest) {
  return apply(Change::add_dest(service, dest));
}
Result<void> Client::edit_dest(const ServiceKey& service, const Dest& dest) {
  return apply(Change::edit_dest(service, dest));
}
Result<void> Client::delete_dest(const ServiceKey& service, const DestKey& dest) {
  return apply(Change::delete_dest(service, dest));
}

Result<void> Client::set_timeouts(const Timeouts& timeouts) { return apply(Change::set_timeouts(timeouts)); }
Result<void> Client::start_daemon(const Daemon& daemon) { return apply(Change::start_daemon(daemon)); }
Result<void> Client::start_daemon_with(const DaemonConfig& daemon) { return apply(Change::start_daemon_with(daemon)); }
Result<void> Client::stop_daemon(const Daemon& daemon) { return apply(Change::stop_daemon(daemon)); }

}  // namespace ipvs::inline v1
