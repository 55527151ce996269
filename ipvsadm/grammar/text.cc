// SPDX-License-Identifier: GPL-2.0-or-later
#include "grammar/text.hh"

#include <linux/ip_vs.h>

#include <algorithm>

#include "base/format.hh"

namespace ipvsadm {
std::string endpoint_text(const ipvs::Address& addr, std::uint16_t port, std::uint16_t protocol,
                          Names* names) {
  const auto host = names ? names->host_at(addr) : std::nullopt;
  const auto service = names ? names->service_at(port, protocol) : std::nullopt;
  const bool brackets = addr.family == AF_INET6;
  return formatted("{}{}{}:{}", brackets ? "[" : "", host ? *host : addr.to_string(), brackets ? "]" : "",
                     service ? *service : std::to_string(port));
}

std::string scaled(std::uint64_t value) {
  if (value < 100'000'000) return formatted("{:>9}", value);
  if (value < 1'000'000'000) return formatted("{:>8}K", value / 1'000);
  if (value < 100'000'000'000) return formatted("{:>8}M", value / 1'000'000);
  if (value < 100'000'000'000'000) return formatted("{:>8}G", value / 1'000'000'000);
  return formatted("{:>8}T", value / 1'000'000'000'000);
}

std::string unscaled(std::uint64_t value) { return formatted(" {:>8}", value); }

bool has_sched_flags(const ipvs::Service& service) {
  return service.flags & (IP_VS_SVC_F_SCHED1 | IP_VS_SVC_F_SCHED2 | IP_VS_SVC_F_SCHED3);
}

bool has_default_netmask(const ipvs::Service& service) {
  return service.netmask == (service.key.family == AF_INET6 ? 128U : ~0U);
}

std::string peers_text(const ipvs::DaemonConfig& daemon) {
  std::string text;
  for (const ipvs::Address& each : daemon.peer_addresses) text += (text.empty() ? "" : ",") + each.to_string();
  return text;
}

}  // namespace ipvsadm
