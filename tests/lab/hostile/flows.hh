// SPDX-License-Identifier: GPL-2.0-or-later
// What is sent, and from where: packets of clients and servers of the services there are, errors about them, tunnels,
// and anything else, right and damaged.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "ipvs/client.hh"
#include "packet.hh"

namespace hostile {

/// Where packets start.
enum class Place {
  client,  ///< the wire between client and director
  server,  ///< the wire between a server and the director
  local,   ///< the director itself, as output
};

struct Batch {
  Place place = Place::client;
  std::string kind;
  std::vector<Packet> packets;
};

/// A mark service N is reached by these.
Address address_of_mark(bool is_v6, std::uint32_t mark);

class Flows {
 public:
  Flows(std::vector<ipvs::ServiceWithDests> table, unsigned long seed)
      : table_(std::move(table)), seed_(seed), dice_(seed) {}

  /// From here on chance depends on the seed and this number alone: whatever differed before, because the services
  /// have other servers now, or none, the same clients come again.
  void turn(unsigned long number) { dice_ = Dice(seed_ * 0x9e3779b97f4a7c15 + number); }
  Batch next();
  /// Of a service, any: the virtual end as destination.
  Ends request_ends();
  Dice& dice() { return dice_; }

 private:
  struct Flow {
    Ends request;  ///< as the client sends it
    Ends inside;   ///< as a NAT server sees it
    unsigned protocol = 0;
    const ipvs::Dest* dest = nullptr;
  };

  Flow flow();
  Address client(bool is_v6);
  std::uint16_t port();
  Bytes transport(const Ends& ends, unsigned protocol);
  Packet request(const Flow& flow);
  Packet reply(const Flow& flow);
  Packet error(const Ends& outer, const Packet& about);
  Packet tunnelled(const Flow& flow, const Ends& outer);
  Packet error_about_tunnel(const Flow& flow);
  Packet other(const Ends& ends, unsigned depth);
  Packet anything(const Ends& ends);

  std::vector<ipvs::ServiceWithDests> table_;
  unsigned long seed_;
  Dice dice_;
};

}  // namespace hostile
