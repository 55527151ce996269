// SPDX-License-Identifier: GPL-2.0-or-later
// The control loop: a damper alone, and three of them with servers whose load depends on their weights.
#include "feedback/damper.hh"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <random>

namespace {

using namespace std::chrono_literals;
using feedback::Damper;
using feedback::Pace;
using feedback::Time;

constexpr Time kStart = Time() + 1h;

Time at(double seconds) { return kStart + std::chrono::duration_cast<Time::duration>(std::chrono::duration<double>(seconds)); }

/// When the share has come to `target`, which is said every interval from `first` on.
double arrival(Damper& damper, double target, const Pace& pace, double first) {
  const double interval = std::chrono::duration<double>(pace.interval).count();
  for (double now = first; now < first + 200; now += interval) {
    damper.follow(target, pace, at(now));
    if (damper.share() == target) return now;
  }
  return -1;
}

TEST(Damper, HalfOfTheWeightIsLostWithinFiveSeconds) {
  // The word comes one interval after it became true, at the latest.
  for (const auto interval : {500ms, 1000ms, 2000ms}) {
    const Pace pace{.interval = interval};
    Damper damper;
    for (double now = 0; now < 10; now += std::chrono::duration<double>(interval).count()) damper.follow(100, pace, at(now));
    const double late = std::chrono::duration<double>(interval).count();
    EXPECT_LE(arrival(damper, 50, pace, 10 + late), 15) << interval.count();
    EXPECT_EQ(damper.share(), 50);
  }
}

TEST(Damper, ItRisesByBoundedSteps) {
  const Pace pace{.rise = 5, .interval = 1000ms};
  Damper damper;
  damper.reset(10);
  double before = damper.share();
  int seconds = 0;
  for (; damper.share() < 100 && seconds < 100; ++seconds) {
    damper.follow(100, pace, at(seconds));
    // The last bit of the way is gone at once.
    EXPECT_LE(damper.share() - before, 5 + 1);
    EXPECT_GT(damper.share(), before);
    before = damper.share();
  }
  EXPECT_GE(seconds, 18);
  EXPECT_LE(seconds, 30);
}

TEST(Damper, AnAnswerThatWasLongInComingIsNoLeap) {
  const Pace pace{.rise = 5, .interval = 1000ms};
  Damper damper;
  damper.reset(10);
  damper.follow(100, pace, at(0));
  const double before = damper.share();
  damper.follow(100, pace, at(3600));
  EXPECT_LE(damper.share() - before, 10);
  // Nor is a clock that stands still anything.
  const double again = damper.share();
  damper.follow(100, pace, at(3600));
  EXPECT_EQ(damper.share(), again);
}

TEST(Damper, LittleChangesNothing) {
  const Pace pace{.hysteresis = 5, .interval = 1000ms};
  Damper damper;
  damper.reset(60);
  for (int i = 0; i < 50; ++i) damper.follow(i % 2 ? 56 : 64, pace, at(i));
  EXPECT_EQ(damper.share(), 60);
  // Once under way it goes all of it.
  EXPECT_GE(arrival(damper, 66, pace, 100), 0);
  EXPECT_EQ(damper.share(), 66);
  const Pace none{.hysteresis = 0, .interval = 1000ms};
  EXPECT_GE(arrival(damper, 67, none, 200), 0);
}

TEST(Damper, ItTellsForHowLongItHasBeenUnderWay) {
  const Pace pace{.interval = 1000ms};
  Damper damper;
  damper.follow(100, pace, at(0));
  EXPECT_EQ(damper.under_way().count(), 0);
  const double there = arrival(damper, 20, pace, 2);
  EXPECT_EQ(damper.under_way().count(), there - 2) << "also when it is there";
  EXPECT_GT(damper.under_way().count(), 1);
  damper.follow(20, pace, at(20));
  EXPECT_EQ(damper.under_way().count(), 0);
}

/// What comes in is spread by weight; what a server says is about its load some time ago.
struct Loop {
  std::array<Damper, 3> dampers;
  std::array<double, 3> loads{}, next{0, 0.5, 1};
  std::array<double, 3> low, high;
  Pace pace;
  double lag = 0;    ///< seconds that a load takes to be seen
  double noise = 0;  ///< of what is said, to either side
  std::function<double(double load)> says = [](double load) { return std::min(100.0, 100 / std::max(load, 0.01)); };
  std::mt19937 dice{1};
  double now = 0;

