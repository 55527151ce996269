// SPDX-License-Identifier: LGPL-2.1-or-later
// The classic C interface on top of ipvs::Client.
#include <arpa/inet.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <vector>

#include "backend.hh"
#include "ipvs/client.hh"
#include "libipvs.h"

struct ip_vs_getinfo ipvs_info;

namespace {

using ipvs::Operation;

/// The state the interface implies: a connection, and what was done last (for ipvs_strerror and ipvs_error_text).
struct State {
  std::shared_ptr<ipvs::Client> client;  ///< shared with who uses it: a callback may close or open
  Operation last = Operation::open;
  std::string words = {};   ///< of the last failure
  std::string remark = {};  ///< on the last change, if it was made
  std::optional<ipvs::Listing> listing = {};
  std::optional<std::vector<ipvs::ServiceWithDests>> list = {};  ///< what it has come to
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

std::unexpected<ipvs::Error> refused(int code, std::string words) {
  return std::unexpected(
      ipvs::Error{.operation = state().last, .code = code, .origin = ipvs::Origin::kernel, .detail = std::move(words)});
}

bool is_family(std::uint16_t family) { return family == AF_INET || family == AF_INET6; }

ipvs::Result<ipvs::DestKey> to_key(const ipvs_service_t& service, const ipvs_dest_t& user) {
  const std::uint16_t family = user.af == AF_UNSPEC ? to_key(service).family : user.af;
  if (!is_family(family))
    return refused(EAFNOSUPPORT, "the server's address family is " + std::to_string(family) + ", which is unknown");
  return ipvs::DestKey{.addr = to_address(family, user.addr), .port = ntohs(user.port)};
}

// Members of the C structures are wider than what the kernel takes: what does not fit is refused, and not cut.

ipvs::Result<ipvs::Dest> to_dest(const ipvs_service_t& service, const ipvs_dest_t& user) {
  const auto key = to_key(service, user);
  if (!key) return std::unexpected(key.error());
  if (user.tun_type > std::numeric_limits<std::uint8_t>::max())
    return refused(EINVAL, "tunnel type " + std::to_string(user.tun_type) + " is unknown");
  return ipvs::Dest{.key = *key,
                    .method = user.conn_flags & IP_VS_CONN_F_FWD_MASK,
                    .weight = user.weight,
                    .u_threshold = user.u_threshold,
                    .l_threshold = user.l_threshold,
                    .tun_type = static_cast<std::uint8_t>(user.tun_type),
                    .tun_port = ntohs(user.tun_port),
                    .tun_flags = user.tun_flags};
}

/// Of a daemon that is to start; to stop one only its state is needed.
ipvs::Result<ipvs::Daemon> to_daemon(const ipvs_daemon_t& user) {
  if (user.syncid < 0) return refused(EINVAL, "sync id " + std::to_string(user.syncid) + " is negative");
  if (user.sync_maxlen < 0 || user.sync_maxlen > std::numeric_limits<std::uint16_t>::max())
    return refused(EINVAL, "message size " + std::to_string(user.sync_maxlen) + " is not within 0 to 65535");
  if (user.mcast_ttl > std::numeric_limits<std::uint8_t>::max())
    return refused(EINVAL, "time to live " + std::to_string(user.mcast_ttl) + " is not within 0 to 255");
  if (user.mcast_af != AF_UNSPEC && !is_family(user.mcast_af))
    return refused(EAFNOSUPPORT,
                   "the multicast group's address family is " + std::to_string(user.mcast_af) + ", which is unknown");
  ipvs::Daemon daemon{.state = static_cast<std::uint32_t>(user.state),
                      .interface = from_name(user.mcast_ifn),
                      .sync_id = static_cast<std::uint32_t>(user.syncid),
                      .sync_maxlen = static_cast<std::uint16_t>(user.sync_maxlen),
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

ip_vs_get_dests* as_list(const ipvs_service_entry_t& service, const std::vector<ipvs::DestEntry>& dests) {
  auto* list = allocate<ip_vs_get_dests>(dests.size() * sizeof(ipvs_dest_entry_t));
  list->protocol = service.protocol;
  list->__addr_v4 = service.__addr_v4;
  list->port = service.port;
  list->fwmark = service.fwmark;
  list->af = service.af;
  list->addr = service.addr;
  for (const auto& entry : dests) fill(list->entrytable[list->num_dests++], entry);
  return list;
}

/// Of the call before.
void forget_words() {
  state().words.clear();
  state().remark.clear();
}

int fail(int code) {
  errno = code;
  return -1;
}

/// Leaves errno and the words of an error.
int fail(const ipvs::Error& error) {
  state().words = error.message();
  return fail(error.code);
}

/// For all that may need memory; no exception may reach a C program.
template <typename Body>
int caught(Body body) {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    state().words.clear();
    return fail(ENOMEM);
  }
}

/// Runs `body`, which returns a Result<void>.
template <typename Body>
int guarded(Operation operation, Body body) {
  forget_words();
  if (!state().client && ipvs_init() != 0) return -1;
  state().last = operation;
  return caught([&] {
    const std::shared_ptr<ipvs::Client> client = state().client;
    const ipvs::Result<void> done = body(*client);
    return done ? 0 : fail(done.error());
  });
}

/// Makes the change that `make` returns, if it returns one.
template <typename Make>
int changed(Operation operation, Make make) {
  return guarded(operation, [&](ipvs::Client& client) -> ipvs::Result<void> {
    const ipvs::Result<ipvs::Change> wanted = make();
    if (!wanted) return std::unexpected(wanted.error());
    auto done = client.apply(*wanted);
    if (const auto& remarks = client.remarks(); done && !remarks.empty()) state().remark = remarks.front().text;
    return done;
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

void ipvs::use_in_c(Client client) { state().client = std::make_shared<Client>(std::move(client)); }

int ipvs_init(void) {
  state().last = Operation::open;
  forget_words();
  const int opened = caught([] {
    auto client = ipvs::Client::open();
    if (!client) return fail(client.error());
    state().client = std::make_shared<ipvs::Client>(std::move(*client));
    return 0;
  });
  return opened == 0 ? ipvs_getinfo() : opened;
}

int ipvs_getinfo(void) {
  if (!state().client) return ipvs_init();
  return caught([] {
    const auto info = state().client->info();
    if (!info) return fail(info.error());
    ipvs_info.version = info->version;
    ipvs_info.size = info->conn_table_size;
    return 0;
  });
}

unsigned int ipvs_version(void) { return ipvs_info.version; }

void ipvs_close(void) {
  ipvs_list_end();
  state().client.reset();
}

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
  return changed(Operation::add_dest, [&]() -> ipvs::Result<ipvs::Change> {
    const auto wanted = to_dest(*svc, *dest);
    if (!wanted) return std::unexpected(wanted.error());
    return ipvs::Change::add_dest(to_key(*svc), *wanted);
  });
}

int ipvs_update_dest(ipvs_service_t* svc, ipvs_dest_t* dest) {
  return changed(Operation::edit_dest, [&]() -> ipvs::Result<ipvs::Change> {
    const auto wanted = to_dest(*svc, *dest);
    if (!wanted) return std::unexpected(wanted.error());
    return ipvs::Change::edit_dest(to_key(*svc), *wanted);
  });
}

int ipvs_del_dest(ipvs_service_t* svc, ipvs_dest_t* dest) {
  return changed(Operation::delete_dest, [&]() -> ipvs::Result<ipvs::Change> {
    const auto key = to_key(*svc, *dest);
    if (!key) return std::unexpected(key.error());
    return ipvs::Change::delete_dest(to_key(*svc), *key);
  });
}

int ipvs_set_timeout(ipvs_timeout_t* to) {
  return changed(Operation::set_timeouts, [&] {
    return ipvs::Change::set_timeouts({.tcp = static_cast<std::uint32_t>(to->tcp_timeout),
                                       .tcp_fin = static_cast<std::uint32_t>(to->tcp_fin_timeout),
                                       .udp = static_cast<std::uint32_t>(to->udp_timeout)});
  });
}

int ipvs_start_daemon(ipvs_daemon_t* dm) {
  return changed(Operation::start_daemon, [&]() -> ipvs::Result<ipvs::Change> {
    const auto daemon = to_daemon(*dm);
    if (!daemon) return std::unexpected(daemon.error());
    return ipvs::Change::start_daemon(*daemon);
  });
}

namespace {

/// A structure that begins with its size, of a program that may know less of it than this library, or more: what is not
/// said is 0, and what is not understood must be.
template <typename Known>
ipvs::Result<Known> known_part(const Known& user, const char* what) {
  Known known{};
  const auto* bytes = reinterpret_cast<const char*>(&user);
  if (user.size < sizeof(user.size)) return refused(EINVAL, std::string(what) + " does not say its size");
  if (user.size > sizeof(known) &&
      std::any_of(bytes + sizeof(known), bytes + user.size, [](char byte) { return byte != 0; }))
    return refused(E2BIG, std::string(what) + " asks for what this library does not know");
  std::memcpy(&known, bytes, std::min(user.size, sizeof(known)));
  return known;
}

ipvs::Result<void> add_extra(ipvs::DaemonConfig& daemon, const ipvs_daemon_extra& user) {
  const auto extra = known_part(user, "the structure of a daemon's key and peers");
  if (!extra) return std::unexpected(extra.error());
  if (extra->num_peers != 0 && !is_family(extra->peer_af))
    return refused(EAFNOSUPPORT, "the peers' address family is " + std::to_string(extra->peer_af) + ", which is unknown");
  if ((extra->num_peers != 0 && !extra->peers) || (extra->key_len != 0 && !extra->key))
    return refused(EINVAL, "there is a number of peers, or a key's length, and nothing that it is of");
  // An empty key is none at all, and whoever gives one wants one.
  if (extra->key && extra->key_len == 0) return refused(EINVAL, "the key is empty");
  for (unsigned i = 0; i < extra->num_peers; ++i)
    daemon.peer_addresses.push_back(to_address(extra->peer_af, extra->peers[i]));
  if (extra->key) daemon.key.assign(static_cast<const char*>(extra->key), extra->key_len);
  return {};
}

/// The daemon of a state; ESRCH.
template <typename Daemons>
auto daemon_of(int state, const Daemons& daemons) -> ipvs::Result<typename Daemons::value_type> {
  for (const auto& each : daemons)
    if (each.state == static_cast<std::uint32_t>(state)) return each;
  return refused(ESRCH, "no such daemon runs");
}

}  // namespace

int ipvs_start_daemon_with(ipvs_daemon_t* dm, const struct ipvs_daemon_extra* extra) {
  return changed(Operation::start_daemon, [&]() -> ipvs::Result<ipvs::Change> {
    const auto daemon = to_daemon(*dm);
    if (!daemon) return std::unexpected(daemon.error());
    ipvs::DaemonConfig config;
    static_cast<ipvs::Daemon&>(config) = *daemon;
    if (extra)
      if (const auto done = add_extra(config, *extra); !done) return std::unexpected(done.error());
    return ipvs::Change::start_daemon_with(std::move(config));
  });
}

struct ipvs_daemon_extra* ipvs_get_daemon_extra(int state) {
  ipvs_daemon_extra* found = nullptr;
  guarded(Operation::list_daemons, [&](ipvs::Client& client) -> ipvs::Result<void> {
    const auto daemons = client.daemon_configs();
    if (!daemons) return std::unexpected(daemons.error());
    const auto daemon = daemon_of(state, *daemons);
    if (!daemon) return std::unexpected(daemon.error());
    const auto& peers = daemon->peer_addresses;
    static_assert(sizeof(ipvs_daemon_extra) % alignof(nf_inet_addr) == 0);
    found = allocate<ipvs_daemon_extra>(peers.size() * sizeof(nf_inet_addr));
    auto* addresses = reinterpret_cast<nf_inet_addr*>(found + 1);
    found->size = sizeof(*found);
    found->has_key = daemon->has_key() ? 1 : 0;
    if (!peers.empty()) found->peer_af = peers.front().family;
    found->num_peers = static_cast<unsigned>(peers.size());
    for (std::size_t i = 0; i < peers.size(); ++i) addresses[i] = from_address(peers[i]);
    found->peers = peers.empty() ? nullptr : addresses;
    return {};
  });
  return found;
}

int ipvs_stop_daemon(ipvs_daemon_t* dm) {
  return changed(Operation::stop_daemon, [&] {
    return ipvs::Change::stop_daemon(
        {.state = static_cast<std::uint32_t>(dm->state), .interface = from_name(dm->mcast_ifn)});
  });
}

struct ip_vs_get_services* ipvs_get_services(void) {
  ip_vs_get_services* list = nullptr;
  guarded(Operation::list_services, [&](ipvs::Client& client) -> ipvs::Result<void> {
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
    if (!done) return std::unexpected(done.error());
    list = allocate<ip_vs_get_services>(entries.size() * sizeof(ipvs_service_entry_t));
    std::ranges::copy(entries, list->entrytable);
    list->num_services = static_cast<unsigned>(entries.size());
    ipvs_info.num_services = list->num_services;
    return {};
  });
  return list;
}

struct ip_vs_get_dests* ipvs_get_dests(ipvs_service_entry_t* svc) {
  ip_vs_get_dests* list = nullptr;
  guarded(Operation::list_dests, [&](ipvs::Client& client) -> ipvs::Result<void> {
    const auto dests = client.dests(to_key(*svc));
    if (!dests) return std::unexpected(dests.error());
    list = as_list(*svc, *dests);
    return {};
  });
  return list;
}

ipvs_service_entry_t* ipvs_get_service(uint32_t fwmark, uint16_t af, uint16_t protocol,
                                       union nf_inet_addr addr, uint16_t port) {
  ipvs_service_entry_t* found = nullptr;
  guarded(Operation::get_service, [&](ipvs::Client& client) -> ipvs::Result<void> {
    ipvs_service_t wanted{};
    wanted.fwmark = fwmark;
    wanted.af = af;
    wanted.protocol = protocol;
    wanted.addr = addr;
    wanted.port = port;
    const auto entry = client.service(to_key(wanted));
    if (!entry) return std::unexpected(entry.error());
    const auto count = count_dests(client, entry->key);
    if (!count) return std::unexpected(count.error());
    found = allocate<ipvs_service_entry_t>();
    fill(*found, *entry, *count);
    return {};
  });
  return found;
}

ipvs_timeout_t* ipvs_get_timeout(void) {
  ipvs_timeout_t* found = nullptr;
  guarded(Operation::get_timeouts, [&](ipvs::Client& client) -> ipvs::Result<void> {
    const auto timeouts = client.timeouts();
    if (!timeouts) return std::unexpected(timeouts.error());
    found = allocate<ipvs_timeout_t>();
    found->tcp_timeout = static_cast<int>(timeouts->tcp);
    found->tcp_fin_timeout = static_cast<int>(timeouts->tcp_fin);
    found->udp_timeout = static_cast<int>(timeouts->udp);
    return {};
  });
  return found;
}

ipvs_daemon_t* ipvs_get_daemon(void) {
  ipvs_daemon_t* found = nullptr;
  guarded(Operation::list_daemons, [&](ipvs::Client& client) -> ipvs::Result<void> {
    const auto daemons = client.daemons();
    if (!daemons) return std::unexpected(daemons.error());
    found = allocate<ipvs_daemon_t>(sizeof(ipvs_daemon_t));
    for (std::size_t i = 0; i < std::min<std::size_t>(2, daemons->size()); ++i) fill(found[i], (*daemons)[i]);
    return {};
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

const char* ipvs_error_text(void) {
  return state().words.empty() ? ipvs::describe(state().last, errno) : state().words.c_str();
}

const char* ipvs_remark(void) { return state().remark.c_str(); }

const char* ipvs_strerror(int err) { return ipvs::describe(state().last, err); }

namespace {

ipvs::Result<ipvs::ConnectionFilter> to_filter(const ipvs_connection_filter* user) {
  ipvs::ConnectionFilter filter;
  if (!user) return filter;
  const auto part = known_part(*user, "the filter");
  if (!part) return std::unexpected(part.error());
  const ipvs_connection_filter& known = *part;

  const auto set_address = [](std::optional<ipvs::Address>& into, std::uint16_t family, const nf_inet_addr& addr) {
    if (family != AF_UNSPEC) into = to_address(family, addr);
  };
  const auto set_port = [](std::optional<std::uint16_t>& into, std::uint16_t port) {
    if (port != 0) into = ntohs(port);
  };
  for (const std::uint16_t family : {known.caf, known.vaf, known.daf})
    if (family != AF_UNSPEC && !is_family(family))
      return refused(EAFNOSUPPORT, "address family " + std::to_string(family) + " is unknown");
  if (known.protocol != 0) filter.protocol = known.protocol;
  set_address(filter.client, known.caf, known.caddr);
  set_address(filter.virt, known.vaf, known.vaddr);
  set_address(filter.dest, known.daf, known.daddr);
  set_port(filter.client_port, known.cport);
  set_port(filter.virt_port, known.vport);
  set_port(filter.dest_port, known.dport);
  if (known.state) filter.state = known.state;
  return filter;
}

/// Good as long as `from` is.
ipvs_connection from_connection(const ipvs::Connection& from) {
  ipvs_connection to{};
  to.protocol = from.protocol;
  to.af = from.client.family;
  to.dest_af = from.dest.family;
  to.cport = htons(from.client_port);
  to.vport = htons(from.virt_port);
  to.dport = htons(from.dest_port);
  to.caddr = from_address(from.client);
  to.vaddr = from_address(from.virt);
  to.daddr = from_address(from.dest);
  to.expires = from.expires;
  to.state = from.state.c_str();
  if (!from.pe.empty()) to.pe_name = from.pe.c_str();
  to.pe_data = from.pe_data.c_str();
  to.pe_data_len = from.pe_data.size();
  return to;
}

}  // namespace

int ipvs_for_each_connection(const struct ipvs_connection_filter* filter, ipvs_connection_cb visit, void* arg) {
  int stopped = 0;
  const int done = guarded(Operation::list_connections, [&](ipvs::Client& client) -> ipvs::Result<void> {
    const auto wanted = to_filter(filter);
    if (!wanted) return std::unexpected(wanted.error());
    return client.for_each_connection(*wanted, [&](ipvs::Connection& each) {
      const ipvs_connection told = from_connection(each);
      stopped = visit(&told, arg);
      return stopped == 0;
    });
  });
  return done != 0 ? done : stopped;
}

int ipvs_get_totals(struct ip_vs_stats64* totals) {
  return guarded(Operation::get_totals, [&](ipvs::Client& client) -> ipvs::Result<void> {
    const auto found = client.totals();
    if (!found) return std::unexpected(found.error());
    *totals = from_stats(*found);
    return {};
  });
}

int ipvs_for_each_drop(ipvs_drop_cb visit, void* arg) {
  int stopped = 0;
  const int done = guarded(Operation::list_drops, [&](ipvs::Client& client) -> ipvs::Result<void> {
    const auto drops = client.drops();
    if (!drops) return std::unexpected(drops.error());
    for (const auto& [reason, packets] : *drops)
      if (stopped = visit(reason.c_str(), packets, arg); stopped != 0) break;
    return {};
  });
  return done != 0 ? done : stopped;
}

namespace {

/// Calls `each` for what `list` picks of the status of the daemon of that state, until it returns something.
template <typename List, typename Each>
int for_each_of_status(int state, List list, Each each) {
  int stopped = 0;
  const int done = guarded(Operation::get_daemon_status, [&](ipvs::Client& client) -> ipvs::Result<void> {
    const auto all = client.daemon_status();
    if (!all) return std::unexpected(all.error());
    const auto status = daemon_of(state, *all);
    if (!status) return std::unexpected(status.error());
    for (const auto& one : (*status).*list)
      if (stopped = each(one); stopped != 0) break;
    return {};
  });
  return done != 0 ? done : stopped;
}

}  // namespace

int ipvs_for_each_sync_figure(int state, ipvs_sync_figure_cb visit, void* arg) {
  return for_each_of_status(state, &ipvs::DaemonStatus::figures, [&](const ipvs::SyncFigure& figure) {
    return visit(figure.name.c_str(), figure.value, arg);
  });
}

int ipvs_for_each_sync_peer(int state, ipvs_sync_peer_cb visit, void* arg) {
  return for_each_of_status(state, &ipvs::DaemonStatus::heard, [&](const ipvs::SyncPeer& peer) {
    ipvs_sync_peer told{};
    told.af = peer.addr.family;
    told.addr = from_address(peer.addr);
    told.thread = peer.thread;
    told.is_alive = peer.has_heartbeats ? (peer.is_alive ? 1 : 0) : -1;
    told.heard_ms = peer.heard_ms;
    told.messages = peer.messages;
    told.lost = peer.lost;
    told.lag_ms = peer.lag_ms;
    told.queued = peer.queued;
    told.entries = peer.entries;
    return visit(&told, arg);
  });
}

char* ipvs_get_sysctl(const char* name) {
  char* found = nullptr;
  guarded(Operation::get_sysctl, [&](ipvs::Client& client) -> ipvs::Result<void> {
    const auto value = client.sysctl(name);
    if (!value) return std::unexpected(value.error());
    found = allocate<char>(value->size());
    std::memcpy(found, value->data(), value->size());
    return {};
  });
  return found;
}

int ipvs_set_sysctl(const char* name, const char* value) {
  return guarded(Operation::set_sysctl, [&](ipvs::Client& client) { return client.set_sysctl(name, value); });
}

int ipvs_for_each_sysctl(ipvs_sysctl_cb visit, void* arg) {
  int stopped = 0;
  const int done = guarded(Operation::list_sysctls, [&](ipvs::Client& client) -> ipvs::Result<void> {
    const auto names = client.sysctls();
    if (!names) return std::unexpected(names.error());
    for (const std::string& name : *names) {
      const auto value = client.sysctl(name);
      if (!value) return std::unexpected(value.error());
      if (stopped = visit(name.c_str(), value->c_str(), arg); stopped != 0) break;
    }
    return {};
  });
  return done != 0 ? done : stopped;
}

int ipvs_list_begin(void) {
  ipvs_list_end();
  int fd = -1;
  guarded(Operation::list_table, [&](ipvs::Client& client) -> ipvs::Result<void> {
    auto listing = client.list();
    if (!listing) return std::unexpected(listing.error());
    state().listing.emplace(std::move(*listing));
    fd = state().listing->fd();
    return {};
  });
  return fd;
}

int ipvs_list_step(void) {
  state().last = Operation::list_table;
  forget_words();
  return caught([] {
    if (!state().listing) return fail(ENODATA);
    const auto done = state().listing->step();
    if (!done) return fail(done.error());
    if (!*done) return 1;
    if (!state().list) state().list = state().listing->take();
    return 0;
  });
}

struct ip_vs_get_services* ipvs_list_services(void) {
  state().last = Operation::list_table;
  forget_words();
  ip_vs_get_services* told = nullptr;
  caught([&] {
    if (!state().list) return fail(ENODATA);
    const auto& table = *state().list;
    told = allocate<ip_vs_get_services>(table.size() * sizeof(ipvs_service_entry_t));
    for (const auto& [service, dests] : table)
      fill(told->entrytable[told->num_services++], service, static_cast<unsigned>(dests.size()));
    return 0;
  });
  return told;
}

struct ip_vs_get_dests* ipvs_list_dests(unsigned int service) {
  state().last = Operation::list_table;
  forget_words();
  ip_vs_get_dests* told = nullptr;
  caught([&] {
    if (!state().list || service >= state().list->size()) return fail(ENODATA);
    const auto& [entry, dests] = (*state().list)[service];
    ipvs_service_entry_t as_told;
    fill(as_told, entry, 0);
    told = as_list(as_told, dests);
    return 0;
  });
  return told;
}

void ipvs_list_end(void) {
  state().listing.reset();
  state().list.reset();
}
