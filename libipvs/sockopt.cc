// SPDX-License-Identifier: LGPL-2.1-or-later
// The socket option way to the kernel, for kernels without the netlink family. IPv4 only.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "backend.hh"
#include "libipvs.h"
#include "sockopt.hh"

namespace ipvs::inline v1 {
namespace {

std::unexpected<Error> refused(Operation operation, int code, std::string detail = {}) {
  return std::unexpected(
      Error{.operation = operation, .code = code, .origin = Origin::kernel, .detail = std::move(detail)});
}

/// The longest list that is asked for: the most that a socket option's length can say, and more than any kernel has.
constexpr std::size_t kMostEntries = 1 << 20;

/// Of a name that fits; the rest of `to` is zero.
template <std::size_t Size>
void copy_name(char (&to)[Size], const std::string& from) {
  std::memset(to, 0, Size);
  std::memcpy(to, from.data(), std::min(from.size(), Size - 1));
}

bool is_ipv4(const ServiceKey& key) { return key.family == AF_INET; }

ip_vs_service_user_kern to_kernel(const ServiceKey& key) {
  ip_vs_service_user_kern user{};
  // Mark services need a protocol here although it means nothing to them.
  user.protocol = key.fwmark != 0 ? std::uint16_t{IPPROTO_TCP} : key.protocol;
  user.addr = key.addr.as_v4().s_addr;
  user.port = htons(key.port);
  user.fwmark = key.fwmark;
  return user;
}

ip_vs_service_user_kern to_kernel(const Service& service) {
  auto user = to_kernel(service.key);
  copy_name(user.sched_name, service.scheduler);
  user.flags = service.flags;
  user.timeout = service.timeout;
  user.netmask = service.mask();
  return user;
}

ip_vs_dest_user_kern to_kernel(const Dest& dest) {
  ip_vs_dest_user_kern user{};
  user.addr = dest.key.addr.as_v4().s_addr;
  user.port = htons(dest.key.port);
  user.conn_flags = dest.method;
  user.weight = dest.weight;
  user.u_threshold = dest.u_threshold;
  user.l_threshold = dest.l_threshold;
  return user;
}

Stats from_kernel(const ip_vs_stats_user& user) {
  return {.conns = user.conns,
          .inpkts = user.inpkts,
          .outpkts = user.outpkts,
          .inbytes = user.inbytes,
          .outbytes = user.outbytes,
          .cps = user.cps,
          .inpps = user.inpps,
          .outpps = user.outpps,
          .inbps = user.inbps,
          .outbps = user.outbps};
}

ServiceEntry from_kernel(const ip_vs_service_entry_kern& user) {
  ServiceEntry entry;
  entry.key.fwmark = user.fwmark;
  entry.key.family = AF_INET;
  if (user.fwmark == 0) {
    entry.key.protocol = user.protocol;
    entry.key.addr = Address::v4({user.addr});
    entry.key.port = ntohs(user.port);
  }
  entry.scheduler = std::string(user.sched_name, strnlen(user.sched_name, sizeof(user.sched_name)));
  entry.flags = user.flags;
  entry.timeout = user.timeout;
  entry.netmask = user.netmask;
  entry.stats = from_kernel(user.stats);
  return entry;
}

DestEntry from_kernel(const ip_vs_dest_entry_kern& user) {
  DestEntry entry;
  entry.key.addr = Address::v4({user.addr});
  entry.key.port = ntohs(user.port);
  entry.method = user.conn_flags & IP_VS_CONN_F_FWD_MASK;
  entry.weight = user.weight;
  entry.u_threshold = user.u_threshold;
  entry.l_threshold = user.l_threshold;
  entry.active = user.activeconns;
  entry.inactive = user.inactconns;
  entry.persistent = user.persistconns;
  entry.stats = from_kernel(user.stats);
  return entry;
}

class KernelOptions : public Options {
 public:
  KernelOptions() = default;
  KernelOptions(const KernelOptions&) = delete;
  KernelOptions& operator=(const KernelOptions&) = delete;
  ~KernelOptions() override {
    if (fd_ >= 0) close(fd_);
  }

  std::expected<void, int> open() override {
    fd_ = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
    return outcome(fd_ >= 0);
  }
  std::expected<void, int> set(int option, const void* value, std::size_t size) override {
    return outcome(setsockopt(fd_, IPPROTO_IP, option, value, static_cast<socklen_t>(size)) == 0);
  }
  std::expected<void, int> get(int option, void* value, std::size_t size) override {
    auto length = static_cast<socklen_t>(size);
    return outcome(getsockopt(fd_, IPPROTO_IP, option, value, &length) == 0);
  }

