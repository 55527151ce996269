// SPDX-License-Identifier: GPL-2.0-or-later
// Help, manual pages, completion and docs/ say what the tables in the program say.
#include <gtest/gtest.h>

#include <cctype>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "check/finding.hh"
#include "grammar/failure.hh"
#include "grammar/options.hh"
#include "grammar/sysctls.hh"
#include "show/help.hh"

namespace {

std::string content(const char* path) {
  std::ifstream file(path);
  EXPECT_TRUE(file) << path << ": run from the top folder";
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The words of a manual page, without requests, fonts and line breaks.
std::string manual(const char* path) {
  std::string text = std::regex_replace(content(path), std::regex(R"(\\f.)"), "");
  text = std::regex_replace(text, std::regex(R"(\\-)"), "-");
  return std::regex_replace(text, std::regex("\n"), " ");
}

std::set<std::string> options_in(const std::string& text) {
  const std::regex option("(^|[^-\\w])(--?[A-Za-z0-9][A-Za-z0-9-]*)");
  std::set<std::string> found;
  for (std::sregex_iterator it(text.begin(), text.end(), option), end; it != end; ++it)
    found.insert((*it)[2]);
  return found;
}

std::string sentence(std::string text) {
  text.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(text.front())));
  return text + ".";
}

TEST(Help, VersionLineIsWhatProgramsLookFor) {
  EXPECT_EQ(ipvsadm::version_text(), "ipvsadm v1.31 2019/12/24 (compiled with popt and IPVS v1.2.1)\n");
  EXPECT_EQ(ipvsadm::help_text("prog").find(ipvsadm::version_text() + "Usage:\n  prog -A|E "), 0U);
}

/// Every word of it: a change of the text is a change of this file too, and is seen by whoever reads the change.
TEST(Help, IsAsItWasAgreedOn) { EXPECT_EQ(ipvsadm::help_text("ipvsadm"), content("tests/unit/ipvsadm/help.txt")); }

TEST(Documents, EveryOptionIsInHelpAndManual) {
  const struct {
    const char* name;
    std::set<std::string> options;
  } documents[] = {{"help", options_in(ipvsadm::help_text("prog"))},
                   {"manual", options_in(manual("ipvsadm/ipvsadm.8"))}};
  for (const auto& [name, options] : documents) {
    const auto expect = [&](const char* long_name, std::string_view letters) {
      EXPECT_TRUE(options.contains(std::string("--") + long_name)) << name << ": " << long_name;
      for (const char letter : letters) EXPECT_TRUE(options.contains(std::string("-") + letter)) << name << ": " << letter;
    };
    for (const auto& each : ipvsadm::commands()) expect(each.long_name, each.letters);
    for (const auto& each : ipvsadm::options())
      expect(each.long_name, std::string_view(&each.short_name, each.short_name == 0 ? 0 : 1));
  }
}

TEST(Documents, NoLongOptionThatDoesNotExist) {
  std::set<std::string> known;
  for (const auto& each : ipvsadm::commands()) known.insert(std::string("--") + each.long_name);
  for (const auto& each : ipvsadm::options()) known.insert(std::string("--") + each.long_name);
  known.insert("--name");  // of long options in general
  known.insert({"--dports", "--set-mark"});  // of iptables, in an example
  std::string all = ipvsadm::help_text("prog") + content("ipvsadm/completion.bash");
  for (const char* path : {"ipvsadm/ipvsadm.8", "ipvsadm/ipvsadm-save.8", "ipvsadm/ipvsadm-restore.8"})
    all += manual(path);
  for (const auto& option : options_in(all))
    EXPECT_TRUE(!option.starts_with("--") || known.contains(option)) << option;
}

TEST(Documents, EverySysctlIsInTheManual) {
  const std::string text = manual("ipvsadm/ipvsadm.8");
  for (const auto& each : ipvsadm::sysctls()) {
    const std::string entry = std::string(".TP .B ") + each.name + " " + sentence(each.meaning) + " ";
    const auto at = text.find(entry);
    ASSERT_NE(at, std::string::npos) << entry;
    const std::string normal = each.in_first ? std::string("Default ") + each.in_first
                                             : std::string("Its default depends on the machine.");
    EXPECT_EQ(text.find(normal, at), at + entry.size()) << each.name;
  }
}

