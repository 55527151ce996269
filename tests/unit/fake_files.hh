// SPDX-License-Identifier: GPL-2.0-or-later
// The kernel's files without a kernel: what is in them is in memory, and what is written is checked by a test.
#pragma once

#include <cerrno>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "files.hh"
#include "procfs.hh"

struct FakeTree {
  std::map<std::string, std::string> content;
  std::map<std::string, int> refusals;  ///< errno by path; reading gives what there is first
  std::size_t piece = 1 << 16;          ///< how much a read gives at most

  std::string& sysctl(const std::string& name) { return content[std::string(ipvs::procfs::kSysctls) + "/" + name]; }
};

class FakeFiles : public ipvs::Files {
 public:
  explicit FakeFiles(std::shared_ptr<FakeTree> tree) : tree_(std::move(tree)) {}

  std::expected<void, int> read(const std::string& path, const std::function<bool(std::string_view)>& take) override {
    const auto found = tree_->content.find(path);
    if (found != tree_->content.end())
      for (std::string_view rest = found->second; !rest.empty(); rest.remove_prefix(std::min(tree_->piece, rest.size())))
        if (!take(rest.substr(0, tree_->piece))) return {};
    return outcome(path, found != tree_->content.end());
  }
  std::expected<void, int> write(const std::string& path, std::string_view text) override {
    const auto found = tree_->content.find(path);
    auto done = outcome(path, found != tree_->content.end());
    if (done) found->second = text;
    return done;
  }
  std::expected<std::vector<std::string>, int> names(const std::string& folder) override {
    std::vector<std::string> list;
    for (const auto& [path, text] : tree_->content)
      if (path.starts_with(folder + "/")) list.push_back(path.substr(folder.size() + 1));
    if (auto done = outcome(folder, !list.empty()); !done) return std::unexpected(done.error());
    return list;
  }

 private:
  std::expected<void, int> outcome(const std::string& path, bool is_there) const {
    if (const auto refused = tree_->refusals.find(path); refused != tree_->refusals.end())
      return std::unexpected(refused->second);
    if (!is_there) return std::unexpected(ENOENT);
    return {};
  }

  std::shared_ptr<FakeTree> tree_;
};
