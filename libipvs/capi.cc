// SPDX-License-Identifier: LGPL-2.1-or-later
// The classic C interface on top of ipvs::Client.
#include <arpa/inet.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <new>
#include <optional>
#include <vector>

#include "backend.hh"
#include "ipvs/client.hh"
#include "libipvs.h"

struct ip_vs_getinfo ipvs_info;

namespace {

using ipvs::Operation;

/// The state the interface implies: a connection, and what was done last (for ipvs_strerror).
struct State {
  std::optional<ipvs::Client> client;
  Operation last = Operation::open;
};

State& state() {
  static State the;
  return the;
}

ipvs::Address to_address(std::uint16_t family, const nf_inet_addr& addr) {
  return family == AF_INET6 ? ipvs::Address::v6(addr.in6) : ipvs::Address::v4(addr.in);
}

nf_inet_addr from_address(const ipvs::Address& addr) {
  nf_inet_addr result;
  static_assert(sizeof(result) == sizeof(addr.bytes));
  std::memcpy(&result, addr.bytes.data(), sizeof(result));
  return result;
}

template <std::size_t Size>
std::string from_name(const char (&name)[Size]) {
  return std::string(name, strnlen(name, Size));
}

template <std::size_t Size>
void copy_name(char (&to)[Size], const std::string& from) {
  std::memset(to, 0, Size);
  std::memcpy(to, from.data(), std::min(from.size(), Size - 1));
}

/// For any of the structures that name a service.
template <typename User>
ipvs::ServiceKey to_key(const User& user) {
  // Old programs leave af zero.
  const std::uint16_t family = user.af == AF_UNSPEC ? std::uint16_t{AF_INET} : user.af;
  ipvs::ServiceKey key{.fwmark = user.fwmark, .family = family, .protocol = 0, .addr = {}, .port = 0};
  if (user.fwmark == 0) {
    key.protocol = user.protocol;
    key.addr = to_address(family, user.addr);
    key.port = ntohs(user.port);
  }
  return key;
}

ipvs::Service to_service(const ipvs_service_t& user) {
  return {.key = to_key(user),
          .scheduler = from_name(user.sched_name),
          .flags = user.flags,
          .timeout = user.timeout,
          .netmask = user.netmask,
          .pe = from_name(user.pe_name)};
}

ipvs::Dest to_dest(const ipvs_service_t& service, const ipvs_dest_t& user) {
  const std::uint16_t family = user.af == AF_UNSPEC ? to_key(service).family : user.af;
  return {.key = {.addr = to_address(family, user.addr), .port = ntohs(user.port)},
          .method = user.conn_flags & IP_VS_CONN_F_FWD_MASK,
          .weight = user.weight,
          .u_threshold = user.u_threshold,
          .l_threshold = user.l_threshold,
          .tun_type = static_cast<std::uint8_t>(user.tun_type),
          .tun_port = ntohs(user.tun_port),
          .tun_flags = user.tun_flags};
}

ipvs::Daemon to_daemon(const ipvs_daemon_t& user) {
  ipvs::Daemon daemon{.state = static_cast<std::uint32_t>(user.state),
                      .interface = from_name(user.mcast_ifn),
                      .sync_id = static_cast<std::uint32_t>(user.syncid),
                      .sync_maxlen = static_cast<std::uint16_t>(user.sync_maxlen),
                      .group = {},
                      .port = user.mcast_port,
                      .ttl = static_cast<std::uint8_t>(user.mcast_ttl)};
  if (user.mcast_af != AF_UNSPEC) daemon.group = to_address(user.mcast_af, user.mcast_group);
  return daemon;
}

ip_vs_stats64 from_stats(const ipvs::Stats& stats) {
  return {stats.conns, stats.inpkts, stats.outpkts, stats.inbytes, stats.outbytes,
          stats.cps,   stats.inpps,  stats.outpps,  stats.inbps,   stats.outbps};
}

void fill(ipvs_service_entry_t& user, const ipvs::ServiceEntry& entry, unsigned num_dests) {
  user = {};
  user.protocol = entry.key.fwmark != 0 ? std::uint16_t{IPPROTO_TCP} : entry.key.protocol;
  user.port = htons(entry.key.port);
  user.fwmark = entry.key.fwmark;
  copy_name(user.sched_name, entry.scheduler);
  user.flags = entry.flags;
  user.timeout = entry.timeout;
  user.netmask = entry.netmask;
  user.num_dests = num_dests;
  user.af = entry.key.family;
  user.addr = from_address(entry.key.addr);
  if (user.af == AF_INET) user.__addr_v4 = user.addr.ip;
  copy_name(user.pe_name, entry.pe);
  user.stats64 = from_stats(entry.stats);
}

void fill(ipvs_dest_entry_t& user, const ipvs::DestEntry& entry) {
  user = {};
  user.port = htons(entry.key.port);
  user.conn_flags = entry.method;
  user.weight = entry.weight;
  user.u_threshold = entry.u_threshold;
  user.l_threshold = entry.l_threshold;
  user.activeconns = entry.active;
  user.inactconns = entry.inactive;
  user.persistconns = entry.persistent;
  user.af = entry.key.addr.family;
  user.addr = from_address(entry.key.addr);
  if (user.af == AF_INET) user.__addr_v4 = user.addr.ip;
  user.stats64 = from_stats(entry.stats);
  user.tun_type = entry.tun_type;
  user.tun_port = htons(entry.tun_port);
  user.tun_flags = entry.tun_flags;
}

void fill(ipvs_daemon_t& user, const ipvs::Daemon& daemon) {
  user = {};
  user.state = static_cast<int>(daemon.state);
  copy_name(user.mcast_ifn, daemon.interface);
  user.syncid = static_cast<int>(daemon.sync_id);
  user.sync_maxlen = daemon.sync_maxlen;
  user.mcast_port = daemon.port;
  user.mcast_ttl = daemon.ttl;
  user.mcast_af = daemon.group.family;
  user.mcast_group = from_address(daemon.group);
}

/// Zeroed memory the caller is to free(); throws when there is none.
template <typename T>
T* allocate(std::size_t extra = 0) {
  void* memory = std::calloc(1, sizeof(T) + extra);
  if (!memory) throw std::bad_alloc();
  return static_cast<T*>(memory);
}

int fail(int code) {
  errno = code;
  return -1;
}

/// Runs `body`, which returns 0 or an errno value; no exception may reach a C program.
template <typename Body>
int guarded(Operation operation, Body body) {
  state().last = operation;
  if (!state().client && ipvs_init() != 0) return -1;
  state().last = operation;
  try {
    const int code = body(*state().client);
    return code == 0 ? 0 : fail(code);
  } catch (const std::bad_alloc&) {
    return fail(ENOMEM);
  }
}

/// Makes the change that `make` returns.
template <typename Make>
int changed(Operation operation, Make make) {
  return guarded(operation, [&](ipvs::Client& client) {
    auto done = client.apply(make());
    return done ? 0 : done.error().code;
  });
}

ipvs::Result<unsigned> count_dests(ipvs::Client& client, const ipvs::ServiceKey& key) {
  unsigned count = 0;
  auto done = client.for_each_dest(key, [&](ipvs::DestEntry&) {
    ++count;
    return true;
  });
  if (!done) return std::unexpected(std::move(done.error()));
  return count;
}

template <typename T>
int three_way(const T& a, const T& b) {
  return a < b ? -1 : a == b ? 0 : 1;
}

ipvs::DestKey to_dest_key(const ipvs_dest_entry_t& user) {
  return {.addr = to_address(user.af, user.addr), .port = ntohs(user.port)};
}

}  // namespace

