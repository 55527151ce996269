// SPDX-License-Identifier: GPL-2.0-or-later
#include "exporter/server.hh"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

#include "base/format.hh"
#include "base/words.hh"

namespace exporter {
namespace {

// What epoll says belongs to these, or to a client, whose tickets begin above.
constexpr Ticket kWake = 0;
constexpr Ticket kFirstListener = 1;
constexpr Ticket kFirstClient = 1000;

/// Of a client's data, what is taken at once before others get their turn; of a listener, how many clients.
constexpr int kPieces = 16, kClients = 64;
/// What is too much to wait for a client when there is too much of that.
constexpr std::size_t kLarge = 16 << 10;
/// What may wait to be sent to who listens to a stream.
constexpr std::size_t kStreamRoom = 256 << 10;
/// What the system may hold for a client that takes nothing; by itself it would go up to some MB.
constexpr int kSendRoom = 256 << 10;

const char* reason(int status) {
  switch (status) {
    case 200: return "OK";
    case 303: return "See Other";
    case 400: return "Bad Request";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 421: return "Misdirected Request";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    default: return "Other";
  }
}

std::string head_of(const Response& response, bool is_chunked, bool keeps_alive) {
  std::string head = ipvsadm::formatted("HTTP/1.1 {} {}\r\nContent-Type: {}\r\n", response.status, reason(response.status),
                                        response.type);
  // Nothing of a page comes from elsewhere, nor runs that is not a file of ours; and all of it is of this moment.
  head += "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n"
          "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
          "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'\r\n";
  for (const auto& [name, value] : response.headers) head += name + ": " + value + "\r\n";
  if (is_chunked)
    head += "Transfer-Encoding: chunked\r\n";
  else if (!response.source && !response.is_stream)
    head += ipvsadm::formatted("Content-Length: {}\r\n", response.body.size());
  head += keeps_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
  return head;
}

/// What was not taken is thrown away with the connection; else the system would keep it for a client that is dead.
void forget_unsent(const Fd& fd) {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

bool is_loopback(const Fd& fd) {
  sockaddr_storage own{};
  socklen_t size = sizeof(own);
  if (getsockname(fd.get(), reinterpret_cast<sockaddr*>(&own), &size) != 0) return false;
  if (own.ss_family == AF_INET) return ntohl(reinterpret_cast<const sockaddr_in&>(own).sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
  return own.ss_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6&>(own).sin6_addr);
}

Response refusal(const Refusal& why) {
  Response response{.status = why.status, .body = why.why + "\n"};
  if (why.status == 405) response.headers.emplace_back("Allow", "GET, HEAD");
  return response;
}

}  // namespace

Server::Server(Handler handler, Limits limits)
    : handler_(std::move(handler)),
      limits_(limits),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      next_(kFirstClient) {
  epoll_event event{.events = EPOLLIN, .data = {.u64 = kWake}};
  epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event);
}

std::expected<std::uint16_t, std::string> Server::listen(std::string_view where) {
  const std::size_t colon = where.rfind(':');
  const auto port = colon == std::string_view::npos ? std::nullopt
                                                    : ipvsadm::whole_number<std::uint16_t>(where.substr(colon + 1));
  if (!port) return std::unexpected("no ADDRESS:PORT");
  std::string host(where.substr(0, colon));
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  // Addresses only: a name could begin to mean another interface.
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_PASSIVE;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (host.empty() || getaddrinfo(host.c_str(), std::to_string(*port).c_str(), &hints, &found) != 0)
    return std::unexpected("no numeric address");
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owned(found, freeaddrinfo);
  Fd fd(socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  if (!fd) return std::unexpected(std::strerror(errno));
  setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  // clients inherit it
  setsockopt(fd.get(), SOL_SOCKET, SO_SNDBUF, &kSendRoom, sizeof(kSendRoom));
  if (found->ai_family == AF_INET6) setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
  if (bind(fd.get(), found->ai_addr, found->ai_addrlen) != 0 || ::listen(fd.get(), SOMAXCONN) != 0)
    return std::unexpected(std::strerror(errno));
  sockaddr_storage bound{};
  socklen_t size = sizeof(bound);
  getsockname(fd.get(), reinterpret_cast<sockaddr*>(&bound), &size);
  epoll_event event{.events = EPOLLIN, .data = {.u64 = kFirstListener + listeners_.size()}};
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd.get(), &event) != 0) return std::unexpected(std::strerror(errno));
  listeners_.push_back(std::move(fd));
  // in both families at the same place
  return ntohs(reinterpret_cast<const sockaddr_in&>(bound).sin_port);
}

