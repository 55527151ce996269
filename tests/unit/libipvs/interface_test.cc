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

Names functions_of(const char* header) { return find(read(header), R"(^[a-z].*[ *](ipvs_[a-z_]+)\(.*)"); }
Names declared() { return functions_of("include/libipvs.h"); }

Names with_variable(Names names) {
  names.insert("ipvs_info");
  return names;
}

/// What the symbol map has in one node.
Names exported(const std::string& node) {
  std::string map = read("libipvs/libipvs.map");
  map.erase(0, map.find("\n" + node + " {"));
  map.erase(map.find('}'));
  return find(map, R"(^\s(ipvs_[a-z_]+);)");
}

TEST(Interface, HasTheFunctionsOfTheOriginal) { EXPECT_EQ(functions_of("tests/abi/1/libipvs.h").size(), 25u); }

TEST(Interface, TheFirstReleasesSymbolsAreThoseItHad) {
  EXPECT_EQ(exported("LIBIPVS_1"), find(read("tests/abi/1/symbols"), R"(^(ipvs_[a-z_]+)@@LIBIPVS_1$)"));
  EXPECT_EQ(exported("LIBIPVS_1"), with_variable(functions_of("tests/abi/1/libipvs.h")));
}

TEST(Interface, IsExported) {
  auto all = exported("LIBIPVS_1");
  all.merge(exported("LIBIPVS_1.1"));
  all.merge(exported("LIBIPVS_1.2"));
  all.merge(exported("LIBIPVS_1.3"));
  EXPECT_EQ(all, with_variable(declared()));
}

TEST(Interface, IsInThePackagesSymbols) {
  const std::string symbols = read("debian/libipvs1.symbols");
  EXPECT_EQ(find(symbols, R"(^ (ipvs_[a-z_]+)@LIBIPVS_1 )"), exported("LIBIPVS_1"));
  EXPECT_EQ(find(symbols, R"(^ (ipvs_[a-z_]+)@LIBIPVS_1\.1 )"), exported("LIBIPVS_1.1"));
  EXPECT_EQ(find(symbols, R"(^ (ipvs_[a-z_]+)@LIBIPVS_1\.2 )"), exported("LIBIPVS_1.2"));
  EXPECT_EQ(find(symbols, R"(^ (ipvs_[a-z_]+)@LIBIPVS_1\.3 )"), exported("LIBIPVS_1.3"));
}

TEST(Interface, IsInTheSynopsisOfTheManual) {
  EXPECT_EQ(find(read("libipvs/libipvs.3"), R"(^\.BI? "?.*[ *](ipvs_[a-z_]+)\(.*)"), declared());
}

TEST(Interface, IsDescribedInTheManual) {
  std::string manual = read("libipvs/libipvs.3");
  manual.erase(0, manual.find(".SH \"C INTERFACE\""));
  manual.erase(manual.find(".SS Structures"));
  Names described;
  for (const auto& line : find(manual, R"(^\.TP\n\.BR? (.*)$)"))
    for (const auto& name : find(line, R"((ipvs_[a-z_]+))")) described.insert(name);
  EXPECT_EQ(described, declared());
}

}  // namespace