void ipvs::use_in_c(Client client) { state().client.emplace(std::move(client)); }

int ipvs_init(void) {
  state().last = Operation::open;
  try {
    auto client = ipvs::Client::open();
    if (!client) return fail(client.error().code);
    state().client.emplace(std::move(*client));
  } catch (const std::bad_alloc&) {
    return fail(ENOMEM);
  }
  return ipvs_getinfo();
}

int ipvs_getinfo(void) {
  if (!state().client) return ipvs_init();
  try {
    auto info = state().client->info();
    if (!info) return fail(info.error().code);
    ipvs_info.version = info->version;
    ipvs_info.size = info->conn_table_size;
  } catch (const std::bad_alloc&) {
    return fail(ENOMEM);
  }
  return 0;
}

unsigned int ipvs_version(void) { return ipvs_info.version; }

void ipvs_close(void) { state().client.reset(); }

int ipvs_flush(void) {
  return changed(Operation::flush, [] { return ipvs::Change::flush(); });
}

int ipvs_add_service(ipvs_service_t* svc) {
  return changed(Operation::add_service, [&] { return ipvs::Change::add_service(to_service(*svc)); });
}

int ipvs_update_service(ipvs_service_t* svc) {
  return changed(Operation::edit_service, [&] { return ipvs::Change::edit_service(to_service(*svc)); });
}

