// SPDX-License-Identifier: GPL-2.0-or-later
// The connection to the kernel, made when first needed.
#pragma once

#include <optional>
#include <string>

#include "ipvs/client.hh"

namespace ipvsadm {

class Session {
 public:
  /// Connects, loading the module if it is not there. Null, with the reason on standard error, if that fails.
  ipvs::Client* client();
  /// What the kernel said about itself; valid once client() has succeeded.
  const ipvs::Info& info() const { return info_; }
  /// Why client() was null.
  const ipvs::Error& error() const { return error_; }

 private:
  ipvs::Result<void> connect();

  std::optional<ipvs::Client> client_;
  ipvs::Info info_;
  ipvs::Error error_;
};

}  // namespace ipvsadm
