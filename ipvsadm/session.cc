// SPDX-License-Identifier: GPL-2.0-or-later
#include "session.hh"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "format.hh"

namespace ipvsadm {
namespace {

constexpr std::uint32_t kMinimumVersion = 0x010104;

bool load_module() {
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

ipvs::Result<void> Session::connect() {
  auto client = ipvs::Client::open();
  if (!client) return std::unexpected(client.error());
  // Also the first thing that needs permission.
  auto info = client->info();
  if (!info) return std::unexpected(info.error());
  client_.emplace(std::move(*client));
  info_ = *info;
  return {};
}

ipvs::Client* Session::client() {
  if (client_) return &*client_;
  auto done = connect();
  if (!done && done.error().code != EPERM && load_module()) done = connect();
  if (!done) {
    std::fputs(formatted("Can't initialize ipvs: {}\n"
                         "Are you sure that IP Virtual Server is built in the kernel or as module?\n",
                         done.error().summary())
                   .c_str(),
               stderr);
    error_ = done.error();
    return nullptr;
  }
  if (info_.version < kMinimumVersion)
    std::fputs(formatted("Warning: IPVS version mismatch: \n"
                         "  Kernel compiled with IPVS version {}\n"
                         "  ipvsadm v1.31  requires minimum IPVS version {}\n\n",
                         version_words(info_.version), version_words(kMinimumVersion))
                   .c_str(),
               stderr);
  return &*client_;
}

}  // namespace ipvsadm
