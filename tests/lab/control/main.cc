// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstdio>
#include <cstdlib>
#include <map>
#include <vector>

#include "control.hh"

namespace {

constexpr char kUsage[] = R"(usage: control [netlink|sockopt] COMMAND...
  dump                         the table as text, in kernel order
  replace FILE                 the table becomes that of the file; "-" reads standard input
  connections [most=N] [protocol|client|cport|virt|vport|dest|dport|state=VALUE]...
                               those that are wanted, N at most
  weights RATE SECONDS         so many edits of weights a second, one server after the other
  options [raw|udp|tcp|udp6]   every socket option, called in every way: what the kernel says
  daemon start STATE DEVICE SYNCID [LENGTH] | stop STATE [LENGTH] | list [LENGTH]
                               the socket options of synchronisation daemons
  latency ADDRESS PORT SECONDS PATIENCE
                               how long answers of a UDP server take; none within so many ms is lost
  interrupt VERSION services|dests|table COMMAND
                               a dump during which the shell runs a command; dests: those of mark 1
  oversize N                   a table of so many services without anything
  write-through PID FD TEXT    a write to a file that a process has opened
  fuzz-netlink N SEED          random messages
  fuzz-options N SEED          random calls of socket options
)";

using Command = int (*)(ipvs::Client&, control::Words);
const std::map<std::string, int (*)(control::Words)> kRawCommands{
    {"options", control::options},
    {"daemon", control::daemon},
    {"latency", control::latency},
    {"interrupt", control::interrupt},
    {"oversize", control::oversize},
    {"write-through", control::write_through},
    {"fuzz-netlink", control::fuzz_netlink},
    {"fuzz-options", control::fuzz_options},
};
const std::map<std::string, Command> kCommands{
    {"dump", control::dump},
    {"replace", control::replace},
    {"connections", control::connections},
    {"weights", control::edit_weights},
};

}  // namespace

namespace control {

unsigned long number(const std::string& word) {
  char* end = nullptr;
  const unsigned long value = std::strtoul(word.c_str(), &end, 0);
  if (word.empty() || *end != '\0') fail("not a number: " + word);
  return value;
}

void fail(const std::string& text) {
  std::fprintf(stderr, "control: %s\n", text.c_str());
  std::exit(2);
}

}  // namespace control

int main(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  auto transport = ipvs::Client::Transport::any;
  if (!words.empty() && (words[0] == "netlink" || words[0] == "sockopt")) {
    transport = words[0] == "netlink" ? ipvs::Client::Transport::netlink : ipvs::Client::Transport::sockopt;
    words.erase(words.begin());
  }
  if (!words.empty())
    if (const auto raw = kRawCommands.find(words[0]); raw != kRawCommands.end())
      return raw->second(control::Words(words).subspan(1));
  const auto command = words.empty() ? kCommands.end() : kCommands.find(words[0]);
  if (command == kCommands.end()) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  auto client = ipvs::Client::open(transport);
  if (!client) control::fail(client.error().message());
  return command->second(*client, control::Words(words).subspan(1));
}
