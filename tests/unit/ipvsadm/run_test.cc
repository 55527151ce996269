// SPDX-License-Identifier: GPL-2.0-or-later
// Whole commands, from the words to streams and exit codes, on a kernel that is a table in memory.
#include "apply/run.hh"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/ip_vs.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>

#include "fake_files.hh"
#include "fake_kernel.hh"
#include "fake_names.hh"
#include "grammar/parse.hh"
#include "interrupted.hh"

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
  std::shared_ptr<FakeTree> tree = std::make_shared<FakeTree>();
  std::string& connections = tree->content[ipvs::procfs::kConnections];
  FakeNames names;
  World world;
  bool distinct = false;
  std::string out_path;  ///< where the output goes, if not into memory
  int unreachable = 0;   ///< errno of opening
  int loads = 0;         ///< how often the module was asked for
  bool load_helps = false;
  bool has_ipvs = true;

  RunTest() {
    world.kernel.open = [this]() -> ipvs::Result<ipvs::Client> {
      if (unreachable != 0)
        return std::unexpected(ipvs::Error{.operation = Operation::open, .code = unreachable, .detail = {}});
      return ipvs::make_client(std::make_unique<FakeBackend>(kernel), std::make_unique<FakeFiles>(tree));
    };
    world.kernel.has_ipvs = [this] { return has_ipvs; };
    world.kernel.load_module = [this] {
      ++loads;
      if (load_helps) unreachable = 0;
      return load_helps;
    };
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

TEST_F(RunTest, SavesInTheOrderOfKeys) {
  for (const char* line : {"-A -t 10.9.9.9:81 -s rr", "-A -t 10.9.9.9:80 -s rr", "-a -t 10.9.9.9:80 -r 10.0.0.1:80 -m",
                           "-a -t 10.9.9.9:80 -r 10.0.0.3:80 -m", "-a -t 10.9.9.9:80 -r 10.0.0.2:80 -m"})
    EXPECT_EQ(run(line).code, 0) << line;
  EXPECT_EQ(saved(),
            "-A -t 10.9.9.9:80 -s rr\n-a -t 10.9.9.9:80 -r 10.0.0.1:80 -m -w 1\n-a -t 10.9.9.9:80 -r 10.0.0.2:80 -m -w 1\n"
            "-a -t 10.9.9.9:80 -r 10.0.0.3:80 -m -w 1\n-A -t 10.9.9.9:81 -s rr\n");
}

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
  kernel->refusals.clear();
  kernel->refuse(Operation::list_table, EPERM);
  EXPECT_EQ(run("-D -f 99").err, "No such service\nFWM 99: No such service\n") << "nobody knows more";
  EXPECT_EQ(run("-L -f 99").err, "No such service\nFWM 99: No such service\n");
  kernel->refusals.clear();
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
  kernel->about.api = 2;  // which tells the timeouts by themselves only
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

TEST(Session, TheModuleIsLoadedByAnotherProgram) {
  EXPECT_TRUE(ipvsadm::load_module("/bin/true"));
  EXPECT_FALSE(ipvsadm::load_module("/bin/false"));
  EXPECT_FALSE(ipvsadm::load_module("/nonexistent"));
  // Whoever has started us may have it so that nobody tells how a child has ended.
  const auto before = std::signal(SIGCHLD, SIG_IGN);
  EXPECT_TRUE(ipvsadm::load_module("/bin/true"));
  std::signal(SIGCHLD, before);
}

TEST(Session, ASignalDoesNotHideHowALoadingEnds) {
  char folder[] = "/tmp/run_test.XXXXXX";
  ASSERT_TRUE(mkdtemp(folder));
  const std::string program = std::string(folder) + "/modprobe", fifo = std::string(folder) + "/fifo";
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  std::ofstream(program) << "#!/bin/sh\nread word <" << fifo << "\nexit 1\n";
  ASSERT_EQ(chmod(program.c_str(), 0700), 0);
  EXPECT_FALSE(interrupted::returned([&] { return ipvsadm::load_module(program.c_str()); },
                                     [&] { std::ofstream(fifo) << "word\n"; }));
  for (const auto& each : {program, fifo}) unlink(each.c_str());
  rmdir(folder);
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
  const auto version = run("-v").out;
  EXPECT_EQ(version.find("ipvsadm v1.31 "), 0U);
  const auto second = version.substr(version.find('\n') + 1);
  EXPECT_EQ(second.find("This is the ipvsadm that comes with ipvs "), 0U) << "which of the two programs it is";
  EXPECT_EQ(second.find('\n'), second.size() - 1);
}

TEST_F(RunTest, OutputThatCannotBeWrittenIsAFailureWithEveryCommand) {
  make(kTable);
  connections = "titles\n";
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
    connections = title + line + line;
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
    connections = title + line.substr(0, line.size() - 1);
    auto done = run("-L -n -c");
    EXPECT_EQ(done.code, 14) << "899 may have been 8999";
    EXPECT_NE(done.err.find("unexpected input from"), std::string::npos);
    EXPECT_EQ(run("-L -n -c --json").out.find("]}"), std::string::npos) << "no document that looks whole";
  }
  {
    connections = title + "TCP nonsense\n" + line;
    EXPECT_EQ(run("-L -n -c").code, 14);
  }
  connections = title + line;
  tree->refusals[ipvs::procfs::kConnections] = EISDIR;
  auto done = run("-L -n -c");
  EXPECT_EQ(done.code, 18);
  EXPECT_EQ(done.err, "cannot read /proc/net/ip_vs_conn: Is a directory\n");
  distinct = false;
  EXPECT_EQ(run("-L -c").code, 1);
  tree->refusals[ipvs::procfs::kConnections] = ENOENT;
  done = run("-L -c");
  EXPECT_EQ(done.code, 1);
  EXPECT_EQ(done.err, "cannot open file /proc/net/ip_vs_conn\nNo such file or directory\n");
}

