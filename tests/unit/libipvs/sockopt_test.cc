// SPDX-License-Identifier: GPL-2.0-or-later
// The socket options, byte by byte, without a kernel. Little-endian machines.
#include <gtest/gtest.h>
#include <linux/ip_vs.h>

#include <cerrno>
#include <cstring>
#include <map>

#include "backend.hh"
#include "bytes.hh"
#include "sockopt.hh"

namespace {

using bytes::Bytes;
using bytes::hex;
using bytes::operator+;
using ipvs::Address;
using ipvs::Change;

constexpr int kBase = 64 + 1024 + 64;
constexpr int kSetAdd = kBase + 2, kSetEdit = kBase + 3, kSetDel = kBase + 4, kFlush = kBase + 5,
              kAddDest = kBase + 7, kDelDest = kBase + 8, kEditDest = kBase + 9, kTimeout = kBase + 10,
              kStartDaemon = kBase + 11, kStopDaemon = kBase + 12, kZero = kBase + 15;
constexpr int kInfo = kBase + 1, kServices = kBase + 2, kService = kBase + 3, kDests = kBase + 4,
              kGetTimeout = kBase + 6, kGetDaemon = kBase + 7;

struct State {
  std::vector<std::pair<int, Bytes>> set;
  std::map<int, int> refusals;
  /// Fills in what a get is to return; sees what was asked.
  std::function<void(int, Bytes&)> get;
  std::vector<std::pair<int, Bytes>> asked;
};

class FakeOptions : public ipvs::Options {
 public:
  explicit FakeOptions(std::shared_ptr<State> state) : state_(std::move(state)) {}

  std::expected<void, int> open() override { return refusal(0); }
  std::expected<void, int> set(int option, const void* value, std::size_t size) override {
    const auto* start = static_cast<const std::uint8_t*>(value);
    state_->set.emplace_back(option, Bytes(start, start + size));
    return refusal(option);
  }
  std::expected<void, int> get(int option, void* value, std::size_t size) override {
    auto* start = static_cast<std::uint8_t*>(value);
    Bytes content(start, start + size);
    state_->asked.emplace_back(option, content);
    if (auto good = refusal(option); !good) return good;
    if (state_->get) state_->get(option, content);
    std::memcpy(value, content.data(), size);
    return {};
  }

 private:
  std::expected<void, int> refusal(int option) {
    const auto found = state_->refusals.find(option);
    if (found != state_->refusals.end()) return std::unexpected(found->second);
    return {};
  }

  std::shared_ptr<State> state_;
};

struct Sockopt : testing::Test {
  std::shared_ptr<State> state = std::make_shared<State>();
  std::unique_ptr<ipvs::Backend> backend;

