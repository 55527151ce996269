// SPDX-License-Identifier: GPL-2.0-or-later
// Meeting needs, and bringing back what was changed for them.
#pragma once

#include <expected>
#include <span>
#include <string>
#include <vector>

#include "realserver/host.hh"
#include "realserver/journal.hh"

namespace realserver {

/// Those that are not met, in their order.
std::expected<std::vector<Need>, std::string> unmet(std::span<const Need> needs, Host& host);

/// Meets those that are not met, and returns them. After a failure what was done so far stays, and is in the
/// journal; what was refused is not.
std::expected<std::vector<Need>, std::string> meet(std::span<const Need> needs, Host& host, Journal& journal);

/// Brings back what the journal says, last changes first. What is somebody else's by now (a setting that has
/// been changed since, another device of the same name, one with other addresses) is left as it is, as is
/// said in the texts that are returned.
std::expected<std::vector<std::string>, std::string> undo(Host& host, Journal& journal);

}  // namespace realserver
