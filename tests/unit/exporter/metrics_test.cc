// SPDX-License-Identifier: GPL-2.0-or-later
#include "exporter/metrics.hh"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>

#include "pieces.hh"
#include "tables.hh"

namespace {

using ipvsadm::Snapshot;

std::string text_of(Snapshot snapshot, std::string prefix = "node_ipvs", int* pieces = nullptr) {
  const auto taken = std::make_shared<const Snapshot>(std::move(snapshot));
  const auto source = exporter::metrics(taken, exporter::metric_labels(*taken), std::move(prefix));
  return whole(*source, pieces);
}

bool has_line(const std::string& text, const std::string& line) { return ("\n" + text).contains("\n" + line + "\n"); }

/// What is wrong with a text: series that come twice, metrics without title or with two, or apart from each other.
std::string faults(const std::string& text) {
  std::istringstream lines(text);
  std::set<std::string> series, titled;
  std::string all, current;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# TYPE ")) {
      current = line.substr(7, line.find(' ', 7) - 7);
      if (!titled.insert(current).second) all += "two titles: " + current + "\n";
    } else if (!line.starts_with("#")) {
      const std::string id = line.substr(0, line.rfind(' '));
      if (!series.insert(id).second) all += "twice: " + id + "\n";
      if (id.substr(0, id.find('{')) != current) all += "without title: " + id + "\n";
    }
  }
  return all;
}

TEST(Metrics, LabelsCannotBeBrokenOutOf) {
  EXPECT_EQ(exporter::label_text("a\"b\\c\nd"), "a\\\"b\\\\c\\nd");
  EXPECT_EQ(exporter::label_text("\xC3\xA4\xFF"), "\xC3\xA4\xEF\xBF\xBD");
  Snapshot snapshot;
  snapshot.table.push_back(a_service("192.0.2.1", 80));
  snapshot.table[0].service.scheduler = "x\"} 1\nevil 2";
  const std::string text = text_of(snapshot);
  EXPECT_FALSE(has_line(text, "evil 2"));
  EXPECT_TRUE(text.contains("scheduler=\"x\\\"} 1\\nevil 2\""));
}

TEST(Metrics, OfServicesAndServers) {
  Snapshot snapshot;
  snapshot.table.push_back(a_service("192.0.2.1", 80));
  snapshot.table[0].service.stats.conns = 7;
  snapshot.table[0].dests.push_back(a_server("10.0.0.1", 8080, 18446744073709551615U));
  snapshot.table[0].dests[0].u_threshold = 5;
  snapshot.table.push_back(a_service("2001:db8::1", 53, IPPROTO_UDP));
  snapshot.table.push_back(a_mark(0xABC, AF_INET));
  const std::string text = text_of(snapshot);
  EXPECT_EQ(faults(text), "");
  for (const char* line : {
           "ipvs_up 1", "ipvs_services 3", "ipvs_servers 1",
           R"(ipvs_service_connections_total{local_address="192.0.2.1",local_port="80",local_mark="",proto="TCP",family="ipv4"} 7)",
           R"(ipvs_service_servers{local_address="2001:db8::1",local_port="53",local_mark="",proto="UDP",family="ipv6"} 0)",
           R"(ipvs_service_servers{local_address="",local_port="0",local_mark="00000ABC",proto="FWM",family="ipv4"} 0)",
           R"(ipvs_server_connections_total{local_address="192.0.2.1",local_port="80",local_mark="",proto="TCP",)"
           R"(remote_address="10.0.0.1",remote_port="8080",family="ipv4"} 18446744073709551615)",
           R"(ipvs_server_upper_threshold{local_address="192.0.2.1",local_port="80",local_mark="",proto="TCP",)"
           R"(remote_address="10.0.0.1",remote_port="8080",family="ipv4"} 5)",
           R"(node_ipvs_backend_weight{local_address="192.0.2.1",local_port="80",local_mark="",proto="TCP",)"
           R"(remote_address="10.0.0.1",remote_port="8080"} 1)",
       })
    EXPECT_TRUE(has_line(text, line)) << line << "\n" << text;
  EXPECT_FALSE(text.contains("ipvs_server_lower_threshold")) << "there is none";
  EXPECT_FALSE(text_of(snapshot, "").contains("node_ipvs"));
  EXPECT_TRUE(text_of(snapshot, "lvs").contains("\nlvs_backend_weight{"));
}

TEST(Metrics, WhatIsNotToldIsNotThere) {
  const std::string text = text_of({});
  for (const char* name : {"dropped", "fast_path", "entries", "sync", "timeout", "connections_total", "ipvs_table"})
    EXPECT_FALSE(text.contains(name)) << name;
}

TEST(Metrics, WithoutAModule) {
  const std::string text = text_of({.trouble = "gone"});
  EXPECT_TRUE(has_line(text, "ipvs_up 0"));
  EXPECT_FALSE(text.contains("ipvs_services"));
}

