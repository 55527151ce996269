// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/version.hh"

#include "base/format.hh"

namespace ipvsadm {

std::string version_words(std::uint32_t version) {
  return formatted("{}.{}.{}", version >> 16 & 0xff, version >> 8 & 0xff, version & 0xff);
}

}  // namespace ipvsadm
