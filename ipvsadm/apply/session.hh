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
  /// Whether it has IPVS by now. Already open() may load that: the question for the family does.
  std::function<bool()> has_ipvs;
};

/// Has a program load ip_vs; false if that has failed.
bool load_module(const char* modprobe);

/// The one that the program runs on.
Kernel this_kernel();

class Session {
 public:
  explicit Session(Kernel kernel) : kernel_(std::move(kernel)) {}

  /// Connects, loading the module if it is not there, and asks what it is, for which one needs permission.
  ipvs::Result<ipvs::Client*> client();
  /// Connects to what is there, loading nothing: for those who can do without.
  ipvs::Result<ipvs::Client*> client_if_there();
  /// As client(), without asking: for what everybody may read.
  ipvs::Result<ipvs::Client*> anybodys_client();
  bool is_open() const { return info_.has_value(); }
  /// What the kernel said about itself; valid once client() has succeeded.
  const ipvs::Info& info() const { return *info_; }

 private:
  ipvs::Result<void> connect();
  ipvs::Result<ipvs::Client*> asked_client();

  Kernel kernel_;
  std::optional<ipvs::Client> client_;
  std::optional<ipvs::Info> info_;
};

/// What there is to say of a module that is older than this program can do with; empty if it is not.
std::string version_warning(const ipvs::Info& info);

}  // namespace ipvsadm
