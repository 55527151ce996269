// SPDX-License-Identifier: GPL-2.0-or-later
// Whole commands, from the words to streams and exit codes, on a kernel that is a table in memory.
#include "run.hh"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/ip_vs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "fake_kernel.hh"
#include "fake_names.hh"
#include "parse.hh"

namespace {

using ipvs::Operation;
using ipvsadm::World;

/// A file with a content, while it is needed.
class TempFile {
 public:
  explicit TempFile(const std::string& text) {
    const int fd = mkstemp(name_);
    EXPECT_GE(fd, 0);
    EXPECT_EQ(write(fd, text.data(), text.size()), static_cast<ssize_t>(text.size()));
    close(fd);
  }
  ~TempFile() { unlink(name_); }
  const char* name() const { return name_; }

 private:
  char name_[32] = "/tmp/run_test.XXXXXX";
};

/// A stream into memory.
class Memory {
 public:
  std::FILE* open() { return stream_ = open_memstream(&text_, &size_); }
  std::string text() {
    if (stream_) std::fflush(stream_);
    return std::string(text_ ? text_ : "", size_);
  }
  /// If nobody else has closed it.
  void close() {
    if (stream_) std::fclose(stream_);
    stream_ = nullptr;
  }
  void forget() { stream_ = nullptr; }
  ~Memory() { std::free(text_); }

 private:
  std::FILE* stream_ = nullptr;
  char* text_ = nullptr;
  std::size_t size_ = 0;
};

struct Done {
  int code = 0;
  std::string out, err;
};

struct RunTest : testing::Test {
  std::shared_ptr<FakeKernel> kernel = std::make_shared<FakeKernel>();
  FakeNames names;
  World world;
  bool distinct = false;
  std::string out_path;  ///< where the output goes, if not into memory
  int unreachable = 0;   ///< errno of opening
  int loads = 0;         ///< how often the module was asked for
  bool load_helps = false;

  RunTest() {
    world.kernel.open = [this]() -> ipvs::Result<ipvs::Client> {
      if (unreachable != 0)
        return std::unexpected(ipvs::Error{.operation = Operation::open, .code = unreachable, .detail = {}});
      return client_of(kernel);
    };
    world.kernel.load_module = [this] {
      ++loads;
      if (load_helps) unreachable = 0;
      return load_helps;
    };
    world.connections = "/nonexistent";
    world.services = "/nonexistent";
    world.modules = "/nonexistent";
    world.sysctls = ipvsadm::SysctlDir("/nonexistent");
  }

