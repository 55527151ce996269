// SPDX-License-Identifier: GPL-2.0-or-later
// Services, servers, timeouts and daemons as the options that would create them: the format of --save and
// --restore.
#pragma once

#include <string>

#include "ipvs/types.hh"
#include "names.hh"

namespace ipvsadm {

/// One line each; `names` is null for numeric output.
std::string save_service(const ipvs::Service& service, Names* names);
std::string save_dest(const ipvs::ServiceKey& service, const ipvs::Dest& dest, Names* names);

/// The line of timeouts; nothing for those that the kernel begins with.
std::string save_timeouts(const ipvs::Timeouts& timeouts);
/// A line for a daemon that runs, with all its parameters.
std::string save_daemon(const ipvs::Daemon& daemon);

}  // namespace ipvsadm
