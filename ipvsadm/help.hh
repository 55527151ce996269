// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

namespace ipvsadm {

/// The one line by which programs recognise the tool and its version.
std::string version_text();
/// `program` is the name the tool was called by.
std::string help_text(const std::string& program);

}  // namespace ipvsadm
