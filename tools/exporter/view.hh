// SPDX-License-Identifier: GPL-2.0-or-later
// What of a snapshot somebody wants to see. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "base/snapshot.hh"
#include "exporter/request.hh"

namespace exporter {

/// The parameters of an address that lead to a service, without question mark; encoded, not escaped.
std::string link_to(const ipvs::ServiceKey& key);

/// The service that parameters name: `protocol`, `address`, `port`, or `fwmark`, `family`. Null in it: they name none. The
/// text: they are wrong.
std::expected<std::optional<ipvs::ServiceKey>, std::string> service_named(const Request& request);
/// A part of a list.
struct Slice {
  std::vector<std::size_t> rows;  ///< numbers of what is shown
  std::size_t found = 0;          ///< how many there are
  std::size_t page = 1, pages = 1;
};
inline constexpr std::size_t kRows = 50;
/// Services whose title or scheduler contains the parameter `q`, those of the parameter `page`.
Slice services_shown(const ipvsadm::Snapshot& snapshot, const Request& request);
Slice servers_shown(const ipvs::ServiceWithDests& service, const Request& request);

/// `protocol`, `client`, `client_port`, `virtual`, `virtual_port`, `server`, `server_port`, `state`. The text: what is wrong.
std::expected<ipvs::ConnectionFilter, std::string> connections_wanted(const Request& request);
/// A parameter that is a number; `normal` where it is not there. Nothing: it is none, or not within 0..`most`.
std::optional<std::size_t> number_wanted(const Request& request, const std::string& name, std::size_t normal,
                                         std::size_t most);

}  // namespace exporter
