// SPDX-License-Identifier: GPL-2.0-or-later
// The option parser (popt) behind a small face: one option after another, then the words left over.
#pragma once

#include <popt.h>

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "grammar/options.hh"

namespace ipvsadm {

struct Scanned {
  std::variant<Verb, Option> what;
  std::optional<std::string> argument;
};

class Scanner {
 public:
  /// `args` starts with the program's name and must outlive the scanner.
  explicit Scanner(const std::vector<std::string>& args);

  /// The next option; nothing at the end or on an error.
  std::optional<Scanned> next();
  /// What stopped next(): "OPTION: what is wrong"; empty at the regular end.
  std::string error() const;
  /// The option last seen, as typed.
  std::string as_typed() const;
  /// The next word that belongs to no option; valid after next() has come to its end.
  std::optional<std::string> leftover();

 private:
  struct Free {
    void operator()(poptContext context) const { poptFreeContext(context); }
  };

  std::vector<const char*> argv_;
  std::unique_ptr<poptContext_s, Free> context_;
  int result_ = 0;
};

}  // namespace ipvsadm
