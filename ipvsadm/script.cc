// SPDX-License-Identifier: GPL-2.0-or-later
#include "script.hh"

#include <fmt/format.h>

#include <algorithm>

#include "parse.hh"

namespace ipvsadm {
namespace {

constexpr std::string_view kSeparators = " \t\r\n";

bool ends_script(const Command& command) {
  return std::holds_alternative<ShowHelp>(command) || std::holds_alternative<ShowVersion>(command);
}

}  // namespace

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

std::expected<std::vector<ScriptLine>, std::vector<ScriptError>> read_script(std::string_view text,
                                                                             const std::string& program,
                                                                             Names& names) {
  std::vector<ScriptLine> lines;
  std::vector<ScriptError> errors;
  for (unsigned number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::vector<std::string> args = split_words(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (args.empty()) continue;

    args.insert(args.begin(), program);
    auto command = parse(args, names);
    if (command && std::holds_alternative<Restore>(*command)) {
      // Its input would be the rest of these lines.
      command = std::unexpected(UsageError{
          fmt::format("Try `{0} -h' or '{0} --help' for more information.", program), exit_code::bad_option});
    }
    if (!command) {
      errors.push_back({number, command.error()});
      continue;
    }
    lines.push_back({number, std::move(*command)});
    if (ends_script(lines.back().command)) break;
  }
  if (!errors.empty()) return std::unexpected(std::move(errors));
  return lines;
}

}  // namespace ipvsadm
