// SPDX-License-Identifier: GPL-2.0-or-later
// The input of --restore: a command a line.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "command.hh"
#include "names.hh"

namespace ipvsadm {

struct ScriptLine {
  unsigned number = 0;  ///< from 1 on
  std::string text;
  Command command;
};

struct ScriptError {
  unsigned number = 0;
  std::string text;  ///< of the line
  UsageError error;
};

/// Words are separated by blanks, tabs and line ends; there is no quoting. A word that starts with # begins a
/// comment. The word "ipvsadm" is dropped, so that a list of shell commands can be read as well.
std::vector<std::string> split_words(std::string_view line);

/// Reads lines one after another.
class ScriptReader {
 public:
  ScriptReader(std::string program, Names& names) : program_(std::move(program)), names_(names) {}

  /// Nothing for a line without a word. A --restore in a line is an error: its input would be the other
  /// lines.
  std::optional<std::expected<ScriptLine, ScriptError>> read(std::string_view line);

 private:
  std::string program_;
  Names& names_;
  unsigned number_ = 0;
};

/// True for commands that are the last of a script: help and version.
bool ends_script(const Command& command);

/// Takes the first line off `text`, without its newline.
std::string_view take_line(std::string_view& text);

/// Reads all lines before anything is done: either every one of them is a command, or all errors are told.
/// Lines behind a help or version command are not looked at.
std::expected<std::vector<ScriptLine>, std::vector<ScriptError>> read_script(std::string_view text,
                                                                             const std::string& program,
                                                                             Names& names);

}  // namespace ipvsadm
