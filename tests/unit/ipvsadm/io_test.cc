// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/io.hh"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "interrupted.hh"

namespace {

using ipvsadm::LineReader;

/// A pipe whose other end is written to by the test.
struct Pipe {
  int ends[2] = {-1, -1};
  Pipe() { EXPECT_EQ(pipe(ends), 0); }
  ~Pipe() {
    close(ends[0]);
    finish();
  }
  void write(const std::string& text) {
    EXPECT_EQ(::write(ends[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  void finish() {
    if (ends[1] >= 0) close(ends[1]);
    ends[1] = -1;
  }
};

TEST(LineReader, PiecesAreWholeLines) {
  Pipe pipe;
  LineReader reader(pipe.ends[0]);
  pipe.write("one\ntw");
  EXPECT_EQ(reader.next(), "one\n");
  pipe.write("o\nthree\nlast");
  EXPECT_EQ(reader.next(), "two\nthree\n");
  pipe.finish();
  EXPECT_EQ(reader.next(), "last");
  EXPECT_EQ(reader.next(), "");
  EXPECT_EQ(reader.next(), "");
}

TEST(LineReader, WhatCannotBeReadHasNotEnded) {
  const int folder = open("/", O_RDONLY);
  ASSERT_GE(folder, 0);
  LineReader reader(folder);
  EXPECT_EQ(reader.next().error(), EISDIR);
  EXPECT_EQ(ipvsadm::read_all(folder).error(), EISDIR);
  close(folder);
  EXPECT_EQ(LineReader(-1).next().error(), EBADF);
}

TEST(ReadAll, ASignalEndsNothing) {
  Pipe pipe;
  const auto text = interrupted::returned([&] { return ipvsadm::read_all(pipe.ends[0]); }, [&] {
    pipe.write("late");
    pipe.finish();
  });
  EXPECT_EQ(text, "late");
}

TEST(ReadAll, AnOldErrorIsNone) {
  Pipe pipe;
  pipe.write("text");
  pipe.finish();
  errno = EINTR;
  EXPECT_EQ(ipvsadm::read_all(pipe.ends[0]), "text");
}

TEST(ReadFile, WholeOrAnError) {
  char name[] = "/tmp/io_test.XXXXXX";
  const int fd = mkstemp(name);
  ASSERT_GE(fd, 0);
  const std::string text(200'000, 'x');
  ASSERT_EQ(write(fd, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  close(fd);
  EXPECT_EQ(ipvsadm::read_file(name), text);
  unlink(name);
  EXPECT_EQ(ipvsadm::read_file(name).error(), ENOENT);
  EXPECT_EQ(ipvsadm::read_file("/").error(), EISDIR);
}

TEST(Output, RemembersItsFirstFailure) {
  std::FILE* full = std::fopen("/dev/full", "w");
  ASSERT_TRUE(full);
  ipvsadm::Output output(full);
  output.write("text");
  EXPECT_EQ(output.error(), 0) << "it waits in the buffer";
  output.flush();
  EXPECT_EQ(output.error(), ENOSPC);
  output.flush();
  output.close();
  EXPECT_EQ(output.error(), ENOSPC);

  std::FILE* late = std::fopen("/dev/full", "w");
  ipvsadm::Output at_the_end(late);
  at_the_end.write("text");
  at_the_end.close();
  EXPECT_EQ(at_the_end.error(), ENOSPC);

  std::FILE* large = std::fopen("/dev/full", "w");
  ipvsadm::Output at_once(large);
  at_once.write(std::string(1 << 20, 'x'));
  EXPECT_EQ(at_once.error(), ENOSPC);
  at_once.close();

  char* text = nullptr;
  std::size_t size = 0;
  std::FILE* memory = open_memstream(&text, &size);
  ipvsadm::Output good(memory);
  good.write("some");
  good.write(" text");
  good.close();
  EXPECT_EQ(good.error(), 0);
  EXPECT_EQ(std::string(text, size), "some text");
  std::free(text);
}

/// What a child finds whose standard streams were closed; 0 if all is well.
int look_at_closed_streams() {
  for (const int fd : {0, 1, 2}) close(fd);
  ipvsadm::occupy_standard_streams();
  const int next = open("/dev/null", O_RDWR);
  char byte = 0;
  if (next != 3) return 1;
  if (read(0, &byte, 1) != -1) return 2;
  if (write(1, &byte, 1) != -1) return 3;
  return 0;
}

TEST(StandardStreams, ClosedOnesAreOccupiedAndNothingIsLost) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    for (int fd = 3; fd < 64; ++fd) close(fd);
    _exit(look_at_closed_streams());
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
