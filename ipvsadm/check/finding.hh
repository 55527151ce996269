// SPDX-License-Identifier: GPL-2.0-or-later
// What --check finds: kinds with their identifiers, and the findings themselves.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace ipvsadm::check {

enum class Severity : std::uint8_t {
  error,    ///< clients are not served
  warning,  ///< some are not, or will not be, or it looks like that
  note,     ///< worth knowing; nothing has to be wrong
};

enum class Kind : std::uint8_t {
  address_missing,
  address_down,
  address_duplicate,
  address_mask_loopback,
  address_mask,
  address_unanswered,
  address_elsewhere,
  address_in_use,
  server_answers,
  source_is_virtual,
  service_empty,
  service_quiesced,
  service_overloaded,
  server_no_route,
  server_unreachable,
  dr_not_connected,
  nat_no_forwarding,
  nat_redirects,
  nat_no_answer,
  nat_client_beside_server,
  nat_behind_router,
  nat_rules_bypassed,
  tunnel_mtu,
  source_filter,
  firewall,
  firewall_legacy,
  defense_always,
  fast_path_idle,
  sync_interface,
  module_of_kernel,
  not_checked,
  count,
};

struct KindRow {
  Kind kind;
  const char* id;  ///< for programs; never changes
  Severity severity;
  const char* meaning;
};

/// In the order of Kind.
std::span<const KindRow> kinds();
const KindRow& row_of(Kind kind);
/// "error", "warning", "note".
const char* severity_name(Severity severity);

struct Finding {
  Kind kind;
  std::string object;                  ///< "virtual address 192.0.2.1", "TCP 192.0.2.1:80 -> 10.0.0.1:80"
  std::string text;                    ///< a sentence or two, which go on behind the object and a colon
  std::vector<std::string> mend = {};  ///< commands
  std::string where = {};              ///< on which server they are to be given; empty: here

  friend bool operator==(const Finding&, const Finding&) = default;
};

/// Whether any of them is more than a note.
bool is_at_fault(std::span<const Finding> findings);

}  // namespace ipvsadm::check
