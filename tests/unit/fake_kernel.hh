// SPDX-License-Identifier: GPL-2.0-or-later
// IPVS without a kernel: a table in memory that is changed by the rules of the kernel, and notes what it was told.
#pragma once

#include <algorithm>
#include <cerrno>
#include <map>
#include <memory>
#include <optional>

#include "backend.hh"

struct FakeKernel {
  std::vector<ipvs::ServiceWithDests> table;
  ipvs::Timeouts time{.tcp = 900, .tcp_fin = 120, .udp = 300};
  std::vector<ipvs::DaemonConfig> running;
  ipvs::Info about{.version = 0x010201, .conn_table_size = 4096, .api = 3, .release = "test"};
  ipvs::Client::Transport transport = ipvs::Client::Transport::netlink;
  bool lists_in_one = true;

  /// What is refused from now on, by operation.
  std::map<ipvs::Operation, ipvs::Error> refusals;
  /// What is said of a change that is made, by operation, and of a table.
  std::map<ipvs::Operation, std::string> remarks;
  std::optional<ipvs::Remark> table_remark;
  /// Refuses once, at the n-th change from now on.
  std::optional<std::size_t> refuse_at;

  std::vector<ipvs::Operation> made;       ///< changes that were made
  std::vector<std::string> keys;           ///< of daemons that were started with peers or a key
  std::vector<std::size_t> batches;        ///< how many changes came together
  std::vector<ipvs::Table> replacements;   ///< tables that were set as a whole

  void refuse(ipvs::Operation operation, int code, std::string words = {}) {
    refusals[operation] = {
        .operation = operation, .code = code, .origin = ipvs::Origin::kernel, .detail = std::move(words)};
  }
  ipvs::Result<void> may(ipvs::Operation operation) const {
    const auto found = refusals.find(operation);
    if (found != refusals.end()) return std::unexpected(found->second);
    return {};
  }
};

class FakeBackend : public ipvs::Backend {
 public:
  explicit FakeBackend(std::shared_ptr<FakeKernel> kernel) : kernel_(std::move(kernel)) {}

  ipvs::Client::Transport transport() const override { return kernel_->transport; }

  std::vector<ipvs::Result<void>> apply(std::span<const ipvs::Change> changes,
                                        std::vector<ipvs::Remark>& remarks) override {
    kernel_->batches.push_back(changes.size());
    std::vector<ipvs::Result<void>> outcome;
    for (const auto& change : changes) {
      auto done = kernel_->may(change.operation());
      if (done && kernel_->refuse_at && (*kernel_->refuse_at)-- == 0) {
        kernel_->refuse_at.reset();
        done = refusal(change.operation(), EINVAL);
      }
      if (done) {
        const int code = std::visit([this](const auto& each) { return make(each); }, change.body);
        if (code != 0) done = refusal(change.operation(), code);
      }
      if (done) kernel_->made.push_back(change.operation());
      if (const auto said = kernel_->remarks.find(change.operation()); done && said != kernel_->remarks.end())
        remarks.push_back({.text = said->second, .change = outcome.size()});
      outcome.push_back(std::move(done));
    }
    return outcome;
  }

  ipvs::Result<ipvs::ServiceEntry> service(const ipvs::ServiceKey& key) override {
    if (auto good = kernel_->may(ipvs::Operation::get_service); !good) return std::unexpected(good.error());
    const auto* found = find(key);
    if (!found) return refusal(ipvs::Operation::get_service, ESRCH);
    return found->service;
  }
  ipvs::Result<void> for_each_service(const std::function<bool(ipvs::ServiceEntry&)>& visit) override {
    if (auto good = kernel_->may(ipvs::Operation::list_services); !good) return good;
    for (auto entry : kernel_->table)
      if (!visit(entry.service)) break;
    return {};
  }
  ipvs::Result<void> for_each_dest(const ipvs::ServiceKey& service,
                                   const std::function<bool(ipvs::DestEntry&)>& visit) override {
    if (auto good = kernel_->may(ipvs::Operation::list_dests); !good) return good;
    const auto* found = find(service);
    if (!found) return refusal(ipvs::Operation::list_dests, ESRCH);
    for (auto entry : found->dests)
      if (!visit(entry)) break;
    return {};
  }
  ipvs::Result<bool> for_each(
      const std::function<bool(ipvs::ServiceEntry&)>& on_service,
      const std::function<bool(const ipvs::ServiceKey&, ipvs::DestEntry&)>& on_dest,
      std::optional<ipvs::Timeouts>& timeouts) override {
    if (!kernel_->lists_in_one) return false;
    if (auto good = kernel_->may(ipvs::Operation::list_table); !good) return std::unexpected(good.error());
    if (kernel_->about.api >= 3) timeouts = kernel_->time;
    for (auto entry : kernel_->table) {
      const auto key = entry.service.key;
      if (!on_service(entry.service)) return true;
      for (auto dest : entry.dests)
        if (!on_dest(key, dest)) return true;
    }
    return true;
  }
  std::expected<bool, ipvs::TableError> replace_table(const ipvs::Table& table,
                                                      std::vector<ipvs::Remark>& remarks) override {
    if (kernel_->about.api < 1) return false;
    if (auto good = kernel_->may(ipvs::Operation::replace_table); !good)
      return std::unexpected(ipvs::TableError{good.error(), refused_service, refused_dest});
    kernel_->replacements.push_back(table);
    if (kernel_->table_remark) remarks.push_back(*kernel_->table_remark);
    return true;
  }
  ipvs::Result<ipvs::Timeouts> timeouts() override {
    if (auto good = kernel_->may(ipvs::Operation::get_timeouts); !good) return std::unexpected(good.error());
    return kernel_->time;
  }
  ipvs::Result<ipvs::Info> info() override {
    if (auto good = kernel_->may(ipvs::Operation::get_info); !good) return std::unexpected(good.error());
    return kernel_->about;
  }
  ipvs::Result<std::vector<ipvs::DaemonConfig>> daemons() override {
    if (auto good = kernel_->may(ipvs::Operation::list_daemons); !good) return std::unexpected(good.error());
    return kernel_->running;
  }

