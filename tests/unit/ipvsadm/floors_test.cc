// SPDX-License-Identifier: GPL-2.0-or-later
// A file uses only what stands on its own floor or below: docs/map.md.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace {

/// What belongs to a floor: a path or, with a slash at its end, all that is in a folder. The longest one decides.
using Floor = std::vector<std::string>;

struct House {
  const char* top;
  std::vector<Floor> floors;        ///< from the ground up
  std::vector<std::string> shared;  ///< what all floors may use, and what may use all
};

const House kTool = {"ipvsadm/",
                     {{"names/"}, {"grammar/"}, {"show/"}, {"check/"}, {"apply/"}, {"main.cc", "completion.cc"}},
                     {}};

/// What all programs share, and the programs beside ipvsadm: none of them uses another one.
const House kTools = {"tools/", {{"base/"}, {"exporter/"}, {"top/"}, {"realserver/"}, {"feedback/"}}, {}};

const House kModule = {"kernel/",
                       {
                           {"compat/"},
                           {"core/"},
                           {"hash/"},
                           {"registry.c", "registry.h", "sched/scheduler.c", "sched/scheduler.h", "pe/engine.c",
                            "pe/engine.h", "app/app.c", "app/app.h"},
                           {"proto/"},
                           {"svc/"},
                           // Schedulers and persistence engines: modules of their own.
                           {"sched/", "pe/"},
                           {"conn/"},
                           // Helpers: modules of their own, too.
                           {"xmit/", "app/"},
                           {"sync/", "path/"},
                           {"ctl/"},
                           {"match/"},
                           {"main.c"},
                       },
                       // The namespace, where all floors meet, who pays for what is made in it, and what a test build makes fail.
                       {"netns.h", "charge.h", "faults/"}};

bool covers(const std::string& part, const std::string& path) {
  return part.back() == '/' ? path.starts_with(part) : path == part;
}

bool is_shared(const House& house, const std::string& path) {
  for (const std::string& part : house.shared)
    if (covers(part, path)) return true;
  return false;
}

std::optional<std::size_t> floor_of(const House& house, const std::string& path) {
  std::optional<std::size_t> found;
  std::size_t longest = 0;
  for (std::size_t floor = 0; floor < house.floors.size(); ++floor)
    for (const std::string& part : house.floors[floor])
      if (covers(part, path) && part.size() > longest) {
        longest = part.size();
        found = floor;
      }
  return found;
}

/// The files that a text includes by name, not from the system.
std::vector<std::string> included(const std::string& text) {
  std::vector<std::string> all;
  std::istringstream lines(text);
  const std::string start = "#include \"";
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(start)) all.push_back(line.substr(start.size(), line.rfind('"') - start.size()));
  return all;
}

/// What is wrong with the includes of a file with this text, a line each.
std::string faults(const House& house, const std::string& path, const std::string& text) {
  if (is_shared(house, path)) return {};
  const auto own = floor_of(house, path);
  if (!own) return path + " stands on no floor\n";
  const std::string folder = path.substr(0, path.rfind('/') + 1);
  std::string all;
  for (const std::string& used : included(text)) {
    // Found beside its user, it does not say where it stands.
    if (!folder.empty() && std::filesystem::exists(house.top + folder + used))
      all += path + " uses " + used + " without its folder\n";
    // Headers of other houses, such as include/, are none of these files.
    if (!std::filesystem::exists(house.top + used) || is_shared(house, used)) continue;
    const auto other = floor_of(house, used);
    if (!other || *other > *own) all += path + " uses " + used + ", which stands above it\n";
  }
  return all;
}

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

void expect_no_arrow_upwards(const House& house, std::size_t least) {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(house.top)) {
    const std::string kind = entry.path().extension();
    if (kind != ".cc" && kind != ".hh" && kind != ".c" && kind != ".h") continue;
    ++files;
    const std::string path = entry.path().string().substr(std::string(house.top).size());
    EXPECT_EQ(faults(house, path, content(entry.path())), "");
  }
  EXPECT_GT(files, least) << "run from the top folder";
}

TEST(Floors, NothingInTheToolUsesWhatStandsAboveIt) {
  expect_no_arrow_upwards(kTool, 40);
  expect_no_arrow_upwards(kTools, 10);
}

TEST(Floors, NoProgramUsesAnother) {
  const std::filesystem::path top = "tools";
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(top)) {
    if (!entry.is_regular_file()) continue;
    const std::string program = *entry.path().lexically_relative(top).begin();
    for (const std::string& used : included(content(entry.path()))) {
      ++files;
      const std::string folder = used.substr(0, used.find('/'));
      EXPECT_TRUE(folder == program || folder == "base" || !std::filesystem::exists(top / folder)) << entry.path() << " uses " << used;
    }
  }
  EXPECT_GT(files, 50U) << "run from the top folder";
}

TEST(Floors, NothingInTheModuleUsesWhatStandsAboveIt) { expect_no_arrow_upwards(kModule, 50); }

/// The check itself: what it is there to find is found.
TEST(Floors, AnArrowUpwardsIsFound) {
  EXPECT_EQ(faults(kTool, "show/save.cc", "#include \"grammar/text.hh\"\n#include \"show/help.hh\"\n"), "");
  EXPECT_EQ(faults(kTool, "names/names.cc", "\n#include \"grammar/text.hh\"\n"),
            "names/names.cc uses grammar/text.hh, which stands above it\n");
  EXPECT_EQ(faults(kTool, "names/names.cc", "#include \"fwmarks.hh\"\n"),
            "names/names.cc uses fwmarks.hh without its folder\n");
  EXPECT_EQ(faults(kTools, "base/json.cc", "#include \"exporter/server.hh\"\n"),
            "base/json.cc uses exporter/server.hh, which stands above it\n");
  EXPECT_EQ(faults(kTool, "attic/names.cc", ""), "attic/names.cc stands on no floor\n");
  EXPECT_EQ(faults(kModule, "svc/table.c", "#include \"netns.h\"\n#include \"sched/scheduler.h\"\n"), "");
  EXPECT_EQ(faults(kModule, "core/wrr.h", "#include \"svc/dest.h\"\n"),
            "core/wrr.h uses svc/dest.h, which stands above it\n");
}

}  // namespace
