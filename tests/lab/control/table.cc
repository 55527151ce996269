// SPDX-License-Identifier: GPL-2.0-or-later
// Tables as text. A line without indentation is a service, one with it a server of that service:
//
//	timeouts TCP FIN UDP
//	tcp 10.1.0.100:80 wlc [persist=300] [flags=0x8] [pe=NAME]
//	  10.2.1.2:80 nat [weight=1] [u=0] [l=0] [gue=PORT]
//	mark6 7 rr
//
// tcp, udp, sctp of either family; mark and mark6 with a number; nat, dr, tun.
#include <linux/ip_vs.h>
#include <netinet/in.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>

#include "control.hh"

namespace control {
namespace {

const std::map<std::string, std::uint16_t> kProtocols{
    {"tcp", IPPROTO_TCP}, {"udp", IPPROTO_UDP}, {"sctp", IPPROTO_SCTP}};
const std::map<std::string, std::uint32_t> kMethods{
    {"nat", IP_VS_CONN_F_MASQ}, {"dr", IP_VS_CONN_F_DROUTE}, {"tun", IP_VS_CONN_F_TUNNEL}, {"local", IP_VS_CONN_F_LOCALNODE}};

template <typename T>
std::string name_of(const std::map<std::string, T>& names, T value) {
  for (const auto& [name, each] : names)
    if (each == value) return name;
  return std::to_string(value);
}

/// ADDRESS:PORT, [ADDRESS]:PORT
std::pair<ipvs::Address, std::uint16_t> parse_end(const std::string& text) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos) fail("no port: " + text);
  std::string addr = text.substr(0, colon);
  if (addr.starts_with('[')) addr = addr.substr(1, addr.size() - 2);
  return {ipvs::Address::parse(addr), static_cast<std::uint16_t>(number(text.substr(colon + 1)))};
}

std::string end_text(const ipvs::Address& addr, std::uint16_t port) {
  const std::string text = addr.to_string();
  return (addr.family == AF_INET6 ? "[" + text + "]" : text) + ":" + std::to_string(port);
}

/// The words name=value of a line.
std::map<std::string, std::string> options(std::istream& line) {
  std::map<std::string, std::string> found;
  for (std::string word; line >> word;) {
    const auto equals = word.find('=');
    if (equals == std::string::npos) fail("no option: " + word);
    found[word.substr(0, equals)] = word.substr(equals + 1);
  }
  return found;
}

unsigned long value(const std::map<std::string, std::string>& from, const char* name, unsigned long otherwise) {
  const auto found = from.find(name);
  return found == from.end() ? otherwise : number(found->second);
}

ipvs::Service parse_service(const std::string& kind, std::istream& line) {
  ipvs::Service service;
  std::string what;
  line >> what >> service.scheduler;
  if (kind.starts_with("mark")) {
    service.key.fwmark = static_cast<std::uint32_t>(number(what));
    service.key.family = kind == "mark6" ? AF_INET6 : AF_INET;
  } else {
    if (!kProtocols.contains(kind)) fail("no protocol: " + kind);
    std::tie(service.key.addr, service.key.port) = parse_end(what);
    service.key.protocol = kProtocols.at(kind);
    service.key.family = service.key.addr.family;
  }
  const auto given = options(line);
  service.timeout = static_cast<std::uint32_t>(value(given, "persist", 0));
  service.flags = static_cast<std::uint32_t>(value(given, "flags", service.timeout ? IP_VS_SVC_F_PERSISTENT : 0));
  service.netmask = static_cast<std::uint32_t>(value(given, "mask", service.key.family == AF_INET6 ? 128 : ~0U));
  if (given.contains("pe")) service.pe = given.at("pe");
  return service;
}

