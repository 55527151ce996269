// SPDX-License-Identifier: GPL-2.0-or-later
// ip_vs(4) names all parameters, files, reasons for drops and lines of ip_vs_status and ip_vs_sync that the module has, and no others.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

namespace {

using Names = std::set<std::string>;

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file) << path << ": run from the top folder";
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The first group of each match.
Names all(const std::string& text, const char* pattern) {
  const std::regex regex(pattern);
  Names found;
  for (std::sregex_iterator it(text.begin(), text.end(), regex), end; it != end; ++it) found.insert((*it)[1]);
  return found;
}

std::string section(const std::string& name) {
  const std::string page = std::regex_replace(content("kernel/ip_vs.4"), std::regex(R"(\\-)"), "-");
  const auto begin = page.find(".SH " + name + "\n");
  EXPECT_NE(begin, std::string::npos) << name;
  return begin == std::string::npos ? "" : page.substr(begin, page.find(".SH ", begin + 1) - begin);
}

/// What the paragraphs of a section are about.
Names entries(const std::string& name) { return all(section(name), "\n\\.TP\n\\.[BI] ([^\n]*)"); }

TEST(ModuleManual, EachParameter) {
  Names parameters;
  for (const auto& each : std::filesystem::recursive_directory_iterator("kernel")) {
    // of test builds
    if (each.path().string().starts_with("kernel/faults") || each.path().extension() != ".c") continue;
    parameters.merge(all(content(each.path()), R"(module_param\w*\((\w+))"));
  }
  EXPECT_FALSE(parameters.empty());
  EXPECT_EQ(entries("PARAMETERS"), parameters);
}

TEST(ModuleManual, EachFile) {
  const std::string source = content("kernel/ctl/procfs.c");
  Names files = all(source, R"re(proc_create\w*\("(\w+)")re");
  files.merge(all(source, R"re(\{ "(ip_vs\w*)", 0\d+, \w+_show \})re"));
  EXPECT_GT(files.size(), 3U);
  Names expected{"/proc/sys/net/ipv4/vs/"};
  for (const auto& each : files) expected.insert("/proc/net/" + each);
  EXPECT_EQ(entries("FILES"), expected);
}

TEST(ModuleManual, EachReasonForDrops) {
  const Names reasons = all(content("kernel/proto/drop.h"), R"re(_\([A-Z_]+, "([a-z-]+)"\))re");
  EXPECT_FALSE(reasons.empty());
  EXPECT_EQ(entries("DROP REASONS"), reasons);
}

TEST(ModuleManual, EachLineOfTheStatus) {
  const std::string source = content("kernel/ctl/procfs.c");
  Names lines;
  // Those of a table have its name in front, and those of chains stand there with the first of them.
  for (const auto& each : all(source, R"re("([^":]+):\\t)re"))
    lines.insert(std::regex_replace(std::regex_replace(each, std::regex("^(%s|Conn) "), ""), std::regex("%d"), "1"));
  EXPECT_GT(lines.size(), 5U);
  // Of the fast path's outcomes one is called as it is, and all others are passed on.
  const Names fast = all(content("kernel/path/fast_devices.c"), R"re("(Fast path [^":]+):\\t)re");
  EXPECT_EQ(fast, (Names{"Fast path devices", "Fast path %s", "Fast path passed, %s"}));
  lines.merge(Names{"Fast path devices", "Fast path taken"});
  EXPECT_EQ(entries("STATUS"), lines);
  const std::string text = section("STATUS");
  const Names outcomes = all(content("kernel/proto/fast.h"), R"re(_\([A-Z_]+, "([a-z-]+)"\))re");
  EXPECT_GT(outcomes.size(), 10U);
  for (const auto& each : outcomes)
    EXPECT_TRUE(each == "taken" || std::regex_search(text, std::regex("\n\\.BR? " + each + "( ,)?\n"))) << each;
  const Names tables = all(source, R"re(show_table\(seq, "(\w+)")re");
  EXPECT_FALSE(tables.empty());
  for (const auto& each : tables) EXPECT_NE(text.find("\n.B " + each + "\n"), std::string::npos) << each;
}

TEST(ModuleManual, EachLineOfTheSynchronization) {
  Names lines;
  for (const auto& each : std::filesystem::directory_iterator("kernel/sync")) {
    const std::string source = content(each.path());
    // What both kinds of daemons have stands in the manual by its bare name.
    for (const auto& name : all(source, R"re("%s ([a-z ]+):\\t)re")) lines.insert(name);
    lines.merge(all(source, R"re("((?:master|backup) [a-z ]+):\\t)re"));
    if (source.find(R"("backup dropped %s:\t)") == std::string::npos) continue;
    for (const auto& reason : all(content("kernel/core/sync_message.h"), R"re(\b_\([A-Z0-9_]+,\s*"([a-z0-9-]+)",)re"))
      lines.insert("backup dropped " + reason);
  }
  for (const std::string name : {"messages", "records", "bytes"}) {
    EXPECT_TRUE(lines.erase("master " + name) && lines.erase("backup " + name)) << name;
    lines.insert(name);
  }
  EXPECT_TRUE(lines.contains("backup dropped short") && lines.contains("backup dropped conn-max"));
  Names named;
  for (const auto& entry : all(section("SYNCHRONIZATION"), "\n\\.TP\n\\.(BR? [^\n]*)")) {
    // .B has one name. .BR has words, quoted if there is a blank in them, with commas and "or" between them; to further ones
    // belongs what the first one begins with.
    const std::string words = entry.substr(entry.find(' ') + 1);
    if (entry.starts_with("B ")) {
      named.insert(words);
      continue;
    }
    const std::string shared = words.starts_with("\"backup dropped ") ? "backup dropped " : "";
    for (auto word : all(words, R"re(("[^"]*"|[^ ]+))re")) {
      std::erase(word, '"');
      if (word != ", " && word != " or ") named.insert(word.starts_with(shared) ? word : shared + word);
    }
  }
  EXPECT_EQ(named, lines);
}

}  // namespace
