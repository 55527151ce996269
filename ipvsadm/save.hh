// SPDX-License-Identifier: GPL-2.0-or-later
// Services and servers as the options that would create them: the format of --save and --restore.
#pragma once

#include <string>

#include "ipvs/types.hh"
#include "names.hh"

namespace ipvsadm {

/// One line each; `names` is null for numeric output.
std::string save_service(const ipvs::Service& service, Names* names);
std::string save_dest(const ipvs::ServiceKey& service, const ipvs::Dest& dest, Names* names);

}  // namespace ipvsadm
