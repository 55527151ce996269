// SPDX-License-Identifier: GPL-2.0-or-later
#include "session.hh"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "format.hh"

namespace ipvsadm {
namespace {

constexpr std::uint32_t kMinimumVersion = 0x010104;

bool load_ip_vs() {
  const pid_t child = fork();
  if (child < 0) return false;
  if (child == 0) {
    execl("/sbin/modprobe", "/sbin/modprobe", "--", "ip_vs", nullptr);
    _exit(1);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return false;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

std::string version_words(std::uint32_t version) {
  return formatted("{}.{}.{}", version >> 16 & 0xff, version >> 8 & 0xff, version & 0xff);
}

}  // namespace

Kernel this_kernel() {
  return {.open = [] { return ipvs::Client::open(); }, .load_module = load_ip_vs};
}

ipvs::Result<void> Session::connect() {
  auto client = kernel_.open();
  if (!client) return std::unexpected(client.error());
  // Also the first thing that needs permission.
  auto info = client->info();
  if (!info) return std::unexpected(info.error());
  client_.emplace(std::move(*client));
  info_ = *info;
  return {};
}

ipvs::Result<ipvs::Client*> Session::client() {
  if (client_) return &*client_;
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
      "  ipvsadm v1.31  requires minimum IPVS version {}\n\n",
      version_words(info.version), version_words(kMinimumVersion));
}

}  // namespace ipvsadm
