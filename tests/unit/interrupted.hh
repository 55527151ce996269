// SPDX-License-Identifier: GPL-2.0-or-later
// System calls that a signal interrupts.
#pragma once

#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <fstream>
#include <functional>
#include <string>
#include <thread>

namespace interrupted {

inline std::atomic<int> signals = 0;

/// Does a thread of this process wait in the kernel?
inline bool sleeps(pid_t thread) {
  std::ifstream file("/proc/self/task/" + std::to_string(thread) + "/stat");
  std::string text;
  std::getline(file, text);
  // The name may have any characters in it.
  const auto name_end = text.rfind(") ");
  return name_end != std::string::npos && text[name_end + 2] == 'S';
}

/// What `call` returns. It waits for what `finish` does, in another thread: when it waits a signal comes, and `finish`
/// when it does so again.
template <typename Call>
auto returned(Call call, const std::function<void()>& finish) {
  struct sigaction without_restart {}, before {};
  without_restart.sa_handler = [](int) { ++signals; };
  sigaction(SIGUSR1, &without_restart, &before);
  signals = 0;
  std::thread other([&, thread = gettid(), caller = pthread_self()] {
    while (!sleeps(thread)) std::this_thread::yield();
    pthread_kill(caller, SIGUSR1);
    while (signals == 0 || !sleeps(thread)) std::this_thread::yield();
    finish();
  });
  auto result = call();
  other.join();
  sigaction(SIGUSR1, &before, nullptr);
  return result;
}

}  // namespace interrupted
