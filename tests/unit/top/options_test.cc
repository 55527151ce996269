// SPDX-License-Identifier: GPL-2.0-or-later
// The command line; and that help, manual page and completion say what there is.
#include "top/options.hh"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace {

using top::Column;
using top::Options;

std::expected<Options, std::string> parsed(std::vector<std::string> words) {
  words.insert(words.begin(), "ipvs-top");
  std::vector<char*> arguments;
  for (auto& each : words) arguments.push_back(each.data());
  arguments.push_back(nullptr);
  return top::options_from(static_cast<int>(words.size()), arguments.data());
}

std::string refused(const std::vector<std::string>& words) {
  const auto options = parsed(words);
  return options ? "" : options.error();
}

TEST(TopOptions, Defaults) {
  const auto options = parsed({});
  ASSERT_TRUE(options);
  EXPECT_FALSE(options->is_batch || options->count || options->width || options->screen.may_write);
  EXPECT_TRUE(options->screen.is_open);
  EXPECT_EQ(options->screen.interval, 2);
  EXPECT_EQ(options->screen.sorting, top::Sorting{});
}

TEST(TopOptions, AllOfThem) {
  const auto options = parsed({"-i", "0.5", "--sort=inbytes", "-r", "-f", "tcp 80", "-c", "-w"});
  ASSERT_TRUE(options) << options.error();
  EXPECT_EQ(options->screen.interval, 0.5);
  EXPECT_EQ(options->screen.sorting, (top::Sorting{.column = Column::inbytes, .is_reversed = true}));
  EXPECT_EQ(options->screen.filter, "tcp 80");
  EXPECT_FALSE(options->screen.is_open);
  EXPECT_TRUE(options->screen.may_write);
  EXPECT_EQ(parsed({"-1"})->count, 1U);
  EXPECT_TRUE(parsed({"--once"})->is_batch);
  EXPECT_EQ(parsed({"-b", "-n", "7", "--width", "120"})->count, 7U);
  EXPECT_FALSE(parsed({"-b"})->count);
  EXPECT_EQ(parsed({"-b", "--width=120"})->width, 120U);
  EXPECT_EQ(parsed({"--help"})->print, Options::Print::help);
  EXPECT_EQ(parsed({"-V"})->print, Options::Print::version);
}

TEST(TopOptions, WhatIsWrongIsNamed) {
  EXPECT_EQ(refused({"-i", "0"}), "\"0\" is no interval: 0.1 to 3600 seconds");
  for (const char* each : {"", "nan", "-1", "1x", "3601", "1e1", " 1", "inf"}) EXPECT_NE(refused({"-i", each}), "") << each;
  EXPECT_NE(refused({"--sort", "size"}).find("no column \"size\": name kind"), std::string::npos);
  EXPECT_EQ(refused({"-b", "-n", "0"}), "\"0\" is no number of times: 1 or more");
  EXPECT_EQ(refused({"-b", "--width", "39"}), "\"39\" is no width: 40 to 1000");
  EXPECT_EQ(refused({"-b", "--width"}), "--width needs a value");
  EXPECT_EQ(refused({"--nothing"}), "there is no option --nothing");
  EXPECT_EQ(refused({"what\x1b"}), "what is this: what\\x1b");
  EXPECT_NE(refused({"--once", "--batch"}), "");
  EXPECT_NE(refused({"--count", "3"}), "");
  EXPECT_NE(refused({"--width", "100"}), "");
  EXPECT_NE(refused({"--once", "--write"}), "");
}

std::string content(const char* path) {
  std::ifstream file(path);
  EXPECT_TRUE(file) << path << ": run from the top folder";
  return {std::istreambuf_iterator<char>(file), {}};
}

std::set<std::string> long_options(const std::string& text) {
  const std::regex option("--([a-z]+)");
  return {std::sregex_token_iterator(text.begin(), text.end(), option, 1), {}};
}

TEST(TopOptions, ManualAndCompletionHaveThose) {
  const auto options = long_options(top::usage());
  EXPECT_EQ(options.size(), 12U);
  const std::string manual = std::regex_replace(content("tools/top/ipvs-top.8"), std::regex(R"(\\-)"), "-");
  EXPECT_EQ(long_options(manual), options);
  for (const auto& each : top::columns())
    EXPECT_NE(manual.find(std::string(".TP\n.BR ") + each.name + " \" (" + each.key + ")\""), std::string::npos) << each.name;
  for (const auto& each : options) EXPECT_TRUE(parsed({"--" + each, "1"}) || refused({"--" + each, "1"}).find("no option") == std::string::npos) << each;
}

/// What is offered behind `line`, which ends where the cursor is.
std::set<std::string> offered(const std::string& line) {
  const std::string script = "source tools/top/completion.bash\nCOMP_WORDBREAKS=' '\nCOMP_WORDS=(" + line + ")\n"
                             "[[ '" + line + "' == *' ' ]] && COMP_WORDS+=('')\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n"
                             "_ipvs_top ipvs-top \"${COMP_WORDS[COMP_CWORD]}\" \"${COMP_WORDS[COMP_CWORD-1]}\"\n"
                             "printf '%s\\n' \"${COMPREPLY[@]}\"\n";
  std::FILE* bash = popen(("bash --norc --noprofile 2>&1 <<'SCRIPT'\n" + script + "SCRIPT\n").c_str(), "r");
  EXPECT_TRUE(bash);
  std::string text;
  char buffer[4096];
  while (const std::size_t size = std::fread(buffer, 1, sizeof(buffer), bash)) text.append(buffer, size);
  EXPECT_EQ(pclose(bash), 0) << text;
  std::set<std::string> words;
  std::istringstream lines(text);
  for (std::string word; std::getline(lines, word);)
    if (!word.empty()) words.insert(word);
  return words;
}

TEST(TopOptions, Completion) {
  std::set<std::string> options;
  for (const auto& each : long_options(top::usage())) options.insert("--" + each);
  EXPECT_EQ(offered("ipvs-top --"), options);
  std::set<std::string> names;
  for (const auto& each : top::columns()) names.insert(each.name);
  EXPECT_EQ(offered("ipvs-top --sort "), names);
  EXPECT_EQ(offered("ipvs-top -s out"), (std::set<std::string>{"outpkts", "outbytes"}));
  EXPECT_TRUE(offered("ipvs-top --interval ").empty());
}

}  // namespace
