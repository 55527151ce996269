// SPDX-License-Identifier: GPL-2.0-or-later
#include "script.hh"

#include <algorithm>

#include "parse.hh"

namespace ipvsadm {
namespace {

bool is_separator(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

std::string trimmed(std::string_view line) {
  while (!line.empty() && is_separator(line.front())) line.remove_prefix(1);
  while (!line.empty() && is_separator(line.back())) line.remove_suffix(1);
  return std::string(line);
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
  words.reserve(16);
  for (auto pos = line.begin();;) {
    pos = std::find_if_not(pos, line.end(), is_separator);
    if (pos == line.end() || *pos == '#') return words;
    const auto end = std::find_if(pos, line.end(), is_separator);
    if (const std::string_view word(pos, end); word != "ipvsadm") words.emplace_back(word);
    pos = end;
  }
}

std::optional<std::expected<ScriptLine, ScriptError>> ScriptReader::read(std::string_view line) {
  ++number_;
  std::vector<std::string> args = split_words(line);
  if (args.empty()) return {};
  args.insert(args.begin(), program_);
  auto command = parse(args, names_);
  if (command && std::holds_alternative<Restore>(*command)) command = std::unexpected(try_help(program_));
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