TEST_F(RunTest, WhatComesFromTheNetworkIsNoCommandToATerminal) {
  connections =
      "title\n"
      "UDP 0A090909 EDAC 0A090908 13C4 0A000001 13C4 UDP     899 sip a\x1b[2Jb\x01 c\n";
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
    tree->content[ipvs::procfs::kServices] = titles + services;
    tree->content[ipvs::procfs::kModules] = modules;
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
  tree->content[ipvs::procfs::kServices] = titles;
  tree->refusals[ipvs::procfs::kModules] = EIO;
  EXPECT_EQ(run("-S").code, 18) << "nor who cannot see the modules";
  tree->refusals.clear();
  tree->content.erase(ipvs::procfs::kModules);
  EXPECT_EQ(run("-S").code, 0) << "a kernel without modules has no list of them";
  tree->content.erase(ipvs::procfs::kServices);
  EXPECT_EQ(run("-S").code, 18) << "who cannot look cannot know";
  kernel->transport = ipvs::Client::Transport::netlink;
  EXPECT_EQ(run("-S").code, 0);
}

TEST_F(RunTest, SavesTimeoutsAndDaemonsFirst) {
  make("--set 1 2 3\n--start-daemon master --mcast-interface d0 --syncid 4\n" + kTable);
  EXPECT_EQ(saved(), "--set 1 2 3\n--start-daemon master --mcast-interface d0 --syncid 4\n" + kTable);
  EXPECT_NE(run("-S").out.find("-A -t vip.example.com:http"), std::string::npos);
}

/// A daemon with a key: the file that it is in, and the line that starts it.
struct KeyTest : RunTest {
  TempFile file{"0123456789abcdef0123456789abcdef\n"};
  std::string line = std::string("--start-daemon master --mcast-interface d0 --syncid 4 --sync-key-file ") + file.name();
  void rights(mode_t mode) { ASSERT_EQ(chmod(file.name(), mode), 0); }
};

