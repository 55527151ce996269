// SPDX-License-Identifier: GPL-2.0-or-later
// Tables to show.
#pragma once

#include <linux/ip_vs.h>

#include "ipvs/types.hh"

inline ipvs::ServiceWithDests a_service(const char* address, std::uint16_t port, std::uint16_t protocol = IPPROTO_TCP) {
  ipvs::ServiceWithDests service;
  service.service.key.protocol = protocol;
  service.service.key.addr = ipvs::Address::parse(address);
  service.service.key.family = service.service.key.addr.family;
  service.service.key.port = port;
  service.service.scheduler = "rr";
  return service;
}

inline ipvs::DestEntry a_server(const char* address, std::uint16_t port, std::uint64_t conns = 0) {
  ipvs::DestEntry dest;
  dest.key = {.addr = ipvs::Address::parse(address), .port = port};
  dest.weight = 1;
  dest.stats.conns = conns;
  return dest;
}

inline ipvs::ServiceWithDests a_mark(std::uint32_t mark, std::uint16_t family) {
  ipvs::ServiceWithDests service;
  service.service.key.fwmark = mark;
  service.service.key.family = family;
  service.service.scheduler = "rr";
  return service;
}
