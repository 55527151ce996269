// SPDX-License-Identifier: GPL-2.0-or-later
// The screen, the terminal and the kernel together.
#pragma once

#include <memory>

#include "base/snapshot.hh"
#include "top/options.hh"
#include "top/terminal.hh"

namespace top {

/// Until q is pressed or `end` becomes readable; then the process ends, its terminal being as it was.
[[noreturn]] void run_live(std::unique_ptr<Terminal> terminal, ipvsadm::Kernel& kernel, const Options& options, int end);

}  // namespace top
