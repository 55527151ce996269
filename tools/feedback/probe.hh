// SPDX-License-Identifier: GPL-2.0-or-later
// One question to one server. Never waits: who owns it tells when its descriptor is ready, and destroys it when it takes too
// long, which ends a connection or a program at once.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "feedback/answer.hh"
#include "feedback/config.hh"
#include "ipvs/types.hh"

namespace feedback {

/// The text: why there is no answer.
using Outcome = std::expected<Answer, std::string>;

class Probe {
 public:
  virtual ~Probe() = default;
  virtual int fd() const = 0;
  /// What of fd() is waited for, as epoll(7) has it.
  virtual std::uint32_t events() const = 0;
  /// Nothing: it goes on.
  virtual std::optional<Outcome> proceed() = 0;
};

/// Programs that were started, until they have been waited for; which blocks nobody, also if one cannot be killed.
class Programs {
 public:
  using Whom = std::pair<ipvs::ServiceKey, ipvs::DestKey>;
  using Kill = int (*)(pid_t, int);
  explicit Programs(Kill kill = ::kill) : kill_(kill) {}

  void began(pid_t pid, Whom whom) { all_[pid] = {.whom = std::move(whom)}; }
  /// Whether one that was started for this server is there.
  bool has_one_for(const Whom& whom) const;
  /// Kills it and all that it has started. What it ended with; nothing: it is not known, or has not ended yet, and reap() will see to it.
  std::optional<int> end(pid_t pid);
  /// Waits for those that have ended and that nobody asks for any more, and, as process 1, for what others have left behind.
  void reap();

 private:
  struct Program {
    Whom whom;
    bool is_left = false;  ///< nobody wants to know what it ends with
  };
  Kill kill_;
  std::map<pid_t, Program> all_;
};

/// `settings` has a source. `programs` outlives the probe; as long as it has one for this server no other is started.
std::expected<std::unique_ptr<Probe>, std::string> begin_probe(const ipvs::ServiceKey& service, const ipvs::DestKey& server,
                                                               const Settings& settings, Programs& programs);

}  // namespace feedback
