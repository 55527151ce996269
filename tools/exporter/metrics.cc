// SPDX-License-Identifier: GPL-2.0-or-later
#include "exporter/metrics.hh"

#include <linux/ip_vs.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <tuple>
#include <utility>

#include "base/format.hh"
#include "base/overview.hh"
#include "base/service_text.hh"
#include "base/version.hh"
#include "base/vocabulary.hh"
#include "base/words.hh"
#include "exporter/view.hh"

namespace exporter {
namespace {

using ipvsadm::formatted;

constexpr std::size_t kPiece = 64 << 10;

void append_number(std::string& text, std::uint64_t value) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof(digits), value).ptr;
  text.append(digits, end);
}

void append_title(std::string& text, std::string_view name, std::string_view help, const char* type) {
  text.append("# HELP ").append(name).append(" ").append(help);
  text.append("\n# TYPE ").append(name).append(" ").append(type).append("\n");
}

/// One metric with few series.
class Family {
 public:
  Family(std::string& text, std::string name, std::string_view help, const char* type)
      : text_(text), name_(std::move(name)), help_(help), type_(type) {}

  /// `labels`: "a=\"b\"" and so on; may be empty.
  void add(std::string_view labels, std::uint64_t value) { add_text(labels, std::to_string(value)); }
  void add_seconds(std::string_view labels, double value) { add_text(labels, formatted("{:.6g}", value)); }

 private:
  // A metric of which there is nothing has no title either.
  void add_text(std::string_view labels, std::string_view value) {
    if (std::exchange(is_empty_, false)) append_title(text_, name_, help_, type_);
    text_ += name_;
    if (!labels.empty()) text_.append("{").append(labels).append("}");
    text_.append(" ").append(value).append("\n");
  }

  std::string& text_;
  std::string name_;
  std::string_view help_;
  const char* type_;
  bool is_empty_ = true;
};

std::string label(std::string_view name, std::string_view value) {
  return std::string(name) + "=\"" + label_text(value) + "\"";
}

constexpr auto kCounter = "counter";
constexpr auto kGauge = "gauge";

/// What a service or server counts, with the names that node_exporter has for the same of the namespace.
struct StatsColumn {
  const char* name;
  const char* help;
  std::uint64_t ipvs::Stats::* value;
};
constexpr StatsColumn kStats[] = {
    {"connections_total", "connections made", &ipvs::Stats::conns},
    {"incoming_packets_total", "packets from clients", &ipvs::Stats::inpkts},
    {"outgoing_packets_total", "packets from servers", &ipvs::Stats::outpkts},
    {"incoming_bytes_total", "bytes from clients", &ipvs::Stats::inbytes},
    {"outgoing_bytes_total", "bytes from servers", &ipvs::Stats::outbytes},
};

// --- the namespace ---

void about_module(std::string& text, const ipvsadm::Snapshot& snapshot) {
  Family(text, "ipvs_up", "Whether the kernel's IPVS answers.", kGauge).add("", snapshot.is_up() ? 1 : 0);
  Family(text, "ipvs_exporter_info", "The version of this program.", kGauge)
      .add(label("version", ipvsadm::kOwnVersion), 1);
  Family(text, "ipvs_exporter_snapshot_seconds", "How long the kernel took to answer.", kGauge)
      .add_seconds("", snapshot.seconds);
  if (!snapshot.is_up()) return;
  const auto version = ipvsadm::version_words(snapshot.info.version);
  Family(text, "ipvs_info", "The module: its IPVS version and its release, which the kernel's own has not.", kGauge)
      .add(label("version", version) + "," + label("release", snapshot.info.release), 1);
  std::size_t servers = 0;
  for (const auto& each : snapshot.table) servers += each.dests.size();
  Family(text, "ipvs_services", "Virtual services.", kGauge).add("", snapshot.table.size());
  Family(text, "ipvs_servers", "Real servers, one that serves two services counted twice.", kGauge).add("", servers);
  Family(text, "ipvs_connection_table_buckets", "Size of the connection table.", kGauge)
      .add("", snapshot.info.conn_table_size);
  if (snapshot.timeouts) {
    Family timeouts(text, "ipvs_timeout_seconds", "How long connections without packets live.", kGauge);
    timeouts.add("kind=\"tcp\"", snapshot.timeouts->tcp);
    timeouts.add("kind=\"tcp_fin\"", snapshot.timeouts->tcp_fin);
    timeouts.add("kind=\"udp\"", snapshot.timeouts->udp);
  }
}

