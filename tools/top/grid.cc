// SPDX-License-Identifier: GPL-2.0-or-later
#include "top/grid.hh"

#include <algorithm>
#include <cmath>

#include "base/format.hh"
#include "base/words.hh"

namespace top {
namespace {

using ipvsadm::formatted;

std::string without_end(std::string text) {
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

}  // namespace

std::string text_of(const Line& line) {
  std::string text;
  for (const Piece& each : line) text += each.text;
  return without_end(std::move(text));
}

std::string plain(std::string_view text) {
  std::string result;
  for (const char c : ipvsadm::escaped(text))
    if (const auto byte = static_cast<unsigned char>(c); byte < 0x80)
      result += c;
    else
      result += formatted("\\x{:02x}", static_cast<unsigned>(byte));
  return result;
}

std::string fitted(std::string_view text, std::size_t width, bool is_right) {
  if (text.size() > width) {
    if (width < 5) return std::string(text.substr(0, width));
    // Both ends tell more than the middle: the network, and the port.
    const std::size_t last = (width - 2) / 2, first = width - 2 - last;
    return std::string(text.substr(0, first)) + ".." + std::string(text.substr(text.size() - last));
  }
  const std::string blanks(width - text.size(), ' ');
  return is_right ? blanks + std::string(text) : std::string(text) + blanks;
}

std::string whole(double number) {
  return number < 0 ? "-" : formatted("{:.0f}", number);
}

std::string scaled(double number) {
  if (number < 0) return "-";
  // What is rounded to the next power needs no other form.
  if (number < 9.95 && std::abs(number - std::round(number)) >= 0.05) return formatted("{:.1f}", number);
  if (number < 99'999.5) return whole(number);
  constexpr std::string_view kUnits = "kMGTPE";
  std::size_t unit = 0;
  for (number /= 1000; number >= 999.5 && unit + 1 < kUnits.size(); number /= 1000) ++unit;
  const char* digits = number < 9.995 ? "{:.2f}{}" : number < 99.95 ? "{:.1f}{}" : "{:.0f}{}";
  return ipvsadm::vformatted(digits, fmt::make_format_args(number, kUnits[unit]));
}

void Grid::put(std::size_t row, const Line& line, bool is_selected) {
  if (row >= height_ || width_ == 0) return;
  Cell* const cells = &cells_[row * width_];
  std::size_t column = 0;
  for (const Piece& piece : line)
    for (const char c : piece.text) {
      if (column == width_) return;
      cells[column++] = {.character = c, .style = piece.style, .is_selected = is_selected};
    }
  for (; is_selected && column < width_; ++column) cells[column].is_selected = true;
}

std::string Grid::text(std::size_t row) const {
  std::string text;
  for (std::size_t column = 0; column < width_; ++column) text += at(row, column).character;
  return without_end(std::move(text));
}

}  // namespace top
