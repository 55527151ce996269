// SPDX-License-Identifier: GPL-2.0-or-later
// The whole program over loopback, with a table in memory: agents that mean well, and others.
#include "feedback/daemon.hh"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "base/titles.hh"

namespace {

using namespace std::chrono_literals;
using feedback::Trouble;
using ipvsadm::Fd;

/// A lost race, or a busy machine, must not look like a mistake.
template <typename Is>
bool eventually(Is is) {
  for (const auto end = std::chrono::steady_clock::now() + 60s; std::chrono::steady_clock::now() < end;
       std::this_thread::sleep_for(5ms))
    if (is()) return true;
  return false;
}

struct TableInMemory : feedback::Table {
  std::expected<void, Trouble> open() override {
    const std::lock_guard lock(mutex);
    if (!trouble.text.empty()) return std::unexpected(trouble);
    return {};
  }
  std::expected<std::vector<ipvs::DestEntry>, Trouble> dests(const ipvs::ServiceKey& service) override {
    const std::lock_guard lock(mutex);
    return service == key ? all : std::vector<ipvs::DestEntry>();
  }
  std::expected<bool, std::string> edit(const ipvs::ServiceKey& service, const ipvs::Dest& dest) override {
    const std::lock_guard lock(mutex);
    ++edits;
    if (is_racing) std::erase_if(all, [&](const auto& each) { return each.key == dest.key; });
    const auto found = std::ranges::find(all, dest.key, &ipvs::DestEntry::key);
    if (service != key || found == all.end()) return false;
    if (!refusal.empty()) return std::unexpected(refusal);
    static_cast<ipvs::Dest&>(*found) = dest;
    return true;
  }

  void put(int number, int weight) {
    const std::lock_guard lock(mutex);
    ipvs::DestEntry dest;
    dest.key = server(number);
    dest.weight = weight;
    const auto found = std::ranges::find(all, dest.key, &ipvs::DestEntry::key);
    if (found == all.end())
      all.push_back(dest);
    else
      *found = dest;
  }
  int weight(int number) {
    const std::lock_guard lock(mutex);
    const auto found = std::ranges::find(all, server(number), &ipvs::DestEntry::key);
    return found == all.end() ? -1 : found->weight;
  }
  static ipvs::DestKey server(int number) {
    return {.addr = ipvs::Address::parse("127.1." + std::to_string(number / 250) + "." + std::to_string(number % 250 + 1)), .port = 80};
  }

