// SPDX-License-Identifier: GPL-2.0-or-later
#include "feedback/state.hh"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>

#include "base/format.hh"
#include "base/io.hh"
#include "base/titles.hh"
#include "base/words.hh"

namespace feedback {
namespace {

using ipvsadm::formatted;

std::string trouble(const std::string& path, int code) { return formatted("{}: {}", ipvsadm::shown(path), std::strerror(code)); }

std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/') + 1); }

/// A file that is not there yet. What root makes belongs to whom the folder belongs to: the service may be run by somebody else.
ipvsadm::Fd made(const std::string& path) {
  ipvsadm::Fd file(open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file || geteuid() != 0) return file;
  const std::string folder = folder_of(path);
  struct stat of_folder{};
  // If it cannot be given away, who cannot read it later says so.
  if (stat(folder.empty() ? "." : folder.c_str(), &of_folder) == 0 &&
      fchown(file.get(), of_folder.st_uid, of_folder.st_gid) != 0)
    errno = 0;
  return file;
}

}  // namespace

std::string state_text(const State& state) {
  std::string text;
  for (const auto& [service, memories] : state)
    for (const auto& [server, memory] : memories)
      text += formatted("{} {} {} {} {}\n", ipvsadm::title_of(server), memory.base, memory.before, memory.weight,
                        ipvsadm::title_of(service));
  return text;
}

State read_state(std::string_view text) {
  State state;
  while (!text.empty()) {
    std::string_view line = ipvsadm::take_line(text);
    const auto server = ipvsadm::server_titled(ipvsadm::take_word(line, " "), 0);
    const auto number = [&] { return ipvsadm::whole_number<int>(ipvsadm::take_word(line, " ")); };
    const auto base = number(), before = number(), weight = number();
    const auto service = ipvsadm::service_titled(line);
    const auto is_weight = [](const std::optional<int>& number) { return number && *number >= 0; };
    if (server && is_weight(base) && is_weight(before) && is_weight(weight) && service)
      state[*service][*server] = {*base, *before, *weight};
  }
  return state;
}

std::expected<void, std::string> StateFile::lock() {
  const std::string folder = folder_of(path_);
  if (folder.size() > 1 && mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST) return std::unexpected(trouble(folder, errno));
  const std::string name = path_ + ".lock";
  lock_ = made(name);
  if (!lock_ && errno == EEXIST) lock_ = ipvsadm::Fd(open(name.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (!lock_) return std::unexpected(trouble(name, errno));
  if (flock(lock_.get(), LOCK_EX | LOCK_NB) == 0) return {};
  if (errno == EWOULDBLOCK) return std::unexpected(formatted("another ipvs-feedback is at work with {}", ipvsadm::shown(path_)));
  return std::unexpected(trouble(name, errno));
}

std::expected<State, std::string> StateFile::read() const {
  const auto text = ipvsadm::read_file(path_);
  if (!text && text.error() == ENOENT) return State();
  if (!text) return std::unexpected(trouble(path_, text.error()));
  return read_state(*text);
}

std::expected<void, std::string> StateFile::write(const State& state) {
  const std::string name = path_ + ".new", text = state_text(state);
  // Of one that was killed.
  unlink(name.c_str());
  const ipvsadm::Fd file = made(name);
  if (!file) return std::unexpected(trouble(name, errno));
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t size = ::write(file.get(), text.data() + done, text.size() - done);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return std::unexpected(trouble(name, errno));
    done += static_cast<std::size_t>(size);
  }
  // At once or not at all. It need not outlive the machine: nor do the weights.
  if (rename(name.c_str(), path_.c_str()) != 0) return std::unexpected(trouble(path_, errno));
  return {};
}

void StateFile::remove() { unlink(path_.c_str()); }

}  // namespace feedback
