// SPDX-License-Identifier: GPL-2.0-or-later
// What is seen, and what keys do to it. Pure: no terminal and no kernel. What is to be done outside is wished for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "top/connections.hh"
#include "top/figures.hh"
#include "top/grid.hh"
#include "top/layout.hh"
#include "top/rows.hh"

namespace top {

struct Key {
  enum Code : std::uint8_t { character, up, down, left, right, page_up, page_down, home, end, enter, escape, backspace };
  Code code = character;
  char value = 0;  ///< of a character

  Key(Code of) : code(of) {}
  Key(char c) : value(c) {}
};

namespace wish {
struct Quit {};
/// The kernel's table, at once.
struct Read {};
/// All of the terminal anew: somebody else may have written to it.
struct Redraw {};
/// Ends with Screen::take(ConnectionList).
struct List {
  std::shared_ptr<const ConnectionQuery> query;
};
/// Ends with Screen::weight_is_set().
struct SetWeight {
  ipvs::ServiceKey service;
  ipvs::DestKey dest;
  std::int32_t weight = 0;
};
}  // namespace wish
using Wish = std::variant<wish::Quit, wish::Read, wish::Redraw, wish::List, wish::SetWeight>;

/// What a change of a weight has come to.
struct WeightOutcome {
  wish::SetWeight wanted = {};
  std::int32_t before = 0;     ///< what the weight was
  std::string trouble = {};    ///< why it is what it was; empty: done
  std::string remark = {};     ///< what the kernel says of it
};

class Screen {
 public:
  struct Settings {
    Sorting sorting = {};
    std::string filter = {};
    double interval = 2;
    bool is_open = true;     ///< services show their servers
    bool may_write = false;
  };
  explicit Screen(const Settings& settings);

  void resize(std::size_t width, std::size_t height);
  /// What the kernel said, and what time it was.
  void take(Taken taken, std::string clock);
  /// What List was answered with; one to an older question is not looked at.
  void take(ConnectionList list);
  void weight_is_set(const WeightOutcome& outcome);
  void press(Key key);
  /// What keys and times have led to, once.
  std::vector<Wish> take_wishes() { return std::exchange(wishes_, {}); }

  Grid draw() const;
  /// Seconds from one reading to the next.
  double period() const { return pace_.period(frame_.snapshot().seconds); }
  bool is_paused() const { return pace_.is_paused; }
  /// Connections are looked at, and the last list has come.
  bool wants_list() const { return query_ && !is_listing_ && !pace_.is_paused; }
  /// Asks for the same again.
  void list_again();

 private:
  enum class View : std::uint8_t { table, connections, help };
  enum class Prompt : std::uint8_t { none, filter, sort, interval, weight, confirm };

  std::size_t rows_shown() const;
  const Row* selected() const;
  std::size_t count() const;
  void arrange();
  void move_to(std::ptrdiff_t index);
  void scroll();
  void press_in_table(Key key);
  void press_in_connections(Key key);
  bool press_moving(Key key);
  void press_in_prompt(Key key);
  void press_common(char key);
  void open_prompt(Prompt prompt, std::string text);
  void finish_prompt();
  void sort_by(Column column);
  void step_column(int by);
  void toggle(std::optional<bool> to = {});
  void open_connections();
  void ask_for_list(std::size_t from);
  void apply_filter(const std::string& text);
  void wish_weight(std::int32_t weight);
  void drain();
  void undrain();
  void say(std::string text, Style style = Style::plain);
  Line typed_line(const std::string& label) const;
  Line status_line() const;
  void draw_table(Grid& grid) const;
  void draw_connections(Grid& grid) const;
  void draw_help(Grid& grid) const;

  using ServerKey = std::pair<ipvs::ServiceKey, ipvs::DestKey>;
  std::optional<ServerKey> selected_server();
  std::optional<std::int32_t> weight_of(const ServerKey& server) const;

  std::size_t width_ = 80, height_ = 24;
  Pace pace_;
  bool may_write_;
  Frame frame_;
  std::string clock_;
  View view_ = View::table;

  Sorting sorting_;
  std::string filter_text_;
  Filter filter_;
  bool is_open_;                          ///< services are, but for these
  std::set<ipvs::ServiceKey> exceptions_;
  std::vector<Row> rows_;
  // What is selected is the same after it moved, and its neighbour when it has gone.
  std::optional<std::pair<ipvs::ServiceKey, std::optional<ipvs::DestKey>>> selected_key_;
  std::size_t selected_ = 0, first_ = 0;

  std::shared_ptr<const ConnectionQuery> query_;
  std::string connection_filter_;
  ConnectionList list_;
  bool is_listing_ = false;
  std::uint64_t questions_ = 0;
  std::size_t list_first_ = 0;
  std::size_t help_first_ = 0;

  Prompt prompt_ = Prompt::none;
  std::string input_;
  std::string before_;                    ///< the filter before it was typed over
  std::optional<wish::SetWeight> pending_;
  std::map<ServerKey, std::int32_t> drained_;  ///< weights to come back to
  std::optional<ServerKey> subject_;      ///< whose weight is being typed

  std::string message_;
  Style message_style_ = Style::plain;
  std::vector<Wish> wishes_;
};

/// Lines of the help screen.
std::vector<std::string> help_lines();

}  // namespace top
