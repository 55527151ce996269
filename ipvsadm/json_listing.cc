// SPDX-License-Identifier: GPL-2.0-or-later
#include "json_listing.hh"

#include <linux/ip_vs.h>

#include <algorithm>
#include <cctype>
#include <charconv>

#include "format.hh"
#include "text.hh"

namespace ipvsadm {
namespace {

const char* family_name(std::uint16_t family) { return family == AF_INET6 ? "ipv6" : "ipv4"; }

/// Fields of an address and a port, in the object that is open.
void endpoint(JsonWriter& json, const ipvs::Address& addr, std::uint16_t port, std::uint16_t protocol,
              Names* names) {
  json.member("family", family_name(addr.family)).member("address", addr.to_string()).member("port", port);
  if (!names) return;
  if (const auto host = names->host_at(addr)) json.member("host", *host);
  if (const auto service = names->service_at(port, protocol)) json.member("port_name", *service);
}

void stats(JsonWriter& json, const ipvs::Stats& stats) {
  json.key("stats").begin_object();
  json.member("connections", stats.conns).member("packets_in", stats.inpkts);
  json.member("packets_out", stats.outpkts).member("bytes_in", stats.inbytes);
  json.member("bytes_out", stats.outbytes).end_object();
  json.key("rates").begin_object();
  json.member("connections", stats.cps).member("packets_in", stats.inpps);
  json.member("packets_out", stats.outpps).member("bytes_in", stats.inbps);
  json.member("bytes_out", stats.outbps).end_object();
}

void flags(JsonWriter& json, const ipvs::Service& service) {
  json.key("scheduler_flags").begin_array();
  const std::string all = sched_flags_text(service, true);
  for (std::size_t start = 0; start < all.size();) {
    const std::size_t end = std::min(all.find(',', start), all.size());
    json.value(std::string_view(all).substr(start, end - start));
    start = end + 1;
  }
  json.end_array();
}

void tunnel(JsonWriter& json, const ipvs::Dest& dest) {
  json.key("tunnel").begin_object();
  switch (dest.tun_type) {
    case IP_VS_CONN_F_TUNNEL_TYPE_IPIP:
      json.member("type", "ipip").end_object();
      return;
    case IP_VS_CONN_F_TUNNEL_TYPE_GUE:
      json.member("type", "gue").member("port", dest.tun_port);
      break;
    case IP_VS_CONN_F_TUNNEL_TYPE_GRE:
      json.member("type", "gre");
      break;
    default:
      json.member("type", std::to_string(dest.tun_type));
  }
  json.member("checksum", dest.tun_flags & IP_VS_TUNNEL_ENCAP_FLAG_REMCSUM ? "remote"
                          : dest.tun_flags & IP_VS_TUNNEL_ENCAP_FLAG_CSUM  ? "full"
                                                                           : "none");
  json.end_object();
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

template <typename T>
bool is_whole(const std::string& text, T& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return !text.empty() && error == std::errc() && end == text.data() + text.size();
}

void sysctl_value(JsonWriter& json, const Sysctl* known, const std::string& text) {
  std::int64_t number = 0;
  std::uint64_t big = 0;
  if (known && known->is_text)
    json.value(text);
  else if (is_whole(text, number))
    json.value(number);
  else if (is_whole(text, big))
    json.value(big);
  else
    json.value(text);
}

}  // namespace

std::string JsonServices::begin(const ipvs::Info& info) {
  json_.begin_object();
  json_.member("version", formatted("{}.{}.{}", info.version >> 16 & 0xff, info.version >> 8 & 0xff,
                                      info.version & 0xff));
  json_.member("connection_table_size", info.conn_table_size);
  json_.key("services").begin_array();
  return json_.take();
}

std::string JsonServices::service(const ipvs::ServiceEntry& entry) {
  end_service();
  in_service_ = true;
  const ipvs::ServiceKey& key = entry.key;
  json_.begin_object();
  if (key.fwmark != 0) {
    json_.member("fwmark", key.fwmark).member("family", family_name(key.family));
    const auto mark = names_ ? names_->mark_name(key.fwmark) : std::nullopt;
    if (mark) json_.member("fwmark_name", *mark);
  } else {
    json_.member("protocol", lower(protocol_text(key.protocol)));
    endpoint(json_, key.addr, key.port, key.protocol, names_);
  }
  json_.member("scheduler", entry.scheduler);
  flags(json_, entry);
  const bool persistent = entry.flags & IP_VS_SVC_F_PERSISTENT;
  json_.member("persistent", persistent);
  if (persistent) {
    json_.member("persistence_timeout", entry.timeout);
    if (key.family == AF_INET6)
      json_.member("persistence_prefix", entry.netmask);
    else
      json_.member("persistence_netmask", netmask_text(entry));
  }
  if (!entry.pe.empty()) json_.member("persistence_engine", entry.pe);
  json_.member("one_packet", (entry.flags & IP_VS_SVC_F_ONEPACKET) != 0);
  stats(json_, entry.stats);
  json_.key("servers").begin_array();
  return json_.take();
}

std::string JsonServices::dest(const ipvs::ServiceKey& service, const ipvs::DestEntry& entry) {
  json_.begin_object();
  endpoint(json_, entry.key.addr, entry.key.port, service.protocol, names_);
  const std::uint32_t method = entry.method & IP_VS_CONN_F_FWD_MASK;
  json_.member("method", lower(method_text(entry.method)));
  if (method == IP_VS_CONN_F_TUNNEL) tunnel(json_, entry);
  json_.member("weight", entry.weight);
  json_.member("upper_threshold", entry.u_threshold).member("lower_threshold", entry.l_threshold);
  json_.member("active_connections", entry.active).member("inactive_connections", entry.inactive);
  json_.member("persistent_connections", entry.persistent);
  stats(json_, entry.stats);
  json_.end_object();
  return json_.take();
}

void JsonServices::end_service() {
  if (in_service_) json_.end_array().end_object();
}

std::string JsonServices::end() {
  end_service();
  json_.end_array().end_object();
  return json_.take() + "\n";
}

std::string JsonConnections::begin() {
  json_.begin_object().key("connections").begin_array();
  return json_.take();
}

std::string JsonConnections::connection(const Connection& c) {
  const std::uint16_t protocol = protocol_number(c.protocol);
  json_.begin_object().member("protocol", lower(c.protocol)).member("state", c.state);
  json_.member("expires", c.expires);
  const auto side = [&](const char* name, const ipvs::Address& addr, std::uint16_t port) {
    json_.key(name).begin_object();
    endpoint(json_, addr, port, protocol, names_);
    json_.end_object();
  };
  side("client", c.client, c.client_port);
  side("virtual", c.virt, c.virt_port);
  side("server", c.dest, c.dest_port);
  if (!c.pe.empty()) json_.member("persistence_engine", c.pe).member("persistence_data", c.pe_data);
  json_.end_object();
  return json_.take();
}

std::string JsonConnections::end() {
  json_.end_array().end_object();
  return json_.take() + "\n";
}

std::string json_timeouts(const ipvs::Timeouts& timeouts) {
  JsonWriter json;
  json.begin_object().key("timeouts").begin_object();
  json.member("tcp", timeouts.tcp).member("tcp_fin", timeouts.tcp_fin).member("udp", timeouts.udp);
  json.end_object().end_object();
  return json.take() + "\n";
}

std::string json_daemons(const std::vector<ipvs::Daemon>& daemons) {
  JsonWriter json;
  json.begin_object().key("daemons").begin_array();
  for (std::uint32_t state : {IP_VS_STATE_MASTER, IP_VS_STATE_BACKUP}) {
    for (const ipvs::Daemon& daemon : daemons) {
      if (daemon.state != state) continue;
      json.begin_object().member("state", state == IP_VS_STATE_MASTER ? "master" : "backup");
      json.member("interface", daemon.interface).member("sync_id", daemon.sync_id);
      if (daemon.sync_maxlen != 0) json.member("sync_maxlen", daemon.sync_maxlen);
      if (daemon.group.family != AF_UNSPEC) json.member("group", daemon.group.to_string());
      if (daemon.port != 0) json.member("port", daemon.port);
      if (daemon.ttl != 0) json.member("ttl", daemon.ttl);
      json.end_object();
    }
  }
  json.end_array().end_object();
  return json.take() + "\n";
}

std::string json_sysctls(std::span<const SysctlValue> values) {
  JsonWriter json;
  json.begin_object().key("sysctls").begin_array();
  for (const auto& [name, value, normal] : values) {
    const Sysctl* known = find_sysctl(name);
    json.begin_object().member("name", name).key("value");
    sysctl_value(json, known, value);
    json.key("default");
    if (normal)
      sysctl_value(json, known, *normal);
    else
      json.null();
    json.key("meaning");
    if (known)
      json.value(known->meaning);
    else
      json.null();
    json.end_object();
  }
  json.end_array().end_object();
  return json.take() + "\n";
}

}  // namespace ipvsadm
