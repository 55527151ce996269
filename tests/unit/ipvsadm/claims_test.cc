// SPDX-License-Identifier: GPL-2.0-or-later
// What README.md and docs/ claim has a proof beside it, and every proof that they name exists:
// docs/testing.md.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

std::string content(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> all_matches(const std::string& text, const std::regex& what, int group = 1) {
  return {std::sregex_token_iterator(text.begin(), text.end(), what, group), {}};
}

/// What stands together in a document: a row of a table, an item of a list, or a paragraph.
struct Block {
  enum Kind { kRow, kItem, kParagraph } kind;
  std::string heading;
  int line;
  std::string text;
};

std::vector<Block> blocks_of(const std::string& text) {
  std::vector<Block> blocks;
  std::istringstream lines(text);
  std::string line, heading;
  bool goes_on = false;  // the line before belongs to the last block, and this one may
  bool in_item = false;
  for (int number = 1; std::getline(lines, line); ++number) {
    if (line.starts_with("#")) {
      heading = line.substr(line.find_first_not_of("# "));
      goes_on = in_item = false;
    } else if (line.empty()) {
      goes_on = false;
    } else if (line.starts_with("|")) {
      goes_on = in_item = false;
      // The line below its title makes a table of it; neither is a row.
      if (line.starts_with("|--")) {
        if (!blocks.empty()) blocks.pop_back();
      } else {
        blocks.push_back({Block::kRow, heading, number, line});
      }
    } else if (line.starts_with("* ") || line.starts_with("- ")) {
      blocks.push_back({Block::kItem, heading, number, line});
      goes_on = in_item = true;
    } else if (goes_on || (in_item && line.starts_with("  "))) {
      blocks.back().text += "\n" + line;
    } else if (!line.starts_with("    ")) {
      blocks.push_back({Block::kParagraph, heading, number, line});
      goes_on = true;
      in_item = false;
    }
  }
  return blocks;
}

/// Where a document must say what proves it.
struct Duty {
  const char* document;
  const char* heading;  ///< "" for all
  enum { kRows, kItems, kFigures } what;
  bool names_in_text = false;  ///< a test that the text names will do, and so will a place in the source
};

const Duty kDuties[] = {
    {"README.md", "ipvs", Duty::kItems},
    {"README.md", "What is in it", Duty::kRows},
    {"README.md", "", Duty::kFigures},
    {"docs/performance.md", "", Duty::kRows},
    {"docs/performance.md", "", Duty::kFigures},
    {"docs/map.md", "A server that comes back", Duty::kItems},
    {"docs/map.md", "Choices that differ from in-tree IPVS", Duty::kItems},
    {"docs/compatibility.md", "", Duty::kRows},
    {"docs/pitfalls.md", "", Duty::kRows, true},
};

bool binds(const Duty& duty, const std::string& document, const Block& block) {
  if (document != duty.document || (*duty.heading && block.heading != duty.heading)) return false;
  if (duty.what == Duty::kRows) return block.kind == Block::kRow;
  if (duty.what == Duty::kItems) return block.kind == Block::kItem;
  static const std::regex figure(
      R"(\d (bytes|kB|MB|megabytes?|instructions|nanoseconds|ns|us|ms|s|seconds|connections|times|%))");
  return std::regex_search(block.text, figure);
}

const std::regex kComment("<!--([^]*?)-->");
const std::regex kProofs(" proof:(( [a-z]+/[^\\s,]+,)*( [a-z]+/[^\\s,]+)) ");
const std::regex kProof("[a-z]+/[^\\s,]+");

/// What the text itself calls tests, as proofs would be written.
std::vector<std::string> named_in(const std::string& text) {
  static const std::regex a_case(R"((^|[^\w-])(\d{3}-[a-z][a-z0-9-]*))"), a_theme(R"(diff/([a-z-]+)\.sh)"),
      a_comparison(R"([Cc]omparisons? `([^`]+)`)"), unit_tests(R"(unit tests?((,? (and )?`[^`]+`)+))"),
      a_name("`([^`]+)`");
  std::vector<std::string> names;
  for (const auto& each : all_matches(text, a_case, 2)) names.push_back("case/" + each);
  for (const auto& each : all_matches(text, a_theme)) names.push_back("diff/" + each);
  for (const auto& each : all_matches(text, a_comparison)) names.push_back("diff/" + each);
  for (const auto& each : all_matches(text, unit_tests))
    for (const auto& name : all_matches(each, a_name)) names.push_back("unit/" + name);
  return names;
}

/// Whether there is what a proof names.
using Exists = std::function<bool(const std::string& proof)>;

/// What is wrong with a document, a line for each place.
std::vector<std::string> complaints(const std::string& document, const std::string& text,
                                    const Exists& exists) {
  std::vector<std::string> wrong;
  const auto complain = [&](const Block& block, const std::string& what) {
    wrong.push_back(document + ":" + std::to_string(block.line) + ": " + what);
  };
  for (const auto& block : blocks_of(text)) {
    bool is_proved = false, is_placed = false;
    for (const auto& comment : all_matches(block.text, kComment)) {
      std::smatch proofs;
      if (!std::regex_match(comment, proofs, kProofs)) {
        complain(block, "no list of proofs: <!--" + comment + "-->");
        continue;
      }
      for (const auto& proof : all_matches(proofs[1], kProof, 0)) {
        if (!exists(proof)) complain(block, "there is no " + proof);
        (proof.starts_with("source/") ? is_placed : is_proved) = true;
      }
    }
    const auto words = std::regex_replace(block.text, kComment, "");
    if (words.find("<!--") != std::string::npos) complain(block, "a comment that does not end here");
    const auto names = named_in(words);
    for (const auto& name : names)
      if (!exists(name)) complain(block, "there is no " + name);
    for (const auto& duty : kDuties)
      if (binds(duty, document, block) && !is_proved &&
          !(duty.names_in_text && (is_placed || !names.empty()))) {
        complain(block, "nothing proves: " + words.substr(0, 60));
        break;
      }
  }
  return wrong;
}

/// Names of suites, and of tests with and without theirs, and of the files: `Parse`, `Parse.Lists`,
/// `parse_test`.
const std::set<std::string>& unit_tests() {
  static const auto found = [] {
    std::set<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator("tests/unit")) {
      const auto& path = entry.path();
      if (!path.string().ends_with("_test.cc")) continue;
      names.insert(path.stem());
      const auto text = content(path);
      const std::regex test(R"((^|\n)TEST(_F|_P)?\((\w+), (\w+)\))");
      for (std::sregex_iterator it(text.begin(), text.end(), test), end; it != end; ++it) {
        names.insert((*it)[3]);
        names.insert((*it)[3].str() + "." + (*it)[4].str());
      }
    }
    return names;
  }();
  return found;
}

