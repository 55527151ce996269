// SPDX-License-Identifier: GPL-2.0-or-later
// What -O --json prints; the other objects are those of base/json_listing.hh. Pure.
#pragma once

#include <span>
#include <string>

#include "grammar/sysctls.hh"

namespace ipvsadm {

std::string json_sysctls(std::span<const SysctlValue> values);

}  // namespace ipvsadm
