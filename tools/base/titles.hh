// SPDX-License-Identifier: GPL-2.0-or-later
// Services and servers by the words people call them by, and back. Numeric both ways.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ipvs/types.hh"

namespace ipvsadm {

/// "tcp", or what the library calls a protocol that no service has.
std::string protocol_word(std::uint16_t protocol);

/// "tcp 192.0.2.1:80", "fwmark 5 ipv4".
std::string title_of(const ipvs::ServiceKey& key);
std::string title_of(const ipvs::DestKey& key);

/// The same read again; of a mark without a family it is ipv4.
std::optional<ipvs::ServiceKey> service_titled(std::string_view title);
/// "10.0.0.1:80", "[fd00::1]:80". Without a port both may stand alone, and `port` is it.
std::optional<ipvs::DestKey> server_titled(std::string_view title, std::uint16_t port);

/// The key of a firewall mark's service.
ipvs::ServiceKey mark_key(std::uint32_t mark, bool is_ipv6);

}  // namespace ipvsadm
