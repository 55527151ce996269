// SPDX-License-Identifier: GPL-2.0-or-later
#include "feedback/table.hh"

#include <cerrno>
#include <optional>

#include "base/module.hh"
#include "base/words.hh"
#include "ipvs/client.hh"

namespace feedback {
namespace {

Trouble trouble(const ipvs::Error& error) {
  return {.is_refused = error.code == EPERM, .text = ipvsadm::shown(error.message())};
}

class RunningTable : public Table {
 public:
  std::expected<void, Trouble> open() override {
    client_.reset();
    auto client = ipvsadm::open_if_there();
    if (!client && ipvsadm::is_absence(client.error()))
      return std::unexpected(Trouble{.is_absent = true, .text = ipvsadm::kNoModule});
    if (!client) return std::unexpected(trouble(client.error()));
    client_ = std::move(*client);
    return {};
  }

  std::expected<std::vector<ipvs::DestEntry>, Trouble> dests(const ipvs::ServiceKey& service) override {
    auto found = client_->dests(service);
    if (!found && found.error().code == ESRCH) return std::vector<ipvs::DestEntry>();
    if (!found) return std::unexpected(trouble(found.error()));
    return std::move(*found);
  }

  std::expected<bool, std::string> edit(const ipvs::ServiceKey& service, const ipvs::Dest& dest) override {
    const auto done = client_->edit_dest(service, dest);
    if (done) return true;
    // No server, or no service.
    if (done.error().code == ENOENT || done.error().code == ESRCH) return false;
    return std::unexpected(ipvsadm::shown(done.error().message()));
  }

 private:
  std::optional<ipvs::Client> client_;
};

}  // namespace

std::unique_ptr<Table> running_table() { return std::make_unique<RunningTable>(); }

std::expected<std::vector<ipvs::DestEntry>, Trouble> DryTable::dests(const ipvs::ServiceKey& service) {
  auto found = table_.dests(service);
  if (!found) return found;
  for (ipvs::DestEntry& each : *found) {
    const auto key = std::pair(service, each.key);
    real_[key] = each.weight;
    const auto edit = edits_.find(key);
    if (edit == edits_.end()) continue;
    if (edit->second.real == each.weight)
      each.weight = edit->second.weight;
    else
      edits_.erase(edit);
  }
  return found;
}

std::expected<bool, std::string> DryTable::edit(const ipvs::ServiceKey& service, const ipvs::Dest& dest) {
  const auto key = std::pair(service, dest.key);
  edits_[key] = {real_[key], dest.weight};
  return true;
}

}  // namespace feedback