 private:
  static std::expected<void, int> outcome(bool good) {
    if (good) return {};
    return std::unexpected(errno);
  }

  int fd_ = -1;
};

/// Why a value cannot be told through socket options; nothing if it can. Better refused than made otherwise.
using Obstacle = std::optional<Error>;

Obstacle obstacle(Operation operation, int code, const char* detail) {
  return Error{.operation = operation, .code = code, .origin = Origin::kernel, .detail = detail};
}

Obstacle obstacle_of(Operation operation, const ServiceKey& key) {
  if (is_ipv4(key)) return {};
  return obstacle(operation, EAFNOSUPPORT, "the kernel's socket options know IPv4 only");
}

Obstacle obstacle_of(Operation operation, const Service& service) {
  if (auto found = obstacle_of(operation, service.key)) return found;
  if (!service.pe.empty())
    return obstacle(operation, EAFNOSUPPORT, "the kernel's socket options know no persistence engines");
  if (service.scheduler.size() >= IP_VS_SCHEDNAME_MAXLEN)
    return obstacle(operation, EINVAL, "the scheduler's name is too long");
  return {};
}

Obstacle obstacle_of(Operation operation, const ServiceKey& service, const DestKey& dest) {
  if (auto found = obstacle_of(operation, service)) return found;
  if (dest.addr.family == AF_INET) return {};
  return obstacle(operation, EAFNOSUPPORT, "the kernel's socket options know IPv4 only");
}

Obstacle obstacle_of(Operation operation, const ServiceKey& service, const Dest& dest) {
  if (auto found = obstacle_of(operation, service, dest.key)) return found;
  if (dest.tun_type == 0 && dest.tun_port == 0 && dest.tun_flags == 0) return {};
  return obstacle(operation, EOPNOTSUPP, "the kernel's socket options know IPIP tunnels only");
}

Obstacle obstacle_of(Operation operation, const Daemon& daemon) {
  if (daemon.sync_maxlen != 0 || daemon.port != 0 || daemon.ttl != 0 || daemon.group.family != AF_UNSPEC)
    return obstacle(operation, EOPNOTSUPP,
                    "the kernel's socket options know no multicast group, port, time to live or message size");
  if (daemon.interface.size() >= IP_VS_IFNAME_MAXLEN)
    return obstacle(operation, EINVAL, "the interface's name is too long");
  return {};
}

/// Makes one change.
class Setter {
 public:
  explicit Setter(Options& options) : options_(options) {}

  Result<void> operator()(const change::Flush& flush) { return set(flush, IP_VS_SO_SET_FLUSH, nullptr, 0); }
  Result<void> operator()(const change::ZeroAll& zero) {
    const ip_vs_service_user_kern everything{};
    return set(zero, IP_VS_SO_SET_ZERO, &everything, sizeof(everything));
  }
  Result<void> operator()(const change::AddService& add) { return set_service(add, IP_VS_SO_SET_ADD); }
  Result<void> operator()(const change::EditService& edit) { return set_service(edit, IP_VS_SO_SET_EDIT); }
  Result<void> operator()(const change::DeleteService& remove) { return set_service(remove, IP_VS_SO_SET_DEL); }
  Result<void> operator()(const change::ZeroService& zero) { return set_service(zero, IP_VS_SO_SET_ZERO); }
  Result<void> operator()(const change::AddDest& add) { return set_dest(add, IP_VS_SO_SET_ADDDEST, add.dest); }
  Result<void> operator()(const change::EditDest& edit) { return set_dest(edit, IP_VS_SO_SET_EDITDEST, edit.dest); }
  Result<void> operator()(const change::DeleteDest& remove) {
    Dest dest;
    dest.key = remove.dest;
    return set_dest(remove, IP_VS_SO_SET_DELDEST, dest);
  }
  Result<void> operator()(const change::SetTimeouts& wanted) {
    const ip_vs_timeout_user user{static_cast<int>(wanted.timeouts.tcp), static_cast<int>(wanted.timeouts.tcp_fin),
                                  static_cast<int>(wanted.timeouts.udp)};
    return set(wanted, IP_VS_SO_SET_TIMEOUT, &user, sizeof(user));
  }
  Result<void> operator()(const change::StartDaemon& start) {
    if (auto found = obstacle_of(start.operation, start.daemon)) return std::unexpected(std::move(*found));
    return set_daemon(start, IP_VS_SO_SET_STARTDAEMON);
  }
  Result<void> operator()(const change::StartDaemonWith& start) {
    return std::unexpected(*obstacle(start.operation, EOPNOTSUPP, "the kernel's socket options know no peers and no keys"));
  }
  /// Only the state counts.
  Result<void> operator()(const change::StopDaemon& stop) { return set_daemon(stop, IP_VS_SO_SET_STOPDAEMON); }

