// SPDX-License-Identifier: GPL-2.0-or-later
// The whole program over loopback, with a table in memory: clients that mean well, and others.
#include "exporter/app.hh"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <new>
#include <thread>

#include "base/fd.hh"
#include "tables.hh"

namespace {

using namespace std::chrono_literals;
using exporter::Fd;
using ipvsadm::Snapshot;

struct TableInMemory : ipvsadm::Kernel {
  Snapshot snapshot() override {
    ++asked;
    is_held.wait(true);
    if (has_no_memory) throw std::bad_alloc();
    return table;
  }
  std::optional<ipvs::Stats> totals() override { return table.totals; }
  std::expected<void, std::string> connections(const ipvs::ConnectionFilter& filter,
                                               const std::function<bool(ipvs::Connection&)>& visit) override {
    if (has_no_memory) throw std::bad_alloc();
    for (std::uint64_t i = 0; i < entries; ++i) {
      ++read;
      ipvs::Connection each{.protocol = IPPROTO_TCP, .client = ipvs::Address::parse("192.0.2.9"),
                            .client_port = static_cast<std::uint16_t>(i % 60'000), .virt = ipvs::Address::parse("192.0.2.1"),
                            .virt_port = 80, .dest = ipvs::Address::parse("10.0.0.1"), .dest_port = 80, .state = "ESTABLISHED"};
      if (filter.accepts(each) && !visit(each)) break;
    }
    return {};
  }

  Snapshot table;
  std::uint64_t entries = 0;
  std::atomic<int> asked = 0;
  std::atomic<std::uint64_t> read = 0;
  std::atomic<bool> is_held = false;  ///< it does not answer
  std::atomic<bool> has_no_memory = false;
};

class AppTest : public testing::Test {
 protected:
  void start(exporter::Limits limits = {}) {
    server = std::make_unique<exporter::Server>(
        [this](const exporter::Request& request, exporter::Ticket ticket) { app->handle(request, ticket); }, limits);
    app = std::make_unique<exporter::App>(*server, kernel, exporter::Options{});
    server->on_second([this] { app->on_second(); });
    port = server->listen("127.0.0.1:0").value();
    thread = std::thread([this] { server->run(); });
  }
  ~AppTest() override {
    if (!thread.joinable()) return;
    answer();
    server->stop();
    thread.join();
  }

  void answer() {
    kernel.is_held = false;
    kernel.is_held.notify_all();
  }
  /// What waits to be sent.
  std::size_t unsent() {
    std::promise<std::size_t> sum;
    server->post([&] { sum.set_value(server->unsent()); });
    return sum.get_future().get();
  }
  static bool is_gone(const Fd& fd) {
    pollfd gone{.fd = fd.get(), .events = POLLRDHUP, .revents = 0};
    return poll(&gone, 1, 0) == 1;
  }

