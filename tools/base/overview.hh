// SPDX-License-Identifier: GPL-2.0-or-later
// What people see of a table first: names, sums, and how it does. Pure.
#pragma once

#include <cstdint>

#include "base/snapshot.hh"
#include "base/titles.hh"

namespace ipvsadm {

/// What a server is there for, by what the table says: nobody is asked.
enum class Use : std::uint8_t { up, full, drained };
Use use_of(const ipvs::DestEntry& dest);

struct Health {
  enum Colour { good, fair, bad } colour = good;
  const char* word = "up";
};
Health health_of(const ipvs::DestEntry& dest);
Health health_of(const ipvs::ServiceWithDests& service);
const char* colour_name(Health::Colour colour);

/// Null: it is not there.
const ipvs::ServiceWithDests* find_service(const Snapshot& snapshot, const ipvs::ServiceKey& key);

/// All connections of the servers together.
struct Load {
  std::uint64_t active = 0, inactive = 0;
};
Load load_of(const ipvs::ServiceWithDests& service);

}  // namespace ipvsadm
