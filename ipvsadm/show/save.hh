// SPDX-License-Identifier: GPL-2.0-or-later
// Services, servers, timeouts and daemons as the options that would create them: the format of --save and
// --restore.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ipvs/types.hh"
#include "names/names.hh"

namespace ipvsadm {

/// One line each; `names` is null for numeric output.
std::string save_service(const ipvs::Service& service, Names* names);
std::string save_dest(const ipvs::ServiceKey& service, const ipvs::Dest& dest, Names* names);

/// What a save through socket options would leave out, in words; nothing if they show all there is. The arguments are
/// the content of /proc/net/ip_vs, which shows services of every kind, and of /proc/modules.
std::optional<std::string> lost_through_socket_options(const ipvs::Unseen& unseen);

/// The line of timeouts; nothing for those that the kernel begins with.
std::string save_timeouts(const ipvs::Timeouts& timeouts);
/// A line for a daemon that runs, with all its parameters.
/// `key_file`: where those with a key will find it; without that their line is a comment, for the key is not known.
std::string save_daemon(const ipvs::DaemonConfig& daemon, const std::string& key_file);

}  // namespace ipvsadm
