// SPDX-License-Identifier: GPL-2.0-or-later
// Names for the numbers in a listing, as far as there are any.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ipvs/types.hh"

namespace ipvsadm {

class KnownNames {
 public:
  virtual ~KnownNames() = default;

  virtual std::optional<std::string> host_at(const ipvs::Address& address) = 0;
  /// Of a port, for IPPROTO_TCP, _UDP and _SCTP; no other protocol has any.
  virtual std::optional<std::string> service_at(std::uint16_t port, std::uint16_t protocol) = 0;
  virtual std::optional<std::string> mark_name(std::uint32_t mark) = 0;
};

}  // namespace ipvsadm
