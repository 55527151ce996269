// SPDX-License-Identifier: GPL-2.0-or-later
#include "feedback/probe.hh"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>
#include <vector>

#include "base/fd.hh"
#include "base/format.hh"
#include "base/titles.hh"
#include "feedback/http.hh"

namespace feedback {
namespace {

using ipvsadm::Fd;
using ipvsadm::formatted;

std::string trouble(const char* what, int code) { return formatted("{}: {}", what, std::strerror(code)); }

/// A connection that is spoken to once, and listened to until there is an answer.
class Connection : public Probe {
 public:
  Connection(Fd fd, std::string question) : fd_(std::move(fd)), question_(std::move(question)) {}
  int fd() const override { return fd_.get(); }
  std::uint32_t events() const override {
    return !is_connected_ ? EPOLLOUT : sent_ < question_.size() ? EPOLLIN | EPOLLOUT : EPOLLIN;
  }
  std::optional<Outcome> proceed() override {
    if (!is_connected_) {
      int code = 0;
      socklen_t size = sizeof(code);
      getsockopt(fd(), SOL_SOCKET, SO_ERROR, &code, &size);
      if (code != 0) return std::unexpected(trouble("cannot connect", code));
      is_connected_ = true;
    }
    while (sent_ < question_.size()) {
      const ssize_t size = send(fd(), question_.data() + sent_, question_.size() - sent_, MSG_NOSIGNAL);
      if (size < 0 && errno == EINTR) continue;
      // It may have answered before it was asked, and closed.
      if (size < 0) break;
      sent_ += static_cast<std::size_t>(size);
    }
    // Others get their turn between two pieces.
    char buffer[4096];
    const ssize_t size = recv(fd(), buffer, sizeof(buffer), 0);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return {};
    if (size < 0) return std::unexpected(trouble("connection lost", errno));
    answer_.append(buffer, static_cast<std::size_t>(size));
    return read(answer_, size == 0);
  }

 protected:
  /// `is_ended`: no more will come.
  virtual std::optional<Outcome> read(const std::string& answer, bool is_ended) = 0;

 private:
  Fd fd_;
  std::string question_, answer_;
  std::size_t sent_ = 0;
  bool is_connected_ = false;
};

class AgentProbe : public Connection {
 public:
  using Connection::Connection;

 private:
  std::optional<Outcome> read(const std::string& answer, bool is_ended) override {
    if (answer.find('\n') == answer.npos && answer.size() <= kLongestLine && !is_ended) return {};
    if (answer.empty()) return std::unexpected("closed without a word");
    return read_line(answer);
  }
};

class HttpProbe : public Connection {
 public:
  HttpProbe(Fd fd, const std::string& host, HttpSource source)
      : Connection(std::move(fd), http_request(host, source.path)), source_(std::move(source)) {}

 private:
  std::optional<Outcome> read(const std::string& answer, bool is_ended) override {
    const auto body = http_body(answer, is_ended, head_);
    if (!body) return std::unexpected(body.error());
    if (!*body) return {};
    const auto number = number_at(**body, source_.pointer);
    if (!number) return std::unexpected(number.error());
    const auto percent = source_.scale.percent_of(*number);
    if (!percent) return std::unexpected(formatted("{} is no {}", *number, source_.scale.target ? "load" : "percentage"));
    return Answer{.percent = *percent};
  }

