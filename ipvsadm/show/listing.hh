// SPDX-License-Identifier: GPL-2.0-or-later
// The tables that --list prints. Pure: text in, text out; every function returns whole lines.
#pragma once

#include <string>
#include <vector>

#include "grammar/command.hh"
#include "ipvs/types.hh"
#include "names/names.hh"

namespace ipvsadm {

class Listing {
 public:
  /// `names` is null for numeric output.
  Listing(Columns columns, bool exact, Names* names) : columns_(columns), exact_(exact), names_(names) {}

  static std::string version_line(const ipvs::Info& info);
  std::string titles() const;
  std::string service(const ipvs::ServiceEntry& entry) const;
  std::string dest(const ipvs::ServiceKey& service, const ipvs::DestEntry& entry) const;

 private:
  std::string number(std::uint64_t value) const;
  std::string counters(const ipvs::Stats& stats) const;
  std::string rates(const ipvs::Stats& stats) const;

  Columns columns_;
  bool exact_;
  Names* names_;
};

std::string timeouts_text(const ipvs::Timeouts& timeouts);
/// One line for each daemon. Below each one with a status what it counts, but for reasons to drop that never occurred, and
/// whom it hears.
std::string daemons_text(const std::vector<ipvs::DaemonConfig>& daemons,
                         const std::vector<ipvs::DaemonStatus>& status = {});

}  // namespace ipvsadm
