// SPDX-License-Identifier: GPL-2.0-or-later
#include "save.hh"

#include <linux/ip_vs.h>

#include "format.hh"
#include "text.hh"

namespace ipvsadm {
namespace {

std::string service_words(const ipvs::ServiceKey& key, Names* names) {
  if (key.fwmark != 0) return formatted("-f {}{}", key.fwmark, key.family == AF_INET6 ? " -6" : "");
  const char* option = key.protocol == IPPROTO_TCP   ? "-t"
                       : key.protocol == IPPROTO_UDP ? "-u"
                                                     : "--sctp-service";
  return formatted("{} {}", option, endpoint_text(key.addr, key.port, key.protocol, names));
}

std::string tunnel_words(const ipvs::Dest& dest) {
  const char* checksum = dest.tun_flags & IP_VS_TUNNEL_ENCAP_FLAG_REMCSUM ? "--tun-remcsum"
                         : dest.tun_flags & IP_VS_TUNNEL_ENCAP_FLAG_CSUM  ? "--tun-csum"
                                                                          : "--tun-nocsum";
  switch (dest.tun_type) {
    case IP_VS_CONN_F_TUNNEL_TYPE_GUE:
      return formatted(" --tun-type gue --tun-port {} {}", dest.tun_port, checksum);
    case IP_VS_CONN_F_TUNNEL_TYPE_GRE:
      return formatted(" --tun-type gre {}", checksum);
    default:
      return " --tun-type ipip";
  }
}

}  // namespace

std::string save_service(const ipvs::Service& service, Names* names) {
  std::string line = formatted("-A {} -s {}", service_words(service.key, names), service.scheduler);
  if (service.flags & IP_VS_SVC_F_PERSISTENT) {
    line += formatted(" -p {}", service.timeout);
    if (!has_default_netmask(service)) line += formatted(" -M {}", netmask_text(service));
  }
  if (!service.pe.empty()) line += formatted(" --pe {}", service.pe);
  if (service.flags & IP_VS_SVC_F_ONEPACKET) line += " -o";
  if (has_sched_flags(service)) line += formatted(" -b {}", sched_flags_text(service, true));
  return line + "\n";
}

std::string save_dest(const ipvs::ServiceKey& service, const ipvs::Dest& dest, Names* names) {
  const std::uint32_t method = dest.method & IP_VS_CONN_F_FWD_MASK;
  std::string line = formatted("-a {} -r {} {} -w {}", service_words(service, names),
                                 endpoint_text(dest.key.addr, dest.key.port, service.protocol, names),
                                 method == IP_VS_CONN_F_MASQ     ? "-m"
                                 : method == IP_VS_CONN_F_TUNNEL ? "-i"
                                                                 : "-g",
                                 dest.weight);
  if (method == IP_VS_CONN_F_TUNNEL) line += tunnel_words(dest);
  if (dest.u_threshold != 0) line += formatted(" -x {}", dest.u_threshold);
  if (dest.l_threshold != 0) line += formatted(" -y {}", dest.l_threshold);
  return line + "\n";
}

std::optional<std::string> lost_through_socket_options(std::string_view services, std::string_view modules) {
  while (!services.empty()) {
    const std::string_view line = take_line(services);
    if (line.find('[') != std::string_view::npos) return "IPv6 services and servers";
    if (line.starts_with("  -> ") && line.find(" Tunnel ") != std::string_view::npos) return "types of tunnels";
  }
  while (!modules.empty())
    if (take_line(modules).starts_with("ip_vs_pe_")) return "persistence engines";
  return {};
}

std::string save_timeouts(const ipvs::Timeouts& timeouts) {
  constexpr ipvs::Timeouts kInitial{.tcp = 15 * 60, .tcp_fin = 2 * 60, .udp = 5 * 60};
  if (timeouts == kInitial) return {};
  return formatted("--set {} {} {}\n", timeouts.tcp, timeouts.tcp_fin, timeouts.udp);
}

std::string save_daemon(const ipvs::Daemon& daemon) {
  std::string line =
      formatted("--start-daemon {} --mcast-interface {} --syncid {}",
                  daemon.state == IP_VS_STATE_MASTER ? "master" : "backup", daemon.interface, daemon.sync_id);
  if (daemon.sync_maxlen != 0) line += formatted(" --sync-maxlen {}", daemon.sync_maxlen);
  if (daemon.group.family != AF_UNSPEC) line += formatted(" --mcast-group {}", daemon.group.to_string());
  if (daemon.port != 0) line += formatted(" --mcast-port {}", daemon.port);
  if (daemon.ttl != 0) line += formatted(" --mcast-ttl {}", daemon.ttl);
  return line + "\n";
}

}  // namespace ipvsadm
