// SPDX-License-Identifier: GPL-2.0-or-later
#include "show/save.hh"

#include <linux/ip_vs.h>

#include "base/format.hh"
#include "base/vocabulary.hh"
#include "base/words.hh"
#include "grammar/text.hh"

namespace ipvsadm {
namespace {

std::string service_words(const ipvs::ServiceKey& key, Names* names) {
  if (key.fwmark != 0) return formatted("-f {}{}", key.fwmark, key.family == AF_INET6 ? " -6" : "");
  const Protocol* protocol = find_protocol(key.protocol);
  return formatted("{} {}", (protocol ? *protocol : protocols().back()).option,
                   endpoint_text(key.addr, key.port, key.protocol, names));
}

std::string tunnel_words(const ipvs::Dest& dest) {
  const TunnelType* known = find_tunnel_type(dest.tun_type);
  const TunnelType& type = known ? *known : tunnel_types().front();
  std::string words = formatted(" --tun-type {}", type.name);
  if (type.number == IP_VS_CONN_F_TUNNEL_TYPE_GUE) words += formatted(" --tun-port {}", dest.tun_port);
  if (type.number != IP_VS_CONN_F_TUNNEL_TYPE_IPIP) words += formatted(" {}", tunnel_checksum(dest.tun_flags).option);
  return words;
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
  const Method* known = find_method(dest.method);
  const Method& method = known ? *known : methods().back();
  std::string line = formatted("-a {} -r {} {} -w {}", service_words(service, names),
                                 endpoint_text(dest.key.addr, dest.key.port, service.protocol, names),
                                 method.option, dest.weight);
  if (method.number == IP_VS_CONN_F_TUNNEL) line += tunnel_words(dest);
  if (dest.u_threshold != 0) line += formatted(" -x {}", dest.u_threshold);
  if (dest.l_threshold != 0) line += formatted(" -y {}", dest.l_threshold);
  return line + "\n";
}

std::optional<std::string> lost_through_socket_options(const ipvs::Unseen& unseen) {
  if (unseen.ipv6) return "IPv6 services and servers";
  if (unseen.tunnels) return "types of tunnels";
  if (unseen.engines) return "persistence engines";
  return {};
}

std::string save_timeouts(const ipvs::Timeouts& timeouts) {
  constexpr ipvs::Timeouts kInitial{.tcp = 15 * 60, .tcp_fin = 2 * 60, .udp = 5 * 60};
  if (timeouts == kInitial) return {};
  return formatted("--set {} {} {}\n", timeouts.tcp, timeouts.tcp_fin, timeouts.udp);
}

std::string save_daemon(const ipvs::DaemonConfig& daemon, const std::string& key_file) {
  // A comment: without its key it would be another daemon, that believes everybody.
  std::string line = daemon.has_key() && key_file.empty() ? "# with a key: " : "";
  line +=
      formatted("--start-daemon {} --mcast-interface {} --syncid {}",
                  daemon_state_name(daemon.state), daemon.interface, daemon.sync_id);
  if (daemon.sync_maxlen != 0) line += formatted(" --sync-maxlen {}", daemon.sync_maxlen);
  if (daemon.group.family != AF_UNSPEC) line += formatted(" --mcast-group {}", daemon.group.to_string());
  if (daemon.port != 0) line += formatted(" --mcast-port {}", daemon.port);
  if (daemon.ttl != 0) line += formatted(" --mcast-ttl {}", daemon.ttl);
  if (!daemon.peer_addresses.empty()) line += formatted(" --sync-peer {}", peers_text(daemon));
  if (daemon.has_key() && !key_file.empty()) line += formatted(" --sync-key-file {}", key_file);
  return line + "\n";
}

}  // namespace ipvsadm