  void SetUp() override {
    auto opened = ipvs::open_sockopt(std::make_unique<FakeOptions>(state));
    ASSERT_TRUE(opened);
    backend = std::move(*opened);
    state->asked.clear();
  }
  std::vector<ipvs::Remark> remarks = {};
  ipvs::Result<void> apply(const Change& change) {
    return std::move(backend->apply(std::span(&change, 1), remarks).front());
  }
  /// What the change sets.
  Bytes told(const Change& change, int option) {
    state->set.clear();
    const auto done = apply(change);
    EXPECT_TRUE(done) << done.error().message();
    EXPECT_EQ(state->set.size(), 1U);
    if (state->set.size() != 1) return {};
    EXPECT_EQ(state->set[0].first, option);
    return state->set[0].second;
  }
};

ipvs::ServiceKey web() {
  return {.fwmark = 0, .family = AF_INET, .protocol = 6, .addr = Address::parse("10.9.9.8"), .port = 80};
}
ipvs::ServiceKey mark(std::uint16_t family = AF_INET) {
  return {.fwmark = 0x01020304, .family = family, .protocol = 0, .addr = {}, .port = 0};
}
ipvs::Service service() {
  return {.key = web(), .scheduler = "wlc", .flags = 1, .timeout = 360, .netmask = 0x00ffffff, .pe = ""};
}
ipvs::Dest dest() {
  ipvs::Dest one;
  one.key = {.addr = Address::parse("10.0.0.1"), .port = 8080};
  one.method = IP_VS_CONN_F_TUNNEL;
  one.weight = 7;
  one.u_threshold = 9;
  one.l_threshold = 4;
  return one;
}

// protocol, address, port, mark
const char* const kWeb = "0600 0000 0a090908 0050 0000 00000000";
const char* const kMark = "0600 0000 00000000 0000 0000 04030201";
// scheduler, flags, timeout, netmask
const char* const kNothing = "00000000 00000000 00000000 00000000 00000000 00000000 00000000";
const char* const kOptions = "776c6300 00000000 00000000 00000000 01000000 68010000 ffffff00";

TEST_F(Sockopt, Services) {
  EXPECT_EQ(told(Change::add_service(service()), kSetAdd), hex(kWeb) + hex(kOptions));
  EXPECT_EQ(told(Change::edit_service(service()), kSetEdit), hex(kWeb) + hex(kOptions));
  EXPECT_EQ(told(Change::delete_service(web()), kSetDel), hex(kWeb) + hex(kNothing));
  EXPECT_EQ(told(Change::zero_service(mark()), kZero), hex(kMark) + hex(kNothing));
  EXPECT_EQ(told(Change::zero_all(), kZero), hex("00000000 00000000 00000000 00000000") + hex(kNothing));
  EXPECT_EQ(told(Change::flush(), kFlush), Bytes{});
}

TEST_F(Sockopt, Servers) {
  const Bytes server = hex("0a000001 1f90 0000 02000000 07000000 09000000 04000000");
  EXPECT_EQ(told(Change::add_dest(web(), dest()), kAddDest), hex(kWeb) + hex(kNothing) + server);
  EXPECT_EQ(told(Change::edit_dest(mark(), dest()), kEditDest), hex(kMark) + hex(kNothing) + server);
  EXPECT_EQ(told(Change::delete_dest(web(), dest().key), kDelDest),
            hex(kWeb) + hex(kNothing) + hex("0a000001 1f90 0000 00000000 00000000 00000000 00000000"));
}

TEST_F(Sockopt, TimeoutsAndDaemons) {
  EXPECT_EQ(told(Change::set_timeouts({.tcp = 1, .tcp_fin = 2, .udp = 3}), kTimeout), hex("01000000 02000000 03000000"));
  ipvs::Daemon daemon;
  daemon.state = IP_VS_STATE_BACKUP;
  daemon.interface = "eth1";
  daemon.sync_id = 0x55;
  const Bytes bytes = hex("02000000 65746831 00000000 00000000 00000000 55000000");
  EXPECT_EQ(told(Change::start_daemon(daemon), kStartDaemon), bytes);
  EXPECT_EQ(told(Change::stop_daemon(daemon), kStopDaemon), bytes);
}

TEST_F(Sockopt, RefusalsOfTheKernel) {
  state->refusals = {{kSetAdd, EEXIST}, {kAddDest, ESRCH}, {kStopDaemon, EPERM}};
  ipvs::Daemon daemon;
  const std::vector<Change> changes{Change::flush(), Change::add_service(service()), Change::add_dest(web(), dest()),
                                    Change::stop_daemon(daemon), Change::flush()};
  const auto outcome = backend->apply(changes, remarks);
  EXPECT_TRUE(outcome[0] && outcome[4]);
  EXPECT_EQ(outcome[1].error().code, EEXIST);
  EXPECT_EQ(outcome[1].error().operation, ipvs::Operation::add_service);
  EXPECT_EQ(outcome[1].error().origin, ipvs::Origin::kernel);
  EXPECT_EQ(outcome[2].error().code, ESRCH);
  EXPECT_EQ(outcome[2].error().operation, ipvs::Operation::add_dest);
  EXPECT_EQ(outcome[3].error().code, EPERM);
}

TEST_F(Sockopt, WhatCannotBeToldIsRefusedAndNotMadeOtherwise) {
  const auto refused = [&](const Change& change, int code, const std::string& words) {
    const auto done = apply(change);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, code) << words;
    EXPECT_EQ(done.error().detail, words);
    EXPECT_EQ(done.error().operation, change.operation());
  };
  auto six = service();
  six.key = mark(AF_INET6);
  refused(Change::add_service(six), EAFNOSUPPORT, "the kernel's socket options know IPv4 only");
  refused(Change::delete_service(six.key), EAFNOSUPPORT, "the kernel's socket options know IPv4 only");
  refused(Change::add_dest(six.key, dest()), EAFNOSUPPORT, "the kernel's socket options know IPv4 only");
  auto engine = service();
  engine.pe = "sip";
  refused(Change::edit_service(engine), EAFNOSUPPORT, "the kernel's socket options know no persistence engines");
  auto named = service();
  named.scheduler = "sixteen-letters-";
  refused(Change::add_service(named), EINVAL, "the scheduler's name is too long");
  auto far = dest();
  far.key.addr = Address::parse("fd00::1");
  refused(Change::add_dest(web(), far), EAFNOSUPPORT, "the kernel's socket options know IPv4 only");
  refused(Change::delete_dest(web(), far.key), EAFNOSUPPORT, "the kernel's socket options know IPv4 only");
  auto gue = dest();
  gue.tun_type = IP_VS_CONN_F_TUNNEL_TYPE_GUE;
  refused(Change::edit_dest(web(), gue), EOPNOTSUPP, "the kernel's socket options know IPIP tunnels only");
  gue = dest();
  gue.tun_port = 6080;
  refused(Change::add_dest(web(), gue), EOPNOTSUPP, "the kernel's socket options know IPIP tunnels only");
  gue = dest();
  gue.tun_flags = 1;
  refused(Change::add_dest(web(), gue), EOPNOTSUPP, "the kernel's socket options know IPIP tunnels only");
  for (int each = 0; each < 4; ++each) {
    ipvs::Daemon daemon;
    if (each == 0) daemon.sync_maxlen = 1400;
    if (each == 1) daemon.port = 8848;
    if (each == 2) daemon.ttl = 1;
    if (each == 3) daemon.group = Address::parse("224.0.0.81");
    refused(Change::start_daemon(daemon), EOPNOTSUPP,
            "the kernel's socket options know no multicast group, port, time to live or message size");
    EXPECT_TRUE(apply(Change::stop_daemon(daemon))) << "only its state counts";
  }
  ipvs::Daemon daemon;
  daemon.interface = "sixteen-letters-";
  refused(Change::start_daemon(daemon), EINVAL, "the interface's name is too long");
  ipvs::DaemonConfig keyed;
  keyed.key = "0123456789abcdef";
  refused(Change::start_daemon_with(keyed), EOPNOTSUPP, "the kernel's socket options know no peers and no keys");
  EXPECT_EQ(backend->service(mark(AF_INET6)).error().code, EAFNOSUPPORT);
  for (const auto& [option, content] : state->set) EXPECT_EQ(option, kStopDaemon);
  auto longest = service();
  longest.scheduler = "fifteen-letters";
  EXPECT_TRUE(apply(Change::add_service(longest)));
}

