// SPDX-License-Identifier: LGPL-2.1-or-later
// The connections that the kernel forwards. Plain data, as in types.hh.
#pragma once

#include "ipvs/abi.hh"

#include <cstdint>
#include <optional>
#include <string>

#include "ipvs/types.hh"

namespace ipvs::inline v1 {

/// A connection, or a template: what the next connections of a persistent client go by, with client port 0.
struct Connection {
  std::uint16_t protocol = 0;  ///< IPPROTO_*; templates of marks have IPPROTO_IP
  Address client = {};
  std::uint16_t client_port = 0;  ///< host byte order, as all ports
  Address virt = {};              ///< for templates of marks the mark, as an address
  std::uint16_t virt_port = 0;
  Address dest = {};
  std::uint16_t dest_port = 0;
  std::string state = {};      ///< the kernel's word, such as ESTABLISHED
  std::uint32_t expires = 0;   ///< seconds without a packet until it ends
  std::string pe = {};         ///< persistence engine; empty for none
  std::string pe_data = {};    ///< what the engine took from a packet: any bytes
  Reserve reserve = {};

  friend bool operator==(const Connection&, const Connection&) = default;
};

/// Which connections are wanted; what is left out may be anything.
struct ConnectionFilter {
  std::optional<std::uint16_t> protocol = {};  ///< IPPROTO_*
  std::optional<Address> client = {};
  std::optional<std::uint16_t> client_port = {};
  std::optional<Address> virt = {};
  std::optional<std::uint16_t> virt_port = {};
  std::optional<Address> dest = {};
  std::optional<std::uint16_t> dest_port = {};
  std::string state = {};  ///< empty for any
  Reserve reserve = {};

  bool accepts(const Connection& connection) const;
};

/// "TCP" for IPPROTO_TCP, and so on, as the kernel names them; "IP_50" for one without a name.
std::string protocol_name(std::uint16_t protocol);

}  // namespace ipvs::inline v1
