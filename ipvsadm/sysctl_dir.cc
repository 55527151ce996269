// SPDX-License-Identifier: GPL-2.0-or-later
#include "sysctl_dir.hh"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>

#include "io.hh"

namespace ipvsadm {
namespace {

/// Some settings of the network exist only in the namespace that the machine began with.
bool in_first_namespace() { return access("/proc/sys/net/core/netdev_budget", F_OK) == 0; }

}  // namespace

SysctlDir::SysctlDir(std::string path) : path_(std::move(path)) {}

std::expected<std::vector<std::string>, int> SysctlDir::names() const {
  std::error_code error;
  std::set<std::string> present;
  for (std::filesystem::directory_iterator each(path_, error), end; !error && each != end;
       each.increment(error))
    present.insert(each->path().filename());
  // None are there without the module.
  if (error && error != std::errc::no_such_file_or_directory) return std::unexpected(error.value());
  std::vector<std::string> names;
  for (const Sysctl& known : sysctls())
    if (present.erase(known.name)) names.emplace_back(known.name);
  names.insert(names.end(), present.begin(), present.end());
  return names;
}

std::expected<std::string, int> SysctlDir::read(const std::string& name) const {
  auto value = read_file(path_ + "/" + name);
  if (!value) return value;
  while (value->ends_with('\n')) value->pop_back();
  std::ranges::replace(*value, '\t', ' ');
  return value;
}

std::expected<void, int> SysctlDir::write(const std::string& name, const std::string& value) const {
  // In one piece: the kernel takes each write as a whole value.
  return write_file(path_ + "/" + name, value + "\n");
}

std::optional<std::string> sysctl_default(const std::string& name) {
  const Sysctl* known = find_sysctl(name);
  if (!known) return {};
  const char* text = in_first_namespace() ? known->in_first : known->in_other;
  if (!text) return {};
  return text;
}

}  // namespace ipvsadm
