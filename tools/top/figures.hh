// SPDX-License-Identifier: GPL-2.0-or-later
// What happens in a second, and sums: all that is calculated from what the kernel said last and the time before. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/snapshot.hh"

namespace top {

/// In each second.
struct Rates {
  double conns = 0, inpkts = 0, outpkts = 0, inbytes = 0, outbytes = 0;

  friend bool operator==(const Rates&, const Rates&) = default;
};

/// Of a server, a service or all. No rates: the kernel does not estimate, and there is nothing to compare with.
struct Figures {
  std::int64_t weight = 0;
  std::uint64_t active = 0, inactive = 0;
  std::optional<Rates> rates = {};
};

struct DropFigure {
  std::string reason;
  std::uint64_t packets = 0;
  double rate = 0;
};
struct Drops {
  std::uint64_t packets = 0;
  double rate = 0;
  bool has_rates = false;
  std::vector<DropFigure> reasons = {};  ///< those with packets; most in this second first, then most of all
};

using Taken = std::shared_ptr<const ipvsadm::Snapshot>;

/// One moment. Rates are the kernel's estimates; where it makes none they come from what was counted since `before`, which
/// may be null; the kernel's own module does not count then. Tables must be in order (ipvsadm::put_in_order).
class Frame {
 public:
  explicit Frame(Taken now, const Taken& before = {});

  const ipvsadm::Snapshot& snapshot() const { return *now_; }
  const Taken& taken() const { return now_; }
  const ipvs::ServiceWithDests& service(std::size_t service) const { return now_->table[service]; }
  const ipvs::DestEntry& dest(std::size_t service, std::size_t dest) const { return now_->table[service].dests[dest]; }

  const Figures& of_service(std::size_t service) const { return services_[service]; }
  Figures of_dest(std::size_t service, std::size_t dest) const;
  const Figures& of_all() const { return all_; }
  std::size_t dests() const { return dests_; }
  std::size_t drained() const { return drained_; }  ///< servers
  std::size_t full() const { return full_; }        ///< servers
  /// Nothing: this module does not tell.
  const std::optional<Drops>& drops() const { return drops_; }
  enum class Source : std::uint8_t { estimates, counters, none };
  /// Where rates come from.
  Source source() const {
    return now_->has_estimates ? Source::estimates : now_->info.api > 0 ? Source::counters : Source::none;
  }

 private:
  void count(const ipvsadm::Snapshot& before, double seconds);
  void sum_up();
  void sum_up_drops(const ipvsadm::Snapshot* before, double seconds);

  Taken now_;
  std::vector<Figures> services_;
  std::vector<std::size_t> first_;              ///< of each service: the number of its first server among all
  std::vector<std::optional<Rates>> counted_;   ///< of all servers, unless they are estimated
  Figures all_;
  std::size_t dests_ = 0, drained_ = 0, full_ = 0;
  std::optional<Drops> drops_;
};

}  // namespace top
