// SPDX-License-Identifier: GPL-2.0-or-later
#include "realserver/work.hh"

#include <algorithm>

#include "base/format.hh"

namespace realserver {
namespace {

using ipvsadm::Device;
using ipvsadm::formatted;
using Truth = std::expected<bool, std::string>;

std::expected<std::optional<Device>, std::string> find(Host& host, const std::string& name) {
  const auto all = host.devices();
  if (!all) return std::unexpected(all.error());
  const auto found = std::ranges::find(*all, name, &Device::name);
  if (found == all->end()) return std::nullopt;
  return *found;
}

Truth is_met(Host& host, const Setting& setting) {
  // The device with this setting may have to be made first.
  const auto value = host.setting(setting.name);
  return value && setting.is_good(*value);
}

Truth is_met(Host& host, const Presence& presence) {
  const auto device = find(host, presence.device);
  if (!device) return std::unexpected(device.error());
  return device->has_value();
}

Truth is_met(Host& host, const Up& up) {
  const auto device = find(host, up.device);
  if (!device) return std::unexpected(device.error());
  return *device && (*device)->is_up();
}

Truth is_met(Host& host, const Port& port) {
  const auto all = host.ports();
  if (!all) return std::unexpected(all.error());
  return std::ranges::find(*all, port) != all->end();
}

Truth is_met(Host& host, const Holding& holding) {
  const auto device = find(host, holding.device);
  if (!device) return std::unexpected(device.error());
  const auto all = host.addresses();
  if (!all) return std::unexpected(all.error());
  return *device && std::ranges::any_of(*all, [&](const ipvsadm::LocalAddress& each) {
    return each.device == (*device)->index && each.address == holding.address;
  });
}

Done change(Host& host, Journal& journal, const Setting& setting) {
  const auto before = host.setting(setting.name);
  if (!before) return std::unexpected(before.error());
  if (auto noted = journal.add(SettingChange{setting.name, *before, setting.wanted}); !noted) return noted;
  return host.set(setting.name, setting.wanted);
}
Done change(Host& host, Journal& journal, const Presence& presence) {
  // Those of tunnels come with their module, which nobody takes away again.
  if (presence.kind == "dummy")
    if (auto noted = journal.add(Made{presence.device}); !noted) return noted;
  return host.make_device(presence.device, presence.kind);
}
Done change(Host& host, Journal& journal, const Up& up) {
  if (auto noted = journal.add(up); !noted) return noted;
  return host.set_up(up.device, true);
}
Done change(Host& host, Journal& journal, const Port& port) {
  if (auto noted = journal.add(port); !noted) return noted;
  return host.add_port(port);
}
Done change(Host& host, Journal& journal, const Holding& holding) {
  if (auto noted = journal.add(holding); !noted) return noted;
  return host.add_address(holding.address, holding.device);
}

/// True: it has been brought back, or there is nothing to bring back any more.
Truth take_back(Host& host, const SettingChange& change) {
  const auto value = host.setting(change.name);
  // Its device has gone, and everything with it.
  if (!value) return true;
  if (*value != change.after) return *value == change.before;
  const auto done = host.set(change.name, change.before);
  if (!done) return std::unexpected(done.error());
  return true;
}
Truth take_back(Host& host, const Made& made) {
  const auto done = host.delete_device(made.device);
  if (!done) return std::unexpected(done.error());
  return true;
}
Truth take_back(Host& host, const Up& up) {
  const auto device = find(host, up.device);
  if (!device) return std::unexpected(device.error());
  if (!*device) return true;
  const auto done = host.set_up(up.device, false);
  if (!done) return std::unexpected(done.error());
  return true;
}
Truth take_back(Host& host, const Port& port) {
  const auto there = is_met(host, port);
  if (!there || !*there) return there ? Truth(true) : there;
  const auto done = host.remove_port(port);
  if (!done) return std::unexpected(done.error());
  return true;
}
Truth take_back(Host& host, const Holding& holding) {
  const auto there = is_met(host, holding);
  if (!there || !*there) return there ? Truth(true) : there;
  const auto done = host.remove_address(holding.address, holding.device);
  if (!done) return std::unexpected(done.error());
  return true;
}

}  // namespace

std::expected<std::vector<Need>, std::string> unmet(std::span<const Need> needs, Host& host) {
  std::vector<Need> all;
  for (const Need& need : needs) {
    const auto met = std::visit([&](const auto& each) { return is_met(host, each); }, need);
    if (!met) return std::unexpected(met.error());
    if (!*met) all.push_back(need);
  }
  return all;
}

std::expected<std::vector<Need>, std::string> meet(std::span<const Need> needs, Host& host,
                                                   Journal& journal) {
  std::vector<Need> all;
  for (const Need& need : needs) {
    const auto met = std::visit([&](const auto& each) { return is_met(host, each); }, need);
    if (!met) return std::unexpected(met.error());
    if (*met) continue;
    const auto done = std::visit([&](const auto& each) { return change(host, journal, each); }, need);
    if (!done) return std::unexpected(done.error());
    all.push_back(need);
  }
  return all;
}

std::expected<std::vector<std::string>, std::string> undo(Host& host, Journal& journal) {
  auto changes = journal.read();
  if (!changes) return std::unexpected(changes.error());
  std::vector<std::string> left;
  while (!changes->empty()) {
    const Change& last = changes->back();
    const auto done = std::visit([&](const auto& each) { return take_back(host, each); }, last);
    if (!done) {
      // Those before it wait for another try.
      if (auto kept = journal.keep(*changes); !kept) return std::unexpected(kept.error());
      return std::unexpected(done.error());
    }
    if (!*done) {
      const auto& setting = std::get<SettingChange>(last);
      left.push_back(formatted(
          "/proc/sys/net/{} was {} before, and has been changed by somebody else since: it is left as it is",
          setting.name, setting.before));
    }
    changes->pop_back();
  }
  if (auto kept = journal.keep({}); !kept) return std::unexpected(kept.error());
  return left;
}

}  // namespace realserver
