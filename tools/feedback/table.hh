// SPDX-License-Identifier: GPL-2.0-or-later
// What of the kernel's table is read and changed: servers of a service, and their weights.
#pragma once

#include <expected>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ipvs/types.hh"

namespace feedback {

struct Trouble {
  bool is_absent = false;   ///< there is no module, and so no server
  bool is_refused = false;  ///< who we are may not ask
  std::string text;
};

/// Whose outside is the kernel; the tests have another one.
class Table {
 public:
  virtual ~Table() = default;
  /// Before each look at it: a module that was replaced is found again, and the number of a netlink family that has gone is
  /// never used for another. A module that is not there is not loaded.
  virtual std::expected<void, Trouble> open() = 0;
  /// A service that is not there has none.
  virtual std::expected<std::vector<ipvs::DestEntry>, Trouble> dests(const ipvs::ServiceKey& service) = 0;
  /// False: there is no such server any more. It is not added.
  virtual std::expected<bool, std::string> edit(const ipvs::ServiceKey& service, const ipvs::Dest& dest) = 0;
};

std::unique_ptr<Table> running_table();

/// Another table, with changes that are seen by who makes them and not made.
class DryTable : public Table {
 public:
  explicit DryTable(Table& table) : table_(table) {}
  std::expected<void, Trouble> open() override { return table_.open(); }
  std::expected<std::vector<ipvs::DestEntry>, Trouble> dests(const ipvs::ServiceKey& service) override;
  std::expected<bool, std::string> edit(const ipvs::ServiceKey& service, const ipvs::Dest& dest) override;

 private:
  struct Edit {
    int real;  ///< the weight it has; another one is somebody else's
    int weight;
  };
  Table& table_;
  std::map<std::pair<ipvs::ServiceKey, ipvs::DestKey>, Edit> edits_;
  std::map<std::pair<ipvs::ServiceKey, ipvs::DestKey>, int> real_;
};

}  // namespace feedback
