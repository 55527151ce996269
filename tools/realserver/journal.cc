// SPDX-License-Identifier: GPL-2.0-or-later
#include "realserver/journal.hh"

#include <fcntl.h>
#include <sys/file.h>
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

class FileJournal : public Journal {
 public:
  FileJournal(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}
  ~FileJournal() override { close(fd_); }

  std::expected<std::vector<Change>, std::string> read() override {
    if (lseek(fd_, 0, SEEK_SET) != 0) return trouble("read", path_);
    const auto text = ipvsadm::read_all(fd_);
    if (!text) return std::unexpected(formatted("cannot read {}: {}", path_, std::strerror(text.error())));
    std::vector<Change> all;
    for (std::string_view rest = *text; !rest.empty();) {
      const std::string line(ipvsadm::take_line(rest));
      const auto change = parse_change(line);
      if (!change)
        return std::unexpected(formatted("{} has a line that is no change: {}", path_, ipvsadm::shown(line)));
      all.push_back(*change);
    }
    return all;
  }

  std::expected<void, std::string> add(const Change& change) override { return append(change_line(change)); }

  std::expected<void, std::string> keep(const std::vector<Change>& changes) override {
    if (ftruncate(fd_, 0) != 0) return trouble("empty", path_);
    if (changes.empty()) {
      if (unlink(path_.c_str()) != 0 && errno != ENOENT) return trouble("remove", path_);
      return {};
    }
    std::string text;
    for (const Change& each : changes) text += change_line(each);
    return append(text);
  }

 private:
  std::expected<void, std::string> append(const std::string& text) {
    // The file was opened to be added to: in one piece, or not at all.
    if (write(fd_, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
      return trouble("write", path_);
    return {};
  }

  std::string path_;
  int fd_;
};

}  // namespace

std::string change_line(const Change& change) {
  struct {
    std::string operator()(const SettingChange& each) const {
      return formatted("setting {} {} {}\n", each.name, each.before, each.after);
    }
    std::string operator()(const Made& each) const { return formatted("made {}\n", each.device); }
    std::string operator()(const Up& each) const { return formatted("up {}\n", each.device); }
    std::string operator()(const Port& each) const {
      return formatted("port {} {}\n", each.family == AF_INET6 ? 6 : 4, each.port);
    }
    std::string operator()(const Holding& each) const {
      return formatted("address {} {}\n", each.address.to_string(), each.device);
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
  if (words.size() == 2 && words[0] == "made") return Made{words[1]};
  if (words.size() == 2 && words[0] == "up") return Up{words[1]};
  if (words.size() == 3 && words[0] == "port") {
    const auto port = ipvsadm::whole_number<std::uint16_t>(words[2]);
    if (port) return Port{words[1] == "6" ? std::uint16_t{AF_INET6} : std::uint16_t{AF_INET}, *port};
  }
  if (words.size() == 3 && words[0] == "address") {
    const auto address = ipvs::Address::parse(words[1]);
    if (address.family != AF_UNSPEC) return Holding{address, words[2]};
  }
  return {};
}

std::expected<std::unique_ptr<Journal>, std::string> open_journal(const std::string& folder) {
  if (mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST) return trouble("make the folder", folder);
  struct stat space;
  if (stat("/proc/self/ns/net", &space) != 0) return trouble("look at", "/proc/self/ns/net");
  const std::string path = formatted("{}/{}", folder, space.st_ino);
  for (;;) {
    const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0) return trouble("open", path);
    auto journal = std::make_unique<FileJournal>(path, fd);
    if (flock(fd, LOCK_EX) != 0) return trouble("lock", path);
    // Who had it before may have removed it meanwhile.
    struct stat opened, present;
    if (fstat(fd, &opened) == 0 && stat(path.c_str(), &present) == 0 && opened.st_ino == present.st_ino)
      return journal;
  }
}

}  // namespace realserver