TEST_F(KeyTest, TheKeyComesFromAFileThatNobodyElseMayRead) {
  rights(0600);
  EXPECT_EQ(run(line).code, 0);
  EXPECT_EQ(kernel->keys, (std::vector<std::string>{"0123456789abcdef0123456789abcdef"})) << "without the newline";
  for (const mode_t mode : {0640, 0604, 0620, 0610, 0602, 0601, 0700 | 01, 0666, 04640}) {
    rights(mode);
    distinct = false;
    const auto done = run(line);
    EXPECT_EQ(done.code, 2);
    char octal[8];
    std::snprintf(octal, sizeof(octal), "%04o", mode);
    EXPECT_EQ(done.err, std::string("sync-key-file ") + file.name() + " may be used by others than its owner (mode " + octal +
                            "): chmod 600\n");
    EXPECT_EQ(done.err.find("0123456789"), std::string::npos) << "nothing of the key is shown";
    distinct = true;
    EXPECT_EQ(run(line).code, 18);
  }
  EXPECT_EQ(kernel->keys.size(), 1U);
  rights(0600);
  const auto refused = [&](const std::string& key, const char* words) {
    TempFile other(key);
    const auto done = run(std::string("--start-daemon backup --sync-key-file ") + other.name());
    EXPECT_NE(done.code, 0);
    EXPECT_NE(done.err.find(words), std::string::npos) << done.err;
  };
  refused("", " has a key of 0 bytes: it has to have 16 to 64\n");
  refused("\n", " has a key of 0 bytes: it has to have 16 to 64\n");
  refused("0123456789abcde\n", " has a key of 15 bytes: it has to have 16 to 64\n");
  refused(std::string(65, 'x'), " has a key of 65 bytes: it has to have 16 to 64\n");
  refused(std::string(4096, 'x'), " has a key of 4096 bytes: it has to have 16 to 64\n");
  refused(std::string(4097, 'x'), " is too long for a key\n");
  EXPECT_EQ(run("--start-daemon backup --sync-key-file /tmp").err, "sync-key-file /tmp is no regular file\n");
  EXPECT_EQ(run("--start-daemon backup --sync-key-file /nosuch").err,
            "sync-key-file /nosuch cannot be read: No such file or directory\n");
  EXPECT_EQ(kernel->running.size(), 1U);
  for (const std::size_t length : {16U, 64U}) {
    TempFile other(std::string(length, 'k'));
    EXPECT_EQ(run(std::string("--start-daemon backup --sync-key-file ") + other.name()).code, 0);
    EXPECT_EQ(kernel->keys.back(), std::string(length, 'k'));
    kernel->running.pop_back();
  }
  if (geteuid() == 0) {
    ASSERT_EQ(chown(file.name(), 65534, 0), 0);
    EXPECT_EQ(run("--start-daemon backup --sync-key-file " + std::string(file.name())).err,
              std::string("sync-key-file ") + file.name() + " belongs to user 65534, who could put another key there\n");
  }
}

TEST_F(KeyTest, ASaveNamesTheFileOfTheKeyOrIsAComment) {
  ASSERT_EQ(run(line).code, 0);
  auto done = run("-S -n");
  EXPECT_EQ(done.out, "# with a key: --start-daemon master --mcast-interface d0 --syncid 4\n");
  EXPECT_EQ(done.err, "note: the master daemon runs with a key, which is not saved: its line is a comment; --sync-key-file tells "
                      "where it will be found\n");
  done = run(std::string("-S -n --sync-key-file ") + file.name());
  EXPECT_EQ(done.out, line + "\n");
  EXPECT_EQ(done.err, "");
  const std::string whole = done.out;
  kernel->running.clear();
  kernel->keys.clear();
  for (const char* how : {"-R", "-R --replace", "-R --atomic"}) {
    kernel->running.clear();
    EXPECT_EQ(run(how, whole).code, 0) << how;
    ASSERT_EQ(kernel->running.size(), 1U) << how;
    EXPECT_TRUE(kernel->running[0].has_key());
  }
  EXPECT_EQ(kernel->keys.size(), 3U);
  // Without the file no daemon starts, and all but a plain restore change nothing.
  rights(0644);
  for (const char* how : {"-R", "-R --replace", "-R --atomic", "-R --dry-run", "-R --dry-run --atomic"}) {
    kernel->running.clear();
    kernel->made.clear();
    kernel->table.clear();
    const auto lost = run(how, "-A -f 2\n" + whole + "-A -f 3\n");
    EXPECT_EQ(lost.code, 2) << how;
    EXPECT_NE(lost.err.find("line 2: sync-key-file"), std::string::npos) << lost.err;
    EXPECT_TRUE(kernel->running.empty()) << how;
    EXPECT_EQ(kernel->made.size(), how == std::string("-R") ? 2U : 0U) << how;
  }
  EXPECT_EQ(run("-R --check-syntax", whole).code, 0) << "nothing is read for that";
}

