// SPDX-License-Identifier: GPL-2.0-or-later
// The way to IPVS for programs that run all the time: whoever removes its module means it, so looking on loads nothing.
#pragma once

#include <cerrno>

#include "ipvs/client.hh"

namespace ipvsadm {

inline constexpr auto kNoModule = "the module ip_vs is not loaded";

/// In the network namespace of the thread that calls.
inline ipvs::Result<ipvs::Client> open_if_there() { return ipvs::Client::open_loaded(ipvs::Client::Transport::netlink); }

/// Of an error of open_if_there(): there is no module.
inline bool is_absence(const ipvs::Error& error) { return error.code == ENOENT; }

}  // namespace ipvsadm
