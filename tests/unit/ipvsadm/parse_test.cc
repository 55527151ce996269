// SPDX-License-Identifier: GPL-2.0-or-later
#include "grammar/parse.hh"

#include <gtest/gtest.h>
#include <linux/ip_vs.h>

#include <algorithm>

#include "base/format.hh"
#include "fake_names.hh"
#include "grammar/options.hh"
#include "grammar/script.hh"

namespace {

using ipvs::Address;
using ipvs::Operation;
using ipvsadm::Command;
using ipvsadm::UsageError;

/// Splits at blanks; the word '' stands for an empty one.
std::expected<Command, UsageError> parse(const std::string& line) {
  FakeNames names;
  auto words = ipvsadm::split_words(line);
  words.insert(words.begin(), "prog");
  for (auto& word : words)
    if (word == "''") word.clear();
  return ipvsadm::parse(words, names);
}

ipvs::Change change(const std::string& line) {
  const auto command = parse(line);
  if (!command) {
    ADD_FAILURE() << line << ": " << command.error().text;
    return ipvs::Change::flush();
  }
  return std::get<ipvs::Change>(*command);
}

ipvs::Service service(const std::string& line) {
  const auto read = change(line);
  if (const auto* add = read.as<ipvs::change::AddService>()) return add->service;
  return std::get<ipvs::change::EditService>(read.body).service;
}
ipvs::Dest dest(const std::string& line) {
  const auto read = change(line);
  if (const auto* add = read.as<ipvs::change::AddDest>()) return add->dest;
  return std::get<ipvs::change::EditDest>(read.body).dest;
}

constexpr auto kTry = "Try `prog -h' or 'prog --help' for more information.";

TEST(Parse, Complaints) {
  const struct {
    const char* line;
    const char* text;
    int code = 2;
  } cases[] = {
      {"foo", kTry, 255},
      {"-q", kTry, 255},
      {"-n", kTry, 255},
      {"-6 -f 1", kTry, 255},
      {"--start-daemon", kTry, 255},
      {"--num -L", kTry, 255},
      {"-Lnx", "-Lnx: missing argument", 255},
      {"-L --num", "--num: unknown option", 255},
      {"-L --stats=3", "--stats=3: option does not take an argument", 255},
      {"-A -s", "-s: missing argument", 255},
      {"--set -1 2 3", "-1: unknown option", 255},
      {"-A -t 1.2.3.4:80 -p -1", "-1: unknown option", 255},
      {"-LD", "invalid option `-LD'"},
      {"-L -h", "invalid option `-h'"},
      {"-A", "You need to supply the 'service-address' option for the 'add-service' command"},
      {"-d -t 1.2.3.4:80", "You need to supply the 'real-server' option for the 'delete-server' command"},
      {"-Z -n", "Illegal 'numeric' option with the 'zero' command"},
      {"-C -n", "Illegal 'numeric' option with the 'flush' command"},
      {"--set 1 2 3 -n", "Illegal 'numeric' option with the 'set' command"},
      {"-L --daemon --timeout",
       "The option 'daemon' conflicts with the 'timeout' option in the 'list' command"},
      {"-L -c -t 1.2.3.4:80",
       "The option 'service-address' conflicts with the 'connection' option in the 'list' command"},
      {"-L -c --stats", "options conflicts in the list command"},
      {"-L --timeout --persistent-conn", "options conflicts in the list command"},
      {"-A -t 1.2.3.4:80 -u 1.2.3.4:80", "multiple 'service-address' options specified"},
      {"-a -t 1.2.3.4:80 -r 1.1.1.1 -g -m", "multiple 'forwarding-method' options specified"},
      {"-A -t 1.2.3.4:80 foo", "unexpected argument foo"},
      {"foo -L", "unexpected argument foo"},
      {"--set 1 2", "--set option requires 3 timeout values"},
      {"--set 1 2 x", "invalid timeout value `x' specified"},
      {"--set 1 2 2678401", "invalid timeout value `2678401' specified"},
      {"--set 1 2 3 4", "unexpected argument 4"},
      {"-A -t ''", "illegal virtual server address[:port] specified"},
      {"-A -t 80", "illegal virtual server address[:port] specified"},
      {"-A -t 1.2.3.4:", "illegal virtual server address[:port] specified"},
      {"-A -t 1.2.3.4:-1", "illegal virtual server address[:port] specified"},
      {"-A -t 1.2.3.4:0x50", "illegal virtual server address[:port] specified"},
      {"-A -t 1.2.3.4:65536", "illegal virtual server address[:port] specified"},
      {"-A -t 1.2.3.4:nope", "illegal virtual server address[:port] specified"},
      {"-A -t nohost:80", "illegal virtual server address[:port] specified"},
      {"-A -t [fd00::1]", "illegal virtual server address[:port] specified"},
      {"-A -t [fd00::1", "illegal virtual server address[:port] specified"},
      {"-A -t [", "illegal virtual server address[:port] specified"},
      {"-A -t :", "illegal virtual server address[:port] specified"},
      {"-a -t 1.2.3.4:80 -r nohost", "illegal real server address[:port] specified"},
      {"-A -t 1.2.3.4", "Zero port specified for non-persistent service"},
      {"-A -t fd00::1:80", "Zero port specified for non-persistent service"},
      {"-A -t 1.2.3.4:80 -o", "One-Packet Scheduling is only for UDP virtual services"},
      {"-A -f 0", "invalid fwmark value `0' specified"},
      {"-A -f -1", "invalid fwmark value `-1' specified"},
      {"-A -f 0x10", "invalid fwmark value `0x10' specified"},
      {"-A -f 4294967296", "invalid fwmark value `4294967296' specified"},
      {"-A -6 -f 1", "-6 used before -f\n"},
      {"-A -t 1.2.3.4:80 -6", "-6 used before -f\n"},
      {"-A -t 1.2.3.4:80 -p 0", "invalid timeout value `0' specified"},
      {"-A -t 1.2.3.4:80 -p 2678401", "invalid timeout value `2678401' specified"},
      {"-A -t 1.2.3.4:80 -p ''", "invalid timeout value `' specified"},
      {"-A -M nohost -t 1.1.1.1:80", "illegal virtual server persistent mask specified"},
      {"-A -t [fd00::1]:80 -M 129", "illegal ipv6 netmask specified"},
      {"-A -M 129 -t [fd00::1]:80", "illegal ipv6 netmask specified"},
      {"-A -t [fd00::1]:80 -M 0", "illegal ipv6 netmask specified"},
      {"-L -b foo", "invalid scheduler flag `foo'"},
      {"-L -b sh-port", "incompatible scheduler flag `sh-port'"},
      {"-A -t 1.2.3.4:80 -s sh -b mh-port", "incompatible scheduler flag `mh-port'"},
      {"-A -t 1.2.3.4:80 -b ,", "invalid scheduler flag `,'"},
      {"-A -t 1.2.3.4:80 -s abcdefghijklmnop", "scheduler `abcdefghijklmnop' is longer than 15 characters"},
      {"-a -t 1.2.3.4:80 -r 1.1.1.1 -w -1", "illegal weight specified"},
      {"-a -t 1.2.3.4:80 -r 1.1.1.1 -w 2147483648", "illegal weight specified"},
      {"-a -t 1.2.3.4:80 -r 1.1.1.1 -w ''", "illegal weight specified"},
      {"-a -t 1.2.3.4:80 -r 1.1.1.1 -x a", "illegal u_threshold specified"},
      {"-a -t 1.2.3.4:80 -r 1.1.1.1 -y -1", "illegal l_threshold specified"},
      {"-a -t 1.2.3.5:80 -r fd00::1", "Different address family is allowed only for tunneling servers"},
      {"-a -t 1.2.3.5:80 -r 1.1.1.1 --tun-type foo", "illegal tunnel type specified"},
      {"-a -t 1.2.3.5:80 -r 1.1.1.1 -i --tun-port 0", "illegal tunnel port specified"},
      {"-a -t 1.2.3.5:80 -r 1.1.1.1 --tun-type gue", "Tunnel options conflict with forward method"},
      {"-a -t 1.2.3.5:80 -r 1.1.1.1 -i --tun-type gue",
       "You need to supply the 'tun-port' option for the 'gue' tunnel type"},
      {"-a -t 1.2.3.5:80 -r 1.1.1.1 -i --tun-port 5",
       "Illegal 'tun-port' option with the 'ipip' tunnel type"},
      {"-a -t 1.2.3.5:80 -r 1.1.1.1 -i --tun-type gre --tun-remcsum",
       "Illegal 'tun-remcsum' option with the 'gre' tunnel type"},
      {"-a -t 1.2.3.5:80 -r 1.1.1.1 -i --tun-type gre --tun-csum --tun-nocsum",
       "The option 'tun-csum' conflicts with the 'tun-nocsum' option in the 'gre' tunnel type"},
      {"--start-daemon foo", "illegal start-daemon parameter specified"},
      {"--stop-daemon foo", "illegal start_daemon specified"},
      {"--start-daemon master --syncid 256", "illegal syncid specified"},
      {"--start-daemon master --mcast-port 0", "illegal mcast-port specified"},
      {"--start-daemon master --mcast-ttl 256", "illegal mcast-ttl specified"},
      {"--start-daemon master --sync-maxlen 65508", "illegal sync-maxlen specified"},
      {"--start-daemon master --mcast-group 10.0.0.1", "invalid IPv4 mcast-group `10.0.0.1'"},
      {"--start-daemon master --mcast-group fd00::1", "invalid IPv6 mcast-group `fd00::1'"},
      {"--start-daemon master --sync-peer 10.0.0.1,fd00::1",
       "illegal sync-peer `10.0.0.1,fd00::1': it is 1 to 16 numeric addresses of single hosts, of one family, with commas "
       "between them"},
      {"--start-daemon master --sync-peer 10.0.0.1 --mcast-group 224.0.0.1",
       "The option 'sync-peer' conflicts with the 'mcast-group' option: messages go to peers or to a group"},
      {"--start-daemon master --sync-peer 10.0.0.1 --sync-peer 10.0.0.2", "multiple 'sync-peer' options specified"},
      {"-L --status", "The option 'status' needs the 'daemon' option: it is about sync daemons"},
      {"-L --timeout --status", "The option 'status' needs the 'daemon' option: it is about sync daemons"},
      {"-S --sync-key-file key", "sync-key-file `key' cannot be saved: it has to be a whole path without blanks"},
      {"--start-daemon master --sync-key-file=", "the name of the sync-key-file is empty"},
      {"-L --replace", "Illegal 'replace' option with the 'list' command"},
      {"-R --replace --atomic",
       "The option 'atomic' conflicts with the 'replace' option in the 'restore' command"},
      {"-E -t 1.2.3.4:80 --ensure", "Illegal 'ensure' option with the 'edit-service' command"},
      {"-S --json", "Illegal 'json' option with the 'save' command"},
      {"-O -n", "Illegal 'numeric' option with the 'sysctl' command"},
      {"-O a b", "unexpected argument b"},
      {"-O =3", "illegal sysctl `=3' specified"},
      {"-O ../x", "illegal sysctl `../x' specified"},
      {"-A -f nosuch", "invalid fwmark value `nosuch' specified"},
  };
  for (const auto& each : cases) {
    const auto command = parse(each.line);
    ASSERT_FALSE(command) << each.line;
    EXPECT_EQ(command.error().text, each.text) << each.line;
    EXPECT_EQ(command.error().exit_code, each.code) << each.line;
  }
}

TEST(Parse, AddServiceDefaults) {
  const auto result = service("-A -t 1.2.3.4:80");
  EXPECT_EQ(result.key.protocol, IPPROTO_TCP);
  EXPECT_EQ(result.key.addr, Address::parse("1.2.3.4"));
  EXPECT_EQ(result.key.port, 80);
  EXPECT_EQ(result.scheduler, "wlc");
  EXPECT_EQ(result.flags, 0U);
  EXPECT_EQ(result.timeout, 0U);
  EXPECT_EQ(result.netmask, ~0U);
  EXPECT_EQ(result.pe, "");
  EXPECT_EQ(service("-A -t [fd00::1]:80").netmask, 128U);
  EXPECT_EQ(service("-A -f 5 -6").netmask, 128U);
}

TEST(Parse, ServiceOptionsInAnySpelling) {
  for (const char* line : {"-A -u vip:domain -s rr -p 10 -M 255.255.255.0 --pe sip",
                           "-Au vip:domain -srr -p10 -M255.255.255.0 --pe=sip",
                           "--add-service --udp-service=10.9.9.9:53 --scheduler rr --persistent=10 --netmask "
                           "/24 --pe sip",
                           "-A --pe sip -M /24 -p 10 -s rr -u 10.9.9:+53"}) {
    const auto result = service(line);
    EXPECT_EQ(result.key.protocol, IPPROTO_UDP) << line;
    EXPECT_EQ(result.key.port, 53) << line;
    EXPECT_EQ(result.scheduler, "rr") << line;
    EXPECT_EQ(result.flags, unsigned{IP_VS_SVC_F_PERSISTENT}) << line;
    EXPECT_EQ(result.timeout, 10U) << line;
    EXPECT_EQ(result.netmask, htonl(0xffffff00)) << line;
    EXPECT_EQ(result.pe, "sip") << line;
  }
}

TEST(Parse, PersistentWithoutValueIs360) {
  EXPECT_EQ(service("-A -t 1.2.3.4:80 -p").timeout, 360U);
  EXPECT_EQ(service("-A -t 1.2.3.4:80 -p -s rr").timeout, 360U);
  EXPECT_EQ(service("-A -t 1.2.3.4 -p").key.port, 0);
}

TEST(Parse, AddressForms) {
  EXPECT_EQ(service("-A -t 0x0a090909:82").key.addr, Address::parse("10.9.9.9"));
  EXPECT_EQ(service("-A -t 10.9.9:82").key.addr, Address::parse("10.9.0.9"));
  EXPECT_EQ(service("-A -t 10:82").key.addr, Address::parse("0.0.0.10"));
  EXPECT_EQ(service("-A -t [six]:82").key.addr, Address::parse("fd00::1"));
  EXPECT_EQ(service("-A -t six:82").key.addr, Address::parse("fd00::1"));
  EXPECT_EQ(service("-A -t [1.2.3.4]:82").key.port, 82);
  EXPECT_EQ(service("-A -t fd00::2 -p").key.addr, Address::parse("fd00::2"));
}

TEST(Parse, MarkServices) {
  EXPECT_EQ(service("-A -f 4294967295").key.fwmark, 4294967295U);
  EXPECT_EQ(service("-A -f 5 -M 64 -6 -p").netmask, 64U);
  EXPECT_EQ(service("-A -f 5 -6 -6").key.family, AF_INET6);
  EXPECT_EQ(service("-A -f 5 -p 9 -o").flags, unsigned{IP_VS_SVC_F_PERSISTENT | IP_VS_SVC_F_ONEPACKET});
}

TEST(Parse, NetmaskOrderDoesNotMatter) {
  EXPECT_EQ(service("-A -t [fd00::1]:80 -M 64 -p").netmask, 64U);
  EXPECT_EQ(service("-A -M 64 -t [fd00::1]:80 -p").netmask, 64U);
  EXPECT_EQ(service("-A -t 1.2.3.4:80 -M 24 -p").netmask, htonl(24)) << "a classic address, not a length";
}

TEST(Parse, SchedulerFlags) {
  EXPECT_EQ(service("-A -t 1.2.3.4:80 -s sh -b sh-port,sh-fallback").flags, 0x18U);
  EXPECT_EQ(service("-A -t 1.2.3.4:80 -b sh-port, -s sh").flags, 0x10U);
  EXPECT_EQ(service("-A -t 1.2.3.4:80 -b flag-1,flag-2,flag-3").flags, 0x38U);
  EXPECT_EQ(service("-A -t 1.2.3.4:80 -b ''").flags, 0U);
}

TEST(Parse, AddServerDefaults) {
  const auto result = dest("-a -t 1.2.3.4:80 -r 10.0.0.1");
  EXPECT_EQ(result.key.addr, Address::parse("10.0.0.1"));
  EXPECT_EQ(result.method, unsigned{IP_VS_CONN_F_DROUTE});
  EXPECT_EQ(result.weight, 1);
  EXPECT_EQ(result.u_threshold, 0U);
  EXPECT_EQ(result.tun_type, 0);
}

TEST(Parse, ServerPort) {
  EXPECT_EQ(dest("-a -t 1.2.3.4:80 -r 10.0.0.1:99").key.port, 80) << "only translation changes ports";
  EXPECT_EQ(dest("-a -t 1.2.3.4:80 -r 10.0.0.1:99 -i").key.port, 80);
  EXPECT_EQ(dest("-a -t 1.2.3.4:80 -r 10.0.0.1:99 -m").key.port, 99);
  EXPECT_EQ(dest("-a -t 1.2.3.4:80 -r 10.0.0.1 -m").key.port, 80);
  EXPECT_EQ(dest("-a -r 10.0.0.1 -m -t 1.2.3.4:80").key.port, 80);
  EXPECT_EQ(dest("-a -r 10.0.0.1:domain -m -u 1.2.3.4:80").key.port, 53);
  EXPECT_EQ(dest("-a -f 1 -r 10.0.0.1:99").key.port, 99);
  EXPECT_EQ(dest("-a -f 1 -r 10.0.0.1").key.port, 0);
  EXPECT_EQ(std::get<ipvs::change::DeleteDest>(change("-d -t 1.2.3.4:80 -r 10.0.0.1:99").body).dest.port, 99);
}

TEST(Parse, TunnelsAndThresholds) {
  const auto result = dest(
      "-e -t 1.2.3.4:80 -r fd00::7 -i --tun-type gue --tun-port 6080 --tun-remcsum "
      "-w 2147483647 -x 9 -y 4");
  EXPECT_EQ(result.method, unsigned{IP_VS_CONN_F_TUNNEL});
  EXPECT_EQ(result.tun_type, IP_VS_CONN_F_TUNNEL_TYPE_GUE);
  EXPECT_EQ(result.tun_port, 6080);
  EXPECT_EQ(result.tun_flags, IP_VS_TUNNEL_ENCAP_FLAG_REMCSUM);
  EXPECT_EQ(result.weight, 2147483647);
  EXPECT_EQ(result.u_threshold, 9U);
  EXPECT_EQ(result.l_threshold, 4U);
}

TEST(Parse, Operations) {
  EXPECT_EQ(change("-A -f 1").operation(), Operation::add_service);
  EXPECT_EQ(change("-E -f 1").operation(), Operation::edit_service);
  EXPECT_EQ(change("-D -f 1").operation(), Operation::delete_service);
  EXPECT_EQ(change("-C").operation(), Operation::flush);
  EXPECT_EQ(change("-a -f 1 -r 1.1.1.1").operation(), Operation::add_dest);
  EXPECT_EQ(change("-e -f 1 -r 1.1.1.1").operation(), Operation::edit_dest);
  EXPECT_EQ(change("-d -f 1 -r 1.1.1.1").operation(), Operation::delete_dest);
  EXPECT_EQ(change("-Z").operation(), Operation::zero_all);
  EXPECT_EQ(change("-Z -f 1").operation(), Operation::zero_service);
  EXPECT_EQ(change("-Z -t 0.0.0.0:0").operation(), Operation::zero_all);
  EXPECT_EQ(change("--stop-daemon backup --syncid 3").operation(), Operation::stop_daemon);
  EXPECT_EQ(std::get<ipvs::change::SetTimeouts>(change("1 --set 0 3").body).timeouts,
            (ipvs::Timeouts{.tcp = 1, .tcp_fin = 0, .udp = 3}));
}

TEST(Parse, Daemon) {
  auto daemon = std::get<ipvs::change::StartDaemon>(change("--start-daemon backup").body).daemon;
  EXPECT_EQ(daemon.state, unsigned{IP_VS_STATE_BACKUP});
  EXPECT_EQ(daemon.interface, "eth0");
  EXPECT_EQ(daemon.sync_id, 0U);
  daemon =
      std::get<ipvs::change::StartDaemon>(change("--start-daemon=master --mcast-interface d0 --syncid 5 --mcast-group "
                                    "ff05::1 --mcast-port 8849 --mcast-ttl 3 --sync-maxlen 1400")
                                 .body)
          .daemon;
  EXPECT_EQ(daemon, (ipvs::Daemon{.state = IP_VS_STATE_MASTER,
                                  .interface = "d0",
                                  .sync_id = 5,
                                  .sync_maxlen = 1400,
                                  .group = Address::parse("ff05::1"),
                                  .port = 8849,
                                  .ttl = 3}));
}

TEST(Parse, DaemonWithPeersAndKey) {
  const auto peers = [](const char* words) {
    return std::get<ipvs::change::StartDaemonWith>(change((std::string("--start-daemon master --sync-peer ") + words).c_str()).body)
        .daemon->peer_addresses;
  };
  EXPECT_EQ(peers("10.0.0.1"), (std::vector{Address::parse("10.0.0.1")}));
  EXPECT_EQ(peers("fd00::1,fd00::2"), (std::vector{Address::parse("fd00::1"), Address::parse("fd00::2")}));
  std::string sixteen = "10.0.0.1";
  for (int i = 2; i <= 16; ++i) sixteen += ",10.0.0." + std::to_string(i);
  EXPECT_EQ(peers(sixteen.c_str()).size(), 16U);
  for (const std::string& wrong : {sixteen + ",10.0.0.17", std::string(","), std::string("10.0.0.1,"), std::string(",10.0.0.1"),
                                   std::string("0.0.0.0"), std::string("::"), std::string("224.0.0.1"), std::string("ff02::1"),
                                   std::string("vip.example.com"), std::string("10.0.0.1%lo"), std::string("10.0.0.1,10.0.0")})
    EXPECT_FALSE(parse(("--start-daemon master --sync-peer " + wrong).c_str())) << wrong;

  const auto keyed = parse("--start-daemon backup --sync-key-file some/file --sync-peer 10.0.0.1");
  ASSERT_TRUE(keyed);
  const auto& start = std::get<ipvsadm::StartWithKey>(*keyed);
  EXPECT_EQ(start.key_file, "some/file");
  EXPECT_EQ(start.daemon.state, unsigned{IP_VS_STATE_BACKUP});
  EXPECT_EQ(start.daemon.peer_addresses.size(), 1U);
  EXPECT_TRUE(start.daemon.key.empty()) << "nothing is read yet";
  EXPECT_FALSE(start.ensure);
  EXPECT_TRUE(std::get<ipvsadm::StartWithKey>(*parse("--start-daemon backup --ensure --sync-key-file f")).ensure);
  EXPECT_EQ(std::get<ipvsadm::Save>(*parse("-S --sync-key-file /etc/key")).key_file, "/etc/key");
}

TEST(Parse, Lists) {
  using ipvsadm::Columns;
  const struct {
    const char* line;
    Columns columns;
  } cases[] = {{"-L", Columns::plain},
               {"-l --rate --stats", Columns::stats},
               {"-L --tun-info --persistent-conn", Columns::persistent_conn},
               {"-L --thresholds --rate", Columns::rate},
               {"-L --tun-info --sort --syncid 3", Columns::tun_info}};
  for (const auto& each : cases)
    EXPECT_EQ(std::get<ipvsadm::ListServices>(*parse(each.line)).columns, each.columns) << each.line;

  const auto list = std::get<ipvsadm::ListServices>(*parse("-LnX --nosort -f 3"));
  EXPECT_TRUE(list.numeric && list.exact && !list.sorted);
  EXPECT_EQ(list.only->fwmark, 3U);
  EXPECT_TRUE(std::get<ipvsadm::ListConnections>(*parse("-Lnc --persistent-conn")).persistence);
  EXPECT_TRUE(std::holds_alternative<ipvsadm::ShowTimeouts>(*parse("-L --timeout")));
  EXPECT_TRUE(std::holds_alternative<ipvsadm::ShowDaemons>(*parse("-L --daemon")));
  EXPECT_TRUE(std::get<ipvsadm::Save>(*parse("-Sn")).numeric);
  EXPECT_TRUE(std::holds_alternative<ipvsadm::ShowHelp>(*parse("-h -L --nonsense")));
  EXPECT_TRUE(std::holds_alternative<ipvsadm::ShowVersion>(*parse("-v foo")));
  using Mode = ipvsadm::Restore::Mode;
  EXPECT_EQ(std::get<ipvsadm::Restore>(*parse("-R")).mode, Mode::plain);
  EXPECT_EQ(std::get<ipvsadm::Restore>(*parse("-R --replace")).mode, Mode::replace);
  EXPECT_EQ(std::get<ipvsadm::Restore>(*parse("-R --atomic")).mode, Mode::atomic);
}

// The whole table: each option that makes a line illegal on its own must say so, and only those.
TEST(Parse, LegalityMatrix) {
  const struct {
    const char* verb;
    const char* minimum;
    const char* tag;
  } verbs[] = {{"-A", "-f 1", "add-service"},
               {"-E", "-f 1", "edit-service"},
               {"-D", "-f 1", "delete-service"},
               {"-C", "", "flush"},
               {"-L", "", "list"},
               {"-a", "-f 1 -r 1.1.1.1", "add-server"},
               {"-e", "-f 1 -r 1.1.1.1", "edit-server"},
               {"-d", "-f 1 -r 1.1.1.1", "delete-server"},
               {"--set", "1 2 3", "set"},
               {"--start-daemon master", "", "start-daemon"},
               {"--stop-daemon master", "", "stop-daemon"},
               {"-R", "", "restore"},
               {"-S", "", "save"},
               {"-Z", "", "zero"},
               {"-O", "", "sysctl"}};
  const struct {
    const char* option;
    const char* tag;
    const char* legal;       // one letter for each of the verbs above
    const char* with = "";  // what it needs to be legal
  } options[] = {{"-n", "numeric", "    o       o  "},
                 {"-c", "connection", "    o          "},
                 {"-s rr", "scheduler", "oo             "},
                 {"-p", "persistent", "oo             "},
                 {"-M 255.0.0.0", "netmask", "oo             "},
                 {"-g", "forwarding-method", "     oo        "},
                 {"-w 1", "weight", "     oo        "},
                 {"-x 1", "u-threshold", "     oo        "},
                 {"-y 1", "l-threshold", "     oo        "},
                 {"--mcast-interface d", "mcast-interface", "         o     "},
                 {"--timeout", "timeout", "    o          "},
                 {"--daemon", "daemon", "    o          "},
                 {"--stats", "stats", "    o          "},
                 {"--rate", "rate", "    o          "},
                 {"--thresholds", "thresholds", "    o          "},
                 {"--persistent-conn", "persistent-conn", "    o          "},
                 {"--nosort", "nosort", "    o          "},
                 {"--syncid 1", "syncid", "    o    oo    "},
                 {"--exact", "exact", "    o          "},
                 {"-o", "ops", "oo             "},
                 {"--pe sip", "pe", "oo             "},
                 {"-b flag-1", "sched-flags", "oo             "},
                 {"--mcast-group 224.0.0.1", "mcast-group", "         o     "},
                 {"--mcast-port 1", "mcast-port", "         o     "},
                 {"--mcast-ttl 1", "mcast-ttl", "         o     "},
                 {"--status", "status", "    o          ", " --daemon"},
                 {"--sync-peer 10.0.0.1", "sync-peer", "         o     "},
                 {"--sync-key-file /f", "sync-key-file", "         o  o  "},
                 {"--sync-maxlen 1", "sync-maxlen", "         o     "},
                 {"--tun-info", "tun-info", "    o          "},
                 {"--tun-type ipip", "tun-type", "     oo        ", " -i"},
                 {"--tun-port 9", "tun-port", "     oo        ", " -i --tun-type gue"},
                 {"--tun-nocsum", "tun-nocsum", "     oo        ", " -i --tun-type gre"},
                 {"--tun-csum", "tun-csum", "     oo        ", " -i --tun-type gre"},
                 {"--tun-remcsum", "tun-remcsum", "     oo        ", " -i --tun-type gue --tun-port 9"},
                 {"--replace", "replace", "           o   "},
                 {"--atomic", "atomic", "           o   "},
                 {"--ensure", "ensure", "o o  o o oo    "},
                 {"--json", "json", "    o         o"},
                 {"--exit-codes", "exit-codes", "ooooooooooooooo"},
                 {"--dry-run", "dry-run", "           o   "},
                 {"--check-syntax", "check-syntax", "           o   "}};
  // What another list of them has, so that a new option is added here, too.
  const auto rules = std::ranges::count_if(
      ipvsadm::options(), [](const ipvsadm::OptionRow& row) { return row.legal && !row.more.is_free; });
  EXPECT_EQ(std::size(options) + 2, static_cast<std::size_t>(rules)) << "all but service and server";
  for (const auto& option : options) {
    for (std::size_t i = 0; i < std::size(verbs); ++i) {
      const auto line = ipvsadm::formatted("{} {} {}", verbs[i].verb, verbs[i].minimum, option.option);
      if (option.legal[i] == 'o') {
        EXPECT_TRUE(parse(line + option.with)) << line;
        continue;
      }
      const auto command = parse(line);
      ASSERT_FALSE(command) << line;
      EXPECT_EQ(command.error().text,
                ipvsadm::formatted("Illegal '{}' option with the '{}' command", option.tag, verbs[i].tag))
          << line;
    }
  }
}

TEST(Parse, MarksHaveNames) {
  EXPECT_EQ(service("-A -f web").key.fwmark, 7U);
  EXPECT_EQ(service("-A -f web -6").key.family, AF_INET6);
}

TEST(Parse, EnsureWrapsTheChange) {
  const auto command = parse("-D -t 1.2.3.4:80 --ensure");
  ASSERT_TRUE(command);
  EXPECT_EQ(std::get<ipvsadm::Ensure>(*command).change.operation(), Operation::delete_service);
  EXPECT_TRUE(std::holds_alternative<ipvs::Change>(*parse("-D -t 1.2.3.4:80")));
}

TEST(Parse, EveryListingCanBeJson) {
  EXPECT_TRUE(std::get<ipvsadm::ListServices>(*parse("-L --json")).json);
  EXPECT_TRUE(std::get<ipvsadm::ListServices>(*parse("-Ln --stats --json")).json);
  EXPECT_TRUE(std::get<ipvsadm::ListConnections>(*parse("-Lnc --json")).json);
  EXPECT_TRUE(std::get<ipvsadm::ShowTimeouts>(*parse("-L --timeout --json")).json);
  EXPECT_TRUE(std::get<ipvsadm::ShowDaemons>(*parse("-L --daemon --json")).json);
  EXPECT_FALSE(std::get<ipvsadm::ShowDaemons>(*parse("-L --daemon --json")).status);
  EXPECT_TRUE(std::get<ipvsadm::ShowDaemons>(*parse("-L --daemon --status")).status);
  EXPECT_TRUE(std::get<ipvsadm::Sysctls>(*parse("-O --json")).json);
  EXPECT_FALSE(std::get<ipvsadm::ListServices>(*parse("-L")).json);
}

TEST(Parse, Sysctls) {
  EXPECT_TRUE(std::get<ipvsadm::Sysctls>(*parse("-O")).actions.empty());
  EXPECT_EQ(std::get<ipvsadm::Sysctls>(*parse("-O drop_entry=3,^conntrack")).actions.size(), 2U);
  EXPECT_EQ(std::get<ipvsadm::Sysctls>(*parse("--sysctl=drop_entry")).actions.front().name, "drop_entry");
}

TEST(Parse, Check) {
  const auto check = [](const char* line) { return std::get<ipvsadm::Check>(*parse(line)); };
  EXPECT_TRUE(check("--check").asks);
  EXPECT_FALSE(check("--check").json);
  EXPECT_FALSE(check("--check=passive").asks);
  EXPECT_TRUE(check("--check --json").json);
  EXPECT_EQ(parse("--check=all").error().text, "illegal check `all' specified: it is passive, or nothing");
  for (const char* wrong : {"--check=all", "--check all", "--check -n", "--check -t 1.2.3.4:80"}) EXPECT_FALSE(parse(wrong)) << wrong;
}

TEST(Parse, KindsOfFailure) {
  using ipvsadm::Failure;
  const struct {
    const char* line;
    Failure failure;
    bool ends_restore = true;
  } cases[] = {
      {"-Q", Failure::usage},
      {"-A -t 1.2.3.4:80 --frob", Failure::usage, false},
      {"-A -f x", Failure::value},
      {"-a -t 1.2.3.4:80 -r 1.1.1.1 -w x", Failure::value},
      {"-A -t 1.2.3.4", Failure::conflict},
      {"-A", Failure::usage},
  };
  for (const auto& each : cases) {
    const auto command = parse(each.line);
    ASSERT_FALSE(command) << each.line;
    EXPECT_EQ(command.error().failure, each.failure) << each.line;
    EXPECT_EQ(command.error().ends_restore, each.ends_restore) << each.line;
  }
}

TEST(Parse, TunnelsHaveTheirOwnRules) {
  const std::string start = "-a -f 1 -r 1.1.1.1 ";
  const auto wrong = [&](const std::string& rest) {
    const auto command = parse(start + rest);
    return command ? "" : command.error().text;
  };
  EXPECT_EQ(wrong("-i --tun-type gue"), "You need to supply the 'tun-port' option for the 'gue' tunnel type");
  EXPECT_EQ(wrong("-i --tun-port 1"), "Illegal 'tun-port' option with the 'ipip' tunnel type");
  EXPECT_EQ(wrong("-i --tun-type gre --tun-port 1"), "Illegal 'tun-port' option with the 'gre' tunnel type");
  EXPECT_EQ(wrong("-i --tun-type gre --tun-remcsum"), "Illegal 'tun-remcsum' option with the 'gre' tunnel type");
  EXPECT_EQ(wrong("-i --tun-csum"), "Illegal 'tun-csum' option with the 'ipip' tunnel type");
  EXPECT_EQ(wrong("-i --tun-type gre --tun-csum --tun-nocsum"),
            "The option 'tun-csum' conflicts with the 'tun-nocsum' option in the 'gre' tunnel type");
  EXPECT_EQ(wrong("-m --tun-type gre"), "Tunnel options conflict with forward method");
  for (const char* option : {"--tun-port 1", "--tun-csum", "--tun-nocsum", "--tun-remcsum"})
    EXPECT_EQ(wrong(std::string("-m ") + option), "Tunnel options conflict with forward method") << option;
  EXPECT_EQ(wrong("-i --tun-type vxlan"), "illegal tunnel type specified");
  EXPECT_EQ(wrong("-i --tun-type gue --tun-port 0"), "illegal tunnel port specified");
  EXPECT_EQ(wrong("-i --tun-type gue --tun-port 65536"), "illegal tunnel port specified");
  EXPECT_EQ(dest(start + "-i --tun-type gue --tun-port 65535 --tun-remcsum").tun_port, 65535);
  EXPECT_EQ(dest(start + "-i --tun-type gue --tun-port 1 --tun-remcsum").tun_flags, IP_VS_TUNNEL_ENCAP_FLAG_REMCSUM);
}

/// As ipvsadm is started by a program: words may have blanks in them.
TEST(Parse, AnAddressIsTheWholeWord) {
  FakeNames names;
  const auto reads = [&](const std::string& address) {
    return ipvsadm::parse({"prog", "-A", "-t", address}, names).has_value();
  };
  EXPECT_TRUE(reads("1.2.3.4:80"));
  EXPECT_TRUE(reads("[fe80::1]:80"));
  for (const char* address : {"1.2.3.4 junk:80", "1.2.3.4 :80", " 1.2.3.4:80", "1.2.3.4\n:80", "1.2.3.4:80 ", "fe80::1%lo",
                              "[fe80::1%lo]:80", "[fe80::1 junk]:80", "vip junk:80", "1.2.3.4\x01:80"})
    EXPECT_FALSE(reads(address)) << address;
  EXPECT_FALSE(ipvsadm::parse({"prog", "-a", "-f", "1", "-r", "fe80::1%lo"}, names));
  EXPECT_FALSE(ipvsadm::parse({"prog", "-A", "-f", "1", "-p", "1", "-M", "255.255.255.0 junk"}, names));
}

TEST(Parse, WhatIsRepeatedIsQuotedAndCut) {
  FakeNames names;
  const auto text = [&](std::vector<std::string> words) {
    words.insert(words.begin(), "prog");
    const auto command = ipvsadm::parse(words, names);
    return command ? "" : command.error().text;
  };
  EXPECT_EQ(text({"-A", "-f", "a\nb\x1b[2J"}), "invalid fwmark value `a\\x0ab\\x1b[2J' specified");
  EXPECT_EQ(text({"-A", "-f", "gr\xc3\xbc\xc3\x9f"}), "invalid fwmark value `gr\xc3\xbc\xc3\x9f' specified") << "letters stay";
  const std::string junk = std::string(1000, 'x') + "\x1b";
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"-A", "-f", junk},          {"-A", "-f", "1", "-s", junk}, {"-A", "-f", "1", "--pe", junk},
           {"-A", "-f", "1", "-b", junk}, {"-A", "-f", "1", "-p", junk}, {"-A", "-f", "1", junk},
           {"-A", "-f", "1", "--" + junk}, {"--set", junk},            {"-O", "1" + junk},
           {"--start-daemon", "master", "--mcast-group", junk}, {"--start-daemon", "master", "--mcast-interface", junk}}) {
    const auto said = text(words);
    EXPECT_FALSE(said.empty());
    EXPECT_LT(said.size(), 300U) << said.substr(0, 100);
    EXPECT_EQ(said.find('\x1b'), std::string::npos);
  }
}

}  // namespace
