// SPDX-License-Identifier: GPL-2.0-or-later
#include "realserver/journal.hh"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/format.hh"
#include "base/interfaces.hh"
#include "base/io.hh"
#include "base/words.hh"

namespace realserver {
namespace {

using ipvsadm::formatted;

std::unexpected<std::string> trouble(const char* what, const std::string& path) {
  return std::unexpected(formatted("cannot {} {}: {}", what, path, std::strerror(errno)));
}

/// Only whole lines count: what is behind the last of them is one that could not be written.
class FileJournal : public Journal {
 public:
  FileJournal(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}
  ~FileJournal() override {
    if (is_open_ && ends_.empty()) unlink(path_.c_str());
    close(fd_);
  }

  std::expected<void, std::string> open() {
    const auto text = ipvsadm::read_all(fd_);
    if (!text) return std::unexpected(formatted("cannot read {}: {}", path_, std::strerror(text.error())));
    for (std::size_t i = 0; i < text->size(); ++i)
      if ((*text)[i] == '\n') ends_.push_back(static_cast<off_t>(i) + 1);
    text_ = text->substr(0, static_cast<std::size_t>(end()));
    if (text_.size() != text->size() && ftruncate(fd_, end()) != 0) return trouble("shorten", path_);
    is_open_ = true;
    return {};
  }

  std::expected<std::vector<Change>, std::string> read() override {
    std::vector<Change> all;
    for (std::string_view rest = text_; !rest.empty();) {
      const std::string line(ipvsadm::take_line(rest));
      const auto change = parse_change(line);
      if (!change)
        return std::unexpected(formatted("{} has a line that is no change: {}", path_, ipvsadm::shown(line)));
      all.push_back(*change);
    }
    return all;
  }

  std::expected<void, std::string> add(const Change& change) override {
    return write_last(change_line(change));
  }

  std::expected<void, std::string> amend(const Change& change) override {
    forget_last();
    return write_last(change_line(change));
  }

  std::expected<void, std::string> drop() override {
    forget_last();
    if (ftruncate(fd_, end()) != 0) return trouble("shorten", path_);
    return {};
  }

 private:
  off_t end() const { return ends_.empty() ? 0 : ends_.back(); }
  void forget_last() {
    if (!ends_.empty()) ends_.pop_back();
    text_.resize(static_cast<std::size_t>(end()));
  }

  /// In one piece, or not at all.
  std::expected<void, std::string> write_last(const std::string& line) {
    const auto written = pwrite(fd_, line.data(), line.size(), end());
    if (written == static_cast<ssize_t>(line.size())) {
      ends_.push_back(end() + written);
      text_ += line;
      return {};
    }
    const int error = written < 0 ? errno : ENOSPC;
    // What is left of it has no newline, and does not count either.
    [[maybe_unused]] const int cut = ftruncate(fd_, end());
    errno = error;
    return trouble("write", path_);
  }

  std::string path_;
  int fd_;
  bool is_open_ = false;
  std::string text_;         ///< what is in the file
  std::vector<off_t> ends_;  ///< of its lines
};

}  // namespace

std::string change_line(const Change& change) {
  struct {
    std::string operator()(const SettingChange& each) const {
      return formatted("setting {} {} {}\n", each.name, each.before, each.after);
    }
    std::string operator()(const Made& each) const {
      return formatted("made {} {}\n", each.device, each.index);
    }
    std::string operator()(const Raised& each) const {
      return formatted("up {} {}\n", each.device, each.index);
    }
    std::string operator()(const Port& each) const {
      return formatted("port {} {}\n", each.family == AF_INET6 ? 6 : 4, each.port);
    }
    std::string operator()(const Added& each) const {
      return formatted("address {} {} {}\n", each.address.to_string(), each.device, each.index);
    }
  } words;
  return std::visit(words, change);
}

std::optional<Change> parse_change(const std::string& line) {
  std::string_view rest = line;
  std::vector<std::string> words;
  for (auto word = ipvsadm::take_word(rest, " "); !word.empty(); word = ipvsadm::take_word(rest, " "))
    words.emplace_back(word);
  if (words.size() == 4 && words[0] == "setting") {
    const auto before = ipvsadm::whole_number<int>(words[2]), after = ipvsadm::whole_number<int>(words[3]);
    if (before && after) return SettingChange{words[1], *before, *after};
  }
  const int index = words.empty() ? -1 : ipvsadm::whole_number<int>(words.back()).value_or(-1);
  if (words.size() == 3 && words[0] == "made" && index >= 0) return Made{words[1], index};
  if (words.size() == 3 && words[0] == "up" && index >= 0) return Raised{words[1], index};
  if (words.size() == 3 && words[0] == "port") {
    const auto port = ipvsadm::whole_number<std::uint16_t>(words[2]);
    if (port) return Port{words[1] == "6" ? std::uint16_t{AF_INET6} : std::uint16_t{AF_INET}, *port};
  }
  if (words.size() == 4 && words[0] == "address" && index >= 0) {
    const auto address = ipvs::Address::parse(words[1]);
    if (address.family != AF_UNSPEC) return Added{address, words[2], index};
  }
  return {};
}

std::expected<std::string, std::string> namespace_name() {
  std::uint64_t cookie = 0;
  socklen_t size = sizeof(cookie);
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const bool has_cookie = fd >= 0 && getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &size) == 0;
  if (fd >= 0) close(fd);
  if (has_cookie) return formatted("net-{}", cookie);
  struct stat space;
  if (stat("/proc/self/ns/net", &space) != 0) return trouble("look at", "/proc/self/ns/net");
  return formatted("inode-{}", space.st_ino);
}

std::expected<std::unique_ptr<Journal>, std::string> open_journal(const std::string& folder) {
  if (mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST) return trouble("make the folder", folder);
  const auto name = namespace_name();
  if (!name) return std::unexpected(name.error());
  const std::string path = folder + "/" + *name;
  for (;;) {
    const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0) return trouble("open", path);
    auto journal = std::make_unique<FileJournal>(path, fd);
    if (flock(fd, LOCK_EX) != 0) return trouble("lock", path);
    // Who had it before may have removed it meanwhile.
    struct stat opened, present;
    if (fstat(fd, &opened) == 0 && stat(path.c_str(), &present) == 0 && opened.st_ino == present.st_ino) {
      if (auto read = journal->open(); !read) return std::unexpected(read.error());
      return journal;
    }
  }
}

}  // namespace realserver
