// SPDX-License-Identifier: GPL-2.0-or-later
#include "ipvs/client.hh"

#include <gtest/gtest.h>

#include "fake_kernel.hh"

namespace {

using ipvs::Address;
using ipvs::Operation;

ipvs::Service service(std::uint32_t mark) {
  ipvs::Service one;
  one.key = {.fwmark = mark, .family = AF_INET, .protocol = 0, .addr = {}, .port = 0};
  one.scheduler = "rr";
  return one;
}
ipvs::Dest dest(const char* addr) {
  ipvs::Dest one;
  one.key = {.addr = Address::parse(addr), .port = 80};
  return one;
}

struct ClientTest : testing::Test {
  std::shared_ptr<FakeKernel> kernel = std::make_shared<FakeKernel>();
  ipvs::Client client = client_of(kernel);

  void SetUp() override {
    ASSERT_TRUE(client.add_service(service(1)));
    ASSERT_TRUE(client.add_dest(service(1).key, dest("10.0.0.1")));
    ASSERT_TRUE(client.add_dest(service(1).key, dest("10.0.0.2")));
    ASSERT_TRUE(client.add_service(service(2)));
    ASSERT_TRUE(client.add_dest(service(2).key, dest("10.0.0.3")));
    kernel->made.clear();
  }
};

TEST_F(ClientTest, EachFunctionIsItsChange) {
  ipvs::Daemon daemon;
  daemon.state = 1;
  EXPECT_TRUE(client.edit_service(service(1)));
  EXPECT_TRUE(client.edit_dest(service(1).key, dest("10.0.0.1")));
  EXPECT_TRUE(client.delete_dest(service(1).key, dest("10.0.0.1").key));
  EXPECT_TRUE(client.zero_service(service(1).key));
  EXPECT_TRUE(client.zero_all());
  EXPECT_TRUE(client.delete_service(service(1).key));
  EXPECT_TRUE(client.flush());
  EXPECT_TRUE(client.set_timeouts({.tcp = 1, .tcp_fin = 2, .udp = 3}));
  EXPECT_TRUE(client.start_daemon(daemon));
  EXPECT_TRUE(client.stop_daemon(daemon));
  using enum Operation;
  EXPECT_EQ(kernel->made, (std::vector{edit_service, edit_dest, delete_dest, zero_service, zero_all, delete_service,
                                       flush, set_timeouts, start_daemon, stop_daemon}));
  EXPECT_EQ(kernel->time, (ipvs::Timeouts{.tcp = 1, .tcp_fin = 2, .udp = 3}));
  EXPECT_EQ(client.delete_service(service(1).key).error().code, ESRCH);
}

TEST_F(ClientTest, DaemonsWithPeersAndKeys) {
  ipvs::DaemonConfig daemon;
  daemon.state = 1;
  daemon.peer_addresses = {ipvs::Address::parse("10.9.0.1"), ipvs::Address::parse("10.9.0.2")};
  daemon.key = "0123456789abcdef";
  ASSERT_TRUE(client.start_daemon_with(daemon));
  EXPECT_EQ(kernel->keys, (std::vector{daemon.key}));
  const auto configs = client.daemon_configs();
  ASSERT_TRUE(configs);
  EXPECT_EQ(configs->at(0).peer_addresses, daemon.peer_addresses);
  EXPECT_TRUE(configs->at(0).has_key());
  const auto daemons = client.daemons();
  ASSERT_TRUE(daemons);
  EXPECT_EQ(daemons->at(0).peers(), 2U);
  EXPECT_FALSE(daemons->at(0).is_whole());
  kernel->refuse(Operation::list_daemons, EPERM);
  EXPECT_EQ(client.daemons().error().code, EPERM);
}

TEST_F(ClientTest, TheTableIsTheSameInOneRequestOrInMany) {
  const auto in_one = client.table();
  ASSERT_TRUE(in_one);
  ASSERT_EQ(in_one->size(), 2U);
  EXPECT_EQ((*in_one)[0].dests.size(), 2U);
  kernel->lists_in_one = false;
  EXPECT_EQ(client.table().value(), *in_one);
  EXPECT_EQ(client.services().value().size(), 2U);
  EXPECT_EQ(client.dests(service(1).key).value().size(), 2U);
}

TEST_F(ClientTest, ASnapshotIsWhatMakesTheTableAgain) {
  const auto now = client.snapshot();
  ASSERT_TRUE(now);
  ASSERT_EQ(now->services.size(), 2U);
  EXPECT_EQ(now->services[0].service, service(1));
  EXPECT_EQ(now->services[0].dests, (std::vector{dest("10.0.0.1"), dest("10.0.0.2")}));
  EXPECT_EQ(now->timeouts, kernel->time);
  // With one request: what is asked for later may be another's.
  kernel->refuse(Operation::get_timeouts, EPERM);
  EXPECT_EQ(client.snapshot().value(), *now);
  kernel->about.api = 2;
  EXPECT_EQ(client.snapshot().error().code, EPERM);
  kernel->refusals.clear();
  EXPECT_EQ(client.snapshot().value(), *now) << "older modules";
  kernel->lists_in_one = false;
  EXPECT_EQ(client.snapshot().value(), *now) << "and those that have no such list";
  kernel->refuse(Operation::list_services, ENOMEM);
  EXPECT_EQ(client.snapshot().error().code, ENOMEM);
}

TEST_F(ClientTest, AWalkEndsWithTheFirstNo) {
  for (const bool in_one : {true, false}) {
    kernel->lists_in_one = in_one;
    int services = 0, dests = 0;
    const auto walk = [&](int most_services, int most_dests) {
      services = dests = 0;
      return client.for_each([&](auto&) { return ++services < most_services; },
                             [&](auto&, auto&) { return ++dests < most_dests; });
    };
    ASSERT_TRUE(walk(99, 99));
    EXPECT_EQ(std::pair(services, dests), std::pair(2, 3)) << in_one;
    ASSERT_TRUE(walk(99, 1));
    EXPECT_EQ(std::pair(services, dests), std::pair(1, 1)) << in_one;
    ASSERT_TRUE(walk(2, 99));
    EXPECT_EQ(std::pair(services, dests), std::pair(2, 2)) << in_one;
  }
}

TEST_F(ClientTest, FailuresOfListsAreTold) {
  kernel->refuse(Operation::list_table, EPERM);
  EXPECT_EQ(client.table().error().code, EPERM);
  kernel->lists_in_one = false;
  kernel->refuse(Operation::list_services, ENOMEM);
  EXPECT_EQ(client.table().error().code, ENOMEM);
  EXPECT_EQ(client.services().error().code, ENOMEM);
  kernel->refusals.erase(Operation::list_services);
  kernel->refuse(Operation::list_dests, ENOBUFS);
  EXPECT_EQ(client.table().error().code, ENOBUFS);
  EXPECT_EQ(client.dests(service(1).key).error().code, ENOBUFS);
  // A service that has gone meanwhile has no servers any more.
  kernel->refuse(Operation::list_dests, ESRCH);
  ASSERT_TRUE(client.table());
  EXPECT_TRUE(client.table()->front().dests.empty());
}

TEST_F(ClientTest, ReplacesInOneStepWhereThatCanBe) {
  ipvs::Table wanted;
  wanted.services.push_back({service(3), {}});
  ASSERT_TRUE(client.replace_table(wanted));
  ASSERT_EQ(kernel->replacements.size(), 1U);
  EXPECT_EQ(kernel->replacements[0], wanted);
  EXPECT_TRUE(kernel->made.empty());
  kernel->refuse(Operation::replace_table, EINVAL);
  EXPECT_EQ(client.replace_table(wanted).error().error.code, EINVAL);
}

TEST_F(ClientTest, ReplacesStepByStepElsewhere) {
  kernel->about.api = 0;
  ipvs::Table wanted;
  wanted.services.push_back({service(2), {dest("10.0.0.9")}});
  wanted.timeouts.udp = 33;
  ASSERT_TRUE(client.replace_table(wanted));
  EXPECT_EQ(kernel->made, (std::vector{Operation::set_timeouts, Operation::add_dest, Operation::delete_dest,
                                       Operation::delete_service}));
  EXPECT_EQ(kernel->time.udp, 33U);
  ASSERT_EQ(kernel->table.size(), 1U);
  ASSERT_EQ(kernel->table[0].dests.size(), 1U);
  EXPECT_EQ(kernel->table[0].dests[0].key, dest("10.0.0.9").key);
}

TEST_F(ClientTest, ARefusalElsewhereLeavesTheTableAsItWas) {
  kernel->about.api = 0;
  const auto before = kernel->table;
  ipvs::Table wanted;
  wanted.services.push_back({service(5), {}});
  wanted.services.push_back({service(6), {}});
  wanted.services.push_back({service(7), {}});
  wanted.timeouts.udp = 33;
  kernel->refuse_at = 2;
  const auto done = client.replace_table(wanted);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().service, 1U);
  EXPECT_EQ(kernel->table, before);
  EXPECT_EQ(kernel->time.udp, 300U);
  EXPECT_EQ(kernel->made, (std::vector{Operation::set_timeouts, Operation::add_service, Operation::delete_service,
                                       Operation::set_timeouts}))
      << "what stands behind the refusal is not tried";
}

