// SPDX-License-Identifier: GPL-2.0-or-later
// The only thing that is changed: a server's weight.
#pragma once

#include "ipvs/client.hh"
#include "top/screen.hh"

namespace top {

/// All else that the server has, as the kernel has it now, stays: an edit replaces all.
WeightOutcome set_weight(ipvs::Client& client, const wish::SetWeight& wanted);

}  // namespace top
