// SPDX-License-Identifier: GPL-2.0-or-later
// What a real server needs, on a host in memory: done once, and brought back as it was.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "realserver/work.hh"

namespace {

using namespace realserver;
using ipvs::Address;
using Commands = std::vector<std::string>;

const Address vip = Address::parse("192.0.2.10"), vip6 = Address::parse("2001:db8::10");

Commands commands(const std::vector<Need>& needs) {
  Commands all;
  for (const Need& each : needs) all.push_back(command(each));
  return all;
}

TEST(Needs, OfDirectRouting) {
  EXPECT_EQ(commands(needs({.way = Way::direct, .addresses = {vip, vip6}})),
            (Commands{"sysctl -w net.ipv4.conf.all.arp_ignore=1",
                      "sysctl -w net.ipv4.conf.all.arp_announce=2", "ip link set lo up",
                      "ip addr add 192.0.2.10/32 dev lo", "ip addr add 2001:db8::10/128 dev lo nodad"}));
  EXPECT_EQ(commands(needs({.way = Way::direct, .addresses = {vip6}})),
            (Commands{"ip link set lo up", "ip addr add 2001:db8::10/128 dev lo nodad"}));
  EXPECT_EQ(commands(needs({.way = Way::direct, .addresses = {vip6}, .device = "vip0"})),
            (Commands{"ip link add vip0 type dummy", "ip link set vip0 up",
                      "ip addr add 2001:db8::10/128 dev vip0 nodad"}));
}

TEST(Needs, OfTunnels) {
  EXPECT_EQ(commands(needs({.way = Way::ipip, .addresses = {vip}})),
            (Commands{"sysctl -w net.ipv4.conf.all.arp_ignore=1",
                      "sysctl -w net.ipv4.conf.all.arp_announce=2", "modprobe ipip",
                      "sysctl -w net.ipv4.conf.all.rp_filter=0", "sysctl -w net.ipv4.conf.tunl0.rp_filter=0",
                      "ip link set tunl0 up", "ip link set lo up", "ip addr add 192.0.2.10/32 dev lo"}));
  const auto gre = commands(needs({.way = Way::gre, .addresses = {vip6}}));
  EXPECT_EQ(gre, (Commands{"modprobe ip6_gre", "ip link set ip6gre0 up", "ip link set lo up",
                           "ip addr add 2001:db8::10/128 dev lo nodad"}));
  const auto gue = commands(needs({.way = Way::gue, .addresses = {vip6}, .port = 6080}));
  EXPECT_NE(std::ranges::find(gue, "ip fou add port 6080 gue -6"), gue.end());
}

TEST(Needs, AddressesAreThoseOfHosts) {
  EXPECT_EQ(parse_address("192.0.2.10"), vip);
  EXPECT_EQ(parse_address("192.0.2.10/32"), vip);
  EXPECT_EQ(parse_address("2001:db8::10/128"), vip6);
  for (const char* wrong : {"", "www", "192.0.2.10/24", "192.0.2.10/", "192.0.2.10/x", "2001:db8::10/64",
                            "224.0.0.1", "ff02::1", "0.0.0.0", "::", "255.255.255.255"})
    EXPECT_FALSE(parse_address(wrong)) << wrong;
  EXPECT_NE(parse_address("192.0.2.10/24").error().find("192.0.2.10/24"), std::string::npos);
}

TEST(Needs, AsFiles) {
  EXPECT_EQ(networkd_files({.way = Way::direct, .addresses = {vip}, .device = "vip0"}),
            "# /etc/systemd/network/10-ipvs-realserver.netdev\n[NetDev]\nName=vip0\nKind=dummy\n\n"
            "# "
            "/etc/systemd/network/"
            "10-ipvs-realserver.network\n[Match]\nName=vip0\n\n[Network]\nAddress=192.0.2.10/32\n\n"
            "# /etc/sysctl.d/50-ipvs-realserver.conf\nnet.ipv4.conf.all.arp_ignore = "
            "1\nnet.ipv4.conf.all.arp_announce = 2\n");
  EXPECT_FALSE(networkd_files({.way = Way::ipip, .addresses = {vip}}));
  EXPECT_EQ(
      ifupdown_files({.way = Way::direct, .addresses = {vip6}}),
      "# /etc/network/interfaces.d/ipvs-realserver\niface lo inet loopback\n    up ip link set lo up\n"
      "    up ip addr add 2001:db8::10/128 dev lo nodad\n    down ip addr del 2001:db8::10/128 dev lo\n");
}

/// A host in memory, which refuses what it is told to.
struct FakeHost : Host {
  std::map<std::string, int> settings{
      {"ipv4/conf/all/arp_ignore", 0}, {"ipv4/conf/all/arp_announce", 0}, {"ipv4/conf/all/rp_filter", 1}};
  std::vector<Device> all;
  std::vector<ipvsadm::LocalAddress> held;
  std::vector<Port> open;
  Commands log;
  std::string refuses;

