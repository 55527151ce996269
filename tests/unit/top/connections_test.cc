// SPDX-License-Identifier: GPL-2.0-or-later
#include "top/connections.hh"

#include <gtest/gtest.h>

#include "moments.hh"

namespace {

using top::Collector;
using top::ConnectionQuery;

ipvs::Connection a_connection(std::uint16_t client_port, const char* dest = "10.0.0.1", std::uint16_t virt_port = 80) {
  return {.protocol = IPPROTO_TCP, .client = ipvs::Address::parse("198.51.100.1"), .client_port = client_port,
          .virt = ipvs::Address::parse("192.0.2.1"), .virt_port = virt_port, .dest = ipvs::Address::parse(dest), .dest_port = 8080,
          .state = "ESTABLISHED", .expires = 899};
}

/// As the library: what the coarse filter accepts.
top::ConnectionList listed(const ConnectionQuery& query, const std::vector<ipvs::Connection>& all) {
  Collector collector(query);
  for (ipvs::Connection each : all)
    if (query.coarse().accepts(each) && !collector.visit(each)) break;
  return collector.take();
}

std::vector<std::uint16_t> ports(const top::ConnectionList& list) {
  std::vector<std::uint16_t> all;
  for (const auto& each : list.rows) all.push_back(each.client_port);
  return all;
}
using Ports = std::vector<std::uint16_t>;

TEST(TopConnections, OfAServiceAndOfAServer) {
  const auto table = taken(a_table());
  const auto& web = table->table[0];
  auto udp = a_connection(4);
  udp.protocol = IPPROTO_UDP;
  const std::vector<ipvs::Connection> all{a_connection(1), a_connection(2, "10.0.0.2"), a_connection(3, "10.0.0.1", 81), udp};
  const ConnectionQuery of_service(*table, web, nullptr);
  EXPECT_EQ(of_service.title, "tcp 192.0.2.1:80");
  EXPECT_EQ(ports(listed(of_service, all)), (Ports{1, 2}));
  const ConnectionQuery of_server(*table, web, &web.dests[1]);
  EXPECT_EQ(of_server.title, "tcp 192.0.2.1:80 at 10.0.0.2:8080");
  EXPECT_EQ(ports(listed(of_server, all)), (Ports{2}));
}

TEST(TopConnections, OfAMarkThoseOfItsServers) {
  const auto table = taken(a_table());
  const auto& mark = table->table[2];
  const std::vector<ipvs::Connection> all{a_connection(1), a_connection(2, "10.0.0.9"), a_connection(3, "10.0.0.9", 81)};
  EXPECT_EQ(ports(listed(ConnectionQuery(*table, mark, nullptr), all)), (Ports{2, 3}));
  EXPECT_EQ(ports(listed(ConnectionQuery(*table, mark, &mark.dests[0]), all)), (Ports{2, 3})) << "its port is any";
}

TEST(TopConnections, OfAllPortsWithoutThoseOfOthers) {
  auto snapshot = a_table();
  snapshot.table.push_back(a_service("192.0.2.1", 0));
  const auto table = taken(snapshot);
  ASSERT_EQ(table->table[0].service.key.port, 0);
  EXPECT_EQ(ports(listed(ConnectionQuery(*table, table->table[0], nullptr), {a_connection(1), a_connection(2, "10.0.0.1", 81)})), (Ports{2}));
}

TEST(TopConnections, FilterOverAllThatIsSeen) {
  const auto table = taken(a_table());
  ConnectionQuery query(*table, table->table[0], nullptr);
  auto closing = a_connection(2);
  closing.state = "FIN_WAIT";
  for (const char* words : {"fin_wait", "198.51.100.1:2", "tcp fin"}) {
    query.filter = top::Filter(words);
    EXPECT_EQ(ports(listed(query, {a_connection(1), closing})), (Ports{2})) << words;
  }
}

TEST(TopConnections, NoMoreAreKeptThanAreShown) {
  const auto table = taken(a_table());
  ConnectionQuery query(*table, table->table[0], nullptr);
  std::vector<ipvs::Connection> all;
  for (std::uint16_t i = 1; i <= 2500; ++i) all.push_back(a_connection(i));
  auto list = listed(query, all);
  EXPECT_EQ(list.rows.size(), top::kConnectionsKept);
  EXPECT_TRUE(list.has_more);
  query.from = 2000;
  list = listed(query, all);
  EXPECT_EQ(list.rows.size(), 500U);
  EXPECT_EQ(list.rows[0].client_port, 2001);
  EXPECT_FALSE(list.has_more);
  EXPECT_EQ(list.from, 2000U);
  all.resize(1000);
  query.from = 0;
  EXPECT_FALSE(listed(query, all).has_more) << "exactly as many";
}

TEST(TopConnections, Lines) {
  const auto table = taken(a_table());
  const ConnectionQuery web(*table, table->table[0], nullptr), mark(*table, table->table[2], nullptr);
  EXPECT_EQ(text_of(top::connection_titles(web, 80)),
            "prot  client                    server                    state         expires");
  EXPECT_EQ(text_of(top::connection_line(a_connection(1234), web, 80)),
            "TCP   198.51.100.1:1234         10.0.0.1:8080             ESTABLISHED     899 s");
  EXPECT_EQ(text_of(top::connection_line(a_connection(1234), web, 96)),
            "TCP   198.51.100.1:1234      192.0.2.1:80           10.0.0.1:8080          ESTABLISHED     899 s");
  EXPECT_NE(text_of(top::connection_line(a_connection(1234), mark, 80)).find("192.0.2.1:80"), std::string::npos)
      << "it may be any";
  auto marked = a_connection(0);
  marked.protocol = IPPROTO_IP;
  marked.virt = ipvs::Address::parse("0.0.1.2");
  marked.state = "N\x1b";
  const std::string line = text_of(top::connection_line(marked, mark, 160));
  EXPECT_NE(line.find(" fwmark 258 "), std::string::npos) << line;
  EXPECT_NE(line.find(" N\\x1b "), std::string::npos) << line;
  for (std::size_t width = 0; width < 200; ++width) {
    const auto one = top::connection_line(a_connection(1), web, width)[0].text.size();
    EXPECT_LE(one, std::max<std::size_t>(width, 59));
  }
}

}  // namespace