ipvs::Dest parse_dest(const std::string& end, std::istream& line) {
  ipvs::Dest dest;
  std::string method;
  std::tie(dest.key.addr, dest.key.port) = parse_end(end);
  line >> method;
  if (!kMethods.contains(method)) fail("no method: " + method);
  dest.method = kMethods.at(method);
  const auto given = options(line);
  dest.weight = static_cast<std::int32_t>(value(given, "weight", 1));
  dest.u_threshold = static_cast<std::uint32_t>(value(given, "u", 0));
  dest.l_threshold = static_cast<std::uint32_t>(value(given, "l", 0));
  if (given.contains("gue")) {
    dest.tun_type = IP_VS_CONN_F_TUNNEL_TYPE_GUE;
    dest.tun_port = static_cast<std::uint16_t>(value(given, "gue", 0));
  }
  return dest;
}

ipvs::Table parse_table(std::istream& in) {
  ipvs::Table table;
  for (std::string text; std::getline(in, text);) {
    std::istringstream line(text);
    std::string first;
    if (!(line >> first)) continue;
    if (first == "timeouts")
      line >> table.timeouts.tcp >> table.timeouts.tcp_fin >> table.timeouts.udp;
    else if (text[0] != ' ')
      table.services.push_back({parse_service(first, line), {}});
    else if (table.services.empty())
      fail("a server before the first service");
    else
      table.services.back().dests.push_back(parse_dest(first, line));
  }
  return table;
}

void print_stats(const ipvs::Stats& stats) {
  if (stats.conns == 0 && stats.inpkts == 0) return;
  std::cout << " conns=" << stats.conns << " in=" << stats.inpkts << " out=" << stats.outpkts;
}

void print(const ipvs::ServiceEntry& service) {
  if (service.key.fwmark != 0)
    std::cout << (service.key.family == AF_INET6 ? "mark6 " : "mark ") << service.key.fwmark;
  else
    std::cout << name_of(kProtocols, service.key.protocol) << ' ' << end_text(service.key.addr, service.key.port);
  std::cout << ' ' << service.scheduler << " persist=" << service.timeout << " flags=" << service.flags
            << " mask=" << service.netmask;
  if (!service.pe.empty()) std::cout << " pe=" << service.pe;
  print_stats(service.stats);
  std::cout << '\n';
}

void print(const ipvs::DestEntry& dest) {
  std::cout << "  " << end_text(dest.key.addr, dest.key.port) << ' ' << name_of(kMethods, dest.method)
            << " weight=" << dest.weight << " u=" << dest.u_threshold << " l=" << dest.l_threshold;
  if (dest.tun_type != 0) std::cout << " type=" << int{dest.tun_type} << " port=" << dest.tun_port;
  if (dest.active + dest.inactive + dest.persistent != 0)
    std::cout << " active=" << dest.active << " inactive=" << dest.inactive << " persistent=" << dest.persistent;
  print_stats(dest.stats);
  std::cout << '\n';
}

}  // namespace

int dump(ipvs::Client& client, Words) {
  const auto timeouts = client.timeouts();
  if (!timeouts) fail(timeouts.error().message());
  std::cout << "timeouts " << timeouts->tcp << ' ' << timeouts->tcp_fin << ' ' << timeouts->udp << '\n';
  const auto done = client.for_each(
      [](ipvs::ServiceEntry& service) {
        print(service);
        return true;
      },
      [](const ipvs::ServiceKey&, ipvs::DestEntry& dest) {
        print(dest);
        return true;
      });
  if (!done) fail(done.error().message());
  return 0;
}

int replace(ipvs::Client& client, Words words) {
  if (words.size() != 1) fail("replace needs a file");
  std::ifstream file;
  if (words[0] != "-") {
    file.open(words[0]);
    if (!file) fail("cannot read " + words[0]);
  }
  const auto table = parse_table(words[0] == "-" ? std::cin : file);
  const auto done = client.replace_table(table);
  if (done) return 0;
  const auto& refusal = done.error();
  std::cout << "refused: " << strerrorname_np(refusal.error.code);
  if (refusal.service) std::cout << " service " << *refusal.service;
  if (refusal.dest) std::cout << " server " << *refusal.dest;
  std::cout << ": " << refusal.error.message() << '\n';
  return 1;
}

}  // namespace control
