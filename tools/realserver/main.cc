// SPDX-License-Identifier: GPL-2.0-or-later
// ipvs-realserver: what a real server of IPVS has to be set to, as commands, done, looked at, or taken back.
#include <getopt.h>
#include <net/if.h>

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "base/format.hh"
#include "base/io.hh"
#include "base/version.hh"
#include "base/words.hh"
#include "realserver/work.hh"

namespace {

using namespace realserver;

constexpr auto kFolder = "/run/ipvs-realserver";

constexpr auto kUsage =
    "usage: ipvs-realserver dr|tun ADDRESS... [--device NAME] [--tun-type ipip|gre|gue] [--tun-port PORT]\n"
    "                       [--apply|--check|--persistent networkd|ifupdown]\n"
    "       ipvs-realserver --undo\n"
    "  dr, tun                 the director's method: direct routing (ipvsadm -g) or tunnels (-i)\n"
    "  ADDRESS                 a virtual address of IPv4 or IPv6\n"
    "  --device NAME           where the addresses belong (lo); another one is made as a dummy device\n"
    "  --tun-type TYPE         with tun, as for ipvsadm: ipip (the default), gre or gue\n"
    "  --tun-port PORT         with gue\n"
    "  --apply                 do it; without this the commands are printed\n"
    "  --check                 print the commands that are still to be given; 1 if there are any\n"
    "  --persistent FORM       print files that do it at each start, for networkd or ifupdown\n"
    "  --undo                  bring back what --apply has changed\n"
    "  --help, --version\n";

namespace exit_code {
constexpr int ok = 0, unmet = 1, usage = 2, failed = 3;
}

int wrong_use(const std::string& why) {
  std::fprintf(stderr, "ipvs-realserver: %s\n%s", why.c_str(), kUsage);
  return exit_code::usage;
}

int failed(const std::string& why) {
  std::fprintf(stderr, "ipvs-realserver: %s\n", why.c_str());
  return exit_code::failed;
}

struct Options {
  Request request;
  bool apply = false, check = false, undo = false, has_device = false, has_type = false;
  std::string persistent;
  std::vector<std::string> words;
};

/// Whether the words of a command line are of one piece; else what is wrong with them.
std::expected<void, std::string> settle(Options& options) {
  using ipvsadm::formatted;
  Request& request = options.request;
  const int acts = options.apply + options.check + options.undo + !options.persistent.empty();
  if (acts > 1) return std::unexpected("--apply, --check, --persistent and --undo exclude each other");
  if (options.undo) {
    if (!options.words.empty() || options.has_device || options.has_type || request.port != 0)
      return std::unexpected("--undo stands alone: it brings back all that was changed");
    return {};
  }
  if (options.words.empty()) return std::unexpected("which method: dr or tun?");
  const std::string method = options.words.front();
  if (method != "dr" && method != "tun")
    return std::unexpected(formatted("{} is no method: it is dr or tun", ipvsadm::shown(method)));
  if (method == "dr" && (options.has_type || request.port != 0))
    return std::unexpected("--tun-type and --tun-port go with tun");
  if (method == "tun" && !options.has_type) request.way = Way::ipip;
  if ((request.way == Way::gue) != (request.port != 0))
    return std::unexpected(request.way == Way::gue ? "gue needs its --tun-port"
                                                   : "--tun-port goes with --tun-type gue");
  if (options.words.size() == 1) return std::unexpected("which virtual addresses?");
  for (std::size_t i = 1; i < options.words.size(); ++i) {
    const auto address = parse_address(options.words[i]);
    if (!address) return std::unexpected(address.error());
    request.addresses.push_back(*address);
  }
  if (request.device.empty() || request.device.size() >= IFNAMSIZ ||
      request.device.find_first_of("/ \t\n:%") != std::string::npos)
    return std::unexpected(formatted("{} is no name of a device", ipvsadm::shown(request.device)));
  if (!options.persistent.empty() && options.persistent != "networkd" && options.persistent != "ifupdown")
    return std::unexpected(
        formatted("{} is no form of files: it is networkd or ifupdown", ipvsadm::shown(options.persistent)));
  return {};
}

int act(const Options& options) {
  const auto all = needs(options.request);
  std::vector<Need> shown = all;
  if (options.apply || options.check || options.undo) {
    auto host = this_host();
    if (!host) return failed(host.error());
    if (options.check) {
      auto missing = unmet(all, **host);
      if (!missing) return failed(missing.error());
      shown = std::move(*missing);
    } else {
      const auto journal = open_journal(kFolder);
      if (!journal) return failed(journal.error());
      if (options.undo) {
        const auto left = undo(**host, **journal);
        if (!left) return failed(left.error());
        for (const std::string& each : *left)
          std::fprintf(stderr, "ipvs-realserver: note: %s\n", each.c_str());
        return exit_code::ok;
      }
      auto met = meet(all, **host, **journal);
      if (!met) return failed(met.error());
      shown = std::move(*met);
    }
  }
  for (const Need& each : shown) std::printf("%s\n", command(each).c_str());
  return options.check && !shown.empty() ? exit_code::unmet : exit_code::ok;
}

int print_files(const Options& options) {
  const auto text = options.persistent == "networkd"
                        ? networkd_files(options.request)
                        : std::expected<std::string, std::string>(ifupdown_files(options.request));
  if (!text) return wrong_use(text.error());
  std::fputs(text->c_str(), stdout);
  return exit_code::ok;
}

int run(int argc, char** argv) {
  const option longs[] = {{"device", required_argument, nullptr, 'd'},
                          {"tun-type", required_argument, nullptr, 't'},
                          {"tun-port", required_argument, nullptr, 'p'},
                          {"apply", no_argument, nullptr, 'a'},
                          {"check", no_argument, nullptr, 'c'},
                          {"undo", no_argument, nullptr, 'u'},
                          {"persistent", required_argument, nullptr, 'f'},
                          {"help", no_argument, nullptr, 'h'},
                          {"version", no_argument, nullptr, 'v'},
                          {}};
  Options options;
  for (int found; (found = getopt_long(argc, argv, "h", longs, nullptr)) != -1;) {
    const std::string word = optarg ? optarg : "";
    switch (found) {
      case 'd':
        options.request.device = word;
        options.has_device = true;
        break;
      case 't':
        if (word != "ipip" && word != "gre" && word != "gue")
          return wrong_use(ipvsadm::shown(word) + " is no type of tunnel: it is ipip, gre or gue");
        options.request.way = word == "ipip" ? Way::ipip : word == "gre" ? Way::gre : Way::gue;
        options.has_type = true;
        break;
      case 'p': {
        const auto port = ipvsadm::whole_number<std::uint16_t>(word);
        if (!port || *port == 0)
          return wrong_use(ipvsadm::shown(word) + " is no port: it is a number, 1..65535");
        options.request.port = *port;
        break;
      }
      case 'a':
        options.apply = true;
        break;
      case 'c':
        options.check = true;
        break;
      case 'u':
        options.undo = true;
        break;
      case 'f':
        options.persistent = word;
        if (word.empty()) return wrong_use("--persistent needs a form: networkd or ifupdown");
        break;
      case 'h':
        std::fputs(kUsage, stdout);
        return exit_code::ok;
      case 'v':
        std::printf("ipvs-realserver %s\n", ipvsadm::kOwnVersion);
        return exit_code::ok;
      default:
        std::fputs(kUsage, stderr);
        return exit_code::usage;
    }
  }
  options.words.assign(argv + optind, argv + argc);
  if (const auto good = settle(options); !good) return wrong_use(good.error());
  return options.persistent.empty() ? act(options) : print_files(options);
}

}  // namespace

int main(int argc, char** argv) {
  ipvsadm::occupy_standard_streams();
  try {
    const int code = run(argc, argv);
    if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
    std::fputs("ipvs-realserver: cannot write to standard output\n", stderr);
    return exit_code::failed;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "ipvs-realserver: %s\n", ipvsadm::shown(error.what()).c_str());
    return exit_code::failed;
  }
}