TEST_F(KeyTest, ADaemonWithAKeyIsAlwaysStartedAnewByEnsure) {
  ASSERT_EQ(run(line).code, 0);
  kernel->made.clear();
  EXPECT_EQ(run(line).code, 255) << "it runs";
  EXPECT_EQ(run(line + " --ensure").code, 0);
  EXPECT_EQ(kernel->made, (std::vector{Operation::stop_daemon, Operation::start_daemon}));
  EXPECT_EQ(kernel->keys.size(), 2U);
  // One without a key instead; that it had one is not forgotten if it cannot be started.
  kernel->refuse_at = 2;
  EXPECT_EQ(run("--start-daemon master --mcast-interface d0 --syncid 4 --ensure").code, 255);
  EXPECT_TRUE(kernel->running.empty()) << "better none than one that believes everybody";
  // With peers it is put back.
  ASSERT_EQ(run("--start-daemon master --mcast-interface d0 --sync-peer 10.0.0.1").code, 0);
  kernel->made.clear();
  EXPECT_EQ(run("--start-daemon master --mcast-interface d0 --sync-peer 10.0.0.1 --ensure").code, 0);
  EXPECT_TRUE(kernel->made.empty()) << "it runs so";
  kernel->refuse_at = 2;
  EXPECT_EQ(run("--start-daemon master --mcast-interface d0 --sync-peer 10.0.0.2 --ensure").code, 255);
  ASSERT_EQ(kernel->running.size(), 1U);
  EXPECT_EQ(kernel->running[0].peer_addresses.front().to_string(), "10.0.0.1");
}

TEST_F(RunTest, TheStatusOfDaemons) {
  make("--start-daemon master --mcast-interface d0\n--start-daemon backup --mcast-interface d0\n");
  tree->content[ipvs::procfs::kTotals] = "";
  const std::string lines[] = {"master sync daemon (mcast=d0, syncid=0)\n", "backup sync daemon (mcast=d0, syncid=0)\n"};
  EXPECT_EQ(run("-L --daemon").out, lines[0] + lines[1]);
  auto done = run("-L --daemon --status");
  EXPECT_EQ(done.code, 1);
  EXPECT_NE(done.err.find("This module does not tell how synchronisation goes"), std::string::npos) << done.err;
  done = run("-L --daemon --json");
  EXPECT_EQ(done.code, 0) << "what is not known is left out";
  EXPECT_EQ(done.out.find("status"), std::string::npos);
  tree->content[ipvs::procfs::kSync] =
      "backup messages:\t3\nbackup dropped size:\t1\nbackup dropped no-tag:\t0\nbackup table questions:\t0\n"
      "backup heard:\taddress=10.9.0.1 thread=2 heard_ms=3004 messages=4 alive=yes lost=5 lag_ms=6 queued=7 entries=8 threads=4\n"
      "backup heard:\taddress=10.9.0.2 thread=0 heard_ms=1 messages=2\n"
      "backup heard:\taddress=10.9.0.3 thread=0 heard_ms=9 messages=2 alive=no lost=0 lag_ms=0 queued=0 entries=0 threads=1\n";
  EXPECT_EQ(run("-L --daemon --status").out,
            lines[0] + lines[1] +
                "  messages                       3\n"
                "  dropped size                   1\n"
                "  table questions                0\n"
                "  hears 10.9.0.1 (thread 2 of 4): alive, last 3.004 s ago, 4 messages, 5 lost, lag 6 ms, 7 queued, 8 entries\n"
                "  hears 10.9.0.2: no heartbeats, last 0.001 s ago, 2 messages\n"
                "  hears 10.9.0.3: gone, last 0.009 s ago, 2 messages, 0 lost, lag 0 ms, 0 queued, 0 entries\n");
  EXPECT_EQ(run("-L --daemon --json").out,
            "{\"daemons\":[{\"state\":\"master\",\"interface\":\"d0\",\"sync_id\":0},"
            "{\"state\":\"backup\",\"interface\":\"d0\",\"sync_id\":0,\"status\":{\"messages\":3,\"table_questions\":0,"
            "\"dropped\":{\"size\":1,\"no-tag\":0},\"heard\":["
            "{\"family\":\"ipv4\",\"address\":\"10.9.0.1\",\"thread\":2,\"heard_ms\":3004,\"messages\":4,\"alive\":true,"
            "\"lost\":5,\"lag_ms\":6,\"queued\":7,\"entries\":8,\"threads\":4},"
            "{\"family\":\"ipv4\",\"address\":\"10.9.0.2\",\"thread\":0,\"heard_ms\":1,\"messages\":2},"
            "{\"family\":\"ipv4\",\"address\":\"10.9.0.3\",\"thread\":0,\"heard_ms\":9,\"messages\":2,\"alive\":false,"
            "\"lost\":0,\"lag_ms\":0,\"queued\":0,\"entries\":0,\"threads\":1}]}}]}\n");
  tree->content[ipvs::procfs::kSync] = "backup messages:\t3";
  EXPECT_EQ(run("-L --daemon --json").code, 1) << "what is cut is no answer";
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
  const ipvs::DaemonConfig before = kernel->running[0];
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
  EXPECT_NE(done.err.find("warning: the kernel's own ip_vs module cannot replace a table in one step: it is changed service by "
                          "service, and changed back on a refusal. The module that comes with this ipvsadm can.\n"),
            std::string::npos);
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
  // What cannot be put back is told, too.
  kernel->running = before;
  kernel->refuse(Operation::replace_table, EINVAL, "not now");
  // Of the changes: stop and start by the lines, stop and start back.
  kernel->refuse_at = 2;
  auto lost = run("-R --atomic", script);
  EXPECT_EQ(lost.code, 255);
  EXPECT_NE(lost.err.find("not now\n"), std::string::npos) << lost.err;
  EXPECT_NE(lost.err.find("\nsync daemons are not as before: "), std::string::npos) << lost.err;
  kernel->refusals.clear();
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

// What the kernel says of what it has made.

TEST_F(RunTest, ARemarkIsShownAndIsNoFailure) {
  make("-A -t 10.9.9.9:80 -s sh\n");
  kernel->remarks = {{Operation::add_dest, "it may\x1b surprise"}, {Operation::edit_dest, "still"}};
  distinct = true;
  auto done = run("-a -t 10.9.9.9:80 -r 10.0.0.1:80 -m -w 0");
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.out, "");
  EXPECT_EQ(done.err, "note: TCP 10.9.9.9:80 -> 10.0.0.1:80: it may\\x1b surprise\n");
  done = run("-a -t 10.9.9.9:80 -r 10.0.0.1:80 -m -w 0 --ensure");
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.err, "note: TCP 10.9.9.9:80 -> 10.0.0.1:80: still\n") << "of the edit that it has come to";
  EXPECT_EQ(run("-L -n --json").err, "");
  EXPECT_EQ(run("-d -t 10.9.9.9:80 -r 10.0.0.1:80").err, "");
  done = run("-e -t 10.9.9.9:80 -r 10.0.0.1:80");
  EXPECT_EQ(done.code, 8);
  EXPECT_EQ(done.err.find("note"), std::string::npos) << "of a refusal";
  kernel->remarks = {{Operation::flush, "gone"}};
  EXPECT_EQ(run("-C").err, "note: gone\n");
}

