// SPDX-License-Identifier: GPL-2.0-or-later
// -O: settings read and written.

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "format.hh"
#include "json_listing.hh"
#include "run.hh"
#include "text.hh"

namespace ipvsadm {
namespace {

Failure failure_of_write(int code) {
  switch (code) {
    case EPERM:
    case EACCES:
      return Failure::permission;
    case EINVAL:
    case ERANGE:
      return Failure::value;
    case ENOMEM:
      return Failure::memory;
    default:
      return Failure::system;
  }
}

}  // namespace

int Runner::unknown_sysctl(const std::string& name, std::span<const std::string> names) {
  std::string text = formatted("there is no sysctl `{}'", shown(name));
  const std::string near = nearest_name(name, names);
  if (!near.empty()) text += formatted("; the nearest is `{}'", near);
  text += "\n";
  if (find_sysctl(name))
    text +=
        "hint: the module that comes with this ipvsadm has it: the loaded one is older, or the kernel's "
        "own\n";
  complain(text);
  return code_of(Failure::sysctl, exit_code::usage);
}

int Runner::act_on(const SysctlAction& action, const SysctlDir& dir, std::vector<SysctlValue>& shown) {
  const auto failed = [&](const char* what, int code) {
    complain(formatted("cannot {} sysctl `{}': {}\n", what, ipvsadm::shown(action.name), std::strerror(code)));
    return code_of(failure_of_write(code), exit_code::refused);
  };
  if (action.kind == SysctlAction::Kind::show) {
    auto value = dir.read(action.name);
    if (!value) return failed("read", value.error());
    shown.push_back({action.name, std::move(*value), sysctl_default(action.name)});
    return exit_code::ok;
  }
  std::optional<std::string> value = action.value;
  if (action.kind == SysctlAction::Kind::reset) value = sysctl_default(action.name);
  if (!value) {
    complain(formatted("the default of sysctl `{}' depends on the machine\n", action.name));
    return code_of(Failure::value, exit_code::usage);
  }
  if (const auto done = dir.write(action.name, *value); !done) return failed("set", done.error());
  return exit_code::ok;
}

int Runner::carry_out(const Sysctls& sysctls) {
  const SysctlDir& dir = world_.sysctls;
  auto present = dir.names();
  if (present && present->empty()) {
    // They come with the module.
    if (const auto client = this->client(); !client) return client.error();
    present = dir.names();
  }
  if (!present) return unreadable("the folder of sysctls", present.error(), exit_code::listing_failed);
  const std::vector<std::string>& names = *present;
  std::vector<SysctlAction> actions = sysctls.actions;
  if (actions.empty())
    for (const std::string& name : names) actions.push_back({SysctlAction::Kind::show, name, {}});
  // A misspelt name is told before anything is set.
  for (const SysctlAction& action : actions)
    if (std::ranges::find(names, action.name) == names.end()) return unknown_sysctl(action.name, names);

  std::vector<SysctlValue> shown;
  int code = exit_code::ok;
  for (const SysctlAction& action : actions) {
    code = act_on(action, dir, shown);
    if (code != exit_code::ok) break;
  }
  if (sysctls.json) {
    print(json_sysctls(shown));
  } else if (sysctls.actions.empty()) {
    print(sysctl_table(shown));
  } else {
    for (const SysctlValue& each : shown) print(formatted("{}={}\n", each.name, each.value));
  }
  return code;
}

}  // namespace ipvsadm
