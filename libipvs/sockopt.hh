// SPDX-License-Identifier: LGPL-2.1-or-later
// The socket options of IPVS as system calls. Errors are errno values.
#pragma once

#include <cstddef>
#include <expected>
#include <memory>

namespace ipvs::inline v1 {

class Options {
 public:
  virtual ~Options() = default;

  virtual std::expected<void, int> open() = 0;
  virtual std::expected<void, int> set(int option, const void* value, std::size_t size) = 0;
  virtual std::expected<void, int> get(int option, void* value, std::size_t size) = 0;
};

/// On a raw IPv4 socket of the network namespace in which it is opened.
std::unique_ptr<Options> kernel_options();

}  // namespace ipvs::inline v1
