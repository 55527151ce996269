// SPDX-License-Identifier: GPL-2.0-or-later
#include "top/rows.hh"

#include <gtest/gtest.h>

#include <set>

#include "base/overview.hh"
#include "moments.hh"

namespace {

using top::Column;
using top::Filter;
using top::Frame;
using top::Row;
using top::Sorting;

const auto kOpen = [](const ipvs::ServiceKey&) { return true; };
const auto kClosed = [](const ipvs::ServiceKey&) { return false; };

/// Last numbers of services and, behind a dash, of servers.
std::string listed(const Frame& frame, const Sorting& sorting, const std::string& filter = "", const top::IsOpen& is_open = kOpen) {
  std::string text;
  for (const Row& row : rows_of(frame, sorting, Filter(filter), is_open)) {
    const auto& key = frame.service(row.service).service.key;
    if (row.is_service()) text += key.fwmark ? " mark" : key.port == 80 ? " web" : " dns";
    else text += " " + std::to_string(frame.dest(row.service, row.dest).key.addr.bytes[3]);
  }
  return text.substr(std::min<std::size_t>(text.size(), 1));
}

TEST(TopRows, Sorting) {
  const Frame frame(taken(a_table()));
  EXPECT_EQ(listed(frame, {}), "web 1 2 3 dns mark 9");
  EXPECT_EQ(listed(frame, {.is_reversed = true}), "mark 9 dns web 3 2 1");
  EXPECT_EQ(listed(frame, {.column = Column::conns}), "web 2 1 3 mark 9 dns");
  EXPECT_EQ(listed(frame, {.column = Column::conns, .is_reversed = true}), "dns mark 9 web 3 1 2");
  EXPECT_EQ(listed(frame, {.column = Column::active}), "mark 9 web 1 2 3 dns");
  EXPECT_EQ(listed(frame, {.column = Column::weight}), "web 1 2 3 mark 9 dns");
  EXPECT_EQ(listed(frame, {.column = Column::health}), "dns mark 9 web 3 1 2") << "the sickest first";
  EXPECT_EQ(listed(frame, {.column = Column::kind}), "dns mark 9 web 1 2 3") << "rr, wlc";
  EXPECT_EQ(listed(frame, {.column = Column::inbytes}), "web 1 2 3 dns mark 9") << "what is equal stays in order";
}

TEST(TopRows, OpenAndClosed) {
  const Frame frame(taken(a_table()));
  EXPECT_EQ(listed(frame, {}, "", kClosed), "web dns mark");
  EXPECT_EQ(listed(frame, {}, "", [](const ipvs::ServiceKey& key) { return key.fwmark != 0; }), "web dns mark 9");
  const auto rows = rows_of(frame, {}, Filter(), kOpen);
  EXPECT_TRUE(rows[0].is_open);
  EXPECT_FALSE(rows[4].is_open) << "there is nothing in it";
}

TEST(TopRows, FilterByAddressPortSchedulerAndMark) {
  const Frame frame(taken(a_table()));
  EXPECT_EQ(listed(frame, {}, "wlc"), "web 1 2 3");
  EXPECT_EQ(listed(frame, {}, "WLC"), "web 1 2 3");
  EXPECT_EQ(listed(frame, {}, ":53"), "dns");
  EXPECT_EQ(listed(frame, {}, "2001:DB8"), "dns");
  EXPECT_EQ(listed(frame, {}, "fwmark 7"), "mark 9");
  EXPECT_EQ(listed(frame, {}, "192.0.2.1:80 nothing"), "");
  EXPECT_EQ(listed(frame, {}, "10.0.0.2"), "web 2") << "a server alone, with its service";
  EXPECT_EQ(listed(frame, {}, "10.0.0.2", kClosed), "web 2") << "and seen";
  EXPECT_EQ(listed(frame, {}, "tcp 10.0.0.3"), "web 3") << "words of both";
  EXPECT_EQ(listed(frame, {}, "tcp", kClosed), "web");
  EXPECT_EQ(listed(frame, {}, "  "), "web 1 2 3 dns mark 9");
}

TEST(TopRows, SharesAreOfWhatIsSortedBy) {
  const Frame frame(taken(a_table()));
  EXPECT_DOUBLE_EQ(share_of(frame.of_dest(0, 1), frame.of_service(0), Column::conns), 0.8);
  EXPECT_DOUBLE_EQ(share_of(frame.of_dest(0, 1), frame.of_service(0), Column::name), 15.0 / 45);
  EXPECT_DOUBLE_EQ(share_of(frame.of_service(0), frame.of_all(), Column::weight), 0.8);
  EXPECT_EQ(share_of(frame.of_service(1), frame.of_service(1), Column::conns), 0) << "of nothing";
  EXPECT_STREQ(top::share_meaning(Column::name), "conns");
}

TEST(TopRows, ColumnsHaveNamesAndKeysOfTheirOwn) {
  std::set<std::string> names;
  std::set<char> keys;
  for (const auto& each : top::columns()) {
    EXPECT_TRUE(names.insert(each.name).second && keys.insert(each.key).second) << each.name;
    EXPECT_EQ(top::column_named(each.name), each.column);
    EXPECT_LE(std::string(each.title).size(), 6U);
  }
  EXPECT_FALSE(top::column_named("nothing"));
  EXPECT_FALSE(top::column_named(""));
}

TEST(TopRows, UnknownRatesComeLast) {
  auto snapshot = a_table();
  snapshot.has_estimates = false;
  const Frame frame(taken(snapshot));
  EXPECT_EQ(number_of(frame.of_service(0), Column::conns), -1);
  EXPECT_EQ(listed(frame, {.column = Column::conns}), "web 1 2 3 dns mark 9");
}

}  // namespace
