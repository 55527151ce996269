// SPDX-License-Identifier: GPL-2.0-or-later
// ipvs-top: what the kernel's load balancer does, in a terminal.
#include <signal.h>
#include <sys/signalfd.h>

#include <cerrno>
#include <cstdio>
#include <exception>
#include <system_error>

#include "base/io.hh"
#include "base/snapshot.hh"
#include "base/version.hh"
#include "base/words.hh"
#include "top/batch.hh"
#include "top/live.hh"
#include "top/options.hh"

namespace {

/// Readable when this process is to end. Blocked, the signals cannot end it while the terminal is not as it was.
int end_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int each : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) sigaddset(&signals, each);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  const int fd = signalfd(-1, &signals, SFD_CLOEXEC);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "signalfd");
  return fd;
}

int run(int argc, char** argv) {
  ipvsadm::occupy_standard_streams();
  const auto options = top::options_from(argc, argv);
  if (!options) {
    std::fprintf(stderr, "ipvs-top: %s\n%s", options.error().c_str(), top::usage().c_str());
    return 2;
  }
  if (options->print != top::Options::Print::nothing) {
    ipvsadm::Output output(stdout);
    output.write(options->print == top::Options::Print::help ? top::usage()
                                                             : std::string("ipvs-top ") + ipvsadm::kOwnVersion + "\n");
    output.close();
    return output.error() == 0 ? 0 : 1;
  }
  const auto kernel = ipvsadm::running_kernel();
  const int end = end_signals();
  if (options->is_batch) return top::run_batch(*kernel, *options, end);
  auto terminal = top::Terminal::open();
  if (!terminal) {
    std::fprintf(stderr, "ipvs-top: %s\n", terminal.error().c_str());
    return 1;
  }
  top::run_live(std::move(*terminal), *kernel, *options, end);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "ipvs-top: %s\n", ipvsadm::shown(error.what()).c_str());
    return 1;
  }
}
