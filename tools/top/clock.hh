// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

namespace top {

/// The time of the day, here: "12:34:56".
std::string clock_text();

}  // namespace top
