// SPDX-License-Identifier: GPL-2.0-or-later
#include "top/options.hh"

#include <getopt.h>

#include <charconv>

#include "base/format.hh"
#include "base/words.hh"

namespace top {
namespace {

using ipvsadm::formatted;

constexpr double kLeastInterval = 0.1, kMostInterval = 3600;
constexpr std::size_t kLeastWidth = 40, kMostWidth = 1000;

std::string column_names() {
  std::string names;
  for (const ColumnWords& each : columns()) names += (names.empty() ? "" : " ") + std::string(each.name);
  return names;
}

}  // namespace

std::string usage() {
  return formatted(
      "usage: ipvs-top [OPTION]...\n"
      "  -i, --interval SECONDS  between readings, 0.1 to 3600 (2)\n"
      "  -s, --sort COLUMN       {}\n"
      "  -r, --reverse           the other way round\n"
      "  -f, --filter WORDS      only what has all of these in address, port, scheduler or mark\n"
      "  -c, --collapse          services without their servers\n"
      "  -w, --write             allow keys that change weights\n"
      "  -1, --once              print it once, without a terminal, and end\n"
      "  -b, --batch             print it again and again\n"
      "  -n, --count N           with --batch: N times\n"
      "      --width COLUMNS     with --once and --batch: cut to what fits, 40 to 1000\n"
      "  -h, --help, -V, --version\n",
      column_names());
}

std::expected<double, std::string> interval_from(std::string_view text) {
  double seconds = 0;
  const char* const end = text.data() + text.size();
  const auto [last, error] = std::from_chars(text.data(), end, seconds, std::chars_format::fixed);
  if (error != std::errc() || last != end || !(seconds >= kLeastInterval && seconds <= kMostInterval))
    return std::unexpected(formatted("\"{}\" is no interval: {} to {} seconds", ipvsadm::shown(text), kLeastInterval, kMostInterval));
  return seconds;
}

std::expected<Options, std::string> options_from(int argc, char* const* argv) {
  constexpr int kWidth = 256;
  const option longs[] = {{"interval", required_argument, nullptr, 'i'}, {"sort", required_argument, nullptr, 's'},
                          {"reverse", no_argument, nullptr, 'r'},        {"filter", required_argument, nullptr, 'f'},
                          {"collapse", no_argument, nullptr, 'c'},       {"write", no_argument, nullptr, 'w'},
                          {"once", no_argument, nullptr, '1'},           {"batch", no_argument, nullptr, 'b'},
                          {"count", required_argument, nullptr, 'n'},    {"width", required_argument, nullptr, kWidth},
                          {"help", no_argument, nullptr, 'h'},           {"version", no_argument, nullptr, 'V'},
                          {}};
  Options options;
  bool is_once = false;
  // The tests read several command lines.
  optind = 0;
  opterr = 0;
  for (int found; (found = getopt_long(argc, argv, ":i:s:rf:cw1bn:hV", longs, nullptr)) != -1;) {
    switch (found) {
      case 'i': {
        const auto seconds = interval_from(optarg);
        if (!seconds) return std::unexpected(seconds.error());
        options.screen.interval = *seconds;
        break;
      }
      case 's': {
        const auto column = column_named(optarg);
        if (!column) return std::unexpected(formatted("no column \"{}\": {}", ipvsadm::shown(optarg), column_names()));
        options.screen.sorting.column = *column;
        break;
      }
      case 'r':
        options.screen.sorting.is_reversed = true;
        break;
      case 'f':
        options.screen.filter = optarg;
        break;
      case 'c':
        options.screen.is_open = false;
        break;
      case 'w':
        options.screen.may_write = true;
        break;
      case '1':
        is_once = true;
        break;
      case 'b':
        options.is_batch = true;
        break;
      case 'n': {
        options.count = ipvsadm::whole_number<std::uint32_t>(optarg);
        if (!options.count || *options.count == 0)
          return std::unexpected(formatted("\"{}\" is no number of times: 1 or more", ipvsadm::shown(optarg)));
        break;
      }
      case kWidth: {
        options.width = ipvsadm::whole_number<std::size_t>(optarg);
        if (!options.width || *options.width < kLeastWidth || *options.width > kMostWidth)
          return std::unexpected(formatted("\"{}\" is no width: {} to {}", ipvsadm::shown(optarg), kLeastWidth, kMostWidth));
        break;
      }
      case 'h':
        options.print = Options::Print::help;
        return options;
      case 'V':
        options.print = Options::Print::version;
        return options;
      case ':':
        return std::unexpected(formatted("{} needs a value", ipvsadm::shown(argv[optind - 1])));
      default:
        return std::unexpected(formatted("there is no option {}", ipvsadm::shown(argv[optind - 1])));
    }
  }
  if (optind < argc) return std::unexpected(formatted("what is this: {}", ipvsadm::shown(argv[optind])));
  if (is_once && (options.is_batch || options.count)) return std::unexpected("--once is --batch --count 1: give one of them");
  if (options.count && !options.is_batch) return std::unexpected("--count goes with --batch");
  if (is_once) {
    options.is_batch = true;
    options.count = 1;
  }
  if (options.width && !options.is_batch) return std::unexpected("--width goes with --once or --batch: a terminal has its own");
  if (options.screen.may_write && options.is_batch) return std::unexpected("--write is for keys, of which --once and --batch read none");
  return options;
}

}  // namespace top
