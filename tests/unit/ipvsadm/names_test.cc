// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "fwmarks.hh"
#include "resolver.hh"

namespace {

using namespace std::chrono_literals;
using ipvsadm::Answer;
using ipvsadm::FirewallMarks;
using ipvsadm::Question;
using ipvsadm::Resolver;

TEST(FirewallMarks, LikeHosts) {
  const auto marks = FirewallMarks::parse(
      "# marks\n"
      "1 web  www\thttp   # the farm\n"
      "\n"
      "  0x10 mail\r\n"
      "2 web\n"
      "3 4 -x second\n"
      "0 nothing\n"
      "4294967296 big\n"
      "5\n"
      "x y\n"
      "1 again");
  EXPECT_EQ(marks.mark_of("web"), 1U) << "the first line decides";
  EXPECT_EQ(marks.mark_of("http"), 1U);
  EXPECT_EQ(marks.mark_of("again"), 1U);
  EXPECT_EQ(marks.mark_of("mail"), 16U);
  EXPECT_EQ(marks.name_of(1), "web");
  EXPECT_EQ(marks.name_of(16), "mail");
  EXPECT_EQ(marks.name_of(3), "second") << "numbers and options are no names";
  for (const char* name : {"nothing", "big", "the", "y", "4", "-x", ""})
    EXPECT_FALSE(marks.mark_of(name)) << name;
  for (const unsigned mark : {0U, 2U, 5U}) EXPECT_FALSE(marks.name_of(mark)) << mark;
  EXPECT_FALSE(FirewallMarks::parse("").mark_of("web"));
  EXPECT_FALSE(FirewallMarks::read("/nonexistent").mark_of("web"));
}

Question answer(std::string host) {
  return [host] { return Answer{.host = host, .address = {}}; };
}
/// What a dead name server is like.
Question silence() {
  return [] {
    std::this_thread::sleep_for(1h);
    return Answer{.reached = false, .host = {}, .address = {}};
  };
}

TEST(Resolver, AnswersKeepTheOrderOfQuestions) {
  std::vector<Question> questions;
  for (int i = 0; i < 500; ++i) questions.push_back(answer(std::to_string(i)));
  Resolver resolver(10s);
  const auto answers = resolver.ask(questions);
  ASSERT_EQ(answers.size(), 500U);
  for (int i = 0; i < 500; ++i) EXPECT_EQ(answers[static_cast<std::size_t>(i)]->host, std::to_string(i));
  EXPECT_FALSE(resolver.gave_up());
  EXPECT_TRUE(resolver.ask({}).empty());
}

TEST(Resolver, SilenceCostsThePatienceOnce) {
  Resolver resolver(200ms);
  const auto start = Resolver::Clock::now();
  std::vector<Question> questions;
  for (int i = 0; i < 200; ++i) questions.push_back(silence());
  const auto answers = resolver.ask(questions);
  for (const auto& each : answers) EXPECT_FALSE(each);
  EXPECT_TRUE(resolver.gave_up());
  const auto again = resolver.ask({silence(), answer("from a file")});
  EXPECT_FALSE(again[0]);
  EXPECT_EQ(again[1]->host, "from a file");
  EXPECT_LT(Resolver::Clock::now() - start, 2s);
}

TEST(Resolver, WhoAnswersIsHeardToTheEnd) {
  Resolver resolver(2s);
  std::vector<Question> questions;
  for (int i = 0; i < 100; ++i)
    questions.emplace_back([] {
      std::this_thread::sleep_for(1ms);
      return Answer{.host = "slow", .address = {}};
    });
  for (const auto& each : resolver.ask(questions)) EXPECT_TRUE(each);
  EXPECT_FALSE(resolver.gave_up());
}

TEST(Resolver, FailuresAreNoNews) {
  std::atomic<int> asked = 0;
  Resolver resolver(100ms);
  std::vector<Question> questions;
  for (int i = 0; i < 1000; ++i)
    questions.emplace_back([&asked] {
      ++asked;
      std::this_thread::sleep_for(30ms);
      return Answer{.reached = false, .host = {}, .address = {}};
    });
  resolver.ask(questions);
  EXPECT_TRUE(resolver.gave_up());
  EXPECT_LT(asked, 1000);
  std::this_thread::sleep_for(200ms);  // for the threads that still hold `asked`
}

}  // namespace
