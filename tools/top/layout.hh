// SPDX-License-Identifier: GPL-2.0-or-later
// What a row, and what stands above the rows, says in a line of a certain width. Pure.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "top/grid.hh"
#include "top/rows.hh"

namespace top {

struct Layout {
  struct Field {
    Column column;
    std::size_t width;  ///< without the blank before it
  };
  std::size_t name = 0;         ///< with the mark of health before it
  std::vector<Field> fields = {};
  std::size_t share = 0;        ///< 0: there is no room
  Column sorted = Column::name;
  bool is_exact = false;        ///< all digits
};

/// What fits into `width`: the column that is sorted by always does, others by their use.
Layout layout_for(std::size_t width, Column sorted);
/// Everything, in all digits; for files.
Layout whole_layout(Column sorted);

Line titles_line(const Layout& layout, const Sorting& sorting);
Line row_line(const Frame& frame, const Row& row, const Layout& layout);

/// What the reader says of itself.
struct Pace {
  double interval = 2;  ///< seconds, as it was wanted
  bool is_paused = false;

  /// From one reading to the next: reading takes a quarter of the time at most.
  double period(double reading) const { return std::max(interval, 4 * reading); }
};
/// What stands above the table: what is not told by this module has no line. At most `most` lines, the first ones.
std::vector<Line> header_lines(const Frame& frame, const Pace& pace, const std::string& clock, std::size_t most);

}  // namespace top
