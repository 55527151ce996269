// SPDX-License-Identifier: GPL-2.0-or-later
// What the rules look at, from the kernel.
#pragma once

#include <expected>
#include <string>

#include "check/system.hh"
#include "ipvs/client.hh"

namespace ipvsadm::check {

struct Trouble {
  std::string what;  ///< could not be read
  int code = 0;      ///< errno
};

/// The part that is IPVS.
ipvs::Result<void> gather_ipvs(ipvs::Client& client, System& system);

/// All else, for the addresses of that part. `asks`: also neighbours that are not known, and the networks for
/// virtual addresses, which takes a second, or three if somebody does not answer.
std::expected<void, Trouble> gather_network(System& system, bool asks);

/// The counter of a file such as /proc/net/netstat: the names of a group stand in one line, their values in
/// the next.
std::uint64_t counter_in(std::string_view text, std::string_view group, std::string_view name);

}  // namespace ipvsadm::check
