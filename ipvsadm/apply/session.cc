// SPDX-License-Identifier: GPL-2.0-or-later
#include "apply/session.hh"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "base/format.hh"
#include "base/version.hh"

namespace ipvsadm {
namespace {

constexpr std::uint32_t kMinimumVersion = 0x010104;

}  // namespace

bool load_module(const char* modprobe) {
  char name[] = "modprobe", end_of_options[] = "--", module[] = "ip_vs";
  char* words[] = {name, end_of_options, module, nullptr};
  pid_t child = 0;
  if (posix_spawn(&child, modprobe, nullptr, nullptr, words, environ) != 0) return false;
  int status = 0;
  pid_t ended;
  while ((ended = waitpid(child, &status, 0)) < 0 && errno == EINTR) continue;
  // Who was started with SIGCHLD ignored learns nothing of its children; the next try to connect will tell.
  return ended < 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

Kernel this_kernel() {
  return {.open = [] { return ipvs::Client::open(); },
          .load_module = [] { return load_module("/sbin/modprobe"); },
          .has_ipvs =
              [] {
                std::error_code failed;
                return std::filesystem::exists("/proc/net/ip_vs", failed);
              }};
}

ipvs::Result<void> Session::connect() {
  if (client_) return {};
  auto client = kernel_.open();
  if (!client) return std::unexpected(client.error());
  client_.emplace(std::move(*client));
  return {};
}

ipvs::Result<ipvs::Client*> Session::client() {
  auto client = asked_client();
  if (!client && client.error().code == ENOPROTOOPT && kernel_.load_module()) client = asked_client();
  return client;
}

ipvs::Result<ipvs::Client*> Session::client_if_there() {
  if (kernel_.has_ipvs()) return asked_client();
  return std::unexpected(ipvs::Error{.operation = ipvs::Operation::open, .code = ENOPROTOOPT, .detail = {}});
}

ipvs::Result<ipvs::Client*> Session::asked_client() {
  if (auto done = connect(); !done) return std::unexpected(std::move(done.error()));
  if (!info_) {
    auto info = client_->info();
    if (!info) return std::unexpected(std::move(info.error()));
    info_ = std::move(*info);
  }
  return &*client_;
}

ipvs::Result<ipvs::Client*> Session::anybodys_client() {
  auto done = connect();
  if (!done && done.error().code == ENOPROTOOPT && kernel_.load_module()) done = connect();
  if (!done) return std::unexpected(std::move(done.error()));
  return &*client_;
}

std::string version_warning(const ipvs::Info& info) {
  if (info.version >= kMinimumVersion) return {};
  return formatted(
      "Warning: IPVS version mismatch: \n"
      "  Kernel compiled with IPVS version {}\n"
      "  ipvsadm v{}  requires minimum IPVS version {}\n\n",
      version_words(info.version), kClassicVersion, version_words(kMinimumVersion));
}

}  // namespace ipvsadm
