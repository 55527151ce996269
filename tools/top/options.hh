// SPDX-License-Identifier: GPL-2.0-or-later
// The command line. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "top/screen.hh"

namespace top {

struct Options {
  Screen::Settings screen = {};
  bool is_batch = false;
  std::optional<std::uint32_t> count = {};  ///< frames; nothing: until it is ended
  std::optional<std::size_t> width = {};    ///< of a batch; nothing: as wide as needed
  enum class Print : std::uint8_t { nothing, help, version } print = Print::nothing;
};

/// The text: what is wrong, in one line.
std::expected<Options, std::string> options_from(int argc, char* const* argv);

/// Seconds between readings, as they are given and typed.
std::expected<double, std::string> interval_from(std::string_view text);

std::string usage();

}  // namespace top
