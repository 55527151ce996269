// SPDX-License-Identifier: GPL-2.0-or-later
// Asks the servers, and looks at the kernel's table and changes it: all in one thread, which waits for nobody.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/fd.hh"
#include "feedback/config.hh"
#include "feedback/controller.hh"
#include "feedback/log.hh"
#include "feedback/probe.hh"
#include "feedback/state.hh"
#include "feedback/table.hh"

namespace feedback {

struct Options {
  bool is_once = false;  ///< each server is asked once, and has what it says at once
  bool is_dry = false;   ///< changes are printed, and nothing is kept
};

class Daemon {
 public:
  /// `signals`: of signalfd(2), with SIGTERM, SIGINT and SIGHUP. `reread`: a new configuration; nothing: the old one holds.
  Daemon(Config config, Table& table, StateFile& state, Log& log, Options options, ipvsadm::Fd signals,
         std::function<std::optional<Config>()> reread);
  /// Until a signal ends it, or once. What the program ends with.
  int run();

 private:
  /// A server that is asked now and then.
  struct Asked {
    ipvs::ServiceKey service;
    ipvs::DestKey server;
    std::unique_ptr<Probe> probe = {};  ///< under way
    std::uint32_t events = 0;           ///< that are waited for
    Time begun = {};
    Time due = {};  ///< when it is asked next or, under way, for too long
    bool is_done = false;  ///< once
  };
  using Ticket = std::uint64_t;

  void configure(Config config);
  void drop_those_that_left();
  /// Looks at the table, and changes it. False: something was in the way.
  bool pass(bool is_end = false);
  bool change(Service& service, const std::vector<NewWeight>& wanted);
  /// False: it is not kept.
  bool keep(const std::map<const Service*, std::vector<NewWeight>>& wanted);
  void ask_those_of_now();
  void forget(Ticket ticket);
  void begin(Ticket ticket);
  void proceed(Ticket ticket);
  void finish(Ticket ticket, const Outcome& outcome);
  void overdue();
  void reschedule(Ticket ticket, Time due);
  void take_signals();
  int wait_time() const;
  void tell_news();
  bool is_done() const;
  Service* find(const ipvs::ServiceKey& key);

  Table& table_;
  StateFile& state_;
  Log& log_;
  Options options_;
  ipvsadm::Fd signals_;
  std::function<std::optional<Config>()> reread_;
  ipvsadm::Fd epoll_;
  std::vector<Service> services_;
  State former_;  ///< of another run
  State kept_;    ///< as it was written
  std::string unread_, unwritten_;  ///< what was in the way of both
  Programs programs_;
  std::map<Ticket, Asked> asked_;
  std::map<std::pair<ipvs::ServiceKey, ipvs::DestKey>, Ticket> tickets_;
  std::set<std::pair<Time, Ticket>> due_;
  Ticket next_ = 1;
  std::string trouble_;  ///< that was told
  Time passed_ = {};
  bool has_news_ = true, is_ended_ = false, is_refused_ = false, was_fine_ = true;
};

}  // namespace feedback
