// SPDX-License-Identifier: GPL-2.0-or-later
#include "feedback/log.hh"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "base/fd.hh"
#include "base/words.hh"

namespace feedback {
namespace {

constexpr double kRoom = 100, kPerSecond = 5;

}  // namespace

void Log::say(std::string_view text, Time now) {
  if (!is_talkative_) {
    room_ = std::min(kRoom, room_ + kPerSecond * std::chrono::duration<double>(now - last_).count());
    last_ = now;
    if (room_ < 1) {
      ++left_out_;
      return;
    }
    room_ -= 1;
  }
  if (left_out_ != 0) std::fprintf(stream_, "ipvs-feedback: %lu lines were left out\n", std::exchange(left_out_, 0));
  std::fprintf(stream_, "ipvs-feedback: %s\n", ipvsadm::escaped(text).c_str());
  std::fflush(stream_);
}

void Log::detail(std::string_view text, Time now) {
  if (is_talkative_) say(text, now);
}

void notify(const char* text) {
  const char* const path = std::getenv("NOTIFY_SOCKET");
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  if (!path || (path[0] != '/' && path[0] != '@') || std::strlen(path) >= sizeof(to.sun_path)) return;
  std::memcpy(to.sun_path, path, std::strlen(path));
  if (path[0] == '@') to.sun_path[0] = '\0';
  const ipvsadm::Fd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + std::strlen(path));
  sendto(fd.get(), text, std::strlen(text), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&to), size);
}

std::chrono::microseconds watchdog() {
  const char* const time = std::getenv("WATCHDOG_USEC");
  const char* const pid = std::getenv("WATCHDOG_PID");
  if (!time || (pid && ipvsadm::whole_number<pid_t>(pid) != getpid())) return {};
  return std::chrono::microseconds(ipvsadm::whole_number<std::chrono::microseconds::rep>(time).value_or(0));
}

}  // namespace feedback
