// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>

namespace ipvsadm {

/// What programs that look for ipvsadm know: its version and date, whose options and texts these are.
inline constexpr const char* kClassicVersion = "1.31";
inline constexpr const char* kClassicDate = "2019/12/24";
/// Of this program, from dkms.conf.
inline constexpr const char* kOwnVersion = IPVS_OWN_VERSION;

/// A version of the kernel's, of which each number has a byte: "1.2.1".
std::string version_words(std::uint32_t version);

}  // namespace ipvsadm
