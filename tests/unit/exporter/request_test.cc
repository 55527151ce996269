// SPDX-License-Identifier: GPL-2.0-or-later
#include "exporter/request.hh"

#include <gtest/gtest.h>

namespace {

using exporter::Complete;
using exporter::Parsed;
using exporter::Refusal;
using exporter::Unfinished;
using exporter::parse_request;

/// The status of a refusal; 200: it was taken, 0: more must come.
int status(const Parsed& parsed) {
  if (const auto* refusal = std::get_if<Refusal>(&parsed)) return refusal->status;
  return std::holds_alternative<Complete>(parsed) ? 200 : 0;
}
int status(std::string_view bytes) { return status(parse_request(bytes)); }

TEST(Request, IsRead) {
  const std::string bytes = "GET /a%20b?x=1%202&y=a+b&x=3&flag HTTP/1.1\r\nHost: me\r\nConnection: Close\r\n\r\nGET / HT";
  const Parsed parsed = parse_request(bytes);
  ASSERT_EQ(status(parsed), 200);
  const Complete& complete = std::get<Complete>(parsed);
  EXPECT_EQ(bytes.substr(complete.size), "GET / HT");
  EXPECT_EQ(complete.request.path, "/a b");
  EXPECT_EQ(complete.request.value("x"), "3");
  EXPECT_EQ(complete.request.value("y"), "a b");
  EXPECT_EQ(complete.request.value("flag"), "");
  EXPECT_EQ(complete.request.value("none"), "");
  EXPECT_FALSE(complete.request.is_head);
  EXPECT_FALSE(complete.request.keeps_alive);
  EXPECT_TRUE(complete.request.takes_chunks);
}

TEST(Request, ComesInPiecesOfAnySize) {
  const std::string bytes = "\r\nHEAD /x HTTP/1.0\nConnection: keep-alive\n\n";
  for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_EQ(status(bytes.substr(0, size)), 0) << size;
  const Parsed parsed = parse_request(bytes);
  ASSERT_EQ(status(parsed), 200);
  const auto& request = std::get<Complete>(parsed).request;
  EXPECT_TRUE(request.is_head);
  EXPECT_TRUE(request.keeps_alive);
  EXPECT_FALSE(request.takes_chunks);
}

TEST(Request, EndsWithABlankLineOfEitherKind) {
  for (const char* end : {"\r\n\r\n", "\n\n", "\n\r\n", "\r\n\n"}) {
    const std::string one = std::string("GET /one HTTP/1.1\r\nHost: a") + end;
    const Parsed parsed = parse_request(one + "GET /two HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_EQ(status(parsed), 200);
    EXPECT_EQ(std::get<Complete>(parsed).size, one.size()) << "what is behind is the next request";
    EXPECT_EQ(status(one.substr(0, one.size() - 1)), 0);
  }
}

TEST(Request, ToCloseGoesBeforeAllElse) {
  for (const char* headers : {"Connection: close\r\n", "Connection: close, keep-alive\r\n", "Connection: keep-alive, close\r\n",
                              "Connection: close\r\nConnection: keep-alive\r\n"}) {
    const Parsed parsed = parse_request(std::string("GET / HTTP/1.1\r\nHost: a\r\n") + headers + "\r\n");
    ASSERT_EQ(status(parsed), 200);
    EXPECT_FALSE(std::get<Complete>(parsed).request.keeps_alive) << headers;
  }
}

TEST(Request, SaysByWhatNameItComes) {
  const struct {
    const char* header;
    const char* host;
    bool is_own;
  } cases[] = {
      {"127.0.0.1:9793", "127.0.0.1", true}, {"[::1]:9793", "::1", true},       {"[::1", "::1", true},
      {"LocalHost", "localhost", true},      {"a.localhost:1", "a.localhost", true}, {"director", "director", true},
      {"", "", true},                        {"Evil.example:9793", "evil.example", false},
      {"127.0.0.1.evil.example", "127.0.0.1.evil.example", false}, {"localhost.", "localhost.", false},
  };
  for (const auto& each : cases) {
    const Parsed parsed = parse_request(std::string("GET / HTTP/1.1\r\nHost: ") + each.header + "\r\n\r\n");
    ASSERT_EQ(status(parsed), 200) << each.header;
    EXPECT_EQ(std::get<Complete>(parsed).request.host, each.host);
    EXPECT_EQ(exporter::is_own_name(each.host), each.is_own) << each.host;
  }
}

TEST(Request, ThatIsWrongIsRefused) {
  const std::string host = " HTTP/1.1\r\nHost: a\r\n";
  const struct {
    std::string bytes;
    int status;
  } cases[] = {
      {"GET /" + host + "\r\n", 200},
      {"GET http://other/path" + host + "\r\n", 200},
      {"\r\n\r\n", 0},
      {std::string(70, '\n'), 400},
      {"GET\r\n\r\n", 400},
      {"GET / \r\n\r\n", 400},
      {"G\xffT /" + host + "\r\n", 400},
      {"GET /a b" + host + "\r\n", 400},
      {"GET relative" + host + "\r\n", 400},
      {"GET /%4" + host + "\r\n", 400},
      {"GET /%zz" + host + "\r\n", 400},
      {"GET /%00" + host + "\r\n", 400},
      {"GET /?a=%" + host + "\r\n", 400},
      {std::string("GET /\0x", 7) + host + "\r\n", 400},
      {"GET / HTTP/1.1\r\n\r\n", 400},
      {"GET /" + host + "Host: b\r\n\r\n", 400},
      {"GET /" + host + " folded: x\r\n\r\n", 400},
      {"GET /" + host + "no colon\r\n\r\n", 400},
      {"GET /" + host + "X: a\rb\r\n\r\n", 400},
      {"GET /" + host + "Content-Length: 0\r\n\r\n", 200},
      {"GET /" + host + "Content-Length: 5\r\n\r\n", 413},
      {"GET /" + host + "transfer-encoding: chunked\r\n\r\n", 413},
      {"POST /" + host + "\r\n", 405},
      {"get /" + host + "\r\n", 405},
      {"GET / HTTP/2.0\r\n\r\n", 505},
      {"GET / SMTP/1.1\r\n\r\n", 400},
      {"GET /" + std::string(3000, 'a') + host + "\r\n", 414},
      {std::string(9000, 'a'), 414},
      {"GET /" + host + "X: " + std::string(9000, 'a'), 431},
      {"GET /" + host + "X: " + std::string(9000, 'a') + "\r\n\r\n", 431},
  };
  for (const auto& each : cases) EXPECT_EQ(status(each.bytes), each.status) << each.bytes.substr(0, 60);
}

TEST(Request, WhatIsEncodedComesBack) {
  std::string all;
  for (int c = 1; c < 256; ++c) all += static_cast<char>(c);
  EXPECT_EQ(exporter::decoded(exporter::encoded(all), true), all);
  EXPECT_EQ(exporter::encoded("a&b=c \"<"), "a%26b%3Dc%20%22%3C");
  EXPECT_EQ(exporter::decoded("a+b", false), "a+b");
  EXPECT_EQ(exporter::decoded("%4", true), std::nullopt);
}

}  // namespace
