// SPDX-License-Identifier: GPL-2.0-or-later
// Carries out commands: asks the kernel, prints what the formatting functions make of the answers.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "command.hh"
#include "listing.hh"
#include "names.hh"
#include "script.hh"
#include "session.hh"

namespace ipvsadm {

/// Results go to standard output, messages to standard error. Every function returns an exit code.
class Runner {
 public:
  /// `program` is the name the tool was called by.
  Runner(std::string program, Names& names) : program_(std::move(program)), names_(names) {}

  int run(const Command& command);

 private:
  int carry_out(const ipvs::Change& change);
  int carry_out(const ListServices& list);
  int carry_out(const ListConnections& list);
  int carry_out(const ShowTimeouts&);
  int carry_out(const ShowDaemons&);
  int carry_out(const Save& save);
  int carry_out(const Restore& restore);
  int carry_out(const ShowHelp&);
  int carry_out(const ShowVersion&);

  int change_all(std::span<const ipvs::Change> changes, std::span<const unsigned> lines);
  int list_dests(ipvs::Client& client, const ipvs::ServiceKey& key, const Listing& listing, bool sorted);
  int failed_listing(const ipvs::Error& error);

  std::string program_;
  Names& names_;
  Session session_;
  std::string where_;  ///< "line N: " while restoring, else empty
};

}  // namespace ipvsadm
