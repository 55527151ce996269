// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/json.hh"

#include <gtest/gtest.h>
#include <linux/ip_vs.h>

#include <limits>

#include "base/json_listing.hh"
#include "fake_names.hh"
#include "show/json_sysctls.hh"

namespace {

using ipvs::Address;
using ipvsadm::JsonWriter;

std::string quoted(std::string_view text) {
  JsonWriter json;
  json.value(text);
  return json.take();
}

TEST(Json, Structure) {
  JsonWriter json;
  json.begin_object().member("a", 1).key("b").begin_array().value(2).value("x").null().end_array();
  json.key("c").begin_object().end_object().key("d").begin_array().begin_object().end_object();
  json.begin_object().end_object().end_array().member("e", true).end_object();
  EXPECT_EQ(json.take(), R"({"a":1,"b":[2,"x",null],"c":{},"d":[{},{}],"e":true})");
  EXPECT_EQ(json.take(), "");
}

TEST(Json, NumbersAreExact) {
  JsonWriter json;
  json.begin_array();
  json.value(std::numeric_limits<std::uint64_t>::max()).value(std::numeric_limits<std::int64_t>::min());
  json.value(std::uint8_t{65}).end_array();
  EXPECT_EQ(json.take(), "[18446744073709551615,-9223372036854775808,65]");
}

TEST(Json, TextIsAlwaysValid) {
  EXPECT_EQ(quoted("a\"b\\c\n\x01\x7f"), R"("a\"b\\c\u000a\u0001\u007f")");
  EXPECT_EQ(quoted("\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80"), "\"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80\"");
  const std::string bad = "\xEF\xBF\xBD";
  for (const char* text : {"\x80", "\xFF", "\xC3", "\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80",
                           "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xF0\x9F\x98"})
    EXPECT_EQ(quoted(text).find('"' + bad), 0U) << quoted(text);
  EXPECT_EQ(quoted("\xC3(x"), '"' + bad + "(x\"");
  EXPECT_EQ(quoted(std::string_view("\0", 1)), "\"\\u0000\"");
}

ipvs::ServiceEntry service() {
  ipvs::ServiceEntry entry;
  entry.key = {.fwmark = 0,
               .family = AF_INET,
               .protocol = IPPROTO_TCP,
               .addr = Address::parse("10.9.9.9"),
               .port = 80};
  entry.scheduler = "sh";
  entry.flags = IP_VS_SVC_F_PERSISTENT | IP_VS_SVC_F_SCHED1 | IP_VS_SVC_F_SCHED2;
  entry.timeout = 300;
  entry.netmask = 0x00ffffffU;
  entry.pe = "sip";
  entry.stats.inbytes = std::numeric_limits<std::uint64_t>::max();
  return entry;
}

constexpr auto kNoTraffic =
    R"("stats":{"connections":0,"packets_in":0,"packets_out":0,"bytes_in":0,"bytes_out":0},)"
    R"("rates":{"connections":0,"packets_in":0,"packets_out":0,"bytes_in":0,"bytes_out":0})";

TEST(JsonListing, Services) {
  FakeNames names;
  ipvsadm::JsonServices json(&names);
  ipvs::DestEntry dest;
  dest.key = {.addr = Address::parse("fd00::1"), .port = 80};
  dest.method = IP_VS_CONN_F_TUNNEL;
  dest.tun_type = IP_VS_CONN_F_TUNNEL_TYPE_GUE;
  dest.tun_port = 6080;
  dest.tun_flags = IP_VS_TUNNEL_ENCAP_FLAG_REMCSUM;
  dest.weight = 3;
  dest.u_threshold = 9;
  dest.active = 4;
  ipvs::ServiceEntry mark;
  mark.key = {.fwmark = 7, .family = AF_INET6, .protocol = 0, .addr = {}, .port = 0};
  mark.scheduler = "wlc";
  std::string text = json.begin({.version = 0x010201, .conn_table_size = 4096, .api = 0, .release = {}});
  text += json.service(service());
  text += json.dest(service().key, dest);
  text += json.dest(service().key, dest);
  text += json.service(mark);
  text += json.end();
  const std::string server =
      std::string(
          R"({"family":"ipv6","address":"fd00::1","port":80,"host":"six.example.com","port_name":"http",)"
          R"("method":"tunnel","tunnel":{"type":"gue","port":6080,"checksum":"remote"},"weight":3,)"
          R"("upper_threshold":9,"lower_threshold":0,"active_connections":4,"inactive_connections":0,)"
          R"("persistent_connections":0,)") +
      kNoTraffic + "}";
  EXPECT_EQ(text,
            R"({"version":"1.2.1","connection_table_size":4096,"services":[)"
            R"({"protocol":"tcp","family":"ipv4","address":"10.9.9.9","port":80,"host":"vip.example.com",)"
            R"("port_name":"http","scheduler":"sh","scheduler_flags":["sh-fallback","sh-port"],)"
            R"("persistent":true,"persistence_timeout":300,"persistence_netmask":"255.255.255.0",)"
            R"("persistence_engine":"sip","one_packet":false,)"
            R"("stats":{"connections":0,"packets_in":0,"packets_out":0,"bytes_in":18446744073709551615,)"
            R"("bytes_out":0},"rates":{"connections":0,"packets_in":0,"packets_out":0,"bytes_in":0,)"
            R"("bytes_out":0},"servers":[)" +
                server + "," + server + "]}," +
                R"({"fwmark":7,"family":"ipv6","fwmark_name":"web","scheduler":"wlc","scheduler_flags":[],)"
                R"("persistent":false,"one_packet":false,)" +
                kNoTraffic + ",\"servers\":[]}]}\n");
}

/// No two values are equal, so that none stands for another.
TEST(JsonListing, EveryFieldHasItsValue) {
  ipvsadm::JsonServices json(nullptr);
  ipvs::ServiceEntry six = service();
  six.key = {.fwmark = 0, .family = AF_INET6, .protocol = IPPROTO_UDP, .addr = Address::parse("fd00::5"), .port = 53};
  six.scheduler = "rr";
  six.flags = IP_VS_SVC_F_PERSISTENT | IP_VS_SVC_F_ONEPACKET | IP_VS_SVC_F_SCHED3;
  six.timeout = 10;
  six.netmask = 64;
  six.pe = "";
  six.stats = {.conns = 11, .inpkts = 12, .outpkts = 13, .inbytes = 14, .outbytes = 15,
               .cps = 16,   .inpps = 17,  .outpps = 18,  .inbps = 19,   .outbps = 20};
  ipvs::DestEntry dest;
  dest.key = {.addr = Address::parse("10.0.0.2"), .port = 54};
  dest.method = IP_VS_CONN_F_TUNNEL;
  dest.tun_type = IP_VS_CONN_F_TUNNEL_TYPE_GRE;
  dest.tun_port = 1;
  dest.weight = 21;
  dest.u_threshold = 23;
  dest.l_threshold = 22;
  dest.active = 24;
  dest.inactive = 25;
  dest.persistent = 26;
  dest.stats = {.conns = 31, .inpkts = 32, .outpkts = 33, .inbytes = 34, .outbytes = 35,
                .cps = 36,   .inpps = 37,  .outpps = 38,  .inbps = 39,   .outbps = 40};
  ipvs::DestEntry plain;
  plain.key = {.addr = Address::parse("10.0.0.3"), .port = 0};
  plain.method = IP_VS_CONN_F_DROUTE;
  ipvs::DestEntry ipip = plain;
  ipip.method = IP_VS_CONN_F_TUNNEL;
  ipvs::DestEntry strange = ipip;
  strange.tun_type = 9;
  ipvs::DestEntry bypass = plain;
  bypass.method = IP_VS_CONN_F_BYPASS;
  std::string text = json.service(six);
  text += json.dest(six.key, dest);
  for (const auto& each : {plain, ipip, strange, bypass}) text += json.dest(six.key, each);
  const auto server = [](const std::string& method) {
    return R"(,{"family":"ipv4","address":"10.0.0.3","port":0,"method":)" + method +
           R"(,"weight":0,"upper_threshold":0,"lower_threshold":0,"active_connections":0,"inactive_connections":0,)"
           R"("persistent_connections":0,)" +
           kNoTraffic + "}";
  };
  EXPECT_EQ(text,
            R"({"protocol":"udp","family":"ipv6","address":"fd00::5","port":53,"scheduler":"rr","scheduler_flags":["flag-3"],)"
            R"("persistent":true,"persistence_timeout":10,"persistence_prefix":64,"one_packet":true,)"
            R"("stats":{"connections":11,"packets_in":12,"packets_out":13,"bytes_in":14,"bytes_out":15},)"
            R"("rates":{"connections":16,"packets_in":17,"packets_out":18,"bytes_in":19,"bytes_out":20},"servers":[)"
            R"({"family":"ipv4","address":"10.0.0.2","port":54,"method":"tunnel","tunnel":{"type":"gre","checksum":"none"},)"
            R"("weight":21,"upper_threshold":23,"lower_threshold":22,"active_connections":24,"inactive_connections":25,)"
            R"("persistent_connections":26,)"
            R"("stats":{"connections":31,"packets_in":32,"packets_out":33,"bytes_in":34,"bytes_out":35},)"
            R"("rates":{"connections":36,"packets_in":37,"packets_out":38,"bytes_in":39,"bytes_out":40}})" +
                server(R"("route")") + server(R"("tunnel","tunnel":{"type":"ipip"})") +
                server(R"("tunnel","tunnel":{"type":"9","checksum":"none"})") + server(R"("4")"));
}

TEST(JsonListing, ConnectionsHaveTheirSides) {
  FakeNames names;
  ipvsadm::JsonConnections json(&names);
  const ipvs::Connection connection{.protocol = IPPROTO_TCP,
                                    .client = Address::parse("fd00::7"),
                                    .client_port = 1,
                                    .virt = Address::parse("10.9.9.9"),
                                    .virt_port = 80,
                                    .dest = Address::parse("10.0.0.9"),
                                    .dest_port = 81,
                                    .state = "SYN_RECV",
                                    .expires = 2};
  std::string text = json.begin();
  text += json.connection(connection);
  text += json.end();
  EXPECT_EQ(text,
            R"({"connections":[{"protocol":"tcp","state":"SYN_RECV","expires":2,)"
            R"("client":{"family":"ipv6","address":"fd00::7","port":1},)"
            R"("virtual":{"family":"ipv4","address":"10.9.9.9","port":80,"host":"vip.example.com","port_name":"http"},)"
            R"("server":{"family":"ipv4","address":"10.0.0.9","port":81}}]})"
            "\n");
}

TEST(JsonListing, NoServices) {
  ipvsadm::JsonServices json(nullptr);
  std::string text = json.begin({.version = 0x010201, .conn_table_size = 1, .api = 0, .release = {}});
  text += json.end();
  EXPECT_EQ(text, "{\"version\":\"1.2.1\",\"connection_table_size\":1,\"services\":[]}\n");
}

TEST(JsonListing, Connections) {
  ipvsadm::JsonConnections json(nullptr);
  ipvs::Connection connection;
  connection.protocol = IPPROTO_TCP;
  connection.client = connection.virt = connection.dest = Address::parse("10.0.0.1");
  connection.client_port = 1234;
  connection.state = "ESTABLISHED";
  connection.expires = 900;
  connection.pe = "sip";
  connection.pe_data = "a \"b\"";
  const std::string side = R"({"family":"ipv4","address":"10.0.0.1","port":0})";
  std::string text = json.begin();
  text += json.connection(connection);
  text += json.end();
  EXPECT_EQ(text, R"({"connections":[{"protocol":"tcp","state":"ESTABLISHED","expires":900,)"
                  R"("client":{"family":"ipv4","address":"10.0.0.1","port":1234},"virtual":)" +
                      side + ",\"server\":" + side +
                      R"(,"persistence_engine":"sip","persistence_data":"a \"b\""}]})"
                      "\n");
}