  Done run(const std::string& line, int in) {
    Memory out, err;
    world.in = in;
    world.err = err.open();
    world.out = out_path.empty() ? out.open() : std::fopen(out_path.c_str(), "w");
    EXPECT_TRUE(world.out);
    std::vector<std::string> words = ipvsadm::split_words(line);
    words.insert(words.begin(), "prog");
    ipvsadm::Runner runner("prog", names, distinct, world);
    const auto command = ipvsadm::parse(words, names);
    Done done;
    done.code = runner.finish(command ? runner.run(*command) : runner.refuse(command.error()));
    out.forget();
    done.out = out.text();
    err.close();
    done.err = err.text();
    return done;
  }
  Done run(const std::string& line, const std::string& input = {}) {
    const TempFile file(input);
    const int fd = open(file.name(), O_RDONLY);
    auto done = run(line, fd);
    close(fd);
    return done;
  }
  /// With something as input that cannot be read.
  Done run_on_folder(const std::string& line) {
    const int fd = open("/", O_RDONLY);
    auto done = run(line, fd);
    close(fd);
    return done;
  }
  /// What a save would say.
  std::string saved() { return run("-S -n").out; }
  void make(const std::string& script) {
    const auto done = run("-R", script);
    ASSERT_EQ(done.code, 0) << done.err;
    kernel->made.clear();
    kernel->batches.clear();
  }
};

const std::string kTable =
    "-A -t 10.9.9.9:80 -s rr\n"
    "-a -t 10.9.9.9:80 -r 10.0.0.1:80 -m -w 1\n"
    "-a -t 10.9.9.9:80 -r 10.0.0.2:80 -m -w 2\n"
    "-A -f 3 -s wlc\n";

TEST_F(RunTest, SingleCommands) {
  EXPECT_EQ(run("-A -t 10.9.9.9:80 -s rr").code, 0);
  EXPECT_EQ(run("-a -t 10.9.9.9:80 -r 10.0.0.1 -m").code, 0);
  auto done = run("-a -t 10.9.9.9:80 -r 10.0.0.1 -m");
  EXPECT_EQ(done.code, 255);
  EXPECT_EQ(done.out, "");
  EXPECT_EQ(done.err,
            "Destination already exists\n"
            "TCP 10.9.9.9:80 -> 10.0.0.1:80: Destination already exists\n"
            "hint: change it with -e, or use --ensure\n");
  EXPECT_EQ(run("-a -t 10.9.9.9:80 -r 10.0.0.1 -m -w 5 --ensure").code, 0);
  EXPECT_EQ(saved(), "-A -t 10.9.9.9:80 -s rr\n-a -t 10.9.9.9:80 -r 10.0.0.1:80 -m -w 5\n");
  EXPECT_EQ(run("-D -f 9 --ensure").code, 0);
  EXPECT_EQ(run("-C").code, 0);
  EXPECT_EQ(saved(), "");
  done = run("-A -t");
  EXPECT_EQ(done.code, 255);
  EXPECT_FALSE(done.err.empty());
  distinct = true;
  EXPECT_EQ(run("-A -t").code, 2);
  EXPECT_EQ(run("-D -f 9").code, 7);
  EXPECT_EQ(run("-A -f 0").code, 3);
}

TEST_F(RunTest, AHintIsAGuessForWhereTheKernelSaysNothing) {
  make(kTable);
  kernel->refuse(Operation::add_service, EEXIST, "TCP 10.9.9.9:80 is there already");
  auto done = run("-A -t 10.9.9.9:80");
  EXPECT_EQ(done.err, "Service already exists\nTCP 10.9.9.9:80: TCP 10.9.9.9:80 is there already\n");
  kernel->refuse(Operation::add_service, EEXIST);
  EXPECT_NE(run("-A -t 10.9.9.9:80").err.find("hint: "), std::string::npos);
  // Causes that are looked for in the table, of changes and of listings.
  EXPECT_NE(run("-D -t 10.9.9.9:81").err.find("hint: the address has TCP 10.9.9.9:80"), std::string::npos);
  kernel->refuse(Operation::delete_service, ESRCH, "no such");
  EXPECT_EQ(run("-D -t 10.9.9.9:81").err.find("hint"), std::string::npos);
  EXPECT_NE(run("-L -t 10.9.9.9:81").err.find("hint: the address has TCP 10.9.9.9:80"), std::string::npos);
  kernel->refuse(Operation::get_service, ESRCH, "no such");
  EXPECT_EQ(run("-L -t 10.9.9.9:81").err.find("hint"), std::string::npos);
  kernel->refuse(Operation::delete_dest, ENOENT);
  EXPECT_NE(run("-d -t 10.9.9.9:80 -r 10.0.0.1:81").err.find("hint: there is TCP 10.9.9.9:80 -> 10.0.0.1:80"),
            std::string::npos);
}

TEST_F(RunTest, Listings) {
  make("-A -u 10.9.9.9:53 -s rr\n" + kTable);
  auto done = run("-L -n");
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.out,
            "IP Virtual Server version 1.2.1 (size=4096)\n"
            "Prot LocalAddress:Port Scheduler Flags\n"
            "  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n"
            "TCP  10.9.9.9:80 rr\n"
            "  -> 10.0.0.1:80                  Masq    1      0          0         \n"
            "  -> 10.0.0.2:80                  Masq    2      0          0         \n"
            "UDP  10.9.9.9:53 rr\n"
            "FWM  3 wlc\n");
  EXPECT_NE(run("-L -n --nosort").out.find("UDP  10.9.9.9:53 rr\nTCP"), std::string::npos);
  EXPECT_NE(run("-L").out.find("TCP  vip.example.com:http rr"), std::string::npos);
  done = run("-L -n -f 3");
  EXPECT_EQ(done.out,
            "Prot LocalAddress:Port Scheduler Flags\n"
            "  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n"
            "FWM  3 wlc\n");
  EXPECT_EQ(run("-L -n --json -f 3").out.substr(0, 61), "{\"version\":\"1.2.1\",\"connection_table_size\":4096,\"services\":[{");
  EXPECT_EQ(run("-L --timeout").out, "Timeout (tcp tcpfin udp): 900 120 300\n");
  EXPECT_EQ(run("-L --timeout --json").out, "{\"timeouts\":{\"tcp\":900,\"tcp_fin\":120,\"udp\":300}}\n");
  EXPECT_EQ(run("-L --daemon").out, "");
  EXPECT_EQ(run("-L --daemon --json").out, "{\"daemons\":[]}\n");
  done = run("-L -f 4");
  EXPECT_EQ(done.code, 1);
  EXPECT_EQ(done.out, "");
  EXPECT_EQ(done.err, "No such service\nFWM 4: No such service\n");
}

