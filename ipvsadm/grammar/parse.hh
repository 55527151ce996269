// SPDX-License-Identifier: GPL-2.0-or-later
// From a command line to a command. The only things asked of the outside are names of hosts and services.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "grammar/command.hh"
#include "names/names.hh"

namespace ipvsadm {

/// What is said where a command was expected and there is none.
UsageError try_help(const std::string& program);

/// `args` starts with the program's name. The first error from left to right is reported.
std::expected<Command, UsageError> parse(const std::vector<std::string>& args, Names& names);

}  // namespace ipvsadm
