// SPDX-License-Identifier: GPL-2.0-or-later
// Answers HTTP for all clients in one thread, none of which can hold up the others.
//
// Written by hand after trying what Debian has. cpp-httplib 0.11 gives each connection a thread of a pool for as long as it
// lives: with 100 clients that say nothing a request waited 58 s, and one request took 160 MB of headers. prometheus-cpp
// brings civetweb, which has such a pool, too. Here a silent client costs a descriptor and some hundred bytes.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/fd.hh"
#include "exporter/request.hh"

namespace exporter {

using ipvsadm::Fd;

using Clock = std::chrono::steady_clock;

/// A body that is made while it is sent: of a large one only a piece is ever in memory.
class Source {
 public:
  virtual ~Source() = default;
  /// Appends a piece of some 64 KiB. False: that was the last one.
  virtual bool next(std::string& into) = 0;
};

struct Response {
  int status = 200;
  std::string type = "text/plain; charset=utf-8";
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
  std::unique_ptr<Source> source = {};  ///< instead of `body`
  bool is_stream = false;               ///< it goes on, with what Server::send() gives it, until one side ends it
};

/// Who waits for a response; never used twice.
using Ticket = std::uint64_t;

struct Limits {
  std::size_t connections = 256;
  std::chrono::milliseconds idle{60'000};      ///< without a request
  std::chrono::milliseconds request{10'000};   ///< from a request's first byte to its last
  std::chrono::milliseconds waiting{30'000};   ///< for an answer that we have to get; then there is none
  std::chrono::milliseconds stalled{20'000};   ///< a client that takes nothing of its response
  std::chrono::milliseconds response{120'000};  ///< from its first byte to its last
  std::size_t unsent = 64 << 20;               ///< bytes that wait for clients to take them, of all together
};

class Server {
 public:
  /// Called for each request, in the thread of run(); respond() is to follow once, then or later, in that thread.
  using Handler = std::function<void(const Request&, Ticket)>;

  Server(Handler handler, Limits limits = {});

  /// `where`: "127.0.0.1:9793" or "[::1]:9793"; with port 0 the system chooses one. Gives the port, or what went wrong.
  std::expected<std::uint16_t, std::string> listen(std::string_view where);

  /// A name that clients may call us by over the loopback interface; others are is_own_name().
  void add_name(const std::string& name) { names_.insert(lower(name)); }

  /// Serves until stop().
  void run();
  /// From any thread, or a signal's handler.
  void stop();
  /// Has `task` called in the thread of run(); from any thread.
  void post(std::function<void()> task);
  /// Called once a second in the thread of run().
  void on_second(std::function<void()> task) { on_second_ = std::move(task); }

  /// Nothing happens if the client is gone.
  void respond(Ticket ticket, Response response);
  /// More of a response with `is_stream`. False: the client is gone. What a slow client has not taken yet is waited for,
  /// and this is left out.
  bool send(Ticket ticket, std::string_view text);
  bool is_there(Ticket ticket) const { return clients_.contains(ticket); }
  /// Closes the connection whose response has stood still for longest of those with a source. False: there is none.
  bool drop_slowest();
  std::size_t connections() const { return clients_.size(); }
  /// Bytes that wait for clients to take them.
  std::size_t unsent() const;

 private:
  enum class State { reading, waiting, writing, streaming };
  struct Connection {
    Fd fd;
    State state = State::reading;
    std::string in = {}, out = {};
    std::size_t sent = 0;  ///< of `out`
    std::unique_ptr<Source> source = {};
    bool is_chunked = false, keeps_alive = false, is_head = false, takes_chunks = true;
    bool is_loopback = false;  ///< it came to an address that only this host has
    Clock::time_point since = {};     ///< when this state began; while reading: the request's first byte
    Clock::time_point progress = {};  ///< when something was last sent
    std::uint32_t events = 0;         ///< what epoll waits for
  };
  void accept_from(int fd);
  bool make_room();
  template <typename Is>
  bool drop_slowest_of(Is is);
  void close(Ticket ticket) { clients_.erase(ticket); }
  void handle_events(Ticket ticket, std::uint32_t events);
  bool read_some(Ticket ticket, Connection& client);
  void take_requests(Ticket ticket);
  bool write_some(Connection& client);
  void fill(Connection& client);
  void proceed(Ticket ticket);
  void watch(Ticket ticket, Connection& client);
  void end_overdue();
  void run_posted();

  Handler handler_;
  Limits limits_;
  std::function<void()> on_second_;
  Fd epoll_, wake_;
  std::vector<Fd> listeners_;
  std::set<std::string> names_;
  bool is_paused_ = false;  ///< there were no descriptors left
  std::unordered_map<Ticket, Connection> clients_;
  Ticket next_ = 1;
  std::mutex mutex_;
  std::vector<std::function<void()>> posted_;
  std::atomic<bool> is_stopped_ = false;
};

}  // namespace exporter
