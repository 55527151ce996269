// SPDX-License-Identifier: GPL-2.0-or-later
// ipvs-exporter: the kernel's IPVS for Prometheus, as JSON and as a page.
#include <getopt.h>
#include <malloc.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>
#include <vector>

#include "base/snapshot.hh"
#include "base/version.hh"
#include "base/words.hh"
#include "exporter/app.hh"
#include "exporter/server.hh"

namespace {

constexpr auto kUsage =
    "usage: ipvs-exporter [--listen ADDRESS:PORT]... [--name NAME]... [--node-prefix PREFIX]\n"
    "  --listen ADDRESS:PORT   where to answer, numeric (127.0.0.1:9793); may be given several times\n"
    "  --name NAME             what a proxy on this host calls us (addresses, localhost); may be given several times\n"
    "  --node-prefix PREFIX    what metrics begin with that node_exporter has, too (node_ipvs); \"\" leaves them out\n"
    "  --help, --version\n";

exporter::Server* running = nullptr;

bool is_prefix(const std::string& text) {
  if (text.empty()) return true;
  if (text.front() >= '0' && text.front() <= '9') return false;
  return text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == std::string::npos;
}

int wrong_use(const std::string& why) {
  std::fprintf(stderr, "ipvs-exporter: %s\n%s", ipvsadm::shown(why).c_str(), kUsage);
  return 2;
}

int run(int argc, char** argv) {
  const option longs[] = {{"listen", required_argument, nullptr, 'l'},
                          {"name", required_argument, nullptr, 'm'},
                          {"node-prefix", required_argument, nullptr, 'n'},
                          {"help", no_argument, nullptr, 'h'},
                          {"version", no_argument, nullptr, 'v'},
                          {}};
  std::vector<std::string> places, names;
  exporter::Options options;
  for (int found; (found = getopt_long(argc, argv, "h", longs, nullptr)) != -1;) {
    switch (found) {
      case 'l':
        places.emplace_back(optarg);
        break;
      case 'm':
        names.emplace_back(optarg);
        break;
      case 'n':
        options.node_prefix = optarg;
        if (!is_prefix(options.node_prefix)) return wrong_use("no name of a metric: " + options.node_prefix);
        break;
      case 'h':
        std::fputs(kUsage, stdout);
        return 0;
      case 'v':
        std::printf("ipvs-exporter %s\n", ipvsadm::kOwnVersion);
        return 0;
      default:
        std::fputs(kUsage, stderr);
        return 2;
    }
  }
  if (optind < argc) return wrong_use(std::string("what is this: ") + argv[optind]);
  if (places.empty()) places.emplace_back("127.0.0.1:9793");

  // A table of 50,000 servers is many small pieces of memory; two threads that have arenas of their own keep it twice.
  mallopt(M_ARENA_MAX, 1);
  const auto kernel = ipvsadm::running_kernel();
  exporter::App* app = nullptr;
  exporter::Server server([&](const exporter::Request& request, exporter::Ticket ticket) { app->handle(request, ticket); });
  for (const std::string& name : names) server.add_name(name);
  for (const std::string& place : places)
    if (const auto port = server.listen(place)) {
      std::printf("listening at %s\n", (place.substr(0, place.rfind(':') + 1) + std::to_string(*port)).c_str());
    } else {
      std::fprintf(stderr, "ipvs-exporter: cannot listen at %s: %s\n", ipvsadm::shown(place).c_str(), port.error().c_str());
      return 1;
    }
  std::fflush(stdout);
  running = &server;
  struct sigaction action{};
  action.sa_handler = [](int) { running->stop(); };
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGINT, &action, nullptr);
  exporter::App made(server, *kernel, options);
  app = &made;
  server.on_second([&] { made.on_second(); });
  server.run();
  // Nothing has to be put away, and a lane may wait for a kernel that does not answer.
  std::_Exit(0);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "ipvs-exporter: %s\n", ipvsadm::shown(error.what()).c_str());
    return 1;
  }
}
