// SPDX-License-Identifier: GPL-2.0-or-later
// The rules of nftables as the kernel tells them over netlink.
#pragma once

#include <expected>
#include <optional>

#include "base/netlink.hh"
#include "check/firewall.hh"

namespace ipvsadm::check {

/// Nothing for an answer that is none.
std::optional<Chain> read_chain(const netlink::Answer& answer);
/// Puts a rule into its chain; others than those there are left out.
void read_rule(const netlink::Answer& answer, Firewall& firewall);
/// Also tells whether its elements can be understood: keys as they are, without intervals and without parts.
std::optional<std::pair<SetName, bool>> read_set(const netlink::Answer& answer);
void read_elements(const netlink::Answer& answer, Set& set);

/// All of this namespace.
std::expected<Firewall, netlink::Error> list_firewall(netlink::Socket& socket);

}  // namespace ipvsadm::check
