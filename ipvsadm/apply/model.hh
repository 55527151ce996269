// SPDX-License-Identifier: GPL-2.0-or-later
// The table that the lines of an atomic restore describe: made in the program, line by line, with the rules
// of the kernel, before anything is changed. Pure.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "ipvs/change.hh"
#include "ipvs/error.hh"
#include "ipvs/types.hh"

namespace ipvsadm {

/// A map that is walked through in the order in which its entries were added.
template <typename Key, typename Value>
class OrderedMap {
 public:
  Value* find(const Key& key) {
    const auto found = places_.find(key);
    return found == places_.end() ? nullptr : &*values_[found->second];
  }
  void add(const Key& key, Value value) {
    places_[key] = values_.size();
    values_.push_back(std::move(value));
  }
  bool remove(const Key& key) {
    const auto found = places_.find(key);
    if (found == places_.end()) return false;
    values_[found->second].reset();
    places_.erase(found);
    return true;
  }
  void clear() {
    places_.clear();
    values_.clear();
  }
  template <typename Visit>
  void for_each(Visit visit) const {
    for (const auto& value : values_)
      if (value) visit(*value);
  }

 private:
  std::vector<std::optional<Value>> values_;
  std::map<Key, std::size_t> places_;
};

class TableModel {
 public:
  /// What the line `line` asks for. The error is the one that the kernel would give; everything is then as
  /// before. With `ensure` what exists is edited, and what is absent need not be removed.
  ipvs::Result<void> apply(const ipvs::Change& change, unsigned line, bool ensure);

  /// A daemon of this state runs, or none does, as lines behind this will find it. Without this, what runs is not
  /// known, and lines only wish.
  void begin_with_daemons(const std::vector<ipvs::Daemon>& running);

  struct Result {
    struct Lines {
      unsigned service = 0;
      std::vector<unsigned> dests;
    };

    ipvs::Table table;
    std::vector<Lines> lines;  ///< that made the services and servers what they are; in the order of `table`
  };
  Result result() const;

  struct DaemonWish {
    ipvs::Change change;  ///< StartDaemon or StopDaemon
    unsigned line = 0;
  };
  /// What is to become of the daemons, by their state.
  const std::map<std::uint32_t, DaemonWish>& daemons() const { return daemons_; }

 private:
  struct Maker;
  struct Server {
    ipvs::Dest dest;
    unsigned line = 0;
  };
  struct Entry {
    ipvs::Service service;
    unsigned line = 0;
    OrderedMap<ipvs::DestKey, Server> servers;
  };

  OrderedMap<ipvs::ServiceKey, Entry> services_;
  ipvs::Timeouts timeouts_;
  std::map<std::uint32_t, DaemonWish> daemons_;
  std::optional<std::set<std::uint32_t>> running_;  ///< states, if they are known
};

}  // namespace ipvsadm
