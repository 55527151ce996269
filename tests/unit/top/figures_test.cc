// SPDX-License-Identifier: GPL-2.0-or-later
#include "top/figures.hh"

#include <gtest/gtest.h>

#include "moments.hh"

namespace {

using top::Frame;

TEST(TopFigures, EstimatesAreTheKernels) {
  auto snapshot = a_table();
  snapshot.totals = ipvs::Stats{.conns = 1000, .cps = 60, .inbps = 99};
  const Frame frame(taken(snapshot));
  EXPECT_EQ(frame.source(), Frame::Source::estimates);
  // In order: the mark comes last.
  ASSERT_EQ(frame.snapshot().table.size(), 3U);
  EXPECT_EQ(frame.of_service(0).rates->conns, 50);
  EXPECT_EQ(frame.of_dest(0, 1).rates->conns, 40);
  EXPECT_EQ(frame.of_all().rates->conns, 60) << "of the namespace, with what is gone";
  EXPECT_EQ(frame.of_service(0).active, 40U);
  EXPECT_EQ(frame.of_service(0).inactive, 5U);
  EXPECT_EQ(frame.of_service(0).weight, 4);
  EXPECT_EQ(frame.of_all().active, 140U);
  EXPECT_EQ(frame.dests(), 4U);
  EXPECT_EQ(frame.drained(), 1U);
  EXPECT_EQ(frame.full(), 1U);
}

TEST(TopFigures, WithoutTotalsServicesAreSummedUp) {
  EXPECT_EQ(Frame(taken(a_table())).of_all().rates->conns, 55);
}

/// A table of which a server counts 100 connections more in four seconds.
ipvsadm::Snapshot counting(double at, std::uint64_t conns) {
  auto snapshot = a_table(at);
  snapshot.has_estimates = false;
  for (auto& service : snapshot.table)
    if (service.service.key.port == 80) {
      service.service.stats.conns = service.dests[1].stats.conns = conns;
      service.dests[1].stats.outbytes = 10 * conns;
    }
  return snapshot;
}

TEST(TopFigures, WithoutEstimationCountersAreCompared) {
  const auto before = taken(counting(0, 500));
  const Frame first(before);
  EXPECT_EQ(first.source(), Frame::Source::counters);
  EXPECT_FALSE(first.of_service(0).rates) << "there is nothing to compare with";
  EXPECT_FALSE(first.of_all().rates);

  auto changed = counting(4, 600);
  auto& dests = changed.table[0].dests;
  dests.erase(dests.begin());
  dests.push_back(a_server("10.0.0.7", 8080, 77));
  changed.table.insert(changed.table.begin(), a_service("192.0.2.0", 80));
  const Frame second(taken(changed), before);
  EXPECT_FALSE(second.of_service(0).rates) << "a new service";
  EXPECT_EQ(second.of_service(1).rates->conns, 25);
  EXPECT_EQ(second.of_dest(1, 0).rates->conns, 25);
  EXPECT_EQ(second.of_dest(1, 0).rates->outbytes, 250);
  EXPECT_EQ(second.of_dest(1, 1).rates->conns, 0);
  EXPECT_FALSE(second.of_dest(1, 2).rates) << "a new server";
  EXPECT_EQ(second.of_all().rates->conns, 25);
}

TEST(TopFigures, TheKernelsOwnModuleDoesNotCountWithoutEstimation) {
  auto before = counting(0, 500), now = counting(4, 500);
  before.info.api = now.info.api = 0;
  const Frame frame(taken(now), taken(before));
  EXPECT_EQ(frame.source(), Frame::Source::none);
  EXPECT_FALSE(frame.of_service(0).rates || frame.of_dest(0, 0).rates || frame.of_all().rates) << "not known, and not 0";
}

TEST(TopFigures, CountersThatBeganAnew) {
  EXPECT_EQ(Frame(taken(counting(2, 10)), taken(counting(0, 500))).of_dest(0, 1).rates->conns, 5);
}

TEST(TopFigures, NothingIsComparedWithAModuleThatWasNotThere) {
  auto gone = a_moment(0);
  gone.trouble = "no module";
  EXPECT_FALSE(Frame(taken(counting(2, 10)), taken(gone)).of_service(0).rates);
  const auto same = taken(counting(2, 10));
  EXPECT_FALSE(Frame(same, same).of_service(0).rates) << "no time has gone by";
}

TEST(TopFigures, DropsAreSortedByWhatGoesOn) {
  auto before = a_moment(0), now = a_moment(2);
  EXPECT_FALSE(Frame(taken(before)).drops()) << "the kernel's own module does not tell";
  before.drops = {{"no-route", 1000}, {"no-server", 5}, {"never", 0}};
  now.drops = {{"no-route", 1000}, {"no-server", 25}, {"never", 0}, {"new-reason", 4}};
  const Frame first(taken(before));
  EXPECT_FALSE(first.drops()->has_rates);
  EXPECT_EQ(first.drops()->packets, 1005U);
  ASSERT_EQ(first.drops()->reasons.size(), 2U);
  EXPECT_EQ(first.drops()->reasons[0].reason, "no-route");
  const Frame second(taken(now), taken(before));
  EXPECT_TRUE(second.drops()->has_rates);
  EXPECT_EQ(second.drops()->rate, 12);
  ASSERT_EQ(second.drops()->reasons.size(), 3U);
  EXPECT_EQ(second.drops()->reasons[0].reason, "no-server");
  EXPECT_EQ(second.drops()->reasons[0].rate, 10);
  EXPECT_EQ(second.drops()->reasons[1].reason, "new-reason");
  EXPECT_EQ(second.drops()->reasons[2].rate, 0);
}

}  // namespace
