// SPDX-License-Identifier: GPL-2.0-or-later
#include "feedback/answer.hh"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "feedback/http.hh"

namespace {

using feedback::Answer;
using feedback::http_body;
using feedback::number_at;
using feedback::read_line;

TEST(AgentLine, SaysWhatItsWordsSay) {
  const struct {
    const char* line;
    Answer answer;
  } cases[] = {
      {"75%\n", {.percent = 75}},
      {"0%", {.percent = 0}},
      {"1000%", {.percent = 1000}},
      {"up\r\n", {.is_down = false}},
      {"UP 20%\n", {.percent = 20, .is_down = false}},
      {"down\n", {.is_down = true}},
      {"fail # no database\n", {.is_down = true}},
      {"failed\n", {.is_down = true}},
      {"stopped#\n", {.is_down = true}},
      {"drain\n", {.is_drained = true}},
      {"maint\n", {.is_drained = true}},
      {"ready,up,100%\n", {.percent = 100, .is_down = false, .is_drained = false}},
      {" \tup\tmaxconn:30 10% \n", {.percent = 10, .is_down = false, .maxconn = 30}},
      {"10% 20%\nup\n", {.percent = 20}},
      {"down # 50% up\n", {.is_down = true}},
  };
  for (const auto& [line, answer] : cases) {
    const auto read = read_line(line);
    ASSERT_TRUE(read) << line << ": " << read.error();
    EXPECT_EQ(*read, answer) << line;
  }
}

TEST(AgentLine, NothingOfWhatIsNotUnderstood) {
  const std::string long_line(feedback::kLongestLine + 1, ' ');
  for (const std::string& line : {std::string(), std::string("\nup\n"), std::string("# up\n"), std::string("up please\n"),
                                  std::string("1001%\n"), std::string("-1%\n"), std::string("+1%"), std::string("5.5%"),
                                  std::string("%"), std::string("50"), std::string("maxconn:\n"), std::string("maxconn:-1"),
                                  std::string("up\0down", 7), std::string("HTTP/1.0 200 OK"), long_line + "up\n"})
    EXPECT_FALSE(read_line(line)) << line;
  EXPECT_NE(read_line("halb\x1b[2J").error().find("\"halb\\x1b[2J\" is no word of an agent"), std::string::npos);
}

TEST(JsonNumber, IsWhereThePointerLeads) {
  const std::string text = R"({"load": 1.5, "cpu": [{"busy": 20}, {"busy": -3e2}], "a/b": {"m~n": 7}, "big": 18446744073709551615})";
  EXPECT_EQ(number_at(text, "/load"), 1.5);
  EXPECT_EQ(number_at(text, "/cpu/1/busy"), -300);
  EXPECT_EQ(number_at(text, "/a~1b/m~0n"), 7);
  EXPECT_EQ(number_at(text, "/big"), 18446744073709551615.0);
  EXPECT_EQ(number_at("3", ""), 3);
}

TEST(JsonNumber, WhatLeadsNowhereIsSaid) {
  const std::string text = R"({"load": "1.5", "cpu": [1, 2], "none": null})";
  EXPECT_EQ(number_at(text, "/load").error(), "/load is no number");
  EXPECT_EQ(number_at(text, "/none").error(), "/none is no number");
  for (const char* pointer : {"/cpu/2", "/cpu/x", "/cpu/-", "/cpu/01", "/load/1", "/none/1", "/Load", "/cpu/99999999999999999999"})
    EXPECT_EQ(number_at(text, pointer).error(), std::string("there is no ") + pointer + " in it");
  EXPECT_EQ(number_at("", "/load").error(), "no JSON");
  EXPECT_EQ(number_at("{\"load\": 1", "/load").error(), "no JSON");
  EXPECT_EQ(number_at("{\"load\": NaN}", "/load").error(), "no JSON");
  // As deep as an answer can be.
  EXPECT_EQ(number_at(std::string(feedback::kLongestBody, '['), "/load").error(), "no JSON");
}

TEST(JsonNumber, PointersThatAreNone) {
  for (const char* each : {"", "/", "/a", "/a~0/~1"}) EXPECT_TRUE(feedback::is_pointer(each)) << each;
  for (const char* each : {"a", "a/b", "/~", "/~2", "/a~"}) EXPECT_FALSE(feedback::is_pointer(each)) << each;
}

TEST(Scale, PercentagesAndLoads) {
  const feedback::Scale percent{}, load{.target = 4};
  EXPECT_EQ(percent.percent_of(75.5), 75.5);
  EXPECT_EQ(percent.percent_of(0), 0);
  EXPECT_EQ(load.percent_of(4), 100);
  EXPECT_EQ(load.percent_of(8), 50);
  EXPECT_EQ(load.percent_of(2), 200);
  EXPECT_EQ(load.percent_of(0), 1000);
  for (const double wrong : {-1.0, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_FALSE(percent.percent_of(wrong));
    EXPECT_FALSE(load.percent_of(wrong));
  }
  EXPECT_FALSE(percent.percent_of(1001));
}

std::string body_of(const std::string& answer, bool is_ended = true) {
  const auto body = http_body(answer, is_ended);
  return !body ? "error: " + body.error() : !*body ? "more" : std::string(**body);
}

TEST(HttpAnswer, HasABody) {
  EXPECT_EQ(body_of("HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n{}"), "{}");
  EXPECT_EQ(body_of("HTTP/1.1 200\r\nX: y\r\n\r\n{}"), "{}");
  EXPECT_EQ(body_of("HTTP/1.1 200 OK\nContent-Length: 2\n\n{}"), "{}");
  EXPECT_EQ(body_of("HTTP/1.1 200 OK\r\ncontent-LENGTH:  2 \r\n\r\n{}more", false), "{}");
  EXPECT_EQ(body_of("HTTP/1.1 200 OK\r\n\r\n"), "");
}

TEST(HttpAnswer, ComesInPieces) {
  const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
  for (std::size_t size = 0; size < answer.size(); ++size) EXPECT_EQ(body_of(answer.substr(0, size), false), "more") << size;
  EXPECT_EQ(body_of(answer, false), "{}");
}

TEST(HttpAnswer, IsTheSameInPiecesOfWhichEachIsLookedAtOnce) {
  for (const std::string newline : {"\n", "\r\n"}) {
    const std::string answer = "HTTP/1.1 200 OK" + newline + "X: " + std::string(1000, 'x') + newline + "Content-Length: 2" + newline + newline + "{}";
    feedback::HttpHead head;
    for (std::size_t size = 0; size < answer.size(); ++size) {
      const auto body = http_body(std::string_view(answer).substr(0, size), false, head);
      ASSERT_TRUE(body) << size << ": " << body.error();
      EXPECT_FALSE(*body) << size;
      EXPECT_GE(head.looked_at + head.size + 2, std::min(size, answer.size() - 2));
    }
    const auto body = http_body(answer, false, head);
    ASSERT_TRUE(body) << body.error();
    EXPECT_EQ(*body, "{}");
  }
  const std::string begin = "HTTP/1.1 200 OK\r\nX: ", longest = begin + std::string(feedback::kLongestHead - begin.size() - 4, 'x');
  EXPECT_EQ(body_of(longest + "\r\n\r\n{}"), "{}");
  EXPECT_EQ(body_of(longest + "x\r\n\r\n{}"), "error: a head without end");
  EXPECT_EQ(body_of(longest + "xxxxx", false), "error: a head without end");
}

TEST(HttpAnswer, IsNone) {
  EXPECT_EQ(body_of(""), "error: nothing");
  EXPECT_EQ(body_of("up\n", false), "error: no HTTP");
  EXPECT_EQ(body_of("HTTP/1.1\n\n"), "error: no HTTP");
  EXPECT_EQ(body_of("HTTP/1.1 200 OK\r\n"), "error: half a head");
  EXPECT_EQ(body_of("HTTP/1.1 503 Service Unavailable\r\n\r\n{}"), "error: status 503, not 200");
  EXPECT_EQ(body_of("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}"), "error: half a body");
  EXPECT_EQ(body_of("HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\n{}"), "error: no length: -3");
  EXPECT_EQ(body_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), "error: a body in chunks, which HTTP/1.0 does not have");
  EXPECT_EQ(body_of("HTTP/1.1 200 OK\r\nContent-Length: 65537\r\n\r\n", false), "error: a body longer than 65536 bytes");
  EXPECT_EQ(body_of("HTTP/1.1 200 OK\r\n\r\n" + std::string(65537, ' '), false), "error: a body longer than 65536 bytes");
  EXPECT_EQ(body_of("HTTP/1.1 200 OK\r\nX: " + std::string(65537, ' '), false), "error: a head without end");
}

TEST(HttpRequest, IsOfAVersionWithoutChunks) {
  EXPECT_EQ(feedback::http_request("[fd00::1]:80", "/load?x=1"),
            "GET /load?x=1 HTTP/1.0\r\nHost: [fd00::1]:80\r\nAccept: application/json\r\nConnection: close\r\n\r\n");
}

}  // namespace
