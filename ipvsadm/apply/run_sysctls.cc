// SPDX-License-Identifier: GPL-2.0-or-later
// -O: settings read and written.

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>

#include "apply/run.hh"
#include "base/format.hh"
#include "base/words.hh"
#include "show/json_sysctls.hh"

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

/// Some settings of the network exist only in the namespace that the machine began with.
bool in_first_namespace() { return access("/proc/sys/net/core/netdev_budget", F_OK) == 0; }

/// The default in this network namespace; nothing if it is not known.
std::optional<std::string> sysctl_default(const std::string& name) {
  const Sysctl* known = find_sysctl(name);
  if (!known) return {};
  const char* text = in_first_namespace() ? known->in_first : known->in_other;
  if (!text) return {};
  return text;
}

/// Those that are known here in the order of sysctls(), then the others.
std::vector<std::string> in_order(const std::vector<std::string>& present) {
  std::set<std::string> rest(present.begin(), present.end());
  std::vector<std::string> names;
  for (const Sysctl& known : sysctls())
    if (rest.erase(known.name)) names.emplace_back(known.name);
  names.insert(names.end(), rest.begin(), rest.end());
  return names;
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

int Runner::act_on(const SysctlAction& action, ipvs::Client& client, std::vector<SysctlValue>& shown) {
  const auto failed = [&](const char* what, int code) {
    complain(formatted("cannot {} sysctl `{}': {}\n", what, ipvsadm::shown(action.name), std::strerror(code)));
    return code_of(failure_of_write(code), exit_code::refused);
  };
  if (action.kind == SysctlAction::Kind::show) {
    auto value = client.sysctl(action.name);
    if (!value) return failed("read", value.error().code);
    shown.push_back({action.name, std::move(*value), sysctl_default(action.name)});
    return exit_code::ok;
  }
  std::optional<std::string> value = action.value;
  if (action.kind == SysctlAction::Kind::reset) value = sysctl_default(action.name);
  if (!value) {
    complain(formatted("the default of sysctl `{}' depends on the machine\n", action.name));
    return code_of(Failure::value, exit_code::usage);
  }
  if (const auto done = client.set_sysctl(action.name, *value); !done) return failed("set", done.error().code);
  return exit_code::ok;
}

int Runner::carry_out(const Sysctls& sysctls) {
  const auto client = reached(session_.anybodys_client());
  if (!client) return client.error();
  const auto present = (*client)->sysctls();
  if (!present) return unreadable("the folder of sysctls", present.error().code, exit_code::listing_failed);
  const auto names = in_order(*present);
  std::vector<SysctlAction> actions = sysctls.actions;
  if (actions.empty())
    for (const std::string& name : names) actions.push_back({SysctlAction::Kind::show, name, {}});
  // A misspelt name is told before anything is set.
  for (const SysctlAction& action : actions)
    if (std::ranges::find(names, action.name) == names.end()) return unknown_sysctl(action.name, names);

  std::vector<SysctlValue> shown;
  int code = exit_code::ok;
  for (const SysctlAction& action : actions) {
    code = act_on(action, **client, shown);
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
