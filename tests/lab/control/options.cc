// SPDX-License-Identifier: GPL-2.0-or-later
// Every socket option with every length, bad pointers, and the rules of each: printed so that two modules can be
// compared.
#include "options.hh"

#include <arpa/inet.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "control.hh"

namespace control {

OptionSocket::OptionSocket(int family, int type, int protocol) : fd_(socket(family, type | SOCK_CLOEXEC, protocol)) {
  if (fd_ < 0) fail(std::string("no socket: ") + strerrorname_np(errno));
}

OptionSocket::~OptionSocket() { close(fd_); }

int OptionSocket::set(int option, const void* value, unsigned length) const {
  return setsockopt(fd_, IPPROTO_IP, option, value, length) == 0 ? 0 : errno;
}

int OptionSocket::get(int option, void* value, unsigned& length) const {
  socklen_t size = length;
  const int error = getsockopt(fd_, IPPROTO_IP, option, value, &size) == 0 ? 0 : errno;
  length = size;
  return error;
}

namespace {

constexpr int kBase = IP_VS_BASE_CTL;
constexpr unsigned kLongest = 200;

const char* name(int error) { return error == 0 ? "ok" : strerrorname_np(error); }

/// Lines like "0-43 EINVAL, 44 ok": lengths with the same result together.
class Ranges {
 public:
  void add(unsigned length, const std::string& result) {
    if (result != result_) {
      flush();
      first_ = length;
      result_ = result;
    }
    last_ = length;
  }
  std::string text() {
    flush();
    return text_;
  }

 private:
  void flush() {
    if (result_.empty()) return;
    text_ += (text_.empty() ? "" : ", ") + std::to_string(first_);
    if (last_ != first_) text_ += "-" + std::to_string(last_);
    text_ += " " + result_;
    result_.clear();
  }