/// An entry of a service, 104 bytes: key, scheduler, flags, timeout, mask, number of servers, padding, counters.
Bytes entry(const char* key, std::uint32_t dests) {
  Bytes out = hex(key) + hex(kOptions) + bytes::number(dests);
  for (std::uint32_t n = 1; n <= 3; ++n) out = out + bytes::number(n);
  out = out + hex("00000000") + bytes::number(std::uint64_t{4}) + bytes::number(std::uint64_t{5});
  for (std::uint32_t n = 6; n <= 10; ++n) out = out + bytes::number(n);
  out.resize(104);
  return out;
}
/// Of a server, 96 bytes.
Bytes server(const char* addr) {
  Bytes out = hex(addr) + hex("1f90 0000 82010000 07000000 09000000 04000000 0b000000 0c000000 0d000000 00000000");
  for (std::uint32_t n = 1; n <= 3; ++n) out = out + bytes::number(n + 20);
  out.resize(96);
  return out;
}
void put(Bytes& into, std::size_t at, const Bytes& what) {
  ASSERT_LE(at + what.size(), into.size());
  std::ranges::copy(what, into.begin() + static_cast<std::ptrdiff_t>(at));
}

TEST_F(Sockopt, AServiceAsItIsReported) {
  state->get = [](int option, Bytes& content) {
    ASSERT_EQ(option, kService);
    put(content, 0, entry(kWeb, 3));
  };
  const auto found = backend->service(web());
  ASSERT_TRUE(found);
  EXPECT_EQ(state->asked[0].second.size(), 104U);
  EXPECT_EQ(Bytes(state->asked[0].second.begin(), state->asked[0].second.begin() + 16), hex(kWeb));
  EXPECT_EQ(found->key, web());
  EXPECT_EQ(found->scheduler, "wlc");
  EXPECT_EQ(found->flags, 1U);
  EXPECT_EQ(found->timeout, 360U);
  EXPECT_EQ(found->netmask, 0x00ffffffU);
  EXPECT_EQ(found->stats, (ipvs::Stats{.conns = 1,
                                       .inpkts = 2,
                                       .outpkts = 3,
                                       .inbytes = 4,
                                       .outbytes = 5,
                                       .cps = 6,
                                       .inpps = 7,
                                       .outpps = 8,
                                       .inbps = 9,
                                       .outbps = 10}));
  state->refusals[kService] = ESRCH;
  EXPECT_EQ(backend->service(web()).error().code, ESRCH);
  EXPECT_EQ(backend->service(web()).error().operation, ipvs::Operation::get_service);
}