int ipvs_del_service(ipvs_service_t* svc) {
  return changed(Operation::delete_service, [&] { return ipvs::Change::delete_service(to_key(*svc)); });
}

int ipvs_zero_service(ipvs_service_t* svc) {
  return changed(Operation::zero_service, [&] {
    const auto key = to_key(*svc);
    const bool all = key.fwmark == 0 && key.port == 0 && key.addr.is_zero();
    return all ? ipvs::Change::zero_all() : ipvs::Change::zero_service(key);
  });
}

int ipvs_add_dest(ipvs_service_t* svc, ipvs_dest_t* dest) {
  return changed(Operation::add_dest,
                 [&] { return ipvs::Change::add_dest(to_key(*svc), to_dest(*svc, *dest)); });
}

int ipvs_update_dest(ipvs_service_t* svc, ipvs_dest_t* dest) {
  return changed(Operation::edit_dest,
                 [&] { return ipvs::Change::edit_dest(to_key(*svc), to_dest(*svc, *dest)); });
}

int ipvs_del_dest(ipvs_service_t* svc, ipvs_dest_t* dest) {
  return changed(Operation::delete_dest,
                 [&] { return ipvs::Change::delete_dest(to_key(*svc), to_dest(*svc, *dest).key); });
}

int ipvs_set_timeout(ipvs_timeout_t* to) {
  return changed(Operation::set_timeouts, [&] {
    return ipvs::Change::set_timeouts({.tcp = static_cast<std::uint32_t>(to->tcp_timeout),
                                       .tcp_fin = static_cast<std::uint32_t>(to->tcp_fin_timeout),
                                       .udp = static_cast<std::uint32_t>(to->udp_timeout)});
  });
}

int ipvs_start_daemon(ipvs_daemon_t* dm) {
  return changed(Operation::start_daemon, [&] { return ipvs::Change::start_daemon(to_daemon(*dm)); });
}

int ipvs_stop_daemon(ipvs_daemon_t* dm) {
  return changed(Operation::stop_daemon, [&] { return ipvs::Change::stop_daemon(to_daemon(*dm)); });
}

struct ip_vs_get_services* ipvs_get_services(void) {
  ip_vs_get_services* list = nullptr;
  guarded(Operation::list_services, [&](ipvs::Client& client) {
    // as few requests as the kernel allows: each service is followed by its destinations
    std::vector<ipvs_service_entry_t> entries;
    const auto done = client.for_each(
        [&](const ipvs::ServiceEntry& entry) {
          fill(entries.emplace_back(), entry, 0);
          return true;
        },
        [&](const ipvs::ServiceKey&, const ipvs::DestEntry&) {
          ++entries.back().num_dests;
          return true;
        });
    if (!done) return done.error().code;
    list = allocate<ip_vs_get_services>(entries.size() * sizeof(ipvs_service_entry_t));
    std::ranges::copy(entries, list->entrytable);
    list->num_services = static_cast<unsigned>(entries.size());
    ipvs_info.num_services = list->num_services;
    return 0;
  });
  return list;
}

