// SPDX-License-Identifier: LGPL-2.1-or-later
// The kernel's files of one network namespace. Errors are errno values.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ipvs::inline v1 {

class Files {
 public:
  virtual ~Files() = default;

  /// Gives the content to `take`, piece by piece, to the file's end or until it returns false.
  virtual std::expected<void, int> read(const std::string& path, const std::function<bool(std::string_view)>& take) = 0;
  /// In one piece: the kernel takes each write as a whole value.
  virtual std::expected<void, int> write(const std::string& path, std::string_view text) = 0;
  /// What a folder has in it, sorted.
  virtual std::expected<std::vector<std::string>, int> names(const std::string& folder) = 0;
};

/// Those of the namespace that the thread is in now, wherever it goes later.
std::unique_ptr<Files> kernel_files();

}  // namespace ipvs::inline v1
