// SPDX-License-Identifier: GPL-2.0-or-later
// What a kernel may have said.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/snapshot.hh"
#include "tables.hh"
#include "top/figures.hh"
#include "top/grid.hh"

inline ipvsadm::Snapshot a_moment(double at = 0) {
  ipvsadm::Snapshot snapshot;
  snapshot.begun = std::chrono::steady_clock::time_point() + std::chrono::hours(1) +
                   std::chrono::duration_cast<std::chrono::steady_clock::duration>(std::chrono::duration<double>(at));
  snapshot.info = {.version = 0x010201, .conn_table_size = 4096, .api = 3, .release = "test"};
  return snapshot;
}

inline top::Taken taken(ipvsadm::Snapshot snapshot) {
  ipvsadm::put_in_order(snapshot.table);
  return std::make_shared<const ipvsadm::Snapshot>(std::move(snapshot));
}

/// Two services by address and a mark: of the first two servers are up, one is drained; the second has none; that of the mark
/// is full.
inline ipvsadm::Snapshot a_table(double at = 0) {
  ipvsadm::Snapshot snapshot = a_moment(at);
  auto web = a_service("192.0.2.1", 80);
  web.service.scheduler = "wlc";
  web.dests = {a_server("10.0.0.1", 8080), a_server("10.0.0.2", 8080), a_server("10.0.0.3", 8080)};
  web.dests[0].weight = 3;
  web.dests[0].active = 30;
  web.dests[0].stats.cps = 10;
  web.dests[0].stats.inbps = 2'500'000;
  web.dests[1].active = 10;
  web.dests[1].inactive = 5;
  web.dests[1].stats.cps = 40;
  web.dests[2].weight = 0;
  web.service.stats.cps = 50;
  web.service.stats.inbps = 2'500'000;
  auto mark = a_mark(7, AF_INET);
  mark.dests = {a_server("10.0.0.9", 0)};
  mark.dests[0].active = 100;
  mark.dests[0].u_threshold = 100;
  mark.service.stats.cps = 5;
  mark.dests[0].stats.cps = 5;
  snapshot.table = {web, a_service("2001:db8::1", 53, IPPROTO_UDP), mark};
  return snapshot;
}

inline std::vector<std::string> texts(const top::Grid& grid) {
  std::vector<std::string> all;
  for (std::size_t row = 0; row < grid.height(); ++row) all.push_back(grid.text(row));
  return all;
}

/// All of it, to look for something.
inline std::string text(const top::Grid& grid) {
  std::string all;
  for (const auto& each : texts(grid)) all += each + "\n";
  return all;
}