TEST_F(RunTest, ListingsThatCannotBeMade) {
  const struct {
    Operation operation;
    const char* line;
  } cases[] = {{Operation::list_table, "-L"},          {Operation::list_table, "-S"},
               {Operation::get_timeouts, "-L --timeout"}, {Operation::list_daemons, "-L --daemon"},
               {Operation::get_timeouts, "-S"},         {Operation::list_daemons, "-S"}};
  for (const auto& [operation, line] : cases) {
    kernel->refusals.clear();
    kernel->refuse(operation, ENOMEM);
    distinct = false;
    auto done = run(line);
    EXPECT_EQ(done.code, 1) << line;
    EXPECT_EQ(done.out, "") << line;
    EXPECT_EQ(done.err, "Memory allocation problem\n") << line;
    distinct = true;
    EXPECT_EQ(run(line).code, 11) << line;
  }
  kernel->refusals.clear();
  make("-A -f 3\n");
  kernel->refuse(Operation::list_dests, EPERM);
  EXPECT_EQ(run("-L -f 3").code, 4);
  kernel->refuse(Operation::list_table, EINTR);
  EXPECT_EQ(run("-L").code, 19) << "changed each time it was read";
}

TEST_F(RunTest, TheKernelCannotBeReached) {
  unreachable = ENOPROTOOPT;
  auto done = run("-L");
  EXPECT_EQ(done.code, 2);
  EXPECT_EQ(done.err,
            "Can't initialize ipvs: Protocol not available\n"
            "Are you sure that IP Virtual Server is built in the kernel or as module?\n");
  EXPECT_EQ(loads, 1);
  for (const char* line : {"-C", "-A -f 1 --ensure", "-L -c", "-L --timeout", "-L --daemon", "-S", "-R", "-R --atomic",
                           "-O", "-L -f 1"}) {
    done = run(line);
    EXPECT_EQ(done.code, 2) << line;
    EXPECT_EQ(done.out, "") << line;
  }
  distinct = true;
  EXPECT_EQ(run("-L").code, 5);
  load_helps = true;
  EXPECT_EQ(run("-L -n").code, 0) << "once the module is there";
  // No module helps against anything else.
  loads = 0;
  unreachable = EPERM;
  EXPECT_EQ(run("-L").code, 4);
  unreachable = EMFILE;
  EXPECT_EQ(run("-L").code, 5);
  EXPECT_EQ(loads, 0);
  unreachable = 0;
  kernel->refuse(Operation::get_info, EPERM);
  EXPECT_EQ(run("-L").code, 4);
}

TEST_F(RunTest, AnOldModuleIsWarnedOfOnce) {
  kernel->about.version = 0x010103;
  const auto done = run("-R", "-A -f 1\n-A -f 2\n");
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.err,
            "Warning: IPVS version mismatch: \n"
            "  Kernel compiled with IPVS version 1.1.3\n"
            "  ipvsadm v1.31  requires minimum IPVS version 1.1.4\n\n");
  kernel->about.version = 0x010104;
  EXPECT_EQ(run("-L").err, "");
}

TEST_F(RunTest, HelpAndVersionNeedNoKernel) {
  unreachable = ENOPROTOOPT;
  EXPECT_EQ(run("-h").code, 0);
  EXPECT_NE(run("-h").out.find("prog -A|E"), std::string::npos);
  EXPECT_EQ(run("-v").out.substr(0, 13), "ipvsadm v1.31");
}

