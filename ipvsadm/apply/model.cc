// SPDX-License-Identifier: GPL-2.0-or-later
#include "apply/model.hh"

#include <cerrno>

namespace ipvsadm {

/// Makes one change; returns 0 or an errno value.
struct TableModel::Maker {
  TableModel& model;
  const ipvs::Change& change;
  unsigned line;
  bool ensure;

  int operator()(const ipvs::change::Flush&) const {
    model.services_.clear();
    return 0;
  }

  int operator()(const ipvs::change::AddService& add) const {
    Entry* present = model.services_.find(add.service.key);
    if (present && !ensure) return EEXIST;
    if (present) return set(*present, add.service);
    model.services_.add(add.service.key, {add.service, line, {}});
    return 0;
  }
  int operator()(const ipvs::change::EditService& edit) const {
    Entry* present = model.services_.find(edit.service.key);
    return present ? set(*present, edit.service) : ESRCH;
  }
  int operator()(const ipvs::change::DeleteService& remove) const {
    return model.services_.remove(remove.service) || ensure ? 0 : ESRCH;
  }

  int operator()(const ipvs::change::AddDest& add) const {
    Entry* entry = model.services_.find(add.service);
    if (!entry) return ESRCH;
    Server* present = entry->servers.find(add.dest.key);
    if (present && !ensure) return EEXIST;
    if (present)
      *present = {add.dest, line};
    else
      entry->servers.add(add.dest.key, {add.dest, line});
    return 0;
  }
  int operator()(const ipvs::change::EditDest& edit) const {
    Entry* entry = model.services_.find(edit.service);
    if (!entry) return ESRCH;
    Server* present = entry->servers.find(edit.dest.key);
    if (!present) return ENOENT;
    *present = {edit.dest, line};
    return 0;
  }
  int operator()(const ipvs::change::DeleteDest& remove) const {
    Entry* entry = model.services_.find(remove.service);
    if ((entry && entry->servers.remove(remove.dest)) || ensure) return 0;
    return entry ? ENOENT : ESRCH;
  }

  int operator()(const ipvs::change::SetTimeouts& wanted) const {
    const auto keep_zero = [](std::uint32_t& into, std::uint32_t seconds) {
      if (seconds != 0) into = seconds;
    };
    keep_zero(model.timeouts_.tcp, wanted.timeouts.tcp);
    keep_zero(model.timeouts_.tcp_fin, wanted.timeouts.tcp_fin);
    keep_zero(model.timeouts_.udp, wanted.timeouts.udp);
    return 0;
  }
  int operator()(const ipvs::change::StartDaemon& start) const { return start_daemon(start.daemon); }
  int operator()(const ipvs::change::StartDaemonWith& start) const { return start_daemon(*start.daemon); }
  int operator()(const ipvs::change::StopDaemon& stop) const {
    const bool ran = !model.running_ || model.running_->erase(stop.daemon.state) != 0;
    return ran || ensure ? wish(stop.daemon.state) : ESRCH;
  }

  // Counters are no part of a table, but services are.
  int operator()(const ipvs::change::ZeroService& zero) const {
    return model.services_.find(zero.service) ? 0 : ESRCH;
  }
  int operator()(const ipvs::change::ZeroAll&) const { return 0; }

 private:
  int set(Entry& entry, const ipvs::Service& service) const {
    entry.service = service;
    entry.line = line;
    return 0;
  }
  int start_daemon(const ipvs::Daemon& daemon) const {
    const bool is_new = !model.running_ || model.running_->insert(daemon.state).second;
    return is_new || ensure ? wish(daemon.state) : EEXIST;
  }
  int wish(std::uint32_t state) const {
    model.daemons_.insert_or_assign(state, DaemonWish{change, line});
    return 0;
  }
};

ipvs::Result<void> TableModel::apply(const ipvs::Change& change, unsigned line, bool ensure) {
  const int code = std::visit(Maker{*this, change, line, ensure}, change.body);
  if (code == 0) return {};
  return std::unexpected(ipvs::Error{.operation = change.operation(), .code = code, .detail = {}});
}

void TableModel::begin_with_daemons(const std::vector<ipvs::Daemon>& running) {
  running_.emplace();
  for (const ipvs::Daemon& each : running) running_->insert(each.state);
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
