// SPDX-License-Identifier: GPL-2.0-or-later
#include "exporter/snapshot.hh"

#include <cerrno>

#include "base/words.hh"
#include "ipvs/client.hh"

namespace exporter {
namespace {

constexpr auto kNoModule = "the module ip_vs is not loaded";

/// Looking on loads nothing: whoever has removed the module meant it.
std::expected<ipvs::Client, std::string> opened() {
  auto client = ipvs::Client::open_loaded(ipvs::Client::Transport::netlink);
  if (client) return std::move(*client);
  if (client.error().code == ENOENT) return std::unexpected(kNoModule);
  return std::unexpected(ipvsadm::shown(client.error().message()));
}

template <typename T>
std::optional<T> known(ipvs::Result<T> result) {
  if (!result) return {};
  return std::move(*result);
}

class RunningKernel : public Kernel {
 public:
  Snapshot snapshot() override {
    auto client = opened();
    if (!client) return {.trouble = client.error()};
    auto info = client->info();
    if (!info) return {.trouble = ipvsadm::shown(info.error().message())};
    auto table = client->table();
    if (!table) return {.trouble = ipvsadm::shown(table.error().message())};
    Snapshot taken;
    taken.info = std::move(*info);
    taken.table = std::move(*table);
    taken.totals = known(client->totals());
    taken.timeouts = known(client->timeouts());
    taken.drops = known(client->drops());
    taken.status = known(client->status());
    taken.daemons = known(client->daemon_configs());
    taken.sync = known(client->daemon_status());
    return taken;
  }

  std::optional<ipvs::Stats> totals() override {
    auto client = opened();
    if (!client) return {};
    return known(client->totals());
  }

  std::expected<void, std::string> connections(const ipvs::ConnectionFilter& filter,
                                               const std::function<bool(ipvs::Connection&)>& visit) override {
    auto client = opened();
    if (!client) return std::unexpected(client.error());
    const auto done = client->for_each_connection(filter, visit);
    if (!done) return std::unexpected(ipvsadm::shown(done.error().message()));
    return {};
  }
};

}  // namespace

std::unique_ptr<Kernel> running_kernel() { return std::make_unique<RunningKernel>(); }

}  // namespace exporter