TEST_F(RunTest, OutputThatCannotBeWrittenIsAFailureWithEveryCommand) {
  make(kTable);
  const TempFile connections("titles\n");
  world.connections = connections.name();
  out_path = "/dev/full";
  for (const char* line : {"-h", "-v", "-L", "-L -n --json", "-S -n", "-L --timeout", "-L -c", "-L -n -f 3"}) {
    distinct = false;
    auto done = run(line);
    EXPECT_EQ(done.code, 1) << line;
    EXPECT_EQ(done.err, "prog: cannot write to standard output: No space left on device\n") << line;
    distinct = true;
    EXPECT_EQ(run(line).code, 17) << line;
  }
  // Several lists within a restore, whose lines are made all the same; it is told once.
  const auto done = run("-R", "-L\n-A -f 8\n-L\n-A -f 9\n");
  EXPECT_EQ(done.code, 17);
  EXPECT_EQ(done.err, "prog: cannot write to standard output: No space left on device\n");
  EXPECT_EQ(kernel->table.size(), 4U);
  // Who prints nothing loses nothing, and a refusal counts before it.
  EXPECT_EQ(run("-A -f 10").code, 0);
  EXPECT_EQ(run("-R", "-L\n-D -f 99\n").code, 7);
}

TEST_F(RunTest, InputThatCannotBeReadIsNotInputThatEnded) {
  make(kTable);
  const auto before = saved();
  for (const char* line : {"-R", "-R --replace", "-R --atomic"}) {
    distinct = false;
    const auto done = run_on_folder(line);
    EXPECT_EQ(done.code, 2) << line;
    EXPECT_EQ(done.err, "cannot read standard input: Is a directory\n") << line;
    distinct = true;
    EXPECT_EQ(run_on_folder(line).code, 18) << line;
  }
  EXPECT_EQ(saved(), before);
  EXPECT_TRUE(kernel->made.empty());
  EXPECT_TRUE(kernel->replacements.empty());
}

TEST_F(RunTest, ConnectionsThatCannotBeReadOrAreCut) {
  const std::string title = "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n";
  const std::string line = "TCP 0A090909 EDAC 0A090908 0050 0A000001 1F90 ESTABLISHED     899\n";
  distinct = true;
  {
    const TempFile file(title + line + line);
    world.connections = file.name();
    const auto done = run("-L -n -c");
    EXPECT_EQ(done.code, 0);
    EXPECT_EQ(done.out,
              "IPVS connection entries\n"
              "pro expire state       source             virtual            destination\n"
              "TCP 14:59  ESTABLISHED 10.9.9.9:60844     10.9.9.8:80        10.0.0.1:8080\n"
              "TCP 14:59  ESTABLISHED 10.9.9.9:60844     10.9.9.8:80        10.0.0.1:8080\n");
    EXPECT_NE(run("-L -c").out.find("vip.example.com:60844"), std::string::npos);
    EXPECT_EQ(run("-L -n -c --json").out.substr(0, 16), "{\"connections\":[");
  }
  {
    const TempFile file(title + line.substr(0, line.size() - 1));
    world.connections = file.name();
    auto done = run("-L -n -c");
    EXPECT_EQ(done.code, 14) << "899 may have been 8999";
    EXPECT_NE(done.err.find("unexpected input from"), std::string::npos);
    EXPECT_EQ(run("-L -n -c --json").out.find("]}"), std::string::npos) << "no document that looks whole";
  }
  {
    const TempFile file(title + "TCP nonsense\n" + line);
    world.connections = file.name();
    EXPECT_EQ(run("-L -n -c").code, 14);
  }
  world.connections = "/";
  auto done = run("-L -n -c");
  EXPECT_EQ(done.code, 18);
  EXPECT_EQ(done.err, "cannot read /: Is a directory\n");
  distinct = false;
  EXPECT_EQ(run("-L -c").code, 1);
  world.connections = "/nonexistent";
  done = run("-L -c");
  EXPECT_EQ(done.code, 1);
  EXPECT_EQ(done.err, "cannot open file /nonexistent\nNo such file or directory\n");
}

TEST_F(RunTest, WhatComesFromTheNetworkIsNoCommandToATerminal) {
  const TempFile file(
      "title\n"
      "UDP 0A090909 EDAC 0A090908 13C4 0A000001 13C4 UDP     899 sip a\x1b[2Jb\x01 c\n");
  world.connections = file.name();
  EXPECT_NE(run("-L -n -c --persistent-conn").out.find(" a\\x1b[2Jb\\x01 c\n"), std::string::npos);
}