  int made = 1;

  FakeHost() { all.push_back({.index = 1, .name = "lo", .flags = IFF_UP | IFF_LOOPBACK}); }

  Done did(const std::string& what) {
    if (!refuses.empty() && what.starts_with(refuses)) return std::unexpected("refused: " + what);
    log.push_back(what);
    return {};
  }
  auto find(const std::string& name) { return std::ranges::find(all, name, &Device::name); }
  Device& at(const Device& device) { return *std::ranges::find(all, device.index, &Device::index); }

  std::expected<std::optional<int>, std::string> setting(const std::string& name) override {
    if (refuses == "read") return std::unexpected("refused: read");
    return settings.contains(name) ? std::optional(settings[name]) : std::nullopt;
  }
  Done set(const std::string& name, int value) override {
    auto done = did("set " + name + " " + std::to_string(value));
    if (done) settings[name] = value;
    return done;
  }
  std::expected<std::vector<Device>, std::string> devices() override { return all; }
  std::expected<std::vector<ipvsadm::LocalAddress>, std::string> addresses() override { return held; }
  Done make_device(const std::string& name, const std::string& kind) override {
    auto done = did("make " + name + " " + kind);
    if (!done) return done;
    all.push_back({.index = ++made, .name = name, .kind = kind});
    settings["ipv4/conf/" + name + "/rp_filter"] = 1;
    return done;
  }
  Done delete_device(const Device& device) override {
    auto done = did("delete " + device.name);
    if (!done) return done;
    std::erase_if(held, [&](const auto& each) { return each.device == device.index; });
    settings.erase("ipv4/conf/" + device.name + "/rp_filter");
    std::erase_if(all, [index = device.index](const auto& each) { return each.index == index; });
    return done;
  }
  Done set_up(const Device& device, bool up) override {
    auto done = did((up ? "up " : "down ") + device.name);
    if (done) at(device).flags = up ? at(device).flags | IFF_UP : at(device).flags & ~IFF_UP;
    return done;
  }
  Done add_address(const Address& address, const Device& device) override {
    auto done = did("add " + address.to_string());
    if (done) held.push_back({.address = address, .prefix = 32, .device = device.index});
    return done;
  }
  Done remove_address(const Address& address, const Device& device) override {
    auto done = did("remove " + address.to_string());
    if (done)
      std::erase_if(held,
                    [&](const auto& each) { return each.address == address && each.device == device.index; });
    return done;
  }
  std::expected<std::vector<Port>, std::string> ports() override { return open; }
  Done add_port(const Port& port) override {
    auto done = did("open " + std::to_string(port.port));
    if (done) open.push_back(port);
    return done;
  }
  Done remove_port(const Port& port) override {
    auto done = did("close " + std::to_string(port.port));
    if (done) std::erase(open, port);
    return done;
  }
};

struct FakeJournal : Journal {
  std::vector<Change> lines;
  bool is_full = false, knows_no_more = false;

  std::expected<std::vector<Change>, std::string> read() override { return lines; }
  std::expected<void, std::string> add(const Change& change) override {
    if (is_full) return std::unexpected("no room");
    lines.push_back(change);
    return {};
  }
  std::expected<void, std::string> amend(const Change& change) override {
    if (knows_no_more) return std::unexpected("no room");
    lines.back() = change;
    return {};
  }
  std::expected<void, std::string> drop() override {
    lines.pop_back();
    return {};
  }
};

struct Work : testing::Test {
  FakeHost host;
  FakeJournal journal;