void about_totals(std::string& text, const ipvsadm::Snapshot& snapshot, const std::string& prefix) {
  if (!snapshot.totals) return;
  const std::string names[] = {"ipvs", prefix};
  for (const std::string& name : names)
    if (!name.empty())
      for (const StatsColumn& column : kStats)
        Family(text, name + "_" + column.name, formatted("All services together: {}.", column.help), kCounter)
            .add("", (*snapshot.totals).*column.value);
}

void about_drops(std::string& text, const ipvsadm::Snapshot& snapshot) {
  if (!snapshot.drops) return;
  Family drops(text, "ipvs_dropped_packets_total", "Packets dropped, by reason; see ip_vs(4).", kCounter);
  for (const ipvs::Drop& each : *snapshot.drops) drops.add(label("reason", each.reason), each.packets);
}

void about_status(std::string& text, const ipvsadm::Snapshot& snapshot) {
  if (!snapshot.status) return;
  constexpr std::string_view kTaken = "Fast path taken", kDevices = "Fast path devices", kPassed = "Fast path passed, ";
  std::string fast;
  {
    Family outcomes(fast, "ipvs_fast_path_packets_total",
                    "Packets at the fast path, by outcome: taken, or why they went the normal way.", kCounter);
    for (const auto& [name, value] : *snapshot.status) {
      if (name == kTaken) outcomes.add("outcome=\"taken\"", value);
      if (name.starts_with(kPassed)) outcomes.add(label("outcome", name.substr(kPassed.size())), value);
    }
  }
  for (const auto& [name, value] : *snapshot.status) {
    if (name == "Conns")
      Family(text, "ipvs_entries", "Connections and templates.", kGauge).add("", value);
    if (name == kDevices)
      Family(text, "ipvs_fast_path_devices", "Devices at which the fast path looks at packets.", kGauge).add("", value);
  }
  text += fast;
  // "Conn buckets", "Conn buckets empty", "Conn buckets longest"; how many have which length is left out.
  constexpr struct {
    std::string_view end;
    const char* name;
    const char* help;
  } kTables[] = {{" buckets", "ipvs_table_buckets", "Buckets of the module's tables."},
                 {" buckets empty", "ipvs_table_buckets_empty", "Buckets with nothing in them."},
                 {" buckets longest", "ipvs_table_longest_chain", "Entries of the fullest bucket."}};
  for (const auto& table : kTables) {
    Family family(text, table.name, table.help, kGauge);
    for (const auto& [name, value] : *snapshot.status) {
      if (!name.ends_with(table.end)) continue;
      std::string kind = name.substr(0, name.size() - table.end.size());
      std::ranges::transform(kind, kind.begin(), [](unsigned char c) { return std::tolower(c); });
      family.add(label("table", kind), value);
    }
  }
}

