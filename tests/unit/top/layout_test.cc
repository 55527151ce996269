// SPDX-License-Identifier: GPL-2.0-or-later
#include "top/layout.hh"

#include <gtest/gtest.h>

#include <algorithm>

#include "moments.hh"

namespace {

using top::Column;
using top::Frame;
using top::Layout;
using top::Row;

bool has(const Layout& layout, Column column) {
  return std::ranges::find(layout.fields, column, &Layout::Field::column) != layout.fields.end();
}

std::string all_of(const std::vector<top::Line>& lines) {
  std::string text;
  for (const auto& each : lines) text += text_of(each) + "\n";
  return text;
}

TEST(TopLayout, EachWidthIsFilledAndNotExceeded) {
  const Frame frame(taken(a_table()));
  for (std::size_t width = 0; width < 300; ++width)
    for (const auto& column : top::columns()) {
      const Layout layout = top::layout_for(width, column.column);
      std::size_t sum = layout.name + (layout.share == 0 ? 0 : layout.share + 1);
      for (const auto& field : layout.fields) sum += field.width + 1;
      EXPECT_LE(sum, width) << column.name;
      EXPECT_TRUE(width < 28 + 16 || column.column == Column::name || has(layout, column.column)) << width << " " << column.name;
      for (const Row& row : {Row{.service = 0}, Row{.service = 0, .dest = 0}}) {
        std::size_t drawn = 0;
        for (const auto& piece : row_line(frame, row, layout)) drawn += piece.text.size();
        EXPECT_LE(drawn, std::max<std::size_t>(width, 2));
      }
    }
}

TEST(TopLayout, WhatEightyColumnsShow) {
  const Layout layout = top::layout_for(80, Column::name);
  for (const Column each : {Column::active, Column::inactive, Column::conns, Column::inbytes, Column::outbytes, Column::weight})
    EXPECT_TRUE(has(layout, each));
  EXPECT_NE(layout.share, 0U);
  EXPECT_FALSE(has(layout, Column::health));
  EXPECT_TRUE(has(top::layout_for(80, Column::health), Column::health)) << "it is sorted by";
  EXPECT_EQ(top::layout_for(140, Column::name).fields.size(), top::columns().size() - 1) << "all";
}

TEST(TopLayout, RowsOfEightyColumns) {
  const Frame frame(taken(a_table()));
  const Layout layout = top::layout_for(80, Column::conns);
  EXPECT_EQ(text_of(titles_line(layout, {.column = Column::conns})),
            "    service and servers       weight active  inact conn/sv in B/s outB/s share");
  EXPECT_EQ(text_of(row_line(frame, {.service = 0, .is_open = true}, layout)),
            "~ - tcp 192.0.2.1:80               4     40      5      50  2.50M      0 ||||||");
  EXPECT_EQ(text_of(row_line(frame, {.service = 0, .dest = 1}, layout)),
            "      10.0.0.2:8080                1     10      5      40      0      0 ||||||");
  EXPECT_EQ(text_of(row_line(frame, {.service = 0, .dest = 2}, layout)),
            "d     10.0.0.3:8080                0      0      0       0      0      0");
  EXPECT_EQ(text_of(row_line(frame, {.service = 1}, layout)).substr(0, 29), "!   udp [2001:db8::1]:53     ") << "nothing to open";
  EXPECT_EQ(text_of(row_line(frame, {.service = 2}, layout)).substr(0, 20), "! + fwmark 7 ipv4   ") << "closed";
  EXPECT_EQ(text_of(row_line(frame, {.service = 2, .dest = 0}, layout)).substr(0, 16), "F     10.0.0.9:0");
}

TEST(TopLayout, ReversedSaysSo) {
  const Layout layout = top::layout_for(80, Column::conns);
  EXPECT_NE(text_of(titles_line(layout, {.column = Column::conns, .is_reversed = true})).find("conn/s^"), std::string::npos);
}

TEST(TopLayout, ForFilesEverythingIsSaidInAllDigits) {
  const Frame frame(taken(a_table()));
  const std::string line = text_of(row_line(frame, {.service = 0, .dest = 0}, top::whole_layout(Column::name)));
  for (const char* what : {"10.0.0.1:8080", "Masq", " up ", " 2500000 ", " 67%"}) EXPECT_NE((line + " ").find(what), std::string::npos) << what << ": " << line;
}

TEST(TopLayout, HeaderSaysWhatTheModuleTells) {
  auto snapshot = a_table(10);
  std::string text = all_of(header_lines(Frame(taken(snapshot)), {.interval = 2}, "12:00:00", 9));
  EXPECT_EQ(text,
            "ipvs-top 12:00:00   IPVS 1.2.1 (test), table 4096   every 2 s\n"
            "3 services, 4 servers, 1 drained, 1 full   connections 140 active, 5 inactive\n"
            "conn/s 55   packets/s in 0 out 0   bytes/s in 2.50M out 0\n");
  snapshot.drops.emplace();
  ipvs::DaemonConfig master;
  master.state = IP_VS_STATE_MASTER;
  master.interface = "eth\x1b";
  master.sync_id = 5;
  snapshot.daemons = {master};
  text = all_of(header_lines(Frame(taken(snapshot)), {}, "", 9));
  EXPECT_NE(text.find("\ndropped 0\n"), std::string::npos) << text;
  EXPECT_NE(text.find("\nsync: master on eth\\x1b, id 5\n"), std::string::npos) << text;

  snapshot.sync = {{.state = IP_VS_STATE_MASTER, .heard = {{.is_alive = true}, {.lost = 4}}}};
  auto before = snapshot;
  snapshot.drops = {{"no-route", 30}, {"no-server", 70}};
  before.begun -= std::chrono::seconds(2);
  text = all_of(header_lines(Frame(taken(snapshot), taken(before)), {}, "", 9));
  EXPECT_NE(text.find("\ndropped/s 50   of all 100: no-server 35, no-route 15\n"), std::string::npos) << text;
  EXPECT_NE(text.find(", id 5, hears 2 (1 alive), lost 4\n"), std::string::npos) << text;
  EXPECT_EQ(header_lines(Frame(taken(snapshot), taken(before)), {}, "", 2).size(), 2U) << "a small screen";
}

TEST(TopLayout, HeaderSaysWhenThereIsNoModule) {
  auto snapshot = a_moment();
  snapshot.trouble = "the module ip_vs is not loaded";
  EXPECT_EQ(all_of(header_lines(Frame(taken(snapshot)), {.is_paused = true}, "12:00:00", 9)),
            "ipvs-top 12:00:00   paused\nthe module ip_vs is not loaded\n");
}

TEST(TopLayout, HeaderSaysWhereRatesComeFrom) {
  auto snapshot = a_table(10);
  snapshot.has_estimates = false;
  const auto first = taken(snapshot);
  EXPECT_NE(all_of(header_lines(Frame(first), {}, "", 9)).find("rates are known with the next reading"), std::string::npos);
  snapshot.begun += std::chrono::seconds(1);
  EXPECT_NE(all_of(header_lines(Frame(taken(snapshot), first), {}, "", 9)).find("\nthe kernel does not estimate rates"), std::string::npos);
  snapshot.info.api = 0;
  EXPECT_NE(all_of(header_lines(Frame(taken(snapshot), first), {}, "", 9)).find("rates are not known: estimation is off"), std::string::npos);
}

TEST(TopLayout, ReadingTakesAQuarterOfTheTimeAtMost) {
  const top::Pace pace{.interval = 2};
  EXPECT_EQ(pace.period(0.01), 2);
  EXPECT_EQ(pace.period(1.5), 6);
  EXPECT_NE(all_of(header_lines(Frame(taken(a_table())), {.interval = 3600}, "", 9)).find("every 3600 s"), std::string::npos);
  auto snapshot = a_table();
  snapshot.seconds = 1.5;
  EXPECT_NE(all_of(header_lines(Frame(taken(snapshot)), pace, "", 9)).find("every 6.0 s, as reading takes 1.5 s"), std::string::npos);
}

}  // namespace
