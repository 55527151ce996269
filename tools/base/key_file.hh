// SPDX-License-Identifier: GPL-2.0-or-later
// Keys of sync daemons. They come from files, for the command line of a process is seen by everybody.
#pragma once

#include <expected>
#include <string>

namespace ipvsadm {

struct KeyFileError {
  int code = 0;      ///< errno; 0: it was read, and is no key or nobody's secret
  std::string text;  ///< what is wrong with the file, without its name
};

/// The content of a file without the newline at its end, 16..64 bytes. It must be a regular file that belongs to root or to
/// whoever runs this, and that nobody else may read or write.
std::expected<std::string, KeyFileError> read_key_file(const std::string& path);

}  // namespace ipvsadm
