// SPDX-License-Identifier: GPL-2.0-or-later
// Asks networks who has a virtual address: by ARP, for IPv6 by neighbour solicitation.
#pragma once

#include <expected>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/netlink.hh"
#include "check/system.hh"

namespace ipvsadm::check {

struct Question {
  ipvs::Address address;
  int device = 0;

  friend auto operator<=>(const Question&, const Question&) = default;
};

/// Which virtual addresses to ask for where: on the networks that they are of, and where routers send packets
/// for them.
std::vector<Question> questions(const System& system);

/// An ARP request for `wanted`, in the name of an address of ours; of zeroes if we have none there.
std::string arp_request(const std::string& hardware, const ipvs::Address& own, const ipvs::Address& wanted);
/// Who says in an ARP packet that he has which address.
std::optional<Holder> arp_claim(netlink::Bytes packet);

/// The same for IPv6, from the ICMP header on; the kernel puts in its sum.
std::string solicitation(const std::string& hardware, const ipvs::Address& wanted);
std::optional<Holder> advertised(netlink::Bytes packet);

/// The answers of a second, without our own. EPERM: no right to ask (CAP_NET_RAW).
std::expected<std::vector<Holder>, int> ask_networks(const System& system, std::span<const Question> asked);

}  // namespace ipvsadm::check