  HttpSource source_;
  HttpHead head_;
};

std::expected<Fd, std::string> connected(const ipvs::Address& addr, std::uint16_t port) {
  Fd fd(socket(addr.family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return std::unexpected(trouble("no socket", errno));
  const int on = 1;
  setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  int done = 0;
  if (addr.family == AF_INET6) {
    const sockaddr_in6 to{.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_flowinfo = 0, .sin6_addr = addr.as_v6(), .sin6_scope_id = 0};
    done = connect(fd.get(), reinterpret_cast<const sockaddr*>(&to), sizeof(to));
  } else {
    const sockaddr_in to{.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = addr.as_v4(), .sin_zero = {}};
    done = connect(fd.get(), reinterpret_cast<const sockaddr*>(&to), sizeof(to));
  }
  if (done != 0 && errno != EINPROGRESS) return std::unexpected(trouble("cannot connect", errno));
  return fd;
}

/// A program and all that it has started. What it prints waits in a pipe, which takes no more than there is room for.
class Command : public Probe {
 public:
  Command(Programs& programs, pid_t pid, Fd ended, Fd output)
      : programs_(programs), pid_(pid), ended_(std::move(ended)), output_(std::move(output)) {}
  ~Command() override { end(); }
  int fd() const override { return ended_.get(); }
  std::uint32_t events() const override { return EPOLLIN; }
  std::optional<Outcome> proceed() override {
    const auto ended = end();
    if (!ended) return std::unexpected("it is not known what the program ended with");
    const int status = *ended;
    char buffer[kLongestLine + 2];
    const ssize_t size = ::read(output_.get(), buffer, sizeof(buffer));
    if (WIFSIGNALED(status)) return std::unexpected(formatted("the program was ended by signal {}", WTERMSIG(status)));
    if (WEXITSTATUS(status) != 0) return std::unexpected(formatted("the program ended with status {}", WEXITSTATUS(status)));
    if (size <= 0) return std::unexpected("the program printed nothing");
    return read_line({buffer, static_cast<std::size_t>(size)});
  }

 private:
  std::optional<int> end() {
    const pid_t pid = std::exchange(pid_, -1);
    return pid > 0 ? programs_.end(pid) : std::nullopt;
  }

  Programs& programs_;
  pid_t pid_;
  Fd ended_, output_;
};

std::expected<std::unique_ptr<Probe>, std::string> begin_command(const ipvs::ServiceKey& service, const ipvs::DestKey& server,
                                                                 const CommandSource& source, Programs& programs) {
  if (programs.has_one_for({service, server})) return std::unexpected("the program from before has not ended yet");
  int ends[2];
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return std::unexpected(trouble("no pipe", errno));
  Fd output(ends[0]);
  const Fd input(ends[1]);
  // A program may wait until there is room.
  fcntl(input.get(), F_SETFL, 0);
  std::vector<std::string> settings = {"IPVS_SERVICE=" + ipvsadm::title_of(service), "IPVS_SERVER=" + server.addr.to_string(),
                                       "IPVS_PORT=" + std::to_string(server.port)};
  for (char** each = environ; *each; ++each)
    if (!std::string_view(*each).starts_with("IPVS_") && !std::string_view(*each).starts_with("NOTIFY_SOCKET="))
      settings.emplace_back(*each);
  std::vector<std::string> words = source.words;
  std::vector<char*> arguments, environment;
  for (auto& each : words) arguments.push_back(each.data());
  for (auto& each : settings) environment.push_back(each.data());
  arguments.push_back(nullptr);
  environment.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, input.get(), STDOUT_FILENO);
  posix_spawnattr_init(&attributes);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  pid_t pid = -1;
  const int code = posix_spawn(&pid, words.front().c_str(), &actions, &attributes, arguments.data(), environment.data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (code != 0) return std::unexpected(trouble(words.front().c_str(), code));
  programs.began(pid, {service, server});
  auto command = std::make_unique<Command>(programs, pid, Fd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0))), std::move(output));
  if (command->fd() < 0) return std::unexpected(trouble("no descriptor of a program", errno));
  return command;
}

}  // namespace

bool Programs::has_one_for(const Whom& whom) const {
  return std::ranges::any_of(all_, [&](const auto& each) { return each.second.whom == whom; });
}

std::optional<int> Programs::end(pid_t pid) {
  // As long as nobody has waited for it the number is its own. It may have left its group.
  kill_(-pid, SIGKILL);
  kill_(pid, SIGKILL);
  int status = 0;
  pid_t ended = 0;
  do ended = waitpid(pid, &status, WNOHANG);
  while (ended < 0 && errno == EINTR);
  if (ended == 0) {
    all_[pid].is_left = true;
    return {};
  }
  all_.erase(pid);
  return ended == pid ? std::optional(status) : std::nullopt;
}

void Programs::reap() {
  for (;;) {
    siginfo_t info{};
    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) return;
    const auto found = all_.find(info.si_pid);
    // Its probe is about to see it; until then its number must be its own.
    if (found != all_.end() && !found->second.is_left) return;
    if (waitpid(info.si_pid, nullptr, WNOHANG) != info.si_pid) return;
    if (found != all_.end()) all_.erase(found);
  }
}

std::expected<std::unique_ptr<Probe>, std::string> begin_probe(const ipvs::ServiceKey& service, const ipvs::DestKey& server,
                                                               const Settings& settings, Programs& programs) {
  if (const auto* command = std::get_if<CommandSource>(&settings.source)) return begin_command(service, server, *command, programs);
  const auto* agent = std::get_if<AgentSource>(&settings.source);
  const auto* http = std::get_if<HttpSource>(&settings.source);
  const Place place = agent ? agent->place : http ? http->place : Place{};
  const ipvs::Address addr = place.address.value_or(server.addr);
  auto fd = connected(addr, place.port);
  if (!fd) return std::unexpected(fd.error());
  if (agent) return std::make_unique<AgentProbe>(std::move(*fd), settings.agent_send);
  return std::make_unique<HttpProbe>(std::move(*fd), ipvsadm::title_of(ipvs::DestKey{addr, place.port}), *http);
}

}  // namespace feedback