TEST_F(RunTest, RemarksOfARestoreHaveTheirLines) {
  kernel->remarks[Operation::add_dest] = "it may surprise";
  auto done = run("-R", kTable + "-a -f 9 -r 10.0.0.1\n-L -n\n-a -f 3 -r 10.0.0.1:80 -m --ensure\n");
  EXPECT_EQ(done.code, 255);
  EXPECT_EQ(done.err,
            "line 2: note: TCP 10.9.9.9:80 -> 10.0.0.1:80: it may surprise\n"
            "line 2: -a -t 10.9.9.9:80 -r 10.0.0.1:80 -m -w 1\n"
            "line 3: note: TCP 10.9.9.9:80 -> 10.0.0.2:80: it may surprise\n"
            "line 3: -a -t 10.9.9.9:80 -r 10.0.0.2:80 -m -w 2\n"
            "line 5: Service not defined\n"
            "line 5: -a -f 9 -r 10.0.0.1\n"
            "line 5: FWM 9 -> 10.0.0.1:0: Service not defined\n"
            "line 7: note: FWM 3 -> 10.0.0.1:80: it may surprise\n"
            "line 7: -a -f 3 -r 10.0.0.1:80 -m --ensure\n");
  EXPECT_EQ(run("-R --replace", kTable).code, 0);
}

TEST_F(RunTest, OfManyEqualRemarksSomeAreShown) {
  kernel->remarks = {{Operation::add_dest, "it may surprise"}, {Operation::add_service, "odd"}};
  std::string script = "-A -f 1\n";
  for (int i = 1; i <= 200; ++i) script += "-a -f 1 -r 10.0.0." + std::to_string(i) + "\n";
  for (const char* how : {"-R", "-R --replace"}) {
    kernel->table.clear();
    const auto done = run(how, script);
    EXPECT_EQ(done.code, 0);
    EXPECT_EQ(std::ranges::count(done.err, '\n'), 2 + 5 * 2 + 1) << done.err;
    EXPECT_NE(done.err.find("line 6: note: FWM 1 -> 10.0.0.5:0: it may surprise\n"), std::string::npos);
    EXPECT_TRUE(done.err.ends_with("\nnote: and 195 more: it may surprise\n")) << done.err;
  }
}

