// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/json_listing.hh"

#include <linux/ip_vs.h>

#include <algorithm>
#include <string_view>

#include "base/service_text.hh"
#include "base/version.hh"
#include "base/vocabulary.hh"
#include "base/words.hh"

namespace ipvsadm {
namespace {

const char* family_name(std::uint16_t family) { return family == AF_INET6 ? "ipv6" : "ipv4"; }

/// Fields of an address and a port, in the object that is open.
void endpoint(JsonWriter& json, const ipvs::Address& addr, std::uint16_t port, std::uint16_t protocol,
              KnownNames* names) {
  json.member("family", family_name(addr.family)).member("address", addr.to_string()).member("port", port);
  if (!names) return;
  if (const auto host = names->host_at(addr)) json.member("host", *host);
  if (const auto service = names->service_at(port, protocol)) json.member("port_name", *service);
}

void flags(JsonWriter& json, const ipvs::Service& service) {
  json.key("scheduler_flags").begin_array();
  const std::string all = sched_flags_text(service, true);
  std::string_view words = all;
  for (auto word = take_word(words, ","); !word.empty(); word = take_word(words, ",")) json.value(word);
  json.end_array();
}

void tunnel(JsonWriter& json, const ipvs::Dest& dest) {
  json.key("tunnel").begin_object();
  const TunnelType* type = find_tunnel_type(dest.tun_type);
  json.member("type", type ? type->name : std::to_string(dest.tun_type));
  if (dest.tun_type == IP_VS_CONN_F_TUNNEL_TYPE_GUE) json.member("port", dest.tun_port);
  if (dest.tun_type != IP_VS_CONN_F_TUNNEL_TYPE_IPIP)
    json.member("checksum", tunnel_checksum(dest.tun_flags).name);
  json.end_object();
}

}  // namespace

void json_stats(JsonWriter& json, const char* counters, const ipvs::Stats& stats) {
  json.key(counters).begin_object();
  json.member("connections", stats.conns).member("packets_in", stats.inpkts);
  json.member("packets_out", stats.outpkts).member("bytes_in", stats.inbytes);
  json.member("bytes_out", stats.outbytes).end_object();
  json.key("rates").begin_object();
  json.member("connections", stats.cps).member("packets_in", stats.inpps);
  json.member("packets_out", stats.outpps).member("bytes_in", stats.inbps);
  json.member("bytes_out", stats.outbps).end_object();
}

std::string JsonServices::begin(const ipvs::Info& info) {
  json_.begin_object();
  json_.member("version", version_words(info.version));
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
    const Protocol* protocol = find_protocol(key.protocol);
    json_.member("protocol", protocol ? protocol->name : "?");
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
  json_stats(json_, "stats", entry.stats);
  json_.key("servers").begin_array();
  return json_.take();
}

std::string JsonServices::dest(const ipvs::ServiceKey& service, const ipvs::DestEntry& entry) {
  json_.begin_object();
  endpoint(json_, entry.key.addr, entry.key.port, service.protocol, names_);
  const Method* method = find_method(entry.method);
  json_.member("method", method ? method->name : method_text(entry.method));
  if (method && method->number == IP_VS_CONN_F_TUNNEL) tunnel(json_, entry);
  json_.member("weight", entry.weight);
  json_.member("upper_threshold", entry.u_threshold).member("lower_threshold", entry.l_threshold);
  json_.member("active_connections", entry.active).member("inactive_connections", entry.inactive);
  json_.member("persistent_connections", entry.persistent);
  json_stats(json_, "stats", entry.stats);
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

std::string JsonConnections::connection(const ipvs::Connection& c) {
  json_.begin_object().member("protocol", lower(ipvs::protocol_name(c.protocol))).member("state", c.state);
  json_.member("expires", c.expires);
  const auto side = [&](const char* name, const ipvs::Address& addr, std::uint16_t port) {
    json_.key(name).begin_object();
    endpoint(json_, addr, port, c.protocol, names_);
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

namespace {

constexpr std::string_view kDropped = "dropped ";

void sync_peer(JsonWriter& json, const ipvs::SyncPeer& peer) {
  json.begin_object().member("family", family_name(peer.addr.family)).member("address", peer.addr.to_string());
  json.member("thread", peer.thread).member("heard_ms", peer.heard_ms).member("messages", peer.messages);
  if (peer.has_heartbeats) {
    json.member("alive", peer.is_alive).member("lost", peer.lost).member("lag_ms", peer.lag_ms);
    json.member("queued", peer.queued).member("entries", peer.entries).member("threads", peer.threads);
  }
  json.end_object();
}

/// In the object of the daemon.
void sync_status(JsonWriter& json, const ipvs::DaemonStatus& status) {
  json.key("status").begin_object();
  for (const ipvs::SyncFigure& each : status.figures) {
    if (each.name.starts_with(kDropped)) continue;
    std::string name = each.name;
    std::ranges::replace(name, ' ', '_');
    json.member(name, each.value);
  }
  json.key("dropped").begin_object();
  for (const ipvs::SyncFigure& each : status.figures)
    if (each.name.starts_with(kDropped)) json.member(std::string_view(each.name).substr(kDropped.size()), each.value);
  json.end_object();
  json.key("heard").begin_array();
  for (const ipvs::SyncPeer& each : status.heard) sync_peer(json, each);
  json.end_array().end_object();
}

}  // namespace

std::string json_daemons(const std::vector<ipvs::DaemonConfig>& daemons,
                         const std::vector<ipvs::DaemonStatus>& status) {
  JsonWriter json;
  json.begin_object().key("daemons").begin_array();
  for (const DaemonState& state : daemon_states()) {
    for (const ipvs::DaemonConfig& daemon : daemons) {
      if (daemon.state != state.number) continue;
      json.begin_object().member("state", state.name);
      json.member("interface", daemon.interface).member("sync_id", daemon.sync_id);
      if (daemon.sync_maxlen != 0) json.member("sync_maxlen", daemon.sync_maxlen);
      if (daemon.group.family != AF_UNSPEC) json.member("group", daemon.group.to_string());
      if (daemon.port != 0) json.member("port", daemon.port);
      if (daemon.ttl != 0) json.member("ttl", daemon.ttl);
      if (!daemon.peer_addresses.empty()) {
        json.key("peers").begin_array();
        for (const ipvs::Address& each : daemon.peer_addresses) json.value(each.to_string());
        json.end_array();
      }
      if (daemon.has_key()) json.member("key", true);
      for (const ipvs::DaemonStatus& each : status)
        if (each.state == daemon.state) sync_status(json, each);
      json.end_object();
    }
  }
  json.end_array().end_object();
  return json.take() + "\n";
}

}  // namespace ipvsadm
