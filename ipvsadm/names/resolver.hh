// SPDX-License-Identifier: GPL-2.0-or-later
// Questions to the name service, which may take long to answer or never do: asked side by side, and waited
// for only so long.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
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

/// The time there is, for all questions ever asked. At first each may take what is left of the patience; once that is
/// gone each has a glance, which is enough for what local files answer, and at last none has anything.
class Patience {
 public:
  using Duration = std::chrono::nanoseconds;

  Patience(Duration patience, Duration glance, Duration glances)
      : patience_(patience), glance_(glance), glances_(glances) {}

  /// What may be waited now.
  Duration grant() const;
  /// So much was waited.
  void spend(Duration time);

 private:
  Duration patience_, glance_, glances_;
};

/// Time, and waiting for something or until a time. Tests have one of their own.
class Timer {
 public:
  using Time = std::chrono::steady_clock::time_point;

  virtual ~Timer() = default;
  virtual Time now() = 0;
  /// Waits until `is_there` or the time; which of them.
  virtual bool wait(std::unique_lock<std::mutex>& lock, std::condition_variable& changed, Time until,
                    const std::function<bool()>& is_there) = 0;
};

Timer& real_time();

/// However many names are asked for, in however many calls, slow and dead name servers together cost no more than the
/// patience.
class Resolver {
 public:
  explicit Resolver(Patience patience, Timer& timer = real_time()) : patience_(patience), timer_(timer) {}

  /// The answers in the order of the questions; nothing where none came in time.
  std::vector<std::optional<Answer>> ask(std::vector<Question> questions);
  /// True once an answer is missing since no name server was reached in time.
  bool gave_up() const { return gave_up_; }

 private:
  Patience patience_;
  Timer& timer_;
  bool gave_up_ = false;
};

}  // namespace ipvsadm