TEST(Documents, EveryFindingIsInTheManual) {
  const std::string text = manual("ipvsadm/ipvsadm.8");
  const auto begin = text.find(".SH CHECK"), end = text.find(".SH", begin + 1);
  const std::string section = text.substr(begin, end - begin);
  std::size_t entries = 0;
  for (const auto& each : ipvsadm::check::kinds()) {
    const std::string entry = std::string(".TP .BR ") + each.id + " \" (\" " + ipvsadm::check::severity_name(each.severity) + " ) ";
    EXPECT_NE(section.find(entry), std::string::npos) << entry;
    // Which fault it is and how it is mended is shown, but for what only other machines have.
    const std::string lab = content("tests/lab/cases/460-check.sh");
    EXPECT_TRUE(std::string_view(each.id) == "module-of-kernel" || lab.find(each.id) != std::string::npos) << each.id;
  }
  for (auto at = section.find(".TP"); at != std::string::npos; at = section.find(".TP", at + 1)) ++entries;
  EXPECT_EQ(entries, ipvsadm::check::kinds().size());
}

TEST(Documents, NoNameIsCapitalised) {
  std::string text = manual("ipvsadm/ipvsadm.8");
  for (const char* path : {"ipvsadm/ipvsadm-save.8", "ipvsadm/ipvsadm-restore.8", "libipvs/libipvs.3"})
    text += manual(path);
  std::vector<std::string> names{"ipvsadm", "libipvs"};
  for (const auto& each : ipvsadm::sysctls())
    if (std::string(each.name).find('_') != std::string::npos) names.emplace_back(each.name);
  for (const auto& each : names) {
    const std::string wrong = sentence(each).substr(0, each.size());
    EXPECT_EQ(text.find(" " + wrong), std::string::npos) << wrong;
  }
}

TEST(Documents, TheManualHasAnExampleOfEachMethodAndFamily) {
  const std::string text = manual("ipvsadm/ipvsadm.8");
  const auto examples = text.substr(text.find(".SH EXAMPLES"), text.find(".SH FILES") - text.find(".SH EXAMPLES"));
  for (const char* what : {" -m", " -g", " -i ", "--tun-type gue", "-A -f 1", "[2001:db8::1]:80", "-f 2 -6", "--atomic"})
    EXPECT_NE(examples.find(what), std::string::npos) << what;
  const auto related = text.substr(text.find(".SH SEE ALSO"));
  for (const char* page : {"ipvsadm-save", "ipvsadm-restore", "libipvs", "sysctl", "services", "iptables", "ip "})
    EXPECT_NE(related.find(page), std::string::npos) << page;
}

/// Name and default of the rows of the tables in docs/sysctl.md.
std::map<std::string, std::string> documented_sysctls() {
  const std::string text = content("docs/sysctl.md");
  const std::regex row("\n\\| `(\\w+)` \\| ([^|]*) \\|");
  std::map<std::string, std::string> rows;
  for (std::sregex_iterator it(text.begin(), text.end(), row), end; it != end; ++it)
    rows[(*it)[1]] = (*it)[2];
  return rows;
}

TEST(Documents, SysctlsAreThoseOfTheDocumentation) {
  auto rows = documented_sysctls();
  // Those that a machine or another namespace decides are described in words.
  const std::map<std::string, std::string> in_words{
      {"conn_max", "2^30, in other namespaces what the first one has"},
      {"dest_max", "2^30, in containers 65536"},
      {"svc_max", "2^30, in containers 16384"},
      {"sync_qlen_max", "1/32 of the memory for buffers"},
      {"est_cpulist", "processors for kernel threads"}};
  for (const auto& each : ipvsadm::sysctls()) {
    EXPECT_TRUE(rows.contains(each.name)) << each.name;
    std::string normal;
    if (const auto words = in_words.find(each.name); words != in_words.end()) {
      EXPECT_TRUE(!each.in_first || !each.in_other) << each.name << " could be said in numbers";
      normal = words->second;
    } else {
      ASSERT_TRUE(each.in_first && each.in_other) << each.name;
      normal = each.in_first;
      if (normal != each.in_other) normal += std::string(", in other namespaces ") + each.in_other;
    }
    EXPECT_EQ(rows[each.name], normal) << each.name;
    rows.erase(each.name);
  }
  for (const auto& [name, normal] : rows) ADD_FAILURE() << name << " is not in the table of the program";
}

TEST(Documents, ExitCodes) {
  const std::string text = manual("ipvsadm/ipvsadm.8");
  std::set<int> codes{0, 1, 255};
  for (const auto& each : ipvsadm::failure_kinds()) {
    EXPECT_TRUE(codes.insert(each.exit_code).second) << each.exit_code << " is used twice";
    EXPECT_EQ(ipvsadm::kind_of(each.failure).exit_code, each.exit_code);
    EXPECT_NE(text.find(".TP " + std::to_string(each.exit_code) + " " + sentence(each.meaning)),
              std::string::npos)
        << each.meaning;
  }
}

}  // namespace
