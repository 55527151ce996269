// SPDX-License-Identifier: GPL-2.0-or-later
// The status pages in HTML, whole without JavaScript; with it numbers and graphs go on by themselves. Pure.
#pragma once

#include <deque>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/request.hh"
#include "base/snapshot.hh"

namespace exporter {

/// Text as it stands in HTML, also within an attribute's quotes. Bytes that are no UTF-8 become U+FFFD.
std::string html(std::string_view text);

/// Rates of the namespace, the newest last, two seconds apart.
using History = std::deque<ipvs::Stats>;

std::string services_page(const ipvsadm::Snapshot& snapshot, const Request& request, const History& history);
/// Of a service that is there.
std::string service_page(const ipvs::ServiceWithDests& service, const Request& request);

struct ConnectionList {
  std::vector<ipvs::Connection> rows;
  bool has_more = false;
  std::string trouble;  ///< instead of a list
};
/// How many connections a page has.
inline constexpr std::size_t kConnectionRows = 100;
std::string connections_page(const ConnectionList& list, const Request& request);
/// A page that only says what is wrong.
std::string trouble_page(std::string_view title, std::string_view why);

extern const std::string_view kStyle, kScript;

}  // namespace exporter
