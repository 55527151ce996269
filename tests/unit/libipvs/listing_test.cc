// SPDX-License-Identifier: GPL-2.0-or-later
// The table in steps that do not wait, on a wire without a kernel.
#include <gtest/gtest.h>
#include <linux/netlink.h>

#include <cerrno>
#include <cstdlib>
#include <optional>

#include "answers.hh"
#include "backend.hh"
#include "fake_link.hh"
#include "files.hh"
#include "ipvs/kernel.h"
#include "libipvs.h"

namespace {

using answers::service_of_mark;
using bytes::attr;
using bytes::Bytes;
using bytes::genl;
using bytes::hex;
using bytes::number;
using bytes::text;
using bytes::operator+;

Bytes dest_nest(std::uint32_t weight) {
  Bytes members = attr(IPVS_DEST_ATTR_ADDR_FAMILY, number<std::uint16_t>(AF_INET)) +
                  attr(IPVS_DEST_ATTR_ADDR, hex("0a000001 00000000 00000000 00000000")) +
                  attr(IPVS_DEST_ATTR_PORT, hex("0050"));
  for (int type : {IPVS_DEST_ATTR_FWD_METHOD, IPVS_DEST_ATTR_U_THRESH, IPVS_DEST_ATTR_L_THRESH,
                   IPVS_DEST_ATTR_ACTIVE_CONNS, IPVS_DEST_ATTR_INACT_CONNS, IPVS_DEST_ATTR_PERSIST_CONNS})
    members = members + attr(type, number(0U));
  return attr(IPVS_CMD_ATTR_DEST, members + attr(IPVS_DEST_ATTR_WEIGHT, number(weight)));
}

struct ListingTest : testing::Test {
  std::shared_ptr<Wire> wire = std::make_shared<Wire>();
  bool in_one = true;   ///< our module
  int interrupted = 0;  ///< so many lists are changed on the way
  int lists = 0;
  std::optional<ipvs::Client> client;

  void SetUp() override {
    wire->kernel = [this](Wire& w, const Request& request) { answer(w, request); };
    auto backend = ipvs::open_netlink(std::make_unique<FakeLink>(wire));
    ASSERT_TRUE(backend);
    client.emplace(ipvs::make_client(std::move(*backend), ipvs::kernel_files()));
  }

  void answer(Wire& w, const Request& request) {
    const auto seq = request.message.seq;
    if (request.message.type == 0x10) return w.answer(wire::family(seq));
    switch (request.command()) {
      case IPVS_CMD_GET_TABLE:
        if (!in_one) return w.answer(wire::ack(seq, EOPNOTSUPP));
        ++lists;
        w.answer(wire::reply(seq, genl(IPVS_CMD_GET_TABLE, service_of_mark(7) + dest_nest(1))));
        w.answer(wire::reply(seq, genl(IPVS_CMD_GET_TABLE, dest_nest(2) + service_of_mark(8))));
        break;
      case IPVS_CMD_GET_SERVICE:
        ++lists;
        w.answer(wire::reply(seq, genl(IPVS_CMD_NEW_SERVICE, service_of_mark(7))) +
                 wire::reply(seq, genl(IPVS_CMD_NEW_SERVICE, service_of_mark(8))));
        break;
      case IPVS_CMD_GET_DEST:
        if (++dest_lists % 2 == 1)
          w.answer(wire::reply(seq, genl(IPVS_CMD_NEW_DEST, dest_nest(1))) +
                   wire::reply(seq, genl(IPVS_CMD_NEW_DEST, dest_nest(2))));
        break;
      default:
        return w.answer(wire::ack(seq, EINVAL));
    }
    const bool changed = interrupted > 0 && request.command() != IPVS_CMD_GET_DEST;
    if (changed) --interrupted;
    w.answer(wire::done(seq, changed ? 0x12 : 2));
  }
  int dest_lists = 0;

