// SPDX-License-Identifier: GPL-2.0-or-later
// ipvs-feedback: weights of the kernel's IPVS servers, by what the servers say of themselves.
#include <getopt.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>

#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <optional>
#include <string>

#include "base/io.hh"
#include "base/version.hh"
#include "base/words.hh"
#include "feedback/daemon.hh"

namespace {

constexpr auto kUsage =
    "usage: ipvs-feedback [--config FILE] [--state FILE] [--once] [--dry-run] [--verbose] [--check-config]\n"
    "  -c, --config FILE   what to ask whom (/etc/ipvs-feedback.conf); see ipvs-feedback.conf(5)\n"
    "  --state FILE        what is kept for a next run (/run/ipvs-feedback/state)\n"
    "  --once              ask each server once, set its weight to what it says, and end\n"
    "  --dry-run           print what would be set, and set nothing\n"
    "  -v, --verbose       tell each change of a weight, and each question without an answer\n"
    "  --check-config      read the configuration, say what is wrong, and end\n"
    "  -h, --help, --version\n";

/// For systemd not to try again what will fail again.
constexpr int kWrongUse = 2;

int wrong_use(const std::string& why) {
  std::fprintf(stderr, "ipvs-feedback: %s\n%s", ipvsadm::shown(why).c_str(), kUsage);
  return kWrongUse;
}

std::expected<feedback::Config, std::string> config_in(const std::string& path) {
  const auto text = ipvsadm::read_file(path);
  if (!text) return std::unexpected(path + ": " + std::strerror(text.error()));
  auto config = feedback::read_config(*text);
  if (!config) return std::unexpected(config.error().message(path));
  return std::move(*config);
}

int run(int argc, char** argv) {
  const option longs[] = {{"config", required_argument, nullptr, 'c'},
                          {"state", required_argument, nullptr, 's'},
                          {"once", no_argument, nullptr, 'o'},
                          {"dry-run", no_argument, nullptr, 'd'},
                          {"verbose", no_argument, nullptr, 'v'},
                          {"check-config", no_argument, nullptr, 'k'},
                          {"help", no_argument, nullptr, 'h'},
                          {"version", no_argument, nullptr, 'V'},
                          {}};
  std::string config_path = "/etc/ipvs-feedback.conf", state_path = "/run/ipvs-feedback/state";
  feedback::Options options;
  bool is_talkative = false, is_check = false;
  for (int found; (found = getopt_long(argc, argv, "c:vh", longs, nullptr)) != -1;) {
    switch (found) {
      case 'c':
        config_path = optarg;
        break;
      case 's':
        state_path = optarg;
        break;
      case 'o':
        options.is_once = true;
        break;
      case 'd':
        options.is_dry = true;
        break;
      case 'v':
        is_talkative = true;
        break;
      case 'k':
        is_check = true;
        break;
      case 'h':
        std::fputs(kUsage, stdout);
        return 0;
      case 'V':
        std::printf("ipvs-feedback %s\n", ipvsadm::kOwnVersion);
        return 0;
      default:
        std::fputs(kUsage, stderr);
        return kWrongUse;
    }
  }
  if (optind < argc) return wrong_use(std::string("what is this: ") + argv[optind]);

  auto config = config_in(config_path);
  if (!config) {
    std::fprintf(stderr, "ipvs-feedback: %s\n", ipvsadm::escaped(config.error()).c_str());
    return kWrongUse;
  }
  if (is_check) return 0;

  feedback::Log log(stderr, is_talkative);
  feedback::StateFile state(state_path);
  if (!options.is_dry)
    if (const auto locked = state.lock(); !locked) {
      std::fprintf(stderr, "ipvs-feedback: %s\n", ipvsadm::escaped(locked.error()).c_str());
      return 1;
    }
  // Who ignores it is never told what a program ended with.
  std::signal(SIGCHLD, SIG_DFL);
  // Programs that are asked have no need of our right.
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  sigset_t signals;
  sigemptyset(&signals);
  for (const int each : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, each);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  const auto table = feedback::running_table();
  feedback::DryTable dry(*table);
  feedback::Daemon daemon(std::move(*config), options.is_dry ? dry : *table, state, log, options,
                          ipvsadm::Fd(signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK)), [&]() -> std::optional<feedback::Config> {
                            auto again = config_in(config_path);
                            if (again) return std::move(*again);
                            log.say(again.error() + "; the configuration from before holds", std::chrono::steady_clock::now());
                            return {};
                          });
  return daemon.run();
}

}  // namespace

int main(int argc, char** argv) {
  ipvsadm::occupy_standard_streams();
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "ipvs-feedback: %s\n", ipvsadm::shown(error.what()).c_str());
    return 1;
  }
}
