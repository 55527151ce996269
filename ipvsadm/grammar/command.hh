// SPDX-License-Identifier: GPL-2.0-or-later
// What a command line asks for, as a value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "grammar/failure.hh"
#include "grammar/sysctls.hh"
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
  bool json = false;
};

struct ListConnections {
  bool numeric = false;
  bool persistence = false;  ///< with the persistence engine's columns
  bool json = false;
};

struct ShowTimeouts {
  bool json = false;
};
struct ShowDaemons {
  bool json = false;    ///< with the status, if the module tells it
  bool status = false;
};
struct Save {
  bool numeric = false;
  std::string key_file = {};  ///< what the lines of daemons with a key name; empty: these become comments
};
struct Restore {
  enum class Mode : std::uint8_t {
    plain,    ///< line by line, as 1.31 does
    replace,  ///< into an empty table, if all lines are good
    atomic,   ///< replaces the table by what the lines describe, or changes nothing
  } mode = Mode::plain;
  enum class Trial : std::uint8_t {
    none,
    syntax,  ///< looks only whether the lines are commands
    dry,     ///< carries them out on a table in the program
  } trial = Trial::none;
};
/// A change that may be made already: what it would add is edited, what it would remove may be absent.
struct Ensure {
  ipvs::Change change;
};
/// A daemon whose key is in a file.
struct StartWithKey {
  ipvs::DaemonConfig daemon;  ///< without the key
  std::string key_file;
  bool ensure = false;
};
struct Sysctls {
  std::vector<SysctlAction> actions;  ///< empty: list all
  bool json = false;
};
struct Check {
  bool asks = true;  ///< neighbours and networks; else only what the kernel knows
  bool json = false;
};
struct ShowHelp {};
struct ShowVersion {};

using Command = std::variant<ipvs::Change, Ensure, StartWithKey, ListServices, ListConnections, ShowTimeouts,
                             ShowDaemons, Save, Restore, Sysctls, Check, ShowHelp, ShowVersion>;

/// Exit codes of the program, unless --exit-codes asks for those of failure.hh.
namespace exit_code {
constexpr int ok = 0;
constexpr int listing_failed = 1;
constexpr int usage = 2;
constexpr int found = 21;        ///< something that is wrong, by --check
constexpr int refused = 255;     ///< by the kernel
constexpr int bad_option = 255;  ///< by the option parser
}  // namespace exit_code

/// What is wrong with a command line.
struct UsageError {
  std::string text;  ///< without a newline at its end
  int exit_code = exit_code::usage;
  Failure failure = Failure::usage;
  bool ends_restore = true;  ///< false: a restore goes on behind the line
};

}  // namespace ipvsadm
