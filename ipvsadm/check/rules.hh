// SPDX-License-Identifier: GPL-2.0-or-later
// The rules: what is wrong with a director. Pure.
#pragma once

#include <vector>

#include "check/finding.hh"
#include "check/system.hh"

namespace ipvsadm::check {

/// Of one kind and object there is one; in the order of the kinds, within one in that of the table.
std::vector<Finding> findings(const System& system);

}  // namespace ipvsadm::check
