// SPDX-License-Identifier: GPL-2.0-or-later
// The connection to the kernel, made when first needed.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "ipvs/client.hh"

namespace ipvsadm {

/// How the kernel is reached.
struct Kernel {
  std::function<ipvs::Result<ipvs::Client>()> open;
  std::function<bool()> load_module;
};

/// The one that the program runs on.
Kernel this_kernel();

class Session {
 public:
  explicit Session(Kernel kernel) : kernel_(std::move(kernel)) {}

  /// Connects, loading the module if it is not there.
  ipvs::Result<ipvs::Client*> client();
  bool is_open() const { return client_.has_value(); }
  /// What the kernel said about itself; valid once client() has succeeded.
  const ipvs::Info& info() const { return info_; }

 private:
  ipvs::Result<void> connect();

  Kernel kernel_;
  std::optional<ipvs::Client> client_;
  ipvs::Info info_;
};

/// What there is to say of a module that is older than this program can do with; empty if it is not.
std::string version_warning(const ipvs::Info& info);

}  // namespace ipvsadm
