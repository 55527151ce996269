// SPDX-License-Identifier: GPL-2.0-or-later
// Rules about services: is there a server for new clients?
#include <algorithm>

#include "base/format.hh"
#include "check/judge.hh"
#include "show/report.hh"
#include "show/save.hh"

namespace ipvsadm::check {
namespace {

/// As many commands as somebody may be asked to give one by one.
constexpr std::size_t kMost = 8;

bool is_full(const ipvs::DestEntry& dest) {
  return dest.u_threshold != 0 && dest.active + dest.inactive >= dest.u_threshold;
}

std::vector<std::string> edits(const ipvs::ServiceKey& key, const std::vector<ipvs::DestEntry>& dests,
                               const std::function<void(ipvs::Dest&)>& change) {
  std::vector<std::string> commands;
  for (const ipvs::DestEntry& dest : dests)
    if (commands.size() < kMost) commands.push_back(edit_command(key, dest, change));
  return commands;
}

}  // namespace

void judge_services(Judge& judge) {
  for (const auto& [service, dests] : judge.system.table) {
    const std::string object = object_text(service.key);
    if (dests.empty()) {
      // "-A SERVICE -s ..."
      const std::string line = save_service(service, nullptr);
      judge.add({.kind = Kind::service_empty,
                 .object = object,
                 .text = "it has no servers, so clients are refused: add one, or delete it",
                 .mend = {formatted("ipvsadm -D{}", line.substr(2, line.find(" -s ") - 2))}});
      continue;
    }
    std::vector<ipvs::DestEntry> open;
    std::ranges::copy_if(dests, std::back_inserter(open), [](const auto& each) { return each.weight > 0; });
    if (open.empty())
      judge.add({.kind = Kind::service_quiesced,
                 .object = object,
                 .text = "all its servers have weight 0, so new clients are refused",
                 .mend = edits(service.key, dests, [](ipvs::Dest& each) { each.weight = 1; })});
    else if (std::ranges::all_of(open, is_full))
      judge.add({.kind = Kind::service_overloaded,
                 .object = object,
                 .text = "all its servers have as many connections as their upper threshold allows, so new "
                         "clients are refused",
                 .mend = edits(service.key, open, [](ipvs::Dest& each) { each.u_threshold *= 2; })});
  }
}

}  // namespace ipvsadm::check