  Commands apply(const Request& request) {
    const auto met = meet(needs(request), host, journal);
    EXPECT_TRUE(met) << met.error();
    return met ? commands(*met) : Commands{};
  }
};

const Request direct{.way = Way::direct, .addresses = {vip, vip6}};
const Request tunnel{.way = Way::gue, .addresses = {vip}, .device = "vip0", .port = 6080};

TEST_F(Work, IsDoneOnce) {
  EXPECT_EQ(commands(*unmet(needs(direct), host)).size(), 4U);
  EXPECT_TRUE(host.log.empty());
  EXPECT_EQ(apply(direct).size(), 4U) << "lo is up already";
  EXPECT_EQ(host.log, (Commands{"set ipv4/conf/all/arp_ignore 1", "set ipv4/conf/all/arp_announce 2",
                                "add 192.0.2.10", "add 2001:db8::10"}));
  EXPECT_TRUE(unmet(needs(direct), host)->empty());
  EXPECT_TRUE(apply(direct).empty());
  EXPECT_EQ(host.log.size(), 4U);
}

TEST_F(Work, IsBroughtBack) {
  const auto settings = host.settings;
  apply(direct);
  apply(tunnel);
  EXPECT_EQ(host.settings["ipv4/conf/tunl0/rp_filter"], 0);
  EXPECT_TRUE(host.find("vip0")->is_up());
  const auto left = undo(host, journal);
  ASSERT_TRUE(left);
  EXPECT_TRUE(left->empty());
  EXPECT_TRUE(journal.lines.empty());
  EXPECT_TRUE(host.held.empty());
  EXPECT_TRUE(host.open.empty());
  EXPECT_EQ(host.find("vip0"), host.all.end());
  // The device came with a module; it is as it came.
  ASSERT_NE(host.find("tunl0"), host.all.end());
  EXPECT_FALSE(host.find("tunl0")->is_up());
  auto now = host.settings;
  EXPECT_EQ(now["ipv4/conf/tunl0/rp_filter"], 1);
  now.erase("ipv4/conf/tunl0/rp_filter");
  EXPECT_EQ(now, settings);
}

TEST_F(Work, WhatWasThereBeforeStays) {
  host.held.push_back({.address = vip, .prefix = 32, .device = 1});
  host.settings["ipv4/conf/all/arp_ignore"] = 2;
  apply(direct);
  ASSERT_TRUE(undo(host, journal));
  EXPECT_EQ(host.held.size(), 1U);
  EXPECT_EQ(host.settings["ipv4/conf/all/arp_ignore"], 2) << "stricter than needed";
}

TEST_F(Work, WhatOthersHaveChangedSinceStays) {
  apply(direct);
  host.settings["ipv4/conf/all/arp_announce"] = 1;
  host.held.clear();
  const auto left = undo(host, journal);
  ASSERT_TRUE(left);
  ASSERT_EQ(left->size(), 1U);
  EXPECT_NE(left->front().find("arp_announce was 0"), std::string::npos);
  EXPECT_EQ(host.settings["ipv4/conf/all/arp_announce"], 1);
  EXPECT_EQ(host.settings["ipv4/conf/all/arp_ignore"], 0);
}

TEST_F(Work, AfterAFailureTheRestCanBeBroughtBack) {
  host.refuses = "add 2001";
  const auto met = meet(needs(direct), host, journal);
  ASSERT_FALSE(met);
  EXPECT_EQ(met.error(), "refused: add 2001:db8::10");
  EXPECT_EQ(journal.lines.back(), Change(Added{vip, "lo", 1})) << "what was refused is not noted";
  host.refuses = "remove";
  EXPECT_FALSE(undo(host, journal));
  EXPECT_FALSE(journal.lines.empty());
  host.refuses.clear();
  ASSERT_TRUE(undo(host, journal));
  EXPECT_TRUE(host.held.empty());
  EXPECT_EQ(host.settings["ipv4/conf/all/arp_ignore"], 0);
}

TEST_F(Work, WhatCannotBeNotedIsNotDone) {
  journal.is_full = true;
  EXPECT_FALSE(meet(needs(direct), host, journal));
  EXPECT_TRUE(host.log.empty());
}

TEST_F(Work, WhatIsRefusedIsNotNoted) {
  for (const char* refused : {"set", "make", "up", "open"}) {
    host.refuses = refused;
    const auto done = host.log.size();
    EXPECT_FALSE(meet(needs(tunnel), host, journal)) << refused;
    host.refuses.clear();
    // The device of the tunnels comes without a note.
    const auto came = std::ranges::count(host.log, "make tunl0 ipip");
    EXPECT_EQ(journal.lines.size() + static_cast<std::size_t>(came), host.log.size()) << refused << done;
  }
}

const Request own_device{.way = Way::direct, .addresses = {vip6}, .device = "vip0"};

TEST_F(Work, ADeviceIsFoundByItsOtherNames) {
  host.all.push_back({.index = 7, .name = "eth0", .flags = IFF_UP, .other_names = {"wan", "vip0"}});
  host.made = 7;
  EXPECT_EQ(apply(own_device), Commands{"ip addr add 2001:db8::10/128 dev vip0 nodad"});
  EXPECT_EQ(journal.lines, std::vector<Change>{Change(Added{vip6, "eth0", 7})});
  ASSERT_TRUE(undo(host, journal));
  ASSERT_NE(host.find("eth0"), host.all.end());
  EXPECT_TRUE(host.find("eth0")->is_up());
  EXPECT_TRUE(host.held.empty());
  // That of the kernel for tunnels is another thing.
  host.find("eth0")->other_names = {"tunl0"};
  const auto met = meet(needs({.way = Way::ipip, .addresses = {vip}}), host, journal);
  ASSERT_FALSE(met);
  EXPECT_NE(met.error().find("another name of eth0"), std::string::npos);
}

TEST_F(Work, ADeviceThatCannotBeNotedIsNotKept) {
  journal.knows_no_more = true;
  EXPECT_FALSE(meet(needs(own_device), host, journal));
  EXPECT_EQ(host.find("vip0"), host.all.end());
  EXPECT_TRUE(journal.lines.empty());
}

TEST_F(Work, AnotherDeviceOfTheSameNameStays) {
  apply(own_device);
  ASSERT_TRUE(host.delete_device(*host.find("vip0")));
  ASSERT_TRUE(host.make_device("vip0", "dummy"));
  ASSERT_TRUE(host.set_up(*host.find("vip0"), true));
  ASSERT_TRUE(host.add_address(vip6, *host.find("vip0")));
  const auto left = undo(host, journal);
  ASSERT_TRUE(left);
  ASSERT_EQ(left->size(), 1U) << "told once";
  EXPECT_NE(left->front().find("vip0 is not known"), std::string::npos);
  ASSERT_NE(host.find("vip0"), host.all.end());
  EXPECT_TRUE(host.find("vip0")->is_up());
  EXPECT_EQ(host.held.size(), 1U);
  EXPECT_TRUE(journal.lines.empty());
}

TEST_F(Work, OnlyADummyDeviceIsDeleted) {
  apply(own_device);
  host.find("vip0")->kind = "bridge";
  const auto left = undo(host, journal);
  ASSERT_TRUE(left);
  EXPECT_EQ(left->size(), 1U);
  EXPECT_NE(host.find("vip0"), host.all.end());
}

TEST_F(Work, ADeviceThatOthersUseStaysUp) {
  host.all.push_back({.index = 7, .name = "vip0", .kind = "dummy"});
  const auto link_local = Address::parse("fe80::1");
  apply(own_device);
  host.held.push_back({.address = link_local, .prefix = 64, .device = 7});
  ASSERT_TRUE(undo(host, journal));
  EXPECT_FALSE(host.find("vip0")->is_up()) << "the kernel's own address does not count";
  apply(own_device);
  host.held.push_back({.address = vip, .prefix = 32, .device = 7});
  const auto left = undo(host, journal);
  ASSERT_TRUE(left);
  ASSERT_EQ(left->size(), 1U);
  EXPECT_NE(left->front().find("vip0 was down before"), std::string::npos);
  EXPECT_TRUE(host.find("vip0")->is_up());
}

TEST_F(Work, ASettingThatCannotBeReadIsNotForgotten) {
  host.held.push_back({.address = vip6, .prefix = 128, .device = 1});
  apply(direct);
  host.refuses = "read";
  ASSERT_FALSE(undo(host, journal));
  EXPECT_EQ(journal.lines.size(), 2U);
  host.refuses.clear();
  ASSERT_TRUE(undo(host, journal));
  EXPECT_EQ(host.settings["ipv4/conf/all/arp_ignore"], 0);
}

TEST(JournalLines, SayWhatTheySaid) {
  const Change changes[] = {SettingChange{"ipv4/conf/eth0.1/rp_filter", 1, 0},
                            Made{"vip0", 7},
                            Raised{"tunl0", 2},
                            Port{AF_INET6, 6080},
                            Port{AF_INET, 1},
                            Added{vip6, "lo", 1}};
  for (const Change& each : changes) {
    std::string line = change_line(each);
    ASSERT_TRUE(line.ends_with('\n'));
    line.pop_back();
    EXPECT_EQ(parse_change(line), each) << line;
  }
  for (const char* wrong :
       {"", "setting a 1", "setting a x 0", "made", "made vip0", "up lo x", "port 4 70000",
        "address www lo 1", "address 192.0.2.1", "address 192.0.2.1 lo", "other a"})
    EXPECT_FALSE(parse_change(wrong)) << wrong;
}

struct JournalFile : testing::Test {
  char folder[32] = "/tmp/realserver.XXXXXX";
  JournalFile() { EXPECT_TRUE(mkdtemp(folder)); }
  ~JournalFile() override { std::filesystem::remove_all(folder); }
  std::string path() const { return std::string(folder) + "/" + *namespace_name(); }
  std::string text() const {
    std::ifstream file(path());
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator()));
  }
};

