// SPDX-License-Identifier: GPL-2.0-or-later
// Inside, so that ipvsadm needs no library of fmt, of which there is no static one in Debian.
#define FMT_HEADER_ONLY
#include "base/format.hh"

#include <fmt/format.h>

namespace ipvsadm {

std::string vformatted(fmt::string_view format, fmt::format_args values) { return fmt::vformat(format, values); }

}  // namespace ipvsadm
