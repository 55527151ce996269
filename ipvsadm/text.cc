// SPDX-License-Identifier: GPL-2.0-or-later
#include "text.hh"

#include <linux/ip_vs.h>

#include "format.hh"

namespace ipvsadm {

std::string protocol_text(std::uint16_t protocol) {
  switch (protocol) {
    case IPPROTO_TCP:
      return "TCP";
    case IPPROTO_UDP:
      return "UDP";
    case IPPROTO_SCTP:
      return "SCTP";
    default:
      return "?";
  }
}

std::string method_text(std::uint32_t method) {
  switch (method & IP_VS_CONN_F_FWD_MASK) {
    case IP_VS_CONN_F_MASQ:
      return "Masq";
    case IP_VS_CONN_F_LOCALNODE:
      return "Local";
    case IP_VS_CONN_F_TUNNEL:
      return "Tunnel";
    case IP_VS_CONN_F_DROUTE:
      return "Route";
    default:
      return std::to_string(method & IP_VS_CONN_F_FWD_MASK);
  }
}

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

std::string sched_flags_text(const ipvs::Service& service, bool complete) {
  const bool own_names = service.scheduler == "sh" || service.scheduler == "mh";
  std::string text;
  const auto add = [&](std::uint32_t bit, const std::string& name) {
    if (!(service.flags & bit)) return;
    if (!text.empty()) text += ',';
    text += name;
  };
  add(IP_VS_SVC_F_SCHED1, own_names ? service.scheduler + "-fallback" : "flag-1");
  add(IP_VS_SVC_F_SCHED2, own_names ? service.scheduler + "-port" : "flag-2");
  if (!own_names || complete) add(IP_VS_SVC_F_SCHED3, "flag-3");
  return text;
}

std::string netmask_text(const ipvs::Service& service) {
  if (service.key.family == AF_INET6) return std::to_string(service.netmask);
  return ipvs::Address::v4({service.netmask}).to_string();
}

bool has_default_netmask(const ipvs::Service& service) {
  return service.netmask == (service.key.family == AF_INET6 ? 128U : ~0U);
}

}  // namespace ipvsadm
