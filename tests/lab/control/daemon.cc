// SPDX-License-Identifier: GPL-2.0-or-later
// The socket options of synchronisation daemons, with what no library would say.
#include <sys/socket.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "control.hh"
#include "options.hh"

namespace control {

namespace {

const char* name(int error) { return error == 0 ? "ok" : strerrorname_np(error); }

int list(const OptionSocket& socket, unsigned length) {
  std::vector<std::uint8_t> buffer(4096, 0xaa);
  unsigned after = length;
  const int error = socket.get(IP_VS_SO_GET_DAEMON, buffer.data(), after);
  std::printf("%s", name(error));
  if (error == 0) {
    std::printf(" %u bytes:", after);
    for (unsigned i = 0; i < 2; ++i) {
      ip_vs_daemon_user daemon;
      std::memcpy(&daemon, &buffer[i * sizeof(daemon)], sizeof(daemon));
      std::printf(" %d '%.16s' %d", daemon.state, daemon.mcast_ifn, daemon.syncid);
    }
  }
  std::printf("\n");
  return 0;
}

}  // namespace

int daemon(Words words) {
  const OptionSocket socket(AF_INET, SOCK_DGRAM, 0);
  if (!words.empty() && words[0] == "list") {
    return list(socket, words.size() > 1 ? number(words[1]) : 2 * sizeof(ip_vs_daemon_user));
  }
  if (words.size() < 2) fail("daemon start STATE DEVICE SYNCID [LENGTH] | stop STATE [LENGTH] | list [LENGTH]");
  std::vector<std::uint8_t> buffer(4096);
  ip_vs_daemon_user daemon{};
  daemon.state = static_cast<int>(number(words[1]));
  std::size_t next = 2;
  const bool is_start = words[0] == "start";
  if (is_start && words.size() > 3) {
    // All of it, without a zero at the end if the name is as long.
    std::memcpy(daemon.mcast_ifn, words[2].data(), std::min(words[2].size(), sizeof(daemon.mcast_ifn)));
    daemon.syncid = static_cast<int>(number(words[3]));
    next = 4;
  }
  std::memcpy(buffer.data(), &daemon, sizeof(daemon));
  const unsigned length = words.size() > next ? number(words[next]) : sizeof(daemon);
  std::printf("%s\n", name(socket.set(is_start ? IP_VS_SO_SET_STARTDAEMON : IP_VS_SO_SET_STOPDAEMON, buffer.data(), length)));
  return 0;
}

}  // namespace control
