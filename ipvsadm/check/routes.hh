// SPDX-License-Identifier: GPL-2.0-or-later
// Routes and neighbours, over rtnetlink.
#pragma once

#include <expected>
#include <span>
#include <utility>

#include "check/system.hh"

namespace ipvsadm::check {

/// What an answer about a route says.
std::optional<Way> read_way(const netlink::Answer& answer);

/// Refusals of the kernel are ways that there are none.
Way find_way(netlink::Socket& socket, const ipvs::Address& address);
/// The way to all that no other route is for.
std::optional<DefaultRoute> find_default(netlink::Socket& socket, std::uint16_t family);

using Neighbours = std::map<std::pair<int, ipvs::Address>, Neighbour>;
std::expected<Neighbours, netlink::Error> list_neighbours(netlink::Socket& socket);
/// Has the kernel ask for those that are not known, and waits until it knows who is there.
std::expected<Neighbours, netlink::Error> settle_neighbours(
    netlink::Socket& socket, std::span<const std::pair<int, ipvs::Address>> wanted);

}  // namespace ipvsadm::check
