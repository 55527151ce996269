// SPDX-License-Identifier: GPL-2.0-or-later
// Edits of weights at a steady rate: what a health checker of many servers does.
#include <algorithm>
#include <chrono>
#include <iostream>
#include <thread>

#include "control.hh"

namespace control {

int edit_weights(ipvs::Client& client, Words words) {
  using Clock = std::chrono::steady_clock;
  if (words.size() != 2) fail("weights needs edits a second and seconds");
  const double rate = static_cast<double>(number(words[0]));
  const auto duration = std::chrono::seconds(number(words[1]));

  auto table = client.table();
  if (!table) fail(table.error().message());
  std::vector<ipvs::change::EditDest> servers;
  for (const auto& each : *table)
    for (const auto& dest : each.dests) servers.push_back({each.service.key, dest});
  if (servers.empty()) fail("there are no servers");

  // In slices of a hundredth of a second; who is behind catches up.
  const auto start = Clock::now();
  unsigned long made = 0, refused = 0;
  while (Clock::now() - start < duration) {
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    const auto due = static_cast<unsigned long>(seconds * rate);
    std::vector<ipvs::Change> changes;
    for (; made + changes.size() < due && changes.size() < 500;) {
      auto& server = servers[(made + changes.size()) % servers.size()];
      server.dest.weight = server.dest.weight % 100 + 1;
      changes.push_back(ipvs::Change::edit_dest(server.service, server.dest));
    }
    for (const auto& outcome : client.apply(changes)) refused += !outcome.has_value();
    made += changes.size();
    if (changes.size() < 500) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  std::cout << "edits " << made << " refused " << refused << " seconds " << seconds << " rate "
            << static_cast<unsigned long>(static_cast<double>(made) / seconds) << '\n';
  return refused == 0 ? 0 : 1;
}

}  // namespace control