TEST_F(RunTest, MessagesRepeatTheirInputQuotedAndCut) {
  auto done = run("-R", "-A -f \x1b[2J\xff\n");
  EXPECT_EQ(done.err,
            "line 1: invalid fwmark value `\\x1b[2J\\xff' specified\n"
            "line 1: -A -f \\x1b[2J\\xff\n");
  const std::string longest(300'000, 'y');
  for (const char* how : {"-R", "-R --replace", "-R --atomic"}) {
    for (const std::string& start : {std::string("-A -f "), std::string(), std::string("-A -f 1 "), std::string("-A -f 1 -M "),
                                     std::string("-A -f 1 -s "), std::string("-A -f 1 -b "), std::string("--set 1 2 "),
                                     std::string("-A -f 1 --"), std::string("-A -f 1 -p")}) {
      done = run(how, start + longest + "\n");
      EXPECT_NE(done.code, 0) << how << start;
      EXPECT_LT(done.err.size(), 600U) << how << start;
      EXPECT_NE(done.err.find("line 1: "), std::string::npos) << how << start;
    }
  }
  EXPECT_LT(run("-O " + longest).err.size(), 600U);
}

TEST_F(RunTest, ASaveThatWouldLoseSomethingIsRefused) {
  kernel->transport = ipvs::Client::Transport::sockopt;
  kernel->lists_in_one = false;
  make("-A -f 3 -s rr\n");
  const std::string titles = "IP Virtual Server version 1.2.1 (size=4096)\nProt LocalAddress:Port Scheduler Flags\n"
                             "  -> RemoteAddress:Port Forward Weight ActiveConn InActConn\n";
  const auto save = [&](const std::string& services, const std::string& modules) {
    const TempFile table(titles + services), loaded(modules);
    world.services = table.name();
    world.modules = loaded.name();
    return run("-S -n");
  };
  auto done = save("FWM  00000003 rr \n  -> 0A000001:1F90      Masq    1      1          0         \n", "ip_vs 1 2\n");
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(done.out, "-A -f 3 -s rr\n");
  distinct = true;
  const struct {
    const char* services;
    const char* modules;
    const char* words;
  } cases[] = {
      {"TCP  [fd00:0000:0000:0000:0000:0000:0000:0001]:0050 rr \n", "", "IPv6 services and servers"},
      {"FWM  00000003 rr \n  -> [fd00::1]:1F90      Masq    1      1          0         \n", "", "IPv6 services and servers"},
      {"FWM  00000003 rr \n  -> 0A000001:1F90      Tunnel  1      1          0         \n", "", "types of tunnels"},
      {"FWM  00000003 rr \n", "ip_vs 1 2\nip_vs_pe_sip 16384 1\n", "persistence engines"},
  };
  for (const auto& each : cases) {
    done = save(each.services, each.modules);
    EXPECT_EQ(done.code, 13) << each.words;
    EXPECT_EQ(done.out, "") << each.words;
    EXPECT_NE(done.err.find(each.words), std::string::npos) << done.err;
    EXPECT_NE(done.err.find("nothing is saved"), std::string::npos);
  }
  world.services = "/nonexistent";
  EXPECT_EQ(run("-S").code, 18) << "who cannot look cannot know";
  kernel->transport = ipvs::Client::Transport::netlink;
  EXPECT_EQ(run("-S").code, 0);
}

TEST_F(RunTest, SavesTimeoutsAndDaemonsFirst) {
  make("--set 1 2 3\n--start-daemon master --mcast-interface d0 --syncid 4\n" + kTable);
  EXPECT_EQ(saved(), "--set 1 2 3\n--start-daemon master --mcast-interface d0 --syncid 4\n" + kTable);
  EXPECT_NE(run("-S").out.find("-A -t vip.example.com:http"), std::string::npos);
}

// Restore, line by line.

TEST_F(RunTest, LinesAreSentTogether) {
  EXPECT_EQ(run("-R", "# comment\n\n" + kTable).code, 0);
  EXPECT_EQ(kernel->batches, (std::vector<std::size_t>{4}));
  EXPECT_EQ(saved(), kTable);
}

TEST_F(RunTest, ARefusalDoesNotStopTheLinesBehindIt) {
  auto done = run("-R", "-A -f 1\n-D -f 7\n-A -f 2\n");
  EXPECT_EQ(done.code, 255);
  EXPECT_EQ(done.err,
            "line 2: No such service\n"
            "line 2: -D -f 7\n"
            "line 2: FWM 7: No such service\n");
  EXPECT_EQ(kernel->table.size(), 2U);
  // 1.31 ends with the last line's code, but a success there hides no failure.
  EXPECT_EQ(run("-R", "-L -f 99\n-A -f 3\n").code, 1);
  EXPECT_EQ(run("-R", "-D -f 7\n-A -f\n").code, 255);
  distinct = true;
  EXPECT_EQ(run("-R", "-D -f 7\n-A -f 1\n-A -f 4\n").code, 7) << "the first one counts";
}

TEST_F(RunTest, WhatStopsARestore) {
  auto done = run("-R", "-A -f 1\n-A -f x\n-A -f 2\n");
  EXPECT_EQ(done.code, 2);
  EXPECT_EQ(kernel->table.size(), 1U) << "a wrong line does";
  done = run("-R", "-A -f 2 --nonsense\n-A -f 3\n");
  EXPECT_EQ(done.code, 255);
  EXPECT_EQ(kernel->table.size(), 2U) << "an unknown option does not";
  done = run("-R", "-L -f 77\n-A -f 4\n");
  EXPECT_EQ(kernel->table.size(), 2U) << "a list that cannot be made does";
  done = run("-R", "-D -f 77 --ensure\n-v\n-A -f 5\n");
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.out.substr(0, 7), "ipvsadm");
  EXPECT_EQ(kernel->table.size(), 2U) << "and the version";
  done = run("-R", "-R\n-A -f 6\n");
  EXPECT_EQ(done.code, 255);
  EXPECT_EQ(kernel->table.size(), 2U) << "and a restore within it";
  done = run("-R", "-a -f 1 -r 10.0.0.1 --ensure\n-a -f 9 -r 10.0.0.1 --ensure\n-A -f 7\n");
  EXPECT_EQ(done.code, 255);
  EXPECT_EQ(kernel->table.size(), 3U) << "a refused change does not";
}

