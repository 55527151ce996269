// SPDX-License-Identifier: LGPL-2.1-or-later
#include "files.hh"

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>

#include "fd.hh"

namespace ipvs::inline v1 {
namespace {

std::expected<Fd, int> open_file(const char* path, int flags) {
  Fd fd(open(path, flags | O_CLOEXEC));
  if (!fd) return std::unexpected(errno);
  return fd;
}

std::expected<Fd, int> present_namespace() { return open_file("/proc/thread-self/ns/net", O_RDONLY); }

class KernelFiles : public Files {
 public:
  KernelFiles() : home_(present_namespace()) {}

  std::expected<void, int> read(const std::string& path, const std::function<bool(std::string_view)>& take) override {
    const auto fd = open_at_home(path, O_RDONLY);
    if (!fd) return std::unexpected(fd.error());
    std::string buffer(1 << 16, '\0');
    for (;;) {
      const ssize_t size = ::read(fd->get(), buffer.data(), buffer.size());
      if (size < 0 && errno == EINTR) continue;
      if (size < 0) return std::unexpected(errno);
      if (size == 0 || !take(std::string_view(buffer).substr(0, static_cast<std::size_t>(size)))) return {};
    }
  }

  std::expected<void, int> write(const std::string& path, std::string_view text) override {
    const auto fd = open_at_home(path, O_WRONLY);
    if (!fd) return std::unexpected(fd.error());
    const ssize_t size = ::write(fd->get(), text.data(), text.size());
    if (size < 0) return std::unexpected(errno);
    if (static_cast<std::size_t>(size) != text.size()) return std::unexpected(EIO);
    return {};
  }

  std::expected<std::vector<std::string>, int> names(const std::string& folder) override {
    using Names = std::expected<std::vector<std::string>, int>;
    return at_home([&]() -> Names {
      DIR* dir = opendir(folder.c_str());
      if (!dir) return std::unexpected(errno);
      std::vector<std::string> found;
      errno = 0;
      while (const dirent* each = readdir(dir))
        if (each->d_name[0] != '.') found.emplace_back(each->d_name);
      const int error = errno;
      closedir(dir);
      if (error != 0) return std::unexpected(error);
      std::ranges::sort(found);
      return found;
    });
  }

 private:
  std::expected<Fd, int> open_at_home(const std::string& path, int flags) const {
    return at_home([&] { return open_file(path.c_str(), flags); });
  }

  template <typename Open>
  auto at_home(Open open) const -> decltype(open()) {
    if (!home_) return std::unexpected(home_.error());
    const auto present = present_namespace();
    if (!present) return std::unexpected(present.error());
    return opened_in(*home_, *present, open);
  }

  std::expected<Fd, int> home_;
};

}  // namespace

std::unique_ptr<Files> kernel_files() { return std::make_unique<KernelFiles>(); }

}  // namespace ipvs::inline v1
