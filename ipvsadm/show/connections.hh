// SPDX-License-Identifier: GPL-2.0-or-later
// The connection table, as --list --connection prints it. Pure.
#pragma once

#include <string>

#include "ipvs/connection.hh"
#include "names/names.hh"

namespace ipvsadm {

/// The two title lines.
std::string connection_titles(bool persistence);
/// One line; `names` is null for numeric output.
std::string connection_text(const ipvs::Connection& connection, bool persistence, Names* names);

}  // namespace ipvsadm
