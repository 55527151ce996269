// SPDX-License-Identifier: GPL-2.0-or-later
// How long a UDP server's answers take: every second request comes from a port of its own and makes a connection.
#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <thread>
#include <vector>

#include "control.hh"

namespace control {
namespace {

using Clock = std::chrono::steady_clock;

class UdpSocket {
 public:
  UdpSocket(const std::string& addr, unsigned long port) : fd_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(port));
    to.sin_addr.s_addr = inet_addr(addr.c_str());
    if (fd_ < 0 || connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) != 0) fail("no socket to " + addr);
  }
  UdpSocket(const UdpSocket&) = delete;
  UdpSocket& operator=(const UdpSocket&) = delete;
  ~UdpSocket() { close(fd_); }

  /// Microseconds until the answer; negative if there is none within `patience` milliseconds.
  long ask(int patience) const {
    const auto start = Clock::now();
    char byte = '?';
    if (send(fd_, &byte, 1, 0) != 1) return -1;
    pollfd wait{fd_, POLLIN, 0};
    char answer[64];
    if (poll(&wait, 1, patience) != 1 || recv(fd_, answer, sizeof(answer), 0) <= 0) return -1;
    return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start).count();
  }

 private:
  int fd_;
};

}  // namespace

int latency(Words words) {
  if (words.size() != 4) fail("latency needs address, port, seconds and the milliseconds that an answer may take");
  const auto port = number(words[1]);
  const int patience = static_cast<int>(number(words[3]));
  const auto end = Clock::now() + std::chrono::seconds(number(words[2]));
  const UdpSocket same(words[0], port);
  std::vector<long> times;
  unsigned long lost = 0;
  for (bool is_new = false; Clock::now() < end; is_new = !is_new) {
    const long micros = is_new ? UdpSocket(words[0], port).ask(patience) : same.ask(patience);
    if (micros < 0)
      ++lost;
    else
      times.push_back(micros);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  if (times.empty()) fail("no answer");
  std::ranges::sort(times);
  const auto at = [&](double part) {
    return times[static_cast<std::size_t>(part * static_cast<double>(times.size() - 1))];
  };
  std::printf("answers %zu lost %lu p50 %ld p99 %ld max %ld us\n", times.size(), lost, at(0.5), at(0.99), times.back());
  return 0;
}

}  // namespace control
