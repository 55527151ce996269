// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/module.hh"

#include <unistd.h>

namespace ipvsadm {

bool has_module() { return access("/proc/thread-self/net/ip_vs_stats", F_OK) == 0; }

}  // namespace ipvsadm
