// SPDX-License-Identifier: GPL-2.0-or-later
// One question to one server. Never waits: who owns it tells when its descriptor is ready, and destroys it when it takes too
// long, which ends a connection or a program at once.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>

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

/// `settings` has a source.
std::expected<std::unique_ptr<Probe>, std::string> begin_probe(const ipvs::ServiceKey& service, const ipvs::DestKey& server,
                                                               const Settings& settings);

}  // namespace feedback
