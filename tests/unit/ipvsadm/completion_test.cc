// SPDX-License-Identifier: GPL-2.0-or-later
// The completion, in a bash without a terminal. ipvsadm is a function there, which notes that it was called.
#include <gtest/gtest.h>

#include <cstdio>
#include <set>
#include <sstream>
#include <string>

namespace {

using Words = std::set<std::string>;

/// What is offered behind `line`, which ends where the cursor is.
Words offered(const std::string& line, bool loaded = true) {
  const std::string script = std::string("source ipvsadm/completion.bash\n") +
                             "_ipvsadm_loaded=" + (loaded ? "/dev/null" : "/nonexistent") +
                             "\n"
                             "ipvsadm() { [ \"$_ipvsadm_loaded\" = /dev/null ] || echo called >&3; cat <<'END'\n"
                             "-A -t 10.0.0.1:80 -s rr\n"
                             "-a -t 10.0.0.1:80 -r 10.1.0.1:80 -m -w 1\n"
                             "-A -u 10.0.0.2:53 -s rr\n"
                             "-a -u 10.0.0.2:53 -r 10.1.0.2:53 -m -w 1\n"
                             "END\n"
                             "}\n"
                             "COMP_WORDBREAKS=' '\n"
                             "COMP_LINE='" +
                             line + "' COMP_POINT=" + std::to_string(line.size()) +
                             "\n"
                             "_ipvsadm 3>&1\n"
                             "printf '%s\\n' \"${COMPREPLY[@]}\"\n";
  std::FILE* bash = popen(("bash --norc --noprofile <<'SCRIPT' 2>&1\n" + script + "SCRIPT\n").c_str(), "r");
  EXPECT_TRUE(bash);
  std::string text;
  char buffer[4096];
  while (std::size_t size = std::fread(buffer, 1, sizeof(buffer), bash)) text.append(buffer, size);
  EXPECT_EQ(pclose(bash), 0) << text;
  Words words;
  std::istringstream lines(text);
  for (std::string word; std::getline(lines, word);)
    if (!word.empty()) words.insert(word);
  return words;
}

TEST(Completion, Commands) {
  EXPECT_TRUE(offered("ipvsadm --add").contains("--add-server"));
  EXPECT_EQ(offered("ipvsadm --stop").size(), 1U);
}

TEST(Completion, BehindBundledShortOptions) {
  EXPECT_TRUE(offered("ipvsadm -Ln --").contains("--stats"));
  EXPECT_TRUE(offered("ipvsadm -Ln ").contains("--rate"));
  EXPECT_FALSE(offered("ipvsadm -Ln --").contains("--weight"));
  EXPECT_EQ(offered("ipvsadm -At ").count("10.0.0.1:80"), 1U);
  EXPECT_EQ(offered("ipvsadm -Au "), (Words{"10.0.0.2:53"}));
  EXPECT_TRUE(offered("ipvsadm -At 10.0.0.1:80 -").contains("--scheduler"));
  EXPECT_EQ(offered("ipvsadm -At 10.0.0.1:80 -s w"), (Words{"wrr", "wlc"}));
  EXPECT_EQ(offered("ipvsadm -at 10.0.0.1:80 -r "), (Words{"10.1.0.1:80"})) << "of that service";
  EXPECT_EQ(offered("ipvsadm -au 10.0.0.2:53 -mr "), (Words{"10.1.0.2:53"}));
  EXPECT_EQ(offered("ipvsadm -a -u 10.0.0.2:53 -r "), (Words{"10.1.0.2:53"}));
  // An argument without a blank is complete.
  EXPECT_TRUE(offered("ipvsadm -At 10.0.0.1:80 -swlc -").contains("--persistent"));
  EXPECT_TRUE(offered("ipvsadm -O c").empty() || !offered("ipvsadm -O c").contains("-h"));
}

TEST(Completion, ValuesBehindAnEqualsSignAndInLists) {
  EXPECT_EQ(offered("ipvsadm -A -f 1 --scheduler=w"), (Words{"--scheduler=wrr", "--scheduler=wlc"}));
  EXPECT_EQ(offered("ipvsadm --start-daemon=m"), (Words{"--start-daemon=master"}));
  EXPECT_EQ(offered("ipvsadm -A -f 1 -s sh -b sh-fallback,sh-p"), (Words{"sh-fallback,sh-port"}));
}

TEST(Completion, NeverLoadsTheModule) {
  for (const char* line : {"ipvsadm -D -t ", "ipvsadm -d -t 10.0.0.1:80 -r ", "ipvsadm -Dt ", "ipvsadm -D -f "})
    EXPECT_FALSE(offered(line, false).contains("called")) << line;
  EXPECT_TRUE(offered("ipvsadm -D -t ", false).empty());
}

}  // namespace
