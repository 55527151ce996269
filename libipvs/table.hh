// SPDX-License-Identifier: LGPL-2.1-or-later
// How to make one table of another by single changes, for kernels that cannot replace it in one step. Pure.
#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "ipvs/change.hh"
#include "ipvs/client.hh"

namespace ipvs::inline v1::table {

/// A change, and what it comes from: its item of the wanted table, the entries it will overwrite or remove.
/// The pointers lead into the present table given to plan().
struct Step {
  Change change;
  std::optional<std::size_t> service = {};
  std::optional<std::size_t> dest = {};
  const ServiceWithDests* old_service = nullptr;
  const DestEntry* old_dest = nullptr;
};

struct Plan {
  std::vector<Step> build;   ///< additions and edits, in the order of the wanted table
  std::vector<Step> remove;  ///< to be made when those have been accepted
};

/// EEXIST: an item is in `wanted` twice.
std::expected<Plan, TableError> plan(const std::vector<ServiceWithDests>& present, const Table& wanted);

/// What takes a step back that was made.
std::vector<Change> inverse(const Step& step, const Timeouts& old_timeouts);

/// Makes the steps one after another; when one is refused, makes none of those behind it and takes back what was made.
/// Remarks are those on a table that was made.
using Apply = std::function<std::vector<Result<void>>(std::span<const Change>, std::vector<Remark>&)>;
std::expected<void, TableError> carry_out(const Plan& plan, const Timeouts& old_timeouts, const Apply& apply,
                                          std::vector<Remark>& remarks);

}  // namespace ipvs::inline v1::table
