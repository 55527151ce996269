// SPDX-License-Identifier: GPL-2.0-or-later
#include "model.hh"

#include <cerrno>

namespace ipvsadm {

std::optional<ipvs::Error> TableModel::apply(const ipvs::Change& change, unsigned line, bool ensure) {
  using enum ipvs::Operation;
  int code = 0;
  switch (change.operation) {
    case flush:
      services_.clear();
      break;
    case add_service:
    case edit_service:
      code = set_service(change.operation, std::get<ipvs::Service>(change.body), line, ensure);
      break;
    case delete_service:
      if (!services_.remove(std::get<ipvs::ServiceKey>(change.body)) && !ensure) code = ESRCH;
      break;
    case add_dest:
    case edit_dest:
      code = set_server(change.operation, std::get<ipvs::DestSpec>(change.body), line, ensure);
      break;
    case delete_dest:
      code = remove_server(std::get<ipvs::DestRef>(change.body), ensure);
      break;
    case set_timeouts:
      note_timeouts(std::get<ipvs::Timeouts>(change.body));
      break;
    case start_daemon:
    case stop_daemon: {
      const std::uint32_t state = std::get<ipvs::Daemon>(change.body).state;
      daemons_.insert_or_assign(state, DaemonWish{change, line});
      break;
    }
    default:
      // Counters are no part of a table.
      code = EOPNOTSUPP;
  }
  if (code == 0) return {};
  return ipvs::Error{.operation = change.operation, .code = code, .detail = {}};
}

int TableModel::set_service(ipvs::Operation operation, const ipvs::Service& service, unsigned line,
                            bool ensure) {
  Entry* present = services_.find(service.key);
  if (operation == ipvs::Operation::add_service && !ensure && present) return EEXIST;
  if (operation == ipvs::Operation::edit_service && !present) return ESRCH;
  if (!present) {
    services_.add(service.key, {service, line, {}});
  } else {
    present->service = service;
    present->line = line;
  }
  return 0;
}

int TableModel::set_server(ipvs::Operation operation, const ipvs::DestSpec& spec, unsigned line,
                           bool ensure) {
  Entry* entry = services_.find(spec.service);
  if (!entry) return ESRCH;
  Server* present = entry->servers.find(spec.dest.key);
  if (operation == ipvs::Operation::add_dest && !ensure && present) return EEXIST;
  if (operation == ipvs::Operation::edit_dest && !present) return ENOENT;
  if (!present)
    entry->servers.add(spec.dest.key, {spec.dest, line});
  else
    *present = {spec.dest, line};
  return 0;
}

int TableModel::remove_server(const ipvs::DestRef& ref, bool ensure) {
  Entry* entry = services_.find(ref.service);
  if (entry && entry->servers.remove(ref.dest)) return 0;
  if (ensure) return 0;
  return entry ? ENOENT : ESRCH;
}

void TableModel::note_timeouts(const ipvs::Timeouts& timeouts) {
  const auto keep_zero = [](std::uint32_t& into, std::uint32_t seconds) {
    if (seconds != 0) into = seconds;
  };
  keep_zero(timeouts_.tcp, timeouts.tcp);
  keep_zero(timeouts_.tcp_fin, timeouts.tcp_fin);
  keep_zero(timeouts_.udp, timeouts.udp);
}

TableModel::Result TableModel::result() const {
  Result result;
  result.table.timeouts = timeouts_;
  services_.for_each([&](const Entry& entry) {
    ipvs::Table::Item item{entry.service, {}};
    Result::Lines lines{entry.line, {}};
    entry.servers.for_each([&](const Server& server) {
      item.dests.push_back(server.dest);
      lines.dests.push_back(server.line);
    });
    result.table.services.push_back(std::move(item));
    result.lines.push_back(std::move(lines));
  });
  return result;
}

}  // namespace ipvsadm
