// SPDX-License-Identifier: GPL-2.0-or-later
// What people see of a table first: names, sums, and how it does. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "base/snapshot.hh"

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

/// "tcp", or as the kernel names one that IPVS does not serve.
std::string protocol_word(std::uint16_t protocol);
/// "tcp 192.0.2.1:80", "fwmark 5 ipv4".
std::string title_of(const ipvs::ServiceKey& key);
std::string title_of(const ipvs::DestKey& key);

/// The key of a firewall mark's service.
ipvs::ServiceKey mark_key(std::uint32_t mark, bool is_ipv6);
/// Null: it is not there.
const ipvs::ServiceWithDests* find_service(const Snapshot& snapshot, const ipvs::ServiceKey& key);

/// All connections of the servers together.
struct Load {
  std::uint64_t active = 0, inactive = 0;
};
Load load_of(const ipvs::ServiceWithDests& service);

}  // namespace ipvsadm
