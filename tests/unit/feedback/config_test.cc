// SPDX-License-Identifier: GPL-2.0-or-later
#include "feedback/config.hh"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <regex>
#include <string>
#include <utility>

#include "base/titles.hh"

namespace {

using namespace std::chrono_literals;
using feedback::read_config;

/// What is wrong with it.
std::string wrong(const std::string& text) {
  const auto config = read_config(text);
  return config ? "nothing" : config.error().message("f");
}

constexpr auto kService = "[service tcp 192.0.2.10:443]\n";

TEST(FeedbackConfig, EachInheritsFromWhatStandsAbove) {
  const auto config = read_config(
      "# all\n"
      "source = agent 8099\n"
      "interval = 1s\n"
      "minimum=2\r\n"
      "\n"
      "[service tcp 192.0.2.10:443]\n"
      "  minimum = 3\n"
      "  all-down = 0\n"
      "[server 10.0.0.11]\n"
      "  source = http 10.0.0.99:9100 /status?x=1 /cpu/busy load 0.5\n"
      "[server 10.0.0.12:8443]\n"
      "  weight = 200\n"
      "  down = 0\n"
      "[service fwmark 5 ipv6]\n"
      "  source = command /usr/lib/ask \"a b\" \\\"c\\\\\n"
      "  agent-send = hello\\s\\n\n"
      "[service udp [2001:db8::1]:53]\n"
      "  rise = 2.5%\n  fall = 20%\n  hysteresis = 0%\n  maximum = 150%\n  timeout = 500ms\n  silence = 1.5m\n"
      "[server [fd00::1]:53]\n  source = none\n");
  ASSERT_TRUE(config) << config.error().message("f");
  ASSERT_EQ(config->services.size(), 3U);
  const auto& web = config->services[0];
  EXPECT_EQ(ipvsadm::title_of(web.key), "tcp 192.0.2.10:443");
  EXPECT_TRUE(web.may_all_be_zero);
  EXPECT_EQ(web.normal.source, feedback::Source(feedback::AgentSource{{.address = {}, .port = 8099}}));
  EXPECT_EQ(web.normal.interval, 1s);
  EXPECT_EQ(web.normal.minimum, 3);
  const auto& first = web.of(*ipvsadm::server_titled("10.0.0.11:443", 0));
  const feedback::HttpSource http{.place = {.address = ipvs::Address::parse("10.0.0.99"), .port = 9100},
                                  .path = "/status?x=1", .pointer = "/cpu/busy", .scale = {.target = 0.5}};
  EXPECT_EQ(first.source, feedback::Source(http));
  EXPECT_EQ(first.minimum, 3);
  const auto& second = web.of(*ipvsadm::server_titled("10.0.0.12:8443", 0));
  EXPECT_EQ(second.weight, 200);
  EXPECT_TRUE(second.is_down_zero);
  EXPECT_EQ(web.of(*ipvsadm::server_titled("10.0.0.13:443", 0)), web.normal);
  const auto& mark = config->services[1];
  EXPECT_EQ(ipvsadm::title_of(mark.key), "fwmark 5 ipv6");
  EXPECT_EQ(mark.normal.source, feedback::Source(feedback::CommandSource{{"/usr/lib/ask", "a b", "\"c\\"}}));
  EXPECT_EQ(mark.normal.agent_send, "hello \n");
  EXPECT_EQ(mark.normal.minimum, 2);
  EXPECT_FALSE(mark.may_all_be_zero);
  const auto& dns = config->services[2].normal;
  EXPECT_EQ(dns.rise, 2.5);
  EXPECT_EQ(dns.fall, 20);
  EXPECT_EQ(dns.hysteresis, 0);
  EXPECT_EQ(dns.maximum, 150);
  EXPECT_EQ(dns.timeout, 500ms);
  EXPECT_EQ(dns.silence, 90s);
  EXPECT_EQ(config->services[2].of(*ipvsadm::server_titled("[fd00::1]:53", 0)).source, feedback::Source());
}

TEST(FeedbackConfig, SaysWhichLineIsWrongAndWhatWouldBeRight) {
  const std::string start = std::string("source = agent 1\n") + kService;
  const struct {
    std::string text, wrong;
  } cases[] = {
      {"", "f: there is no service in it, such as [service tcp 192.0.2.10:443]"},
      {kService, "f:1: tcp 192.0.2.10:443: nobody is asked, neither it nor a server of it has a source"},
      {"x\n", "f:1: neither a section nor a line NAME = VALUE"},
      {start + "interva = 1s\n",
       "f:3: \"interva\" is no setting: source, agent-send, weight, minimum, maximum, rise, fall, hysteresis, interval, timeout, "
       "silence, down, all-down"},
      {start + "[service tcp www:443]\n",
       "f:3: \"tcp www:443\" is no service: tcp, udp or sctp ADDRESS:PORT, or fwmark N [ipv4|ipv6]; numeric"},
      {start + "[service icmp 192.0.2.1:1]",
       "f:3: \"icmp 192.0.2.1:1\" is no service: tcp, udp or sctp ADDRESS:PORT, or fwmark N [ipv4|ipv6]; numeric"},
      {start + "[service tcp 192.0.2.10:443]\n", "f:3: tcp 192.0.2.10:443 has a section already"},
      {start + "[server 10.0.0.1]\n[server 10.0.0.1:443]\n", "f:4: 10.0.0.1:443 of tcp 192.0.2.10:443 has a section already"},
      {start + "[server www]\n", "f:3: \"www\" is no server: ADDRESS:PORT, numeric"},
      {"[server 10.0.0.1:80]\n", "f:1: a server's section stands behind that of its service"},
      {start + "[vrrp x]\n", "f:3: \"vrrp\" is no section: they are [service ...] and [server ...]"},
      {start + "[server 10.0.0.1\n", "f:3: a section begins with [ and ends with ]"},
      {start + "minimum = 1\nminimum = 2\n", "f:4: minimum is set already in this section"},
      {start + "[server 10.0.0.1]\nall-down = 0\n", "f:4: all-down belongs to a service, not to a server"},
      {start + "all-down = yes\n", "f:3: all-down: \"yes\" is not \"minimum\" or \"0\""},
      {start + "down = none\n", "f:3: down: \"none\" is not \"minimum\" or \"0\""},
      {start + "weight = 0\n", "f:3: weight: \"0\" is no weight of 1 to 65535"},
      {start + "weight = 65536\n", "f:3: weight: \"65536\" is no weight of 1 to 65535"},
      {start + "minimum = -1\n", "f:3: minimum: \"-1\" is no weight of 0 to 65535"},
      {start + "weight = 5\nminimum = 6\n", "f:2: minimum (6) must not be above weight (5)"},
      {start + "rise = 5\n", "f:3: rise: \"5\" is no percentage of 0.1% to 1000%"},
      {start + "fall = 0%\n", "f:3: fall: \"0%\" is no percentage of 0.1% to 1000%"},
      {start + "maximum = nan%\n", "f:3: maximum: \"nan%\" is no percentage of 1% to 1000%"},
      {start + "hysteresis = 51%\n", "f:3: hysteresis: \"51%\" is no percentage of 0% to 50%"},
      {start + "interval = 1\n", "f:3: interval: \"1\" is no time of 100ms to 1h; such as 500ms, 2s, 1.5m"},
      {start + "timeout = 2h\n", "f:3: timeout: \"2h\" is no time of 100ms to 1h; such as 500ms, 2s, 1.5m"},
      {start + "timeout = 3s\n", "f:2: timeout must not be longer than interval: a server has one question at a time"},
      {start + "silence = 2s\n", "f:2: silence must be at least interval and timeout together, or each server would be silent"},
      {start + "source = agent\n",
       "f:3: source: a source is \"agent [ADDRESS:]PORT\", \"http [ADDRESS:]PORT PATH POINTER percent\", \"http [ADDRESS:]PORT "
       "PATH POINTER load TARGET\", \"command PROGRAM [WORD...]\" or \"none\""},
      {start + "source = agent www:80\n", "f:3: source: \"www:80\" is no port, nor a numeric address with one"},
      {start + "source = agent 10.0.0.1\n", "f:3: source: \"10.0.0.1\" is no port, nor a numeric address with one"},
      {start + "source = agent 0\n", "f:3: source: \"0\" is no port, nor a numeric address with one"},
      {start + "source = http 80 load /x percent\n", "f:3: source: \"load\" is no path: it begins with a slash, and has no blanks"},
      {start + "source = http 80 \"/a b\" /x percent\n", "f:3: source: \"/a b\" is no path: it begins with a slash, and has no blanks"},
      {start + "source = http 80 / load percent\n",
       "f:3: source: \"load\" is no JSON pointer, such as /cpu/busy; for the whole document it is \"\""},
      {start + "source = http 80 / /x load 0\n", "f:3: source: \"0\" is no load to aim at: a number above 0"},
      {start + "source = command ask\n", "f:3: source: \"ask\" is no path from / on"},
      {start + "source = command /ask \"x\n", "f:3: source: a quotation mark without a second one"},
      {start + "source = command /ask \\n\n", "f:3: source: in a word only \\\\ and \\\" stand behind a backslash"},
      {start + "source = command /ask \\", "f:3: source: a backslash with nothing behind it"},
      {start + "agent-send = \\x\n", "f:3: agent-send: behind a backslash stands n, r, t, s, # or a backslash"},
      {start + "source = command /ask # why\n",
       "f:3: source: a comment has a line of its own; a word with # at its beginning stands in double quotes"},
      {start + "agent-send = a # why\n", "f:3: agent-send: a comment has a line of its own; # behind a blank is written \\#"},
      {start + "agent-send = # why\n", "f:3: agent-send: a comment has a line of its own; # behind a blank is written \\#"},
      {start + "agent-send = a#b \\# c\nsource = command /ask a#b \"# c\"\n", "nothing"},
      {start + "a\x1b = 1\n",
       "f:3: \"a\\x1b\" is no setting: source, agent-send, weight, minimum, maximum, rise, fall, hysteresis, interval, timeout, "
       "silence, down, all-down"},
  };
  for (const auto& each : cases) EXPECT_EQ(wrong(each.text), each.wrong) << each.text;
}

std::string content(const char* path) {
  std::ifstream file(path);
  EXPECT_TRUE(file) << path << ": run from the top folder";
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(FeedbackConfig, TheExampleIsOne) {
  const auto config = read_config(content("tools/feedback/example.conf"));
  ASSERT_TRUE(config) << config.error().message("example.conf");
  EXPECT_GE(config->services.size(), 2U);
}

TEST(FeedbackConfig, TheManualHasEachSettingAndItsDefault) {
  const std::string text = content("tools/feedback/ipvs-feedback.conf.5");
  for (const char* each : {"source", "agent\\-send", "weight", "minimum", "maximum", "rise", "fall", "hysteresis", "interval",
                           "timeout", "silence", "down", "all\\-down"})
    EXPECT_NE(text.find(std::string("\n.BI \"") + each + " = "), std::string::npos) << each;
  const feedback::Settings normal;
  for (const std::string& each : {std::to_string(normal.minimum) + ".", std::to_string(static_cast<int>(normal.rise)) + "%.",
                                  std::to_string(static_cast<int>(normal.fall)) + "%.", std::string("10s."), std::string("2s."),
                                  std::string("1s."), std::string("100%.")})
    EXPECT_NE(text.find("Default: " + each), std::string::npos) << each;
}

TEST(FeedbackOptions, AreInManualAndCompletion) {
  const std::string source = content("tools/feedback/main.cc");
  const std::string manual = std::regex_replace(content("tools/feedback/ipvs-feedback.8"), std::regex(R"(\\-)"), "-");
  const std::string completion = content("tools/feedback/completion.bash");
  const std::regex option(R"re(\{"([a-z-]+)", (no|required)_argument)re");
  int options = 0;
  for (std::sregex_iterator it(source.begin(), source.end(), option), end; it != end; ++it, ++options) {
    const std::string name = "--" + (*it)[1].str();
    for (const auto& [where, text] : {std::pair<const char*, const std::string*>{"help", &source}, {"manual", &manual}, {"completion", &completion}})
      EXPECT_NE(text->find(name), std::string::npos) << name << " in " << where;
  }
  EXPECT_EQ(options, 8);
}

TEST(Titles, AreReadAgain) {
  for (const char* each : {"tcp 192.0.2.1:80", "udp [2001:db8::1]:53", "sctp 192.0.2.1:9", "fwmark 5 ipv4", "fwmark 4294967295 ipv6"}) {
    const auto key = ipvsadm::service_titled(each);
    ASSERT_TRUE(key) << each;
    EXPECT_EQ(ipvsadm::title_of(*key), each);
  }
  EXPECT_EQ(ipvsadm::title_of(ipvsadm::service_titled("fwmark 7").value()), "fwmark 7 ipv4");
  for (const char* each : {"", "tcp", "tcp 192.0.2.1", "tcp 192.0.2.1:0", "tcp 192.0.2.1:80 x", "tcp 192.0.2.1:80 ipv4", "TCP 192.0.2.1:80",
                           "fwmark 0", "fwmark x", "fwmark 5 ipv5", "fwmark 5 ipv4 x", "fwmark 4294967296", "ip 192.0.2.1:80"})
    EXPECT_FALSE(ipvsadm::service_titled(each)) << each;
  for (const char* each : {"10.0.0.1:80", "[fd00::1]:80", "10.0.0.1:0"})
    EXPECT_EQ(ipvsadm::title_of(ipvsadm::server_titled(each, 1).value()), each);
  for (const auto& [text, title] : {std::pair{"10.0.0.1", "10.0.0.1:7"}, {"fd00::1", "[fd00::1]:7"}, {"[fd00::1]", "[fd00::1]:7"}})
    EXPECT_EQ(ipvsadm::title_of(ipvsadm::server_titled(text, 7).value()), title);
  for (const char* each : {"", ":", ":80", "10.0.0.1:", "10.0.0.1:x", "10.0.0.1:65536", "10.0.0.1:80:80", "[10.0.0.1]:80", "[fd00::1",
                           "[fd00::1]80", "[]:80", "www:80", "fd00::1]:80"})
    EXPECT_FALSE(ipvsadm::server_titled(each, 7)) << each;
}

}  // namespace
