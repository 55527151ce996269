// SPDX-License-Identifier: GPL-2.0-or-later
#include "top/weight.hh"

#include <algorithm>

namespace top {

WeightOutcome set_weight(ipvs::Client& client, const wish::SetWeight& wanted) {
  WeightOutcome outcome{.wanted = wanted};
  const auto dests = client.dests(wanted.service);
  if (!dests) {
    outcome.trouble = dests.error().message();
    return outcome;
  }
  const auto found = std::ranges::find(*dests, wanted.dest, &ipvs::DestEntry::key);
  if (found == dests->end()) {
    outcome.trouble = "is not there any more";
    return outcome;
  }
  ipvs::Dest dest = *found;
  outcome.before = std::exchange(dest.weight, wanted.weight);
  if (const auto done = client.edit_dest(wanted.service, dest); !done) outcome.trouble = done.error().message();
  if (!client.remarks().empty()) outcome.remark = client.remarks().front().text;
  return outcome;
}

}  // namespace top