/// What the daemons count: the module's words and the metric. What later modules have more is not known to be a counter
/// or a gauge, and is left out.
struct SyncColumn {
  std::string_view figure;
  const char* name;
  const char* help;
  const char* type = kCounter;
};
constexpr SyncColumn kSync[] = {
    {"threads", "threads", "Threads of the daemon.", kGauge},
    {"sockets", "sockets", "Sockets that are open.", kGauge},
    {"sockets reopened", "sockets_reopened_total", "Times that sockets had to be opened anew."},
    {"heartbeats sent", "heartbeats_sent_total", "Heartbeats sent."},
    {"heartbeats heard", "heartbeats_heard_total", "Heartbeats heard."},
    {"messages", "messages_total", "Messages sent by a master, taken by a backup."},
    {"records", "records_total", "Records in these messages."},
    {"bytes", "bytes_total", "Bytes of these messages."},
    {"records made", "records_made_total", "Records that were made to be sent."},
    {"queue", "queue", "Messages that wait to be sent.", kGauge},
    {"queue max", "queue_max", "Messages that may wait.", kGauge},
    {"tables", "tables_total", "Whole tables given to, or taken from, others."},
    {"table questions", "table_questions_total", "Times that a backup has asked for the whole table."},
    {"table records known", "table_records_known_total", "Records of whole tables that were known already."},
    {"entries unbound", "entries_unbound", "Entries whose server is not here.", kGauge},
    {"entries ended", "entries_ended_total", "Entries that ended as their server is gone at the master."},
    {"servers gone", "servers_gone_total", "Removed servers that were told of."},
    {"servers back", "servers_back_total", "Returned servers that were told of."},
    {"servers unheeded", "servers_unheeded_total", "What was told of servers and not believed."},
    {"socket errors", "socket_errors_total", "Errors of the receiver's sockets."},
};

const char* role_of(std::uint32_t state) { return ipvsadm::daemon_state_name(state); }

std::string underlined(std::string text) {
  std::ranges::replace(text, ' ', '_');
  return text;
}

void about_sync(std::string& text, const ipvsadm::Snapshot& snapshot) {
  if (snapshot.daemons) {
    Family daemons(text, "ipvs_sync_daemon_info", "A sync daemon that runs.", kGauge);
    for (const ipvs::DaemonConfig& each : *snapshot.daemons)
      daemons.add(label("role", role_of(each.state)) + "," + label("interface", each.interface) + "," +
                      label("sync_id", std::to_string(each.sync_id)),
                  1);
  }
  if (!snapshot.sync) return;
  for (const SyncColumn& column : kSync) {
    Family family(text, std::string("ipvs_sync_") + column.name, column.help, column.type);
    for (const ipvs::DaemonStatus& each : *snapshot.sync)
      if (const auto value = each.figure(column.figure)) family.add(label("role", role_of(each.state)), *value);
  }
  // "dropped bad-tag" of a backup; "messages dropped queue" and "records dropped queue" of a master.
  constexpr struct {
    std::string_view start;
    const char* name;
    const char* help;
  } kDropped[] = {
      {"dropped ", "ipvs_sync_dropped_total", "Messages and records that were not taken, by reason."},
      {"messages dropped ", "ipvs_sync_messages_dropped_total", "Messages that could not be sent, by reason."},
      {"records dropped ", "ipvs_sync_records_dropped_total", "Records that could not be sent, by reason."},
  };
  for (const auto& dropped : kDropped) {
    Family family(text, dropped.name, dropped.help, kCounter);
    for (const ipvs::DaemonStatus& each : *snapshot.sync)
      for (const ipvs::SyncFigure& figure : each.figures)
        if (figure.name.starts_with(dropped.start))
          family.add(label("role", role_of(each.state)) + "," +
                         label("reason", underlined(figure.name.substr(dropped.start.size()))),
                     figure.value);
  }
  constexpr struct {
    const char* name;
    const char* help;
    const char* type;
    bool needs_heartbeats;
    std::uint64_t (*value)(const ipvs::SyncPeer&);
    bool is_ms = false;
  } kPeers[] = {
      {"heard_seconds", "Since the last message of another director.", kGauge, false,
       [](const ipvs::SyncPeer& peer) { return peer.heard_ms; }, true},
      {"messages_total", "Messages that came from it.", kCounter, false,
       [](const ipvs::SyncPeer& peer) { return peer.messages; }},
      {"alive", "Whether its heartbeats come.", kGauge, true,
       [](const ipvs::SyncPeer& peer) { return std::uint64_t{peer.is_alive}; }},
      {"lost_messages_total", "Messages of it that did not come.", kCounter, true,
       [](const ipvs::SyncPeer& peer) { return peer.lost; }},
      {"lag_seconds", "How much later than usual its messages come.", kGauge, true,
       [](const ipvs::SyncPeer& peer) { return peer.lag_ms; }, true},
      {"queued_messages", "Messages that wait there.", kGauge, true,
       [](const ipvs::SyncPeer& peer) { return peer.queued; }},
      {"entries", "Entries in its tables.", kGauge, true, [](const ipvs::SyncPeer& peer) { return peer.entries; }},
  };
  for (const auto& column : kPeers) {
    Family family(text, std::string("ipvs_sync_peer_") + column.name, column.help, column.type);
    std::set<std::tuple<std::uint32_t, ipvs::Address, std::uint32_t>> seen;
    for (const ipvs::DaemonStatus& each : *snapshot.sync)
      for (const ipvs::SyncPeer& peer : each.heard) {
        if (column.needs_heartbeats && !peer.has_heartbeats) continue;
        // One that two threads hear would be there twice; the module puts who was heard last first.
        if (!seen.emplace(each.state, peer.addr, peer.thread).second) continue;
        const std::string labels = label("role", role_of(each.state)) + "," + label("peer", peer.addr.to_string()) +
                                   "," + label("thread", std::to_string(peer.thread));
        if (column.is_ms)
          family.add_seconds(labels, static_cast<double>(column.value(peer)) / 1000);
        else
          family.add(labels, column.value(peer));
      }
  }
}

