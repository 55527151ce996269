// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/io.hh"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace ipvsadm {
namespace {

/// Appends what one read gives; false at the end.
std::expected<bool, int> read_more(int fd, std::string& into) {
  char buffer[1 << 16];
  for (;;) {
    const ssize_t length = read(fd, buffer, sizeof(buffer));
    if (length < 0 && errno == EINTR) continue;
    if (length < 0) return std::unexpected(errno);
    into.append(buffer, static_cast<std::size_t>(length));
    return length > 0;
  }
}

}  // namespace

void occupy_standard_streams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF) continue;
    // The lowest number that is free is this one.
    const int flags = fd == STDIN_FILENO ? O_WRONLY : O_RDONLY;
    if (open("/dev/null", flags) != fd) _exit(1);
  }
}

std::expected<std::string, int> LineReader::next() {
  for (;;) {
    const auto more = read_more(fd_, rest_);
    if (!more) return std::unexpected(more.error());
    if (!*more) return std::exchange(rest_, {});
    const std::size_t end = rest_.rfind('\n');
    if (end == std::string::npos) continue;
    std::string whole = rest_.substr(0, end + 1);
    rest_.erase(0, end + 1);
    return whole;
  }
}

std::expected<File, int> File::open(const std::string& path, int flags) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | flags);
  if (fd < 0) return std::unexpected(errno);
  return File(fd);
}

File::File(File&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

File::~File() {
  // Nothing was written, so nothing can be lost.
  if (fd_ >= 0) ::close(fd_);
}

std::expected<std::string, int> read_all(int fd) {
  std::string text;
  for (;;) {
    const auto more = read_more(fd, text);
    if (!more) return std::unexpected(more.error());
    if (!*more) return text;
  }
}

std::expected<std::string, int> read_file(const std::string& path) {
  const auto file = File::open(path);
  if (!file) return std::unexpected(file.error());
  return read_all(file->fd());
}

void Output::note(bool good) {
  if (!good && error_ == 0) error_ = errno != 0 ? errno : EIO;
}

void Output::write(std::string_view text) {
  errno = 0;
  note(std::fwrite(text.data(), 1, text.size(), stream_) == text.size());
}

void Output::flush() {
  errno = 0;
  note(std::fflush(stream_) == 0);
}

void Output::close() {
  flush();
  errno = 0;
  note(std::fclose(stream_) == 0);
}

}  // namespace ipvsadm