TEST_F(RunTest, ARemarkOnAWholeTableNamesItsService) {
  kernel->table_remark = {.text = "it may surprise", .service = 1U};
  auto done = run("-R --atomic", kTable);
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.err, "line 4: note: FWM 3: it may surprise\nline 4: -A -f 3 -s wlc\n");
  kernel->table_remark->others = 3;
  EXPECT_TRUE(run("-R --atomic", kTable).err.ends_with(
      "\nnote: and 3 more of the services; a restore without --atomic shows all\n"));
  kernel->table_remark = {.text = "an older module"};
  EXPECT_EQ(run("-R --atomic", kTable).err, "note: an older module\n");
  kernel->refuse(Operation::replace_table, EINVAL);
  EXPECT_EQ(run("-R --atomic", kTable).err.find("note"), std::string::npos);
}

// Restore without doing it.

TEST_F(RunTest, SyntaxIsCheckedWithoutAKernel) {
  unreachable = ENOPROTOOPT;
  auto done = run("-R --check-syntax", kTable + "-L -n\n-D -f 99\n");
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(done.out + done.err, "");
  for (const char* how : {"-R --check-syntax", "-R --replace --check-syntax", "-R --dry-run", "-R --atomic --dry-run"}) {
    done = run(how, kTable + "-A -f x\n# comment\n-A -f 4 --nonsense\n-R\n-a -f 3 -r 10.0.0.1 -w 5x\n");
    EXPECT_EQ(done.code, 2) << "that of the first wrong line";
    EXPECT_TRUE(done.err.starts_with("line 5: invalid fwmark value `x' specified\nline 5: -A -f x\n")) << done.err;
    for (const char* line : {"\nline 7: ", "\nline 8: ", "\nline 9: illegal weight specified\n"})
      EXPECT_NE(done.err.find(line), std::string::npos) << how << done.err;
    EXPECT_EQ(run_on_folder(how).code, 2) << how;
  }
  EXPECT_EQ(loads, 0) << "nothing is asked of the kernel";
  EXPECT_EQ(run("-R --check-syntax --dry-run").code, 2) << "one of them";
  distinct = true;
  EXPECT_EQ(run("-R --check-syntax", "-A -f x\n").code, 3);
}

TEST_F(RunTest, ADryRunTellsEveryRefusalAndChangesNothing) {
  int opened = 0;
  const auto open = world.kernel.open;
  world.kernel.open = [&] { return ++opened, open(); };
  has_ipvs = false;
  const std::string script = kTable + "-A -f 3\n-d -f 3 -r 10.0.0.1\n-E -f 4\n-L\n-Z -f 9\n-O\n-D -f 5 --ensure\n";
  for (const char* how : {"-R --replace --dry-run", "-R --dry-run"}) {
    const auto done = run(how, script);
    EXPECT_EQ(done.code, 255) << how;
    EXPECT_EQ(done.out, "") << how;
    for (const char* line : {"line 5: Service already exists\nline 5: -A -f 3\n", "line 6: No such destination\n",
                             "line 7: No such service\n"})
      EXPECT_NE(done.err.find(line), std::string::npos) << how << done.err;
    EXPECT_EQ(done.err.find("line 8"), std::string::npos) << how;
  }
  auto done = run("-R --atomic --dry-run", script);
  EXPECT_NE(done.err.find("line 8: an atomic restore describes services, servers, timeouts and daemons, no more\n"), std::string::npos);
  EXPECT_EQ(run("-R --atomic --dry-run", kTable).err, "");
  EXPECT_EQ(run("-R --replace --dry-run", kTable).code, 0);
  // Without a kernel it cannot be known what the lines would meet.
  done = run("-R --dry-run", kTable);
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.err,
            "note: the kernel's table cannot be read (Protocol not available): the lines are tried on an empty table\n");
  EXPECT_EQ(loads + opened, 0) << "asking for IPVS would load it";
  distinct = true;
  EXPECT_EQ(run("-R --replace --dry-run", "-A -f 3\n-A -f 3\n").code, 6);
  EXPECT_EQ(run("-R --replace --dry-run --exit-codes", "-Z\n-A -f 3\n-Z -f 3\n").code, 0);
  EXPECT_EQ(run("-R --replace --dry-run --exit-codes", "-Z -f 3\n").code, 7);
}

