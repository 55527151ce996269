// SPDX-License-Identifier: GPL-2.0-or-later
// Runs a fuzzer's function on every file of its corpus once: what a fuzzer has found once stays found.
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

TEST(Replay, EveryFileOfTheCorpus) {
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(CORPUS)) {
    std::ifstream in(entry.path(), std::ios::binary);
    std::vector<char> data{std::istreambuf_iterator<char>(in), {}};
    SCOPED_TRACE(entry.path().string());
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(data.data()), data.size());
    ++files;
  }
  EXPECT_GT(files, 0u) << CORPUS;
}
