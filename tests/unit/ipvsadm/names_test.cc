// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netdb.h>

#include <atomic>
#include <cerrno>
#include <future>
#include <thread>

#include "names/fwmarks.hh"
#include "names/names.hh"
#include "names/resolver.hh"

namespace {

using namespace std::chrono_literals;
using ipvsadm::Answer;
using ipvsadm::FirewallMarks;
using ipvsadm::Patience;
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
  EXPECT_FALSE(FirewallMarks::read("/nonexistent").value().mark_of("web"));
  EXPECT_EQ(FirewallMarks::read("/").error(), EISDIR) << "what cannot be read is not what is not there";
}

TEST(Patience, OneDeadlineForAllQuestions) {
  Patience patience(800ms, 20ms, 200ms);
  EXPECT_EQ(patience.grant(), 800ms);
  patience.spend(700ms);
  EXPECT_EQ(patience.grant(), 100ms) << "what is left";
  patience.spend(100ms);
  // From now on a glance each, as long as there are any.
  std::chrono::nanoseconds all = 800ms;
  int glances = 0;
  for (; glances < 100 && patience.grant() > 0ms; ++glances) {
    EXPECT_LE(patience.grant(), 20ms);
    all += patience.grant();
    patience.spend(patience.grant());
  }
  EXPECT_EQ(glances, 10);
  EXPECT_EQ(all, 1s);
}

TEST(Patience, WhatIsAnsweredAtOnceCostsWhatItTook) {
  Patience patience(10ms, 20ms, 30ms);
  patience.spend(15ms);  // longer than granted, as things go
  EXPECT_EQ(patience.grant(), 20ms);
  patience.spend(1ms);
  EXPECT_EQ(patience.grant(), 20ms);
  patience.spend(5ms);
  EXPECT_EQ(patience.grant(), 19ms);
  patience.spend(1h);
  EXPECT_EQ(patience.grant(), 0ms);
}

/// Time that passes only when somebody waits in vain, or when a test says so.
class FakeTime : public ipvsadm::Timer {
 public:
  Time now() override { return now_; }
  bool wait(std::unique_lock<std::mutex>& lock, std::condition_variable& changed, Time until,
            const std::function<bool()>& is_there) override {
    granted.push_back(until - now_);
    if (patient) {
      changed.wait(lock, is_there);
      now_ += takes;
      return true;
    }
    // Those that do not answer are waited for in vain; the others have been there.
    lock.unlock();
    while (answered < expected) std::this_thread::yield();
    lock.lock();
    now_ = until;
    return false;
  }
  bool patient = true;
  std::chrono::nanoseconds takes{0};
  std::atomic<int> answered = 0;
  int expected = 0;
  std::vector<std::chrono::nanoseconds> granted;

 private:
  Time now_{1h};
};

Question answer(std::string host) {
  return [host] { return Answer{.host = host, .address = {}}; };
}

/// What a dead name server is like: it answers when the test is over.
class Silence {
 public:
  ~Silence() { gate_.set_value(); }
  Question question() {
    return [wait = future_] {
      wait.wait();
      return Answer{.reached = false, .host = {}, .address = {}};
    };
  }

 private:
  std::promise<void> gate_;
  std::shared_future<void> future_ = gate_.get_future();
};

constexpr auto kPatience = [] { return Patience(800ms, 20ms, 200ms); };

TEST(Resolver, AnswersKeepTheOrderOfQuestions) {
  FakeTime time;
  std::vector<Question> questions;
  for (int i = 0; i < 500; ++i) questions.push_back(answer(std::to_string(i)));
  Resolver resolver(kPatience(), time);
  const auto answers = resolver.ask(questions);
  ASSERT_EQ(answers.size(), 500U);
  for (int i = 0; i < 500; ++i) EXPECT_EQ(answers[static_cast<std::size_t>(i)]->host, std::to_string(i));
  EXPECT_FALSE(resolver.gave_up());
  EXPECT_TRUE(resolver.ask({}).empty());
  EXPECT_FALSE(resolver.gave_up());
}

TEST(Resolver, SilenceCostsThePatienceOnce) {
  Silence silence;
  FakeTime time;
  time.patient = false;
  Resolver resolver(kPatience(), time);
  const auto start = time.now();
  std::vector<Question> questions;
  for (int i = 0; i < 200; ++i) questions.push_back(silence.question());
  for (const auto& each : resolver.ask(questions)) EXPECT_FALSE(each);
  EXPECT_TRUE(resolver.gave_up());
  EXPECT_EQ(time.now() - start, 800ms);
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(resolver.ask({silence.question()}).front());
  EXPECT_EQ(time.now() - start, 1s) << "however many are asked";
  EXPECT_EQ(time.granted.size(), 11U);
}