TEST_F(RunTest, ADryRunBeginsWithTheKernelsTableAndDaemons) {
  make(kTable + "--start-daemon master --mcast-interface d0\n");
  const auto before = saved();
  EXPECT_EQ(run("-R --dry-run", "-e -t 10.9.9.9:80 -r 10.0.0.1:80 -m -w 9\n--stop-daemon master\n"
                                "--start-daemon master\n-D -f 3\n-A -f 3\n").err, "");
  auto done = run("-R --dry-run", "-A -f 3\n--start-daemon master\n--stop-daemon backup\n--stop-daemon backup --ensure\n"
                                  "--start-daemon master --ensure\n");
  EXPECT_EQ(done.code, 255);
  for (const char* line : {"line 1: Service already exists\n", "line 2: ", "line 3: "})
    EXPECT_NE(done.err.find(line), std::string::npos) << done.err;
  EXPECT_EQ(done.err.find("line 4"), std::string::npos) << done.err;
  EXPECT_EQ(done.err.find("line 5"), std::string::npos) << done.err;
  EXPECT_EQ(run("-R --replace --dry-run", "-A -f 3\n--start-daemon master\n").err, "") << "an empty table";
  EXPECT_EQ(saved(), before);
  EXPECT_TRUE(kernel->made.empty() && kernel->replacements.empty());
  for (const Operation each : {Operation::list_table, Operation::list_daemons}) {
    kernel->refusals.clear();
    kernel->refuse(each, EPERM);
    done = run("-R --dry-run", "-A -f 3\n");
    EXPECT_EQ(done.code, 0);
    EXPECT_NE(done.err.find("cannot be read (Permission denied"), std::string::npos) << done.err;
  }
}

TEST_F(RunTest, ADryRunNamesSchedulersThatNobodyKnows) {
  auto done = run("-R --replace --dry-run", "-A -f 1 -s wrrr\n-A -f 2 -s none\n-E -f 2 -s twos -p --pe sipp\n-d -f 2 -r 10.0.0.1\n");
  EXPECT_EQ(done.code, 255) << "the last line";
  EXPECT_EQ(done.err.substr(0, done.err.find("line 4")),
            "line 1: note: this ipvsadm knows no scheduler `wrrr'; the kernel may\nline 1: -A -f 1 -s wrrr\n"
            "line 3: note: this ipvsadm knows no persistence engine `sipp'; the kernel may\n"
            "line 3: -E -f 2 -s twos -p --pe sipp\n");
}

// Sysctls.

TEST_F(RunTest, SysctlsAreReadSetAndReset) {
  tree->sysctl("conntrack") = "1\n";
  tree->sysctl("sync_threshold") = "3\t50\n";
  tree->sysctl("sync_qlen_max") = "99\n";
  tree->sysctl("of_tomorrow") = "7\n";
  auto done = run("-O");
  EXPECT_EQ(done.code, 0);
  EXPECT_NE(done.out.find("\nsync_threshold            3 50       3 50"), std::string::npos) << done.out;
  EXPECT_LT(done.out.find("conntrack"), done.out.find("of_tomorrow"));
  EXPECT_EQ(run("-O conntrack,sync_threshold").out, "conntrack=1\nsync_threshold=3 50\n");
  EXPECT_EQ(run("-O conntrack=0,sync_threshold=4,60").code, 0);
  EXPECT_EQ(tree->sysctl("conntrack"), "0\n");
  EXPECT_EQ(tree->sysctl("sync_threshold").substr(0, 5), "4 60\n");
  tree->sysctl("conntrack") = "1\n";
  EXPECT_EQ(run("-O ^conntrack").code, 0);
  EXPECT_EQ(tree->sysctl("conntrack"), "0\n");
  EXPECT_EQ(run("-O conntrack --json").out.substr(0, 32), "{\"sysctls\":[{\"name\":\"conntrack\",");
  distinct = true;
  done = run("-O conntrack=1,contrack=1");
  EXPECT_EQ(done.code, 15);
  EXPECT_EQ(done.err, "there is no sysctl `contrack'; the nearest is `conntrack'\n");
  EXPECT_EQ(tree->sysctl("conntrack"), "0\n") << "a misspelt name is told before anything is set";
  EXPECT_NE(run("-O drop_entry").err.find("hint: the module that comes with this ipvsadm has it: the loaded one is older, or the "
                                          "kernel's own\n"),
            std::string::npos);
  done = run("-O ^sync_qlen_max,conntrack=1");
  EXPECT_EQ(done.code, 3);
  EXPECT_EQ(done.err, "the default of sysctl `sync_qlen_max' depends on the machine\n");
  EXPECT_EQ(tree->sysctl("conntrack"), "0\n") << "the first failure ends it";
}

