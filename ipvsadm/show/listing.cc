// SPDX-License-Identifier: GPL-2.0-or-later
#include "show/listing.hh"

#include <linux/ip_vs.h>

#include "base/format.hh"
#include "base/version.hh"
#include "base/vocabulary.hh"
#include "grammar/text.hh"

namespace ipvsadm {
namespace {

std::string tunnel_text(const ipvs::Dest& dest) {
  if ((dest.method & IP_VS_CONN_F_FWD_MASK) != IP_VS_CONN_F_TUNNEL) return "n/a";
  const TunnelType* type = find_tunnel_type(dest.tun_type);
  if (!type) return "n/a";
  if (dest.tun_type == IP_VS_CONN_F_TUNNEL_TYPE_IPIP) return type->name;
  const bool has_port = dest.tun_type == IP_VS_CONN_F_TUNNEL_TYPE_GUE;
  return formatted("{}{}:{}", type->name, has_port ? formatted(":{}", dest.tun_port) : "",
                   tunnel_checksum(dest.tun_flags).mark);
}

/// Names of IPv4 servers and services keep to their column; IPv6 ones never did.
std::string cut(std::string text, std::uint16_t family, std::size_t width) {
  if (family == AF_INET && text.size() > width) text.resize(width);
  return text;
}

std::string service_name(const ipvs::ServiceKey& key, Names* names) {
  if (key.fwmark != 0) {
    const auto mark = names ? names->mark_name(key.fwmark) : std::nullopt;
    return formatted("FWM  {}{}", mark ? *mark : std::to_string(key.fwmark),
                       key.family == AF_INET6 ? " IPv6" : "");
  }
  const std::string name = formatted("{:<4} {}", protocol_text(key.protocol),
                                       endpoint_text(key.addr, key.port, key.protocol, names));
  return cut(name, key.family, 33);
}

std::string service_options(const ipvs::Service& service) {
  std::string text = " " + service.scheduler;
  if (has_sched_flags(service)) text += formatted(" ({})", sched_flags_text(service, false));
  if (service.flags & IP_VS_SVC_F_PERSISTENT) {
    text += formatted(" persistent {}", service.timeout);
    if (!has_default_netmask(service)) text += formatted(" mask {}", netmask_text(service));
    if (!service.pe.empty()) text += formatted(" pe {}", service.pe);
  }
  if (service.flags & IP_VS_SVC_F_ONEPACKET) text += " ops";
  return text;
}

}  // namespace

std::string Listing::version_line(const ipvs::Info& info) {
  return formatted("IP Virtual Server version {} (size={})\n", version_words(info.version), info.conn_table_size);
}

std::string Listing::titles() const {
  constexpr auto first = "Prot LocalAddress:Port";
  std::string second = "  -> RemoteAddress:Port";
  switch (columns_) {
    case Columns::stats:
      return formatted("{:<33} {:>8} {:>8} {:>8} {:>8} {:>8}\n{}\n", first, "Conns", "InPkts", "OutPkts",
                         "InBytes", "OutBytes", second);
    case Columns::rate:
      return formatted("{:<33} {:>8} {:>8} {:>8} {:>8} {:>8}\n{}\n", first, "CPS", "InPPS", "OutPPS",
                         "InBPS", "OutBPS", second);
    case Columns::thresholds:
      return formatted("{:<33} {:<10} {:<10} {:<10} {:<10}\n{}\n", first, "Uthreshold", "Lthreshold",
                         "ActiveConn", "InActConn", second);
    case Columns::persistent_conn:
      return formatted("{:<33} {:<9} {:<11} {:<10} {:<10}\n{}\n", first, "Weight", "PersistConn",
                         "ActiveConn", "InActConn", second);
    case Columns::tun_info:
      second += "           Forward TunnelInfo    Weight ActiveConn InActConn";
      break;
    case Columns::plain:
      second += "           Forward Weight ActiveConn InActConn";
      break;
  }
  return formatted("{} Scheduler Flags\n{}\n", first, second);
}

std::string Listing::number(std::uint64_t value) const { return exact_ ? unscaled(value) : scaled(value); }

std::string Listing::counters(const ipvs::Stats& stats) const {
  return number(stats.conns) + number(stats.inpkts) + number(stats.outpkts) + number(stats.inbytes) +
         number(stats.outbytes);
}

std::string Listing::rates(const ipvs::Stats& stats) const {
  return number(stats.cps) + number(stats.inpps) + number(stats.outpps) + number(stats.inbps) +
         number(stats.outbps);
}

std::string Listing::service(const ipvs::ServiceEntry& entry) const {
  const std::string name = service_name(entry.key, names_);
  switch (columns_) {
    case Columns::stats:
      return formatted("{:<33}{}\n", name, counters(entry.stats));
    case Columns::rate:
      return formatted("{:<33}{}\n", name, rates(entry.stats));
    default:
      return name + service_options(entry) + "\n";
  }
}

std::string Listing::dest(const ipvs::ServiceKey& service, const ipvs::DestEntry& entry) const {
  const std::string text = endpoint_text(entry.key.addr, entry.key.port, service.protocol, names_);
  const std::string name = formatted("  -> {:<28}", cut(text, entry.key.addr.family, 28));
  switch (columns_) {
    case Columns::stats:
      return name + counters(entry.stats) + "\n";
    case Columns::rate:
      // Only bytes are scaled here; so the columns have always been.
      return name + unscaled(entry.stats.cps) + unscaled(entry.stats.inpps) + unscaled(entry.stats.outpps) +
             number(entry.stats.inbps) + number(entry.stats.outbps) + "\n";
    case Columns::thresholds:
      return formatted("{} {:<10} {:<10} {:<10} {:<10}\n", name, entry.u_threshold, entry.l_threshold,
                         entry.active, entry.inactive);
    case Columns::persistent_conn:
      return formatted("{} {:<9} {:<11} {:<10} {:<10}\n", name, entry.weight, entry.persistent,
                         entry.active, entry.inactive);
    case Columns::tun_info:
      return formatted("{} {:<7} {:<13} {:<6} {:<10} {:<10}\n", name, method_text(entry.method),
                         tunnel_text(entry), entry.weight, entry.active, entry.inactive);
    case Columns::plain:
      break;
  }
  return formatted("{} {:<7} {:<6} {:<10} {:<10}\n", name, method_text(entry.method), entry.weight,
                     entry.active, entry.inactive);
}

std::string timeouts_text(const ipvs::Timeouts& timeouts) {
  return formatted("Timeout (tcp tcpfin udp): {} {} {}\n", timeouts.tcp, timeouts.tcp_fin, timeouts.udp);
}

namespace {

std::string heard_text(const ipvs::SyncPeer& peer) {
  std::string text = formatted("  hears {}", peer.addr.to_string());
  if (peer.threads > 1) text += formatted(" (thread {} of {})", peer.thread, peer.threads);
  text += peer.has_heartbeats ? (peer.is_alive ? ": alive" : ": gone") : ": no heartbeats";
  text += formatted(", last {}.{:03} s ago", peer.heard_ms / 1000, peer.heard_ms % 1000);
  text += formatted(", {} messages", peer.messages);
  if (peer.has_heartbeats)
    text += formatted(", {} lost, lag {} ms, {} queued, {} entries", peer.lost, peer.lag_ms, peer.queued, peer.entries);
  return text + "\n";
}

std::string status_text(const ipvs::DaemonStatus& status) {
  std::string text;
  for (const ipvs::SyncFigure& each : status.figures)
    if (each.value != 0 || !each.name.starts_with("dropped ")) text += formatted("  {:<30} {}\n", each.name, each.value);
  for (const ipvs::SyncPeer& each : status.heard) text += heard_text(each);
  return text;
}

}  // namespace

std::string daemons_text(const std::vector<ipvs::DaemonConfig>& daemons,
                         const std::vector<ipvs::DaemonStatus>& status) {
  std::string text;
  for (const DaemonState& state : daemon_states()) {
    for (const ipvs::DaemonConfig& daemon : daemons) {
      if (daemon.state != state.number) continue;
      text += formatted("{} sync daemon (mcast={}, syncid={}", state.name, daemon.interface, daemon.sync_id);
      if (daemon.sync_maxlen != 0) text += formatted(", maxlen={}", daemon.sync_maxlen);
      if (daemon.group.family != AF_UNSPEC) text += formatted(", group={}", daemon.group.to_string());
      if (daemon.port != 0) text += formatted(", port={}", daemon.port);
      if (daemon.ttl != 0) text += formatted(", ttl={}", daemon.ttl);
      if (!daemon.peer_addresses.empty()) text += formatted(", peers={}", peers_text(daemon));
      if (daemon.has_key()) text += ", key";
      text += ")\n";
      for (const ipvs::DaemonStatus& each : status)
        if (each.state == daemon.state) text += status_text(each);
    }
  }
  return text;
}

}  // namespace ipvsadm
