// SPDX-License-Identifier: GPL-2.0-or-later
#include "feedback/probe.hh"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/titles.hh"

namespace {

using namespace std::chrono_literals;

pid_t tried = 0;
/// As if it could not be killed.
int kill_nobody(pid_t pid, int) {
  tried = pid;
  return 0;
}

const auto service = *ipvsadm::service_titled("tcp 192.0.2.1:80");
const auto server = *ipvsadm::server_titled("10.0.0.1:80", 0);

feedback::Settings command(std::vector<std::string> words) { return {.source = feedback::CommandSource{std::move(words)}}; }

feedback::Outcome outcome(feedback::Probe& probe) {
  pollfd ended{.fd = probe.fd(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(poll(&ended, 1, 60'000), 1);
  const auto found = probe.proceed();
  return found ? *found : std::unexpected("nothing");
}

TEST(FeedbackPrograms, OneThatCannotBeKilledHoldsUpNobody) {
  feedback::Programs programs(kill_nobody);
  auto probe = begin_probe(service, server, command({"/bin/sleep", "1000"}), programs);
  ASSERT_TRUE(probe) << probe.error();
  EXPECT_TRUE(programs.has_one_for({service, server}));
  const auto begun = std::chrono::steady_clock::now();
  probe->reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 100s);
  const pid_t first = tried;
  ASSERT_GT(first, 0);
  programs.reap();
  const auto again = begin_probe(service, server, command({"/bin/echo", "1%"}), programs);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error(), "the program from before has not ended yet");
  const auto other = *ipvsadm::server_titled("10.0.0.2:80", 0);
  EXPECT_TRUE(begin_probe(service, other, command({"/bin/echo", "1%"}), programs));
  ASSERT_EQ(kill(first, SIGKILL), 0);
  EXPECT_EQ(waitpid(first, nullptr, 0), first);
}

TEST(FeedbackPrograms, WhatHasEndedIsWaitedForAndMakesRoom) {
  feedback::Programs programs(kill_nobody);
  auto probe = begin_probe(service, server, command({"/bin/sleep", "1000"}), programs);
  ASSERT_TRUE(probe);
  probe->reset();
  ASSERT_EQ(kill(tried, SIGKILL), 0);
  for (int i = 0; i < 6000 && programs.has_one_for({service, server}); ++i) {
    programs.reap();
    std::this_thread::sleep_for(10ms);
  }
  EXPECT_FALSE(programs.has_one_for({service, server}));
  EXPECT_LT(waitpid(tried, nullptr, WNOHANG), 0) << "no zombie is left";
  const auto again = begin_probe(service, server, command({"/bin/echo", "7%"}), programs);
  ASSERT_TRUE(again);
  EXPECT_EQ(outcome(**again)->percent, 7);
}

TEST(FeedbackPrograms, WhatOthersLeaveBehindIsWaitedFor) {
  feedback::Programs programs;
  const pid_t child = fork();
  if (child == 0) _exit(0);
  siginfo_t info{};
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);
  programs.reap();
  EXPECT_LT(waitpid(child, nullptr, WNOHANG), 0);
  EXPECT_EQ(errno, ECHILD);
}

TEST(FeedbackPrograms, OneThatSomebodyElseWaitedForIsNoAnswer) {
  feedback::Programs programs(kill_nobody);
  auto probe = begin_probe(service, server, command({"/bin/echo", "5%"}), programs);
  ASSERT_TRUE(probe);
  ASSERT_GT(waitpid(-1, nullptr, 0), 0);
  EXPECT_EQ(outcome(**probe).error(), "it is not known what the program ended with");
  EXPECT_FALSE(programs.has_one_for({service, server}));
}

TEST(FeedbackPrograms, OneThatIsAskedIsNotTakenFromItsProbe) {
  feedback::Programs programs;
  auto probe = begin_probe(service, server, command({"/bin/echo", "5%"}), programs);
  ASSERT_TRUE(probe);
  pollfd ended{.fd = (*probe)->fd(), .events = POLLIN, .revents = 0};
  ASSERT_EQ(poll(&ended, 1, 60'000), 1);
  programs.reap();
  EXPECT_EQ(outcome(**probe)->percent, 5);
}

}  // namespace