  unsigned first_ = 0, last_ = 0;
  std::string result_, text_;
};

/// A page that ends where nothing is mapped.
class EdgePage {
 public:
  EdgePage() {
    page_ = static_cast<std::uint8_t*>(
        mmap(nullptr, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    if (page_ == MAP_FAILED || munmap(page_ + 4096, 4096) != 0) fail("no page");
  }
  /// So many bytes before the end.
  void* before_end(unsigned bytes) const { return page_ + 4096 - bytes; }

 private:
  std::uint8_t* page_;
};

bool is_daemon(int option) { return option == IP_VS_SO_SET_STARTDAEMON || option == IP_VS_SO_SET_STOPDAEMON; }

void set_lengths(const OptionSocket& socket) {
  std::vector<std::uint8_t> zeros(65536);
  for (int option = kBase - 1; option <= kBase + 17; ++option) {
    Ranges ranges;
    for (unsigned length = 0; length <= kLongest; ++length) {
      // Daemons are not what this compares.
      if (is_daemon(option) && length == sizeof(ip_vs_daemon_user)) continue;
      ranges.add(length, name(socket.set(option, zeros.data(), length)));
    }
    for (unsigned length : {4096U, 65535U, 65536U, 0x7fffffffU, 0x80000000U, 0xffffffffU})
      ranges.add(length, name(socket.set(option, zeros.data(), length)));
    std::printf("set +%d: %s\n", option - kBase, ranges.text().c_str());
  }
}

void set_pointers(const OptionSocket& socket) {
  const EdgePage edge;
  const std::pair<int, unsigned> options[] = {
      {IP_VS_SO_SET_ADD, 44},     {IP_VS_SO_SET_EDIT, 44},    {IP_VS_SO_SET_DEL, 44},
      {IP_VS_SO_SET_ADDDEST, 68}, {IP_VS_SO_SET_DELDEST, 68}, {IP_VS_SO_SET_EDITDEST, 68},
      {IP_VS_SO_SET_TIMEOUT, 12}, {IP_VS_SO_SET_ZERO, 44}};
  for (const auto& [option, length] : options) {
    std::printf("set +%d pointers:", option - kBase);
    for (const void* pointer :
         {static_cast<void*>(nullptr), reinterpret_cast<void*>(1), reinterpret_cast<void*>(0xffff888000000000),
          reinterpret_cast<void*>(~0UL), edge.before_end(length - 1)})
      std::printf(" %s", name(socket.set(option, pointer, length)));
    std::printf("\n");
  }
}

std::string get_result(const OptionSocket& socket, int option, void* value, unsigned length) {
  unsigned after = length;
  const int error = socket.get(option, value, after);
  return std::string(name(error)) + (error == 0 && after != length ? " shortened" : "");
}

void get_lengths(const OptionSocket& socket) {
  std::vector<std::uint8_t> buffer(65536);
  for (int option = kBase - 1; option <= kBase + 9; ++option) {
    Ranges ranges;
    for (unsigned length = 0; length <= kLongest; ++length) {
      std::ranges::fill(buffer, 0);
      ranges.add(length, get_result(socket, option, buffer.data(), length));
    }
    for (unsigned length : {4096U, 65535U, 65536U, 0x7fffffffU, 0x80000000U, 0xffffffffU}) {
      std::ranges::fill(buffer, 0);
      ranges.add(length, get_result(socket, option, buffer.data(), length));
    }
    std::printf("get +%d: %s\n", option - kBase, ranges.text().c_str());
  }
}

void get_pointers(const OptionSocket& socket) {
  const EdgePage edge;
  const std::pair<int, unsigned> options[] = {
      {IP_VS_SO_GET_VERSION, 64}, {IP_VS_SO_GET_INFO, 12},  {IP_VS_SO_GET_SERVICES, 8}, {IP_VS_SO_GET_SERVICE, 104},
      {IP_VS_SO_GET_DESTS, 24},   {IP_VS_SO_GET_TIMEOUT, 12}, {IP_VS_SO_GET_DAEMON, 48}};
  for (const auto& [option, length] : options) {
    std::printf("get +%d pointers:", option - kBase);
    for (void* pointer :
         {static_cast<void*>(nullptr), reinterpret_cast<void*>(1), reinterpret_cast<void*>(0xffff888000000000),
          reinterpret_cast<void*>(~0UL), edge.before_end(length - 1)}) {
      unsigned size = length;
      std::printf(" %s", name(socket.get(option, pointer, size)));
    }
    std::printf("\n");
  }
}

ip_vs_service_user service(const char* addr, std::uint16_t port, std::uint16_t protocol = IPPROTO_TCP,
                           std::uint32_t mark = 0, const char* scheduler = "rr") {
  ip_vs_service_user user{};
  user.protocol = protocol;
  user.addr = inet_addr(addr);
  user.port = htons(port);
  user.fwmark = mark;
  std::strncpy(user.sched_name, scheduler, sizeof(user.sched_name));
  user.netmask = ~0U;
  return user;
}

ip_vs_dest_user dest(const char* addr, std::uint16_t port, int weight = 1, unsigned flags = IP_VS_CONN_F_MASQ,
                     unsigned upper = 0, unsigned lower = 0) {
  ip_vs_dest_user user{};
  user.addr = inet_addr(addr);
  user.port = htons(port);
  user.conn_flags = flags;
  user.weight = weight;
  user.u_threshold = upper;
  user.l_threshold = lower;
  return user;
}

std::string text(std::uint32_t addr) {
  char buffer[INET_ADDRSTRLEN];
  return inet_ntop(AF_INET, &addr, buffer, sizeof(buffer));
}

/// Head and entries as the kernel wants them.
template <typename Head, typename Entry>
struct Listing {
  std::vector<std::uint64_t> words;
  unsigned size;

  explicit Listing(unsigned count) : size(static_cast<unsigned>(sizeof(Head) + count * sizeof(Entry))) {
    words.assign(size / 8 + 1, 0xaaaaaaaaaaaaaaaa);
    std::memset(words.data(), 0, sizeof(Head));
  }
  Head* head() { return reinterpret_cast<Head*>(words.data()); }
  bool is_untouched(unsigned entry) {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(&head()->entrytable[entry]);
    return std::all_of(bytes, bytes + sizeof(Entry), [](std::uint8_t byte) { return byte == 0xaa; });
  }
};
using Services = Listing<ip_vs_get_services, ip_vs_service_entry>;
using Dests = Listing<ip_vs_get_dests, ip_vs_dest_entry>;

class Rules {
 public:
  explicit Rules(const OptionSocket& socket) : socket_(socket) {}

  void set(const char* what, int option, const ip_vs_service_user& user) {
    std::printf("%s: %s\n", what, name(socket_.set(option, &user, sizeof(user))));
  }
  void set(const char* what, int option, const ip_vs_service_user& svc, const ip_vs_dest_user& user) {
    const ServiceAndDest pair{svc, user};
    std::printf("%s: %s\n", what, name(socket_.set(option, &pair, sizeof(pair))));
  }

  void show() {
    ip_vs_getinfo info{};
    unsigned length = sizeof(info);
    int error = socket_.get(IP_VS_SO_GET_INFO, &info, length);
    std::printf("  info %s version %x services %u\n", name(error), info.version, info.num_services);
    // One place too many: it must stay as it was.
    Services list(info.num_services + 1);
    list.head()->num_services = info.num_services + 1;
    length = list.size;
    error = socket_.get(IP_VS_SO_GET_SERVICES, list.head(), length);
    std::printf("  list %s num %u untouched %d\n", name(error), list.head()->num_services,
                list.is_untouched(info.num_services));
    std::vector<ip_vs_service_entry> entries(list.head()->entrytable, list.head()->entrytable + info.num_services);
    std::ranges::sort(entries, {}, [](const ip_vs_service_entry& e) {
      return std::tuple(e.fwmark, e.protocol, ntohl(e.addr), ntohs(e.port));
    });
    for (const auto& entry : entries) show(entry);
  }

 private:
  void show(const ip_vs_service_entry& e) {
    std::printf("  service proto %u %s:%u mark %u sched %.16s flags %x timeout %u mask %08x dests %u conns %u\n",
                e.protocol, text(e.addr).c_str(), ntohs(e.port), e.fwmark, e.sched_name, e.flags, e.timeout,
                ntohl(e.netmask), e.num_dests, e.stats.conns);
    Dests list(e.num_dests + 1);
    list.head()->protocol = e.protocol;
    list.head()->addr = e.addr;
    list.head()->port = e.port;
    list.head()->fwmark = e.fwmark;
    list.head()->num_dests = e.num_dests + 1;
    unsigned length = list.size;
    const int error = socket_.get(IP_VS_SO_GET_DESTS, list.head(), length);
    std::printf("    servers %s num %u untouched %d\n", name(error), list.head()->num_dests,
                list.is_untouched(e.num_dests));
    for (unsigned i = 0; error == 0 && i <= e.num_dests; ++i) {
      if (list.is_untouched(i)) continue;
      const auto& d = list.head()->entrytable[i];
      std::printf("    %s:%u flags %x weight %d u %u l %u active %u inactive %u persistent %u\n",
                  text(d.addr).c_str(), ntohs(d.port), d.conn_flags, d.weight, d.u_threshold, d.l_threshold,
                  d.activeconns, d.inactconns, d.persistconns);
    }
  }

  const OptionSocket& socket_;
};

void service_rules(Rules& rules) {
  const auto web = service("10.1.0.100", 80);
  auto no_nul = web;
  std::memset(no_nul.sched_name, 'r', sizeof(no_nul.sched_name));
  rules.set("add", IP_VS_SO_SET_ADD, web);
  rules.set("add again", IP_VS_SO_SET_ADD, web);
  rules.set("add without NUL", IP_VS_SO_SET_ADD, no_nul);
  rules.set("edit without NUL", IP_VS_SO_SET_EDIT, no_nul);
  rules.set("zero without NUL", IP_VS_SO_SET_ZERO, no_nul);
  rules.set("add, 15 letters", IP_VS_SO_SET_ADD, service("10.1.0.100", 81, IPPROTO_TCP, 0, "abcdefghijklmno"));
  rules.set("add, unknown scheduler", IP_VS_SO_SET_ADD, service("10.1.0.100", 81, IPPROTO_TCP, 0, "nosuch"));
  rules.set("add, existing, unknown scheduler", IP_VS_SO_SET_ADD, service("10.1.0.100", 80, IPPROTO_TCP, 0, "nosuch"));
  rules.set("add, empty scheduler", IP_VS_SO_SET_ADD, service("10.1.0.100", 81, IPPROTO_TCP, 0, ""));
  rules.set("add, no scheduler", IP_VS_SO_SET_ADD, service("10.1.0.100", 82, IPPROTO_TCP, 0, "none"));
  for (int protocol : {0, 1, 6, 17, 47, 50, 51, 58, 132, 256, 262, 65535}) {
    const auto each = service("10.1.0.101", 80, static_cast<std::uint16_t>(protocol));
    std::printf("protocol %d\n", protocol);
    rules.set("  add", IP_VS_SO_SET_ADD, each);
    rules.set("  edit", IP_VS_SO_SET_EDIT, each);
    rules.set("  zero", IP_VS_SO_SET_ZERO, each);
    rules.set("  add server", IP_VS_SO_SET_ADDDEST, each, dest("10.2.1.2", 80));
    rules.set("  delete", IP_VS_SO_SET_DEL, each);
  }
  rules.set("edit missing", IP_VS_SO_SET_EDIT, service("10.1.0.100", 99));
  rules.set("edit missing, unknown scheduler", IP_VS_SO_SET_EDIT, service("10.1.0.100", 99, 6, 0, "nosuch"));
  rules.set("edit, unknown scheduler", IP_VS_SO_SET_EDIT, service("10.1.0.100", 80, 6, 0, "nosuch"));
  rules.set("delete missing", IP_VS_SO_SET_DEL, service("10.1.0.100", 99));
  rules.set("zero missing", IP_VS_SO_SET_ZERO, service("10.1.0.100", 99));
  rules.set("zero all", IP_VS_SO_SET_ZERO, service("0.0.0.0", 0, 0));
  rules.set("zero all, any protocol", IP_VS_SO_SET_ZERO, service("0.0.0.0", 0, 99));
  rules.set("zero port 0", IP_VS_SO_SET_ZERO, service("10.1.0.100", 0));
  auto changed = service("10.1.0.100", 80, 6, 0, "wlc");
  changed.flags = 0xffffffff;
  changed.timeout = 77;
  changed.netmask = htonl(0xffffff00);
  rules.set("edit all", IP_VS_SO_SET_EDIT, changed);
  rules.show();
  changed.flags = 0;
  rules.set("edit back", IP_VS_SO_SET_EDIT, changed);
  rules.show();
}

void mark_rules(Rules& rules) {
  const auto tcp = service("10.9.9.9", 999, IPPROTO_TCP, 5), udp = service("0.0.0.0", 0, IPPROTO_UDP, 5);
  rules.set("mark, protocol 0", IP_VS_SO_SET_ADD, service("0.0.0.0", 0, 0, 5));
  rules.set("mark with UDP", IP_VS_SO_SET_ADD, udp);
  rules.set("again with TCP", IP_VS_SO_SET_ADD, tcp);
  rules.set("edit with TCP", IP_VS_SO_SET_EDIT, tcp);
  rules.set("edit with UDP", IP_VS_SO_SET_EDIT, udp);
  rules.set("server with TCP", IP_VS_SO_SET_ADDDEST, tcp, dest("10.2.1.2", 0));
  rules.set("server with UDP", IP_VS_SO_SET_ADDDEST, udp, dest("10.2.1.2", 0));
  rules.show();
  rules.set("delete with TCP", IP_VS_SO_SET_DEL, tcp);
  rules.set("delete with UDP", IP_VS_SO_SET_DEL, udp);
  rules.set("mark with TCP", IP_VS_SO_SET_ADD, tcp);
  rules.show();
  rules.set("delete", IP_VS_SO_SET_DEL, tcp);
}

void dest_rules(Rules& rules) {
  const auto web = service("10.1.0.100", 80), missing = service("10.1.0.100", 99);
  const int add = IP_VS_SO_SET_ADDDEST, edit = IP_VS_SO_SET_EDITDEST, del = IP_VS_SO_SET_DELDEST;
  rules.set("server", add, web, dest("10.2.1.2", 80));
  rules.set("again", add, web, dest("10.2.1.2", 80));
  rules.set("of a missing service", add, missing, dest("10.2.1.2", 80));
  rules.set("edit of a missing service", edit, missing, dest("10.2.1.2", 80));
  rules.set("delete of a missing service", del, missing, dest("10.2.1.2", 80));
  rules.set("edit missing", edit, web, dest("10.2.1.9", 80));
  rules.set("delete missing", del, web, dest("10.2.1.9", 80));
  rules.set("weight -1", add, web, dest("10.2.1.3", 80, -1));
  rules.set("edit to weight -1", edit, web, dest("10.2.1.2", 80, -1));
  rules.set("edit missing, weight -1", edit, web, dest("10.2.1.9", 80, -1));
  rules.set("lower above upper", add, web, dest("10.2.1.3", 80, 1, 0, 5, 6));
  rules.set("upper above 2^31", add, web, dest("10.2.1.3", 80, 1, 0, 0x80000000, 0));
  for (const char* addr : {"10.0.0.1", "127.0.0.1", "203.0.113.1", "240.0.0.1", "0.0.0.5", "0.0.0.0",
                           "255.255.255.255", "10.1.255.255", "224.0.0.5"}) {
    std::printf("%s ", addr);
    rules.set("", add, web, dest(addr, 90));
  }
  rules.set("all flags and DR", add, web, dest("10.2.1.3", 80, 1, 0xfffffff8 | IP_VS_CONN_F_DROUTE));
  rules.set("all flags and NAT", add, web, dest("10.2.1.4", 80, 1, 0xfffffff8));
  rules.set("tunnel", add, web, dest("10.2.1.5", 80, 100, IP_VS_CONN_F_TUNNEL, 10, 5));
  rules.set("local", add, web, dest("10.2.1.6", 0, 0, IP_VS_CONN_F_LOCALNODE));
  rules.show();
  rules.set("edit of all", edit, web, dest("10.2.1.3", 80, 7, IP_VS_CONN_F_TUNNEL, 9, 3));
  rules.set("delete", del, web, dest("10.2.1.4", 80, -5, 77, 1, 2));
  rules.show();
}

void timeout_rules(const OptionSocket& socket) {
  const auto set = [&](int tcp, int fin, int udp) {
    const ip_vs_timeout_user user{tcp, fin, udp};
    ip_vs_timeout_user now{};
    unsigned length = sizeof(now);
    const int error = socket.set(IP_VS_SO_SET_TIMEOUT, &user, sizeof(user));
    const int read = socket.get(IP_VS_SO_GET_TIMEOUT, &now, length);
    std::printf("timeouts %d %d %d: %s; now %s %d %d %d\n", tcp, fin, udp, name(error), name(read), now.tcp_timeout,
                now.tcp_fin_timeout, now.udp_timeout);
  };
  set(0, 0, 0);
  set(100, 0, 0);
  set(0, 20, 30);
  set(-1, 5, 5);
  set(5, -1, 5);
  set(5, 5, -1);
  set(0x7fffffff, 1, 1);
  set(8589934, 1, 1);
  set(8589935, 2, 2);
  set(900, 120, 300);
}

void get_rules(const OptionSocket& socket) {
  char version[100] = {};
  unsigned length = sizeof(version);
  int error = socket.get(IP_VS_SO_GET_VERSION, version, length);
  std::printf("version %s: %s length %s\n", name(error), version,
              length == std::strlen(version) + 1 ? "that of the text" : "wrong");

  const auto read = [&](const char* what, std::uint16_t protocol, const char* addr, std::uint16_t port,
                        std::uint32_t mark) {
    ip_vs_service_entry entries[2];
    std::memset(entries, 0xaa, sizeof(entries));
    entries[0].protocol = protocol;
    entries[0].addr = inet_addr(addr);
    entries[0].port = htons(port);
    entries[0].fwmark = mark;
    unsigned size = sizeof(entries);
    const int result = socket.get(IP_VS_SO_GET_SERVICE, entries, size);
    const auto* rest = reinterpret_cast<const std::uint8_t*>(&entries[1]);
    std::printf("%s: %s", what, name(result));
    if (result == 0)
      std::printf(" proto %u %s:%u mark %u dests %u length %u rest untouched %d", entries[0].protocol,
                  text(entries[0].addr).c_str(), ntohs(entries[0].port), entries[0].fwmark, entries[0].num_dests, size,
                  std::all_of(rest, rest + sizeof(entries[1]), [](std::uint8_t byte) { return byte == 0xaa; }));
    std::printf("\n");
  };
  read("read", 6, "10.1.0.100", 80, 0);
  read("read, other protocol", 17, "10.1.0.100", 80, 0);
  read("read, protocol 0", 0, "10.1.0.100", 80, 0);
  read("read missing", 6, "10.1.0.100", 99, 0);
  read("read by mark, other protocol", 132, "1.2.3.4", 5, 9);
  read("read missing mark", 6, "10.1.0.100", 80, 8);

  ip_vs_getinfo info{};
  length = sizeof(info);
  socket.get(IP_VS_SO_GET_INFO, &info, length);
  for (unsigned count : {0U, 1U, info.num_services, info.num_services + 3, 0x01000000U, 0xffffffffU}) {
    Services list(std::min(count, 100U));
    list.head()->num_services = count;
    length = list.size;
    error = socket.get(IP_VS_SO_GET_SERVICES, list.head(), length);
    std::printf("list with %x places: %s\n", count, name(error));
    Dests dests(std::min(count, 100U));
    dests.head()->protocol = 6;
    dests.head()->addr = inet_addr("10.1.0.100");
    dests.head()->port = htons(80);
    dests.head()->num_dests = count;
    length = dests.size;
    error = socket.get(IP_VS_SO_GET_DESTS, dests.head(), length);
    std::printf("servers with %x places: %s\n", count, name(error));
    dests.head()->port = htons(99);
    dests.head()->num_dests = count;
    length = dests.size;
    std::printf("of a missing service: %s\n", name(socket.get(IP_VS_SO_GET_DESTS, dests.head(), length)));
  }
  ip_vs_daemon_user daemons[2];
  std::memset(daemons, 0xaa, sizeof(daemons));
  length = sizeof(daemons);
  error = socket.get(IP_VS_SO_GET_DAEMON, daemons, length);
  std::printf("daemons %s: states %d %d\n", name(error), daemons[0].state, daemons[1].state);
}

}  // namespace

int options(Words words) {
  const std::string kind = words.empty() ? "raw" : words[0];
  const OptionSocket socket(kind == "udp6" ? AF_INET6 : AF_INET,
                            kind == "raw"   ? SOCK_RAW
                            : kind == "tcp" ? SOCK_STREAM
                                            : SOCK_DGRAM,
                            kind == "raw" ? IPPROTO_RAW : 0);
  set_lengths(socket);
  set_pointers(socket);
  get_lengths(socket);
  get_pointers(socket);
  Rules rules(socket);
  service_rules(rules);
  mark_rules(rules);
  dest_rules(rules);
  timeout_rules(socket);
  const auto mark = service("0.0.0.0", 0, IPPROTO_TCP, 9);
  rules.set("mark", IP_VS_SO_SET_ADD, mark);
  get_rules(socket);
  std::printf("flush: %s\n", name(socket.set(IP_VS_SO_SET_FLUSH, nullptr, 0)));
  rules.show();
  return 0;
}

}  // namespace control
