// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/key_file.hh"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/format.hh"
#include "base/io.hh"

namespace ipvsadm {
namespace {

constexpr std::size_t kLeast = 16, kMost = 64;

std::unexpected<KeyFileError> unreadable(int code) {
  return std::unexpected(KeyFileError{code, formatted("cannot be read: {}", std::strerror(code))});
}

std::unexpected<KeyFileError> no_key(std::string text) { return std::unexpected(KeyFileError{0, std::move(text)}); }

/// Of the file that is open, so that it is the one that is read.
std::expected<void, KeyFileError> check_rights(int fd) {
  struct stat about;
  if (fstat(fd, &about) != 0) return unreadable(errno);
  if (!S_ISREG(about.st_mode)) return no_key("is no regular file");
  if (about.st_uid != 0 && about.st_uid != geteuid())
    return no_key(formatted("belongs to user {}, who could put another key there", about.st_uid));
  if ((about.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return no_key(formatted("may be used by others than its owner (mode {:04o}): chmod 600", about.st_mode & 07777));
  // Not to be read in whole to be found too long.
  if (about.st_size > 4096) return no_key("is too long for a key");
  return {};
}

}  // namespace

std::expected<std::string, KeyFileError> read_key_file(const std::string& path) {
  // What is no regular file may make whoever opens it wait.
  const auto file = File::open(path, O_NONBLOCK);
  if (!file) return unreadable(file.error());
  if (auto good = check_rights(file->fd()); !good) return std::unexpected(std::move(good.error()));
  auto key = read_all(file->fd());
  if (!key) return unreadable(key.error());
  if (key->ends_with('\n')) key->pop_back();
  if (key->size() < kLeast || key->size() > kMost)
    return no_key(formatted("has a key of {} bytes: it has to have {} to {}", key->size(), kLeast, kMost));
  return std::move(*key);
}

}  // namespace ipvsadm