TEST_F(Sockopt, ListsHaveRoomForWhatComesMeanwhile) {
  std::vector<Bytes> present{entry(kWeb, 0), entry(kMark, 0)};
  unsigned counted = 1;
  state->get = [&](int option, Bytes& content) {
    if (option == kInfo) return put(content, 0, bytes::number(0x010201U) + bytes::number(4096U) + bytes::number(counted));
    ASSERT_EQ(option, kServices);
    std::uint32_t room = 0;
    std::memcpy(&room, content.data(), sizeof(room));
    ASSERT_EQ(content.size(), 8 + 104 * room) << "the kernel wants it exactly";
    for (std::size_t i = 0; i < std::min<std::size_t>(room, present.size()); ++i) put(content, 8 + 104 * i, present[i]);
  };
  std::vector<ipvs::ServiceKey> seen;
  const auto list = [&](std::size_t most = 99) {
    seen.clear();
    return backend->for_each_service([&](ipvs::ServiceEntry& each) {
      seen.push_back(each.key);
      return seen.size() < most;
    });
  };
  ASSERT_TRUE(list());
  EXPECT_EQ(seen, (std::vector{web(), mark()}));
  ASSERT_TRUE(list(1));
  EXPECT_EQ(seen.size(), 1U);
  for (int i = 0; i < 9; ++i) present.push_back(entry(kMark, 0));
  ASSERT_TRUE(list());
  EXPECT_EQ(seen.size(), 11U);
  counted = 20;  // and some have gone
  ASSERT_TRUE(list());
  EXPECT_EQ(seen.size(), 11U);
  state->refusals[kServices] = EPERM;
  EXPECT_EQ(list().error().code, EPERM);
  EXPECT_EQ(list().error().operation, ipvs::Operation::list_services);
  state->refusals = {{kInfo, ENOMEM}};
  EXPECT_EQ(list().error().code, ENOMEM);
}