/// All that there can be outside of services.
Snapshot a_namespace() {
  Snapshot snapshot;
  snapshot.totals = ipvs::Stats{.conns = 1, .inpkts = 2, .outpkts = 3, .inbytes = 4, .outbytes = 5};
  snapshot.timeouts = ipvs::Timeouts{.tcp = 900, .tcp_fin = 120, .udp = 300};
  snapshot.drops = {{{"no-dest", 4}}};
  snapshot.status = {{{"Conns", 7},
                      {"Conn buckets", 1024},
                      {"Conn buckets empty", 1017},
                      {"Conn buckets len-1", 7},
                      {"Conn buckets longest", 1},
                      {"Fast path devices", 2},
                      {"Fast path taken", 50},
                      {"Fast path passed, no-conn", 3}}};
  ipvs::DaemonStatus status{.state = IP_VS_STATE_BACKUP,
                            .figures = {{"messages", 9}, {"queue", 1}, {"something new", 1}, {"dropped bad-tag", 2}}};
  ipvs::SyncPeer peer{.addr = ipvs::Address::parse("192.0.2.7"), .thread = 0, .heard_ms = 1500, .messages = 3};
  status.heard = {peer, peer};
  peer.thread = 1;
  peer.has_heartbeats = peer.is_alive = true;
  peer.lag_ms = 250;
  status.heard.push_back(peer);
  snapshot.sync = {{status}};
  return snapshot;
}

TEST(Metrics, OfTheNamespace) {
  const std::string text = text_of(a_namespace());
  EXPECT_EQ(faults(text), "");
  for (const char* line :
       {"node_ipvs_connections_total 1", "ipvs_outgoing_bytes_total 5", R"(ipvs_timeout_seconds{kind="tcp_fin"} 120)",
        R"(ipvs_dropped_packets_total{reason="no-dest"} 4)", "ipvs_entries 7", R"(ipvs_table_buckets{table="conn"} 1024)",
        R"(ipvs_table_longest_chain{table="conn"} 1)", "ipvs_fast_path_devices 2",
        R"(ipvs_fast_path_packets_total{outcome="taken"} 50)", R"(ipvs_fast_path_packets_total{outcome="no-conn"} 3)",
        R"(ipvs_sync_messages_total{role="backup"} 9)", R"(ipvs_sync_queue{role="backup"} 1)",
        R"(ipvs_sync_dropped_total{role="backup",reason="bad-tag"} 2)",
        R"(ipvs_sync_peer_heard_seconds{role="backup",peer="192.0.2.7",thread="0"} 1.5)",
        R"(ipvs_sync_peer_alive{role="backup",peer="192.0.2.7",thread="1"} 1)",
        R"(ipvs_sync_peer_lag_seconds{role="backup",peer="192.0.2.7",thread="1"} 0.25)"})
    EXPECT_TRUE(has_line(text, line)) << line << "\n" << text;
  EXPECT_FALSE(text.contains("something")) << "a counter or not is not known";
}

TEST(Dashboard, AsksForWhatThereIs) {
  Snapshot snapshot = a_namespace();
  snapshot.table.push_back(a_service("192.0.2.1", 80));
  snapshot.table[0].dests.push_back(a_server("10.0.0.1", 80));
  snapshot.table[0].dests[0].u_threshold = 5;
  const std::string text = text_of(snapshot);
  std::ifstream file("tools/exporter/grafana.json");
  const std::string dashboard{std::istreambuf_iterator<char>(file), {}};
  std::set<std::string> names;
  const std::regex name("\\bipvs_[a-z_]+");
  for (std::sregex_iterator each(dashboard.begin(), dashboard.end(), name), end; each != end; ++each) names.insert(each->str());
  EXPECT_GT(names.size(), 10U) << "run from the top folder";
  for (const std::string& each : names) EXPECT_TRUE(text.contains("\n# TYPE " + each + " ")) << each;
}

/// node_exporter has no label for the family of a mark, and adds up what has the same labels.
TEST(Metrics, AMarkOfBothFamiliesIsThereOnce) {
  Snapshot snapshot;
  for (const std::uint16_t family : {AF_INET, AF_INET6}) {
    snapshot.table.push_back(a_mark(16, family));
    snapshot.table.back().dests.push_back(a_server("2001:db8::5", 0));
  }
  snapshot.table.push_back(a_service("192.0.2.1", 80));
  snapshot.table.back().dests.push_back(a_server("10.0.0.1", 80));
  const std::string text = text_of(snapshot);
  EXPECT_EQ(faults(text), "");
  const std::string labels = R"({local_address="",local_port="0",local_mark="00000010",proto="FWM",)"
                             R"(remote_address="2001:db8::5",remote_port="0"})";
  EXPECT_TRUE(has_line(text, "node_ipvs_backend_weight" + labels + " 2")) << text;
  EXPECT_TRUE(text.contains("ipvs_server_weight{" + labels.substr(1, labels.size() - 2) + ",family=\"ipv6\"} 1")) << text;
}

TEST(Metrics, OneServerOfManyServicesComesInPieces) {
  Snapshot snapshot;
  for (int port = 1; port <= 300; ++port)
    for (const std::uint16_t protocol : {IPPROTO_TCP, IPPROTO_UDP}) {
      snapshot.table.push_back(a_service("192.0.2.1", static_cast<std::uint16_t>(port), protocol));
      for (int i = 0; i < port % 4; ++i)
        snapshot.table.back().dests.push_back(a_server(("10.0.0." + std::to_string(i + 1)).c_str(), 80, 5));
    }
  int pieces = 0;
  const std::string text = text_of(snapshot, "node_ipvs", &pieces);
  EXPECT_EQ(faults(text), "");
  EXPECT_GT(pieces, 10);
  const std::string start = "\nipvs_server_connections_total{";
  std::size_t count = 0;
  for (std::size_t at = text.find(start); at != std::string::npos; at = text.find(start, at + 1)) ++count;
  EXPECT_EQ(count, 300U / 4 * (1 + 2 + 3) * 2);
}

}  // namespace