  double weight(std::size_t i) const { return std::max(1.0, std::round(dampers[i].share())); }
  void begin_watch() {
    for (std::size_t i = 0; i < 3; ++i) low[i] = high[i] = dampers[i].share();
  }
  double swing() const {
    double most = 0;
    for (std::size_t i = 0; i < 3; ++i) most = std::max(most, high[i] - low[i]);
    return most;
  }
  /// `demand`: in servers of full weight; `strength`: of each.
  void run(double seconds, const std::function<double(double)>& demand, const std::array<double, 3>& strength = {1, 1, 1}) {
    constexpr double kStep = 0.1;
    for (const double end = now + seconds; now < end; now += kStep) {
      const double sum = weight(0) + weight(1) + weight(2);
      for (std::size_t i = 0; i < 3; ++i) {
        const double load = demand(now) * weight(i) / sum / strength[i];
        loads[i] += (lag > 0 ? 1 - std::exp(-kStep / lag) : 1) * (load - loads[i]);
        if (now < next[i]) continue;
        next[i] += std::chrono::duration<double>(pace.interval).count();
        const double said = loads[i] * (1 + std::uniform_real_distribution(-noise, noise)(dice));
        dampers[i].follow(says(said), pace, at(now));
        low[i] = std::min(low[i], dampers[i].share());
        high[i] = std::max(high[i], dampers[i].share());
      }
    }
  }
};

constexpr auto constant(double demand) {
  return [demand](double) { return demand; };
}

TEST(ControlLoop, AServerAtDoubleLoadLosesHalfOfItsWeight) {
  Loop loop;
  loop.run(60, constant(3));
  EXPECT_EQ(loop.weight(0), 100);
  // Another program has taken half of it: and others get so much more that they are overloaded, too.
  loop.run(5, constant(3), {0.5, 1, 1});
  EXPECT_LE(loop.weight(0), 70);
  // One whose load does not depend on its weight.
  Loop fixed;
  fixed.says = [&](double) { return fixed.now > 60 ? 50 : 100; };
  fixed.run(65, constant(3));
  EXPECT_EQ(fixed.weight(0), 50);
}

/// A step up, one server at half of its strength, that one back, a step down: after each, some time later, nothing swings.
void expect_rest(Loop loop, double settling, const std::string& what) {
  const struct {
    double demand, strength;
  } phases[] = {{1.5, 1}, {3.6, 1}, {3.6, 0.5}, {3.6, 1}, {2.4, 1}, {6, 1}};
  for (const auto& phase : phases) {
    loop.run(settling, constant(phase.demand), {phase.strength, 1, 1});
    loop.begin_watch();
    loop.run(60, constant(phase.demand), {phase.strength, 1, 1});
    EXPECT_LE(loop.swing(), 10) << what << ", demand " << phase.demand << ", strength " << phase.strength;
  }
}

TEST(ControlLoop, DoesNotSwingWithChangingLoad) {
  for (const auto interval : {1000ms, 2000ms})
    for (const double lag : {0.0, 2.0, 10.0}) {
      Loop loop;
      loop.pace.interval = interval;
      loop.lag = lag;
      expect_rest(loop, 30 + 3 * lag, "load, interval " + std::to_string(interval.count()) + ", lag " + std::to_string(lag));
    }
}

TEST(ControlLoop, DoesNotSwingWithAWordThatDependsMuchOnTheLoad) {
  for (const auto interval : {1000ms, 2000ms})
    for (const double lag : {0.0, 2.0, 10.0}) {
      Loop loop;
      loop.pace.interval = interval;
      loop.lag = lag;
      // Idle time: of a server that is busy for four fifths a step of a tenth is half of what it says.
      loop.says = [](double load) { return std::clamp(100 - 80 * load, 1.0, 100.0); };
      expect_rest(loop, 30 + 3 * lag, "idle time, interval " + std::to_string(interval.count()) + ", lag " + std::to_string(lag));
    }
}

TEST(ControlLoop, FollowsASlowWaveAsOne) {
  Loop loop;
  const auto wave = [](double now) { return 4.5 + 1.5 * std::sin(now / 20); };
  loop.run(130, wave);
  // What turns round more often than the wave does, and by more than a tenth, swings by itself.
  std::array<double, 3> turn{}, direction{};
  std::array<int, 3> turns{};
  for (std::size_t i = 0; i < 3; ++i) turn[i] = loop.dampers[i].share();
  for (int k = 0; k < 2520; ++k) {
    loop.run(0.1, wave);
    for (std::size_t i = 0; i < 3; ++i) {
      const double away = loop.dampers[i].share() - turn[i];
      if (direction[i] == 0 || away * direction[i] > 0) {
        if (std::abs(away) > 1) direction[i] = away > 0 ? 1 : -1, turn[i] = loop.dampers[i].share();
      } else if (std::abs(away) > 10) {
        direction[i] = -direction[i];
        turn[i] = loop.dampers[i].share();
        ++turns[i];
      }
    }
  }
  // Two waves: four turns, and one at the edges.
  for (const int each : turns) EXPECT_LE(each, 5);
}

TEST(ControlLoop, NoiseIsNotFollowedAllTheWay) {
  for (const auto interval : {1000ms, 2000ms}) {
    Loop loop;
    loop.pace.interval = interval;
    loop.noise = 0.1;
    loop.run(60, constant(4.5));
    loop.begin_watch();
    loop.run(300, constant(4.5));
    // What is said goes up and down by more than 16.
    EXPECT_LE(loop.swing(), 16) << interval.count();
  }
}

}  // namespace
