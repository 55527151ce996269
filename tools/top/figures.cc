// SPDX-License-Identifier: GPL-2.0-or-later
#include "top/figures.hh"

#include <algorithm>
#include <map>
#include <tuple>

#include "base/overview.hh"

namespace top {
namespace {

Rates estimated(const ipvs::Stats& stats) {
  return {.conns = static_cast<double>(stats.cps), .inpkts = static_cast<double>(stats.inpps),
          .outpkts = static_cast<double>(stats.outpps), .inbytes = static_cast<double>(stats.inbps),
          .outbytes = static_cast<double>(stats.outbps)};
}

/// A counter that is less than it was has begun at 0 meanwhile.
double rate(std::uint64_t now, std::uint64_t before, double seconds) {
  return static_cast<double>(now >= before ? now - before : now) / seconds;
}

Rates counted(const ipvs::Stats& now, const ipvs::Stats& before, double seconds) {
  return {.conns = rate(now.conns, before.conns, seconds), .inpkts = rate(now.inpkts, before.inpkts, seconds),
          .outpkts = rate(now.outpkts, before.outpkts, seconds), .inbytes = rate(now.inbytes, before.inbytes, seconds),
          .outbytes = rate(now.outbytes, before.outbytes, seconds)};
}

void add(Rates& sum, const Rates& other) {
  sum.conns += other.conns;
  sum.inpkts += other.inpkts;
  sum.outpkts += other.outpkts;
  sum.inbytes += other.inbytes;
  sum.outbytes += other.outbytes;
}

/// Both lists are sorted by `key`: calls `visit` with the places of what is in both.
template <typename List, typename Key, typename Visit>
void for_each_pair(const List& now, const List& before, Key key, Visit visit) {
  std::size_t other = 0;
  for (std::size_t i = 0; i < now.size(); ++i) {
    while (other < before.size() && key(before[other]) < key(now[i])) ++other;
    if (other < before.size() && key(before[other]) == key(now[i])) visit(i, other);
  }
}

}  // namespace

Frame::Frame(Taken now, const Taken& before) : now_(std::move(now)) {
  const auto& table = now_->table;
  services_.resize(table.size());
  for (const auto& each : table) {
    first_.push_back(dests_);
    dests_ += each.dests.size();
  }
  // Of a module that was not there nothing is known.
  const bool is_known = before && before->is_up() && now_->is_up() && now_->begun > before->begun;
  const double seconds = is_known ? std::chrono::duration<double>(now_->begun - before->begun).count() : 0;
  if (source() != Source::estimates) {
    counted_.resize(dests_);
    if (is_known && source() == Source::counters) count(*before, seconds);
  } else {
    for (std::size_t i = 0; i < table.size(); ++i) services_[i].rates = estimated(table[i].service.stats);
    if (now_->totals) all_.rates = estimated(*now_->totals);
  }
  sum_up();
  if (now_->drops) sum_up_drops(is_known ? before.get() : nullptr, seconds);
}

void Frame::count(const ipvsadm::Snapshot& before, double seconds) {
  const auto service_key = [](const auto& each) -> const ipvs::ServiceKey& { return each.service.key; };
  const auto dest_key = [](const auto& each) -> const ipvs::DestKey& { return each.key; };
  for_each_pair(now_->table, before.table, service_key, [&](std::size_t i, std::size_t other) {
    const auto& service = now_->table[i];
    const auto& past = before.table[other];
    services_[i].rates = counted(service.service.stats, past.service.stats, seconds);
    for_each_pair(service.dests, past.dests, dest_key, [&](std::size_t dest, std::size_t twin) {
      counted_[first_[i] + dest] = counted(service.dests[dest].stats, past.dests[twin].stats, seconds);
    });
  });
  if (now_->totals && before.totals) all_.rates = counted(*now_->totals, *before.totals, seconds);
}

void Frame::sum_up() {
  Rates sum;
  bool has_rates = false;
  for (std::size_t i = 0; i < services_.size(); ++i) {
    Figures& service = services_[i];
    const ipvsadm::Load load = ipvsadm::load_of(now_->table[i]);
    service.active = load.active;
    service.inactive = load.inactive;
    for (const auto& dest : now_->table[i].dests) {
      service.weight += dest.weight;
      const auto use = ipvsadm::use_of(dest);
      if (use == ipvsadm::Use::drained) ++drained_;
      if (use == ipvsadm::Use::full) ++full_;
    }
    all_.active += service.active;
    all_.inactive += service.inactive;
    all_.weight += service.weight;
    if (!service.rates) continue;
    has_rates = true;
    add(sum, *service.rates);
  }
  // The namespace's own numbers have also what services did that are gone.
  if (!all_.rates && has_rates) all_.rates = sum;
}

void Frame::sum_up_drops(const ipvsadm::Snapshot* before, double seconds) {
  Drops drops;
  drops.has_rates = before && before->drops;
  std::map<std::string, std::uint64_t> past;
  if (drops.has_rates)
    for (const auto& each : *before->drops) past[each.reason] = each.packets;
  for (const auto& each : *now_->drops) {
    if (each.packets == 0) continue;
    DropFigure figure{.reason = each.reason, .packets = each.packets};
    if (drops.has_rates) figure.rate = rate(each.packets, past[each.reason], seconds);
    drops.packets += figure.packets;
    drops.rate += figure.rate;
    drops.reasons.push_back(std::move(figure));
  }
  std::ranges::stable_sort(drops.reasons, std::greater{},
                           [](const DropFigure& each) { return std::tuple(each.rate, each.packets); });
  drops_ = std::move(drops);
}

Figures Frame::of_dest(std::size_t service, std::size_t dest) const {
  const ipvs::DestEntry& entry = this->dest(service, dest);
  return {.weight = entry.weight, .active = entry.active, .inactive = entry.inactive,
          .rates = source() == Source::estimates ? estimated(entry.stats) : counted_[first_[service] + dest]};
}

}  // namespace top