bool has_line(const fs::path& path, const std::string& pattern) {
  return std::regex_search(content(path), std::regex("(^|\n)" + pattern));
}

bool exists_here(const std::string& proof) {
  const auto slash = proof.find('/');
  const auto kind = proof.substr(0, slash), name = proof.substr(slash + 1);
  const fs::path lab = "tests/lab";
  const auto lab_case = lab / "cases" / (name + ".sh"), smp_case = lab / "smp/cases" / (name + ".sh");
  // Those of the long lane run only when they are asked for: who relies on one says so.
  if (kind == "lab" || kind == "long")
    return fs::exists(lab_case) &&
           (content(lab_case).find("\n# lane: long\n") != std::string::npos) == (kind == "long");
  if (kind == "smp") return fs::exists(smp_case);
  if (kind == "case") return fs::exists(lab_case) || fs::exists(smp_case);
  if (kind == "diff") return fs::exists(lab / "diff" / (name + ".sh"));
  if (kind == "controls") return fs::exists(lab / "controls" / (name + ".sh"));
  if (kind == "unit") return unit_tests().contains(name);
  if (kind == "tsan") return fs::exists("tests/tsan/" + name + ".c");
  if (kind == "fuzz")
    return fs::exists("tests/fuzz/" + name + "_fuzz.cc") ||
           fs::exists("tests/fuzz/tools/" + name + "_fuzz.cc");
  if (kind == "install") return fs::exists("tests/install/" + name);
  // A scenario of the measuring guest; what fails is a target of make.
  if (kind == "bench")
    return has_line("tests/bench/init", "    ([a-z0-9-]+\\|)*" + name + "(\\|[a-z0-9-]+)*\\)");
  if (kind == "make") {
    for (const auto* file :
         {"kernel/build.mk", "debian/build.mk", "tests/lab/build.mk", "tests/bench/build.mk"})
      if (has_line(file, "([a-z-]+ )*" + name + "( [a-z-]+)*:.*## ")) return true;
    return false;
  }
  if (kind == "source") {
    const auto colon = name.find(':');
    return fs::exists(name.substr(0, colon)) &&
           (colon == std::string::npos ||
            content(name.substr(0, colon)).find(name.substr(colon + 1)) != std::string::npos);
  }
  return false;
}