TEST_F(RunTest, ListsWithinARestoreShowWhatWasMadeBefore) {
  const auto done = run("-R", "-A -f 1 -s rr\n-L -n\n-A -f 2 -s rr\n-L -n -f 2\n");
  EXPECT_EQ(done.code, 0);
  EXPECT_NE(done.out.find("FWM  1 rr\nProt"), std::string::npos) << done.out;
  EXPECT_TRUE(done.out.ends_with("FWM  2 rr\n"));
}

// Restore into an empty table.

TEST_F(RunTest, ReplaceClearsAndIsAllOrNothingForWrongLines) {
  make("-A -f 1\n");
  auto done = run("-R --replace", "-A -f 2\n-A -f x\n-A -f 3\n-q\n");
  EXPECT_EQ(done.code, 2) << "of the first wrong line";
  EXPECT_TRUE(kernel->made.empty());
  EXPECT_NE(done.err.find("line 2: invalid fwmark"), std::string::npos);
  EXPECT_NE(done.err.find("line 4: "), std::string::npos);
  EXPECT_EQ(run("-R --replace", "-A -f 2\n-A -f 3\n").code, 0);
  EXPECT_EQ(kernel->made, (std::vector{Operation::flush, Operation::add_service, Operation::add_service}));
  EXPECT_EQ(kernel->table.size(), 2U);
  EXPECT_EQ(run("-R --replace", "").code, 0);
  EXPECT_TRUE(kernel->table.empty());
  done = run("-R --replace", "-A -f 2\n-A -f 2\n-A -f 3\n");
  EXPECT_EQ(done.code, 255);
  EXPECT_EQ(kernel->table.size(), 2U) << "what the kernel refuses is left out";
}

TEST_F(RunTest, ReplaceKeepsADaemonThatRuns) {
  const std::string daemon = "--start-daemon master --mcast-interface d0 --syncid 4\n";
  make(daemon);
  EXPECT_EQ(run("-R --replace", daemon + "-A -f 2\n").code, 0);
  EXPECT_EQ(kernel->made, (std::vector{Operation::flush, Operation::add_service}));
  EXPECT_EQ(run("-R --replace", "--start-daemon master --mcast-interface d1\n").code, 0);
  ASSERT_EQ(kernel->running.size(), 1U);
  EXPECT_EQ(kernel->running[0].interface, "d1");
}