struct ip_vs_get_dests* ipvs_get_dests(ipvs_service_entry_t* svc) {
  ip_vs_get_dests* list = nullptr;
  guarded(Operation::list_dests, [&](ipvs::Client& client) {
    const auto dests = client.dests(to_key(*svc));
    if (!dests) return dests.error().code;
    list = allocate<ip_vs_get_dests>(dests->size() * sizeof(ipvs_dest_entry_t));
    list->protocol = svc->protocol;
    list->__addr_v4 = svc->__addr_v4;
    list->port = svc->port;
    list->fwmark = svc->fwmark;
    list->af = svc->af;
    list->addr = svc->addr;
    for (const auto& entry : *dests) fill(list->entrytable[list->num_dests++], entry);
    return 0;
  });
  return list;
}

ipvs_service_entry_t* ipvs_get_service(uint32_t fwmark, uint16_t af, uint16_t protocol,
                                       union nf_inet_addr addr, uint16_t port) {
  ipvs_service_entry_t* found = nullptr;
  guarded(Operation::get_service, [&](ipvs::Client& client) {
    ipvs_service_t wanted{};
    wanted.fwmark = fwmark;
    wanted.af = af;
    wanted.protocol = protocol;
    wanted.addr = addr;
    wanted.port = port;
    const auto entry = client.service(to_key(wanted));
    if (!entry) return entry.error().code;
    const auto count = count_dests(client, entry->key);
    if (!count) return count.error().code;
    found = allocate<ipvs_service_entry_t>();
    fill(*found, *entry, *count);
    return 0;
  });
  return found;
}

ipvs_timeout_t* ipvs_get_timeout(void) {
  ipvs_timeout_t* found = nullptr;
  guarded(Operation::get_timeouts, [&](ipvs::Client& client) {
    const auto timeouts = client.timeouts();
    if (!timeouts) return timeouts.error().code;
    found = allocate<ipvs_timeout_t>();
    found->tcp_timeout = static_cast<int>(timeouts->tcp);
    found->tcp_fin_timeout = static_cast<int>(timeouts->tcp_fin);
    found->udp_timeout = static_cast<int>(timeouts->udp);
    return 0;
  });
  return found;
}

ipvs_daemon_t* ipvs_get_daemon(void) {
  ipvs_daemon_t* found = nullptr;
  guarded(Operation::list_daemons, [&](ipvs::Client& client) {
    const auto daemons = client.daemons();
    if (!daemons) return daemons.error().code;
    found = allocate<ipvs_daemon_t>(sizeof(ipvs_daemon_t));
    for (std::size_t i = 0; i < std::min<std::size_t>(2, daemons->size()); ++i) fill(found[i], (*daemons)[i]);
    return 0;
  });
  return found;
}

int ipvs_cmp_services(ipvs_service_entry_t* s1, ipvs_service_entry_t* s2) {
  return three_way(to_key(*s1), to_key(*s2));
}

int ipvs_cmp_dests(ipvs_dest_entry_t* d1, ipvs_dest_entry_t* d2) {
  return three_way(to_dest_key(*d1), to_dest_key(*d2));
}

void ipvs_sort_services(struct ip_vs_get_services* s, ipvs_service_cmp_t f) {
  std::stable_sort(s->entrytable, s->entrytable + s->num_services,
                   [f](ipvs_service_entry_t a, ipvs_service_entry_t b) { return f(&a, &b) < 0; });
}

void ipvs_sort_dests(struct ip_vs_get_dests* d, ipvs_dest_cmp_t f) {
  std::stable_sort(d->entrytable, d->entrytable + d->num_dests,
                   [f](ipvs_dest_entry_t a, ipvs_dest_entry_t b) { return f(&a, &b) < 0; });
}

const char* ipvs_strerror(int err) { return ipvs::describe(state().last, err); }
