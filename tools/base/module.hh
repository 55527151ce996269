// SPDX-License-Identifier: GPL-2.0-or-later
// Whether there is IPVS to be asked. Asking for its table would load the module, in the middle of its replacement.
#pragma once

namespace ipvsadm {

inline constexpr auto kNoModule = "the module ip_vs is not loaded";

/// In the network namespace of the thread that calls.
bool has_module();

}  // namespace ipvsadm