// --- services and servers ---

/// Labels of a service as node_exporter has them.
std::string service_labels(const ipvs::ServiceKey& key) {
  if (key.fwmark != 0)
    return formatted("local_address=\"\",local_port=\"0\",local_mark=\"{:08X}\",proto=\"FWM\"", key.fwmark);
  const ipvsadm::Protocol* protocol = ipvsadm::find_protocol(key.protocol);
  return formatted("local_address=\"{}\",local_port=\"{}\",local_mark=\"\",proto=\"{}\"", key.addr.to_string(), key.port,
                   protocol ? protocol->title : ipvs::protocol_name(key.protocol));
}

std::string server_labels(const ipvs::DestKey& key) {
  return formatted(",remote_address=\"{}\",remote_port=\"{}\"", key.addr.to_string(), key.port);
}

const char* family_label(std::uint16_t family) {
  return family == AF_INET6 ? ",family=\"ipv6\"" : ",family=\"ipv4\"";
}

std::string service_info(const ipvs::ServiceEntry& service) {
  std::string labels = "," + label("scheduler", service.scheduler);
  labels += "," + label("scheduler_flags", ipvsadm::sched_flags_text(service, true));
  labels += "," + label("persistence_engine", service.pe);
  labels += formatted(",persistent=\"{}\",one_packet=\"{}\"", (service.flags & IP_VS_SVC_F_PERSISTENT) ? "yes" : "no",
                      (service.flags & IP_VS_SVC_F_ONEPACKET) ? "yes" : "no");
  return labels;
}

std::string server_info(const ipvs::DestEntry& dest) {
  const ipvsadm::Method* method = ipvsadm::find_method(dest.method);
  const ipvsadm::TunnelType* type =
      method && method->number == IP_VS_CONN_F_TUNNEL ? ipvsadm::find_tunnel_type(dest.tun_type) : nullptr;
  return "," + label("method", method ? method->name : ipvsadm::method_text(dest.method)) + "," +
         label("tunnel", type ? type->name : "");
}