 private:
  template <typename Change>
  Result<void> set(const Change&, int option, const void* value, std::size_t size) {
    const auto done = options_.set(option, value, size);
    if (!done) return refused(Change::operation, done.error());
    return {};
  }

  template <typename Change>
  Result<void> set_service(const Change& change, int option) {
    if (auto found = obstacle_of(Change::operation, change.service)) return std::unexpected(std::move(*found));
    const auto user = to_kernel(change.service);
    return set(change, option, &user, sizeof(user));
  }

  template <typename Change>
  Result<void> set_dest(const Change& change, int option, const Dest& dest) {
    if (auto found = obstacle_of(Change::operation, change.service, dest)) return std::unexpected(std::move(*found));
    struct {
      ip_vs_service_user_kern service;
      ip_vs_dest_user_kern dest;
    } pair{to_kernel(change.service), to_kernel(dest)};
    static_assert(sizeof(pair) == sizeof(pair.service) + sizeof(pair.dest));
    return set(change, option, &pair, sizeof(pair));
  }

  template <typename Change>
  Result<void> set_daemon(const Change& change, int option) {
    ip_vs_daemon_user_kern user{};
    user.state = static_cast<int>(change.daemon.state);
    copy_name(user.mcast_ifn, change.daemon.interface);
    user.syncid = static_cast<int>(change.daemon.sync_id);
    return set(change, option, &user, sizeof(user));
  }

  Options& options_;
};

class SockoptBackend : public Backend {
 public:
  explicit SockoptBackend(std::unique_ptr<Options> options) : options_(std::move(options)) {}

  std::expected<void, int> open() {
    if (auto done = options_->open(); !done) return done;
    if (const auto info = read_info(); !info) return std::unexpected(info.error());
    return {};
  }

  Client::Transport transport() const override { return Client::Transport::sockopt; }

  std::vector<Result<void>> apply(std::span<const Change> changes, std::vector<Remark>&) override {
    std::vector<Result<void>> outcome;
    outcome.reserve(changes.size());
    for (const Change& change : changes) outcome.push_back(std::visit(Setter(*options_), change.body));
    return outcome;
  }

  Result<ServiceEntry> service(const ServiceKey& key) override {
    const auto entry = read_service(Operation::get_service, key);
    if (!entry) return std::unexpected(entry.error());
    return from_kernel(*entry);
  }

  Result<void> for_each_service(const std::function<bool(ServiceEntry&)>& visit) override {
    constexpr auto operation = Operation::list_services;
    const auto info = read_info();
    if (!info) return refused(operation, info.error());
    auto table = read_list<ip_vs_get_services_kern, ip_vs_service_entry_kern>(
        operation, IP_VS_SO_GET_SERVICES, info->num_services, [](auto& head, unsigned count) { head.num_services = count; },
        [](const ip_vs_service_entry_kern& entry) { return entry.protocol == 0 && entry.fwmark == 0; });
    if (!table) return std::unexpected(std::move(table.error()));
    for (const auto& user : *table) {
      auto entry = from_kernel(user);
      if (!visit(entry)) break;
    }
    return {};
  }

  Result<void> for_each_dest(const ServiceKey& service,
                             const std::function<bool(DestEntry&)>& visit) override {
    constexpr auto operation = Operation::list_dests;
    const auto entry = read_service(operation, service);
    if (!entry) return std::unexpected(entry.error());
    // IPv6 destinations are counted but not told; no destination has address zero.
    auto table = read_list<ip_vs_get_dests_kern, ip_vs_dest_entry_kern>(
        operation, IP_VS_SO_GET_DESTS, entry->num_dests,
        [&](auto& head, unsigned count) {
          head.protocol = entry->protocol;
          head.addr = entry->addr;
          head.port = entry->port;
          head.fwmark = entry->fwmark;
          head.num_dests = count;
        },
        [](const ip_vs_dest_entry_kern& dest) { return dest.addr == 0; });
    if (!table) return std::unexpected(std::move(table.error()));
    for (const auto& user : *table) {
      auto dest = from_kernel(user);
      if (!visit(dest)) break;
    }
    return {};
  }