TEST_F(RunTest, ADaemonThatCannotBeStartedAnewComesBack) {
  make("--start-daemon master --mcast-interface d0 --syncid 4\n");
  ipvs::Daemon before = kernel->running[0];
  // Of the changes: the start (it runs), the stop, the start.
  kernel->refuse_at = 2;
  EXPECT_EQ(run("--start-daemon master --mcast-interface d1 --ensure").code, 255);
  EXPECT_EQ(kernel->running, (std::vector{before}));
  kernel->refuse(Operation::list_daemons, EPERM);
  EXPECT_EQ(run("--start-daemon master --mcast-interface d1 --ensure").code, 255);
  kernel->refusals.clear();
  kernel->refuse(Operation::stop_daemon, EPERM);
  EXPECT_EQ(run("--start-daemon master --mcast-interface d1 --ensure").code, 255);
  EXPECT_EQ(kernel->running, (std::vector{before}));
}

// Restore in one step.

TEST_F(RunTest, AtomicSetsTheTableAsAWhole) {
  make("-A -f 1\n");
  EXPECT_EQ(run("-R --atomic", kTable + "--set 0 0 33\n").code, 0);
  ASSERT_EQ(kernel->replacements.size(), 1U);
  EXPECT_TRUE(kernel->made.empty());
  const auto& table = kernel->replacements[0];
  ASSERT_EQ(table.services.size(), 2U);
  EXPECT_EQ(table.services[0].dests.size(), 2U);
  EXPECT_EQ(table.services[1].service.key.fwmark, 3U);
  EXPECT_EQ(table.timeouts.udp, 33U);
}

TEST_F(RunTest, AtomicChangesNothingWhenALineIsWrong) {
  for (const char* line : {"-L\n", "-Z\n", "-Z -f 3\n", "-S\n", "-O\n", "-A -f x\n", "-A -f 3\n", "-D -f 9\n"}) {
    const auto done = run("-R --atomic", kTable + line);
    EXPECT_NE(done.code, 0) << line;
    EXPECT_NE(done.err.find("line 5: "), std::string::npos) << line << done.err;
  }
  EXPECT_TRUE(kernel->replacements.empty());
  EXPECT_TRUE(kernel->made.empty());
  EXPECT_EQ(run("-R --atomic", kTable + "-L\n").code, 2);
  EXPECT_EQ(run("-R --atomic", kTable + "-D -f 9\n").code, 255);
}

TEST_F(RunTest, ARefusalOfTheWholeNamesItsLine) {
  kernel->refuse(Operation::replace_table, EINVAL, "not now");
  auto done = run("-R --atomic", "\n" + kTable);
  EXPECT_EQ(done.code, 255);
  EXPECT_EQ(done.err,
            "line 2: Invalid operation.  Possibly wrong module version, address not unicast, ...\n"
            "line 2: -A -t 10.9.9.9:80 -s rr\n"
            "line 2: TCP 10.9.9.9:80: not now\n");
}

TEST_F(RunTest, AtomicElsewhereIsStepByStepAndSaysSo) {
  kernel->about.api = 0;
  make("-A -f 1\n");
  auto done = run("-R --atomic", kTable);
  EXPECT_EQ(done.code, 0);
  EXPECT_NE(done.err.find("warning: the kernel's own ip_vs module cannot replace a table in one step"), std::string::npos);
  EXPECT_EQ(saved(), kTable);
  kernel->refuse(Operation::add_dest, EINVAL);
  done = run("-R --atomic", kTable + "-a -f 3 -r 10.0.0.9:80 -m\n-A -f 5\n");
  EXPECT_EQ(done.code, 255);
  EXPECT_NE(done.err.find("line 5: "), std::string::npos);
  EXPECT_EQ(saved(), kTable);
}

TEST_F(RunTest, DaemonsOfAnAtomicRestoreGoBackWithTheTable) {
  make("--start-daemon master --mcast-interface d0\n");
  const auto before = kernel->running;
  const std::string script = "--start-daemon backup --mcast-interface d1\n--stop-daemon master\n" + kTable;
  kernel->refuse(Operation::replace_table, EINVAL);
  EXPECT_EQ(run("-R --atomic", script).code, 255);
  EXPECT_EQ(kernel->running, before);
  kernel->refusals.clear();
  EXPECT_EQ(run("-R --atomic", script).code, 0);
  ASSERT_EQ(kernel->running.size(), 1U);
  EXPECT_EQ(kernel->running[0].state, unsigned{IP_VS_STATE_BACKUP});
  kernel->refuse(Operation::start_daemon, ENODEV);
  kernel->running.clear();
  kernel->replacements.clear();
  auto done = run("-R --atomic", script);
  EXPECT_EQ(done.code, 255);
  EXPECT_NE(done.err.find("line 1: "), std::string::npos) << done.err;
  EXPECT_TRUE(kernel->replacements.empty()) << "daemons come first";
  kernel->refuse(Operation::list_daemons, EPERM);
  EXPECT_EQ(run("-R --atomic", script).code, 1);
}