TEST_F(Sockopt, ServersAsTheyAreReported) {
  std::vector<Bytes> present{server("0a000001"), server("0a000002")};
  state->get = [&](int option, Bytes& content) {
    if (option == kService) return put(content, 0, entry(kWeb, 2));
    ASSERT_EQ(option, kDests);
    ASSERT_EQ(content.size(), 24U + 96 * 3);
    EXPECT_EQ(Bytes(content.begin(), content.begin() + 24), hex(kWeb) + bytes::number(3U) + hex("00000000"));
    for (std::size_t i = 0; i < present.size(); ++i) put(content, 24 + 96 * i, present[i]);
  };
  std::vector<ipvs::DestEntry> seen;
  const auto visit = [&](ipvs::DestEntry& each) {
    seen.push_back(each);
    return seen.size() != 1 || present.size() == 2;
  };
  ASSERT_TRUE(backend->for_each_dest(web(), visit));
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].key, dest().key);
  EXPECT_EQ(seen[0].method, unsigned{IP_VS_CONN_F_TUNNEL});
  EXPECT_EQ(seen[0].weight, 7);
  EXPECT_EQ(seen[0].u_threshold, 9U);
  EXPECT_EQ(seen[0].l_threshold, 4U);
  EXPECT_EQ(seen[0].active, 11U);
  EXPECT_EQ(seen[0].inactive, 12U);
  EXPECT_EQ(seen[0].persistent, 13U);
  EXPECT_EQ(seen[0].stats.conns, 21U);
  EXPECT_EQ(seen[0].stats.outpkts, 23U);
  EXPECT_EQ(seen[1].key.addr.to_string(), "10.0.0.2");
  state->refusals[kService] = ESRCH;
  EXPECT_EQ(backend->for_each_dest(web(), visit).error().code, ESRCH);
  EXPECT_EQ(backend->for_each_dest(web(), visit).error().operation, ipvs::Operation::list_dests);
  state->refusals = {{kDests, ENOMEM}};
  EXPECT_EQ(backend->for_each_dest(web(), visit).error().code, ENOMEM);
}

TEST_F(Sockopt, TimeoutsInfoDaemons) {
  state->get = [](int option, Bytes& content) {
    if (option == kGetTimeout) put(content, 0, hex("84030000 78000000 2c010000"));
    if (option == kInfo) put(content, 0, hex("01020100 00100000 07000000"));
    if (option == kGetDaemon)
      put(content, 24, hex("02000000 65746831 00000000 00000000 00000000 55000000"));
  };
  EXPECT_EQ(backend->timeouts().value(), (ipvs::Timeouts{.tcp = 900, .tcp_fin = 120, .udp = 300}));
  const auto info = backend->info();
  ASSERT_TRUE(info);
  EXPECT_EQ(*info, (ipvs::Info{.version = 0x010201, .conn_table_size = 4096, .api = 0, .release = {}}));
  const auto daemons = backend->daemons();
  ASSERT_TRUE(daemons);
  ASSERT_EQ(daemons->size(), 1U) << "the other one does not run";
  EXPECT_EQ(daemons->front().state, unsigned{IP_VS_STATE_BACKUP});
  EXPECT_EQ(daemons->front().interface, "eth1");
  EXPECT_EQ(daemons->front().sync_id, 0x55U);
  state->refusals = {{kGetTimeout, EPERM}, {kInfo, EACCES}, {kGetDaemon, EINVAL}};
  EXPECT_EQ(backend->timeouts().error().code, EPERM);
  EXPECT_EQ(backend->info().error().code, EACCES);
  EXPECT_EQ(backend->daemons().error().code, EINVAL);
  EXPECT_EQ(backend->transport(), ipvs::Client::Transport::sockopt);
}

TEST(SockoptOpen, NeedsTheModule) {
  for (const int option : {0, kInfo}) {
    const auto state = std::make_shared<State>();
    state->refusals[option] = option ? ENOPROTOOPT : EPERM;
    const auto backend = ipvs::open_sockopt(std::make_unique<FakeOptions>(state));
    ASSERT_FALSE(backend);
    EXPECT_EQ(backend.error().code, option ? ENOPROTOOPT : EPERM);
    EXPECT_EQ(backend.error().operation, ipvs::Operation::open);
  }
}

}  // namespace
