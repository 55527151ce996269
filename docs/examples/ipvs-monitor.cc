// SPDX-License-Identifier: LGPL-2.1-or-later
// Prints all services, servers and their counters as text that Prometheus and others read: the C++ interface.
// ipvs-monitor.c does the same in C.
//
//     c++ -std=c++23 -o ipvs-monitor ipvs-monitor.cc $(pkg-config --cflags --libs libipvs++)
//     ./ipvs-monitor > /var/lib/node_exporter/ipvs.prom
#include <algorithm>
#include <cstdint>
#include <functional>
#include <iostream>
#include <ipvs/client.hh>
#include <string>
#include <vector>

namespace {

using Table = std::vector<ipvs::ServiceWithDests>;

struct Counter {
  const char* name;
  const char* help;
  std::uint64_t ipvs::Stats::*member;
};

struct Gauge {
  const char* name;
  const char* help;
  std::function<std::int64_t(const ipvs::DestEntry&)> value;
};

constexpr Counter kCounters[] = {
    {"connections", "Connections that were scheduled", &ipvs::Stats::conns},
    {"packets_in", "Packets from clients", &ipvs::Stats::inpkts},
    {"packets_out", "Packets to clients, where they come back through here", &ipvs::Stats::outpkts},
    {"bytes_in", "Bytes from clients", &ipvs::Stats::inbytes},
    {"bytes_out", "Bytes to clients, where they come back through here", &ipvs::Stats::outbytes},
};

const Gauge kGauges[] = {
    {"weight", "Weight; 0: nothing new", [](const auto& dest) { return dest.weight; }},
    {"active", "Connections that are opening or open", [](const auto& dest) { return dest.active; }},
    {"inactive", "All other connections", [](const auto& dest) { return dest.inactive; }},
};

std::string protocol_name(unsigned protocol) {
  switch (protocol) {
    case IPPROTO_TCP:
      return "tcp";
    case IPPROTO_UDP:
      return "udp";
    case IPPROTO_SCTP:
      return "sctp";
    default:
      return "other";
  }
}

std::string label(const std::string& name, const std::string& value) { return name + "=\"" + value + '"'; }

std::string labels(const ipvs::ServiceKey& key) {
  if (key.fwmark != 0)
    return label("fwmark", std::to_string(key.fwmark)) + ',' +
           label("family", key.family == AF_INET6 ? "ipv6" : "ipv4");
  return label("protocol", protocol_name(key.protocol)) + ',' + label("address", key.addr.to_string()) + ',' +
         label("port", std::to_string(key.port));
}

std::string labels(const ipvs::ServiceKey& service, const ipvs::DestKey& dest) {
  return labels(service) + ',' + label("server", dest.addr.to_string()) + ',' +
         label("server_port", std::to_string(dest.port));
}

void sort(Table& table) {
  std::ranges::sort(table, {}, [](const auto& item) { return item.service.key; });
  for (auto& item : table) std::ranges::sort(item.dests, {}, &ipvs::DestEntry::key);
}

void print_head(const std::string& name, const std::string& help, const std::string& type) {
  std::cout << "# HELP " << name << ' ' << help << ".\n# TYPE " << name << ' ' << type << '\n';
}

void print(const Table& table) {
  for (const auto& counter : kCounters) {
    const std::string name = std::string("ipvs_service_") + counter.name + "_total";
    print_head(name, counter.help, "counter");
    for (const auto& [service, dests] : table)
      std::cout << name << '{' << labels(service.key) << "} " << service.stats.*counter.member << '\n';
  }
  for (const auto& counter : kCounters) {
    const std::string name = std::string("ipvs_server_") + counter.name + "_total";
    print_head(name, counter.help, "counter");
    for (const auto& [service, dests] : table)
      for (const auto& dest : dests)
        std::cout << name << '{' << labels(service.key, dest.key) << "} " << dest.stats.*counter.member << '\n';
  }
  for (const auto& gauge : kGauges) {
    const std::string name = std::string("ipvs_server_") + gauge.name;
    print_head(name, gauge.help, "gauge");
    for (const auto& [service, dests] : table)
      for (const auto& dest : dests)
        std::cout << name << '{' << labels(service.key, dest.key) << "} " << gauge.value(dest) << '\n';
  }
}

}  // namespace

int main() {
  auto client = ipvs::Client::open();
  if (!client) {
    std::cerr << "ipvs-monitor: no access to IPVS: " << client.error().message() << '\n';
    return 1;
  }
  auto table = client->table();
  if (!table) {
    std::cerr << "ipvs-monitor: services: " << table.error().message() << '\n';
    return 1;
  }
  sort(*table);
  print(*table);
  std::cout.flush();
  return std::cout ? 0 : 1;
}
