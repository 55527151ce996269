// SPDX-License-Identifier: LGPL-2.1-or-later
// A file descriptor with an owner, and network namespaces as such.
#pragma once

#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <expected>
#include <utility>

namespace ipvs::inline v1 {

class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd() {
    if (fd_ >= 0) close(fd_);
  }
  explicit operator bool() const { return fd_ >= 0; }
  int get() const { return fd_; }

 private:
  int fd_;
};

inline std::expected<bool, int> is_same(const Fd& a, const Fd& b) {
  struct stat of_a, of_b;
  if (fstat(a.get(), &of_a) != 0 || fstat(b.get(), &of_b) != 0) return std::unexpected(errno);
  return of_a.st_dev == of_b.st_dev && of_a.st_ino == of_b.st_ino;
}

/// What `open` makes in the network namespace `wanted`; the thread is in `present`, and so it is again afterwards.
template <typename Open>
auto opened_in(const Fd& wanted, const Fd& present, Open open) -> decltype(open()) {
  const auto same = is_same(wanted, present);
  if (!same) return std::unexpected(same.error());
  if (*same) return open();
  if (setns(wanted.get(), CLONE_NEWNET) != 0) return std::unexpected(errno);
  auto made = open();
  if (setns(present.get(), CLONE_NEWNET) != 0) return std::unexpected(errno);
  return made;
}

}  // namespace ipvs::inline v1
