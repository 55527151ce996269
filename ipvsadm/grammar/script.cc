// SPDX-License-Identifier: GPL-2.0-or-later
#include "grammar/script.hh"

#include <netinet/in.h>


#include "base/words.hh"
#include "grammar/parse.hh"

namespace ipvsadm {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

/// Writes down which hosts it is asked for.
class HostList : public Names {
 public:
  std::optional<ipvs::Address> address_of(const std::string& host, std::uint16_t family) override {
    hosts.emplace_back(host, family);
    return family == AF_INET ? ipvs::Address::v4({INADDR_LOOPBACK}) : ipvs::Address::v6(in6addr_loopback);
  }
  std::optional<std::uint16_t> port_of(const std::string&, std::uint16_t) override { return 1; }
  std::optional<std::string> host_at(const ipvs::Address&) override { return {}; }
  std::optional<std::string> service_at(std::uint16_t, std::uint16_t) override { return {}; }
  std::optional<std::uint32_t> mark_of(const std::string&) override { return 1; }
  std::optional<std::string> mark_name(std::uint32_t) override { return {}; }
  void prepare(std::span<const ipvs::Address>) override {}
  void prepare(std::span<const Host>) override {}

  std::vector<Host> hosts;
};

}  // namespace

std::optional<ipvs::Address> NamesAhead::address_of(const std::string& host, std::uint16_t family) {
  if (!ahead_.empty()) {
    HostList list;
    list.hosts.emplace_back(host, family);
    while (!ahead_.empty()) {
      std::vector<std::string> args = split_words(take_line(ahead_));
      args.insert(args.begin(), program_);
      // Whether the line is right will be seen when it is read.
      (void)parse(args, list);
    }
    names_.prepare(list.hosts);
  }
  return names_.address_of(host, family);
}

bool ends_script(const Command& command) {
  return std::holds_alternative<ShowHelp>(command) || std::holds_alternative<ShowVersion>(command);
}

std::vector<std::string> split_words(std::string_view line) {
  std::vector<std::string> words;
  words.reserve(16);
  for (;;) {
    const std::string_view word = take_word(line, kBlanks);
    if (word.empty() || word.starts_with('#')) return words;
    if (word != "ipvsadm") words.emplace_back(word);
  }
}

std::optional<std::expected<ScriptLine, ScriptError>> ScriptReader::read(std::string_view line) {
  ++number_;
  std::vector<std::string> args = split_words(line);
  if (args.empty()) return {};
  args.insert(args.begin(), program_);
  // To the option parser a word would end there, and half a file would be good.
  if (line.find('\0') != std::string_view::npos)
    return std::unexpected(ScriptError{number_, std::string(trimmed(line, kBlanks)), try_help(program_)});
  auto command = parse(args, names_);
  if (command && std::holds_alternative<Restore>(*command)) command = std::unexpected(try_help(program_));
  if (!command) return std::unexpected(ScriptError{number_, std::string(trimmed(line, kBlanks)), command.error()});
  return ScriptLine{number_, std::string(trimmed(line, kBlanks)), std::move(*command)};
}

std::expected<std::vector<ScriptLine>, std::vector<ScriptError>> read_script(std::string_view text,
                                                                             const std::string& program,
                                                                             Names& names) {
  std::vector<ScriptLine> lines;
  std::vector<ScriptError> errors;
  ScriptReader reader(program, names);
  reader.look_at(text);
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
