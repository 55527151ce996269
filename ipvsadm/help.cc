// SPDX-License-Identifier: GPL-2.0-or-later
#include "help.hh"

#include <linux/ip_vs.h>

#include "format.hh"

namespace ipvsadm {
namespace {

constexpr const char* kForms[] = {
    "-A|E virtual-service [-s scheduler] [-p [timeout]] [-M netmask] [--pe persistence_engine] "
    "[-b sched-flags] [-o]",
    "-D virtual-service",
    "-C",
    "-R [--replace|--atomic]",
    "-S [-n]",
    "-a|e virtual-service -r server-address [options]",
    "-d virtual-service -r server-address",
    "-L|l [virtual-service] [options]",
    "-Z [virtual-service]",
    "--set tcp tcpfin udp",
    "--start-daemon {master|backup} [daemon-options]",
    "--stop-daemon {master|backup}",
    "-O [name[=value]|^name,...] [--json]",
    "-h",
};

// Long name, short name, text.
constexpr const char* kCommands[][3] = {
    {"--add-service", "-A", "add a virtual service with its options"},
    {"--edit-service", "-E", "replace the options of a virtual service"},
    {"--delete-service", "-D", "delete a virtual service and its servers"},
    {"--clear", "-C", "delete all virtual services"},
    {"--restore", "-R", "read commands from standard input"},
    {"--save", "-S", "print the services as commands for --restore"},
    {"--add-server", "-a", "add a real server with its options"},
    {"--edit-server", "-e", "replace the options of a real server"},
    {"--delete-server", "-d", "delete a real server"},
    {"--list", "-L|-l", "list services, or what the options name"},
    {"--zero", "-Z", "zero the counters of a service or of all"},
    {"--set tcp tcpfin udp", "", "set timeouts in seconds; 0 keeps one"},
    {"--start-daemon", "", "start a connection sync daemon"},
    {"--stop-daemon", "", "stop a connection sync daemon"},
    {"--sysctl", "-O", "list the sysctls of IPVS, or show, set and reset those named"},
    {"--help", "-h", "print this text"},
    {"--version", "-v", "print the version"},
};

// Names, argument, text.
constexpr const char* kServices[][3] = {
    {"--tcp-service|-t", "service-address", "service-address is host[:port]"},
    {"--udp-service|-u", "service-address", "service-address is host[:port]"},
    {"--sctp-service", "service-address", "service-address is host[:port]"},
    {"--fwmark-service|-f", "fwmark", "firewall mark, an integer from 1 on or a name"},
};

// Long name, short name, argument, text.
constexpr const char* kOptions[][4] = {
    {"--ipv6", "-6", "", "the firewall mark service is IPv6"},
    {"--scheduler", "-s", "scheduler", "rr|wrr|lc|wlc|lblc|lblcr|dh|sh|sed|nq|fo|ovf|mh|twos,"},
    {"", "", "", "wlc if not given"},
    {"--pe", "", "engine", "persistence engine: sip,"},
    {"", "", "", "none if not given"},
    {"--persistent", "-p", "[timeout]", "persistent service; seconds (default=360)"},
    {"--netmask", "-M", "netmask", "granularity of persistence"},
    {"--real-server", "-r", "server-address", "server-address is host[:port]"},
    {"--gatewaying", "-g", "", "direct routing (default)"},
    {"--ipip", "-i", "", "tunneling"},
    {"--masquerading", "-m", "", "network address translation"},
    {"--tun-type", "", "type", "ipip|gue|gre,"},
    {"", "", "", "ipip if not given"},
    {"--tun-port", "", "port", "destination port of a GUE tunnel"},
    {"--tun-nocsum", "", "", "tunnel without checksum"},
    {"--tun-csum", "", "", "tunnel with checksum"},
    {"--tun-remcsum", "", "", "tunnel with remote checksum offload"},
    {"--weight", "-w", "weight", "capacity of the server (default=1)"},
    {"--u-threshold", "-x", "uthreshold", "connections from which on it gets no new ones"},
    {"--l-threshold", "-y", "lthreshold", "connections below which it gets new ones again"},
    {"--connection", "-c", "", "list connections"},
    {"--timeout", "", "", "list timeouts (tcp tcpfin udp)"},
    {"--daemon", "", "", "list sync daemons"},
    {"--stats", "", "", "list counters"},
    {"--rate", "", "", "list rates per second"},
    {"--exact", "-X", "", "numbers in full"},
    {"--thresholds", "", "", "list connection thresholds"},
    {"--persistent-conn", "", "", "list persistent connections"},
    {"--tun-info", "", "", "list tunnels"},
    {"--nosort", "", "", "do not sort services and servers"},
    {"--sort", "", "", "does nothing; accepted for old scripts"},
    {"--ops", "-o", "", "one-packet scheduling"},
    {"--numeric", "-n", "", "addresses and ports as numbers"},
    {"--replace", "", "", "with --restore: clear the table first, if all lines are good"},
    {"--atomic", "", "", "with --restore: all lines or none, as one step"},
    {"--ensure", "", "", "add or edit; delete what may be absent"},
    {"--json", "", "", "list as JSON"},
    {"--exit-codes", "", "", "an exit code for each kind of failure"},
    {"--sched-flags", "-b", "flags", "flags of the scheduler, comma-separated"},
};

// Name with argument, text.
constexpr const char* kDaemonOptions[][2] = {
    {"--syncid sid", "number of the group to sync with (default=0)"},
    {"--sync-maxlen length", "longest sync message in bytes (default: MTU)"},
    {"--mcast-interface interface", "interface to sync over (default=eth0)"},
    {"--mcast-group address", "IPv4 or IPv6 group (default=224.0.0.81)"},
    {"--mcast-port port", "UDP port (default=8848)"},
    {"--mcast-ttl ttl", "time to live (default=1)"},
};

std::string row(const std::string& option, int width, const char* what) {
  return formatted("  {:<{}} {}\n", option, width, what);
}

}  // namespace

std::string version_text() {
  constexpr int version[] = {NVERSION(IP_VS_VERSION_CODE)};
  return formatted("ipvsadm v1.31 2019/12/24 (compiled with popt and IPVS v{}.{}.{})\n", version[0],
                     version[1], version[2]);
}

std::string help_text(const std::string& program) {
  std::string text = version_text() + "Usage:\n";
  for (const char* form : kForms) text += formatted("  {} {}\n", program, form);
  text += "\nCommands:\nEither long or short options are allowed.\n";
  for (const auto& [long_name, short_name, what] : kCommands)
    text += row(formatted("{:<17} {}", long_name, short_name), 27, what);
  text += "\nvirtual-service:\n";
  for (const auto& [names, argument, what] : kServices)
    text += row(formatted("{:<17} {}", names, argument), 35, what);
  text += "\nOptions:\n";
  for (const auto& [long_name, short_name, argument, what] : kOptions)
    text += row(formatted("{:<14} {:<2} {}", long_name, short_name, argument), 35, what);
  text += "Daemon Options:\n";
  for (const auto& [name, what] : kDaemonOptions) text += row(name, 35, what);
  return text;
}

}  // namespace ipvsadm
