// SPDX-License-Identifier: GPL-2.0-or-later
// Changes that may be made already: --ensure.
#pragma once

#include <optional>
#include <vector>

#include "ipvs/change.hh"
#include "ipvs/client.hh"

namespace ipvsadm {

/// True if this refusal of a change says that there was nothing left to do.
bool is_done_already(const ipvs::Change& change, const ipvs::Error& error);
/// What to try after this refusal of an addition: the edit; nothing if there is no such thing.
std::optional<ipvs::Change> edit_instead(const ipvs::Change& change, const ipvs::Error& error);
/// True if a daemon runs as it is wanted; what is not given may be anything.
/// One with a key is none of those: whether it is the same key is not told.
bool runs_as(const ipvs::DaemonConfig& running, const ipvs::DaemonConfig& wanted);

/// Makes the change, whatever of it is there already. A daemon that runs otherwise is started anew.
ipvs::Result<void> ensure(ipvs::Client& client, const ipvs::Change& change);

/// Makes the daemons be those that ran before.
ipvs::Result<void> put_back(ipvs::Client& client, const std::vector<ipvs::DaemonConfig>& before);

}  // namespace ipvsadm
