// SPDX-License-Identifier: GPL-2.0-or-later
#include "top/live.hh"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <system_error>

#include "base/lane.hh"
#include "base/words.hh"
#include "top/clock.hh"
#include "top/weight.hh"

namespace top {
namespace {

using Clock = std::chrono::steady_clock;

/// What other threads hand to the one that draws.
class Mailbox {
 public:
  Mailbox() : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  }
  int fd() const { return fd_; }
  void post(std::function<void()> task) {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    eventfd_write(fd_, 1);
  }
  void carry_out() {
    std::deque<std::function<void()>> tasks;
    {
      const std::lock_guard lock(mutex_);
      eventfd_t count;
      eventfd_read(fd_, &count);
      tasks.swap(tasks_);
    }
    for (const auto& each : tasks) each();
  }

 private:
  int fd_;
  std::mutex mutex_;
  std::deque<std::function<void()>> tasks_;
};

Clock::duration seconds(double number) {
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(number));
}

/// All but waiting for the kernel happens in one thread; tables and weights have a lane, connections another, as a list of
/// a million takes seconds.
class Live {
 public:
  Live(Terminal& terminal, ipvsadm::Kernel& kernel, const Options& options)
      : terminal_(terminal), kernel_(kernel), screen_(options.screen) {}

  void run(int end) {
    screen_.resize(terminal_.width(), terminal_.height());
    read();
    while (!is_ended_) {
      terminal_.draw(screen_.draw());
      pollfd events[] = {{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0},
                         {.fd = mailbox_.fd(), .events = POLLIN, .revents = 0},
                         {.fd = end, .events = POLLIN, .revents = 0}};
      // A signal that the size has changed interrupts it, and is read as a key.
      if (poll(events, std::size(events), patience()) < 0 && errno != EINTR) return;
      if (events[2].revents != 0 || (events[0].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0) return;
      for (const auto& key : terminal_.keys()) {
        if (key) screen_.press(*key);
        else screen_.resize(terminal_.width(), terminal_.height());
        carry_out();
      }
      mailbox_.carry_out();
      carry_out();
      if (!is_reading_ && !screen_.is_paused() && Clock::now() >= due()) read();
    }
  }

 private:
  Clock::time_point due() const { return begun_ + seconds(screen_.period()); }

  /// Milliseconds until the next reading begins; for ever when that is no question of time.
  int patience() const {
    if (is_reading_ || screen_.is_paused()) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(due() - Clock::now()).count();
    return static_cast<int>(std::clamp<decltype(left)>(left, 0, 3'600'000));
  }

  void carry_out() {
    for (const Wish& each : screen_.take_wishes()) std::visit([this](const auto& wish) { do_it(wish); }, each);
  }
  void do_it(const wish::Quit&) { is_ended_ = true; }
  void do_it(const wish::Read&) { read(); }
  void do_it(const wish::Redraw&) { terminal_.forget(); }
  void do_it(const wish::List& wish) { list(wish.query); }
  void do_it(const wish::SetWeight& wish) {
    tables_.add([this, wish] {
      WeightOutcome outcome{.wanted = wish};
      try {
        auto client = ipvsadm::open_client();
        if (client) outcome = set_weight(*client, wish);
        else outcome.trouble = client.error();
      } catch (const std::exception& error) {
        outcome.trouble = error.what();
      }
      mailbox_.post([this, outcome] { screen_.weight_is_set(outcome); });
    });
  }

  void read() {
    // What is being read may be older than what was asked for.
    if (is_reading_) {
      is_wanted_again_ = true;
      return;
    }
    is_reading_ = true;
    begun_ = Clock::now();
    tables_.add([this] {
      auto taken = std::make_shared<const ipvsadm::Snapshot>(ipvsadm::timed_snapshot(kernel_));
      mailbox_.post([this, taken = std::move(taken)] {
        is_reading_ = false;
        screen_.take(taken, clock_text());
        if (screen_.wants_list() && Clock::now() >= list_due_) screen_.list_again();
        if (std::exchange(is_wanted_again_, false)) read();
      });
    });
  }

  void list(std::shared_ptr<const ConnectionQuery> query) {
    // One that nobody waits for any more ends at its next connection.
    wanted_ = query->number;
    connections_.add([this, query = std::move(query)] {
      const auto begun = Clock::now();
      Collector collector(*query);
      std::string trouble;
      try {
        const auto visit = [&](ipvs::Connection& each) { return wanted_ == query->number && collector.visit(each); };
        if (const auto done = kernel_.connections(query->coarse(), visit); !done) trouble = done.error();
      } catch (const std::exception& error) {
        trouble = ipvsadm::shown(error.what());
      }
      ConnectionList list = collector.take();
      list.trouble = std::move(trouble);
      mailbox_.post([this, begun, list = std::move(list)] {
        // As with tables: reading takes a quarter of the time at most.
        list_due_ = Clock::now() + 3 * (Clock::now() - begun);
        screen_.take(list);
      });
    });
  }

  Terminal& terminal_;
  ipvsadm::Kernel& kernel_;
  Screen screen_;
  Mailbox mailbox_;
  bool is_ended_ = false, is_reading_ = false, is_wanted_again_ = false;
  Clock::time_point begun_ = {}, list_due_ = {};
  std::atomic<std::uint64_t> wanted_ = 0;
  // Ended first: what they do uses all of the above.
  ipvsadm::Lane tables_, connections_;
};

}  // namespace

void run_live(std::unique_ptr<Terminal> terminal, ipvsadm::Kernel& kernel, const Options& options, int end) {
  Live live(*terminal, kernel, options);
  live.run(end);
  terminal.reset();
  // Nothing has to be put away, and a lane may wait for a kernel that does not answer.
  std::_Exit(0);
}

}  // namespace top
