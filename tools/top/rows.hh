// SPDX-License-Identifier: GPL-2.0-or-later
// Which services and servers are listed, and in which order. Only numbers: what a row says is made for those that are
// seen. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "top/figures.hh"

namespace top {

enum class Column : std::uint8_t { name, kind, health, weight, active, inactive, conns, inpkts, outpkts, inbytes, outbytes };

struct ColumnWords {
  Column column;
  const char* name;   ///< for the command line and the manual
  const char* title;  ///< at most six characters
  char key;           ///< behind s
  const char* meaning;
};
/// In the order in which they are shown.
std::span<const ColumnWords> columns();
const ColumnWords& words_of(Column column);
std::optional<Column> column_named(std::string_view name);

/// Names rise, numbers fall, the sickest comes first; or the other way round.
struct Sorting {
  Column column = Column::name;
  bool is_reversed = false;

  friend bool operator==(const Sorting&, const Sorting&) = default;
};

/// Words that all must occur: in what a service is called, or in that and what a server is called.
class Filter {
 public:
  Filter() = default;
  explicit Filter(std::string_view text);
  bool is_empty() const { return words_.empty(); }
  bool accepts(std::string_view text) const;

 private:
  std::vector<std::string> words_;  ///< in small letters
};

struct Row {
  static constexpr std::uint32_t kService = ~std::uint32_t{0};

  std::uint32_t service = 0;
  std::uint32_t dest = kService;
  bool is_open = false;  ///< a service whose servers follow

  bool is_service() const { return dest == kService; }
  friend bool operator==(const Row&, const Row&) = default;
};

using IsOpen = std::function<bool(const ipvs::ServiceKey&)>;
/// Services that the filter accepts, with all their servers if they are open; of others the servers that it accepts, open
/// or not.
std::vector<Row> rows_of(const Frame& frame, const Sorting& sorting, const Filter& filter, const IsOpen& is_open);

/// -1: not known. Of a service the sum of its servers.
double number_of(const Figures& figures, Column column);
/// What bars show: a part of all in the column that is sorted by; where that has no numbers, of connections.
double share_of(const Figures& part, const Figures& all, Column sorted);
/// What that is called.
const char* share_meaning(Column sorted);

}  // namespace top
