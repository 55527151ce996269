// SPDX-License-Identifier: GPL-2.0-or-later
#include "top/terminal.hh"

#include <curses.h>
#include <term.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "base/format.hh"
#include "base/words.hh"

namespace top {
namespace {

constexpr int kEscapeDelay = 25;  // ms: keys of a terminal come in one piece

/// Why the terminal cannot be drawn on; empty: it can.
std::string trouble_with(const char* name) {
  const std::string shown = ipvsadm::shown(name);
  int found = 0;
  if (setupterm(name, STDOUT_FILENO, &found) != OK)
    return found == 0 ? ipvsadm::formatted("there is no description of a terminal \"{}\": set TERM to what it is, or use --once or --batch", shown)
                      : "there are no descriptions of terminals (Debian's package ncurses-base): use --once or --batch";
  const auto can = [](const char* what) {
    const char* const how = tigetstr(what);
    return how && how != reinterpret_cast<const char*>(-1);
  };
  if (can("cup") && can("clear")) return {};
  return ipvsadm::formatted("a terminal \"{}\" cannot move its cursor: set TERM to what it is, or use --once or --batch", shown);
}

std::optional<Key> key_of(int code) {
  switch (code) {
    case KEY_UP:
      return Key::up;
    case KEY_DOWN:
      return Key::down;
    case KEY_LEFT:
      return Key::left;
    case KEY_RIGHT:
      return Key::right;
    case KEY_PPAGE:
      return Key::page_up;
    case KEY_NPAGE:
      return Key::page_down;
    case KEY_HOME:
      return Key::home;
    case KEY_END:
      return Key::end;
    case KEY_ENTER:
    case '\n':
    case '\r':
      return Key::enter;
    case KEY_BACKSPACE:
    case '\b':
    case 0x7f:
      return Key::backspace;
    case 0x1b:
      return Key::escape;
    default:
      if (code < 0 || code > 0x7f) return {};
      return Key(static_cast<char>(code));
  }
}

}  // namespace

struct Terminal::State {
  SCREEN* screen = nullptr;
  std::array<attr_t, kStyles> looks{};
};

std::expected<std::unique_ptr<Terminal>, std::string> Terminal::open() {
  if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
    return std::unexpected("this is no terminal: use --once or --batch");
  const char* const name = std::getenv("TERM");
  if (!name || !*name) return std::unexpected("TERM is not set: set it to what the terminal is, or use --once or --batch");
  if (auto trouble = trouble_with(name); !trouble.empty()) return std::unexpected(std::move(trouble));
  std::unique_ptr<Terminal> terminal(new Terminal);
  terminal->state_ = std::make_unique<State>();
  State& state = *terminal->state_;
  state.screen = newterm(name, stdout, stdin);
  if (!state.screen) return std::unexpected(ipvsadm::formatted("cannot use a terminal \"{}\"", ipvsadm::shown(name)));
  set_escdelay(kEscapeDelay);
  cbreak();
  noecho();
  nonl();
  keypad(stdscr, TRUE);
  nodelay(stdscr, TRUE);
  curs_set(0);
  const auto look = [&](Style style, attr_t attributes) { state.looks[static_cast<std::size_t>(style)] = attributes; };
  look(Style::bold, A_BOLD);
  look(Style::bad, A_BOLD);
  look(Style::fair, A_BOLD);
  look(Style::quiet, A_DIM);
  if (has_colors() && start_color() == OK) {
    use_default_colors();
    const auto colour = [&](Style style, short number, attr_t attributes = A_NORMAL) {
      const auto pair = static_cast<short>(static_cast<int>(style) + 1);
      if (init_pair(pair, number, -1) == OK) look(style, COLOR_PAIR(pair) | attributes);
    };
    colour(Style::good, COLOR_GREEN);
    colour(Style::fair, COLOR_YELLOW);
    colour(Style::bad, COLOR_RED, A_BOLD);
    colour(Style::quiet, COLOR_CYAN);
    colour(Style::bar, COLOR_GREEN);
  }
  return terminal;
}

Terminal::~Terminal() {
  if (!state_ || !state_->screen) return;
  endwin();
  delscreen(state_->screen);
}

std::size_t Terminal::width() const { return static_cast<std::size_t>(COLS); }
std::size_t Terminal::height() const { return static_cast<std::size_t>(LINES); }

std::vector<std::optional<Key>> Terminal::keys() {
  std::vector<std::optional<Key>> all;
  for (int code; (code = getch()) != ERR;) {
    if (code == KEY_RESIZE) all.emplace_back();
    else if (const auto key = key_of(code)) all.emplace_back(key);
  }
  return all;
}

void Terminal::draw(const Grid& grid) {
  erase();
  for (std::size_t row = 0; row < grid.height(); ++row)
    for (std::size_t column = 0; column < grid.width(); ++column) {
      const Cell& cell = grid.at(row, column);
      if (cell == Cell{}) continue;
      attr_t look = state_->looks[static_cast<std::size_t>(cell.style)];
      if (cell.is_selected) look |= A_REVERSE;
      mvaddch(static_cast<int>(row), static_cast<int>(column), static_cast<unsigned char>(cell.character) | look);
    }
  refresh();
}

void Terminal::forget() { clearok(curscr, TRUE); }

}  // namespace top
