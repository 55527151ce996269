// SPDX-License-Identifier: GPL-2.0-or-later
#include "show/help.hh"

#include <linux/ip_vs.h>

#include <string_view>

#include "base/format.hh"
#include "base/version.hh"
#include "base/words.hh"
#include "grammar/options.hh"

namespace ipvsadm {
namespace {

std::string row(const std::string& option, int width, std::string_view what) {
  return formatted("  {:<{}} {}\n", option, width, what);
}

/// With the words that an argument can be where the table has {}.
std::string help_of(const OptionRow& option) {
  std::string text = option.help, words;
  for (const auto& word : words_of(option.value)) words += (words.empty() ? "" : "|") + word;
  if (const auto place = text.find("{}"); place != std::string::npos) text.replace(place, 2, words);
  return text;
}

std::string letters_of(const CommandRow& command) {
  std::string text;
  for (const char letter : std::string_view(command.letters)) text += std::string(text.empty() ? "-" : "|-") + letter;
  return text;
}

std::string left_side(const OptionRow& option) {
  const std::string letter = option.short_name != 0 ? std::string("-") + option.short_name : "";
  switch (option.section) {
    case Section::service:
      return formatted("{:<17} {}", formatted("--{}{}{}", option.long_name, letter.empty() ? "" : "|", letter),
                       option.argument_name);
    case Section::general:
      return formatted("{:<14} {:<2} {}", formatted("--{}", option.long_name), letter, option.argument_name);
    case Section::daemon:
      return formatted("--{} {}", option.long_name, option.argument_name);
  }
  return {};
}

std::string section_text(Section section) {
  constexpr int kWidth = 35;
  std::string text;
  for (const OptionRow& option : options()) {
    if (option.section != section) continue;
    const std::string help = help_of(option);
    std::string_view lines = help;
    text += row(left_side(option), kWidth, take_line(lines));
    while (!lines.empty()) text += row("", kWidth, take_line(lines));
  }
  return text;
}

}  // namespace

std::string version_text() {
  return formatted("ipvsadm v{} {} (compiled with popt and IPVS v{})\n", kClassicVersion, kClassicDate,
                   version_words(IP_VS_VERSION_CODE));
}

std::string program_text() {
  return formatted("This is the ipvsadm that comes with ipvs {}; it does what v{} does, and more.\n", kOwnVersion,
                   kClassicVersion);
}

std::string help_text(const std::string& program) {
  std::string text = version_text() + "Usage:\n";
  for (const CommandRow& command : commands())
    if (command.usage) text += formatted("  {} {}\n", program, command.usage);
  text += "\nCommands:\nEither long or short options are allowed.\n";
  for (const CommandRow& command : commands())
    text += row(formatted("{:<17} {}", formatted("--{}{}", command.long_name, command.argument_name),
                          letters_of(command)),
                27, command.help);
  text += "\nvirtual-service:\n" + section_text(Section::service);
  text += "\nOptions:\n" + section_text(Section::general);
  text += "Daemon Options:\n" + section_text(Section::daemon);
  return text;
}

}  // namespace ipvsadm
