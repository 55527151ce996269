// SPDX-License-Identifier: GPL-2.0-or-later
// Which address has what, and who asks the kernel when.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/lane.hh"
#include "base/snapshot.hh"
#include "exporter/metrics.hh"
#include "exporter/pages.hh"
#include "exporter/server.hh"

namespace exporter {

struct Options {
  std::string node_prefix = "node_ipvs";  ///< empty: no metrics by the names of node_exporter
};

/// Everything but the waiting for the kernel happens in the server's thread. Tables are asked for in one lane, connections in
/// another, as a list of a million takes seconds. Who asks while the kernel is being asked shares the next answer: so
/// however many clients there are, the kernel has one question at a time.
class App {
 public:
  App(Server& server, ipvsadm::Kernel& kernel, Options options);
  void handle(const Request& request, Ticket ticket);
  void on_second();

 private:
  using Taken = std::shared_ptr<const ipvsadm::Snapshot>;
  using Use = std::function<void(const Taken&)>;

  /// Calls `use` with a snapshot that is no older than `age`; 0: the kernel is asked after this.
  void with_snapshot(Clock::duration age, Use use);
  void ask();
  void arrived(Taken taken);
  void serve_metrics(const Taken& taken, Ticket ticket);
  void serve_api(const Request& request, Ticket ticket, const std::string& name);
  void serve_page(const Request& request, Ticket ticket);
  void serve_connections(const Request& request, Ticket ticket, bool is_json);
  void begin_events(const Request& request, Ticket ticket);
  void send_news();
  void refuse(Ticket ticket, int status, std::string why);

  struct Waiter {
    Clock::time_point asked;  ///< less what it may be old
    Use use;
  };
  struct Listener {
    Ticket ticket;
    Request request;
  };

  Server& server_;
  ipvsadm::Kernel& kernel_;
  Options options_;
  Taken last_;
  std::vector<std::weak_ptr<const ipvsadm::Snapshot>> live_;  ///< those that somebody still reads from
  std::weak_ptr<const MetricLabels> labels_;
  std::weak_ptr<const ipvsadm::Snapshot> labelled_;  ///< whose they are
  std::vector<Waiter> waiters_;
  bool is_asking_ = false;
  // One of each at a time: a kernel that takes long is not asked faster than it answers.
  bool has_news_ = false, is_counting_ = false;
  std::size_t lists_ = 0;  ///< of connections that wait or are being made
  std::vector<Listener> listeners_;
  History history_;
  Clock::time_point watched_ = {};  ///< when somebody last looked at a page
  unsigned seconds_ = 0;
  // Ended first: what they do uses all of the above.
  ipvsadm::Lane tables_, connections_;
};

}  // namespace exporter
