// SPDX-License-Identifier: GPL-2.0-or-later
// ipvsadm: administers the kernel's virtual servers.
#include <cstdio>
#include <exception>

#include "names.hh"
#include "parse.hh"
#include "run.hh"

namespace {

int run(std::vector<std::string> args) {
  ipvsadm::SystemNames names;
  if (args.empty()) args.emplace_back("ipvsadm");
  ipvsadm::Runner runner(args.front(), names);
  if (args.size() == 1) return runner.run(ipvsadm::ListServices{});
  const auto command = ipvsadm::parse(args, names);
  if (!command) {
    std::fprintf(stderr, "%s\n", command.error().text.c_str());
    return command.error().exit_code;
  }
  return runner.run(*command);
}

}  // namespace

int main(int argc, char** argv) {
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
