// SPDX-License-Identifier: GPL-2.0-or-later
// Questions to the name service, which may take long to answer or never do: asked side by side, and waited
// for only so long.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ipvs/types.hh"

namespace ipvsadm {

/// What the name service says to one question.
struct Answer {
  bool reached = true;  ///< false: no name server has answered
  std::optional<std::string> host;
  std::optional<ipvs::Address> address;
};

/// One question. Runs in a thread of its own, possibly beyond the end of the Resolver, so it must own what it
/// uses.
using Question = std::function<Answer()>;

/// The time spent without hearing anything is counted over all questions ever asked: a dead name server costs
/// the whole program `patience` once. One that answers, however slowly, is heard to the end.
class Resolver {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Resolver(Clock::duration patience) : patience_(patience) {}

  /// The answers in the order of the questions; nothing where none came in time.
  std::vector<std::optional<Answer>> ask(std::vector<Question> questions);
  /// True once an answer is missing since no name server was reached.
  bool gave_up() const { return gave_up_; }

 private:
  Clock::duration patience_;
  bool gave_up_ = false;
};

}  // namespace ipvsadm
