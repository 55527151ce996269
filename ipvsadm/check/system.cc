// SPDX-License-Identifier: GPL-2.0-or-later
#include "check/system.hh"

#include <linux/rtnetlink.h>

#include <algorithm>

#include "base/format.hh"
#include "base/words.hh"

namespace ipvsadm::check {
namespace {

long number_in(const std::map<std::string, std::string>& values, const std::string& name) {
  const auto found = values.find(name);
  return found == values.end() ? 0 : whole_number<long>(found->second).value_or(0);
}

}  // namespace

bool Way::is_local() const { return error == 0 && type == RTN_LOCAL; }
bool Way::leads_out() const { return error == 0 && type == RTN_UNICAST; }

const Device* System::device(int index) const {
  const auto found = std::ranges::find(devices, index, &Device::index);
  return found == devices.end() ? nullptr : &*found;
}

std::string System::device_name(int index) const {
  const Device* found = device(index);
  return found ? found->name : formatted("device {}", index);
}

const Way* System::way(const ipvs::Address& address) const {
  const auto found = ways.find(address);
  return found == ways.end() ? nullptr : &found->second;
}

const Neighbour* System::neighbour(const ipvs::Address& address, int device) const {
  const auto found = neighbours.find({device, address});
  return found == neighbours.end() ? nullptr : &found->second;
}

long System::setting(const std::string& name) const { return number_in(settings, name); }
long System::sysctl(const std::string& name) const { return number_in(sysctls, name); }

std::string device_setting(std::uint16_t family, const std::string& device, const char* name) {
  return formatted("{}/conf/{}/{}", family == AF_INET6 ? "ipv6" : "ipv4", device, name);
}

}  // namespace ipvsadm::check
