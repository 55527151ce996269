// SPDX-License-Identifier: GPL-2.0-or-later
// A screen of cells, and text that fits into them. Pure: no terminal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace top {

/// What a piece of text is; the terminal decides how that looks.
enum class Style : std::uint8_t { plain, bold, heading, good, fair, bad, quiet, bar };
inline constexpr std::size_t kStyles = 8;

struct Piece {
  std::string text;
  Style style = Style::plain;
};
using Line = std::vector<Piece>;

/// Its text without blanks at the end.
std::string text_of(const Line& line);

/// Text of others, one byte a cell: control characters and all that is not ASCII as \xNN.
std::string plain(std::string_view text);
/// Exactly `width` cells, at the left or right; what is too long loses its middle.
std::string fitted(std::string_view text, std::size_t width, bool is_right = false);

/// At most six characters: "0.5", "12345", "1.25M". "-" for what is not known, a number below 0.
std::string scaled(double number);
/// All digits. "-" as above.
std::string whole(double number);

struct Cell {
  char character = ' ';
  Style style = Style::plain;
  bool is_selected = false;

  friend bool operator==(const Cell&, const Cell&) = default;
};

class Grid {
 public:
  Grid(std::size_t width, std::size_t height) : width_(width), height_(height), cells_(width * height) {}

  std::size_t width() const { return width_; }
  std::size_t height() const { return height_; }
  /// What does not fit is cut off; a row that is not there is not drawn. A selected line is so to the edge.
  void put(std::size_t row, const Line& line, bool is_selected = false);
  const Cell& at(std::size_t row, std::size_t column) const { return cells_[row * width_ + column]; }
  /// Without blanks at the end.
  std::string text(std::size_t row) const;

 private:
  std::size_t width_, height_;
  std::vector<Cell> cells_;
};

}  // namespace top
