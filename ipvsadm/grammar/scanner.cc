// SPDX-License-Identifier: GPL-2.0-or-later
#include "grammar/scanner.hh"

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "base/format.hh"
#include "base/words.hh"

namespace ipvsadm {
namespace {

unsigned argument_kind(Argument argument) {
  switch (argument) {
    case Argument::none:
      return POPT_ARG_NONE;
    case Argument::required:
      return POPT_ARG_STRING;
    case Argument::optional:
      return POPT_ARG_STRING | POPT_ARGFLAG_OPTIONAL;
  }
  return POPT_ARG_NONE;
}

// What popt reports: commands from 1 on, options behind them.
constexpr int kCommand = 1, kOption = kCommand + static_cast<int>(Verb::count);

std::vector<poptOption> make_table(bool with_long) {
  std::vector<poptOption> rows;
  const auto add = [&](const char* name, char letter, Argument argument, int value) {
    rows.push_back({with_long ? name : nullptr, letter, argument_kind(argument), nullptr, value, nullptr, nullptr});
  };
  for (const CommandRow& each : commands()) {
    const int value = kCommand + static_cast<int>(each.verb);
    for (const char letter : std::string_view(each.letters)) add(each.long_name, letter, each.argument, value);
    if (with_long && *each.letters == 0) add(each.long_name, 0, each.argument, value);
  }
  for (const OptionRow& each : options())
    if (with_long || each.short_name != 0)
      add(each.long_name, each.short_name, each.argument, kOption + static_cast<int>(each.option));
  // popt goes through the table from its beginning: there stands what saved tables are made of.
  std::ranges::stable_sort(rows, {}, [](const poptOption& row) {
    constexpr std::string_view kFrequent = "aAturgimwspfMxy";
    return row.shortName == 0 ? kFrequent.npos : kFrequent.find(row.shortName);
  });
  rows.push_back(POPT_TABLEEND);
  return rows;
}

/// Made once: a restore reads many command lines. popt compares every row for each option, which is most of
/// what a line costs; so those without a long option, nearly all, get a table that has none.
const poptOption* option_table(const std::vector<std::string>& args) {
  static const auto whole = make_table(true), short_ones = make_table(false);
  const bool with_long =
      std::ranges::any_of(args, [](const std::string& arg) { return arg.starts_with("--"); });
  return (with_long ? whole : short_ones).data();
}

}  // namespace

Scanner::Scanner(const std::vector<std::string>& args) {
  argv_.reserve(args.size() + 1);
  for (const auto& arg : args) argv_.push_back(arg.c_str());
  argv_.push_back(nullptr);
  // Without a program name popt reads no alias files: what a command means is not for a file in $HOME to say.
  context_.reset(poptGetContext(nullptr, static_cast<int>(args.size()), argv_.data(), option_table(args), 0));
}

std::optional<Scanned> Scanner::next() {
  result_ = poptGetNextOpt(context_.get());
  if (result_ < 0) return {};
  Scanned scanned{static_cast<Verb>(result_ - kCommand), {}};
  if (result_ >= kOption) scanned.what = static_cast<Option>(result_ - kOption);
  if (char* argument = poptGetOptArg(context_.get())) {
    scanned.argument = argument;
    std::free(argument);
  }
  return scanned;
}

std::string Scanner::error() const {
  if (result_ >= -1) return {};
  return formatted("{}: {}", shown(as_typed()), poptStrerror(result_));
}

std::string Scanner::as_typed() const { return poptBadOption(context_.get(), 0); }

std::optional<std::string> Scanner::leftover() {
  const char* word = poptGetArg(context_.get());
  if (!word) return {};
  return word;
}

}  // namespace ipvsadm
