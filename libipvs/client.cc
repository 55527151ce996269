// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ipvs/client.hh"

#include <cerrno>

#include "backend.hh"
#include "sockopt.hh"
#include "socket.hh"
#include "table.hh"

namespace ipvs {

Client::Client(std::unique_ptr<Backend> backend) : backend_(std::move(backend)) {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

Client make_client(std::unique_ptr<Backend> backend) { return Client(std::move(backend)); }

BackendResult open_backend(Client::Transport transport, const std::function<BackendResult()>& netlink,
                           const std::function<BackendResult()>& sockopt) {
  if (transport == Client::Transport::sockopt) return sockopt();
  auto backend = netlink();
  // Socket options show and save less. Whoever wants all of it and cannot have it right now must hear of that.
  if (backend || transport == Client::Transport::netlink || backend.error().code != ENOENT) return backend;
  return sockopt();
}

Result<Client> Client::open(Transport transport) {
  auto backend = open_backend(
      transport, [] { return open_netlink(kernel_link()); }, [] { return open_sockopt(kernel_options()); });
  if (!backend) return std::unexpected(std::move(backend.error()));
  return make_client(std::move(*backend));
}

Client::Transport Client::transport() const { return backend_->transport(); }

std::vector<Result<void>> Client::apply(std::span<const Change> changes) {
  return backend_->apply(changes);
}

Result<void> Client::apply(const Change& change) {
  return std::move(backend_->apply(std::span(&change, 1)).front());
}

Result<ServiceEntry> Client::service(const ServiceKey& key) { return backend_->service(key); }

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
  return backend_->for_each_service(visit);
}

Result<void> Client::for_each_dest(const ServiceKey& service, const std::function<bool(DestEntry&)>& visit) {
  return backend_->for_each_dest(service, visit);
}

Result<void> Client::for_each(const std::function<bool(ServiceEntry&)>& on_service,
                              const std::function<bool(const ServiceKey&, DestEntry&)>& on_dest) {
  const auto in_one = backend_->for_each(on_service, on_dest);
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

std::expected<void, TableError> Client::replace_table(const Table& table) {
  auto in_one = backend_->replace_table(table);
  if (!in_one) return std::unexpected(std::move(in_one.error()));
  if (*in_one) return {};

  const auto present = this->table();
  if (!present) return std::unexpected(TableError{present.error()});
  const auto old_timeouts = timeouts();
  if (!old_timeouts) return std::unexpected(TableError{old_timeouts.error()});
  const auto plan = table::plan(*present, table);
  if (!plan) return std::unexpected(plan.error());
  return table::carry_out(*plan, *old_timeouts,
                          [this](std::span<const Change> changes) { return backend_->apply(changes); });
}

Result<Timeouts> Client::timeouts() { return backend_->timeouts(); }
Result<Info> Client::info() { return backend_->info(); }
Result<std::vector<Daemon>> Client::daemons() { return backend_->daemons(); }

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
Result<void> Client::stop_daemon(const Daemon& daemon) { return apply(Change::stop_daemon(daemon)); }

}  // namespace ipvs
