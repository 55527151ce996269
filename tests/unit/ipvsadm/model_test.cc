// SPDX-License-Identifier: GPL-2.0-or-later
#include "apply/model.hh"

#include <gtest/gtest.h>
#include <linux/ip_vs.h>

#include <cerrno>

#include "fake_names.hh"
#include "grammar/script.hh"
#include "show/save.hh"

namespace {

struct Outcome {
  std::string table;            ///< as it would be saved
  std::vector<int> errors;      ///< errno of refused lines
  std::vector<unsigned> lines;  ///< of services and servers
};

Outcome run(const std::string& text) {
  FakeNames names;
  const auto script = ipvsadm::read_script(text, "prog", names);
  Outcome outcome;
  if (!script) {
    ADD_FAILURE() << script.error().front().error.text;
    return outcome;
  }
  ipvsadm::TableModel model;
  for (const auto& line : *script) {
    const auto* ensure = std::get_if<ipvsadm::Ensure>(&line.command);
    const auto& change = ensure ? ensure->change : std::get<ipvs::Change>(line.command);
    if (const auto done = model.apply(change, line.number, ensure != nullptr); !done)
      outcome.errors.push_back(done.error().code);
  }
  const auto result = model.result();
  for (std::size_t i = 0; i < result.table.services.size(); ++i) {
    const auto& item = result.table.services[i];
    outcome.table += ipvsadm::save_service(item.service, nullptr);
    outcome.lines.push_back(result.lines[i].service);
    for (std::size_t k = 0; k < item.dests.size(); ++k) {
      outcome.table += ipvsadm::save_dest(item.service.key, item.dests[k], nullptr);
      outcome.lines.push_back(result.lines[i].dests[k]);
    }
  }
  const auto& t = result.table.timeouts;
  if (t != ipvs::Timeouts{})
    outcome.table += "--set " + std::to_string(t.tcp) + " " + std::to_string(t.tcp_fin) + " " +
                     std::to_string(t.udp) + "\n";
  return outcome;
}

constexpr auto kService = "-A -t 10.9.9.9:80 -s rr\n";
constexpr auto kServer = "-a -t 10.9.9.9:80 -r 10.2.1.11:80 -m -w 1\n";

TEST(TableModel, KeepsTheOrderOfLines) {
  const std::string text =
      "-A -t 10.9.9.9:81 -s rr\n"
      "-a -t 10.9.9.9:81 -r 10.2.1.12:81 -m -w 1\n"
      "-a -t 10.9.9.9:81 -r 10.2.1.11:81 -m -w 1\n"
      "-A -t 10.9.9.9:80 -s wlc -p 60\n"
      "-A -f 3 -6 -s wlc\n";
  const auto outcome = run(text);
  EXPECT_EQ(outcome.table, text);
  EXPECT_EQ(outcome.lines, (std::vector<unsigned>{1, 2, 3, 4, 5}));
}

TEST(TableModel, EditsAndDeletes) {
  const auto outcome = run(std::string(kService) + kServer +
                           "-a -t 10.9.9.9:80 -r 10.2.1.12:80 -m -w 1\n"
                           "-e -t 10.9.9.9:80 -r 10.2.1.11:80 -m -w 7 -x 9\n"
                           "-E -t 10.9.9.9:80 -s wrr\n"
                           "-d -t 10.9.9.9:80 -r 10.2.1.12:80\n"
                           "-A -f 5\n-D -f 5\n");
  EXPECT_TRUE(outcome.errors.empty());
  EXPECT_EQ(outcome.table, "-A -t 10.9.9.9:80 -s wrr\n-a -t 10.9.9.9:80 -r 10.2.1.11:80 -m -w 7 -x 9\n");
  EXPECT_EQ(outcome.lines, (std::vector<unsigned>{5, 4}));
}

TEST(TableModel, RefusesAsTheKernelDoes) {
  EXPECT_EQ(run(std::string(kService) + kService).errors, (std::vector<int>{EEXIST}));
  EXPECT_EQ(run(kServer).errors, (std::vector<int>{ESRCH}));
  EXPECT_EQ(run(std::string(kService) + kServer + kServer).errors, (std::vector<int>{EEXIST}));
  EXPECT_EQ(run("-E -f 1\n-D -f 1\n-e -f 1 -r 10.0.0.1\n-d -f 1 -r 10.0.0.1\n").errors,
            (std::vector<int>{ESRCH, ESRCH, ESRCH, ESRCH}));
  EXPECT_EQ(run("-A -f 1\n-e -f 1 -r 10.0.0.1\n-d -f 1 -r 10.0.0.1\n").errors,
            (std::vector<int>{ENOENT, ENOENT}));
  EXPECT_EQ(run("-Z\n-Z -f 1\n-A -f 1\n-Z -f 1\n").errors, (std::vector<int>{ESRCH}));
}

TEST(TableModel, ARefusedLineChangesNothing) {
  EXPECT_EQ(run(std::string(kService) + "-A -t 10.9.9.9:80 -s wrr\n").table, kService);
}

TEST(TableModel, Ensure) {
  const auto outcome =
      run(std::string(kService) +
          "-A -t 10.9.9.9:80 -s wrr --ensure\n"
          "-a -t 10.9.9.9:80 -r 10.2.1.11 -m --ensure\n"
          "-a -t 10.9.9.9:80 -r 10.2.1.11 -m -w 3 --ensure\n"
          "-D -f 9 --ensure\n-d -f 9 -r 10.0.0.1 --ensure\n-d -t 10.9.9.9:80 -r 10.0.0.1 --ensure\n");
  EXPECT_TRUE(outcome.errors.empty());
  EXPECT_EQ(outcome.table, "-A -t 10.9.9.9:80 -s wrr\n-a -t 10.9.9.9:80 -r 10.2.1.11:80 -m -w 3\n");
}

TEST(TableModel, ClearAndTimeouts) {
  EXPECT_EQ(run(std::string(kService) + "-C\n" + kService + "--set 10 0 30\n--set 0 20 0\n").table,
            std::string(kService) + "--set 10 20 30\n");
  EXPECT_EQ(run("").table, "");
}

TEST(TableModel, TheLastWordOnADaemonCounts) {
  ipvsadm::TableModel model;
  ipvs::Daemon daemon;
  daemon.state = IP_VS_STATE_MASTER;
  EXPECT_TRUE(model.apply(ipvs::Change::start_daemon(daemon), 1, false));
  EXPECT_TRUE(model.apply(ipvs::Change::stop_daemon(daemon), 2, false));
  ASSERT_EQ(model.daemons().size(), 1U);
  EXPECT_EQ(model.daemons().begin()->second.change.operation(), ipvs::Operation::stop_daemon);
  EXPECT_EQ(model.daemons().begin()->second.line, 2U);
}

}  // namespace
