// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/service_text.hh"

#include <linux/ip_vs.h>

#include <algorithm>

#include "base/vocabulary.hh"

namespace ipvsadm {

std::string protocol_text(std::uint16_t protocol) {
  const Protocol* known = find_protocol(protocol);
  return known ? known->title : "?";
}

std::string method_text(std::uint32_t method) {
  const Method* known = find_method(method);
  return known ? known->title : std::to_string(method & IP_VS_CONN_F_FWD_MASK);
}

std::string sched_flags_text(const ipvs::Service& service, bool complete) {
  const auto is_own = [&](const SchedFlag& flag) { return flag.scheduler && service.scheduler == flag.scheduler; };
  const bool has_own = std::ranges::any_of(sched_flags(), is_own);
  std::string text;
  for (const std::uint32_t bit : {IP_VS_SVC_F_SCHED1, IP_VS_SVC_F_SCHED2, IP_VS_SVC_F_SCHED3}) {
    if (!(service.flags & bit)) continue;
    const auto flag = std::ranges::find_if(sched_flags(), [&](const SchedFlag& each) {
      return each.bit == bit && (!each.scheduler || is_own(each));
    });
    if (has_own && !is_own(*flag) && !complete) continue;
    text += (text.empty() ? "" : ",") + std::string(flag->name);
  }
  return text;
}

std::string netmask_text(const ipvs::Service& service) {
  if (service.key.family == AF_INET6) return std::to_string(service.netmask);
  return ipvs::Address::v4({service.netmask}).to_string();
}

}  // namespace ipvsadm
