// SPDX-License-Identifier: GPL-2.0-or-later
#include "top/batch.hh"

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "moments.hh"

namespace {

using top::Frame;
using top::Options;

TEST(TopBatch, EverythingIsPrinted) {
  const std::string text = top::frame_text(Frame(taken(a_table())), {}, "12:00:00");
  EXPECT_TRUE(text.starts_with("ipvs-top 12:00:00   IPVS 1.2.1"));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3 + 1 + 3 + 4);
  EXPECT_NE(text.find("\n~ - tcp 192.0.2.1:80 "), std::string::npos);
  EXPECT_NE(text.find("\nd     10.0.0.3:8080 "), std::string::npos);
}

TEST(TopBatch, AsNarrowAsIsWanted) {
  const std::string text = top::frame_text(Frame(taken(a_table())), {.width = 60}, "12:00:00");
  std::size_t longest = 0;
  for (std::size_t at = 0, end; (end = text.find('\n', at)) != std::string::npos; at = end + 1) longest = std::max(longest, end - at);
  EXPECT_LE(longest, 60U);
}

TEST(TopBatch, FilterAndFoldingAreThoseOfTheScreen) {
  Options options;
  options.screen.filter = "udp";
  EXPECT_EQ(top::frame_text(Frame(taken(a_table())), options, "").find("192.0.2.1"), std::string::npos);
  options.screen.filter.clear();
  options.screen.is_open = false;
  EXPECT_EQ(top::frame_text(Frame(taken(a_table())), options, "").find("10.0.0.1"), std::string::npos);
}

struct Told : ipvsadm::Kernel {
  ipvsadm::Snapshot snapshot() override {
    ++asked;
    return table;
  }
  std::optional<ipvs::Stats> totals() override { return {}; }
  std::expected<void, std::string> connections(const ipvs::ConnectionFilter&, const std::function<bool(ipvs::Connection&)>&) override {
    return {};
  }
  ipvsadm::Snapshot table = a_table();
  int asked = 0;
};

class TopBatchRun : public testing::Test {
 protected:
  TopBatchRun() { options.screen.interval = 0.01; }
  ~TopBatchRun() override { close(end); }
  int run() {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int status = top::run_batch(kernel, options, end);
    out = testing::internal::GetCapturedStdout();
    err = testing::internal::GetCapturedStderr();
    return status;
  }
  std::size_t frames() const {
    std::size_t count = 0;
    for (std::size_t at = 0; (at = out.find("ipvs-top ", at)) != std::string::npos; ++at) ++count;
    return count;
  }

  Told kernel;
  Options options{.is_batch = true};
  int end = eventfd(0, EFD_CLOEXEC);
  std::string out, err;
};

TEST_F(TopBatchRun, AsOftenAsIsWanted) {
  options.count = 3;
  EXPECT_EQ(run(), 0);
  EXPECT_EQ(frames(), 3U);
  EXPECT_EQ(kernel.asked, 3);
}

TEST_F(TopBatchRun, UntilItIsEnded) {
  eventfd_write(end, 1);
  EXPECT_EQ(run(), 0);
  EXPECT_EQ(frames(), 1U);
}

TEST_F(TopBatchRun, RatesThatAreDifferencesNeedTwoReadings) {
  kernel.table.has_estimates = false;
  options.count = 1;
  EXPECT_EQ(run(), 0);
  EXPECT_EQ(frames(), 1U);
  EXPECT_EQ(kernel.asked, 2);
  EXPECT_NE(out.find("conn/s 0"), std::string::npos) << out;
}

TEST_F(TopBatchRun, WithoutAModule) {
  kernel.table = {.trouble = "the module ip_vs is not loaded"};
  options.count = 1;
  EXPECT_EQ(run(), 1);
  EXPECT_EQ(out, "");
  EXPECT_EQ(err, "ipvs-top: the module ip_vs is not loaded\n");
  options.count = 2;
  EXPECT_EQ(run(), 1) << "at the end";
  EXPECT_EQ(frames(), 2U);
  EXPECT_NE(out.find("is not loaded"), std::string::npos);
}

}  // namespace
