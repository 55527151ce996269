// SPDX-License-Identifier: GPL-2.0-or-later
// The input of --restore: a command a line.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "grammar/command.hh"
#include "names/names.hh"

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

/// The names that lines ask for, of which those of the lines behind are looked up together with the first one.
class NamesAhead : public Names {
 public:
  NamesAhead(std::string program, Names& names) : program_(std::move(program)), names_(names) {}
  /// What will be read next. It must stay until it is read.
  void look_at(std::string_view text) { ahead_ = text; }

  std::optional<ipvs::Address> address_of(const std::string& host, std::uint16_t family) override;
  std::optional<std::uint16_t> port_of(const std::string& service, std::uint16_t protocol) override {
    return names_.port_of(service, protocol);
  }
  std::optional<std::string> host_at(const ipvs::Address& address) override { return names_.host_at(address); }
  std::optional<std::string> service_at(std::uint16_t port, std::uint16_t protocol) override {
    return names_.service_at(port, protocol);
  }
  std::optional<std::uint32_t> mark_of(const std::string& name) override { return names_.mark_of(name); }
  std::optional<std::string> mark_name(std::uint32_t mark) override { return names_.mark_name(mark); }
  void prepare(std::span<const ipvs::Address> addresses) override { names_.prepare(addresses); }
  void prepare(std::span<const Host> hosts) override { names_.prepare(hosts); }

 private:
  std::string program_;
  Names& names_;
  std::string_view ahead_;
};

/// Reads lines one after another.
class ScriptReader {
 public:
  ScriptReader(std::string program, Names& names) : program_(std::move(program)), names_(program_, names) {}

  /// The lines that will be given to read(), so that names in them are looked up together. It must stay until then.
  void look_at(std::string_view text) { names_.look_at(text); }

  /// Nothing for a line without a word. A --restore in a line is an error: its input would be the other
  /// lines.
  std::optional<std::expected<ScriptLine, ScriptError>> read(std::string_view line);

 private:
  std::string program_;
  NamesAhead names_;
  unsigned number_ = 0;
};

/// True for commands that are the last of a script: help and version.
bool ends_script(const Command& command);

/// Reads all lines before anything is done: either every one of them is a command, or all errors are told.
/// Lines behind a help or version command are not looked at.
std::expected<std::vector<ScriptLine>, std::vector<ScriptError>> read_script(std::string_view text,
                                                                             const std::string& program,
                                                                             Names& names);

}  // namespace ipvsadm
