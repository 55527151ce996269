// SPDX-License-Identifier: GPL-2.0-or-later
// What keys do, and what is seen then: the whole program without its terminal and its kernel.
#include "top/screen.hh"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <random>

#include "moments.hh"

namespace {

using top::Key;
using top::Screen;
namespace wish = top::wish;

class TopScreen : public testing::Test {
 protected:
  TopScreen() : screen(settings()) {}
  static Screen::Settings settings() { return {}; }

  void show(ipvsadm::Snapshot snapshot) { screen.take(taken(std::move(snapshot)), "12:00:00"); }
  void type(std::string_view keys) {
    for (const char each : keys) screen.press(each);
  }
  std::string seen() const { return text(screen.draw()); }
  bool sees(const std::string& what) const { return seen().find(what) != std::string::npos; }
  std::string status() const {
    const auto grid = screen.draw();
    return grid.text(grid.height() - 1);
  }
  /// What is selected, without its numbers.
  std::string selected() const {
    const auto grid = screen.draw();
    for (std::size_t row = grid.height(); row-- > 0;)
      if (grid.at(row, 0).is_selected) {
        const std::string text = grid.text(row);
        const auto begin = std::min(text.find_first_not_of(" -+", 1), text.size());
        return text.substr(begin, text.find("  ", begin) - begin);
      }
    return {};
  }
  /// The one thing that is wished for, if it is of this kind.
  template <typename Kind>
  std::optional<Kind> wished() {
    std::optional<Kind> found;
    for (const auto& each : screen.take_wishes())
      if (const auto* kind = std::get_if<Kind>(&each)) found = *kind;
    return found;
  }

