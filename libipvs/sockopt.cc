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

namespace ipvs {
namespace {

std::unexpected<Error> refused(Operation operation, int code) {
  return std::unexpected(Error{.operation = operation, .code = code, .origin = Origin::kernel, .detail = {}});
}

/// Cuts what is too long, as the interface has always been used; the rest of `to` is zero.
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
  user.netmask = service.netmask;
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

/// Owns a raw IPv4 socket. get() and set() return 0 or an errno value.
class OptionSocket {
 public:
  OptionSocket() = default;
  OptionSocket(const OptionSocket&) = delete;
  OptionSocket& operator=(const OptionSocket&) = delete;
  ~OptionSocket() {
    if (fd_ >= 0) close(fd_);
  }

  int open() {
    fd_ = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
    return fd_ >= 0 ? 0 : errno;
  }
  int set(int option, const void* value, std::size_t size) {
    return setsockopt(fd_, IPPROTO_IP, option, value, static_cast<socklen_t>(size)) == 0 ? 0 : errno;
  }
  int get(int option, void* value, std::size_t size) {
    auto length = static_cast<socklen_t>(size);
    return getsockopt(fd_, IPPROTO_IP, option, value, &length) == 0 ? 0 : errno;
  }

 private:
  int fd_ = -1;
};

/// Makes one change; returns 0 or an errno value.
class Setter {
 public:
  Setter(OptionSocket& socket, Operation operation) : socket_(socket), operation_(operation) {}

  int operator()(std::monostate) {
    if (operation_ == Operation::flush) return socket_.set(IP_VS_SO_SET_FLUSH, nullptr, 0);
    const ip_vs_service_user_kern everything{};
    return socket_.set(IP_VS_SO_SET_ZERO, &everything, sizeof(everything));
  }
  int operator()(const Service& service) {
    if (!is_ipv4(service.key) || !service.pe.empty()) return EAFNOSUPPORT;
    const auto user = to_kernel(service);
    const bool add = operation_ == Operation::add_service;
    return socket_.set(add ? IP_VS_SO_SET_ADD : IP_VS_SO_SET_EDIT, &user, sizeof(user));
  }
  int operator()(const ServiceKey& key) {
    if (!is_ipv4(key)) return EAFNOSUPPORT;
    const auto user = to_kernel(key);
    const bool zero = operation_ == Operation::zero_service;
    return socket_.set(zero ? IP_VS_SO_SET_ZERO : IP_VS_SO_SET_DEL, &user, sizeof(user));
  }
  int operator()(const DestSpec& spec) {
    return set_dest(operation_ == Operation::add_dest ? IP_VS_SO_SET_ADDDEST : IP_VS_SO_SET_EDITDEST,
                    spec.service, spec.dest);
  }
  int operator()(const DestRef& ref) {
    Dest dest;
    dest.key = ref.dest;
    return set_dest(IP_VS_SO_SET_DELDEST, ref.service, dest);
  }
  int operator()(const Timeouts& timeouts) {
    const ip_vs_timeout_user user{static_cast<int>(timeouts.tcp), static_cast<int>(timeouts.tcp_fin),
                                  static_cast<int>(timeouts.udp)};
    return socket_.set(IP_VS_SO_SET_TIMEOUT, &user, sizeof(user));
  }
  int operator()(const Daemon& daemon) {
    ip_vs_daemon_user_kern user{};
    user.state = static_cast<int>(daemon.state);
    copy_name(user.mcast_ifn, daemon.interface);
    user.syncid = static_cast<int>(daemon.sync_id);
    const bool start = operation_ == Operation::start_daemon;
    return socket_.set(start ? IP_VS_SO_SET_STARTDAEMON : IP_VS_SO_SET_STOPDAEMON, &user, sizeof(user));
  }

 private:
  int set_dest(int option, const ServiceKey& service, const Dest& dest) {
    if (!is_ipv4(service) || dest.key.addr.family != AF_INET) return EAFNOSUPPORT;
    struct {
      ip_vs_service_user_kern service;
      ip_vs_dest_user_kern dest;
    } pair{to_kernel(service), to_kernel(dest)};
    static_assert(sizeof(pair) == sizeof(pair.service) + sizeof(pair.dest));
    return socket_.set(option, &pair, sizeof(pair));
  }

  OptionSocket& socket_;
  Operation operation_;
};

class SockoptBackend : public Backend {
 public:
  int open() {
    if (int error = socket_.open()) return error;
    ip_vs_getinfo info;
    return read_info(info);
  }

  Client::Transport transport() const override { return Client::Transport::sockopt; }

  std::vector<std::optional<Error>> apply(std::span<const Change> changes) override {
    std::vector<std::optional<Error>> outcome(changes.size());
    for (std::size_t i = 0; i < changes.size(); ++i) {
      const Operation operation = changes[i].operation;
      if (int error = std::visit(Setter(socket_, operation), changes[i].body))
        outcome[i] = refused(operation, error).error();
    }
    return outcome;
  }

