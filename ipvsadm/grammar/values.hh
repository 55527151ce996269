// SPDX-License-Identifier: GPL-2.0-or-later
// Words of the command line as values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ipvs/types.hh"
#include "names/names.hh"

namespace ipvsadm {

/// A decimal number within [min, max]; the whole word must be used. Leading blanks and '+' are tolerated.
std::optional<std::int64_t> to_number(const std::string& word, std::int64_t min, std::int64_t max);

struct Endpoint {
  ipvs::Address addr;
  std::optional<std::uint16_t> port;  ///< nothing if the word names none
};

/// host[:port], [ipv6]:port or an IPv6 address. Hosts and ports may be names.
std::optional<Endpoint> to_endpoint(const std::string& word, std::uint16_t protocol, Names& names);

/// A firewall mark, as a decimal number from 1 on or by its name.
std::optional<std::uint32_t> to_fwmark(const std::string& word, Names& names);

/// A persistence mask as the kernel takes it: IPv4 dotted, a name, or /N; IPv6 1..128.
std::optional<std::uint32_t> to_netmask(const std::string& word, std::uint16_t family, Names& names);

/// A multicast group; an IPv6 one if there is a colon in it.
std::optional<ipvs::Address> to_multicast_group(const std::string& word);
/// Addresses of single hosts, of one family, with commas between them: 1..16. Numeric: a name may mean another host later.
std::optional<std::vector<ipvs::Address>> to_peers(std::string_view words);

}  // namespace ipvsadm
