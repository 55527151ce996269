// SPDX-License-Identifier: GPL-2.0-or-later
// Addresses and numbers as text, as every output of the program writes them.
#pragma once

#include <cstdint>
#include <string>

#include "base/service_text.hh"
#include "ipvs/types.hh"
#include "names/names.hh"

namespace ipvsadm {

/// "host:port", an IPv6 host in brackets. Numbers only if `names` is null or knows no name; the ports of
/// firewall mark services (protocol 0) have none.
std::string endpoint_text(const ipvs::Address& addr, std::uint16_t port, std::uint16_t protocol,
                          Names* names);

/// A number of 9 columns: right-justified, from 10^8 on in units of K, M, G or T (truncated).
std::string scaled(std::uint64_t value);
/// The same without units; longer numbers take what they need behind one blank.
std::string unscaled(std::uint64_t value);

/// True if any of the scheduler's flag bits is set.
bool has_sched_flags(const ipvs::Service& service);

bool has_default_netmask(const ipvs::Service& service);

/// The peers of a daemon as --sync-peer takes them; empty for none.
std::string peers_text(const ipvs::DaemonConfig& daemon);

}  // namespace ipvsadm
