// SPDX-License-Identifier: GPL-2.0-or-later
// The Call-ID of SIP messages: which line it is taken from, and what of the line.
extern "C" {
#include "core/sip.h"
}

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace {

// From a buffer that ends where the message ends: a byte too far is a sanitizer's business.
std::optional<std::string> call_id(const std::string& message) {
  const std::vector<u8> bytes(message.begin(), message.end());
  unsigned at = 0;
  const unsigned len = ip_vs_sip_find_call_id(bytes.data(), bytes.size(), &at);
  if (!len) return {};
  return std::string(bytes.begin() + at, bytes.begin() + at + len);
}

const std::string kStart = "INVITE sip:bob@example.com SIP/2.0\r\n";

TEST(SipCallId, IsFoundAmongTheHeaders) {
  EXPECT_EQ(call_id(kStart + "Via: SIP/2.0/UDP 10.0.0.1\r\nCall-ID: a84b4c76e66710@pc33.example.com\r\nCSeq: 1 INVITE\r\n\r\n"),
            "a84b4c76e66710@pc33.example.com");
  EXPECT_EQ(call_id(kStart + "Call-ID: one\r\n"), "one");
  EXPECT_EQ(call_id(kStart + "Call-ID: one\n"), "one");
  EXPECT_EQ(call_id(kStart + "Call-ID: one\r"), "one");
  EXPECT_EQ(call_id("\nCall-ID: one\n"), "one");
  EXPECT_EQ(call_id(kStart + "To: x\r\n\r\nCall-ID: in-the-body\r\n"), "in-the-body");
}

TEST(SipCallId, HasANameInAnyCaseAndAShortOne) {
  EXPECT_EQ(call_id(kStart + "CALL-id:one\r\n"), "one");
  EXPECT_EQ(call_id(kStart + "i: one\r\n"), "one");
  EXPECT_EQ(call_id(kStart + "I:one\r\n"), "one");
  EXPECT_EQ(call_id(kStart + "i \t : one\r\n"), "one");
  EXPECT_EQ(call_id(kStart + "In-Reply-To: other\r\ni: one\r\n"), "one") << "not every name that begins with i";
  EXPECT_EQ(call_id(kStart + "i\xc4: other\r\ni: one\r\n"), "one") << "a letter of Latin-1";
  EXPECT_EQ(call_id(kStart + "i2: one\r\n"), std::nullopt) << "no letter: the name, without a colon";
  EXPECT_EQ(call_id(kStart + "Call-ID2: other\r\nCall-ID: one\r\n"), std::nullopt);
  EXPECT_EQ(call_id(kStart + "i"), std::nullopt);
  EXPECT_EQ(call_id(kStart + "Call-I"), std::nullopt);
  EXPECT_EQ(call_id(kStart + "Call-ID"), std::nullopt);
  EXPECT_EQ(call_id(kStart + "Call-ID:"), std::nullopt);
  EXPECT_EQ(call_id(kStart + "Call-ID: "), std::nullopt);
  EXPECT_EQ(call_id(kStart + "\xc3\xc1LL-ID: one\r\n"), std::nullopt);
}

TEST(SipCallId, MayBeFolded) {
  EXPECT_EQ(call_id(kStart + "Call-ID:\r\n one\r\n"), "one");
  EXPECT_EQ(call_id(kStart + "Call-ID:\n\t one\r\n"), "one");
  EXPECT_EQ(call_id(kStart + "Call-ID \r\n : \r\n one\r\n"), "one");
  EXPECT_EQ(call_id(kStart + "Call-ID:\r\none\r\n"), std::nullopt) << "the next line is another one";
  EXPECT_EQ(call_id(kStart + "Call-ID:\r\n \r\n one\r\n"), std::nullopt) << "once";
  EXPECT_EQ(call_id(kStart + "Call-ID:\r\n "), std::nullopt);
  EXPECT_EQ(call_id(kStart + "Call-ID:\r"), std::nullopt);
  EXPECT_EQ(call_id(kStart + "Subject: x\r\n Call-ID: other\r\nCall-ID: one\r\n"), "one") << "part of the line before";
}

TEST(SipCallId, IsAWordOrTwoWithAnAtBetween) {
  EXPECT_EQ(call_id(kStart + "Call-ID: a@b@c\r\n"), std::nullopt);
  EXPECT_EQ(call_id(kStart + "Call-ID: @b\r\n"), std::nullopt);
  EXPECT_EQ(call_id(kStart + "Call-ID: a@\r\n"), std::nullopt);
  EXPECT_EQ(call_id(kStart + "Call-ID: a b\r\n"), std::nullopt);
  EXPECT_EQ(call_id(kStart + "Call-ID: a \r\n"), std::nullopt);
  EXPECT_EQ(call_id(kStart + "Call-ID: a;b\r\n"), std::nullopt);
  EXPECT_EQ(call_id(kStart + "Call-ID: a"), std::nullopt) << "who knows what is missing";
  EXPECT_EQ(call_id(kStart + "Call-ID: a@b"), std::nullopt);
  EXPECT_EQ(call_id(kStart + "Call-ID: -.!%*_+`'~()<>:\\\"/[]?{}@x\r\n"), "-.!%*_+`'~()<>:\\\"/[]?{}@x");
  const std::string others("#$&,;=^|\x7f\x80\xbf\xd7\xf7\0", 14);
  for (char c : others)
    EXPECT_EQ(call_id(kStart + "Call-ID: a" + c + "b\r\n"), std::nullopt) << int{c};
  EXPECT_EQ(call_id(kStart + "Call-ID: \xc0\xff\r\n"), "\xc0\xff");
}

TEST(SipCallId, TheFirstHeaderDecides) {
  EXPECT_EQ(call_id(kStart + "Call-ID: one\r\nCall-ID: two\r\n"), "one");
  EXPECT_EQ(call_id(kStart + "Call-ID: a b\r\nCall-ID: two\r\n"), std::nullopt);
  EXPECT_EQ(call_id(kStart + "Call-ID: @\r\nCall-ID: two\r\n"), "two") << "unless there is none in it";
  EXPECT_EQ(call_id(kStart + "Call-ID: @\r\nCall-ID: @\r\nCall-ID: three\r\n"), std::nullopt);
  EXPECT_EQ(call_id("Call-ID: zero\r\nCall-ID: one\r\n"), "one") << "the line at the very beginning is none";
  EXPECT_EQ(call_id("Call-ID: zero\r\n"), std::nullopt);
  // Of two line feeds the second is what the line in between begins with, as the kernel reads it.
  EXPECT_EQ(call_id("\n\nCall-ID: one\r\n"), std::nullopt);
  EXPECT_EQ(call_id("\r\n\r\nCall-ID: one\r\n"), "one");
  EXPECT_EQ(call_id("\n\n\nCall-ID: one\r\n"), "one");
}

TEST(SipCallId, OfNothingIsNone) {
  unsigned at;
  EXPECT_EQ(ip_vs_sip_find_call_id(nullptr, 0, &at), 0u);
  EXPECT_EQ(call_id("\r"), std::nullopt);
  EXPECT_EQ(call_id("\n"), std::nullopt);
  EXPECT_EQ(call_id(std::string(3, '\0')), std::nullopt);
  EXPECT_EQ(call_id(kStart + "Call-ID: " + std::string(300, 'x') + "\r\n"), std::string(300, 'x'))
      << "how long it may be is not known here";
}

}  // namespace
