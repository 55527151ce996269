// SPDX-License-Identifier: GPL-2.0-or-later
// What include/libipvs.h declares stands in the manual page, is exported, and is known to the package's symbols file.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

namespace {

using Names = std::set<std::string>;

std::string read(const char* path) {
  std::ifstream file(path);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The first group of each match.
Names find(const std::string& text, const char* expression) {
  const std::regex regex(expression, std::regex::ECMAScript | std::regex::multiline);
  Names names;
  for (std::sregex_iterator it(text.begin(), text.end(), regex), end; it != end; ++it) names.insert((*it)[1]);
  return names;
}

Names declared() { return find(read("include/libipvs.h"), R"(^[a-z].*[ *](ipvs_[a-z_]+)\(.*)"); }

Names with_variable(Names names) {
  names.insert("ipvs_info");
  return names;
}

TEST(Interface, HasTheFunctionsOfTheOriginal) { EXPECT_EQ(declared().size(), 25u); }

TEST(Interface, IsExported) {
  EXPECT_EQ(find(read("libipvs/libipvs.map"), R"(^\s(ipvs_[a-z_]+);)"), with_variable(declared()));
}

TEST(Interface, IsInThePackagesSymbols) {
  EXPECT_EQ(find(read("debian/libipvs1.symbols"), R"(^ (ipvs_[a-z_]+)@)"), with_variable(declared()));
}

TEST(Interface, IsInTheSynopsisOfTheManual) {
  EXPECT_EQ(find(read("libipvs/libipvs.3"), R"(^\.BI? "?.*[ *](ipvs_[a-z_]+)\(.*)"), declared());
}

TEST(Interface, IsDescribedInTheManual) {
  std::string manual = read("libipvs/libipvs.3");
  manual.erase(0, manual.find(".SH \"C INTERFACE\""));
  Names described;
  for (const auto& line : find(manual, R"(^\.TP\n\.BR? (.*)$)"))
    for (const auto& name : find(line, R"((ipvs_[a-z_]+))")) described.insert(name);
  EXPECT_EQ(described, declared());
}

}  // namespace
