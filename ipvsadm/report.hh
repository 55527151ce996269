// SPDX-License-Identifier: GPL-2.0-or-later
// Kernel refusals in words.
#pragma once

#include <string>

#include "ipvs/error.hh"

namespace ipvsadm {

/// The line that has always been printed, then, if more is known, a second one: what the kernel itself says,
/// or what can be behind this errno. `where` ("line 7: " or nothing) starts both.
std::string error_text(const ipvs::Error& error, const std::string& where);

}  // namespace ipvsadm