  std::mutex mutex;
  ipvs::ServiceKey key = *ipvsadm::service_titled("tcp 192.0.2.1:80");
  std::vector<ipvs::DestEntry> all;
  Trouble trouble;
  std::string refusal;
  bool is_racing = false;  ///< somebody else deletes what is edited
  int edits = 0;
};

/// A server's agent, at its address.
class Agent {
 public:
  enum Way { says, keeps_silent, has_no_end, resets };
  explicit Agent(const ipvs::Address& addr, std::uint16_t port, Way way = says, std::string word = "") : way_(way), word_(std::move(word)) {
    fd_ = Fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int on = 1;
    setsockopt(fd_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    sockaddr_in at{.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = addr.as_v4(), .sin_zero = {}};
    socklen_t size = sizeof(at);
    EXPECT_EQ(bind(fd_.get(), reinterpret_cast<sockaddr*>(&at), size), 0);
    EXPECT_EQ(listen(fd_.get(), 64), 0);
    getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&at), &size);
    port_ = ntohs(at.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~Agent() {
    is_ended_ = true;
    thread_.join();
  }
  std::uint16_t port() const { return port_; }
  void say(std::string word) {
    const std::lock_guard lock(mutex_);
    word_ = std::move(word);
  }
  std::string heard() {
    const std::lock_guard lock(mutex_);
    return heard_;
  }

 private:
  void serve() {
    std::vector<Fd> kept;
    while (!is_ended_) {
      pollfd wait{.fd = fd_.get(), .events = POLLIN, .revents = 0};
      if (poll(&wait, 1, 20) <= 0) continue;
      Fd client(accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!client) continue;
      const linger at_once{.l_onoff = 1, .l_linger = 0};
      switch (way_) {
        case says: {
          pollfd asks{.fd = client.get(), .events = POLLIN, .revents = 0};
          char buffer[1024];
          const ssize_t size = poll(&asks, 1, 10) > 0 ? recv(client.get(), buffer, sizeof(buffer), MSG_DONTWAIT) : 0;
          const std::lock_guard lock(mutex_);
          if (size > 0) heard_.assign(buffer, static_cast<std::size_t>(size));
          send(client.get(), word_.data(), word_.size(), MSG_NOSIGNAL);
          break;
        }
        case keeps_silent:
          kept.push_back(std::move(client));
          if (kept.size() > 20) kept.erase(kept.begin());
          break;
        case has_no_end: {
          const std::string much(1 << 16, 'a');
          while (send(client.get(), much.data(), much.size(), MSG_NOSIGNAL | MSG_DONTWAIT) > 0) {}
          kept.push_back(std::move(client));
          if (kept.size() > 20) kept.erase(kept.begin());
          break;
        }
        case resets:
          setsockopt(client.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
          break;
      }
    }
  }

  Way way_;
  std::mutex mutex_;
  std::string word_, heard_;
  Fd fd_;
  std::uint16_t port_ = 0;
  std::atomic<bool> is_ended_ = false;
  std::thread thread_;
};

class FeedbackDaemon : public testing::Test {
 protected:
  FeedbackDaemon() {
    char name[] = "/tmp/ipvs-feedback-XXXXXX";
    folder = mkdtemp(name);
    int ends[2];
    EXPECT_EQ(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    signals = Fd(ends[0]);
    sender = Fd(ends[1]);
    stream = std::fopen((folder + "/log").c_str(), "w");
  }
  ~FeedbackDaemon() override {
    if (thread.joinable()) end();
    std::fclose(stream);
    std::filesystem::remove_all(folder);
  }

  std::string settings(const std::string& source) const {
    return "source = " + source + "\ninterval = 200ms\ntimeout = 200ms\nsilence = 600ms\nrise = 200%\nhysteresis = 1%\n[service tcp 192.0.2.1:80]\n";
  }
  feedback::Config config(const std::string& text) {
    auto read = feedback::read_config(text);
    EXPECT_TRUE(read) << text << read.error().message("f");
    return read ? *read : feedback::Config();
  }
  void start(const std::string& text, feedback::Options options = {}) {
    log.emplace(stream, true);
    state.emplace(folder + "/run/state");
    EXPECT_TRUE(state->lock());
    dry.emplace(table);
    daemon.emplace(config(text), options.is_dry ? static_cast<feedback::Table&>(*dry) : table, *state, *log, options,
                   std::move(signals), [this] { return std::exchange(next, {}); });
    thread = std::thread([this] { status = daemon->run(); });
  }
  void send_signal(int number) {
    signalfd_siginfo signal{};
    signal.ssi_signo = static_cast<std::uint32_t>(number);
    EXPECT_EQ(write(sender.get(), &signal, sizeof(signal)), static_cast<ssize_t>(sizeof(signal)));
  }
  int wait() {
    thread.join();
    return status;
  }
  int end() {
    send_signal(SIGTERM);
    return wait();
  }
  std::string content(const std::string& name) const {
    std::ifstream file(folder + "/" + name);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  bool has_weight(int number, int weight) {
    return eventually([&] { return table.weight(number) == weight; });
  }

  std::string folder;
  TableInMemory table;
  Fd signals, sender;
  std::FILE* stream = nullptr;
  std::optional<feedback::Log> log;
  std::optional<feedback::StateFile> state;
  std::optional<feedback::DryTable> dry;
  std::optional<feedback::Daemon> daemon;
  std::optional<feedback::Config> next;
  std::thread thread;
  int status = -1;
};

TEST_F(FeedbackDaemon, WeightsFollowTheAgents) {
  Agent first(table.server(0).addr, 0, Agent::says, "95%\n");
  Agent second(table.server(1).addr, first.port(), Agent::says, "up 98%");
  table.put(0, 100);
  table.put(1, 200);
  start("agent-send = hello\\n\n" + settings("agent " + std::to_string(first.port())));
  EXPECT_TRUE(has_weight(0, 95));
  EXPECT_TRUE(has_weight(1, 196));
  EXPECT_TRUE(eventually([&] { return first.heard() == "hello\n"; }));
  EXPECT_NE(content("run/state").find("127.1.0.1:80 100 "), std::string::npos);
  first.say("100%\n");
  EXPECT_TRUE(has_weight(0, 100));
  first.say("drain\n");
  EXPECT_TRUE(has_weight(0, 1));
  EXPECT_EQ(end(), 0);
  EXPECT_EQ(table.weight(0), 100);
  EXPECT_EQ(table.weight(1), 200);
  EXPECT_FALSE(std::filesystem::exists(folder + "/run/state"));
}

TEST_F(FeedbackDaemon, ManyAgentsThatMeanNoGoodHoldUpNobody) {
  Agent good(table.server(0).addr, 0, Agent::says, "95%\n");
  const auto at = table.server(1).addr;
  Agent silent(at, 0, Agent::keeps_silent), endless(at, 0, Agent::has_no_end), reset(at, 0, Agent::resets),
      garbage(at, 0, Agent::says, "\x16\x03\x01\n");
  std::string text = settings("agent " + std::to_string(good.port()));
  table.put(0, 100);
  const std::uint16_t ports[] = {silent.port(), endless.port(), reset.port(), garbage.port(), 1};
  for (int i = 1; i <= 300; ++i) {
    table.put(i, 100);
    text += "[server " + ipvsadm::title_of(table.server(i)) + "]\nsource = agent " + at.to_string() + ":" +
            std::to_string(ports[i % std::size(ports)]) + "\n";
  }
  start(text);
  EXPECT_TRUE(has_weight(0, 95));
  EXPECT_TRUE(eventually([&] { return content("log").find("127.1.1.51:80: has been silent") != std::string::npos; }));
  good.say("100%\n");
  EXPECT_TRUE(has_weight(0, 100));
  good.say("97%\n");
  EXPECT_TRUE(has_weight(0, 97));
  for (int i = 1; i <= 300; ++i) EXPECT_EQ(table.weight(i), 100) << i;
  const std::string told = content("log");
  for (const char* each : {"nothing within 0.2 s", "a line longer than 512 bytes", "connection lost: Connection reset by peer",
                           "is no word of an agent", "cannot connect: Connection refused"})
    EXPECT_NE(told.find(each), std::string::npos) << each;
}

TEST_F(FeedbackDaemon, NumbersByHttp) {
  Agent agent(table.server(0).addr, 0, Agent::says, "HTTP/1.0 200 OK\r\n\r\n{\"load\": [4, 1]}");
  table.put(0, 100);
  start(settings("http " + std::to_string(agent.port()) + " /status?x=1 /load/0 load 3.6"));
  EXPECT_TRUE(has_weight(0, 90));
  EXPECT_TRUE(agent.heard().starts_with("GET /status?x=1 HTTP/1.0\r\nHost: 127.1.0.1:" + std::to_string(agent.port()) + "\r\n"));
  agent.say("HTTP/1.0 200 OK\r\nContent-Length: 16\r\n\r\n{\"load\": [\"no\"]}");
  EXPECT_TRUE(has_weight(0, 100));
  EXPECT_NE(content("log").find("/load/0 is no number"), std::string::npos);
}

TEST_F(FeedbackDaemon, ProgramsAreAskedWithoutAShell) {
  for (int i = 0; i < 6; ++i) table.put(i, 100);
  std::string text = settings("command /usr/bin/env");
  const char* sources[] = {"command /bin/echo 94% \"# $(a) *\"", "command /bin/false", "command /bin/sleep 1000",
                           "command /nonexistent/program", "command /bin/sh -c \"sleep 1000 & yes 96% & echo $IPVS_PORT%\""};
  for (int i = 0; i < 5; ++i)
    text += "[server " + ipvsadm::title_of(table.server(i)) + "]\nsource = " + sources[i] + "\n";
  start(text);
  EXPECT_TRUE(has_weight(0, 94));
  // Its port is 80. What it leaves behind ends with it.
  EXPECT_TRUE(eventually([&] { return table.weight(4) == 80 || table.weight(4) == 96; })) << table.weight(4);
  const auto is_told = [&](const char* what) { return eventually([&] { return content("log").find(what) != std::string::npos; }); };
  EXPECT_TRUE(is_told("the program ended with status 1"));
  EXPECT_TRUE(is_told("127.1.0.3:80: no answer: nothing within 0.2 s"));
  EXPECT_TRUE(is_told("/nonexistent/program: No such file or directory"));
  EXPECT_TRUE(is_told("127.1.0.6:80: no answer: \"")) << "an environment is no answer";
  EXPECT_EQ(end(), 0);
}

TEST_F(FeedbackDaemon, ServersOfOthersAreFollowedAndNoneIsAddedAgain) {
  Agent first(table.server(0).addr, 0, Agent::says, "95%\n");
  Agent second(table.server(1).addr, first.port(), Agent::says, "95%\n");
  table.put(0, 100);
  start("minimum = 80\n" + settings("agent " + std::to_string(first.port())));
  EXPECT_TRUE(has_weight(0, 95));
  table.put(1, 100);
  EXPECT_TRUE(has_weight(1, 95));
  {
    const std::lock_guard lock(table.mutex);
    table.is_racing = true;
  }
  first.say("90%\n");
  EXPECT_TRUE(has_weight(0, -1));
  {
    const std::lock_guard lock(table.mutex);
    table.is_racing = false;
  }
  second.say("92%\n");
  EXPECT_TRUE(has_weight(1, 92));
  EXPECT_EQ(table.weight(0), -1);
  table.put(0, 100);
  EXPECT_TRUE(has_weight(0, 90));
}

TEST_F(FeedbackDaemon, AModuleGoesAndComesBack) {
  Agent agent(table.server(0).addr, 0, Agent::says, "95%\n");
  table.put(0, 100);
  start(settings("agent " + std::to_string(agent.port())));
  EXPECT_TRUE(has_weight(0, 95));
  {
    const std::lock_guard lock(table.mutex);
    table.trouble = {.is_absent = true, .is_refused = false, .text = "no module"};
    table.all.clear();
  }
  EXPECT_TRUE(eventually([&] { return content("log").find("no module") != std::string::npos; }));
  table.put(0, 60);
  {
    const std::lock_guard lock(table.mutex);
    table.trouble = {};
  }
  EXPECT_TRUE(has_weight(0, 57));
  EXPECT_NE(content("log").find("the kernel's table can be read again"), std::string::npos);
  {
    const std::lock_guard lock(table.mutex);
    table.trouble = {.is_absent = true, .is_refused = false, .text = "no module"};
  }
  EXPECT_EQ(end(), 0) << "nothing is left to be put right";
}

TEST_F(FeedbackDaemon, WhoMayNotAskIsToldSo) {
  table.trouble = {.is_absent = false, .is_refused = true, .text = "not permitted"};
  start(settings("agent 1"));
  EXPECT_EQ(wait(), 1);
  EXPECT_EQ(content("log"), "ipvs-feedback: not permitted\n");
}

TEST_F(FeedbackDaemon, ARefusalOfTheKernelIsToldAndTriedAgain) {
  Agent agent(table.server(0).addr, 0, Agent::says, "95%\n");
  table.put(0, 100);
  table.refusal = "not now";
  start(settings("agent " + std::to_string(agent.port())));
  EXPECT_TRUE(eventually([&] { return content("log").find("tcp 192.0.2.1:80 127.1.0.1:80: cannot set weight") != std::string::npos; }));
  {
    const std::lock_guard lock(table.mutex);
    table.refusal.clear();
  }
  EXPECT_TRUE(has_weight(0, 95));
}

TEST_F(FeedbackDaemon, TheConfigurationIsReadAgain) {
  Agent agent(table.server(0).addr, 0, Agent::says, "95%\n");
  table.put(0, 100);
  const std::string source = "agent " + std::to_string(agent.port());
  start(settings(source));
  EXPECT_TRUE(has_weight(0, 95));
  send_signal(SIGHUP);  // a broken one
  next = {};
  agent.say("92%\n");
  EXPECT_TRUE(has_weight(0, 92));
  next = config("weight = 200\n" + settings(source));
  send_signal(SIGHUP);
  EXPECT_TRUE(has_weight(0, 184));
  // A service that is no longer in it has its weights back.
  next = config("source = agent 1\n[service tcp 192.0.2.2:80]\n");
  send_signal(SIGHUP);
  EXPECT_TRUE(has_weight(0, 200));
  agent.say("30%\n");
  EXPECT_EQ(end(), 0);
  EXPECT_EQ(table.weight(0), 200);
}

TEST_F(FeedbackDaemon, WhoIsNoLongerAskedHasItsBaseAgainAsSoonAsTheKernelLetsUs) {
  Agent agent(table.server(0).addr, 0, Agent::says, "30%\n");
  table.put(0, 100);
  const std::string text = settings("agent " + std::to_string(agent.port()));
  start(text);
  EXPECT_TRUE(has_weight(0, 30));
  next = config(text + "[server " + ipvsadm::title_of(table.server(0)) + "]\nsource = none\n");
  send_signal(SIGHUP);
  EXPECT_TRUE(has_weight(0, 100));
  next = config(text);
  send_signal(SIGHUP);
  EXPECT_TRUE(has_weight(0, 30));
  {
    const std::lock_guard lock(table.mutex);
    table.refusal = "not now";
  }
  next = config("source = agent 1\n[service tcp 192.0.2.2:80]\n");
  send_signal(SIGHUP);
  EXPECT_TRUE(eventually([&] { return content("log").find("tcp 192.0.2.1:80: is no longer in the configuration, but its base") != std::string::npos; }));
  EXPECT_NE(content("run/state").find("127.1.0.1:80 100 30 "), std::string::npos) << content("run/state");
  {
    const std::lock_guard lock(table.mutex);
    table.refusal.clear();
  }
  EXPECT_TRUE(has_weight(0, 100));
  EXPECT_TRUE(eventually([&] { return content("log").find("tcp 192.0.2.1:80: is no longer in the configuration, and left alone") != std::string::npos; }));
}

TEST_F(FeedbackDaemon, WithoutTheStateOfBeforeNothingIsDone) {
  Agent agent(table.server(0).addr, 0, Agent::says, "30%\n");
  table.put(0, 100);
  std::filesystem::create_directories(folder + "/run/state");
  start(settings("agent " + std::to_string(agent.port())));
  EXPECT_EQ(wait(), 1);
  EXPECT_EQ(table.edits, 0);
  EXPECT_EQ(content("log"), "ipvs-feedback: " + folder + "/run/state: Is a directory: without it weights of another run would be taken "
                            "for bases; nothing is done\n");
}

TEST_F(FeedbackDaemon, WhatCannotBeKeptIsNotSet) {
  Agent first(table.server(0).addr, 0, Agent::says, "90%\n");
  Agent second(table.server(1).addr, first.port(), Agent::says, "90%\n");
  table.put(0, 100);
  start(settings("agent " + std::to_string(first.port())));
  EXPECT_TRUE(has_weight(0, 90));
  std::filesystem::create_directories(folder + "/run/state.new/in the way");
  table.put(1, 100);
  EXPECT_TRUE(eventually([&] { return content("log").find("servers that are not in it yet keep their weights") != std::string::npos; }));
  first.say("80%\n");
  EXPECT_TRUE(has_weight(0, 80)) << "one that is in it";
  EXPECT_EQ(table.weight(1), 100);
  std::filesystem::remove_all(folder + "/run/state.new");
  EXPECT_TRUE(has_weight(1, 90));
  EXPECT_NE(content("log").find("the state can be written again"), std::string::npos);
}

TEST_F(FeedbackDaemon, FilesOfRootBelongToWhomTheirFolderBelongsTo) {
  if (geteuid() != 0) GTEST_SKIP() << "for root only";
  std::filesystem::create_directories(folder + "/run");
  ASSERT_EQ(chown((folder + "/run").c_str(), 65534, 65534), 0);
  feedback::StateFile file(folder + "/run/state");
  ASSERT_TRUE(file.lock());
  ASSERT_TRUE(file.write({}));
  for (const char* name : {"/run/state", "/run/state.lock"}) {
    struct stat found{};
    ASSERT_EQ(stat((folder + name).c_str(), &found), 0) << name;
    EXPECT_EQ(found.st_uid, 65534U) << name;
  }
}

TEST_F(FeedbackDaemon, OnceWaitsWithoutWork) {
  Agent silent(table.server(0).addr, 0, Agent::keeps_silent);
  table.put(0, 100);
  const auto begun = std::clock();
  start("source = agent " + std::to_string(silent.port()) + "\ninterval = 3s\ntimeout = 3s\n[service tcp 192.0.2.1:80]\n",
        {.is_once = true, .is_dry = false});
  EXPECT_EQ(wait(), 1);
  EXPECT_LT(std::clock() - begun, CLOCKS_PER_SEC) << "of processor time";
}

TEST_F(FeedbackDaemon, OnceIsOneQuestionAndItsAnswer) {
  Agent agent(table.server(0).addr, 0, Agent::says, "30%\n");
  table.put(0, 100);
  const std::string text = settings("agent " + std::to_string(agent.port()));
  start(text, {.is_once = true, .is_dry = false});
  EXPECT_EQ(wait(), 0);
  EXPECT_EQ(table.weight(0), 30);
  EXPECT_NE(content("run/state").find("127.1.0.1:80 100 100 30 tcp 192.0.2.1:80\n"), std::string::npos) << content("run/state");
}

TEST_F(FeedbackDaemon, OnceSaysWhoHasNotAnswered) {
  table.put(0, 100);
  start(settings("agent 1"), {.is_once = true, .is_dry = false});
  EXPECT_EQ(wait(), 1);
  EXPECT_EQ(table.weight(0), 100);
  EXPECT_NE(content("log").find("127.1.0.1:80: no answer: cannot connect: Connection refused"), std::string::npos);
}

TEST_F(FeedbackDaemon, ADryRunChangesNothing) {
  Agent agent(table.server(0).addr, 0, Agent::says, "30%\n");
  table.put(0, 100);
  testing::internal::CaptureStdout();
  start(settings("agent " + std::to_string(agent.port())), {.is_once = true, .is_dry = true});
  EXPECT_EQ(wait(), 0);
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "tcp 192.0.2.1:80 127.1.0.1:80: weight 100 -> 30 (it says 30 %, since 0.0 s)\n");
  EXPECT_EQ(table.weight(0), 100);
  EXPECT_EQ(table.edits, 0);
  EXPECT_FALSE(std::filesystem::exists(folder + "/run/state"));
}

TEST_F(FeedbackDaemon, ADryRunGoesOnAsIfItHadChangedThem) {
  Agent agent(table.server(0).addr, 0, Agent::says, "30%\n");
  table.put(0, 100);
  testing::internal::CaptureStdout();
  start("agent-send = how\n" + settings("agent " + std::to_string(agent.port())), {.is_once = false, .is_dry = true});
  EXPECT_TRUE(eventually([&] { return agent.heard() == "how"; }));
  agent.say("half\n");
  EXPECT_TRUE(eventually([&] { return content("log").find("has been silent") != std::string::npos; }));
  EXPECT_EQ(end(), 0);
  EXPECT_NE(testing::internal::GetCapturedStdout().find("127.1.0.1:80: weight 100 -> "), std::string::npos);
  EXPECT_EQ(content("log").find("by somebody else"), std::string::npos) << content("log");
  EXPECT_EQ(table.edits, 0);
}

TEST_F(FeedbackDaemon, OneProcessAtATimeHasAState) {
  feedback::StateFile first(folder + "/run/state"), second(folder + "/run/state");
  EXPECT_TRUE(first.lock());
  const auto locked = second.lock();
  ASSERT_FALSE(locked);
  EXPECT_EQ(locked.error(), "another ipvs-feedback is at work with " + folder + "/run/state");
  feedback::StateFile nowhere(folder + "/log/state");
  EXPECT_EQ(nowhere.lock().error(), folder + "/log/state.lock: Not a directory");
}

TEST(FeedbackLog, LeavesOutWhatNobodyWouldRead) {
  char* text = nullptr;
  std::size_t size = 0;
  std::FILE* stream = open_memstream(&text, &size);
  feedback::Log log(stream, false);
  auto now = feedback::Time() + 1h;
  for (int i = 0; i < 1000; ++i) log.say("a line", now);
  log.detail("a detail", now);
  log.say("\x1b[2J", now + 10s);
  std::fclose(stream);
  const std::string all(text, size);
  std::free(text);
  EXPECT_EQ(std::ranges::count(all, '\n'), 102);
  EXPECT_TRUE(all.ends_with("ipvs-feedback: a line\nipvs-feedback: 900 lines were left out\nipvs-feedback: \\x1b[2J\n")) << all;
}

TEST(FeedbackLog, SystemdIsTold) {
  const Fd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  const std::string name = "@ipvs-feedback-test-" + std::to_string(getpid());
  name.copy(at.sun_path, name.size());
  at.sun_path[0] = '\0';
  ASSERT_EQ(bind(fd.get(), reinterpret_cast<sockaddr*>(&at), static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size())), 0);
  setenv("NOTIFY_SOCKET", name.c_str(), 1);
  feedback::notify("READY=1");
  unsetenv("NOTIFY_SOCKET");
  feedback::notify("READY=2");
  char buffer[100];
  EXPECT_EQ(std::string(buffer, static_cast<std::size_t>(std::max<ssize_t>(recv(fd.get(), buffer, sizeof(buffer), MSG_DONTWAIT), 0))), "READY=1");
  EXPECT_LT(recv(fd.get(), buffer, sizeof(buffer), MSG_DONTWAIT), 0);
  EXPECT_EQ(feedback::watchdog(), 0us);
  setenv("WATCHDOG_USEC", "3000000", 1);
  EXPECT_EQ(feedback::watchdog(), 3s);
  setenv("WATCHDOG_PID", "1", 1);
  EXPECT_EQ(feedback::watchdog(), 0us) << "it is for another process";
  unsetenv("WATCHDOG_USEC");
  unsetenv("WATCHDOG_PID");
}

}  // namespace