/// A metric that each service or server has, or may have.
template <typename Entry>
struct Column {
  const char* name;
  const char* help;
  const char* type;
  std::uint64_t (*value)(const Entry&);
  bool (*has)(const Entry&) = nullptr;         ///< null: all
  std::string (*more)(const Entry&) = nullptr;  ///< further labels
};
using ServiceColumn = Column<ipvs::ServiceWithDests>;
using ServerColumn = Column<ipvs::DestEntry>;

const ServiceColumn kServices[] = {
    {"ipvs_service_info", "A virtual service and how it is scheduled.", kGauge, [](const auto&) -> std::uint64_t { return 1; },
     nullptr, [](const auto& each) { return service_info(each.service); }},
    {"ipvs_service_servers", "Servers of the service.", kGauge,
     [](const auto& each) -> std::uint64_t { return each.dests.size(); }},
    {"ipvs_service_usable_servers", "Those of them with a weight above 0.", kGauge,
     [](const auto& each) -> std::uint64_t {
       return static_cast<std::uint64_t>(std::ranges::count_if(each.dests, [](const auto& dest) { return dest.weight > 0; }));
     }},
    {"ipvs_service_connections_total", "Connections made to the service.", kCounter,
     [](const auto& each) { return each.service.stats.conns; }},
    {"ipvs_service_incoming_packets_total", "Packets from clients of the service.", kCounter,
     [](const auto& each) { return each.service.stats.inpkts; }},
    {"ipvs_service_outgoing_packets_total", "Packets from servers of the service.", kCounter,
     [](const auto& each) { return each.service.stats.outpkts; }},
    {"ipvs_service_incoming_bytes_total", "Bytes from clients of the service.", kCounter,
     [](const auto& each) { return each.service.stats.inbytes; }},
    {"ipvs_service_outgoing_bytes_total", "Bytes from servers of the service.", kCounter,
     [](const auto& each) { return each.service.stats.outbytes; }},
    {"ipvs_service_persistence_seconds", "How long a client stays with its server.", kGauge,
     [](const auto& each) -> std::uint64_t { return each.service.timeout; },
     [](const auto& each) { return (each.service.flags & IP_VS_SVC_F_PERSISTENT) != 0; }},
};

std::uint64_t active(const ipvs::DestEntry& each) { return each.active; }
std::uint64_t inactive(const ipvs::DestEntry& each) { return each.inactive; }
std::uint64_t weight(const ipvs::DestEntry& each) { return static_cast<std::uint64_t>(std::max(each.weight, 0)); }

const ServerColumn kServers[] = {
    {"ipvs_server_info", "A real server and how packets come to it.", kGauge,
     [](const auto&) -> std::uint64_t { return 1; }, nullptr, server_info},
    {"ipvs_server_weight", "Weight; 0: no new connections.", kGauge, weight},
    {"ipvs_server_active_connections", "Established and opening connections.", kGauge, active},
    {"ipvs_server_inactive_connections", "All other connections.", kGauge, inactive},
    {"ipvs_server_persistent_connections", "Persistence templates, of persistent clients.", kGauge,
     [](const auto& each) -> std::uint64_t { return each.persistent; },
     [](const auto& each) { return each.persistent != 0; }},
    {"ipvs_server_upper_threshold", "Connections at which the server gets no more; none without a threshold.", kGauge,
     [](const auto& each) -> std::uint64_t { return each.u_threshold; },
     [](const auto& each) { return each.u_threshold != 0; }},
    {"ipvs_server_lower_threshold", "Connections at which an overloaded server gets some again.", kGauge,
     [](const auto& each) -> std::uint64_t { return each.l_threshold; },
     [](const auto& each) { return each.l_threshold != 0; }},
    {"ipvs_server_connections_total", "Connections made to the server.", kCounter,
     [](const auto& each) { return each.stats.conns; }},
    {"ipvs_server_incoming_packets_total", "Packets to the server.", kCounter,
     [](const auto& each) { return each.stats.inpkts; }},
    {"ipvs_server_outgoing_packets_total", "Packets from the server.", kCounter,
     [](const auto& each) { return each.stats.outpkts; }},
    {"ipvs_server_incoming_bytes_total", "Bytes to the server.", kCounter,
     [](const auto& each) { return each.stats.inbytes; }},
    {"ipvs_server_outgoing_bytes_total", "Bytes from the server.", kCounter,
     [](const auto& each) { return each.stats.outbytes; }},
};

