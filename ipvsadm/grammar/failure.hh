// SPDX-License-Identifier: GPL-2.0-or-later
// Kinds of failure, and the exit codes by which --exit-codes tells them apart.
#pragma once

#include <cstdint>
#include <span>

#include "ipvs/error.hh"

namespace ipvsadm {

enum class Failure : std::uint8_t {
  usage,
  value,
  permission,
  module,
  exists,
  service,
  server,
  helper,
  daemon,
  memory,
  conflict,
  unsupported,
  version,
  sysctl,
  system,
  output,
  input,
  changed,
  limit,
  found,
};

struct FailureKind {
  Failure failure;
  int exit_code;
  const char* meaning;
};

/// In the order of Failure.
std::span<const FailureKind> failure_kinds();
const FailureKind& kind_of(Failure failure);

/// What kind of failure an error of the kernel, or of the way to it, is.
Failure failure_of(const ipvs::Error& error);

}  // namespace ipvsadm
