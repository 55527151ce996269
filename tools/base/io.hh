// SPDX-License-Identifier: GPL-2.0-or-later
// Files and streams. Every failure is told: input that cannot be read is not input that has ended, and output that
// cannot be written is not written. Errors are errno values.
#pragma once

#include <cstdio>
#include <expected>
#include <string>
#include <string_view>

namespace ipvsadm {

/// Opens those of standard input, output and error that are closed, so that no other file takes their place: /dev/null,
/// the wrong way round. What is read from there or written to it fails, and is not lost.
void occupy_standard_streams();

/// A file as it comes, in pieces of whole lines; only the last of all may lack its newline.
class LineReader {
 public:
  /// A descriptor that somebody else closes.
  explicit LineReader(int fd) : fd_(fd) {}
  /// Empty at the end.
  std::expected<std::string, int> next();

 private:
  int fd_;
  std::string rest_;
};

/// A file opened for reading.
class File {
 public:
  /// `flags`: of open(2), more than O_RDONLY and O_CLOEXEC.
  static std::expected<File, int> open(const std::string& path, int flags = 0);
  File(File&& other) noexcept;
  File& operator=(File&&) = delete;
  ~File();
  int fd() const { return fd_; }

 private:
  explicit File(int fd) : fd_(fd) {}
  int fd_;
};

/// All that is in a file.
std::expected<std::string, int> read_all(int fd);
std::expected<std::string, int> read_file(const std::string& path);

/// A stream that remembers its first failure.
class Output {
 public:
  explicit Output(std::FILE* stream) : stream_(stream) {}
  void write(std::string_view text);
  void flush();
  /// Nothing is written behind it. What the kernel has not taken by then is told here.
  void close();
  /// 0 as long as all went well.
  int error() const { return error_; }

 private:
  void note(bool good);

  std::FILE* stream_;
  int error_ = 0;
};

}  // namespace ipvsadm
