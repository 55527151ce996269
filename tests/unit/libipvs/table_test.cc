// SPDX-License-Identifier: GPL-2.0-or-later
#include "table.hh"

#include <gtest/gtest.h>
#include <linux/ip_vs.h>

#include <cerrno>

namespace {

using ipvs::Address;
using ipvs::Change;
using ipvs::Error;
using ipvs::Operation;

ipvs::Service service(std::uint16_t port, const char* scheduler = "rr") {
  ipvs::Service each;
  each.key = {.fwmark = 0,
              .family = AF_INET,
              .protocol = IPPROTO_TCP,
              .addr = Address::parse("10.9.9.9"),
              .port = port};
  each.scheduler = scheduler;
  each.netmask = ~0U;
  return each;
}

ipvs::Dest dest(int number, int weight = 1) {
  ipvs::Dest each;
  each.key = {.addr = Address::parse("10.0.0." + std::to_string(number)), .port = 80};
  each.weight = weight;
  return each;
}

ipvs::ServiceWithDests present(const ipvs::Service& what, const std::vector<ipvs::Dest>& dests) {
  ipvs::ServiceWithDests each;
  static_cast<ipvs::Service&>(each.service) = what;
  each.service.flags |= IP_VS_SVC_F_HASHED;
  for (const auto& one : dests) {
    each.dests.emplace_back();
    static_cast<ipvs::Dest&>(each.dests.back()) = one;
  }
  return each;
}

std::vector<Operation> operations(const std::vector<ipvs::table::Step>& steps) {
  std::vector<Operation> list;
  for (const auto& step : steps) list.push_back(step.change.operation);
  return list;
}

/// A kernel that takes everything but its `refused`th change, and keeps what it was told.
struct Kernel {
  std::size_t refused = ~std::size_t{0};
  std::vector<Operation> made;

  std::vector<std::optional<Error>> operator()(std::span<const Change> changes) {
    std::vector<std::optional<Error>> outcome(changes.size());
    for (std::size_t i = 0; i < changes.size(); ++i) {
      if (refused-- == 0)
        outcome[i] = Error{.operation = changes[i].operation,
                           .code = EINVAL,
                           .origin = ipvs::Origin::kernel,
                           .detail = "no"};
      else
        made.push_back(changes[i].operation);
    }
    return outcome;
  }
};

TEST(Table, WhatIsEqualNeedsNoChange) {
  const std::vector<ipvs::ServiceWithDests> old{present(service(80), {dest(1), dest(2)})};
  const auto plan = ipvs::table::plan(old, {.services = {{service(80), {dest(2), dest(1)}}}, .timeouts = {}});
  ASSERT_TRUE(plan);
  EXPECT_TRUE(plan->build.empty());
  EXPECT_TRUE(plan->remove.empty());
}

TEST(Table, AdditionsAndEditsInOrderThenDeletions) {
  const std::vector<ipvs::ServiceWithDests> old{present(service(80), {dest(1), dest(2)}),
                                                present(service(81), {dest(1)})};
  const auto plan = ipvs::table::plan(
      old, {.services = {{service(80, "wlc"), {dest(2, 5), dest(3)}}, {service(82), {dest(1)}}},
            .timeouts = {.tcp = 7, .tcp_fin = 0, .udp = 0}});
  ASSERT_TRUE(plan);
  EXPECT_EQ(operations(plan->build),
            (std::vector{Operation::set_timeouts, Operation::edit_service, Operation::edit_dest,
                         Operation::add_dest, Operation::add_service, Operation::add_dest}));
  EXPECT_EQ(plan->build[3].service, 0U);
  EXPECT_EQ(plan->build[3].dest, 1U);
  EXPECT_EQ(operations(plan->remove), (std::vector{Operation::delete_dest, Operation::delete_service}));
}

TEST(Table, AMarkIsAllThatIdentifiesItsService) {
  ipvs::Service mark = service(80);
  mark.key.fwmark = 9;
  ipvs::Service reported = mark;
  reported.key = {.fwmark = 9, .family = AF_INET, .protocol = 0, .addr = {}, .port = 0};
  const std::vector<ipvs::ServiceWithDests> old{present(reported, {})};
  const auto plan = ipvs::table::plan(old, {.services = {{mark, {}}}, .timeouts = {}});
  ASSERT_TRUE(plan);
  EXPECT_TRUE(plan->build.empty());
  EXPECT_TRUE(plan->remove.empty());
}

TEST(Table, TwiceTheSameIsRefusedWithItsPlace) {
  auto plan = ipvs::table::plan({}, {.services = {{service(80), {}}, {service(80), {}}}, .timeouts = {}});
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().error.code, EEXIST);
  EXPECT_EQ(plan.error().service, 1U);
  EXPECT_FALSE(plan.error().dest);

  plan = ipvs::table::plan({}, {.services = {{service(80), {dest(1), dest(1, 2)}}}, .timeouts = {}});
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().service, 0U);
  EXPECT_EQ(plan.error().dest, 1U);
}

TEST(Table, ARefusalTakesBackWhatWasMadeInReverseAndDeletesNothing) {
  const std::vector<ipvs::ServiceWithDests> old{present(service(80), {dest(1)}),
                                                present(service(81), {})};
  const auto plan = ipvs::table::plan(
      old, {.services = {{service(80, "wlc"), {dest(1, 9)}}, {service(82), {dest(1)}}}, .timeouts = {}});
  ASSERT_TRUE(plan);
  Kernel kernel{.refused = 3, .made = {}};
  const auto done = ipvs::table::carry_out(*plan, {}, std::ref(kernel));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().error.detail, "no");
  EXPECT_EQ(done.error().service, 1U);
  EXPECT_EQ(done.error().dest, 0U);
  EXPECT_EQ(kernel.made, (std::vector{Operation::edit_service, Operation::edit_dest, Operation::add_service,
                                      Operation::delete_service, Operation::edit_dest,
                                      Operation::edit_service}));
}

TEST(Table, ADeletedServiceComesBackWithItsServersInTheirOrder) {
  const std::vector<ipvs::ServiceWithDests> old{present(service(80), {dest(2), dest(1)})};
  const auto plan = ipvs::table::plan(old, {});
  ASSERT_TRUE(plan);
  ASSERT_EQ(plan->remove.size(), 1U);
  const auto back = ipvs::table::inverse(plan->remove[0], {});
  ASSERT_EQ(back.size(), 3U);
  EXPECT_EQ(std::get<ipvs::DestSpec>(back[1].body).dest.key, dest(1).key);
  EXPECT_EQ(std::get<ipvs::DestSpec>(back[2].body).dest.key, dest(2).key);
}

}  // namespace
