// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/overview.hh"

#include <algorithm>

namespace ipvsadm {

Use use_of(const ipvs::DestEntry& dest) {
  if (dest.weight <= 0) return Use::drained;
  if (dest.u_threshold != 0 && std::uint64_t{dest.active} + dest.inactive >= dest.u_threshold) return Use::full;
  return Use::up;
}

Health health_of(const ipvs::DestEntry& dest) {
  switch (use_of(dest)) {
    case Use::drained:
      return {Health::fair, "drained"};
    case Use::full:
      return {Health::fair, "full"};
    case Use::up:
      break;
  }
  return {Health::good, "up"};
}

Health health_of(const ipvs::ServiceWithDests& service) {
  const auto good = std::ranges::count(service.dests, Use::up, use_of);
  if (good == 0) return {Health::bad, service.dests.empty() ? "no servers" : "none usable"};
  if (static_cast<std::size_t>(good) < service.dests.size()) return {Health::fair, "some not usable"};
  return {Health::good, "up"};
}

const char* colour_name(Health::Colour colour) {
  return colour == Health::good ? "good" : colour == Health::fair ? "fair" : "bad";
}

const ipvs::ServiceWithDests* find_service(const Snapshot& snapshot, const ipvs::ServiceKey& key) {
  const auto found = std::ranges::find_if(snapshot.table, [&](const auto& each) {
    const ipvs::ServiceKey& other = each.service.key;
    if (key.fwmark != 0) return other.fwmark == key.fwmark && other.family == key.family;
    return other.fwmark == 0 && other.protocol == key.protocol && other.addr == key.addr && other.port == key.port;
  });
  return found == snapshot.table.end() ? nullptr : &*found;
}

Load load_of(const ipvs::ServiceWithDests& service) {
  Load load;
  for (const auto& each : service.dests) {
    load.active += each.active;
    load.inactive += each.inactive;
  }
  return load;
}

}  // namespace ipvsadm