void Server::stop() {
  is_stopped_ = true;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto done = write(wake_.get(), &one, sizeof(one));
}

void Server::post(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    posted_.push_back(std::move(task));
  }
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto done = write(wake_.get(), &one, sizeof(one));
}

void Server::run_posted() {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto done = read(wake_.get(), &count, sizeof(count));
  std::vector<std::function<void()>> tasks;
  {
    const std::lock_guard lock(mutex_);
    tasks.swap(posted_);
  }
  for (auto& each : tasks) try {
      each();
    } catch (const std::bad_alloc&) {
      // Who waits for what it would have said is told so in time.
    }
}

void Server::run() {
  auto second = Clock::now();
  while (!is_stopped_) {
    epoll_event events[64];
    const int count = epoll_wait(epoll_.get(), events, std::size(events), 1000);
    for (int i = 0; i < count; ++i) {
      const Ticket who = events[i].data.u64;
      if (who == kWake)
        run_posted();
      else if (who < kFirstClient)
        accept_from(listeners_[who - kFirstListener].get());
      else
        try {
          handle_events(who, events[i].events);
        } catch (const std::bad_alloc&) {
          close(who);  // what there is no memory for is this one's answer
        }
    }
    if (Clock::now() - second < std::chrono::seconds(1)) continue;
    second = Clock::now();
    end_overdue();
    if (on_second_) on_second_();
  }
}

void Server::accept_from(int fd) {
  for (int i = 0; i < kClients; ++i) {
    Fd client(accept4(fd, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!client) {
      // With no descriptors left the listener would be ready for ever; it is asked again in a second.
      if ((errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) && !make_room() && !is_paused_) {
        is_paused_ = true;
        for (const Fd& each : listeners_) epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, each.get(), nullptr);
      }
      return;
    }
    if (clients_.size() >= limits_.connections && !make_room()) continue;
    const int on = 1;
    setsockopt(client.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    const Ticket ticket = next_++;
    Connection connection{.fd = std::move(client)};
    connection.is_loopback = is_loopback(connection.fd);
    connection.since = connection.progress = Clock::now();
    watch(ticket, clients_.emplace(ticket, std::move(connection)).first->second);
  }
}

/// Of the clients that have not asked anything the one that has been silent for longest goes; then one that does not take
/// what it has asked for.
bool Server::make_room() {
  const auto now = Clock::now();
  auto worst = clients_.end();
  for (auto each = clients_.begin(); each != clients_.end(); ++each) {
    const Connection& client = each->second;
    const bool is_idle = client.state == State::reading;
    const bool is_stalled = client.state == State::writing && now - client.progress > std::chrono::seconds(2);
    if (!is_idle && !is_stalled) continue;
    if (worst == clients_.end() || std::pair(!is_idle, client.progress) <
                                       std::pair(worst->second.state != State::reading, worst->second.progress))
      worst = each;
  }
  if (worst == clients_.end()) return false;
  if (worst->second.state == State::writing) forget_unsent(worst->second.fd);
  clients_.erase(worst);
  return true;
}

template <typename Is>
bool Server::drop_slowest_of(Is is) {
  auto worst = clients_.end();
  for (auto each = clients_.begin(); each != clients_.end(); ++each)
    if (is(*each) && (worst == clients_.end() || each->second.progress < worst->second.progress)) worst = each;
  if (worst == clients_.end()) return false;
  forget_unsent(worst->second.fd);
  clients_.erase(worst);
  return true;
}

bool Server::drop_slowest() {
  return drop_slowest_of([](const auto& each) { return each.second.source != nullptr; });
}

std::size_t Server::unsent() const {
  std::size_t sum = 0;
  for (const auto& [ticket, client] : clients_) sum += client.out.size();
  return sum;
}

void Server::end_overdue() {
  const auto now = Clock::now();
  const auto is_overdue = [&](const Connection& client) {
    switch (client.state) {
      case State::reading:
        return now - client.since > (client.in.empty() ? limits_.idle : limits_.request);
      case State::waiting:
        return false;  // is told so, see below
      case State::writing:
        return now - client.progress > limits_.stalled || now - client.since > limits_.response;
      case State::streaming:
        return client.sent < client.out.size() && now - client.progress > limits_.stalled;
    }
    return false;
  };
  std::erase_if(clients_, [&](const auto& each) {
    if (!is_overdue(each.second)) return false;
    if (each.second.state != State::reading) forget_unsent(each.second.fd);
    return true;
  });
  std::vector<Ticket> given_up;
  for (const auto& [ticket, client] : clients_)
    if (client.state == State::waiting && now - client.since > limits_.waiting) given_up.push_back(ticket);
  for (const Ticket each : given_up) {
    // Its last: the answer that may still come must not be taken for that of a next request.
    clients_.at(each).keeps_alive = false;
    respond(each, {.status = 503, .headers = {{"Retry-After", "10"}}, .body = "the kernel does not answer\n"});
  }
  if (!is_paused_) return;
  is_paused_ = false;
  for (std::size_t i = 0; i < listeners_.size(); ++i) {
    epoll_event event{.events = EPOLLIN, .data = {.u64 = kFirstListener + i}};
    epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, listeners_[i].get(), &event);
  }
}

