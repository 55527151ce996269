// SPDX-License-Identifier: GPL-2.0-or-later
#include "top/rows.hh"

#include <algorithm>
#include <cctype>
#include <numeric>

#include "base/overview.hh"
#include "base/service_text.hh"
#include "base/words.hh"
#include "top/grid.hh"

namespace top {
namespace {

constexpr ColumnWords kColumns[] = {
    {Column::name, "name", "", 'n', "address and port, or firewall mark"},
    {Column::kind, "kind", "kind", 'k', "scheduler of a service, forwarding method of a server"},
    {Column::health, "health", "health", 'h', "drained, full, none usable; the sickest first"},
    {Column::weight, "weight", "weight", 'w', "of a service the sum"},
    {Column::active, "active", "active", 'a', "connections that are established or opening"},
    {Column::inactive, "inactive", "inact", 'i', "all other connections"},
    {Column::conns, "conns", "conn/s", 'c', "new connections a second"},
    {Column::inpkts, "inpkts", "in p/s", 'p', "packets a second from clients"},
    {Column::outpkts, "outpkts", "outp/s", 'P', "packets a second to clients"},
    {Column::inbytes, "inbytes", "in B/s", 'b', "bytes a second from clients"},
    {Column::outbytes, "outbytes", "outB/s", 'B', "bytes a second to clients"},
};

std::string in_small_letters(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

/// Larger is sicker.
int sickness(const ipvs::ServiceWithDests& service) { return ipvsadm::health_of(service).colour; }
int sickness(const ipvs::DestEntry& dest) { return static_cast<int>(ipvsadm::use_of(dest)); }

/// Sorts numbers of what is listed in the order of keys.
void sort_rows(std::vector<std::uint32_t>& order, const Sorting& sorting, const auto& number, const auto& kind) {
  const bool rises = sorting.is_reversed != (sorting.column == Column::name || sorting.column == Column::kind);
  if (sorting.column == Column::name) {
    if (!rises) std::ranges::reverse(order);
    return;
  }
  const auto sort = [&](const auto& of) {
    if (rises) std::ranges::stable_sort(order, std::less{}, of);
    else std::ranges::stable_sort(order, std::greater{}, of);
  };
  if (sorting.column == Column::kind) return sort(kind);
  sort(number);
}

std::vector<std::uint32_t> sequence(std::size_t size) {
  std::vector<std::uint32_t> all(size);
  std::iota(all.begin(), all.end(), 0U);
  return all;
}

}  // namespace

std::span<const ColumnWords> columns() { return kColumns; }

const ColumnWords& words_of(Column column) {
  return *std::ranges::find(kColumns, column, &ColumnWords::column);
}

std::optional<Column> column_named(std::string_view name) {
  const auto found = std::ranges::find(kColumns, name, [](const ColumnWords& each) { return std::string_view(each.name); });
  if (found == std::end(kColumns)) return {};
  return found->column;
}

Filter::Filter(std::string_view text) {
  const std::string small = in_small_letters(text);
  std::string_view rest = small;
  for (std::string_view word; !(word = ipvsadm::take_word(rest, " ")).empty();) words_.emplace_back(word);
}

bool Filter::accepts(std::string_view text) const {
  const std::string small = in_small_letters(text);
  return std::ranges::all_of(words_, [&](const std::string& word) { return small.contains(word); });
}

double number_of(const Figures& figures, Column column) {
  const auto rate = [&](double Rates::*which) { return figures.rates ? (*figures.rates).*which : -1; };
  switch (column) {
    case Column::weight:
      return static_cast<double>(figures.weight);
    case Column::active:
      return static_cast<double>(figures.active);
    case Column::inactive:
      return static_cast<double>(figures.inactive);
    case Column::conns:
      return rate(&Rates::conns);
    case Column::inpkts:
      return rate(&Rates::inpkts);
    case Column::outpkts:
      return rate(&Rates::outpkts);
    case Column::inbytes:
      return rate(&Rates::inbytes);
    case Column::outbytes:
      return rate(&Rates::outbytes);
    case Column::name:
    case Column::kind:
    case Column::health:
      break;
  }
  return -1;
}

namespace {

bool has_numbers(Column column) {
  return column != Column::name && column != Column::kind && column != Column::health;
}

}  // namespace

double share_of(const Figures& part, const Figures& all, Column sorted) {
  const auto number = [&](const Figures& of) {
    return has_numbers(sorted) ? number_of(of, sorted) : static_cast<double>(of.active + of.inactive);
  };
  const double whole = number(all);
  return whole > 0 ? std::clamp(number(part) / whole, 0.0, 1.0) : 0;
}

const char* share_meaning(Column sorted) { return has_numbers(sorted) ? words_of(sorted).title : "conns"; }

std::vector<Row> rows_of(const Frame& frame, const Sorting& sorting, const Filter& filter, const IsOpen& is_open) {
  const auto& table = frame.snapshot().table;
  std::vector<std::uint32_t> services = sequence(table.size());
  sort_rows(
      services, sorting,
      [&](std::uint32_t i) {
        return sorting.column == Column::health ? sickness(table[i]) : number_of(frame.of_service(i), sorting.column);
      },
      [&](std::uint32_t i) { return table[i].service.scheduler; });

  std::vector<Row> rows;
  for (const std::uint32_t i : services) {
    const auto& service = table[i];
    bool is_whole = true;
    std::vector<std::uint32_t> dests;
    if (!filter.is_empty()) {
      const std::string title = ipvsadm::title_of(service.service.key) + " " + plain(service.service.scheduler);
      is_whole = filter.accepts(title);
      for (std::uint32_t k = 0; !is_whole && k < service.dests.size(); ++k)
        if (filter.accepts(title + " " + ipvsadm::title_of(service.dests[k].key))) dests.push_back(k);
      if (!is_whole && dests.empty()) continue;
    }
    const bool is_shown_open = !service.dests.empty() && (!is_whole || is_open(service.service.key));
    rows.push_back({.service = i, .is_open = is_shown_open});
    if (!is_shown_open) continue;
    if (is_whole) dests = sequence(service.dests.size());
    sort_rows(
        dests, sorting,
        [&](std::uint32_t k) {
          return sorting.column == Column::health ? sickness(service.dests[k])
                                                  : number_of(frame.of_dest(i, k), sorting.column);
        },
        [&](std::uint32_t k) { return ipvsadm::method_text(service.dests[k].method); });
    for (const std::uint32_t k : dests) rows.push_back({.service = i, .dest = k});
  }
  return rows;
}

}  // namespace top