  Fd connected(int room = 0) const {
    Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (room != 0) setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(fd.get(), reinterpret_cast<const sockaddr*>(&to), sizeof(to)), 0);
    return fd;
  }
  static void say(const Fd& fd, std::string_view text) {
    EXPECT_EQ(send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  }
  /// What comes until `end` has come, or the other side closes, or nothing comes for a minute or `ms`.
  static std::string heard(const Fd& fd, std::string_view end = "", int ms = 60'000) {
    std::string text;
    pollfd ready{.fd = fd.get(), .events = POLLIN, .revents = 0};
    while (poll(&ready, 1, ms) == 1) {
      char buffer[65536];
      const ssize_t size = recv(fd.get(), buffer, sizeof(buffer), 0);
      if (size <= 0) return text;
      text.append(buffer, static_cast<std::size_t>(size));
      if (!end.empty() && text.contains(end)) return text;
    }
    return text + "(nothing more)";
  }
  std::string got(const std::string& path) const {
    const Fd fd = connected();
    say(fd, "GET " + path + " HTTP/1.0\r\n\r\n");
    return heard(fd);
  }

  TableInMemory kernel;
  std::unique_ptr<exporter::Server> server;
  std::unique_ptr<exporter::App> app;
  std::uint16_t port = 0;
  std::thread thread;
};

TEST_F(AppTest, AConnectionServesManyRequests) {
  start();
  const Fd fd = connected();
  const std::string one = "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n";
  say(fd, one + one + "HEAD /metrics HTTP/1.1\r\nHost: a\r\n\r\nGET /nothing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const std::string text = heard(fd);
  std::size_t answers = 0, bodies = 0;
  for (std::size_t at = text.find("HTTP/1.1 200"); at != std::string::npos; at = text.find("HTTP/1.1 200", at + 1)) ++answers;
  for (std::size_t at = text.find("\nipvs_up 1\n"); at != std::string::npos; at = text.find("\nipvs_up 1\n", at + 1)) ++bodies;
  EXPECT_EQ(answers, 3U) << text;
  EXPECT_EQ(bodies, 2U);
  EXPECT_TRUE(text.contains("404 Not Found"));
  EXPECT_TRUE(text.ends_with("there is no such page\n")) << "and nothing behind it";
}

TEST_F(AppTest, ARefusalEndsTheConnection) {
  start();
  const Fd fd = connected();
  say(fd, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 33\r\n\r\nGET /metrics HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string text = heard(fd);
  EXPECT_TRUE(text.starts_with("HTTP/1.1 4")) << text;
  EXPECT_FALSE(text.contains("200 OK")) << "a body is no request";
}

TEST_F(AppTest, SilentClientsKeepNobodyOut) {
  start({.connections = 50});
  std::vector<Fd> silent;
  for (int i = 0; i < 200; ++i) silent.push_back(connected());
  for (const Fd& each : silent)
    if (&each - silent.data() >= 160) say(each, "GET / HT");
  EXPECT_TRUE(got("/metrics").contains("\nipvs_up 1\n"));
  EXPECT_LE(server->connections(), 50U);
}

TEST_F(AppTest, ARequestThatDoesNotEndIsEnded) {
  start({.idle = 60s, .request = 1s});
  const Fd fd = connected();
  const auto begun = exporter::Clock::now();
  bool is_open = true;
  while (is_open && exporter::Clock::now() - begun < 10s) {
    is_open = send(fd.get(), "G", 1, MSG_NOSIGNAL) == 1;
    pollfd ready{.fd = fd.get(), .events = POLLIN, .revents = 0};
    if (poll(&ready, 1, 100) == 1) is_open = false;
  }
  EXPECT_FALSE(is_open) << "each byte begins its time anew";
}

TEST_F(AppTest, WhoDoesNotTakeItsAnswerLosesIt) {
  for (int i = 1; i <= 8'000; ++i) kernel.table.table.push_back(a_mark(static_cast<std::uint32_t>(i), AF_INET));
  start({.stalled = 1s});
  std::vector<Fd> slow;
  for (int i = 0; i < 3; ++i) {
    slow.push_back(connected(4096));
    say(slow.back(), "GET /metrics HTTP/1.0\r\n\r\n");
  }
  EXPECT_TRUE(got("/metrics").contains("local_mark=\"00001F40\"")) << "others are served meanwhile";
  // The first bytes may have come; not the rest, as the connection was closed.
  for (const Fd& each : slow) {
    pollfd gone{.fd = each.get(), .events = POLLRDHUP, .revents = 0};
    EXPECT_EQ(poll(&gone, 1, 60'000), 1);
  }
}

TEST_F(AppTest, TheKernelIsAskedOnceForAll) {
  start();
  std::vector<Fd> clients;
  for (int i = 0; i < 40; ++i) {
    clients.push_back(connected());
    say(clients.back(), "GET / HTTP/1.0\r\n\r\n");
  }
  for (const Fd& each : clients) EXPECT_TRUE(heard(each).contains("200 OK"));
  EXPECT_LT(kernel.asked, 10);
  const int before = kernel.asked;
  got("/metrics");
  got("/metrics");
  EXPECT_EQ(kernel.asked, before + 2) << "a scrape is of its own moment";
}

TEST_F(AppTest, OfAMillionConnectionsAPageIsKept) {
  kernel.entries = 1'000'000;
  start();
  const std::string page = got("/connections?client=192.0.2.9&from=200");
  EXPECT_TRUE(page.contains("201 to 300")) << page.substr(0, 500);
  EXPECT_TRUE(page.contains("client=192.0.2.9&amp;from=300"));
  EXPECT_LT(page.size(), 100'000U);
  EXPECT_EQ(kernel.read, 301U) << "more is not read";
  EXPECT_TRUE(got("/connections?client=192.0.2.8").contains("<nav>none")) << "all of it, and nothing of it kept";
  EXPECT_TRUE(got("/api/v1/connections?limit=3").contains("Link: </api/v1/connections?limit=3&from=3>; rel=\"next\""));
}

TEST_F(AppTest, NewsComeUntilTheClientGoes) {
  kernel.table.table.push_back(a_service("192.0.2.1", 80));
  start();
  Fd fd = connected();
  say(fd, "GET /api/v1/events HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string text = heard(fd, "\"rows\"");
  EXPECT_TRUE(text.contains("Content-Type: text/event-stream")) << text;
  EXPECT_TRUE(text.contains("data: {\"up\":true")) << text;
  EXPECT_TRUE(text.contains("\"id\":\"tcp 192.0.2.1:80\"")) << text;
  fd = Fd();
  const auto until = exporter::Clock::now() + 10s;
  while (server->connections() > 0 && exporter::Clock::now() < until) std::this_thread::yield();
  EXPECT_EQ(server->connections(), 0U);
}

TEST_F(AppTest, AModuleThatIsGoneIsSaid) {
  kernel.table.trouble = "the module ip_vs is not loaded";
  start();
  EXPECT_TRUE(got("/").starts_with("HTTP/1.1 503"));
  EXPECT_TRUE(got("/").contains("is not loaded"));
  EXPECT_TRUE(got("/api/v1/services").starts_with("HTTP/1.1 503"));
  EXPECT_TRUE(got("/metrics").contains("\nipvs_up 0\n"));
  kernel.table.trouble.clear();
  EXPECT_TRUE(got("/metrics").contains("\nipvs_up 1\n"));
}

TEST_F(AppTest, AKernelThatDoesNotAnswerIsSaid) {
  kernel.is_held = true;
  start({.waiting = 1s});
  const Fd fd = connected();
  const std::string one = "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n";
  say(fd, one + one);
  const std::string text = heard(fd);
  EXPECT_TRUE(text.starts_with("HTTP/1.1 503")) << text;
  EXPECT_TRUE(text.ends_with("the kernel does not answer\n")) << "the next answer could be the last question's: " << text;
  EXPECT_TRUE(got("/style.css").starts_with("HTTP/1.1 200"));
  answer();
  EXPECT_TRUE(got("/metrics").contains("\nipvs_up 1\n"));
}

TEST_F(AppTest, AKernelThatIsSlowIsNotAskedFaster) {
  kernel.is_held = true;
  kernel.table.totals = ipvs::Stats{};
  start();
  const Fd fd = connected();
  say(fd, "GET /api/v1/events HTTP/1.1\r\nHost: a\r\n\r\n");
  heard(fd, "retry");
  std::promise<void> passed;
  server->post([&] {
    for (int second = 0; second < 20; ++second) app->on_second();
    passed.set_value();
  });
  passed.get_future().wait();
  answer();
  const std::string text = heard(fd, "data: ") + heard(fd, "", 500);
  std::size_t news = 0;
  for (std::size_t at = text.find("data: "); at != std::string::npos; at = text.find("data: ", at + 1)) ++news;
  EXPECT_LE(news, 2U) << "what nobody waits for any more, all at once";
}

TEST_F(AppTest, WithoutMemoryForATableItGoesOn) {
  start();
  kernel.has_no_memory = true;
  EXPECT_TRUE(got("/metrics").contains("\nipvs_up 0\n"));
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(got("/api/v1/connections").contains("bad_alloc")) << "not: others ask already";
  kernel.has_no_memory = false;
  EXPECT_TRUE(got("/metrics").contains("\nipvs_up 1\n"));
}

TEST_F(AppTest, WhatTheKernelSaysTwiceIsThereOnce) {
  kernel.table.table = {a_service("192.0.2.1", 80), a_service("192.0.2.2", 80), a_service("192.0.2.1", 80)};
  for (auto& each : kernel.table.table) each.dests = {a_server("10.0.0.1", 80), a_server("10.0.0.2", 80), a_server("10.0.0.1", 80)};
  start();
  const std::string text = got("/metrics");
  EXPECT_TRUE(text.contains("\nipvs_services 2\n")) << text;
  EXPECT_TRUE(text.contains("\nipvs_servers 4\n")) << text;
}

// A page's name can point to a loopback address after it was loaded from elsewhere.
TEST_F(AppTest, APageFromElsewhereReadsNothing) {
  start();
  const auto asked_by = [&](const std::string& name) {
    const Fd fd = connected();
    say(fd, "GET /metrics HTTP/1.1\r\nHost: " + name + "\r\nConnection: close\r\n\r\n");
    return heard(fd);
  };
  EXPECT_TRUE(asked_by("evil.example:9793").starts_with("HTTP/1.1 421"));
  EXPECT_FALSE(asked_by("evil.example:9793").contains("ipvs_up"));
  EXPECT_TRUE(asked_by("127.0.0.1:9793").contains("\nipvs_up 1\n"));
  server->post([this] { server->add_name("Director.Example"); });
  EXPECT_TRUE(asked_by("director.example").contains("\nipvs_up 1\n")) << "a proxy's name";
}

TEST_F(AppTest, SlowClientsKeepFewSnapshots) {
  for (int i = 1; i <= 8'000; ++i) kernel.table.table.push_back(a_mark(static_cast<std::uint32_t>(i), AF_INET));
  start();
  constexpr int kGroups = 5, kEach = 5;
  std::vector<Fd> slow;
  for (int group = 0; group < kGroups; ++group) {
    const int before = kernel.asked;
    for (int i = 0; i < kEach; ++i) {
      slow.push_back(connected(4096));
      say(slow.back(), "GET /api/v1/services HTTP/1.0\r\n\r\n");
    }
    heard(slow.back(), "HTTP/1.1 200");
    EXPECT_GT(kernel.asked, before);
  }
  int kept = 0;
  for (int group = 0; group < kGroups; ++group)
    kept += std::any_of(slow.begin() + group * kEach, slow.begin() + (group + 1) * kEach, [](const Fd& each) { return !is_gone(each); });
  EXPECT_LE(kept, 3) << "each group may hold one, and more where it came in two";
}

TEST_F(AppTest, AnswersThatNobodyTakesAreFewAndAllTold) {
  kernel.entries = 10'000;
  start({.unsent = 4 << 20});
  std::vector<Fd> slow;
  for (int i = 0; i < 8; ++i) {
    slow.push_back(connected(4096));
    say(slow.back(), "GET /api/v1/connections?limit=10000 HTTP/1.0\r\n\r\n");
    heard(slow.back(), "HTTP/1.1 200");
    EXPECT_LE(unsent(), 4U << 20);
  }
  EXPECT_TRUE(got("/api/v1/connections?limit=10000").ends_with("]}\n")) << "who takes it gets all of it";
}

TEST(Stream, KeepsOnlyWhatIsToCome) {
  exporter::Ticket listener = 0;
  exporter::Server server([&](const exporter::Request&, exporter::Ticket ticket) {
    listener = ticket;
    server.respond(ticket, {.is_stream = true});
  });
  const std::uint16_t port = server.listen("127.0.0.1:0").value();
  std::thread thread([&] { server.run(); });
  const Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int room = 65'536;
  setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(connect(fd.get(), reinterpret_cast<const sockaddr*>(&to), sizeof(to)), 0);
  constexpr std::string_view kAsk = "GET / HTTP/1.0\r\n\r\n";
  ASSERT_EQ(send(fd.get(), kAsk.data(), kAsk.size(), 0), static_cast<ssize_t>(kAsk.size()));
  // Something always waits: what is read is less than what comes.
  std::size_t most = 0;
  const std::string news(100'000, 'x');
  std::vector<char> buffer(50'000);
  for (int i = 0; i < 300; ++i) {
    std::promise<std::size_t> kept;
    server.post([&] {
      if (listener != 0) server.send(listener, news);
      kept.set_value(server.unsent());
    });
    most = std::max(most, kept.get_future().get());
    recv(fd.get(), buffer.data(), buffer.size(), i == 0 ? 0 : MSG_DONTWAIT);
  }
  server.stop();
  thread.join();
  EXPECT_LT(most, 400'000U);
}

TEST(Handler, WithoutMemoryEndsItsOwnClient) {
  exporter::Server server([&](const exporter::Request& request, exporter::Ticket ticket) {
    if (request.path == "/large") throw std::bad_alloc();
    server.respond(ticket, {.body = "small\n"});
  });
  const std::uint16_t port = server.listen("127.0.0.1:0").value();
  std::thread thread([&] { server.run(); });
  for (const char* path : {"/large", "/small"}) {
    const Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(connect(fd.get(), reinterpret_cast<const sockaddr*>(&to), sizeof(to)), 0);
    const std::string ask = std::string("GET ") + path + " HTTP/1.0\r\n\r\n";
    ASSERT_EQ(send(fd.get(), ask.data(), ask.size(), 0), static_cast<ssize_t>(ask.size()));
    std::string text(1000, '\0');
    const ssize_t size = recv(fd.get(), text.data(), text.size(), MSG_WAITALL);
    EXPECT_EQ(size > 0, std::string_view(path) == "/small");
  }
  server.stop();
  thread.join();
}

TEST(Listen, NeedsANumericPlace) {
  exporter::Server server([](const exporter::Request&, exporter::Ticket) {});
  for (const char* wrong : {"", "9793", ":9793", "localhost:80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "[::1:80"})
    EXPECT_FALSE(server.listen(wrong)) << wrong;
  EXPECT_TRUE(server.listen("127.0.0.1:0"));
}

}  // namespace
