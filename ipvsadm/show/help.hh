// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

namespace ipvsadm {

/// The one line by which programs recognise the tool and its version.
std::string version_text();
/// Which of the programs of that name and version this is: a line that stands behind it.
std::string program_text();
/// `program` is the name the tool was called by.
std::string help_text(const std::string& program);

}  // namespace ipvsadm