/// Tells epoll what is of interest now. A client that waits is not listened to: what it sends stays in its socket.
void Server::watch(Ticket ticket, Connection& client) {
  std::uint32_t events = 0;
  if (client.state == State::reading || client.state == State::streaming) events |= EPOLLIN;
  if (client.sent < client.out.size() || client.source) events |= EPOLLOUT;
  if (events == client.events && events != 0) return;
  epoll_event event{.events = events, .data = {.u64 = ticket}};
  const bool is_new = client.events == 0 && epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, client.fd.get(), &event) == 0;
  if (!is_new) epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, client.fd.get(), &event);
  client.events = events;
}

void Server::handle_events(Ticket ticket, std::uint32_t events) {
  const auto found = clients_.find(ticket);
  if (found == clients_.end()) return;
  Connection& client = found->second;
  if (events & (EPOLLERR | EPOLLHUP)) return close(ticket);
  if ((events & EPOLLIN) && !read_some(ticket, client)) return close(ticket);
  proceed(ticket);
}

/// False: the client has gone.
bool Server::read_some(Ticket ticket, Connection& client) {
  char buffer[4096];
  const ssize_t size = recv(client.fd.get(), buffer, sizeof(buffer), 0);
  if (size < 0) return errno == EAGAIN || errno == EINTR;
  if (size == 0) return false;
  // Who listens to a stream has nothing to say.
  if (client.state != State::reading) return true;
  if (client.in.empty()) client.since = Clock::now();
  client.progress = Clock::now();
  client.in.append(buffer, static_cast<std::size_t>(size));
  take_requests(ticket);
  return true;
}

/// Begins the first request that has come as a whole.
void Server::take_requests(Ticket ticket) {
  const auto found = clients_.find(ticket);
  if (found == clients_.end()) return;
  Connection& client = found->second;
  if (client.state != State::reading) return;
  Parsed parsed = parse_request(client.in);
  if (std::holds_alternative<Unfinished>(parsed)) return;
  client.state = State::waiting;
  client.since = Clock::now();
  if (const auto* refused = std::get_if<Refusal>(&parsed)) {
    client.keeps_alive = client.is_head = false;
    client.in.clear();
    return respond(ticket, refusal(*refused));
  }
  Complete& complete = std::get<Complete>(parsed);
  client.in.erase(0, complete.size);
  client.keeps_alive = complete.request.keeps_alive;
  client.takes_chunks = complete.request.takes_chunks;
  client.is_head = complete.request.is_head;
  // A page from elsewhere can have its name point here; the browser then lets it read all answers. It cannot choose
  // what the browser says of that name.
  if (client.is_loopback && !is_own_name(complete.request.host) && !names_.contains(complete.request.host)) {
    client.keeps_alive = false;
    return respond(ticket, refusal({421, "who comes by this name is not served here, see --name"}));
  }
  handler_(complete.request, ticket);
}