  static void expect_the_table(const std::vector<ipvs::ServiceWithDests>& table) {
    ASSERT_EQ(table.size(), 2U);
    EXPECT_EQ(table[0].service.key.fwmark, 7U);
    ASSERT_EQ(table[0].dests.size(), 2U);
    EXPECT_EQ(table[0].dests[0].weight, 1);
    EXPECT_EQ(table[0].dests[1].weight, 2);
    EXPECT_EQ(table[1].service.key.fwmark, 8U);
    EXPECT_TRUE(table[1].dests.empty());
  }
  /// How many steps it took.
  static int finish(ipvs::Listing& listing) {
    for (int steps = 1; steps < 200; ++steps) {
      const auto done = listing.step();
      EXPECT_TRUE(done);
      if (!done || *done) return steps;
    }
    ADD_FAILURE() << "it does not end";
    return 0;
  }
};

TEST_F(ListingTest, OneDatagramAStep) {
  auto listing = client->list();
  ASSERT_TRUE(listing);
  EXPECT_EQ(listing->fd(), 77);
  EXPECT_TRUE(listing->take().empty()) << "it is not whole";
  EXPECT_EQ(finish(*listing), 3);
  EXPECT_TRUE(*listing->step());
  expect_the_table(listing->take());
}

TEST_F(ListingTest, NothingThereIsNothingWaitedFor) {
  wire->kernel = [](Wire& w, const Request& request) {
    if (request.message.type == 0x10) w.answer(wire::family(request.message.seq));
  };
  auto listing = client->list();
  ASSERT_TRUE(listing);
  for (int i = 0; i < 3; ++i) {
    const auto done = listing->step();
    ASSERT_TRUE(done);
    EXPECT_FALSE(*done);
  }
}

TEST_F(ListingTest, OnTheKernelsOwnModule) {
  in_one = false;
  auto listing = client->list();
  ASSERT_TRUE(listing);
  finish(*listing);
  expect_the_table(listing->take());
  EXPECT_EQ(dest_lists, 2);
}

TEST_F(ListingTest, AChangedTableIsAskedForAgain) {
  for (in_one = true;; in_one = false) {
    lists = 0;
    interrupted = 3;
    auto listing = client->list();
    ASSERT_TRUE(listing);
    finish(*listing);
    expect_the_table(listing->take());
    EXPECT_EQ(lists, 4);
    if (!in_one) break;
  }
}

TEST_F(ListingTest, NotForEver) {
  interrupted = 1000;
  auto listing = client->list();
  ASSERT_TRUE(listing);
  ipvs::Result<bool> done = false;
  while (done && !*done) done = listing->step();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, EINTR);
  EXPECT_EQ(done.error().message(), "the table was changed each of the 10 times it was read");
  EXPECT_EQ(lists, 10);
  EXPECT_EQ(listing->step().error().code, EINTR) << "a list that failed does not become an empty table";
  EXPECT_TRUE(listing->take().empty());
}

TEST_F(ListingTest, RefusalsAndLostAnswers) {
  auto listing = client->list();
  wire->answers.clear();
  wire->fail(ENOBUFS);
  EXPECT_EQ(listing->step().error().code, ENOBUFS);
  EXPECT_FALSE(listing->step());
  wire->kernel = [](Wire& w, const Request& request) {
    if (request.message.type == 0x10) return w.answer(wire::family(request.message.seq));
    w.answer(wire::ack(request.message.seq, EPERM));
  };
  listing = client->list();
  ASSERT_TRUE(listing);
  const auto done = listing->step();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, EPERM);
  EXPECT_EQ(done.error().origin, ipvs::Origin::kernel);
}

TEST_F(ListingTest, InC) {
  ipvs::use_in_c(std::move(*client));
  EXPECT_EQ(ipvs_list_step(), -1);
  EXPECT_EQ(errno, ENODATA);
  ASSERT_EQ(ipvs_list_begin(), 77);
  EXPECT_EQ(ipvs_list_services(), nullptr);
  EXPECT_EQ(errno, ENODATA);
  EXPECT_EQ(ipvs_list_step(), 1);
  EXPECT_EQ(ipvs_list_step(), 1);
  EXPECT_EQ(ipvs_list_step(), 0);
  EXPECT_EQ(ipvs_list_step(), 0);
  auto* services = ipvs_list_services();
  ASSERT_TRUE(services);
  ASSERT_EQ(services->num_services, 2U);
  EXPECT_EQ(services->entrytable[0].fwmark, 7U);
  EXPECT_EQ(services->entrytable[0].num_dests, 2U);
  auto* dests = ipvs_list_dests(0);
  ASSERT_TRUE(dests);
  EXPECT_EQ(dests->fwmark, 7U);
  ASSERT_EQ(dests->num_dests, 2U);
  EXPECT_EQ(dests->entrytable[1].weight, 2);
  EXPECT_EQ(ipvs_list_dests(2), nullptr);
  EXPECT_EQ(errno, ENODATA);
  std::free(dests);
  std::free(services);
  ipvs_close();
  EXPECT_EQ(ipvs_list_services(), nullptr);
}

TEST_F(ListingTest, WithoutMemoryNoListIsWhole) {
  ipvs::use_in_c(std::move(*client));
  ASSERT_EQ(ipvs_list_begin(), 77);
  EXPECT_EQ(ipvs_list_step(), 1);
  wire->no_memory = true;
  EXPECT_EQ(ipvs_list_step(), -1);
  EXPECT_EQ(errno, ENOMEM);
  EXPECT_EQ(ipvs_list_step(), -1) << "a part was lost";
  EXPECT_EQ(errno, ENOMEM);
  EXPECT_EQ(ipvs_list_services(), nullptr);
  ipvs_close();
}

}  // namespace