  Screen screen;
};

TEST_F(TopScreen, BeforeTheKernelHasAnswered) {
  EXPECT_TRUE(sees("the kernel has not answered yet"));
  for (const char each : std::string("cduws+-r<>")) screen.press(each);
  screen.press(Key::enter);
  EXPECT_EQ(selected().find("10."), std::string::npos);
}

TEST_F(TopScreen, ServicesWithTheirServers) {
  show(a_table());
  const auto lines = texts(screen.draw());
  ASSERT_EQ(lines.size(), 24U);
  EXPECT_EQ(lines[0].substr(0, 17), "ipvs-top 12:00:00");
  EXPECT_TRUE(lines[4].starts_with("~ - tcp 192.0.2.1:80")) << seen();
  EXPECT_TRUE(lines[5].starts_with("      10.0.0.1:8080"));
  EXPECT_TRUE(lines[7].starts_with("d     10.0.0.3:8080"));
  EXPECT_TRUE(lines[8].starts_with("!   udp [2001:db8::1]:53"));
  EXPECT_EQ(selected(), "tcp 192.0.2.1:80");
}

TEST_F(TopScreen, Moving) {
  show(a_table());
  screen.press(Key::down);
  EXPECT_EQ(selected(), "10.0.0.1:8080");
  type("jj");
  EXPECT_EQ(selected(), "10.0.0.3:8080");
  type("k");
  screen.press(Key::up);
  EXPECT_EQ(selected(), "10.0.0.1:8080");
  screen.press(Key::end);
  EXPECT_EQ(selected(), "10.0.0.9:0");
  screen.press(Key::down);
  EXPECT_EQ(selected(), "10.0.0.9:0");
  type("g");
  EXPECT_EQ(selected(), "tcp 192.0.2.1:80");
  type("G");
  screen.press(Key::page_up);
  EXPECT_EQ(selected(), "tcp 192.0.2.1:80");
}

TEST_F(TopScreen, OpeningAndClosing) {
  show(a_table());
  screen.press(Key::enter);
  EXPECT_FALSE(sees("10.0.0.1:8080"));
  EXPECT_TRUE(sees("+ tcp 192.0.2.1:80"));
  EXPECT_TRUE(sees("10.0.0.9:0")) << "only that one";
  screen.press(Key::right);
  EXPECT_TRUE(sees("10.0.0.1:8080"));
  screen.press(Key::down);
  screen.press(Key::left);
  EXPECT_EQ(selected(), "tcp 192.0.2.1:80") << "from a server to its service";
  EXPECT_FALSE(sees("10.0.0.1:8080"));
  type("+");
  EXPECT_TRUE(sees("10.0.0.1:8080"));
  type("j-");
  EXPECT_FALSE(sees("10.0.0.1:8080") || sees("10.0.0.9:0"));
  EXPECT_EQ(selected(), "tcp 192.0.2.1:80");
  screen.press(Key::enter);
  EXPECT_TRUE(sees("10.0.0.1:8080"));
  EXPECT_FALSE(sees("10.0.0.9:0"));
}

TEST_F(TopScreen, WhatIsSelectedStaysSelected) {
  show(a_table());
  screen.press(Key::down);
  screen.press(Key::down);
  EXPECT_EQ(selected(), "10.0.0.2:8080");
  type("sc");
  EXPECT_EQ(selected(), "10.0.0.2:8080") << "sorted";
  auto more = a_table();
  more.table.push_back(a_service("192.0.2.0", 1));
  show(more);
  EXPECT_EQ(selected(), "10.0.0.2:8080") << "others came";
  more.table[0].dests.erase(more.table[0].dests.begin() + 1);
  type("sn");
  show(more);
  EXPECT_NE(selected(), "10.0.0.2:8080");
  EXPECT_NE(selected(), "") << "a neighbour";
}

TEST_F(TopScreen, SortingByKeys) {
  show(a_table());
  type("sc");
  EXPECT_TRUE(sees("conn/sv"));
  EXPECT_LT(seen().find("10.0.0.2:8080"), seen().find("10.0.0.1:8080"));
  type("r");
  EXPECT_TRUE(sees("conn/s^"));
  EXPECT_GT(seen().find("10.0.0.2:8080"), seen().find("10.0.0.1:8080"));
  type(">");
  EXPECT_TRUE(sees("in p/sv")) << "the one beside it, which is shown for that";
  type("<<");
  EXPECT_TRUE(sees(" inactv"));
  type("s");
  EXPECT_TRUE(status().starts_with("sort by n)ame"));
  type("X");
  EXPECT_TRUE(status().find("no column has the key 'X'") == 0) << status();
  type("sn<");
  EXPECT_TRUE(sees("outB/sv")) << "around the edge";
  type("s");
  screen.press(Key::escape);
  EXPECT_TRUE(sees("outB/sv"));
}

TEST_F(TopScreen, FilterWhileItIsTyped) {
  show(a_table());
  type("/10.0.0.2");
  EXPECT_TRUE(sees("10.0.0.2:8080"));
  EXPECT_FALSE(sees("10.0.0.1:8080") || sees("fwmark"));
  EXPECT_EQ(status(), "filter: 10.0.0.2_");
  screen.press(Key::backspace);
  EXPECT_TRUE(sees("10.0.0.1:8080"));
  type("9");
  screen.press(Key::enter);
  EXPECT_FALSE(sees("tcp 192.0.2.1:80"));
  EXPECT_TRUE(sees("fwmark 7"));
  EXPECT_TRUE(status().starts_with("filter: 10.0.0.9   "));
  type("/\x15zzz");
  EXPECT_TRUE(sees("nothing has all of these words"));
  screen.press(Key::escape);
  EXPECT_TRUE(sees("fwmark 7")) << "as before";
  screen.press(Key::escape);
  EXPECT_TRUE(sees("tcp 192.0.2.1:80")) << "all";
  type("/q");
  EXPECT_FALSE(wished<wish::Quit>()) << "a letter of a word";
  type("\x15" + std::string(100, 'x') + "end");
  EXPECT_TRUE(status().ends_with("xend_")) << "what is typed is seen";
}

TEST_F(TopScreen, IntervalPauseAndReading) {
  show(a_table());
  type("i");
  EXPECT_EQ(status(), "seconds between readings: 2_");
  type("\x15" "0.5");
  screen.press(Key::enter);
  EXPECT_EQ(screen.period(), 0.5);
  EXPECT_TRUE(wished<wish::Read>());
  EXPECT_TRUE(sees("every 0.5 s"));
  type("i0x");
  screen.press(Key::enter);
  EXPECT_TRUE(status().find("is no interval") != std::string::npos);
  EXPECT_EQ(screen.period(), 0.5);
  type("p");
  EXPECT_TRUE(screen.is_paused() && sees("paused"));
  EXPECT_FALSE(wished<wish::Read>());
  type(" ");
  EXPECT_TRUE(wished<wish::Read>());
  type("p");
  EXPECT_FALSE(screen.is_paused());
  EXPECT_TRUE(wished<wish::Read>());
  type("\f");
  EXPECT_TRUE(wished<wish::Redraw>());
  type("q");
  EXPECT_TRUE(wished<wish::Quit>());
}

TEST_F(TopScreen, KeysThatDoNothingSaySo) {
  show(a_table());
  type("Z");
  EXPECT_EQ(status(), "the key 'Z' does nothing here; h shows those that do");
  type("\x01");
  EXPECT_EQ(status(), "the key '\\x01' does nothing here; h shows those that do");
}

TEST_F(TopScreen, HelpHasEveryKeyAndLeadsBack) {
  show(a_table());
  type("h");
  EXPECT_TRUE(sees("up, down, page up"));
  type("j");
  EXPECT_TRUE(sees("ipvs-top shows") == false);
  screen.press(Key::end);
  EXPECT_TRUE(sees("of connections where that is no number"));
  type("x");
  EXPECT_TRUE(sees("tcp 192.0.2.1:80"));
  for (const auto& each : top::help_lines()) EXPECT_LE(each.size(), 80U) << each;
}

// --- connections ---

top::ConnectionList some(const wish::List& wish, std::size_t count, bool has_more = false) {
  top::ConnectionList list{.number = wish.query->number, .from = wish.query->from, .has_more = has_more};
  for (std::size_t i = 0; i < count; ++i)
    list.rows.push_back({.protocol = IPPROTO_TCP, .client = ipvs::Address::parse("198.51.100.1"),
                         .client_port = static_cast<std::uint16_t>(list.from + i), .virt = ipvs::Address::parse("192.0.2.1"),
                         .virt_port = 80, .dest = ipvs::Address::parse("10.0.0.1"), .dest_port = 8080, .state = "ESTABLISHED"});
  return list;
}

TEST_F(TopScreen, ConnectionsOfAServer) {
  show(a_table());
  type("jc");
  const auto list = wished<wish::List>();
  ASSERT_TRUE(list);
  EXPECT_EQ(list->query->coarse().dest, ipvs::Address::parse("10.0.0.1"));
  EXPECT_TRUE(sees("connections of tcp 192.0.2.1:80 at 10.0.0.1:8080   reading"));
  EXPECT_FALSE(screen.wants_list()) << "one is on its way";
  screen.take(some(*list, 50));
  EXPECT_TRUE(sees("1 to 50"));
  EXPECT_TRUE(sees("198.51.100.1:0 ")) << seen();
  EXPECT_TRUE(screen.wants_list());
  screen.press(Key::page_down);
  EXPECT_FALSE(sees("198.51.100.1:0 "));
  screen.press(Key::end);
  EXPECT_TRUE(sees("198.51.100.1:49 "));
  screen.list_again();
  const auto again = wished<wish::List>();
  EXPECT_FALSE(screen.wants_list());
  screen.take(some(*list, 1));
  EXPECT_TRUE(sees("1 to 50")) << "an answer to an older question";
  screen.take(some(*again, 3));
  EXPECT_TRUE(sees("1 to 3"));
  EXPECT_TRUE(sees("198.51.100.1:0 "));
  type("p");
  EXPECT_FALSE(screen.wants_list());
  type("q");
  EXPECT_FALSE(wished<wish::Quit>());
  EXPECT_TRUE(sees("10.0.0.2:8080"));
  screen.take(some(*again, 3));
  EXPECT_FALSE(sees("198.51.100.1"));
}

TEST_F(TopScreen, ConnectionsAThousandAtATime) {
  show(a_table());
  type("c");
  screen.take(some(*wished<wish::List>(), top::kConnectionsKept, true));
  EXPECT_TRUE(sees("1 to 1000, there are more"));
  type("<");
  EXPECT_EQ(status(), "these are the first");
  type(">");
  const auto next = wished<wish::List>();
  ASSERT_TRUE(next);
  EXPECT_EQ(next->query->from, top::kConnectionsKept);
  screen.take(some(*next, 10));
  EXPECT_TRUE(sees("1001 to 1010"));
  type(">");
  EXPECT_EQ(status(), "there are no more");
  type("<");
  EXPECT_EQ(wished<wish::List>()->query->from, 0U);
}

TEST_F(TopScreen, ConnectionsFiltered) {
  show(a_table());
  type("c");
  screen.take(some(*wished<wish::List>(), 5));
  type("/fin");
  EXPECT_FALSE(wished<wish::List>()) << "the kernel is not asked for each letter";
  screen.press(Key::enter);
  const auto list = wished<wish::List>();
  ASSERT_TRUE(list);
  EXPECT_TRUE(list->query->filter.accepts("FIN_WAIT") && !list->query->filter.accepts("ESTABLISHED"));
  auto none = some(*list, 0);
  none.trouble = "no\x1b";
  screen.take(none);
  EXPECT_TRUE(sees("none") && sees("no\\x1b"));
  EXPECT_TRUE(status().starts_with("filter: fin"));
  screen.press(Key::escape);
  EXPECT_TRUE(sees("tcp 192.0.2.1:80"));
}

// --- weights ---

TEST_F(TopScreen, WithoutWriteWeightsStay) {
  show(a_table());
  for (const char* keys : {"jd", "u", "w"}) {
    type(keys);
    EXPECT_TRUE(status().find("start ipvs-top with --write") != std::string::npos) << keys;
    type("y");
    EXPECT_FALSE(wished<wish::SetWeight>());
  }
}

class TopWriting : public TopScreen {
 protected:
  TopWriting() { screen = Screen({.may_write = true}); }
  /// The table after the weight has been set.
  void done(const wish::SetWeight& wanted, std::int32_t before) {
    screen.weight_is_set({.wanted = wanted, .before = before});
    auto table = a_table();
    for (auto& each : table.table)
      for (auto& dest : each.dests)
        if (dest.key == wanted.dest) dest.weight = wanted.weight;
    show(table);
  }
};

TEST_F(TopWriting, DrainAndBack) {
  show(a_table());
  type("d");
  EXPECT_EQ(status(), "choose a server: a service has no weight of its own");
  type("jd");
  EXPECT_EQ(status(), "drain 10.0.0.1:8080 of tcp 192.0.2.1:80: weight 3 -> 0? y/n");
  type("n");
  EXPECT_EQ(status(), "nothing was changed");
  EXPECT_FALSE(wished<wish::SetWeight>());
  type("dy");
  const auto drained = wished<wish::SetWeight>();
  ASSERT_TRUE(drained);
  EXPECT_EQ(drained->weight, 0);
  EXPECT_EQ(drained->dest, a_table().table[0].dests[0].key);
  // Somebody else has changed it meanwhile.
  done(*drained, 4);
  EXPECT_EQ(status(), "10.0.0.1:8080 of tcp 192.0.2.1:80: weight 0, was 4");
  EXPECT_TRUE(wished<wish::Read>());
  type("d");
  EXPECT_EQ(status(), "it is drained already: u gives it its weight back");
  type("u");
  EXPECT_EQ(status(), "10.0.0.1:8080 of tcp 192.0.2.1:80: weight 0 -> 4? y/n");
  type("y");
  const auto back = wished<wish::SetWeight>();
  ASSERT_TRUE(back);
  EXPECT_EQ(back->weight, 4);
  done(*back, 0);
  type("u");
  EXPECT_EQ(status(), "it is not drained: w changes its weight");
}

TEST_F(TopWriting, UndrainWithoutKnowingTheWeightAsksForIt) {
  show(a_table());
  type("jjju");
  EXPECT_EQ(status(), "weight of 10.0.0.3:8080 of tcp 192.0.2.1:80: 1_");
  screen.press(Key::enter);
  EXPECT_EQ(status(), "10.0.0.3:8080 of tcp 192.0.2.1:80: weight 0 -> 1? y/n");
}

TEST_F(TopWriting, WeightsAreNumbers) {
  show(a_table());
  for (const char* wrong : {"-1", "x", "2147483648", ""}) {
    type("gjw\x15");
    type(wrong);
    screen.press(Key::enter);
    EXPECT_TRUE(status().find("is no weight: 0 to 2147483647") != std::string::npos) << wrong << ": " << status();
    EXPECT_FALSE(wished<wish::SetWeight>());
  }
  type("w\x15" "70");
  screen.press(Key::enter);
  EXPECT_EQ(status(), "10.0.0.1:8080 of tcp 192.0.2.1:80: weight 3 -> 70? y/n");
  screen.press(Key::escape);
  EXPECT_FALSE(wished<wish::SetWeight>());
}

TEST_F(TopWriting, WhatTheKernelSays) {
  show(a_table());
  type("jdy");
  const auto wanted = *wished<wish::SetWeight>();
  screen.weight_is_set({.wanted = wanted, .before = 3, .trouble = "refused\x1b"});
  EXPECT_EQ(status(), "10.0.0.1:8080 of tcp 192.0.2.1:80: refused\\x1b");
  screen.weight_is_set({.wanted = wanted, .before = 3, .remark = "and"});
  EXPECT_EQ(status(), "10.0.0.1:8080 of tcp 192.0.2.1:80: weight 0, was 3; and");
}

TEST_F(TopWriting, AServerThatWentWhileItsWeightWasTyped) {
  show(a_table());
  type("jw");
  auto without = a_table();
  without.table[0].dests.erase(without.table[0].dests.begin());
  show(without);
  screen.press(Key::enter);
  EXPECT_EQ(status(), "10.0.0.1:8080 of tcp 192.0.2.1:80 is not there any more");
}

// --- what changes around it ---

TEST_F(TopScreen, AModuleThatGoesAndComesBack) {
  show(a_table());
  type("jj");
  auto gone = a_moment();
  gone.trouble = "the module ip_vs is not loaded";
  show(gone);
  EXPECT_TRUE(sees("the module ip_vs is not loaded"));
  EXPECT_FALSE(sees("192.0.2.1"));
  type("jkc");
  show(a_table());
  EXPECT_EQ(selected(), "10.0.0.2:8080") << "the same as before";
  show(a_moment());
  EXPECT_TRUE(sees("there are no services"));
}

TEST_F(TopScreen, AnySize) {
  show(a_table());
  for (std::size_t height = 0; height < 30; ++height)
    for (const std::size_t width : {0, 1, 2, 3, 20, 28, 40, 79, 80, 81, 200}) {
      screen.resize(width, height);
      for (const char* keys : {"", "h", "xc", "q"}) {
        type(keys);
        const auto grid = screen.draw();
        EXPECT_EQ(grid.width(), width);
        EXPECT_EQ(grid.height(), height);
      }
    }
  screen.resize(80, 6);
  screen.press(Key::end);
  EXPECT_EQ(selected(), "10.0.0.9:0") << "what is selected is seen";
  screen.resize(80, 5);
  EXPECT_EQ(selected(), "10.0.0.9:0");
}

TEST_F(TopScreen, TenThousandServicesAreSeenAPageAtATime) {
  auto large = a_moment();
  for (std::uint32_t i = 1; i <= 10'000; ++i) {
    auto service = a_mark(i, AF_INET);
    for (int k = 1; k <= 5; ++k) service.dests.push_back(a_server(("10.0.0." + std::to_string(k)).c_str(), 80));
    large.table.push_back(std::move(service));
  }
  show(large);
  screen.press(Key::end);
  EXPECT_TRUE(sees("fwmark 10000 ipv4"));
  type("/fwmark 777");
  EXPECT_TRUE(sees("fwmark 777 ipv4"));
  EXPECT_FALSE(sees("fwmark 778 "));
}

/// Whatever is pressed, at whatever size, with whatever table: nothing breaks, and control characters are never seen.
TEST_F(TopWriting, AnyKeys) {
  std::mt19937 random(1);
  const auto below = [&](unsigned end) { return static_cast<unsigned>(random() % end); };
  std::vector<wish::List> lists;
  for (int step = 0; step < 5'000; ++step) {
    switch (below(12)) {
      case 0: {
        auto table = a_table(step);
        if (below(2) == 0) table.table.erase(table.table.begin() + below(3));
        table.table[0].service.scheduler = "\x1b[2J";
        if (below(8) == 0) table = {.trouble = "gone"};
        table.has_estimates = below(2) == 0;
        show(table);
        break;
      }
      case 1:
        screen.resize(below(120), below(40));
        break;
      case 2:
        if (!lists.empty()) screen.take(some(lists[below(static_cast<unsigned>(lists.size()))], below(60), below(2) == 0));
        break;
      case 3:
      case 4:
        screen.press(static_cast<Key::Code>(below(12)));
        break;
      default:
        screen.press(static_cast<char>(below(128)));
    }
    for (const auto& each : screen.take_wishes()) {
      if (const auto* list = std::get_if<wish::List>(&each)) lists.push_back(*list);
      if (const auto* set = std::get_if<wish::SetWeight>(&each)) screen.weight_is_set({.wanted = *set, .before = 1});
    }
    const auto grid = screen.draw();
    for (std::size_t row = 0; row < grid.height(); ++row)
      for (std::size_t column = 0; column < grid.width(); ++column)
        ASSERT_TRUE(std::isprint(static_cast<unsigned char>(grid.at(row, column).character))) << step;
  }
}

}  // namespace