  Result<ServiceEntry> service(const ServiceKey& key) override {
    ip_vs_service_entry_kern entry;
    if (int error = read_service(key, entry)) return refused(Operation::get_service, error);
    return from_kernel(entry);
  }

  Result<void> for_each_service(const std::function<bool(ServiceEntry&)>& visit) override {
    constexpr auto operation = Operation::list_services;
    ip_vs_getinfo info;
    if (int error = read_info(info)) return refused(operation, error);
    Table<ip_vs_get_services_kern, ip_vs_service_entry_kern> table(info.num_services);
    table->num_services = info.num_services;
    if (int error = socket_.get(IP_VS_SO_GET_SERVICES, table.data(), table.size()))
      return refused(operation, error);
    for (unsigned i = 0; i < info.num_services; ++i) {
      // Services may have gone since they were counted; the kernel leaves such places as they were.
      if (table->entrytable[i].protocol == 0 && table->entrytable[i].fwmark == 0) continue;
      auto entry = from_kernel(table->entrytable[i]);
      if (!visit(entry)) break;
    }
    return {};
  }

  Result<void> for_each_dest(const ServiceKey& service,
                             const std::function<bool(DestEntry&)>& visit) override {
    constexpr auto operation = Operation::list_dests;
    ip_vs_service_entry_kern entry;
    if (int error = read_service(service, entry)) return refused(operation, error);
    Table<ip_vs_get_dests_kern, ip_vs_dest_entry_kern> table(entry.num_dests);
    table->protocol = entry.protocol;
    table->addr = entry.addr;
    table->port = entry.port;
    table->fwmark = entry.fwmark;
    table->num_dests = entry.num_dests;
    if (int error = socket_.get(IP_VS_SO_GET_DESTS, table.data(), table.size()))
      return refused(operation, error);
    for (unsigned i = 0; i < entry.num_dests; ++i) {
      // IPv6 destinations are counted but not told; no destination has address zero.
      if (table->entrytable[i].addr == 0) continue;
      auto dest = from_kernel(table->entrytable[i]);
      if (!visit(dest)) break;
    }
    return {};
  }

  Result<Timeouts> timeouts() override {
    ip_vs_timeout_user user{};
    if (int error = socket_.get(IP_VS_SO_GET_TIMEOUT, &user, sizeof(user)))
      return refused(Operation::get_timeouts, error);
    return Timeouts{.tcp = static_cast<std::uint32_t>(user.tcp_timeout),
                    .tcp_fin = static_cast<std::uint32_t>(user.tcp_fin_timeout),
                    .udp = static_cast<std::uint32_t>(user.udp_timeout)};
  }

  Result<Info> info() override {
    ip_vs_getinfo info;
    if (int error = read_info(info)) return refused(Operation::get_info, error);
    return Info{.version = info.version, .conn_table_size = info.size, .api = 0, .release = {}};
  }

  Result<std::vector<Daemon>> daemons() override {
    ip_vs_daemon_user_kern user[2] = {};
    if (int error = socket_.get(IP_VS_SO_GET_DAEMON, user, sizeof(user)))
      return refused(Operation::list_daemons, error);
    std::vector<Daemon> list;
    for (const auto& each : user) {
      if (each.state == IP_VS_STATE_NONE) continue;
      Daemon daemon;
      daemon.state = static_cast<std::uint32_t>(each.state);
      daemon.interface = std::string(each.mcast_ifn, strnlen(each.mcast_ifn, sizeof(each.mcast_ifn)));
      daemon.sync_id = static_cast<std::uint32_t>(each.syncid);
      list.push_back(std::move(daemon));
    }
    return list;
  }

 private:
  /// A structure with a flexible array behind it, zeroed.
  template <typename Head, typename Entry>
  class Table {
   public:
    explicit Table(unsigned count) : words_((sizeof(Head) + count * sizeof(Entry)) / 8 + 1) {
      size_ = sizeof(Head) + count * sizeof(Entry);
    }
    Head* operator->() { return reinterpret_cast<Head*>(words_.data()); }
    void* data() { return words_.data(); }
    std::size_t size() const { return size_; }

   private:
    std::vector<std::uint64_t> words_;
    std::size_t size_;
  };

  int read_info(ip_vs_getinfo& info) {
    info = {};
    return socket_.get(IP_VS_SO_GET_INFO, &info, sizeof(info));
  }

  int read_service(const ServiceKey& key, ip_vs_service_entry_kern& entry) {
    if (!is_ipv4(key)) return EAFNOSUPPORT;
    entry = {};
    const auto user = to_kernel(key);
    entry.protocol = user.protocol;
    entry.addr = user.addr;
    entry.port = user.port;
    entry.fwmark = user.fwmark;
    return socket_.get(IP_VS_SO_GET_SERVICE, &entry, sizeof(entry));
  }

  OptionSocket socket_;
};

}  // namespace

Result<std::unique_ptr<Backend>> open_sockopt() {
  auto backend = std::make_unique<SockoptBackend>();
  if (int error = backend->open()) return refused(Operation::open, error);
  return backend;
}

}  // namespace ipvs
