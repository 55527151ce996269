// SPDX-License-Identifier: GPL-2.0-or-later
// Text with values in it. fmt behind a small face: of its headers only the light one is seen by those who use this,
// and its code is compiled once, in format.cc; header-only, it was most of what the whole program cost to compile.
#pragma once

#include <fmt/core.h>

#include <string>

namespace ipvsadm {

std::string vformatted(fmt::string_view format, fmt::format_args values);

/// fmt::format(), with the same checks of `format` at compile time.
template <typename... T>
std::string formatted(fmt::format_string<T...> format, const T&... values) {
  return vformatted(format, fmt::make_format_args(values...));
}

}  // namespace ipvsadm