TEST_F(JournalFile, KeepsChangesUntilTheyAreBroughtBack) {
  const std::vector<Change> changes{Raised{"tunl0", 2}, Added{vip, "lo", 1}};
  {
    const auto journal = open_journal(folder);
    ASSERT_TRUE(journal) << journal.error();
    for (const Change& each : changes) EXPECT_TRUE((*journal)->add(each));
  }
  {
    const auto journal = open_journal(folder);
    ASSERT_TRUE(journal);
    EXPECT_EQ((*journal)->read(), changes);
    EXPECT_TRUE((*journal)->drop());
    EXPECT_EQ((*journal)->read(), std::vector<Change>{changes.front()});
    EXPECT_EQ(text(), "up tunl0 2\n");
    EXPECT_TRUE((*journal)->amend(Raised{"tunl0", 33}));
    EXPECT_EQ(text(), "up tunl0 33\n");
    EXPECT_TRUE((*journal)->drop());
    EXPECT_TRUE((*journal)->read()->empty());
  }
  EXPECT_EQ(files(), 0U);
}

TEST_F(JournalFile, ALineThatWasCutOffDoesNotCount) {
  std::ofstream(path()) << "up tunl0 2\naddress 192.0.2.10 l";
  const auto journal = open_journal(folder);
  ASSERT_TRUE(journal);
  EXPECT_EQ((*journal)->read(), (std::vector<Change>{Raised{"tunl0", 2}}));
  EXPECT_TRUE((*journal)->add(Added{vip, "lo", 1}));
  EXPECT_EQ(text(), "up tunl0 2\naddress 192.0.2.10 lo 1\n");
}

