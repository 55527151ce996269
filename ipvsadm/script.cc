// SPDX-License-Identifier: GPL-2.0-or-later
#include "script.hh"

#include <fmt/format.h>

#include <algorithm>

#include "parse.hh"

namespace ipvsadm {
namespace {

constexpr std::string_view kSeparators = " \t\r\n";

std::string trimmed(std::string_view line) {
  const std::size_t start = std::min(line.find_first_not_of(kSeparators), line.size());
  return std::string(line.substr(start, line.find_last_not_of(kSeparators) + 1 - start));
}

}  // namespace

bool ends_script(const Command& command) {
  return std::holds_alternative<ShowHelp>(command) || std::holds_alternative<ShowVersion>(command);
}

std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

std::vector<std::string> split_words(std::string_view line) {
  std::vector<std::string> words;
  for (;;) {
    line.remove_prefix(std::min(line.find_first_not_of(kSeparators), line.size()));
    if (line.empty() || line.front() == '#') return words;
    const std::size_t end = std::min(line.find_first_of(kSeparators), line.size());
    if (line.substr(0, end) != "ipvsadm") words.emplace_back(line.substr(0, end));
    line.remove_prefix(end);
  }
}

std::optional<std::expected<ScriptLine, ScriptError>> ScriptReader::read(std::string_view line) {
  ++number_;
  std::vector<std::string> args = split_words(line);
  if (args.empty()) return {};
  args.insert(args.begin(), program_);
  auto command = parse(args, names_);
  if (command && std::holds_alternative<Restore>(*command))
    command = std::unexpected(
        UsageError{.text = fmt::format("Try `{0} -h' or '{0} --help' for more information.", program_),
                   .exit_code = exit_code::bad_option,
                   .failure = Failure::usage});
  if (!command) return std::unexpected(ScriptError{number_, trimmed(line), command.error()});
  return ScriptLine{number_, trimmed(line), std::move(*command)};
}

std::expected<std::vector<ScriptLine>, std::vector<ScriptError>> read_script(std::string_view text,
                                                                             const std::string& program,
                                                                             Names& names) {
  std::vector<ScriptLine> lines;
  std::vector<ScriptError> errors;
  ScriptReader reader(program, names);
  while (!text.empty()) {
    auto line = reader.read(take_line(text));
    if (!line) continue;
    if (!*line) {
      errors.push_back(std::move(line->error()));
      continue;
    }
    lines.push_back(std::move(**line));
    if (ends_script(lines.back().command)) break;
  }
  if (!errors.empty()) return std::unexpected(std::move(errors));
  return lines;
}

}  // namespace ipvsadm
