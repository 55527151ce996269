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
  for (const auto& step : steps) list.push_back(step.change.operation());
  return list;
}

/// A kernel that takes everything but its `refused`th change, and keeps what it was told.
struct Kernel {
  std::size_t refused = ~std::size_t{0};
  int code = EINVAL;
  std::vector<Operation> made;

  std::vector<ipvs::Result<void>> operator()(std::span<const Change> changes, std::vector<ipvs::Remark>& remarks) {
    std::vector<ipvs::Result<void>> outcome(changes.size());
    for (std::size_t i = 0; i < changes.size(); ++i) {
      if (refused-- == 0)
        outcome[i] = std::unexpected(Error{.operation = changes[i].operation(),
                                           .code = code,
                                           .origin = ipvs::Origin::kernel,
                                           .detail = "no"});
      else
        made.push_back(changes[i].operation());
      if (outcome[i] && changes[i].as<ipvs::change::AddDest>()) remarks.push_back({.text = "new", .change = i});
    }
    return outcome;
  }
};

std::expected<void, ipvs::TableError> carry_out(const ipvs::table::Plan& plan, const ipvs::Timeouts& old_timeouts,
                                                const ipvs::table::Apply& apply) {
  std::vector<ipvs::Remark> remarks;
  auto done = ipvs::table::carry_out(plan, old_timeouts, apply, remarks);
  EXPECT_TRUE(done || remarks.empty()) << "of what was taken back there is nothing to say";
  return done;
}

TEST(Table, WhatIsSaidOfAStepIsSaidOfItsItem) {
  const std::vector<ipvs::ServiceWithDests> old{present(service(80), {dest(1)})};
  const auto plan = ipvs::table::plan(
      old, {.services = {{service(80), {dest(1), dest(2)}}, {service(82), {dest(7)}}}, .timeouts = {}});
  ASSERT_TRUE(plan);
  Kernel kernel{.refused = 99, .code = EINVAL, .made = {}};
  std::vector<ipvs::Remark> remarks;
  ASSERT_TRUE(ipvs::table::carry_out(*plan, {}, std::ref(kernel), remarks));
  ASSERT_EQ(remarks.size(), 2U);
  EXPECT_EQ(remarks[0].service, 0U);
  EXPECT_EQ(remarks[0].dest, 1U);
  EXPECT_EQ(remarks[1].service, 1U);
  EXPECT_EQ(remarks[1].dest, 0U);
}

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
  Kernel kernel{.refused = 3, .code = EINVAL, .made = {}};
  const auto done = carry_out(*plan, {}, std::ref(kernel));
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
  ASSERT_TRUE(back[0].as<ipvs::change::AddService>());
  EXPECT_EQ(back[0].as<ipvs::change::AddService>()->service.key, service(80).key);
  ASSERT_TRUE(back[1].as<ipvs::change::AddDest>() && back[2].as<ipvs::change::AddDest>());
  EXPECT_EQ(back[1].as<ipvs::change::AddDest>()->service, service(80).key);
  EXPECT_EQ(back[1].as<ipvs::change::AddDest>()->dest.key, dest(1).key);
  EXPECT_EQ(back[2].as<ipvs::change::AddDest>()->dest.key, dest(2).key);
}

TEST(Table, ARefusalStopsTheStepsBehindIt) {
  const std::vector<ipvs::ServiceWithDests> old{present(service(80), {})};
  const auto plan = ipvs::table::plan(
      old, {.services = {{service(81), {}}, {service(82), {}}, {service(83), {}}}, .timeouts = {}});
  ASSERT_TRUE(plan);
  ASSERT_EQ(plan->build.size(), 3U);
  Kernel kernel{.refused = 1, .code = EINVAL, .made = {}};
  const auto done = carry_out(*plan, {}, std::ref(kernel));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().service, 1U);
  EXPECT_EQ(kernel.made, (std::vector{Operation::add_service, Operation::delete_service}))
      << "the third service is never there, and the old one never gone";
}

TEST(Table, TimeoutsComeBackWhenTheServiceBehindThemIsRefused) {
  const auto plan = ipvs::table::plan({}, {.services = {{service(81), {}}},
                                           .timeouts = {.tcp = 1, .tcp_fin = 2, .udp = 3}});
  ASSERT_TRUE(plan);
  std::vector<Change> told;
  const auto done = carry_out(
      *plan, {.tcp = 900, .tcp_fin = 120, .udp = 300}, [&](std::span<const Change> changes, auto&) {
        told.insert(told.end(), changes.begin(), changes.end());
        std::vector<ipvs::Result<void>> outcome(changes.size());
        if (changes.front().as<ipvs::change::AddService>())
          outcome.front() = std::unexpected(Error{.operation = Operation::add_service, .code = EPERM, .detail = {}});
        return outcome;
      });
  ASSERT_FALSE(done);
  ASSERT_EQ(told.size(), 3U);
  ASSERT_TRUE(told[2].as<ipvs::change::SetTimeouts>());
  EXPECT_EQ(told[2].as<ipvs::change::SetTimeouts>()->timeouts,
            (ipvs::Timeouts{.tcp = 900, .tcp_fin = 120, .udp = 300}));
}

