// SPDX-License-Identifier: GPL-2.0-or-later
// The completion, in a bash without a terminal. ipvsadm is a function there, which notes that it was called.
#include <gtest/gtest.h>

#include <cstdio>
#include <set>
#include <sstream>
#include <string>

#include "grammar/options.hh"
#include "show/completion.hh"

namespace {

using Words = std::set<std::string>;

/// What is offered behind `line`, which ends where the cursor is.
Words offered(const std::string& line, bool loaded = true) {
  const std::string script = ipvsadm::completion_tables() + "source ipvsadm/completion.bash\n" +
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

/// For each command the options that are legal with it, and no other.
TEST(Completion, OffersWhatIsLegal) {
  for (const auto& command : ipvsadm::commands()) {
    const std::string name = std::string("--") + command.long_name;
    const bool has_argument = command.argument == ipvsadm::Argument::required;
    if (command.verb == ipvsadm::Verb::set_timeout) continue;  // numbers come first
    const auto words = offered("ipvsadm " + name + (has_argument ? " master --" : " --"));
    for (const auto& option : ipvsadm::options())
      EXPECT_EQ(words.contains(std::string("--") + option.long_name), ipvsadm::is_legal(command.verb, option.option))
          << name << " " << option.long_name;
  }
  EXPECT_TRUE(offered("ipvsadm -h -").empty());
}

TEST(Completion, Arguments) {
  EXPECT_EQ(offered("ipvsadm --start-daemon "), (Words{"master", "backup"}));
  EXPECT_EQ(offered("ipvsadm -a -f 1 -r 10.0.0.1 -i --tun-type g"), (Words{"gue", "gre"}));
  EXPECT_TRUE(offered("ipvsadm --start-daemon master --mcast-interface ").contains("lo"));
  EXPECT_TRUE(offered("ipvsadm --start-daemon master --sync-key-file /etc/pass").contains("/etc/passwd"));
  EXPECT_TRUE(offered("ipvsadm --start-daemon master --sync-key-file=/et").contains("--sync-key-file=/etc/"));
  EXPECT_TRUE(offered("ipvsadm --set ").empty());
  EXPECT_TRUE(offered("ipvsadm -e -f 1 -r 10.0.0.1 -w ").empty());
  EXPECT_TRUE(offered("ipvsadm -A -f 1 -p ").contains("--scheduler")) << "its argument may be left out";
  EXPECT_TRUE(offered("ipvsadm -O ").contains("--json"));
  EXPECT_EQ(offered("ipvsadm --check="), (Words{"--check=passive"}));
  EXPECT_TRUE(offered("ipvsadm --check ").contains("--json"));
  EXPECT_EQ(offered("ipvsadm -a -t 10.0.0.1:80 --real-server "), (Words{"10.1.0.1:80"}));
}

TEST(Completion, ValuesBehindAnEqualsSignAndInLists) {
  EXPECT_EQ(offered("ipvsadm -A -f 1 --scheduler=w"), (Words{"--scheduler=wrr", "--scheduler=wlc"}));
  const auto schedulers = offered("ipvsadm -A -f 1 --scheduler=");
  EXPECT_TRUE(schedulers.contains("--scheduler=twos") && schedulers.contains("--scheduler=none"));
  EXPECT_EQ(schedulers.size(), 15U);
  EXPECT_EQ(offered("ipvsadm -A -f 1 -s sh -b sh-fallback,").size(), 7U);
  EXPECT_TRUE(offered("ipvsadm -A -f 1 -s sh -b sh-fallback,").contains("sh-fallback,sh-port"));
  EXPECT_TRUE(offered("ipvsadm -A -f 1 -s sh --sched-flags=sh-fallback,").contains("--sched-flags=sh-fallback,sh-port"));
  EXPECT_EQ(offered("ipvsadm --start-daemon=m"), (Words{"--start-daemon=master"}));
  EXPECT_EQ(offered("ipvsadm -A -f 1 -s sh -b sh-fallback,sh-p"), (Words{"sh-fallback,sh-port"}));
}

/// Names of interfaces, and of marks, come from others.
TEST(Completion, CarriesOutNothing) {
  const std::string words = R"($(echo called >&3) `echo>&2` * ${PATH} a;b a&b 'c ~ eth0 eth0.5 [2001:db8::1]:80)";
  std::FILE* bash = popen(("bash --norc --noprofile 3>&1 2>&1 <<'SCRIPT'\n"
                           "source ipvsadm/completion.bash\n"
                           "read -r given <<'END'\n" +
                           words +
                           "\nEND\n"
                           "_ipvsadm_offer '' \"$given\" ''\n"
                           "echo \"${COMPREPLY[*]}\"\n"
                           "_ipvsadm_offer --x= \"$given\" --x=e\n"
                           "echo \"${COMPREPLY[*]}\"\n"
                           "SCRIPT\n")
                              .c_str(),
                          "r");
  ASSERT_TRUE(bash);
  char buffer[4096];
  const std::string text(buffer, std::fread(buffer, 1, sizeof(buffer), bash));
  EXPECT_EQ(pclose(bash), 0);
  EXPECT_EQ(text, "called eth0 eth0.5 [2001:db8::1]:80\n--x=eth0 --x=eth0.5\n");
}

TEST(Completion, NeverLoadsTheModule) {
  for (const char* line : {"ipvsadm -D -t ", "ipvsadm -d -t 10.0.0.1:80 -r ", "ipvsadm -Dt ", "ipvsadm -D -f "})
    EXPECT_FALSE(offered(line, false).contains("called")) << line;
  EXPECT_TRUE(offered("ipvsadm -D -t ", false).empty());
}

}  // namespace
