// SPDX-License-Identifier: GPL-2.0-or-later
#include "sysctl_dir.hh"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <set>

namespace ipvsadm {
namespace {

/// Some settings of the network exist only in the namespace that the machine began with.
bool in_first_namespace() { return access("/proc/sys/net/core/netdev_budget", F_OK) == 0; }

class File {
 public:
  File(const std::string& path, int flags) : fd_(open(path.c_str(), flags | O_CLOEXEC)) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (fd_ >= 0) close(fd_);
  }
  int fd() const { return fd_; }

 private:
  int fd_;
};

}  // namespace

SysctlDir::SysctlDir(std::string path) : path_(std::move(path)) {}

std::vector<std::string> SysctlDir::names() const {
  std::error_code error;
  std::set<std::string> present;
  for (std::filesystem::directory_iterator each(path_, error), end; !error && each != end;
       each.increment(error))
    present.insert(each->path().filename());
  std::vector<std::string> names;
  for (const Sysctl& known : sysctls())
    if (present.erase(known.name)) names.emplace_back(known.name);
  names.insert(names.end(), present.begin(), present.end());
  return names;
}

std::expected<std::string, int> SysctlDir::read(const std::string& name) const {
  const File file(path_ + "/" + name, O_RDONLY);
  if (file.fd() < 0) return std::unexpected(errno);
  char buffer[4096];
  const ssize_t length = ::read(file.fd(), buffer, sizeof(buffer));
  if (length < 0) return std::unexpected(errno);
  std::string value(buffer, static_cast<std::size_t>(length));
  while (value.ends_with('\n')) value.pop_back();
  std::ranges::replace(value, '\t', ' ');
  return value;
}

std::expected<void, int> SysctlDir::write(const std::string& name, const std::string& value) const {
  const File file(path_ + "/" + name, O_WRONLY);
  if (file.fd() < 0) return std::unexpected(errno);
  // In one piece: the kernel takes each write as a whole value.
  const std::string line = value + "\n";
  if (::write(file.fd(), line.data(), line.size()) < 0) return std::unexpected(errno);
  return {};
}

std::optional<std::string> sysctl_default(const std::string& name) {
  const Sysctl* known = find_sysctl(name);
  if (!known) return {};
  const char* text = in_first_namespace() ? known->in_first : known->in_other;
  if (!text) return {};
  return text;
}

}  // namespace ipvsadm
