// SPDX-License-Identifier: GPL-2.0-or-later
#include "top/layout.hh"

#include <linux/ip_vs.h>

#include <algorithm>
#include <cmath>

#include "base/format.hh"
#include "base/overview.hh"
#include "base/service_text.hh"
#include "base/version.hh"
#include "base/vocabulary.hh"

namespace top {
namespace {

using ipvsadm::formatted;

/// Its least and, where there is room, its most. An IPv6 service with all digits needs 57.
constexpr std::size_t kName = 28, kMostName = 57;
constexpr std::size_t kShare = 7, kMostShare = 40;
/// From here on a bar has its number beside it.
constexpr std::size_t kShareWithNumber = 12;

/// By their use when there is little room; the bar of shares stands between them.
constexpr Column kByUse[] = {Column::active,   Column::conns,   Column::inactive, Column::inbytes, Column::weight,
                             Column::outbytes, Column::inpkts,  Column::outpkts,  Column::kind,    Column::health};
constexpr std::size_t kBeforeShare = 6;

bool is_text(Column column) { return column == Column::kind || column == Column::health; }

/// The one that is sorted by has a sign beside its title.
std::size_t width_of(Column column, Column sorted) {
  const std::size_t width = column == Column::health ? 15 : column == Column::kind ? 7 : 6;
  return column == sorted && !is_text(column) ? width + 1 : width;
}

/// One character, so that who sees no colours sees it.
struct Mark {
  char character;
  Style style;
};
Mark mark_of(const ipvs::DestEntry& dest) {
  switch (ipvsadm::use_of(dest)) {
    case ipvsadm::Use::drained:
      return {'d', Style::quiet};
    case ipvsadm::Use::full:
      return {'F', Style::fair};
    case ipvsadm::Use::up:
      break;
  }
  return {' ', Style::good};
}
Mark mark_of(const ipvs::ServiceWithDests& service) {
  switch (ipvsadm::health_of(service).colour) {
    case ipvsadm::Health::bad:
      return {'!', Style::bad};
    case ipvsadm::Health::fair:
      return {'~', Style::fair};
    case ipvsadm::Health::good:
      break;
  }
  return {' ', Style::good};
}

std::string share_text(double share, std::size_t width, bool is_exact) {
  if (is_exact) return formatted("{:.0f}%", share * 100);
  std::string text;
  if (width >= kShareWithNumber) {
    text = formatted("{:3.0f}% ", share * 100);
    width -= text.size();
  }
  return text + std::string(static_cast<std::size_t>(std::lround(share * static_cast<double>(width))), '|');
}

std::string kind_of(const Frame& frame, const Row& row) {
  if (row.is_service()) return plain(frame.service(row.service).service.scheduler);
  return ipvsadm::method_text(frame.dest(row.service, row.dest).method);
}

const char* health_word(const Frame& frame, const Row& row) {
  return row.is_service() ? ipvsadm::health_of(frame.service(row.service)).word
                          : ipvsadm::health_of(frame.dest(row.service, row.dest)).word;
}

std::string rates_text(const std::optional<Rates>& rates, Frame::Source source) {
  if (source == Frame::Source::none) return "rates are not known: estimation is off (run_estimation, est_cpulist)";
  if (!rates) return "rates are known with the next reading";
  return formatted("conn/s {}   packets/s in {} out {}   bytes/s in {} out {}", scaled(rates->conns), scaled(rates->inpkts),
                   scaled(rates->outpkts), scaled(rates->inbytes), scaled(rates->outbytes));
}

Line drops_line(const Drops& drops) {
  std::string text = drops.has_rates ? formatted("dropped/s {}   of all {}", scaled(drops.rate), scaled(static_cast<double>(drops.packets)))
                                     : formatted("dropped {}", scaled(static_cast<double>(drops.packets)));
  // Those that go on, else those that were most.
  constexpr std::size_t kReasons = 5;
  std::size_t said = 0;
  for (const DropFigure& each : drops.reasons) {
    if (said == kReasons || (drops.rate > 0 && each.rate == 0)) break;
    text += formatted("{} {} {}", said++ == 0 ? ":" : ",", plain(each.reason),
                      drops.rate > 0 ? scaled(each.rate) : scaled(static_cast<double>(each.packets)));
  }
  return {{text, drops.rate > 0 ? Style::fair : Style::plain}};
}

std::string sync_text(const ipvsadm::Snapshot& snapshot) {
  std::string text;
  for (const auto& daemon : *snapshot.daemons) {
    text += formatted("{}{} on {}, id {}", text.empty() ? "sync: " : "; ", ipvsadm::daemon_state_name(daemon.state),
                      plain(daemon.interface), daemon.sync_id);
    if (!snapshot.sync) continue;
    for (const auto& status : *snapshot.sync) {
      if (status.state != daemon.state) continue;
      const auto alive = std::ranges::count_if(status.heard, &ipvs::SyncPeer::is_alive);
      std::uint64_t lost = 0;
      for (const auto& peer : status.heard) lost += peer.lost;
      text += formatted(", hears {}", status.heard.size());
      if (alive != 0) text += formatted(" ({} alive)", alive);
      if (lost != 0) text += formatted(", lost {}", lost);
    }
  }
  return text;
}

}  // namespace

Layout layout_for(std::size_t width, Column sorted) {
  Layout layout{.sorted = sorted};
  std::size_t room = width > kName ? width - kName : 0;
  std::vector<Column> chosen;
  const auto has = [&](Column column) { return std::ranges::find(chosen, column) != chosen.end(); };
  const auto choose = [&](Column column) {
    if (column == Column::name || has(column) || room < width_of(column, sorted) + 1) return;
    room -= width_of(column, sorted) + 1;
    chosen.push_back(column);
  };
  choose(sorted);
  for (std::size_t i = 0; i < std::size(kByUse); ++i) {
    if (i == kBeforeShare && room > kShare) {
      layout.share = kShare;
      room -= kShare + 1;
    }
    choose(kByUse[i]);
  }
  for (const ColumnWords& each : columns())
    if (has(each.column)) layout.fields.push_back({each.column, width_of(each.column, sorted)});
  const std::size_t for_name = layout.share == 0 ? room : std::min((room + 1) / 2, kMostName - kName);
  layout.name = std::min(width, kName + for_name);
  if (layout.share != 0) layout.share = std::min(layout.share + room - for_name, kMostShare);
  return layout;
}

Layout whole_layout(Column sorted) {
  Layout layout{.name = kMostName, .share = 4, .sorted = sorted, .is_exact = true};
  for (const ColumnWords& each : columns())
    if (each.column != Column::name) layout.fields.push_back({each.column, is_text(each.column) ? width_of(each.column, sorted) : 11});
  return layout;
}

Line titles_line(const Layout& layout, const Sorting& sorting) {
  const auto title = [&](Column column, std::string text) {
    // Who sees no colours sees which it is.
    if (column == sorting.column) text += sorting.is_reversed ? '^' : 'v';
    return text;
  };
  Line line{{fitted(title(Column::name, "    service and servers "), layout.name), Style::heading}};
  for (const Layout::Field& field : layout.fields) {
    const std::string text = title(field.column, words_of(field.column).title);
    line.push_back({" " + fitted(text, field.width, !is_text(field.column)),
                    field.column == sorting.column ? Style::bold : Style::heading});
  }
  if (layout.share != 0)
    line.push_back({" " + fitted(layout.share < kShareWithNumber ? std::string("share")
                                                                 : formatted("share of {}", share_meaning(layout.sorted)),
                                 layout.share),
                    Style::heading});
  return line;
}

Line row_line(const Frame& frame, const Row& row, const Layout& layout) {
  const auto& service = frame.service(row.service);
  const Mark mark = row.is_service() ? mark_of(service) : mark_of(frame.dest(row.service, row.dest));
  const Style style = mark.style == Style::good ? (row.is_service() ? Style::bold : Style::plain) : mark.style;
  const std::string title = row.is_service() ? ipvsadm::title_of(service.service.key)
                                             : ipvsadm::title_of(frame.dest(row.service, row.dest).key);
  const char* const sign = !row.is_service() ? "    " : service.dests.empty() ? "  " : row.is_open ? "- " : "+ ";
  const Figures figures = row.is_service() ? frame.of_service(row.service) : frame.of_dest(row.service, row.dest);
  const std::size_t room = layout.name > 2 ? layout.name - 2 : 0;
  Line line{{std::string(1, mark.character) + " ", mark.style}, {fitted(sign + title, room), style}};
  for (const Layout::Field& field : layout.fields) {
    if (is_text(field.column)) {
      line.push_back({" " + fitted(field.column == Column::kind ? kind_of(frame, row) : health_word(frame, row), field.width),
                      field.column == Column::health ? mark.style : Style::plain});
      continue;
    }
    const double number = number_of(figures, field.column);
    line.push_back({" " + fitted(layout.is_exact ? whole(number) : scaled(number), field.width, true),
                    number > 0 || field.column == Column::weight ? style : Style::quiet});
  }
  if (layout.share != 0) {
    const double share = share_of(figures, row.is_service() ? frame.of_all() : frame.of_service(row.service), layout.sorted);
    line.push_back({" " + fitted(share_text(share, layout.share, layout.is_exact), layout.share, layout.is_exact), Style::bar});
  }
  return line;
}

std::vector<Line> header_lines(const Frame& frame, const Pace& pace, const std::string& clock, std::size_t most) {
  const ipvsadm::Snapshot& snapshot = frame.snapshot();
  std::vector<Line> lines;
  const double period = pace.period(snapshot.seconds);
  const std::string how = pace.is_paused            ? "paused"
                          : period == pace.interval ? formatted("every {:g} s", period)
                                                    : formatted("every {:.1f} s, as reading takes {:.1f} s", period, snapshot.seconds);
  if (!snapshot.is_up()) {
    lines.push_back({{formatted("ipvs-top {}   ", clock), Style::bold}, {how, Style::plain}});
    lines.push_back({{snapshot.trouble, Style::bad}});
  } else {
    const std::string release = snapshot.info.release.empty() ? std::string() : " (" + plain(snapshot.info.release) + ")";
    lines.push_back({{formatted("ipvs-top {}   ", clock), Style::bold},
                     {formatted("IPVS {}{}, table {}   {}", ipvsadm::version_words(snapshot.info.version), release,
                                snapshot.info.conn_table_size, how)}});
    const Figures& all = frame.of_all();
    std::string servers = formatted("{} servers", frame.dests());
    if (frame.drained() != 0) servers += formatted(", {} drained", frame.drained());
    if (frame.full() != 0) servers += formatted(", {} full", frame.full());
    lines.push_back({{formatted("{} services, {}   connections {} active, {} inactive", snapshot.table.size(), servers,
                                scaled(static_cast<double>(all.active)), scaled(static_cast<double>(all.inactive)))}});
    lines.push_back({{rates_text(all.rates, frame.source())}});
    if (frame.source() == Frame::Source::counters) lines.push_back({{"the kernel does not estimate rates: they are counted here", Style::quiet}});
    if (frame.drops()) lines.push_back(drops_line(*frame.drops()));
    if (snapshot.daemons && !snapshot.daemons->empty()) lines.push_back({{sync_text(snapshot)}});
  }
  if (lines.size() > most) lines.resize(most);
  return lines;
}

}  // namespace top
