// SPDX-License-Identifier: GPL-2.0-or-later
#include "grammar/script.hh"

#include <gtest/gtest.h>

#include "fake_names.hh"

namespace {

using Words = std::vector<std::string>;

auto read(const std::string& text) {
  FakeNames names;
  return ipvsadm::read_script(text, "prog", names);
}

TEST(SplitWords, Separators) {
  EXPECT_EQ(ipvsadm::split_words(" -A\t-t  1.2.3.4:80 \r\n"), (Words{"-A", "-t", "1.2.3.4:80"}));
  EXPECT_EQ(ipvsadm::split_words(""), Words{});
  EXPECT_EQ(ipvsadm::split_words(" \t\r"), Words{});
  EXPECT_EQ(ipvsadm::split_words("\"a b\""), (Words{"\"a", "b\""})) << "there is no quoting";
}

TEST(SplitWords, DropsTheProgramsName) {
  EXPECT_EQ(ipvsadm::split_words("ipvsadm -A ipvsadm -f 1"), (Words{"-A", "-f", "1"}));
}

TEST(SplitWords, CommentsStartAWord) {
  EXPECT_EQ(ipvsadm::split_words("# -A"), Words{});
  EXPECT_EQ(ipvsadm::split_words("-A #x"), (Words{"-A"}));
  EXPECT_EQ(ipvsadm::split_words("-A x#y"), (Words{"-A", "x#y"}));
}

TEST(ReadScript, NumbersLinesAndSkipsEmptyOnes) {
  const auto lines = read("\n# comment\r\n-A -f 1\n\n-A -f 2");
  ASSERT_TRUE(lines);
  ASSERT_EQ(lines->size(), 2U);
  EXPECT_EQ((*lines)[0].number, 3U);
  EXPECT_EQ((*lines)[1].number, 5U);
  EXPECT_TRUE(read("")->empty());
  EXPECT_TRUE(read("\n\n")->empty());
}

TEST(ReadScript, TellsAllBadLinesAndYieldsNoneOfTheGood) {
  const auto lines = read("-A -f 1\n-A -f x\n-A -f 2\n-q\n-A -f 3 y");
  ASSERT_FALSE(lines);
  ASSERT_EQ(lines.error().size(), 3U);
  EXPECT_EQ(lines.error()[0].number, 2U);
  EXPECT_EQ(lines.error()[0].text, "-A -f x");
  EXPECT_EQ(lines.error()[0].error.text, "invalid fwmark value `x' specified");
  EXPECT_EQ(lines.error()[0].error.exit_code, 2);
  EXPECT_EQ(lines.error()[1].number, 4U);
  EXPECT_EQ(lines.error()[1].error.exit_code, 255);
  EXPECT_EQ(lines.error()[2].error.text, "unexpected argument y");
}

TEST(ReadScript, NothingIsCutAtANul) {
  const auto lines = read(std::string("-A -f 1\n-A -f 2 -s rr\0 -p 5\n-A -f 3 -s r\0r\n\0\n", 45));
  ASSERT_FALSE(lines);
  ASSERT_EQ(lines.error().size(), 3U);
  EXPECT_EQ(lines.error()[0].number, 2U);
  EXPECT_EQ(lines.error()[2].number, 4U);
}

TEST(ReadScript, MayNotRestore) {
  const auto lines = read("-R");
  ASSERT_FALSE(lines);
  EXPECT_EQ(lines.error()[0].error.exit_code, 255);
}

TEST(ReadScript, EndsAtHelpOrVersion) {
  const auto lines = read("-A -f 1\n-v\nnonsense");
  ASSERT_TRUE(lines);
  EXPECT_EQ(lines->size(), 2U);
}

/// Notes in which company hosts were looked up.
class CountingNames : public FakeNames {
 public:
  void prepare(std::span<const Host> hosts) override { prepared.emplace_back(hosts.begin(), hosts.end()); }
  std::optional<ipvs::Address> address_of(const std::string& host, std::uint16_t family) override {
    asked.push_back(host);
    return FakeNames::address_of(host, family);
  }
  std::vector<std::vector<Host>> prepared;
  std::vector<std::string> asked;
};

TEST(ReadScript, NamesAreLookedUpTogether) {
  CountingNames names;
  const auto script = ipvsadm::read_script("-A -f 1\n-A -t vip:80\nnonsense\n-a -t vip:80 -r one:80 -m\n-A -t [six]:80\n",
                                           "prog", names);
  EXPECT_FALSE(script);
  ASSERT_EQ(names.prepared.size(), 1U) << "with the first one";
  std::vector<std::string> hosts;
  for (const auto& [host, family] : names.prepared[0]) hosts.push_back(host);
  EXPECT_EQ(hosts, (std::vector<std::string>{"vip", "vip", "vip", "one", "six"}));
  EXPECT_EQ(names.prepared[0].back().second, AF_INET6);
  CountingNames numbers;
  EXPECT_TRUE(ipvsadm::read_script("-A -t 10.0.0.1:80\n-A -t [fd00::1]:80\n", "prog", numbers));
  EXPECT_TRUE(numbers.prepared.empty()) << "and without any, not at all";
  EXPECT_TRUE(numbers.asked.empty());
}

}  // namespace
