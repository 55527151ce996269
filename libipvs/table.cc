// SPDX-License-Identifier: LGPL-2.1-or-later
#include "table.hh"

#include <linux/ip_vs.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>

namespace ipvs::inline v1::table {
namespace {

/// A mark is all that identifies its service besides the family; the rest may be anything.
ServiceKey identity(const ServiceKey& key) {
  if (key.fwmark == 0) return key;
  return {.fwmark = key.fwmark, .family = key.family, .protocol = 0, .addr = {}, .port = 0};
}

/// The kernel sets HASHED in what it reports.
bool same(const Service& a, const Service& b) {
  return a.scheduler == b.scheduler && ((a.flags ^ b.flags) & ~std::uint32_t{IP_VS_SVC_F_HASHED}) == 0 &&
         a.timeout == b.timeout && a.mask() == b.mask() && a.pe == b.pe;
}

std::unexpected<TableError> twice(Operation operation, std::size_t service, std::optional<std::size_t> dest) {
  return std::unexpected(
      TableError{.error = {.operation = operation, .code = EEXIST, .origin = Origin::kernel, .detail = {}},
                 .service = service,
                 .dest = dest});
}

class Planner {
 public:
  Planner(const std::vector<ServiceWithDests>& present, const Table& wanted) : wanted_(wanted) {
    for (const auto& each : present) present_.emplace(identity(each.service.key), &each);
  }

  std::expected<Plan, TableError> run() {
    if (wanted_.timeouts != Timeouts{}) plan_.build.push_back({Change::set_timeouts(wanted_.timeouts)});
    for (std::size_t i = 0; i < wanted_.services.size(); ++i)
      if (auto done = add(i); !done) return std::unexpected(std::move(done.error()));
    for (const auto& [key, gone] : present_)
      if (!keys_.contains(key))
        plan_.remove.push_back({.change = Change::delete_service(gone->service.key), .old_service = gone});
    return std::move(plan_);
  }

 private:
  std::expected<void, TableError> add(std::size_t number) {
    const auto& item = wanted_.services[number];
    const ServiceKey key = identity(item.service.key);
    if (!keys_.insert(key).second) return twice(Operation::add_service, number, {});

    const auto found = present_.find(key);
    const ServiceWithDests* old = found == present_.end() ? nullptr : found->second;
    if (!old)
      plan_.build.push_back({.change = Change::add_service(item.service), .service = number});
    else if (!same(old->service, item.service))
      plan_.build.push_back(
          {.change = Change::edit_service(item.service), .service = number, .old_service = old});
    return add_dests(number, old);
  }

  std::expected<void, TableError> add_dests(std::size_t number, const ServiceWithDests* old) {
    const auto& item = wanted_.services[number];
    std::map<DestKey, const DestEntry*> present;
    std::set<DestKey> keys;
    if (old)
      for (const auto& dest : old->dests) present.emplace(dest.key, &dest);
    for (std::size_t i = 0; i < item.dests.size(); ++i) {
      const Dest& dest = item.dests[i];
      if (!keys.insert(dest.key).second) return twice(Operation::add_dest, number, i);
      const auto found = present.find(dest.key);
      if (found == present.end())
        plan_.build.push_back(
            {.change = Change::add_dest(item.service.key, dest), .service = number, .dest = i});
      else if (static_cast<const Dest&>(*found->second) != dest)
        plan_.build.push_back({.change = Change::edit_dest(item.service.key, dest),
                               .service = number,
                               .dest = i,
                               .old_service = old,
                               .old_dest = found->second});
    }
    for (const auto& [key, gone] : present)
      if (!keys.contains(key))
        plan_.remove.push_back({.change = Change::delete_dest(item.service.key, key),
                                .service = number,
                                .old_service = old,
                                .old_dest = gone});
    return {};
  }

  const Table& wanted_;
  std::map<ServiceKey, const ServiceWithDests*> present_;
  std::set<ServiceKey> keys_;
  Plan plan_;
};

/// Is the object gone that was to be deleted? Then somebody else has done it.
bool is_gone(const Change& change, const Error& error) {
  if (change.as<change::DeleteService>()) return error.code == ESRCH;
  if (change.as<change::DeleteDest>()) return error.code == ESRCH || error.code == ENOENT;
  return false;
}

/// Makes the steps and notes those that were made, up to the first refusal. One at a time: the kernel works through
/// what is sent together, refusals or not.
std::expected<void, TableError> make(const std::vector<Step>& steps, std::vector<const Step*>& made,
                                     const Apply& apply, std::vector<Remark>& remarks) {
  for (const Step& step : steps) {
    const std::size_t before = remarks.size();
    auto done = std::move(apply(std::span(&step.change, 1), remarks).front());
    for (Remark& each : std::span(remarks).subspan(before)) {
      each.service = step.service;
      each.dest = step.dest;
    }
    if (done)
      made.push_back(&step);
    else if (!is_gone(step.change, done.error()))
      return std::unexpected(TableError{std::move(done.error()), step.service, step.dest});
  }
  return {};
}

struct Inverse {
  const Step& step;
  const Timeouts& old_timeouts;
  using Changes = std::vector<Change>;

  Changes operator()(const change::SetTimeouts&) const { return {Change::set_timeouts(old_timeouts)}; }
  Changes operator()(const change::AddService& add) const { return {Change::delete_service(add.service.key)}; }
  Changes operator()(const change::EditService&) const { return {Change::edit_service(step.old_service->service)}; }
  Changes operator()(const change::DeleteService&) const {
    Changes changes{Change::add_service(step.old_service->service)};
    // Listings begin with the newest.
    for (auto dest = step.old_service->dests.rbegin(); dest != step.old_service->dests.rend(); ++dest)
      changes.push_back(Change::add_dest(step.old_service->service.key, *dest));
    return changes;
  }
  Changes operator()(const change::AddDest& add) const { return {Change::delete_dest(add.service, add.dest.key)}; }
  Changes operator()(const change::EditDest&) const {
    return {Change::edit_dest(step.old_service->service.key, *step.old_dest)};
  }
  Changes operator()(const change::DeleteDest&) const {
    return {Change::add_dest(step.old_service->service.key, *step.old_dest)};
  }
  /// No part of a plan.
  Changes operator()(const auto&) const { return {}; }
};

}  // namespace

std::expected<Plan, TableError> plan(const std::vector<ServiceWithDests>& present, const Table& wanted) {
  return Planner(present, wanted).run();
}

std::vector<Change> inverse(const Step& step, const Timeouts& old_timeouts) {
  return std::visit(Inverse{step, old_timeouts}, step.change.body);
}

std::expected<void, TableError> carry_out(const Plan& plan, const Timeouts& old_timeouts,
                                          const Apply& apply, std::vector<Remark>& remarks) {
  std::vector<const Step*> made;
  auto done = make(plan.build, made, apply, remarks);
  if (done) done = make(plan.remove, made, apply, remarks);
  if (done) return {};

  std::vector<Change> back;
  for (auto step = made.rbegin(); step != made.rend(); ++step)
    for (auto& change : inverse(**step, old_timeouts)) back.push_back(std::move(change));
  // What cannot be taken back is not there any more; the caller hears of the refusal that matters.
  apply(back, remarks);
  remarks.clear();
  return done;
}

}  // namespace ipvs::inline v1::table
