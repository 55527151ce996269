// SPDX-License-Identifier: GPL-2.0-or-later
// What of a service or server has words, as every output writes them.
#pragma once

#include <cstdint>
#include <string>

#include "ipvs/types.hh"

namespace ipvsadm {

/// "TCP", "UDP", "SCTP" or "?".
std::string protocol_text(std::uint16_t protocol);
/// "Masq", "Local", "Tunnel", "Route", or the number of another forwarding method.
std::string method_text(std::uint32_t method);

/// The scheduler's flags as -b takes them, comma-separated; empty for a flag without a name.
/// With `complete`, flags unknown to the scheduler are named as well.
std::string sched_flags_text(const ipvs::Service& service, bool complete);

/// A persistence mask as -M takes it.
std::string netmask_text(const ipvs::Service& service);

}  // namespace ipvsadm