  std::optional<std::size_t> refused_service = 0, refused_dest = {};

 private:
  static std::unexpected<ipvs::Error> refusal(ipvs::Operation operation, int code) {
    return std::unexpected(
        ipvs::Error{.operation = operation, .code = code, .origin = ipvs::Origin::kernel, .detail = {}});
  }
  ipvs::ServiceWithDests* find(const ipvs::ServiceKey& key) {
    const auto found = std::ranges::find(kernel_->table, key, [](const auto& each) { return each.service.key; });
    return found == kernel_->table.end() ? nullptr : &*found;
  }
  static auto find(std::vector<ipvs::DestEntry>& dests, const ipvs::DestKey& key) {
    return std::ranges::find(dests, key, &ipvs::DestEntry::key);
  }

  int make(const ipvs::change::AddService& add) {
    if (find(add.service.key)) return EEXIST;
    kernel_->table.emplace_back();
    static_cast<ipvs::Service&>(kernel_->table.back().service) = add.service;
    return 0;
  }
  int make(const ipvs::change::EditService& edit) {
    auto* found = find(edit.service.key);
    if (!found) return ESRCH;
    static_cast<ipvs::Service&>(found->service) = edit.service;
    return 0;
  }
  int make(const ipvs::change::DeleteService& remove) {
    return std::erase_if(kernel_->table, [&](const auto& each) { return each.service.key == remove.service; }) ? 0
                                                                                                               : ESRCH;
  }
  int make(const ipvs::change::ZeroService& zero) { return find(zero.service) ? 0 : ESRCH; }
  int make(const ipvs::change::ZeroAll&) { return 0; }
  int make(const ipvs::change::Flush&) {
    kernel_->table.clear();
    return 0;
  }
  int make(const ipvs::change::AddDest& add) {
    auto* service = find(add.service);
    if (!service) return ESRCH;
    if (find(service->dests, add.dest.key) != service->dests.end()) return EEXIST;
    service->dests.emplace_back();
    static_cast<ipvs::Dest&>(service->dests.back()) = add.dest;
    return 0;
  }
  int make(const ipvs::change::EditDest& edit) {
    auto* service = find(edit.service);
    if (!service) return ESRCH;
    const auto found = find(service->dests, edit.dest.key);
    if (found == service->dests.end()) return ENOENT;
    static_cast<ipvs::Dest&>(*found) = edit.dest;
    return 0;
  }
  int make(const ipvs::change::DeleteDest& remove) {
    auto* service = find(remove.service);
    if (!service) return ESRCH;
    const auto found = find(service->dests, remove.dest);
    if (found == service->dests.end()) return ENOENT;
    service->dests.erase(found);
    return 0;
  }
  int make(const ipvs::change::SetTimeouts& set) {
    if (set.timeouts.tcp != 0) kernel_->time.tcp = set.timeouts.tcp;
    if (set.timeouts.tcp_fin != 0) kernel_->time.tcp_fin = set.timeouts.tcp_fin;
    if (set.timeouts.udp != 0) kernel_->time.udp = set.timeouts.udp;
    return 0;
  }
  int make(const ipvs::change::StartDaemon& start) {
    if (std::ranges::find(kernel_->running, start.daemon.state, &ipvs::Daemon::state) != kernel_->running.end())
      return EEXIST;
    kernel_->running.emplace_back();
    static_cast<ipvs::Daemon&>(kernel_->running.back()) = start.daemon;
    return 0;
  }
  /// The key is not told again.
  int make(const ipvs::change::StartDaemonWith& start) {
    if (const int code = make(ipvs::change::StartDaemon{*start.daemon}); code != 0) return code;
    auto& daemon = kernel_->running.back();
    daemon.peer_addresses = start.daemon->peer_addresses;
    daemon.has_beyond(!start.daemon->key.empty(), static_cast<unsigned>(daemon.peer_addresses.size()));
    kernel_->keys.push_back(start.daemon->key);
    return 0;
  }
  int make(const ipvs::change::StopDaemon& stop) {
    return std::erase_if(kernel_->running, [&](const auto& each) { return each.state == stop.daemon.state; }) ? 0
                                                                                                              : ESRCH;
  }

  std::shared_ptr<FakeKernel> kernel_;
};

inline ipvs::Client client_of(const std::shared_ptr<FakeKernel>& kernel) {
  return ipvs::make_client(std::make_unique<FakeBackend>(kernel));
}
