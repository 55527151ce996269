// SPDX-License-Identifier: GPL-2.0-or-later
// A file with what a later run has to know, should this one be killed.
#pragma once

#include <expected>
#include <map>
#include <string>
#include <string_view>

#include "base/fd.hh"
#include "feedback/controller.hh"
#include "ipvs/types.hh"

namespace feedback {

using State = std::map<ipvs::ServiceKey, Memories>;

/// A line for each server: itself, base, weight before and after, its service.
std::string state_text(const State& state);
/// Lines that are none are left out: the file may be of another version.
State read_state(std::string_view text);

/// Where it is kept. One process at a time has it.
class StateFile {
 public:
  explicit StateFile(std::string path) : path_(std::move(path)) {}
  /// Makes the folder it is in, if need be. The text: it cannot be had, or another process has it.
  std::expected<void, std::string> lock();
  /// What is in it; nothing if it is not there.
  std::expected<State, std::string> read() const;
  std::expected<void, std::string> write(const State& state);
  void remove();

 private:
  std::string path_;
  ipvsadm::Fd lock_;
};

}  // namespace feedback
