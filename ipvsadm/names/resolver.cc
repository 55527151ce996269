// SPDX-License-Identifier: GPL-2.0-or-later
#include "names/resolver.hh"

#include <algorithm>
#include <memory>
#include <system_error>
#include <thread>
#include <utility>

namespace ipvsadm {
namespace {

/// A thread mostly sleeps. With so many, names that take most of the patience each are still found by the hundred.
constexpr std::size_t kMaxThreads = 128;

class RealTime : public Timer {
 public:
  Time now() override { return std::chrono::steady_clock::now(); }
  bool wait(std::unique_lock<std::mutex>& lock, std::condition_variable& changed, Time until,
            const std::function<bool()>& is_there) override {
    return changed.wait_until(lock, until, is_there);
  }
};

/// Shared with threads that may outlive everybody who waits for them.
struct Work {
  std::vector<Question> questions;
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t next = 0;
  std::size_t done = 0;
  std::size_t reached = 0;
  bool stopped = false;
  std::vector<std::optional<Answer>> answers;

  void run() {
    std::unique_lock lock(mutex);
    while (!stopped && next < questions.size()) {
      const std::size_t mine = next++;
      lock.unlock();
      Answer answer = questions[mine]();
      lock.lock();
      if (stopped) return;
      ++done;
      if (answer.reached) ++reached;
      answers[mine] = std::move(answer);
      changed.notify_one();
    }
  }
};

}  // namespace

Patience::Duration Patience::grant() const {
  return patience_ > Duration::zero() ? patience_ : std::min(glance_, glances_);
}

void Patience::spend(Duration time) {
  const Duration of_patience = std::min(time, patience_);
  patience_ -= of_patience;
  glances_ = std::max(glances_ - (time - of_patience), Duration::zero());
}

Timer& real_time() {
  static RealTime the;
  return the;
}

std::vector<std::optional<Answer>> Resolver::ask(std::vector<Question> questions) {
  const auto work = std::make_shared<Work>();
  const std::size_t count = questions.size();
  work->answers.resize(count);
  work->questions = std::move(questions);
  const Patience::Duration granted = patience_.grant();
  if (granted == Patience::Duration::zero()) {
    gave_up_ = gave_up_ || count > 0;
    return std::move(work->answers);
  }
  for (std::size_t i = 0; i < std::min(count, kMaxThreads); ++i) {
    try {
      std::thread([work] { work->run(); }).detach();
    } catch (const std::system_error&) {
      break;  // those that run do the work; if there is none, no name is known
    }
  }

  std::unique_lock lock(work->mutex);
  const Timer::Time start = timer_.now();
  timer_.wait(lock, work->changed, start + granted, [&] { return work->done == count; });
  work->stopped = true;
  patience_.spend(timer_.now() - start);
  gave_up_ = gave_up_ || work->reached < count;
  return std::exchange(work->answers, {});
}

}  // namespace ipvsadm
