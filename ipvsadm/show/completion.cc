// SPDX-License-Identifier: GPL-2.0-or-later
#include "show/completion.hh"

#include <string_view>
#include <vector>

#include "base/format.hh"
#include "grammar/options.hh"

namespace ipvsadm {
namespace {

std::string joined(const std::vector<std::string>& words, std::string_view between) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : std::string(between)) + word;
  return text;
}

/// Short names first.
std::vector<std::string> names_of(const CommandRow& row) {
  std::vector<std::string> names;
  for (const char letter : std::string_view(row.letters)) names.push_back(std::string("-") + letter);
  names.push_back(std::string("--") + row.long_name);
  return names;
}

std::vector<std::string> names_of(const OptionRow& row) {
  std::vector<std::string> names;
  if (row.short_name != 0) names.push_back(std::string("-") + row.short_name);
  names.push_back(std::string("--") + row.long_name);
  return names;
}

/// A function that sets REPLY by its argument: one of the names of each row.
class Choice {
 public:
  explicit Choice(std::string_view name) : text_(formatted("\n{}() {{\n  case $1 in\n", name)) {}

  void add(const std::vector<std::string>& names, const std::string& reply) {
    text_ += formatted("  {}) REPLY=\"{}\" ;;\n", joined(names, " | "), reply);
  }
  std::string text() const { return text_ + "  *) REPLY= ;;\n  esac\n}\n"; }

 private:
  std::string text_;
};

}  // namespace

std::string completion_tables() {
  std::vector<std::string> all_commands;
  std::string letters;
  Choice legal("_ipvsadm_legal"), value("_ipvsadm_value");
  const auto add_value = [&](const auto& row) {
    if (row.value == Value::none) return;
    const auto names = names_of(row);
    const char* kind = row.argument == Argument::optional ? " optional" : "";
    value.add(names, formatted("{} {}{}", name_of(row.value), names.front(), kind));
  };
  for (const CommandRow& command : commands()) {
    const auto names = names_of(command);
    all_commands.insert(all_commands.end(), names.begin(), names.end());
    if (command.argument != Argument::none) letters += command.letters;
    add_value(command);
    std::vector<std::string> goes_with;
    for (const OptionRow& option : options())
      if (is_legal(command.verb, option.option))
        for (const auto& name : names_of(option)) goes_with.push_back(name);
    if (!goes_with.empty()) legal.add(names, joined(goes_with, " "));
  }
  for (const OptionRow& option : options()) {
    if (option.short_name != 0 && option.argument != Argument::none) letters += option.short_name;
    add_value(option);
  }

  std::string text = "# SPDX-License-Identifier: GPL-2.0-or-later\n# Made from the table of options.\n\n";
  text += formatted("_ipvsadm_commands=\"{}\"\n", joined(all_commands, " "));
  text += "# short options with an argument\n" + formatted("_ipvsadm_letters={}\n", letters);
  text += "# what an argument can be\n";
  Choice words("_ipvsadm_words");
  for (auto i = 0; i <= static_cast<int>(Value::sysctl); ++i) {
    const auto each = static_cast<Value>(i);
    if (const auto known = words_of(each); !known.empty()) words.add({name_of(each)}, joined(known, " "));
  }
  text += words.text();
  text += "\n# what goes with a command" + legal.text();
  text += "\n# what the argument of an option is, and what the option is called in saved tables" + value.text();
  return text;
}

}  // namespace ipvsadm
