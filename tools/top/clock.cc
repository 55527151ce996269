// SPDX-License-Identifier: GPL-2.0-or-later
#include "top/clock.hh"

#include <ctime>

namespace top {

std::string clock_text() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  localtime_r(&now, &parts);
  char text[sizeof("12:34:56")];
  return std::string(text, std::strftime(text, sizeof(text), "%H:%M:%S", &parts));
}

}  // namespace top
