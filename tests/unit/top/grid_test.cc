// SPDX-License-Identifier: GPL-2.0-or-later
#include "top/grid.hh"

#include <gtest/gtest.h>

namespace {

using top::Grid;
using top::Style;

TEST(TopGrid, NumbersHaveSixCharactersAtMost) {
  const struct {
    double number;
    const char* text;
  } cases[] = {{0, "0"},           {0.5, "0.5"},        {1, "1"},         {9.96, "10"},        {12.4, "12"},
               {99'999, "99999"},  {99'999.6, "100k"},  {100'000, "100k"}, {999'499, "999k"},  {999'500, "1.00M"},
               {1'250'000, "1.25M"}, {12'500'000, "12.5M"}, {9.996e9, "10.0G"}, {1e18, "1.00E"}, {-1, "-"}};
  for (const auto& [number, text] : cases) EXPECT_EQ(top::scaled(number), text);
  for (double number = 0.01; number < 2e19; number *= 1.037) EXPECT_LE(top::scaled(number).size(), 6U) << number;
  EXPECT_EQ(top::whole(1'234'567.4), "1234567");
  EXPECT_EQ(top::whole(-1), "-");
}

TEST(TopGrid, LongTextKeepsItsEnds) {
  EXPECT_EQ(top::fitted("abc", 5), "abc  ");
  EXPECT_EQ(top::fitted("abc", 5, true), "  abc");
  EXPECT_EQ(top::fitted("tcp [2001:db8::1234]:8080", 15), "tcp [20..]:8080");
  EXPECT_EQ(top::fitted("abcdef", 3), "abc");
  EXPECT_EQ(top::fitted("abc", 0), "");
}

/// What the kernel was told by others does nothing to a terminal, and a byte of it is a cell.
TEST(TopGrid, TextOfOthersIsHarmless) {
  EXPECT_EQ(top::plain("eth0\x1b[2J"), "eth0\\x1b[2J");
  EXPECT_EQ(top::plain("b\xc3\xa4r"), "b\\xc3\\xa4r");
  EXPECT_EQ(top::plain("\xff\t"), "\\xff\\x09");
}

TEST(TopGrid, WhatDoesNotFitIsCutOff) {
  Grid grid(5, 2);
  grid.put(0, {{"abc", Style::bold}, {"defg", Style::bad}});
  grid.put(1, {{"x"}}, true);
  grid.put(2, {{"nowhere"}});
  EXPECT_EQ(grid.text(0), "abcde");
  EXPECT_EQ(grid.at(0, 2).style, Style::bold);
  EXPECT_EQ(grid.at(0, 3).style, Style::bad);
  EXPECT_EQ(grid.text(1), "x");
  EXPECT_TRUE(grid.at(1, 4).is_selected) << "to the edge";
  EXPECT_FALSE(grid.at(0, 4).is_selected);
  Grid nothing(0, 0);
  nothing.put(0, {{"x"}});
}

}  // namespace
