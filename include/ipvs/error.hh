// SPDX-License-Identifier: LGPL-2.1-or-later
// What went wrong, in words and as a number.
#pragma once

#include "ipvs/abi.hh"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>

namespace ipvs::inline v1 {

/// What was being done when an error happened; the same errno reads differently for different operations.
enum class Operation : std::uint8_t {
  open,
  get_info,
  flush,
  add_service,
  edit_service,
  delete_service,
  zero_service,
  zero_all,
  get_service,
  list_services,
  add_dest,
  edit_dest,
  delete_dest,
  list_dests,
  set_timeouts,
  get_timeouts,
  start_daemon,
  stop_daemon,
  list_daemons,
  list_table,
  replace_table,
  list_connections,
  get_totals,
  list_drops,
  list_sysctls,
  get_sysctl,
  set_sysctl,
  get_unseen,
  get_daemon_status,
  get_status,
};

/// Whether the kernel refused, or the way to it failed. A kernel refusal leaves the Client usable.
enum class Origin : std::uint8_t {
  kernel,     ///< the kernel answered with an errno
  transport,  ///< socket trouble, or an answer that makes no sense (EPROTO)
};

/// A failed operation. `code` is an errno value, never 0.
struct Error {
  Operation operation = Operation::open;
  int code = 0;
  Origin origin = Origin::kernel;
  std::string detail = {};  ///< the kernel's own words (extended acknowledgement), or the library's; often empty
  Reserve reserve = {};

  /// One line for people, by operation and errno; `detail` is not part of it.
  std::string summary() const;
  /// The kernel's own words if it gave any, else the summary.
  std::string message() const;
};

/// The text for (operation, errno) as libipvs has always worded it. Static storage or strerror()'s.
const char* describe(Operation operation, int code);

/// Why a whole table was refused, and which of its items it was: the service with this number, or that service's
/// destination with this number. Neither: the reason lies elsewhere, such as in the timeouts or the transport.
struct TableError {
  Error error;
  std::optional<std::size_t> service = {};
  std::optional<std::size_t> dest = {};
};

/// What the kernel says of something that it has done as it was asked, because it may do other than it seems: "the
/// server's address is not of this host: ...". Our module does so.
struct Remark {
  std::string text = {};
  std::size_t change = 0;                   ///< its number among the changes given to apply()
  std::optional<std::size_t> service = {};  ///< of a table: which of its items, as in TableError
  std::optional<std::size_t> dest = {};
  std::uint32_t others = 0;  ///< of a table: how many more of its services there is something to say of
  Reserve reserve = {};
};

template <typename T>
using Result = std::expected<T, Error>;

}  // namespace ipvs::inline v1
