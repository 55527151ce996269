// SPDX-License-Identifier: GPL-2.0-or-later
// The connection table, from /proc/net/ip_vs_conn to what --list --connection prints. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ipvs/types.hh"
#include "names.hh"

namespace ipvsadm {

struct Connection {
  std::string protocol;
  ipvs::Address client, virt, dest;
  std::uint16_t client_port = 0, virt_port = 0, dest_port = 0;
  std::string state;
  std::uint32_t expires = 0;  ///< seconds
  std::string pe;             ///< persistence engine; empty for none
  std::string pe_data;
};

/// One line of the file, without its newline. Nothing: it has another form.
std::optional<Connection> parse_connection(std::string_view line);

/// IPPROTO_* of a connection's protocol; that of marks is IP.
std::uint16_t protocol_number(std::string_view protocol);

/// The two title lines.
std::string connection_titles(bool persistence);
/// One line; `names` is null for numeric output.
std::string connection_text(const Connection& connection, bool persistence, Names* names);

}  // namespace ipvsadm