TEST_F(RunTest, SysctlsThatCannotBeReadOrWritten) {
  const std::string folder = ipvs::procfs::kSysctls;
  tree->sysctl("conntrack") = "1\n";
  tree->sysctl("drop_entry") = "0\n";
  tree->refusals[folder + "/conntrack"] = EISDIR;
  tree->refusals[folder + "/drop_entry"] = ENOSPC;
  distinct = true;
  auto done = run("-O conntrack");
  EXPECT_EQ(done.code, 16);
  EXPECT_EQ(done.err, "cannot read sysctl `conntrack': Is a directory\n");
  done = run("-O drop_entry=1");
  EXPECT_EQ(done.code, 16);
  EXPECT_EQ(done.err, "cannot set sysctl `drop_entry': No space left on device\n");
  for (const auto& [error, code] : {std::pair(EINVAL, 3), std::pair(ERANGE, 3), std::pair(EPERM, 4), std::pair(ENOMEM, 11)}) {
    tree->refusals[folder + "/drop_entry"] = error;
    EXPECT_EQ(run("-O drop_entry=1").code, code) << error;
  }
  distinct = false;
  EXPECT_EQ(run("-O conntrack").code, 255);
  // A folder that cannot be listed is not an empty one.
  tree->refusals[folder] = ENOTDIR;
  EXPECT_EQ(run("-O").code, 1);
  EXPECT_NE(run("-O").err.find("cannot read the folder of sysctls: "), std::string::npos);
}

TEST_F(RunTest, EverybodyMayReadSysctls) {
  tree->sysctl("conntrack") = "1\n";
  kernel->refuse(Operation::get_info, EPERM);
  EXPECT_EQ(run("-O conntrack").out, "conntrack=1\n");
  unreachable = ENOPROTOOPT;
  EXPECT_EQ(run("-O conntrack").code, 2);
  EXPECT_EQ(loads, 1) << "they come with the module";
  load_helps = true;
  EXPECT_EQ(run("-O conntrack").out, "conntrack=1\n");
}

TEST_F(RunTest, Check) {
  connections = "titles\n";
  tree->sysctl("drop_entry") = "3\n";
  std::optional<bool> asked;
  world.look_around = [&](ipvsadm::check::System& system, bool asks) -> std::expected<void, ipvsadm::check::Trouble> {
    asked = asks;
    EXPECT_EQ(system.sysctls["drop_entry"], "3");
    return {};
  };
  auto done = run("--check");
  EXPECT_EQ(done.code, 21);
  EXPECT_NE(done.out.find("[defense-always]\n    ipvsadm -O drop_entry=1\n"), std::string::npos) << done.out;
  EXPECT_EQ(asked, true);
  done = run("--check=passive --json");
  EXPECT_EQ(done.out.substr(0, 35), "{\"findings\":[{\"id\":\"defense-always\"");
  EXPECT_EQ(asked, false);
  tree->sysctl("drop_entry") = "0\n";
  world.look_around = [](ipvsadm::check::System& system, bool) -> std::expected<void, ipvsadm::check::Trouble> {
    system.unseen.push_back("rules: not read");
    return {};
  };
  done = run("--check");
  EXPECT_EQ(done.code, 0) << "a note is no fault";
  EXPECT_EQ(done.out, "note: rules: not read [not-checked]\n");
}

TEST_F(RunTest, CheckThatCannotCheck) {
  connections = "titles\n";
  world.look_around = [](ipvsadm::check::System&, bool) -> std::expected<void, ipvsadm::check::Trouble> {
    return std::unexpected(ipvsadm::check::Trouble{"the list of devices", ENOMEM});
  };
  tree->sysctl("drop_entry") = "0\n";
  auto done = run("--check");
  EXPECT_EQ(done.code, 1);
  EXPECT_EQ(done.err, "cannot read the list of devices: Cannot allocate memory\n");
  kernel->refuse(Operation::list_table, EPERM);
  EXPECT_EQ(run("--check").code, 1);
  // A machine without IPVS is no director, and does not become one by being asked.
  has_ipvs = false;
  EXPECT_EQ(run("--check").code, 2);
  EXPECT_EQ(loads, 0);
  distinct = true;
  EXPECT_EQ(run("--check").code, 5);
}

}  // namespace
