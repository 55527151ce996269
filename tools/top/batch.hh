// SPDX-License-Identifier: GPL-2.0-or-later
// The same as text for files and scripts.
#pragma once

#include <optional>
#include <string>

#include "top/figures.hh"
#include "top/options.hh"

namespace top {

/// A moment, with a newline behind each line; `clock`: which one. Empty lines stand only between moments.
std::string frame_text(const Frame& frame, const Options& options, const std::string& clock);

/// Until it is ended or has printed what was asked for; the exit status. `end`: a descriptor that becomes readable when it is
/// to end, at the next moment without anything half printed.
int run_batch(ipvsadm::Kernel& kernel, const Options& options, int end);

}  // namespace top
