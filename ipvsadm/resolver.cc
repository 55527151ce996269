// SPDX-License-Identifier: GPL-2.0-or-later
#include "resolver.hh"

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace ipvsadm {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMaxThreads = 32;
/// What questions get after the patience is gone: enough for those that local files answer.
constexpr auto kLastGlance = 20ms;

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

std::vector<std::optional<Answer>> Resolver::ask(std::vector<Question> questions) {
  const auto work = std::make_shared<Work>();
  const std::size_t count = questions.size();
  work->answers.resize(count);
  work->questions = std::move(questions);
  for (std::size_t i = 0; i < std::min(count, kMaxThreads); ++i) {
    try {
      std::thread([work] { work->run(); }).detach();
    } catch (const std::system_error&) {
      break;  // those that run do the work; if there is none, no name is known
    }
  }

  std::unique_lock lock(work->mutex);
  auto since = Clock::now();
  while (work->done < count) {
    const std::size_t heard = work->reached;
    const auto until = since + std::max<Clock::duration>(patience_, kLastGlance);
    const bool news =
        work->changed.wait_until(lock, until, [&] { return work->reached > heard || work->done == count; });
    if (!news) break;
    if (work->reached > heard) since = Clock::now();
  }
  work->stopped = true;
  patience_ -= Clock::now() - since;
  gave_up_ = gave_up_ || work->reached < count;
  return std::exchange(work->answers, {});
}

}  // namespace ipvsadm