void Server::respond(Ticket ticket, Response response) {
  const auto found = clients_.find(ticket);
  if (found == clients_.end() || found->second.state != State::waiting) return;
  Connection& client = found->second;
  const bool has_length = !response.source && !response.is_stream;
  client.is_chunked = response.source && client.takes_chunks;
  if (response.is_stream || (response.source && !client.takes_chunks)) client.keeps_alive = false;
  client.out = head_of(response, client.is_chunked, client.keeps_alive);
  client.sent = 0;
  client.state = response.is_stream && !client.is_head ? State::streaming : State::writing;
  client.since = client.progress = Clock::now();
  if (!client.is_head) {
    if (has_length || response.is_stream) client.out += response.body;
    client.source = std::move(response.source);
  }
  const auto is_other = [ticket](const auto& each) {
    return each.first != ticket && each.second.state == State::writing && each.second.out.size() > kLarge;
  };
  while (unsent() > limits_.unsent && drop_slowest_of(is_other)) {}
  // Not from here: who called may be within a walk over tickets.
  watch(ticket, client);
}

bool Server::send(Ticket ticket, std::string_view text) {
  const auto found = clients_.find(ticket);
  if (found == clients_.end() || found->second.state != State::streaming) return false;
  Connection& client = found->second;
  if (client.out.size() - client.sent + text.size() > kStreamRoom) return true;
  if (client.sent == client.out.size()) client.progress = Clock::now();
  // Who is always a little behind would else keep all that it was ever sent.
  client.out.erase(0, client.sent);
  client.sent = 0;
  client.out += text;
  watch(ticket, client);
  return true;
}

/// Makes the next piece of a response.
void Server::fill(Connection& client) {
  client.out.clear();
  client.sent = 0;
  if (!client.source) return;
  std::string piece;
  const bool goes_on = client.source->next(piece);
  if (!client.is_chunked) {
    client.out = std::move(piece);
  } else if (!piece.empty()) {
    client.out = ipvsadm::formatted("{:x}\r\n", piece.size());
    client.out += piece;
    client.out += "\r\n";
  }
  if (goes_on) return;
  client.source.reset();
  if (client.is_chunked) client.out += "0\r\n\r\n";
}

/// False: the connection is broken.
bool Server::write_some(Connection& client) {
  for (int i = 0; i < kPieces; ++i) {
    if (client.sent == client.out.size()) fill(client);
    if (client.out.empty() && !client.source) return true;
    while (client.sent < client.out.size()) {
      const ssize_t size = ::send(client.fd.get(), client.out.data() + client.sent, client.out.size() - client.sent, MSG_NOSIGNAL);
      if (size < 0 && errno == EINTR) continue;
      if (size < 0) return errno == EAGAIN;
      client.sent += static_cast<std::size_t>(size);
      client.progress = Clock::now();
    }
  }
  return true;
}

/// Sends what there is to send and, when that was all, goes on with the client's next request.
void Server::proceed(Ticket ticket) {
  const auto found = clients_.find(ticket);
  if (found == clients_.end()) return;
  Connection& client = found->second;
  if (client.state == State::writing || client.state == State::streaming) {
    if (!write_some(client)) return close(ticket);
    if (client.state == State::writing && client.sent == client.out.size() && !client.source) {
      if (!client.keeps_alive) {
        // What the client still sends must not lead to a reset that overtakes the answer.
        shutdown(client.fd.get(), SHUT_WR);
        char rest[4096];
        for (int i = 0; i < 16 && recv(client.fd.get(), rest, sizeof(rest), 0) > 0; ++i) {}
        return close(ticket);
      }
      client.state = State::reading;
      client.since = client.progress = Clock::now();
      // Room for a large piece is not kept for who may never ask again.
      client.out = std::string();
      client.sent = 0;
      take_requests(ticket);
    }
  }
  const auto again = clients_.find(ticket);
  if (again != clients_.end()) watch(ticket, again->second);
}

}  // namespace exporter
