// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/lane.hh"

#include <signal.h>

#include <utility>

namespace ipvsadm {

Lane::Lane()
    : thread_([this] {
        // Signals are for who waits for them.
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, nullptr);
        std::unique_lock lock(mutex_);
        for (;;) {
          changed_.wait(lock, [this] { return is_ended_ || !tasks_.empty(); });
          if (is_ended_) return;
          const auto task = std::move(tasks_.front());
          tasks_.pop_front();
          lock.unlock();
          task();
          lock.lock();
        }
      }) {}

Lane::~Lane() {
  {
    const std::lock_guard lock(mutex_);
    is_ended_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Lane::add(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  changed_.notify_one();
}

}  // namespace ipvsadm
