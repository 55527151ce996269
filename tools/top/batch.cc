// SPDX-License-Identifier: GPL-2.0-or-later
#include "top/batch.hh"

#include <poll.h>

#include <cstdio>
#include <cstring>
#include <memory>

#include "base/io.hh"
#include "top/clock.hh"
#include "top/layout.hh"
#include "top/rows.hh"

namespace top {
namespace {

/// False: it is to end.
bool wait(int end, double seconds) {
  pollfd ended{.fd = end, .events = POLLIN, .revents = 0};
  return poll(&ended, 1, static_cast<int>(seconds * 1000)) <= 0;
}

}  // namespace

std::string frame_text(const Frame& frame, const Options& options, const std::string& clock) {
  const Screen::Settings& settings = options.screen;
  std::string text;
  const auto add = [&](const Line& line) {
    text += text_of(line).substr(0, options.width.value_or(std::string::npos)) + '\n';
  };
  for (const Line& each : header_lines(frame, {.interval = settings.interval}, clock, ~std::size_t{0})) add(each);
  if (!frame.snapshot().is_up()) return text;
  const Layout layout = options.width ? layout_for(*options.width, settings.sorting.column) : whole_layout(settings.sorting.column);
  add(titles_line(layout, settings.sorting));
  const auto is_open = [&](const ipvs::ServiceKey&) { return settings.is_open; };
  for (const Row& row : rows_of(frame, settings.sorting, Filter(settings.filter), is_open)) add(row_line(frame, row, layout));
  return text;
}

int run_batch(ipvsadm::Kernel& kernel, const Options& options, int end) {
  ipvsadm::Output output(stdout);
  Taken before;
  bool is_up = true;
  for (std::uint32_t printed = 0; !options.count || printed < *options.count;) {
    const auto taken = std::make_shared<const ipvsadm::Snapshot>(ipvsadm::timed_snapshot(kernel));
    const Pace pace{.interval = options.screen.interval};
    const Frame frame(taken, before);
    is_up = taken->is_up();
    // Where rates are differences, one moment has none.
    const bool is_blind = is_up && frame.source() == Frame::Source::counters && !before;
    before = taken;
    if (!is_blind) {
      if (!is_up && options.count == 1U) {
        std::fprintf(stderr, "ipvs-top: %s\n", taken->trouble.c_str());
        return 1;
      }
      output.write((printed == 0 ? "" : "\n") + frame_text(frame, options, clock_text()));
      output.flush();
      if (output.error() != 0) {
        std::fprintf(stderr, "ipvs-top: cannot write: %s\n", std::strerror(output.error()));
        return 1;
      }
      if (++printed == options.count) break;
    }
    if (!wait(end, pace.period(taken->seconds))) break;
  }
  return is_up ? 0 : 1;
}

}  // namespace top
