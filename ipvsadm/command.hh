// SPDX-License-Identifier: GPL-2.0-or-later
// What a command line asks for, as a value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "ipvs/change.hh"
#include "ipvs/types.hh"

namespace ipvsadm {

/// The column sets of a listing; when several are asked for, the first one here wins.
enum class Columns : std::uint8_t { stats, rate, thresholds, persistent_conn, tun_info, plain };

struct ListServices {
  std::optional<ipvs::ServiceKey> only;
  Columns columns = Columns::plain;
  bool numeric = false;
  bool exact = false;
  bool sorted = true;
};

struct ListConnections {
  bool numeric = false;
  bool persistence = false;  ///< with the persistence engine's columns
};

struct ShowTimeouts {};
struct ShowDaemons {};
struct Save {
  bool numeric = false;
};
struct Restore {
  bool replace = false;  ///< clear the table first
};
struct ShowHelp {};
struct ShowVersion {};

using Command = std::variant<ipvs::Change, ListServices, ListConnections, ShowTimeouts, ShowDaemons, Save,
                             Restore, ShowHelp, ShowVersion>;

/// Exit codes of the program.
namespace exit_code {
constexpr int ok = 0;
constexpr int listing_failed = 1;
constexpr int usage = 2;
constexpr int refused = 255;     ///< by the kernel
constexpr int bad_option = 255;  ///< by the option parser
}  // namespace exit_code

/// What is wrong with a command line.
struct UsageError {
  std::string text;  ///< without a newline at its end
  int exit_code = exit_code::usage;
};

}  // namespace ipvsadm