std::vector<fs::path> documents() {
  std::vector<fs::path> found{"README.md"};
  for (const auto& entry : fs::recursive_directory_iterator("docs"))
    if (entry.path().extension() == ".md") found.push_back(entry.path());
  std::ranges::sort(found);
  return found;
}

TEST(Claims, AreProvedByWhatThereIs) {
  for (const auto& path : documents())
    for (const auto& each : complaints(path, content(path), exists_here)) ADD_FAILURE() << each;
}

/// What a heading is called in links to it.
std::string anchor_of(const std::string& heading) {
  std::string name;
  for (const char c : heading) {
    if (std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_') name += static_cast<char>(std::tolower(c));
    if (c == ' ') name += '-';
  }
  return name;
}

std::set<std::string> anchors_in(const fs::path& document) {
  std::set<std::string> names;
  std::istringstream lines(content(document));
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("#")) names.insert(anchor_of(line.substr(line.find_first_not_of("# "))));
  return names;
}

TEST(Claims, LinksLeadToWhatThereIs) {
  static const std::regex link(R"(\]\(([^)\s]+)\))");
  auto pages = documents();
  for (const char* more : {"CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "tests/lab/README.md", "tests/bench/README.md"})
    pages.emplace_back(more);
  for (const auto& page : pages)
    for (const auto& target : all_matches(content(page), link)) {
      if (target.find("://") != std::string::npos) continue;
      const auto hash = target.find('#');
      const auto file = target.substr(0, hash);
      const auto path = file.empty() ? page : page.parent_path() / file;
      EXPECT_TRUE(fs::exists(path)) << page << " leads to " << target;
      if (hash != std::string::npos) {
        EXPECT_TRUE(anchors_in(path).contains(target.substr(hash + 1))) << page << " leads to " << target;
      }
    }
}

/// Who draws a diagram anew renders it, too.
TEST(Claims, DiagramsSayWhatTheirSourcesSay) {
  static const std::regex label("label=\"([^\"]*)\"");
  int diagrams = 0;
  for (const auto& entry : fs::directory_iterator("docs/tutorials")) {
    if (entry.path().extension() != ".dot") continue;
    ++diagrams;
    const auto picture = content(fs::path(entry.path()).replace_extension(".svg"));
    for (const auto& each : all_matches(content(entry.path()), label)) {
      std::istringstream words(std::regex_replace(each, std::regex(R"(\\n)"), "\n"));
      for (std::string line; std::getline(words, line);)
        EXPECT_NE(picture.find(">" + line + "<"), std::string::npos) << entry.path() << ": " << line;
    }
  }
  EXPECT_EQ(diagrams, 3);
}

TEST(Claims, EveryReasonOfADropHasAdvice) {
  const auto advice = content("docs/troubleshooting.md");
  const auto reasons = all_matches(content("kernel/proto/drop.h"), std::regex(R"re(_\([A-Z_]+, "([a-z-]+)"\))re"));
  EXPECT_GT(reasons.size(), 15U);
  for (const auto& each : reasons) EXPECT_NE(advice.find("`" + each + "`"), std::string::npos) << each;
}

/// A heading that is written otherwise must not set its claims free.
TEST(Claims, EveryDutyBindsSomething) {
  for (const auto& duty : kDuties) {
    const auto blocks = blocks_of(content(duty.document));
    EXPECT_TRUE(
        std::ranges::any_of(blocks, [&](const Block& block) { return binds(duty, duty.document, block); }))
        << duty.document << " " << duty.heading;
  }
}

TEST(Claims, WhatIsWrongIsFound) {
  const Exists exists = [](const std::string& proof) {
    return proof == "lab/010-load" || proof == "diff/picks" || proof == "case/010-load" ||
           proof == "unit/Parse" || proof == "source/kernel/main.c";
  };
  const struct {
    const char* document;
    const char* text;
    std::vector<std::string> wrong;
  } cases[] = {
      {"README.md", "# ipvs\n* It loads. <!-- proof: lab/010-load, diff/picks -->\n", {}},
      {"README.md", "# ipvs\n* It\n  loads.\n\n  <!-- proof: lab/010-load -->\n", {}},
      {"README.md", "# ipvs\n* It loads.\n", {"README.md:2: nothing proves: * It loads."}},
      {"README.md",
       "# ipvs\n* It loads. <!-- proof: lab/011-gone -->\n",
       {"README.md:2: there is no lab/011-gone"}},
      {"README.md",
       "# ipvs\n* It loads. <!-- prof: lab/010-load -->\n",
       {"README.md:2: no list of proofs: <!-- prof: lab/010-load -->",
        "README.md:2: nothing proves: * It loads. "}},
      {"README.md",
       "# ipvs\n* It loads. <!-- proof: lab/010-load diff/picks -->\n",
       {"README.md:2: no list of proofs: <!-- proof: lab/010-load diff/picks -->",
        "README.md:2: nothing proves: * It loads. "}},
      {"README.md",
       "# ipvs\n* It loads. <!-- proof: lab/010-load\n",
       {"README.md:2: a comment that does not end here",
        "README.md:2: nothing proves: * It loads. <!-- proof: lab/010-load"}},
      // A place in the source proves nothing, but in pitfalls.md it says where to look.
      {"README.md",
       "# ipvs\n* It loads. <!-- proof: source/kernel/main.c -->\n",
       {"README.md:2: nothing proves: * It loads. "}},
      {"docs/pitfalls.md", "| a | b |\n|---|---|\n| A1 | <!-- proof: source/kernel/main.c --> |\n", {}},
      {"docs/pitfalls.md",
       "| a | b |\n|---|---|\n| A1 | loads |\n",
       {"docs/pitfalls.md:3: nothing proves: | A1 | loads |"}},
      {"docs/pitfalls.md", "| a | b |\n|---|---|\n| A1 | Case 010-load, unit test `Parse` |\n", {}},
      {"docs/pitfalls.md",
       "| a | b |\n|---|---|\n| A1 | 011-gone |\n",
       {"docs/pitfalls.md:3: there is no case/011-gone"}},
      {"docs/json.md", "Comparisons `picks` and diff/gone.sh.\n", {"docs/json.md:1: there is no diff/gone"}},
      {"docs/json.md", "The unit tests `Parse` and `Gone`.\n", {"docs/json.md:1: there is no unit/Gone"}},
      // Figures, wherever they stand, but not in listings of commands.
      {"README.md",
       "An entry takes 128 bytes.\n",
       {"README.md:1: nothing proves: An entry takes 128 bytes."}},
      {"README.md", "So:\n\n    dd bs=128 bytes\n", {}},
      {"docs/json.md", "An entry takes 128 bytes.\n", {}},
  };
  for (const auto& each : cases)
    EXPECT_EQ(complaints(each.document, each.text, exists), each.wrong) << each.text;
}

TEST(Claims, KindsOfProofs) {
  for (const char* proof :
       {"lab/010-load", "long/180-million", "smp/010-first", "diff/picks", "controls/hang", "unit/Claims",
        "unit/Claims.KindsOfProofs", "unit/claims_test", "tsan/hash_stress", "fuzz/headers", "install/run",
        "bench/generator", "bench/nat-100", "make/bench-smoke", "make/check-modules", "source/kernel/main.c",
        "source/kernel/hash/hash.h:resiz"})
    EXPECT_TRUE(exists_here(proof)) << proof;
  for (const char* proof :
       {"lab/010", "lab/180-million", "long/010-load", "smp/010-load", "diff/none", "controls/none",
        "unit/None", "unit/Claims.None", "tsan/none", "fuzz/none", "install/none", "bench/none", "make/none",
        "source/kernel/none.c", "source/kernel/main.c:no such words", "none/010-load"})
    EXPECT_FALSE(exists_here(proof)) << proof;
}

}  // namespace