struct NodeColumn {
  const char* name;
  const char* help;
  std::uint64_t (*value)(const ipvs::DestEntry&);
};
constexpr NodeColumn kNode[] = {
    {"backend_connections_active", "The current active connections by local and remote address.", active},
    {"backend_connections_inactive", "The current inactive connections by local and remote address.", inactive},
    {"backend_weight", "The current backend weight by local and remote address.", weight},
};

}  // namespace

/// They lie behind one another: each service's, and behind it those of its servers.
class MetricLabels {
 public:
  explicit MetricLabels(const ipvsadm::Snapshot& snapshot) {
    // node_exporter does not tell the families of marks apart; where both have a mark its servers may be there twice.
    std::map<std::uint32_t, int> marks;
    for (const auto& each : snapshot.table)
      if (each.service.key.fwmark != 0) ++marks[each.service.key.fwmark];
    for (const auto& each : snapshot.table) {
      note(service_labels(each.service.key));
      is_shared_.push_back(each.service.key.fwmark != 0 && marks[each.service.key.fwmark] > 1);
      for (const auto& dest : each.dests) note(server_labels(dest.key));
    }
  }

  /// Counted as they stand, services and servers alike.
  std::string_view operator[](std::size_t number) const {
    const std::size_t start = number == 0 ? 0 : ends_[number - 1];
    return std::string_view(labels_).substr(start, ends_[number] - start);
  }
  /// Whether the service is that of a mark which the other family has, too.
  bool is_shared(std::size_t service) const { return is_shared_[service]; }

 private:
  void note(std::string_view labels) {
    labels_ += labels;
    ends_.push_back(static_cast<std::uint32_t>(labels_.size()));
  }

  std::string labels_;
  std::vector<std::uint32_t> ends_;
  std::vector<bool> is_shared_;  ///< by service
};

namespace {

/// The text, one family after the other.
class Metrics : public Source {
 public:
  Metrics(std::shared_ptr<const ipvsadm::Snapshot> snapshot, std::shared_ptr<const MetricLabels> labels, std::string node_prefix)
      : snapshot_(std::move(snapshot)), labels_(std::move(labels)), prefix_(std::move(node_prefix)) {
    about_module(text_, *snapshot_);
    if (!snapshot_->is_up()) return;
    about_totals(text_, *snapshot_, prefix_);
    about_drops(text_, *snapshot_);
    about_status(text_, *snapshot_);
    about_sync(text_, *snapshot_);
  }

  bool next(std::string& into) override {
    if (!text_.empty()) {
      into += std::exchange(text_, {});
      return !snapshot_->table.empty();
    }
    into.reserve(into.size() + kPiece + 1024);
    while (into.size() < kPiece) {
      if (family_ == families()) return false;
      if (service_ == snapshot_->table.size()) {
        if (is_node_family()) append_shared(into);
        ++family_;
        service_ = dest_ = label_ = 0;
        has_title_ = false;
      } else {
        append_row(into);
      }
    }
    return true;
  }

 private:
  std::size_t families() const {
    return std::size(kServices) + std::size(kServers) + (prefix_.empty() ? 0 : std::size(kNode));
  }
  bool is_node_family() const { return family_ >= std::size(kServices) + std::size(kServers); }
  const NodeColumn& node_column() const { return kNode[family_ - std::size(kServices) - std::size(kServers)]; }