TEST(JsonListing, TheRest) {
  EXPECT_EQ(ipvsadm::json_timeouts({.tcp = 900, .tcp_fin = 120, .udp = 300}),
            "{\"timeouts\":{\"tcp\":900,\"tcp_fin\":120,\"udp\":300}}\n");
  EXPECT_EQ(ipvsadm::json_daemons({}), "{\"daemons\":[]}\n");
  ipvs::DaemonConfig daemon;
  daemon.state = IP_VS_STATE_BACKUP;
  daemon.interface = "d0";
  daemon.group = Address::parse("239.1.1.1");
  EXPECT_EQ(ipvsadm::json_daemons({daemon}),
            R"({"daemons":[{"state":"backup","interface":"d0","sync_id":0,"group":"239.1.1.1"}]})"
            "\n");
  daemon.sync_id = 255;
  daemon.sync_maxlen = 1400;
  daemon.port = 8849;
  daemon.ttl = 3;
  ipvs::DaemonConfig master;
  master.state = IP_VS_STATE_MASTER;
  master.interface = "d1";
  master.peer_addresses = {Address::parse("10.0.0.1"), Address::parse("10.0.0.2")};
  master.has_beyond(true, 2);
  EXPECT_EQ(ipvsadm::json_daemons({daemon, master}),
            R"({"daemons":[{"state":"master","interface":"d1","sync_id":0,"peers":["10.0.0.1","10.0.0.2"],"key":true},)"
            R"({"state":"backup","interface":"d0","sync_id":255,"sync_maxlen":1400,"group":"239.1.1.1","port":8849,"ttl":3}]})"
            "\n");
  const ipvsadm::SysctlValue large[] = {{"conn_max", "-9223372036854775808", "18446744073709551615"},
                                        {"strange", "18446744073709551616", "0x10"}};
  EXPECT_EQ(ipvsadm::json_sysctls(large),
            R"({"sysctls":[{"name":"conn_max","value":-9223372036854775808,"default":18446744073709551615,)"
            R"("meaning":"the most connections and templates"},)"
            R"({"name":"strange","value":"18446744073709551616","default":"0x10","meaning":null}]})"
            "\n");
  const ipvsadm::SysctlValue values[] = {
      {"est_cpulist", "0", {}}, {"conntrack", "1", "0"}, {"strange", "a b", {}}};
  EXPECT_EQ(ipvsadm::json_sysctls(values),
            R"({"sysctls":[{"name":"est_cpulist","value":"0","default":null,)"
            R"("meaning":"processors on which rates are estimated"},)"
            R"({"name":"conntrack","value":1,"default":0,)"
            R"("meaning":"keep netfilter's tracking entries of connections"},)"
            R"({"name":"strange","value":"a b","default":null,"meaning":null}]})"
            "\n");
}

}  // namespace
