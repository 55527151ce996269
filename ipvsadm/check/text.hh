// SPDX-License-Identifier: GPL-2.0-or-later
// Findings as they are printed. Pure.
#pragma once

#include <span>
#include <string>

#include "check/finding.hh"

namespace ipvsadm::check {

/// A line for each, and one for each of its commands; empty if there are none.
std::string findings_text(std::span<const Finding> findings);
/// One object; docs/json.md describes it.
std::string json_findings(std::span<const Finding> findings);

}  // namespace ipvsadm::check
