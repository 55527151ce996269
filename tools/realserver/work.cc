// SPDX-License-Identifier: GPL-2.0-or-later
#include "realserver/work.hh"

#include <algorithm>

#include "base/format.hh"

namespace realserver {
namespace {

using ipvsadm::formatted;
using ipvsadm::LocalAddress;
using Truth = std::expected<bool, std::string>;
/// Why something was not brought back; empty: it was, or there is nothing to bring back any more.
using Note = std::expected<std::string, std::string>;

bool is_called(const Device& device, const std::string& name) {
  return device.name == name || std::ranges::find(device.other_names, name) != device.other_names.end();
}

/// By any of its names.
std::expected<std::optional<Device>, std::string> find(Host& host, const std::string& name) {
  const auto all = host.devices();
  if (!all) return std::unexpected(all.error());
  const auto found = std::ranges::find_if(*all, [&](const Device& each) { return is_called(each, name); });
  if (found == all->end()) return std::nullopt;
  return *found;
}

std::expected<Device, std::string> find_there(Host& host, const std::string& name) {
  const auto device = find(host, name);
  if (!device) return std::unexpected(device.error());
  if (!*device) return std::unexpected(formatted("there is no device {}", name));
  return **device;
}

Truth has_address(Host& host, const Device& device, const ipvs::Address& address) {
  const auto all = host.addresses();
  if (!all) return std::unexpected(all.error());
  return std::ranges::any_of(
      *all, [&](const LocalAddress& each) { return each.device == device.index && each.address == address; });
}

Truth is_met(Host& host, const Setting& setting) {
  const auto value = host.setting(setting.name);
  if (!value) return std::unexpected(value.error());
  // The device with this setting may have to be made first.
  return *value && setting.is_good(**value);
}

Truth is_met(Host& host, const Presence& presence) {
  const auto device = find(host, presence.device);
  if (!device) return std::unexpected(device.error());
  if (*device && (*device)->name != presence.device && presence.kind != kDummy)
    return std::unexpected(formatted("{} is not the kernel's device for tunnels, but another name of {}",
                                     presence.device, (*device)->name));
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
  return *device ? has_address(host, **device, holding.address) : Truth(false);
}

/// Notes it and does it. What was refused is not noted any more.
template <typename Act>
Done noted(Journal& journal, const Change& change, Act act) {
  if (auto added = journal.add(change); !added) return added;
  const Done done = act();
  if (done) return done;
  if (const auto dropped = journal.drop(); !dropped)
    return std::unexpected(formatted("{}; {}", done.error(), dropped.error()));
  return done;
}

Done change(Host& host, Journal& journal, const Setting& setting) {
  const auto before = host.setting(setting.name);
  if (!before) return std::unexpected(before.error());
  if (!*before) return std::unexpected(formatted("there is no /proc/sys/net/{}", setting.name));
  return noted(journal, SettingChange{setting.name, **before, setting.wanted},
               [&] { return host.set(setting.name, setting.wanted); });
}
Done change(Host& host, Journal& journal, const Presence& presence) {
  // Those of tunnels come with their module, which nobody takes away again.
  if (presence.kind != kDummy) return host.make_device(presence.device, presence.kind);
  return noted(journal, Made{presence.device}, [&]() -> Done {
    if (auto made = host.make_device(presence.device, presence.kind); !made) return made;
    const auto device = find_there(host, presence.device);
    if (!device) return std::unexpected(device.error());
    auto known = journal.amend(Made{presence.device, device->index});
    if (known) return known;
    // Nobody could bring it back later.
    if (const auto deleted = host.delete_device(*device); !deleted)
      return std::unexpected(formatted("{}; {}", known.error(), deleted.error()));
    return known;
  });
}
Done change(Host& host, Journal& journal, const Up& up) {
  const auto device = find_there(host, up.device);
  if (!device) return std::unexpected(device.error());
  return noted(journal, Raised{device->name, device->index}, [&] { return host.set_up(*device, true); });
}
Done change(Host& host, Journal& journal, const Port& port) {
  return noted(journal, port, [&] { return host.add_port(port); });
}
Done change(Host& host, Journal& journal, const Holding& holding) {
  const auto device = find_there(host, holding.device);
  if (!device) return std::unexpected(device.error());
  return noted(journal, Added{holding.address, device->name, device->index},
               [&] { return host.add_address(holding.address, *device); });
}

/// What a device that is brought back is now.
struct Known {
  std::optional<Device> device;  ///< nothing: it has gone
  std::string note;              ///< another one has its name
};
std::expected<Known, std::string> look_up(Host& host, const std::string& name, int index) {
  const auto all = host.devices();
  if (!all) return std::unexpected(all.error());
  const auto same = std::ranges::find(*all, index, &Device::index);
  if (same != all->end()) return Known{*same, {}};
  if (std::ranges::none_of(*all, [&](const Device& each) { return is_called(each, name); })) return Known{};
  return Known{{}, formatted("{} is not known to be the device that was changed: it is left as it is", name)};
}

/// Those that the kernel puts on a device when it comes up.
bool is_the_kernels(const ipvs::Address& address, const Device& device) {
  const auto& bytes = address.bytes;
  if (address.family == AF_INET6 && bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80) return true;
  if (!device.is_loopback()) return false;
  return address == ipvs::Address::parse("127.0.0.1") || address == ipvs::Address::parse("::1");
}

Note done_or_error(const Done& done) { return done ? Note("") : std::unexpected(done.error()); }

// `before`: the changes before it, which are brought back after it.
using Before = std::span<const Change>;

Note take_back(Host& host, const SettingChange& change, Before) {
  const auto value = host.setting(change.name);
  if (!value) return std::unexpected(value.error());
  // Its device has gone, and everything with it.
  if (!*value || **value == change.before) return "";
  if (**value != change.after)
    return formatted(
        "/proc/sys/net/{} was {} before, and has been changed by somebody else since: it is left as it is",
        change.name, change.before);
  return done_or_error(host.set(change.name, change.before));
}
Note take_back(Host& host, const Made& made, Before) {
  const auto known = look_up(host, made.device, made.index);
  if (!known) return std::unexpected(known.error());
  if (!known->device) return known->note;
  if (known->device->kind != kDummy)
    return formatted("{} is not the dummy device that was made: it is left as it is", known->device->name);
  return done_or_error(host.delete_device(*known->device));
}
Note take_back(Host& host, const Raised& raised, Before before) {
  const auto known = look_up(host, raised.device, raised.index);
  if (!known) return std::unexpected(known.error());
  if (!known->device) return known->note;
  const Device& device = *known->device;
  if (!device.is_up()) return "";
  // It will be deleted.
  if (std::ranges::find(before, Change(Made{raised.device, raised.index})) != before.end()) return "";
  const auto all = host.addresses();
  if (!all) return std::unexpected(all.error());
  const bool is_used = std::ranges::any_of(*all, [&](const LocalAddress& each) {
    return each.device == device.index && !is_the_kernels(each.address, device);
  });
  if (is_used)
    return formatted("{} was down before, and has addresses of somebody else now: it is left up",
                     device.name);
  return done_or_error(host.set_up(device, false));
}
Note take_back(Host& host, const Port& port, Before) {
  const auto there = is_met(host, port);
  if (!there) return std::unexpected(there.error());
  return *there ? done_or_error(host.remove_port(port)) : Note("");
}
Note take_back(Host& host, const Added& added, Before) {
  const auto known = look_up(host, added.device, added.index);
  if (!known) return std::unexpected(known.error());
  if (!known->device) return known->note;
  const auto there = has_address(host, *known->device, added.address);
  if (!there) return std::unexpected(there.error());
  return *there ? done_or_error(host.remove_address(added.address, *known->device)) : Note("");
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
  const auto changes = journal.read();
  if (!changes) return std::unexpected(changes.error());
  std::vector<std::string> left;
  for (Before rest = *changes; !rest.empty(); rest = rest.first(rest.size() - 1)) {
    const auto note = std::visit(
        [&](const auto& each) { return take_back(host, each, rest.first(rest.size() - 1)); }, rest.back());
    // Those before it wait for another try.
    if (!note) return std::unexpected(note.error());
    // Several changes of one device may have the same.
    if (!note->empty() && std::ranges::find(left, *note) == left.end()) left.push_back(*note);
    if (auto dropped = journal.drop(); !dropped) return std::unexpected(dropped.error());
  }
  return left;
}

}  // namespace realserver
