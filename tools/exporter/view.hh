// SPDX-License-Identifier: GPL-2.0-or-later
// What of a snapshot somebody wants to see. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "exporter/request.hh"
#include "exporter/snapshot.hh"

namespace exporter {

/// How a service or server does, by what the table says of it: nobody is asked.
struct Health {
  enum Colour { good, fair, bad } colour = good;
  const char* word = "up";
};
Health health_of(const ipvs::DestEntry& dest);
Health health_of(const ipvs::ServiceWithDests& service);
const char* colour_name(Health::Colour colour);

/// "tcp 192.0.2.1:80", "fwmark 5 ipv4".
std::string title_of(const ipvs::ServiceKey& key);
std::string title_of(const ipvs::DestKey& key);
/// The parameters of an address that lead to a service, without question mark; encoded, not escaped.
std::string link_to(const ipvs::ServiceKey& key);

/// The service that parameters name: `protocol`, `address`, `port`, or `fwmark`, `family`. Null in it: they name none. The
/// text: they are wrong.
std::expected<std::optional<ipvs::ServiceKey>, std::string> service_named(const Request& request);
/// The key of a firewall mark's service.
ipvs::ServiceKey mark_key(std::uint32_t mark, bool is_ipv6);
/// Null: it is not there.
const ipvs::ServiceWithDests* find_service(const Snapshot& snapshot, const ipvs::ServiceKey& key);

/// A part of a list.
struct Slice {
  std::vector<std::size_t> rows;  ///< numbers of what is shown
  std::size_t found = 0;          ///< how many there are
  std::size_t page = 1, pages = 1;
};
inline constexpr std::size_t kRows = 50;
/// Services whose title or scheduler contains the parameter `q`, those of the parameter `page`.
Slice services_shown(const Snapshot& snapshot, const Request& request);
Slice servers_shown(const ipvs::ServiceWithDests& service, const Request& request);

/// `protocol`, `client`, `client_port`, `virtual`, `virtual_port`, `server`, `server_port`, `state`. The text: what is wrong.
std::expected<ipvs::ConnectionFilter, std::string> connections_wanted(const Request& request);
/// A parameter that is a number; `normal` where it is not there. Nothing: it is none, or not within 0..`most`.
std::optional<std::size_t> number_wanted(const Request& request, const std::string& name, std::size_t normal,
                                         std::size_t most);

/// All connections of the servers together.
struct Load {
  std::uint64_t active = 0, inactive = 0;
};
Load load_of(const ipvs::ServiceWithDests& service);

}  // namespace exporter