TEST_F(ClientTest, RemarksAreThoseOfTheLastChange) {
  EXPECT_TRUE(client.remarks().empty());
  kernel->remarks[Operation::edit_service] = "it may surprise";
  ASSERT_TRUE(client.edit_service(service(1)));
  ASSERT_EQ(client.remarks().size(), 1U);
  EXPECT_EQ(client.remarks()[0].text, "it may surprise");
  ASSERT_TRUE(client.table() && client.info());
  EXPECT_EQ(client.remarks().size(), 1U) << "questions are no changes";
  ASSERT_TRUE(client.zero_all());
  EXPECT_TRUE(client.remarks().empty());
  const std::vector changes{ipvs::Change::zero_all(), ipvs::Change::edit_service(service(9)),
                            ipvs::Change::edit_service(service(2))};
  EXPECT_EQ(client.apply(changes).size(), 3U);
  ASSERT_EQ(client.remarks().size(), 1U) << "a refusal is none";
  EXPECT_EQ(client.remarks()[0].change, 2U);
  kernel->table_remark = {.text = "of the table", .service = 0U};
  ASSERT_TRUE(client.replace_table({.services = {{service(5), {}}}, .timeouts = {}}));
  ASSERT_EQ(client.remarks().size(), 1U);
  EXPECT_EQ(client.remarks()[0].text, "of the table");
  kernel->about.api = 0;
  kernel->remarks = {{Operation::add_dest, "of a server"}};
  ipvs::Table wanted{.services = {{service(1), {dest("10.0.0.1")}}, {service(2), {dest("10.0.0.9")}}}, .timeouts = {}};
  ASSERT_TRUE(client.replace_table(wanted));
  ASSERT_EQ(client.remarks().size(), 1U);
  EXPECT_EQ(client.remarks()[0].service, 1U);
  EXPECT_EQ(client.remarks()[0].dest, 0U);
}

TEST_F(ClientTest, WhatIsNeededForAReplacementMayFail) {
  kernel->about.api = 0;
  kernel->refuse(Operation::get_timeouts, EPERM);
  EXPECT_EQ(client.replace_table({}).error().error.code, EPERM);
  kernel->refuse(Operation::list_table, ENOMEM);
  EXPECT_EQ(client.replace_table({}).error().error.code, ENOMEM);
  kernel->refusals.clear();
  ipvs::Table twice;
  twice.services = {{service(5), {}}, {service(5), {}}};
  EXPECT_EQ(client.replace_table(twice).error().error.code, EEXIST);
  EXPECT_TRUE(kernel->made.empty());
}

}  // namespace
