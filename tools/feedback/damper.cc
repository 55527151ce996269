// SPDX-License-Identifier: GPL-2.0-or-later
#include "feedback/damper.hh"

#include <algorithm>
#include <cmath>

namespace feedback {
namespace {

using Seconds = std::chrono::duration<double>;

/// Of the way that is left, a step of this length of time takes 63 %.
constexpr double kReaction = 1;
constexpr double kLeastSize = 1.0 / 16;
/// So many steps the same way, or at rest, are no swinging.
constexpr int kSteady = 3;
/// What is nearer is there.
constexpr double kThere = 1;

}  // namespace

void Damper::adapt(double error, const Pace& pace) {
  const int direction = std::abs(error) <= std::min(pace.hysteresis, kThere) ? 0 : error < 0 ? -1 : 1;
  if (direction != 0 && direction_ != 0 && direction != direction_) {
    size_ = std::max(size_ / 2, kLeastSize);
    in_a_row_ = 1;
  } else {
    if (++in_a_row_ >= kSteady) size_ = std::min(size_ * (direction == 0 ? 1.25 : 1.5), 1.0);
  }
  if (direction != 0 || in_a_row_ >= kSteady) direction_ = direction;
}

void Damper::follow(double target, const Pace& pace, Time now) {
  // An answer that was long in coming is one step nevertheless.
  const double usual = Seconds(pace.interval).count();
  const double seconds = last_ == Time() ? usual : std::clamp(Seconds(now - last_).count(), 0.0, 2 * usual);
  last_ = now;
  const double error = target - share_;
  way_ = {};
  if (!is_moving_ && std::abs(error) <= pace.hysteresis) return adapt(0, pace);
  adapt(error, pace);
  if (!is_moving_) begun_ = now;
  is_moving_ = true;
  way_ = now - begun_;
  const double whole = error * (1 - std::exp(-seconds / kReaction)) * size_;
  const double step = std::clamp(whole, -pace.fall * seconds, pace.rise * seconds);
  share_ += step;
  if (std::abs(target - share_) > kThere) return;
  share_ = target;
  is_moving_ = false;
}

}  // namespace feedback
