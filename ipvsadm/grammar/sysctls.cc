// SPDX-License-Identifier: GPL-2.0-or-later
#include "grammar/sysctls.hh"

#include <algorithm>
#include <iterator>
#include <numeric>

#include "base/format.hh"

namespace ipvsadm {
namespace {

constexpr const char* kVaries = nullptr;

// In the order of docs/sysctl.md.
constexpr Sysctl kSysctls[] = {
    {"amemthresh", "1024", "1024", "memory is short below this many pages"},
    {"am_droprate", "10", "10", "with drop_packet=3: refuse one of this many new connections"},
    {"drop_packet", "0", "0",
     "refuse a part of new connections: 0 never, 1 and 2 when memory is short, 3 always"},
    {"drop_entry", "0", "0",
     "remove half-open and idle connections: 0 never, 1 and 2 when memory is short, 3 always"},
    {"secure_tcp", "0", "0", "stricter TCP states: 0 never, 1 and 2 when memory is short, 3 always"},
    {"backup_only", "0", "0", "do not forward while the backup daemon runs"},
    {"cache_bypass", "0", "0", "mark services without a server forward to the original destination"},
    {"conn_lfactor", "-4", "-2", "load of the connection tables: 2^n connections a bucket"},
    {"conn_max", "1073741824", kVaries, "the most connections and templates"},
    {"conn_reuse_mode", "1", "1",
     "schedule anew when a client reuses a port: 0 never, 1 closed connections, 2 FIN_WAIT too"},
    {"conntrack", "0", "0", "keep netfilter's tracking entries of connections"},
     {"dest_max", "1073741824", kVaries, "the most servers, including those deleted in the last minutes"},
    {"expire_nodest_conn", "0", "0", "deleting a server ends its connections"},
    {"expire_quiescent_template", "0", "0", "persistent clients of a server of weight 0 get a new one"},
    {"fast_path", "0", "0", "1: take packets of established connections at their device, past routing and netfilter"},
    {"ignore_tunneled", "0", "0", "packets of other protocols, such as tunnels, are not scheduled again once unpacked"},
    {"nat_icmp_send", "0", "0",
     "answer packets of NAT servers that belong to no connection with port unreachable"},
    {"pmtu_disc", "1", "1", "0: tunnels fragment what does not fit, although the packet forbids it"},
    {"route_context", "0", "0", "what routes to servers depend on: 0 the address alone, 1 marks too, 2 VRFs too, 3 both"},
    {"schedule_icmp", "0", "0", "schedule ICMP errors of unknown connections"},
    {"sloppy_sctp", "0", "0", "a connection may begin with any SCTP chunk but ABORT"},
    {"sloppy_tcp", "0", "0", "a connection may begin with any TCP packet but RST"},
    {"snat_reroute", "1", "1", "route translated replies as if they came from the director"},
    {"svc_lfactor", "-3", "-2", "load of the table of services: 2^n services a bucket"},
    {"svc_max", "1073741824", kVaries, "the most services"},
    {"tunnel_mss", "0", "0", "lower the segment size in a client's SYN to what fits through the tunnel"},
    {"sync_persist_mode", "0", "0", "send only the templates of persistent services"},
    {"sync_ports", "1", "1", "threads and UDP ports per daemon, a power of two; takes effect when it starts"},
    {"sync_qlen_max", kVaries, kVaries, "the most messages in the send queue"},
    {"sync_refresh_period", "0", "0", "suppress messages that change the peer's timer by fewer seconds"},
    {"sync_retries", "0", "0", "extra messages within sync_refresh_period, in case one is lost (0..3)"},
    {"sync_sock_size", "0", "0", "buffer of the sockets in bytes; 0: the system's default"},
    {"sync_threshold", "3 50", "3 50", "two numbers, t and p: send a connection when its packet count modulo p is t", true},
    {"sync_version", "1", "1", "format of the messages that are sent (0..1)"},
    {"lblc_expiration", "86400", "86400", "seconds after which lblc forgets an unused address"},
    {"lblcr_expiration", "86400", "86400", "seconds without change after which a set of lblcr loses a server"},
    {"run_estimation", "1", "1", "estimate rates; 0: rates are not updated"},
    {"est_cpulist", kVaries, kVaries, "processors on which rates are estimated", true},
    {"est_nice", "0", "0", "niceness of the thread that estimates rates"},
};

bool is_letter(char c) { return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_name(std::string_view word) {
  return !word.empty() && is_letter(word.front()) &&
         std::ranges::all_of(word, [](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

bool begins_part(char c) { return c == '^' || is_letter(c); }

/// Where the part that begins at `start` ends.
std::size_t part_end(const std::string& word, std::size_t start) {
  bool in_value = false;
  for (std::size_t i = start; i < word.size(); ++i) {
    in_value = in_value || word[i] == '=';
    if (word[i] == ',' && (!in_value || i + 1 == word.size() || begins_part(word[i + 1]))) return i;
  }
  return word.size();
}

/// Steps from one word to the other: letters put in, taken out or changed.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i] != b[j]);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j] + 1, row[j + 1] + 1, changed});
    }
  }
  return row.back();
}

}  // namespace

std::span<const Sysctl> sysctls() { return kSysctls; }

const Sysctl* find_sysctl(std::string_view name) {
  const auto found =
      std::ranges::find(kSysctls, name, [](const Sysctl& s) { return std::string_view(s.name); });
  return found == std::end(kSysctls) ? nullptr : found;
}

std::expected<std::vector<SysctlAction>, std::string> parse_sysctl_actions(const std::string& word) {
  using enum SysctlAction::Kind;
  std::vector<SysctlAction> actions;
  for (std::size_t start = 0; start <= word.size();) {
    const std::size_t end = part_end(word, start);
    const std::string part = word.substr(start, end - start);
    start = end + 1;
    SysctlAction action{show, part, {}};
    if (const std::size_t equals = part.find('='); equals != std::string::npos) {
      action = {set, part.substr(0, equals), part.substr(equals + 1)};
      // Two numbers would need quotes otherwise.
      if (action.name == "sync_threshold") std::ranges::replace(action.value, ',', ' ');
    } else if (part.starts_with('^')) {
      action = {reset, part.substr(1), {}};
    }
    if (!is_name(action.name)) return std::unexpected(part);
    actions.push_back(std::move(action));
  }
  return actions;
}

std::string nearest_name(std::string_view name, std::span<const std::string> names) {
  std::string best;
  // More than half of the letters changed is another word.
  std::size_t least = name.size() / 2 + 1;
  for (const std::string& each : names) {
    const std::size_t steps = distance(name, each);
    if (steps >= least) continue;
    least = steps;
    best = each;
  }
  return best;
}

std::string sysctl_table(std::span<const SysctlValue> values) {
  std::string text = formatted("{:<25} {:<10} {:<10} {}\n", "Name", "Value", "Default", "Meaning");
  for (const auto& [name, value, normal] : values) {
    const Sysctl* known = find_sysctl(name);
    text += formatted("{:<25} {:<10} {:<10} {}\n", name, value, normal ? *normal : "-",
                        known ? known->meaning : "-");
  }
  return text;
}

}  // namespace ipvsadm
