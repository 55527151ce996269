// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace ipvsadm {

/// Does one thing after the other in a thread of its own.
class Lane {
 public:
  Lane();
  ~Lane();
  void add(std::function<void()> task);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  bool is_ended_ = false;
  std::thread thread_;
};

}  // namespace ipvsadm
