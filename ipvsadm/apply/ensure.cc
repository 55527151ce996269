// SPDX-License-Identifier: GPL-2.0-or-later
#include "apply/ensure.hh"

#include <algorithm>
#include <cerrno>

namespace ipvsadm {
namespace {

/// One that is there already under its state: kept if it runs as wanted, else replaced.
ipvs::Result<void> restart_daemon(ipvs::Client& client, const ipvs::DaemonConfig& wanted) {
  const auto daemons = client.daemon_configs();
  if (!daemons) return std::unexpected(daemons.error());
  const auto running = std::ranges::find(*daemons, wanted.state, &ipvs::DaemonConfig::state);
  if (running != daemons->end() && runs_as(*running, wanted)) return {};
  ipvs::Daemon stopped;
  stopped.state = wanted.state;
  if (auto done = client.stop_daemon(stopped); !done && done.error().code != ESRCH) return done;
  auto started = client.start_daemon_with(wanted);
  // Better the old one than none; but not without the key that it had.
  if (!started && running != daemons->end() && !running->has_key()) (void)client.start_daemon_with(*running);
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

bool runs_as(const ipvs::DaemonConfig& running, const ipvs::DaemonConfig& wanted) {
  return running.state == wanted.state && running.interface == wanted.interface &&
         running.sync_id == wanted.sync_id && !running.has_key() && wanted.key.empty() &&
         running.peer_addresses == wanted.peer_addresses &&
         (wanted.sync_maxlen == 0 || running.sync_maxlen == wanted.sync_maxlen) &&
         (wanted.group.family == AF_UNSPEC || running.group == wanted.group) &&
         (wanted.port == 0 || running.port == wanted.port) && (wanted.ttl == 0 || running.ttl == wanted.ttl);
}

ipvs::Result<void> ensure(ipvs::Client& client, const ipvs::Change& change) {
  auto done = client.apply(change);
  if (done || is_done_already(change, done.error())) return {};
  if (const auto edit = edit_instead(change, done.error())) return client.apply(*edit);
  if (done.error().code != EEXIST) return done;
  if (const auto* start = change.as<ipvs::change::StartDaemon>()) {
    ipvs::DaemonConfig wanted;
    static_cast<ipvs::Daemon&>(wanted) = start->daemon;
    return restart_daemon(client, wanted);
  }
  if (const auto* start = change.as<ipvs::change::StartDaemonWith>()) return restart_daemon(client, *start->daemon);
  return done;
}

ipvs::Result<void> put_back(ipvs::Client& client, const std::vector<ipvs::DaemonConfig>& before) {
  auto now = client.daemon_configs();
  if (!now) return std::unexpected(now.error());
  for (const ipvs::DaemonConfig& each : *now) {
    if (std::ranges::find(before, each) != before.end()) continue;
    if (auto done = client.stop_daemon(each); !done) return done;
  }
  for (const ipvs::DaemonConfig& each : before) {
    if (std::ranges::find(*now, each) != now->end()) continue;
    // It is not known: without its key the daemon would believe everybody.
    if (each.has_key())
      return std::unexpected(ipvs::Error{.operation = ipvs::Operation::start_daemon,
                                         .code = EOPNOTSUPP,
                                         .origin = ipvs::Origin::transport,
                                         .detail = "the daemon had a key, which is not known: start it again with it"});
    if (auto done = client.start_daemon_with(each); !done) return done;
  }
  return {};
}

}  // namespace ipvsadm