TEST_F(JournalFile, WhatIsWrittenInPartIsTakenBack) {
  const auto journal = open_journal(folder);
  ASSERT_TRUE(journal);
  ASSERT_TRUE((*journal)->add(Raised{"tunl0", 2}));
  // The file may have one more byte.
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit small = before;
  small.rlim_cur = text().size() + 1;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto added = (*journal)->add(Raised{"gre0", 3});
  setrlimit(RLIMIT_FSIZE, &before);
  ASSERT_FALSE(added);
  EXPECT_NE(added.error().find("No space left"), std::string::npos) << added.error();
  EXPECT_EQ(text(), "up tunl0 2\n");
  EXPECT_TRUE((*journal)->add(Raised{"gre0", 3}));
  EXPECT_EQ(text(), "up tunl0 2\nup gre0 3\n");
}

TEST_F(JournalFile, IsOfThisNamespace) {
  const auto name = namespace_name();
  ASSERT_TRUE(name);
  EXPECT_EQ(namespace_name(), name);
  std::ofstream(std::string(folder) + "/net-0") << "up tunl0 2\n";
  EXPECT_TRUE((*open_journal(folder))->read()->empty()) << "another one's";
}

TEST_F(JournalFile, WhatIsNoChangeIsTold) {
  std::ofstream(path()) << "up tunl0 2\nnonsense\n";
  const auto read = (*open_journal(folder))->read();
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().find("nonsense"), std::string::npos);
}

TEST_F(JournalFile, AFolderThatCannotBe) {
  const auto journal = open_journal(std::string(folder) + "/a/b");
  ASSERT_FALSE(journal);
  EXPECT_NE(journal.error().find("/a/b"), std::string::npos);
}

}  // namespace
