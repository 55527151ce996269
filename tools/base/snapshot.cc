// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/snapshot.hh"

#include <algorithm>
#include <exception>

#include "base/module.hh"
#include "base/words.hh"

namespace ipvsadm {
namespace {

template <typename List, typename Key>
void sort_without_twins(List& list, Key key) {
  std::ranges::sort(list, {}, key);
  const auto twins = std::ranges::unique(list, {}, key);
  list.erase(twins.begin(), twins.end());
}

template <typename T>
std::optional<T> known(ipvs::Result<T> result) {
  if (!result) return {};
  return std::move(*result);
}

class RunningKernel : public Kernel {
 public:
  Snapshot snapshot() override {
    auto client = open_client();
    if (!client) return {.trouble = client.error()};
    auto info = client->info();
    if (!info) return {.trouble = shown(info.error().message())};
    auto table = client->table();
    if (!table) return {.trouble = shown(table.error().message())};
    Snapshot taken;
    taken.info = std::move(*info);
    taken.table = std::move(*table);
    taken.totals = known(client->totals());
    taken.timeouts = known(client->timeouts());
    taken.drops = known(client->drops());
    taken.status = known(client->status());
    taken.daemons = known(client->daemon_configs());
    taken.sync = known(client->daemon_status());
    // Where there is no such switch it always does.
    taken.has_estimates = client->sysctl("run_estimation").value_or("1") != "0" && client->sysctl("est_cpulist").value_or("0") != "";
    return taken;
  }

  std::optional<ipvs::Stats> totals() override {
    auto client = open_client();
    if (!client) return {};
    return known(client->totals());
  }

  std::expected<void, std::string> connections(const ipvs::ConnectionFilter& filter,
                                               const std::function<bool(ipvs::Connection&)>& visit) override {
    auto client = open_client();
    if (!client) return std::unexpected(client.error());
    const auto done = client->for_each_connection(filter, visit);
    if (!done) return std::unexpected(shown(done.error().message()));
    return {};
  }
};

}  // namespace

std::unique_ptr<Kernel> running_kernel() { return std::make_unique<RunningKernel>(); }

std::expected<ipvs::Client, std::string> open_client() {
  auto client = open_if_there();
  if (client) return std::move(*client);
  if (is_absence(client.error())) return std::unexpected(kNoModule);
  return std::unexpected(shown(client.error().message()));
}

Snapshot timed_snapshot(Kernel& kernel) {
  using Clock = std::chrono::steady_clock;
  const auto begun = Clock::now();
  Snapshot taken;
  try {
    taken = kernel.snapshot();
    put_in_order(taken.table);
  } catch (const std::exception& error) {
    taken = {.trouble = shown(error.what())};
  }
  taken.begun = begun;
  taken.seconds = std::chrono::duration<double>(Clock::now() - begun).count();
  return taken;
}

void put_in_order(std::vector<ipvs::ServiceWithDests>& table) {
  sort_without_twins(table, [](const auto& each) { return each.service.key; });
  for (auto& each : table) sort_without_twins(each.dests, &ipvs::DestEntry::key);
}

}  // namespace ipvsadm
