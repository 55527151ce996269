// SPDX-License-Identifier: GPL-2.0-or-later
// ipvsadm: administers the kernel's virtual servers.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <exception>

#include "names.hh"
#include "parse.hh"
#include "run.hh"

namespace {

int run(std::vector<std::string> args) {
  ipvsadm::SystemNames names;
  if (args.empty()) args.emplace_back("ipvsadm");
  // Wherever it stands, and also when the rest of the line is wrong.
  const bool distinct_codes = std::ranges::find(args, "--exit-codes") != args.end();
  ipvsadm::Runner runner(args.front(), names, distinct_codes);
  if (args.size() == 1) return runner.run(ipvsadm::ListServices{});
  const auto command = ipvsadm::parse(args, names);
  const int code = command ? runner.run(*command) : runner.refuse(command.error());
  if (code != ipvsadm::exit_code::ok && names.gave_up())
    std::fputs("hint: no name server answered\n", stderr);
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  if (!isatty(STDOUT_FILENO)) std::setvbuf(stdout, nullptr, _IOFBF, 1 << 16);
  int code;
  try {
    code = run({argv, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", argv[0], error.what());
    return ipvsadm::exit_code::usage;
  }
  // A listing that did not reach its reader is no success.
  if (std::fflush(stdout) != 0 && code == ipvsadm::exit_code::ok) {
    std::perror(argv[0]);
    code = ipvsadm::exit_code::listing_failed;
  }
  return code;
}
