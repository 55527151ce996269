// SPDX-License-Identifier: GPL-2.0-or-later
// Addresses and numbers as text, as every output of the program writes them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ipvs/types.hh"
#include "names.hh"

namespace ipvsadm {

/// Takes the first line off `text`, without its newline.
std::string_view take_line(std::string_view& text);

/// The length of the UTF-8 character that `text` begins with; 0 if there is none.
std::size_t utf8_length(std::string_view text);

/// Without anything that a terminal would take for a command: control characters and what is no UTF-8 as \xNN.
std::string quoted(std::string_view text);
/// What a message repeats of its input: the same, no longer than a line.
std::string shown(std::string_view text);

/// "TCP", "UDP", "SCTP" or "?".
std::string protocol_text(std::uint16_t protocol);
/// "Masq", "Local", "Tunnel", "Route", or the number of another forwarding method.
std::string method_text(std::uint32_t method);

/// "host:port", an IPv6 host in brackets. Numbers only if `names` is null or knows no name; the ports of
/// firewall mark services (protocol 0) have none.
std::string endpoint_text(const ipvs::Address& addr, std::uint16_t port, std::uint16_t protocol,
                          Names* names);

/// A number of 9 columns: right-justified, from 10^8 on in units of K, M, G or T (truncated).
std::string scaled(std::uint64_t value);
/// The same without units; longer numbers take what they need behind one blank.
std::string unscaled(std::uint64_t value);

/// The scheduler's flags as -b takes them, comma-separated; empty for a flag without a name.
/// With `complete`, flags unknown to the scheduler are named as well.
std::string sched_flags_text(const ipvs::Service& service, bool complete);

/// True if any of the scheduler's flag bits is set.
bool has_sched_flags(const ipvs::Service& service);

/// A persistence mask as -M takes it.
std::string netmask_text(const ipvs::Service& service);
bool has_default_netmask(const ipvs::Service& service);

}  // namespace ipvsadm