TEST(Resolver, SlowAnswersCostThePatienceToo) {
  FakeTime time;
  time.takes = 700ms;
  Resolver resolver(kPatience(), time);
  EXPECT_EQ(resolver.ask({answer("one")}).front()->host, "one");
  time.takes = 100ms;
  EXPECT_EQ(resolver.ask({answer("two")}).front()->host, "two");
  EXPECT_EQ(time.granted, (std::vector<std::chrono::nanoseconds>{800ms, 100ms}));
  time.takes = 0ms;
  EXPECT_EQ(resolver.ask({answer("from a file")}).front()->host, "from a file");
  EXPECT_EQ(time.granted.back(), 20ms) << "a glance";
  EXPECT_FALSE(resolver.gave_up());
}

TEST(Resolver, WhoHasAnsweredIsHeardWhenOthersDoNot) {
  Silence silence;
  FakeTime time;
  Resolver resolver(kPatience(), time);
  time.patient = false;
  time.expected = 1;
  const auto answers = resolver.ask({silence.question(), [&time] {
                                       ++time.answered;
                                       return Answer{.host = "known", .address = {}};
                                     }});
  EXPECT_FALSE(answers[0]);
  EXPECT_TRUE(resolver.gave_up());
}

TEST(Resolver, ANameServerThatWasNotReachedIsAReasonToGiveUp) {
  FakeTime time;
  Resolver resolver(kPatience(), time);
  const auto answers = resolver.ask({[] { return Answer{.reached = false, .host = {}, .address = {}}; }});
  ASSERT_TRUE(answers[0]);
  EXPECT_FALSE(answers[0]->host);
  EXPECT_TRUE(resolver.gave_up());
}

TEST(Resolver, RealTimeEnds) {
  Silence silence;
  Resolver resolver(Patience(1ms, 1ms, 1ms));
  EXPECT_FALSE(resolver.ask({silence.question()}).front());
  EXPECT_EQ(Resolver(Patience(1h, 1ms, 1ms)).ask({answer("x")}).front()->host, "x");
}

TEST(SystemNames, AddressesAreNotAskedForAndInterfacesNotDropped) {
  ipvsadm::SystemNames names;
  EXPECT_EQ(names.address_of("192.0.2.7", AF_INET), ipvs::Address::parse("192.0.2.7"));
  EXPECT_FALSE(names.address_of("fe80::1%lo", AF_INET6)) << "IPVS has no place for the interface";
  EXPECT_EQ(names.trouble(), "");
  EXPECT_FALSE(names.port_of("http", 99));
}

/// Whatever files this machine has: what the system's own functions say is right.
TEST(SystemNames, AreThoseOfTheSystem) {
  ipvsadm::SystemNames names;
  constexpr std::pair<int, const char*> kProtocols[] = {{IPPROTO_TCP, "tcp"}, {IPPROTO_UDP, "udp"}, {IPPROTO_SCTP, "sctp"}};
  for (const auto& [protocol, text] : kProtocols) {
    for (const char* service : {"http", "domain", "tftp", "ftp", "nosuchservice"}) {
      const servent* entry = getservbyname(service, text);
      std::optional<std::uint16_t> port;
      if (entry) port = ntohs(static_cast<std::uint16_t>(entry->s_port));
      EXPECT_EQ(names.port_of(service, static_cast<std::uint16_t>(protocol)), port) << service << " " << text;
    }
    for (const std::uint16_t port : {80, 53, 69, 21, 64999}) {
      const servent* entry = getservbyport(htons(port), text);
      std::optional<std::string> name;
      if (entry) name = entry->s_name;
      EXPECT_EQ(names.service_at(port, static_cast<std::uint16_t>(protocol)), name) << port << " " << text;
      EXPECT_EQ(names.service_at(port, static_cast<std::uint16_t>(protocol)), name) << "the second time, too";
    }
  }
  EXPECT_FALSE(names.service_at(80, 99));
  EXPECT_EQ(names.address_of("127.0.0.1", AF_INET), ipvs::Address::parse("127.0.0.1"));
  EXPECT_EQ(names.address_of("fd00::7", AF_INET6), ipvs::Address::parse("fd00::7"));
  EXPECT_FALSE(names.address_of("fd00::7", AF_INET));
  for (const char* text : {"127.0.0.1", "::1"}) {
    const auto address = ipvs::Address::parse(text);
    char host[NI_MAXHOST] = "";
    sockaddr_in four{};
    four.sin_family = AF_INET;
    four.sin_addr = address.as_v4();
    sockaddr_in6 six{};
    six.sin6_family = AF_INET6;
    six.sin6_addr = address.as_v6();
    const bool is_six = address.family == AF_INET6;
    const int result = getnameinfo(is_six ? reinterpret_cast<sockaddr*>(&six) : reinterpret_cast<sockaddr*>(&four),
                                   is_six ? sizeof(six) : sizeof(four), host, sizeof(host), nullptr, 0, NI_NAMEREQD);
    if (result == 0) {
      EXPECT_EQ(names.host_at(address), host);
    } else {
      EXPECT_FALSE(names.host_at(address));
    }
  }
}

}  // namespace
