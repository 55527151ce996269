// SPDX-License-Identifier: GPL-2.0-or-later
#include "scanner.hh"

#include <algorithm>
#include <cstdlib>

#include "format.hh"
#include "text.hh"

namespace ipvsadm {
namespace {

unsigned argument_kind(Spelling::Argument argument) {
  switch (argument) {
    case Spelling::Argument::none:
      return POPT_ARG_NONE;
    case Spelling::Argument::required:
      return POPT_ARG_STRING;
    case Spelling::Argument::optional:
      return POPT_ARG_STRING | POPT_ARGFLAG_OPTIONAL;
  }
  return POPT_ARG_NONE;
}

std::vector<poptOption> make_table(bool with_long) {
  std::vector<poptOption> rows;
  for (const Spelling& each : spellings())
    if (with_long || each.short_name != 0)
      rows.push_back({with_long ? each.long_name : nullptr, each.short_name, argument_kind(each.argument),
                      nullptr, static_cast<int>(each.id), nullptr, nullptr});
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
  Scanned scanned{static_cast<Spelling::Id>(result_), {}};
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
