// SPDX-License-Identifier: GPL-2.0-or-later
// The terminal: ncurses, and nothing else knows of it.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "top/grid.hh"
#include "top/screen.hh"

namespace top {

/// One at a time; as long as it is there it has the terminal, which is as it was when it has gone.
class Terminal {
 public:
  /// The text: why this is no terminal that can be drawn on.
  static std::expected<std::unique_ptr<Terminal>, std::string> open();
  Terminal(const Terminal&) = delete;
  ~Terminal();

  std::size_t width() const;
  std::size_t height() const;
  /// What has been pressed; without waiting. Nothing: the terminal has another size now.
  std::vector<std::optional<Key>> keys();
  void draw(const Grid& grid);
  /// The next draw() sends everything.
  void forget();

 private:
  Terminal() = default;

  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace top
