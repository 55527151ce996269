// SPDX-License-Identifier: GPL-2.0-or-later
// The part of the bash completion that the tables of commands and options say; ipvsadm/completion.bash is behind it.
#pragma once

#include <string>

namespace ipvsadm {

std::string completion_tables();

}  // namespace ipvsadm
