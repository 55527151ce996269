// SPDX-License-Identifier: GPL-2.0-or-later
// Changes of the configuration while packets use it.
#include <fcntl.h>
#include <linux/ip_vs.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <map>
#include <sstream>
#include <vector>

#include "../dice.hh"
#include "hostile.hh"
#include "ipvs/client.hh"

namespace hostile {
namespace {

using lab::Dice;
using Entry = ipvs::ServiceWithDests;

constexpr const char* kSysctls = "/proc/sys/net/ipv4/vs/";

/// The first value is the one most of the time.
struct Knob {
  const char* name;
  std::vector<const char*> values;
};
const std::vector<Knob> kKnobs{
    {"am_droprate", {"10", "2", "1", "0", "-5"}},
    {"amemthresh", {"1024", "0", "2000000000", "-1"}},
    {"backup_only", {"0", "1"}},
    {"cache_bypass", {"0", "1"}},
    {"conn_lfactor", {"-4", "8", "-8", "0"}},
    {"conn_max", {"1000000", "1000000", "300", "40", "0"}},
    {"conn_reuse_mode", {"1", "0", "2", "3"}},
    {"conntrack", {"0", "1"}},
    {"drop_entry", {"0", "1", "3"}},
    {"drop_packet", {"0", "3", "1", "2"}},
    {"expire_nodest_conn", {"0", "1"}},
    {"expire_quiescent_template", {"0", "1"}},
    {"ignore_tunneled", {"0", "1"}},
    {"nat_icmp_send", {"0", "1"}},
    {"pmtu_disc", {"1", "0"}},
    {"route_context", {"0", "1", "2", "3"}},
    {"run_estimation", {"1", "0"}},
    {"schedule_icmp", {"1", "0"}},
    {"secure_tcp", {"0", "3", "1", "2"}},
    {"sloppy_sctp", {"0", "1"}},
    {"sloppy_tcp", {"0", "1"}},
    {"snat_reroute", {"1", "0"}},
    {"svc_lfactor", {"-3", "8", "-8"}},
    {"tunnel_mss", {"0", "1"}},
};
constexpr const char* kSchedulers[] = {"rr", "wrr", "lc", "wlc", "sed", "nq", "fo", "ovf", "dh", "sh", "mh",
                                       "lblc", "lblcr", "twos"};
/// What is read meanwhile.
constexpr const char* kFiles[] = {"ip_vs", "ip_vs_conn", "ip_vs_conn_sync", "ip_vs_stats", "ip_vs_stats_percpu", "ip_vs_status",
                                  "ip_vs_drops"};

volatile sig_atomic_t is_over = 0;

std::string read_file(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

bool write_file(const std::string& path, const std::string& text) {
  const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  const bool is_written = fd >= 0 && write(fd, text.data(), text.size()) >= 0;
  if (fd >= 0) close(fd);
  return is_written;
}

class Stirrer {
 public:
  Stirrer(ipvs::Client client, unsigned long seed) : client_(std::move(client)), dice_(seed) {
    auto table = client_.table();
    if (!table || table->empty()) fail("no services");
    table_ = std::move(*table);
    const auto timeouts = client_.timeouts();
    if (!timeouts) fail("no timeouts");
    timeouts_ = *timeouts;
    for (const Knob& knob : kKnobs) was_[knob.name] = read_file(kSysctls + std::string(knob.name));
  }

  void once() {
    static constexpr void (Stirrer::*kActions[])() = {
        &Stirrer::write_sysctl, &Stirrer::write_sysctl, &Stirrer::write_sysctl, &Stirrer::write_sysctl,
        &Stirrer::edit_dest,    &Stirrer::edit_dest,    &Stirrer::move_dest,    &Stirrer::move_dest,
        &Stirrer::edit_service, &Stirrer::move_service, &Stirrer::set_timeouts, &Stirrer::read_something,
        &Stirrer::zero,         &Stirrer::replace};
    (this->*dice_.of(kActions))();
  }

  /// All is as it was, whatever happened.
  void restore() {
    for (const auto& [name, value] : was_)
      if (!write_file(kSysctls + name, value)) fail("cannot restore " + name);
    if (auto done = client_.replace_table(table()); !done) fail("cannot restore the table");
  }

  void report() const {
    for (const auto& [what, seen] : counts_) std::printf("%s taken=%lu refused=%lu\n", what.c_str(), seen.taken, seen.refused);
  }

 private:
  struct Count {
    unsigned long taken = 0, refused = 0;
  };
  template <typename T>
  void count(const std::string& what, const T& done) {
    ++(done ? counts_[what].taken : counts_[what].refused);
  }
  const Entry& entry() { return table_[dice_.below(static_cast<unsigned>(table_.size()))]; }
  ipvs::Table table() const {
    ipvs::Table whole{{}, timeouts_};
    for (const Entry& each : table_) {
      whole.services.push_back({each.service, {}});
      for (const auto& dest : each.dests) whole.services.back().dests.push_back(dest);
    }
    return whole;
  }

  void write_sysctl() {
    const Knob& knob = kKnobs[dice_.below(static_cast<unsigned>(kKnobs.size()))];
    const char* value = dice_.one_in(3) ? knob.values.front() : knob.values[dice_.below(static_cast<unsigned>(knob.values.size()))];
    count("sysctl", write_file(kSysctls + std::string(knob.name), value));
    // with few connections allowed nothing much happens
    if (std::string(knob.name) == "conn_max" && !dice_.one_in(4)) write_file(kSysctls + std::string("conn_max"), knob.values.front());
  }

  ipvs::Dest changed(ipvs::Dest dest) {
    dest.weight = static_cast<std::int32_t>(dice_.one_in(8) ? 0 : 1 + dice_.below(100));
    dest.u_threshold = dice_.one_in(6) ? 1 + dice_.below(5) : 0;
    dest.l_threshold = dest.u_threshold && dice_.one_in(2) ? 1 : 0;
    return dest;
  }
  void edit_dest() {
    const Entry& one = entry();
    if (one.dests.empty()) return;
    count("edit-dest", client_.edit_dest(one.service.key, changed(one.dests[dice_.below(static_cast<unsigned>(one.dests.size()))])));
  }
  void move_dest() {
    const Entry& one = entry();
    if (one.dests.empty()) return;
    const ipvs::Dest& dest = one.dests[dice_.below(static_cast<unsigned>(one.dests.size()))];
    if (dice_.one_in(2)) {
      count("delete-dest", client_.delete_dest(one.service.key, dest.key));
      if (dice_.one_in(2)) return;
    }
    count("add-dest", client_.add_dest(one.service.key, dest));
  }

  ipvs::Service changed(ipvs::Service service) {
    service.scheduler = dice_.of(kSchedulers);
    if (dice_.one_in(4)) service.flags ^= IP_VS_SVC_F_ONEPACKET;
    if (dice_.one_in(4)) service.flags ^= static_cast<std::uint32_t>(8U << dice_.below(3));
    if (service.key.port != 0 && service.pe.empty() && dice_.one_in(4)) {
      service.flags ^= IP_VS_SVC_F_PERSISTENT;
      service.timeout = service.flags & IP_VS_SVC_F_PERSISTENT ? 1 + dice_.below(4) : 0;
    }
    return service;
  }
  void edit_service() { count("edit-service", client_.edit_service(changed(entry().service))); }
  void move_service() {
    const Entry& one = entry();
    if (dice_.one_in(2)) count("delete-service", client_.delete_service(one.service.key));
    if (dice_.one_in(3)) return;
    count("add-service", client_.add_service(one.service));
    for (const auto& dest : one.dests) count("add-dest", client_.add_dest(one.service.key, dest));
  }
  void set_timeouts() {
    count("timeouts", client_.set_timeouts({1 + dice_.below(4), 1 + dice_.below(2), 1 + dice_.below(2)}));
  }
  void read_something() { count("read", !read_file(std::string("/proc/thread-self/net/") + dice_.of(kFiles)).empty()); }
  void zero() {
    if (dice_.one_in(2)) count("zero", client_.zero_all());
    else count("dump", client_.table());
  }
  /// Back to the beginning, or nothing at all for a moment.
  void replace() {
    if (dice_.one_in(10)) count("flush", client_.flush());
    if (dice_.one_in(3)) count("replace", client_.replace_table(table()));
  }

  ipvs::Client client_;
  Dice dice_;
  std::vector<Entry> table_;
  ipvs::Timeouts timeouts_;
  std::map<std::string, std::string> was_;
  std::map<std::string, Count> counts_;
};

}  // namespace

int stir(unsigned long seed) {
  for (int each : {SIGTERM, SIGINT, SIGHUP}) signal(each, [](int) { is_over = 1; });
  auto client = ipvs::Client::open();
  if (!client) fail(client.error().message());
  Stirrer stirrer(std::move(*client), seed);
  std::puts("ready");
  std::fflush(stdout);
  Dice pause(seed);
  while (is_over == 0) {
    stirrer.once();
    usleep(pause.below(4000));
  }
  stirrer.restore();
  stirrer.report();
  return 0;
}

}  // namespace hostile
