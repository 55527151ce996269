// SPDX-License-Identifier: GPL-2.0-or-later
// Lines for the journal, never more of them than somebody would read.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include "feedback/damper.hh"

namespace feedback {

class Log {
 public:
  /// `is_talkative`: details are told, and all of them.
  Log(std::FILE* stream, bool is_talkative) : stream_(stream), is_talkative_(is_talkative) {}
  /// A line; what is no text in it is escaped.
  void say(std::string_view text, Time now);
  void detail(std::string_view text, Time now);

 private:
  std::FILE* stream_;
  bool is_talkative_;
  double room_ = 100;  ///< lines that may be written at once; more comes with time
  Time last_ = {};
  unsigned long left_out_ = 0;
};

/// Tells systemd, if it wants to know: sd_notify(3).
void notify(const char* text);
/// How often at least it wants to hear from us; zero: it does not.
std::chrono::microseconds watchdog();

}  // namespace feedback
