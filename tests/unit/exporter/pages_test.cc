// SPDX-License-Identifier: GPL-2.0-or-later
#include "exporter/pages.hh"

#include <gtest/gtest.h>

#include "base/overview.hh"
#include "exporter/api.hh"
#include "exporter/view.hh"
#include "pieces.hh"
#include "tables.hh"

namespace {

using exporter::Request;
using ipvsadm::Snapshot;

Request asked(std::string path, std::map<std::string, std::string> query = {}) {
  Request request;
  request.path = std::move(path);
  request.query = std::move(query);
  return request;
}

constexpr auto kEvil = "<script>\"'&\xff";
constexpr auto kHarmless = "&lt;script&gt;&quot;&#39;&amp;\xEF\xBF\xBD";

TEST(Pages, TextCannotBecomeMarkup) {
  EXPECT_EQ(exporter::html(kEvil), kHarmless);
  EXPECT_EQ(exporter::html(std::string_view("\0", 1)), "\xEF\xBF\xBD");
  Snapshot snapshot;
  snapshot.info.release = kEvil;
  snapshot.table.push_back(a_service("192.0.2.1", 80));
  snapshot.table[0].service.scheduler = kEvil;
  snapshot.table[0].service.pe = kEvil;
  snapshot.drops = {{{kEvil, 1}}};
  snapshot.status = {{{kEvil, 1}}};
  snapshot.daemons = std::vector<ipvs::DaemonConfig>(1);
  snapshot.daemons->front().interface = kEvil;
  const Request request = asked("/", {{kEvil, kEvil}, {"q", kEvil}, {"client", kEvil}, {"fwmark", kEvil}, {"state", kEvil}});
  std::string all = exporter::services_page(snapshot, request, {}) + exporter::services_page(snapshot, asked("/"), {}) +
                    exporter::service_page(snapshot.table[0], request) +
                    exporter::services_page({.trouble = kEvil}, request, {}) + exporter::trouble_page(kEvil, kEvil);
  ipvs::Connection connection{.state = kEvil, .pe = kEvil, .pe_data = kEvil};
  all += exporter::connections_page({.rows = {connection}, .has_more = true, .trouble = {}}, request);
  all += exporter::connections_page({.rows = {}, .trouble = kEvil}, request);
  EXPECT_TRUE(all.contains(kHarmless));
  for (const char* broken : {"<script>", "\"'", "'&\xff", "\xff"}) EXPECT_FALSE(all.contains(broken)) << broken;
}

TEST(Pages, HealthIsSaidInWords) {
  ipvs::ServiceWithDests service = a_service("192.0.2.1", 80);
  EXPECT_STREQ(ipvsadm::health_of(service).word, "no servers");
  service.dests.push_back(a_server("10.0.0.1", 80));
  EXPECT_STREQ(ipvsadm::health_of(service).word, "up");
  service.dests.push_back(a_server("10.0.0.2", 80));
  service.dests[1].u_threshold = 10;
  service.dests[1].active = 4;
  service.dests[1].inactive = 5;
  EXPECT_STREQ(ipvsadm::health_of(service).word, "up");
  service.dests[1].inactive = 6;
  EXPECT_STREQ(ipvsadm::health_of(service.dests[1]).word, "full");
  EXPECT_STREQ(ipvsadm::health_of(service).word, "some not usable");
  service.dests[0].weight = 0;
  EXPECT_STREQ(ipvsadm::health_of(service.dests[0]).word, "drained");
  EXPECT_STREQ(ipvsadm::health_of(service).word, "none usable");
  EXPECT_EQ(ipvsadm::health_of(service).colour, ipvsadm::Health::bad);
}

TEST(Pages, ALongListIsCut) {
  Snapshot snapshot;
  for (int port = 1; port <= 1000; ++port) snapshot.table.push_back(a_service("192.0.2.1", static_cast<std::uint16_t>(port)));
  const std::string page = exporter::services_page(snapshot, asked("/", {{"page", "2"}, {"q", ":"}}), {});
  EXPECT_LT(page.size(), 100'000U);
  EXPECT_TRUE(page.contains("1000 in all, page 2 of 20"));
  EXPECT_TRUE(page.contains("tcp 192.0.2.1:51<"));
  EXPECT_FALSE(page.contains("tcp 192.0.2.1:50<"));
  EXPECT_TRUE(page.contains("/?q=:&amp;page=3"));
  EXPECT_EQ(exporter::services_shown(snapshot, asked("/", {{"page", "999"}})).page, 20U);
  EXPECT_EQ(exporter::services_shown(snapshot, asked("/", {{"q", ":77"}})).found, 11U);
  EXPECT_EQ(exporter::services_shown(snapshot, asked("/", {{"q", "nothing"}})).pages, 1U);
}

TEST(Pages, AServiceIsFoundByItsLink) {
  Snapshot snapshot;
  snapshot.table = {a_service("192.0.2.1", 80), a_service("192.0.2.1", 80, IPPROTO_UDP), a_service("2001:db8::1", 443),
                    a_mark(5, AF_INET), a_mark(5, AF_INET6)};
  for (const auto& each : snapshot.table) {
    const auto parsed = exporter::parse_request("GET /service?" + exporter::link_to(each.service.key) + " HTTP/1.0\r\n\r\n");
    const auto key = exporter::service_named(std::get<exporter::Complete>(parsed).request);
    ASSERT_TRUE(key && *key);
    EXPECT_EQ(ipvsadm::find_service(snapshot, **key), &each);
  }
  for (const std::map<std::string, std::string>& wrong :
       {std::map<std::string, std::string>{{"fwmark", "0"}}, {{"protocol", "tcp"}}, {{"family", "ipx"}},
        {{"protocol", "x"}, {"address", "192.0.2.1"}, {"port", "80"}}, {{"protocol", "tcp"}, {"address", "me"}, {"port", "80"}},
        {{"protocol", "tcp"}, {"address", "192.0.2.1"}, {"port", "65536"}}})
    EXPECT_FALSE(exporter::service_named(asked("/", wrong))) << wrong.begin()->first;
  EXPECT_EQ(exporter::service_named(asked("/")), std::nullopt);
}

TEST(Pages, AServiceLeadsToItsConnections) {
  EXPECT_TRUE(exporter::service_page(a_service("192.0.2.1", 80), asked("/service"))
                  .contains("/connections?protocol=tcp&amp;virtual=192.0.2.1&amp;virtual_port=80\""));
  EXPECT_TRUE(exporter::service_page(a_service("2001:db8::1", 0), asked("/service"))
                  .contains("/connections?protocol=tcp&amp;virtual=2001:db8::1\""));
  EXPECT_TRUE(exporter::service_page(a_mark(5, AF_INET6), asked("/service"))
                  .contains("/connections?fwmark=5&amp;family=ipv6\""));
}

TEST(Pages, ConnectionsAreFilteredAsAsked) {
  const auto filter = exporter::connections_wanted(asked("/connections", {{"protocol", "tcp"}, {"client", "192.0.2.9"},
                                                                          {"client_port", "7"}, {"virtual", "2001:db8::1"},
                                                                          {"state", "CLOSE"}}));
  ASSERT_TRUE(filter);
  EXPECT_EQ(filter->protocol, IPPROTO_TCP);
  EXPECT_EQ(filter->client, ipvs::Address::parse("192.0.2.9"));
  EXPECT_EQ(filter->client_port, 7);
  EXPECT_EQ(filter->virt->family, AF_INET6);
  EXPECT_EQ(filter->state, "CLOSE");
  EXPECT_FALSE(filter->dest);
  for (const char* name : {"protocol", "client", "client_port", "virtual", "virtual_port", "server", "server_port"})
    EXPECT_EQ(exporter::connections_wanted(asked("/", {{name, "x"}})).error(), "wrong: " + std::string(name));
}

TEST(Api, NewsAreOfWhatIsShown) {
  Snapshot snapshot;
  snapshot.table = {a_service("192.0.2.1", 80), a_service("192.0.2.1", 81)};
  snapshot.table[1].dests.push_back(a_server("10.0.0.1", 80));
  snapshot.table[1].dests[0].stats.cps = 6;
  EXPECT_EQ(exporter::news_json(snapshot, asked("/", {{"q", ":80"}})),
            R"({"up":true,"rows":[{"id":"tcp 192.0.2.1:80","health":"no servers","colour":"bad","servers":0,"active":0,)"
            R"("inactive":0,"cps":0,"inpps":0,"outpps":0,"inbps":0,"outbps":0}]})");
  EXPECT_EQ(exporter::news_json(snapshot, asked("/", {{"protocol", "tcp"}, {"address", "192.0.2.1"}, {"port", "81"}})),
            R"({"up":true,"rows":[{"id":"10.0.0.1:80","health":"up","colour":"good","weight":1,"active":0,)"
            R"("inactive":0,"cps":6,"inpps":0,"outpps":0,"inbps":0,"outbps":0}]})");
  EXPECT_EQ(exporter::news_json({.trouble = "a\"b"}, asked("/")), R"({"up":false,"trouble":"a\"b"})");
}

TEST(Api, ServicesComeInPieces) {
  auto snapshot = std::make_shared<Snapshot>();
  for (int port = 1; port <= 1000; ++port) snapshot->table.push_back(a_service("192.0.2.1", static_cast<std::uint16_t>(port)));
  int pieces = 0;
  const std::string all = whole(*exporter::services_json(snapshot, nullptr), &pieces);
  EXPECT_GT(pieces, 2);
  EXPECT_TRUE(all.ends_with("]}\n"));
  EXPECT_TRUE(all.contains("\"port\":1000,"));
  const std::string one = whole(*exporter::services_json(snapshot, &snapshot->table[4]));
  EXPECT_TRUE(one.contains("\"port\":5,"));
  EXPECT_FALSE(one.contains("\"port\":6,"));
}

}  // namespace