  Result<Timeouts> timeouts() override {
    ip_vs_timeout_user user{};
    if (const auto done = options_->get(IP_VS_SO_GET_TIMEOUT, &user, sizeof(user)); !done)
      return refused(Operation::get_timeouts, done.error());
    return Timeouts{.tcp = static_cast<std::uint32_t>(user.tcp_timeout),
                    .tcp_fin = static_cast<std::uint32_t>(user.tcp_fin_timeout),
                    .udp = static_cast<std::uint32_t>(user.udp_timeout)};
  }

  Result<Info> info() override {
    const auto info = read_info();
    if (!info) return refused(Operation::get_info, info.error());
    return Info{.version = info->version, .conn_table_size = info->size, .api = 0, .release = {}};
  }

  Result<std::vector<DaemonConfig>> daemons() override {
    ip_vs_daemon_user_kern user[2] = {};
    if (const auto done = options_->get(IP_VS_SO_GET_DAEMON, user, sizeof(user)); !done)
      return refused(Operation::list_daemons, done.error());
    std::vector<DaemonConfig> list;
    for (const auto& each : user) {
      if (each.state == IP_VS_STATE_NONE) continue;
      DaemonConfig daemon;
      daemon.state = static_cast<std::uint32_t>(each.state);
      daemon.interface = std::string(each.mcast_ifn, strnlen(each.mcast_ifn, sizeof(each.mcast_ifn)));
      daemon.sync_id = static_cast<std::uint32_t>(each.syncid);
      list.push_back(std::move(daemon));
    }
    return list;
  }

 private:
  /// A structure with a flexible array behind it, whose entries the kernel fills in as far as there are any; those that
  /// it leaves alone are zero, and not part of the result. It says nothing of entries that have come since they were
  /// counted: there is always room for more than there should be, and a list without room left is read again.
  template <typename Head, typename Entry, typename Ask, typename IsEmpty>
  Result<std::vector<Entry>> read_list(Operation operation, int option, std::size_t expected, Ask ask, IsEmpty is_empty) {
    for (std::size_t count = expected + 1; count <= kMostEntries; count *= 2) {
      std::vector<std::uint64_t> words((sizeof(Head) + count * sizeof(Entry)) / 8 + 1);
      auto* head = reinterpret_cast<Head*>(words.data());
      ask(*head, static_cast<unsigned>(count));
      if (const auto done = options_->get(option, head, sizeof(Head) + count * sizeof(Entry)); !done)
        return refused(operation, done.error());
      if (!is_empty(head->entrytable[count - 1])) continue;
      std::vector<Entry> entries;
      for (std::size_t i = 0; i < count; ++i)
        if (!is_empty(head->entrytable[i])) entries.push_back(head->entrytable[i]);
      return entries;
    }
    return refused(operation, ENOMEM);
  }

  std::expected<ip_vs_getinfo, int> read_info() {
    ip_vs_getinfo info{};
    if (const auto done = options_->get(IP_VS_SO_GET_INFO, &info, sizeof(info)); !done)
      return std::unexpected(done.error());
    return info;
  }

  Result<ip_vs_service_entry_kern> read_service(Operation operation, const ServiceKey& key) {
    if (auto found = obstacle_of(operation, key)) return std::unexpected(std::move(*found));
    ip_vs_service_entry_kern entry{};
    const auto user = to_kernel(key);
    entry.protocol = user.protocol;
    entry.addr = user.addr;
    entry.port = user.port;
    entry.fwmark = user.fwmark;
    if (const auto done = options_->get(IP_VS_SO_GET_SERVICE, &entry, sizeof(entry)); !done)
      return refused(operation, done.error());
    return entry;
  }

  std::unique_ptr<Options> options_;
};

}  // namespace

std::unique_ptr<Options> kernel_options() { return std::make_unique<KernelOptions>(); }

BackendResult open_sockopt(std::unique_ptr<Options> options) {
  auto backend = std::make_unique<SockoptBackend>(std::move(options));
  if (auto done = backend->open(); !done) return refused(Operation::open, done.error());
  return backend;
}

}  // namespace ipvs::inline v1