  template <typename Entry>
  void append(std::string& into, const Column<Entry>& column, const Entry& entry, std::uint16_t family,
              std::string_view service, std::string_view server) {
    if (column.has && !column.has(entry)) return;
    if (!std::exchange(has_title_, true)) append_title(into, column.name, column.help, column.type);
    into.append(column.name).append("{").append(service).append(server).append(family_label(family));
    if (column.more) into += column.more(entry);
    into += "} ";
    append_number(into, column.value(entry));
    into += '\n';
  }

  void append_node(std::string& into, std::string_view service, std::string_view server, std::uint64_t value) {
    const NodeColumn& column = node_column();
    if (!std::exchange(has_title_, true)) append_title(into, prefix_ + "_" + column.name, column.help, kGauge);
    into.append(prefix_).append("_").append(column.name).append("{").append(service).append(server).append("} ");
    append_number(into, value);
    into += '\n';
  }

  /// What the family says of the service or server whose turn it is, and the next one's turn.
  void append_row(std::string& into) {
    const auto& each = snapshot_->table[service_];
    const std::uint16_t family = each.service.key.family;
    if (family_ < std::size(kServices)) {
      append(into, kServices[family_], each, family, (*labels_)[label_], "");
      label_ += 1 + each.dests.size();
      ++service_;
      return;
    }
    if (dest_ == 0) service_label_ = label_++;
    if (dest_ == each.dests.size() || (is_node_family() && labels_->is_shared(service_))) {
      label_ += each.dests.size() - dest_;
      dest_ = 0;
      ++service_;
      return;
    }
    const ipvs::DestEntry& dest = each.dests[dest_++];
    const std::string_view server = (*labels_)[label_++];
    if (is_node_family())
      append_node(into, (*labels_)[service_label_], server, node_column().value(dest));
    else
      append(into, kServers[family_ - std::size(kServices)], dest, family, (*labels_)[service_label_], server);
    if (dest_ < each.dests.size()) return;
    dest_ = 0;
    ++service_;
  }

  /// Servers of marks that both families have: those with the same labels as one series, as node_exporter does it.
  void append_shared(std::string& into) {
    std::map<std::pair<std::uint32_t, ipvs::DestKey>, std::uint64_t> sums;
    for (std::size_t i = 0; i < snapshot_->table.size(); ++i)
      if (labels_->is_shared(i))
        for (const auto& dest : snapshot_->table[i].dests)
          sums[{snapshot_->table[i].service.key.fwmark, dest.key}] += node_column().value(dest);
    for (const auto& [key, sum] : sums)
      append_node(into, service_labels(ipvsadm::mark_key(key.first, false)), server_labels(key.second), sum);
  }

  std::shared_ptr<const ipvsadm::Snapshot> snapshot_;
  std::shared_ptr<const MetricLabels> labels_;
  std::string prefix_;
  std::string text_;  ///< what comes before the table
  std::size_t family_ = 0, service_ = 0, dest_ = 0, label_ = 0, service_label_ = 0;
  bool has_title_ = false;
};

}  // namespace

std::string label_text(std::string_view value) {
  std::string text;
  while (!value.empty()) {
    const std::size_t length = ipvsadm::utf8_length(value);
    if (length == 0)
      text += "\xEF\xBF\xBD";
    else if (value.front() == '\\' || value.front() == '"')
      text.append("\\").append(value.substr(0, 1));
    else if (value.front() == '\n')
      text += "\\n";
    else
      text += value.substr(0, length);
    value.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return text;
}

std::shared_ptr<const MetricLabels> metric_labels(const ipvsadm::Snapshot& snapshot) { return std::make_shared<MetricLabels>(snapshot); }

std::unique_ptr<Source> metrics(std::shared_ptr<const ipvsadm::Snapshot> snapshot, std::shared_ptr<const MetricLabels> labels,
                                std::string node_prefix) {
  return std::make_unique<Metrics>(std::move(snapshot), std::move(labels), std::move(node_prefix));
}

}  // namespace exporter