// Sysctls.

class TempFolder {
 public:
  TempFolder() { EXPECT_TRUE(mkdtemp(name_)); }
  ~TempFolder() { std::filesystem::remove_all(name_); }
  void put(const std::string& file, const std::string& text) {
    std::FILE* stream = std::fopen((name() + "/" + file).c_str(), "w");
    ASSERT_TRUE(stream);
    std::fputs(text.c_str(), stream);
    std::fclose(stream);
  }
  std::string get(const std::string& file) { return ipvsadm::read_file(name() + "/" + file).value_or("?"); }
  std::string name() const { return name_; }

 private:
  char name_[32] = "/tmp/run_test.XXXXXX";
};

TEST_F(RunTest, SysctlsAreReadSetAndReset) {
  TempFolder folder;
  folder.put("conntrack", "1\n");
  folder.put("sync_threshold", "3\t50\n");
  folder.put("sync_qlen_max", "99\n");
  folder.put("of_tomorrow", "7\n");
  world.sysctls = ipvsadm::SysctlDir(folder.name());
  auto done = run("-O");
  EXPECT_EQ(done.code, 0);
  EXPECT_NE(done.out.find("\nsync_threshold            3 50       3 50"), std::string::npos) << done.out;
  EXPECT_LT(done.out.find("conntrack"), done.out.find("of_tomorrow"));
  EXPECT_EQ(run("-O conntrack,sync_threshold").out, "conntrack=1\nsync_threshold=3 50\n");
  EXPECT_EQ(run("-O conntrack=0,sync_threshold=4,60").code, 0);
  EXPECT_EQ(folder.get("conntrack"), "0\n");
  EXPECT_EQ(folder.get("sync_threshold").substr(0, 5), "4 60\n");
  folder.put("conntrack", "1\n");
  EXPECT_EQ(run("-O ^conntrack").code, 0);
  EXPECT_EQ(folder.get("conntrack"), "0\n");
  EXPECT_EQ(run("-O conntrack --json").out.substr(0, 32), "{\"sysctls\":[{\"name\":\"conntrack\",");
  distinct = true;
  done = run("-O conntrack=1,contrack=1");
  EXPECT_EQ(done.code, 15);
  EXPECT_EQ(done.err, "there is no sysctl `contrack'; the nearest is `conntrack'\n");
  EXPECT_EQ(folder.get("conntrack"), "0\n") << "a misspelt name is told before anything is set";
  EXPECT_NE(run("-O drop_entry").err.find("hint: the module that comes with this ipvsadm has it"), std::string::npos);
  done = run("-O ^sync_qlen_max,conntrack=1");
  EXPECT_EQ(done.code, 3);
  EXPECT_EQ(done.err, "the default of sysctl `sync_qlen_max' depends on the machine\n");
  EXPECT_EQ(folder.get("conntrack"), "0\n") << "the first failure ends it";
}

TEST_F(RunTest, SysctlsThatCannotBeReadOrWritten) {
  TempFolder folder;
  std::filesystem::create_directory(folder.name() + "/conntrack");
  std::filesystem::create_symlink("/dev/full", folder.name() + "/drop_entry");
  world.sysctls = ipvsadm::SysctlDir(folder.name());
  distinct = true;
  auto done = run("-O conntrack");
  EXPECT_EQ(done.code, 16);
  EXPECT_EQ(done.err, "cannot read sysctl `conntrack': Is a directory\n");
  done = run("-O drop_entry=1");
  EXPECT_EQ(done.code, 16);
  EXPECT_EQ(done.err, "cannot set sysctl `drop_entry': No space left on device\n");
  distinct = false;
  EXPECT_EQ(run("-O conntrack").code, 255);
  // A folder that cannot be listed is not an empty one.
  world.sysctls = ipvsadm::SysctlDir("/dev/null");
  EXPECT_EQ(run("-O").code, 1);
  EXPECT_NE(run("-O").err.find("cannot read the folder of sysctls: "), std::string::npos);
}

}  // namespace
