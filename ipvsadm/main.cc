// SPDX-License-Identifier: GPL-2.0-or-later
// ipvsadm: administers the kernel's virtual servers.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <exception>

#include "apply/run.hh"
#include "base/words.hh"
#include "grammar/parse.hh"
#include "names/names.hh"

namespace {

int run(std::vector<std::string> args) {
  ipvsadm::SystemNames names;
  if (args.empty()) args.emplace_back("ipvsadm");
  // Wherever it stands, and also when the rest of the line is wrong.
  const bool distinct_codes = std::ranges::find(args, "--exit-codes") != args.end();
  ipvsadm::Runner runner(args.front(), names, distinct_codes);
  if (args.size() == 1) return runner.finish(runner.run(ipvsadm::ListServices{}));
  const auto command = ipvsadm::parse(args, names);
  const int code = runner.finish(command ? runner.run(*command) : runner.refuse(command.error()));
  if (code != ipvsadm::exit_code::ok) std::fputs(names.trouble().c_str(), stderr);
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  ipvsadm::occupy_standard_streams();
  if (!isatty(STDOUT_FILENO)) std::setvbuf(stdout, nullptr, _IOFBF, 1 << 16);
  try {
    return run({argv, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "ipvsadm: %s\n", ipvsadm::escaped(error.what()).c_str());
    return ipvsadm::exit_code::usage;
  }
}