TEST(Table, WhatIsGoneAlreadyIsNoRefusalOfItsDeletion) {
  const std::vector<ipvs::ServiceWithDests> old{present(service(80), {dest(1), dest(2)}), present(service(81), {})};
  const auto plan = ipvs::table::plan(old, {.services = {{service(80), {}}}, .timeouts = {}});
  ASSERT_TRUE(plan);
  EXPECT_EQ(operations(plan->remove),
            (std::vector{Operation::delete_dest, Operation::delete_dest, Operation::delete_service}));
  const struct {
    std::size_t step;
    int code;
    bool is_gone;
  } cases[] = {{0, ENOENT, true},  {0, ESRCH, true},  {0, EPERM, false},
               {2, ENOENT, false}, {2, ESRCH, true}, {2, EPERM, false}};
  for (const auto& each : cases) {
    Kernel kernel{.refused = each.step, .code = each.code, .made = {}};
    const auto done = carry_out(*plan, {}, std::ref(kernel));
    EXPECT_EQ(done.has_value(), each.is_gone) << each.step << " " << each.code;
    EXPECT_EQ(kernel.made.size(), each.is_gone ? 2 : 2 * each.step) << "the others are made, or taken back";
  }
  // An addition that meets the same errno is refused.
  const auto grow = ipvs::table::plan({}, {.services = {{service(80), {}}}, .timeouts = {}});
  Kernel kernel{.refused = 0, .code = ESRCH, .made = {}};
  EXPECT_FALSE(carry_out(*grow, {}, std::ref(kernel)));
}

TEST(Table, WhatEachStepIsTakenBackBy) {
  const std::vector<ipvs::ServiceWithDests> old{present(service(80, "rr"), {dest(1, 4), dest(2, 5)})};
  const auto plan = ipvs::table::plan(old, {.services = {{service(80, "wlc"), {dest(1, 9), dest(3)}}}, .timeouts = {}});
  ASSERT_TRUE(plan);
  ASSERT_EQ(plan->build.size(), 3U);
  ASSERT_EQ(plan->remove.size(), 1U);
  const auto edit = ipvs::table::inverse(plan->build[0], {});
  ASSERT_TRUE(edit.size() == 1 && edit[0].as<ipvs::change::EditService>());
  EXPECT_EQ(edit[0].as<ipvs::change::EditService>()->service.scheduler, "rr");
  const auto weight = ipvs::table::inverse(plan->build[1], {});
  ASSERT_TRUE(weight.size() == 1 && weight[0].as<ipvs::change::EditDest>());
  EXPECT_EQ(weight[0].as<ipvs::change::EditDest>()->dest.weight, 4);
  const auto added = ipvs::table::inverse(plan->build[2], {});
  ASSERT_TRUE(added.size() == 1 && added[0].as<ipvs::change::DeleteDest>());
  EXPECT_EQ(added[0].as<ipvs::change::DeleteDest>()->dest, dest(3).key);
  const auto removed = ipvs::table::inverse(plan->remove[0], {});
  ASSERT_TRUE(removed.size() == 1 && removed[0].as<ipvs::change::AddDest>());
  EXPECT_EQ(removed[0].as<ipvs::change::AddDest>()->dest.weight, 5);
}

TEST(Table, EveryOptionOfAServiceCounts) {
  const auto changed = [](auto change) {
    auto wanted = service(80);
    change(wanted);
    const std::vector<ipvs::ServiceWithDests> old{present(service(80), {})};
    const auto plan = ipvs::table::plan(old, {.services = {{wanted, {}}}, .timeouts = {}});
    return plan && operations(plan->build) == std::vector{Operation::edit_service};
  };
  EXPECT_TRUE(changed([](auto& s) { s.scheduler = "wrr"; }));
  EXPECT_TRUE(changed([](auto& s) { s.flags = IP_VS_SVC_F_PERSISTENT; }));
  EXPECT_TRUE(changed([](auto& s) { s.timeout = 7; }));
  EXPECT_TRUE(changed([](auto& s) { s.netmask = 255; }));
  EXPECT_TRUE(changed([](auto& s) { s.pe = "sip"; }));
  EXPECT_FALSE(changed([](auto& s) { s.flags = IP_VS_SVC_F_HASHED; }));
}

}  // namespace
