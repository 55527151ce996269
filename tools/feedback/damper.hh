// SPDX-License-Identifier: GPL-2.0-or-later
// A share of the base weight that follows what a server says: slow in, fast out, and at rest while little changes. Pure.
#pragma once

#include <chrono>

namespace feedback {

using Time = std::chrono::steady_clock::time_point;

/// Percentages of the base weight, and those in a second.
struct Pace {
  double rise = 5, fall = 50;
  double hysteresis = 5;
  std::chrono::milliseconds interval{2000};  ///< from one step to the next, as it should be
};

class Damper {
 public:
  /// There at once, and at rest.
  void reset(double share) {
    *this = Damper();
    share_ = share;
  }
  double share() const { return share_; }
  /// One step towards `target`.
  void follow(double target, const Pace& pace, Time now);
  /// How long the way has taken that the last step was part of; zero if it was none.
  std::chrono::duration<double> under_way() const { return way_; }

 private:
  void adapt(double error, const Pace& pace);

  double share_ = 100;
  bool is_moving_ = false;
  Time begun_ = {};  ///< of the way
  std::chrono::duration<double> way_{};
  Time last_ = {};   ///< step
  // A server whose load depends much on its weight says the opposite after each step: then steps become smaller.
  double size_ = 1;  ///< of steps
  int direction_ = 0, in_a_row_ = 0;
};

}  // namespace feedback
