// SPDX-License-Identifier: GPL-2.0-or-later
#include "ensure.hh"

#include <algorithm>
#include <cerrno>

namespace ipvsadm {
namespace {

/// One that is there already under its state: kept if it runs as wanted, else replaced.
ipvs::Result<void> restart_daemon(ipvs::Client& client, const ipvs::Daemon& wanted) {
  const auto daemons = client.daemons();
  if (!daemons) return std::unexpected(daemons.error());
  const auto running = std::ranges::find(*daemons, wanted.state, &ipvs::Daemon::state);
  if (running != daemons->end() && runs_as(*running, wanted)) return {};
  ipvs::Daemon stopped;
  stopped.state = wanted.state;
  if (auto done = client.stop_daemon(stopped); !done && done.error().code != ESRCH) return done;
  auto started = client.start_daemon(wanted);
  // Better the old one than none.
  if (!started && running != daemons->end()) (void)client.start_daemon(*running);
  return started;
}

}  // namespace

bool is_done_already(const ipvs::Change& change, const ipvs::Error& error) {
  if (change.as<ipvs::change::DeleteService>() || change.as<ipvs::change::StopDaemon>()) return error.code == ESRCH;
  if (change.as<ipvs::change::DeleteDest>()) return error.code == ESRCH || error.code == ENOENT;
  return false;
}

std::optional<ipvs::Change> edit_instead(const ipvs::Change& change, const ipvs::Error& error) {
  if (error.code != EEXIST) return {};
  if (const auto* add = change.as<ipvs::change::AddService>()) return ipvs::Change::edit_service(add->service);
  if (const auto* add = change.as<ipvs::change::AddDest>()) return ipvs::Change::edit_dest(add->service, add->dest);
  return {};
}

bool runs_as(const ipvs::Daemon& running, const ipvs::Daemon& wanted) {
  return running.state == wanted.state && running.interface == wanted.interface &&
         running.sync_id == wanted.sync_id &&
         (wanted.sync_maxlen == 0 || running.sync_maxlen == wanted.sync_maxlen) &&
         (wanted.group.family == AF_UNSPEC || running.group == wanted.group) &&
         (wanted.port == 0 || running.port == wanted.port) && (wanted.ttl == 0 || running.ttl == wanted.ttl);
}

ipvs::Result<void> ensure(ipvs::Client& client, const ipvs::Change& change) {
  auto done = client.apply(change);
  if (done || is_done_already(change, done.error())) return {};
  if (const auto edit = edit_instead(change, done.error())) return client.apply(*edit);
  if (const auto* start = change.as<ipvs::change::StartDaemon>(); start && done.error().code == EEXIST)
    return restart_daemon(client, start->daemon);
  return done;
}

ipvs::Result<void> put_back(ipvs::Client& client, const std::vector<ipvs::Daemon>& before) {
  auto now = client.daemons();
  if (!now) return std::unexpected(now.error());
  for (const ipvs::Daemon& each : *now) {
    if (std::ranges::find(before, each) != before.end()) continue;
    if (auto done = client.stop_daemon(each); !done) return done;
  }
  for (const ipvs::Daemon& each : before) {
    if (std::ranges::find(*now, each) != now->end()) continue;
    if (auto done = client.start_daemon(each); !done) return done;
  }
  return {};
}

}  // namespace ipvsadm
