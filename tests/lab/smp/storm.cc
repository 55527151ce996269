// SPDX-License-Identifier: GPL-2.0-or-later
// Hand-made packets from every CPU at once, into the lab's director d: from its client's side (c0) and from its first
// server's (e0 of s1). A veth device delivers on the CPU that sends, so each process is one CPU of the director.
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <vector>

#include "../dice.hh"
#include "../network.hh"

namespace {

using lab::Dice;
using lab::enter;
using lab::Mac;
using lab::mac_of;

[[noreturn]] void fail(const std::string& text) {
  lab::fail(text + ": " + std::strerror(errno));
}

std::int64_t now_ms() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/// A packet socket at a device of this namespace, whose packets go straight to the other end.
int wire(const char* device) {
  const int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  sockaddr_ll at{};
  at.sll_family = AF_PACKET;
  at.sll_ifindex = static_cast<int>(if_nametoindex(device));
  const int yes = 1;
  if (fd < 0 || bind(fd, reinterpret_cast<sockaddr*>(&at), sizeof(at)) < 0 ||
      setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &yes, sizeof(yes)) < 0)
    fail("no packet socket");
  return fd;
}

enum : std::uint8_t { kFin = 1, kSyn = 2, kRst = 4, kPush = 8, kAck = 16 };

void put16(std::uint8_t* at, unsigned value) {
  at[0] = static_cast<std::uint8_t>(value >> 8);
  at[1] = static_cast<std::uint8_t>(value);
}

std::uint32_t sum16(const std::uint8_t* bytes, std::size_t n, std::uint32_t sum) {
  for (std::size_t i = 0; i + 1 < n; i += 2) sum += static_cast<std::uint32_t>(bytes[i] << 8 | bytes[i + 1]);
  return sum;
}

std::uint16_t fold(std::uint32_t sum) {
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

struct End {
  std::uint32_t addr;  // host's byte order
  std::uint16_t port;
};

constexpr std::uint32_t ip(unsigned a, unsigned b, unsigned c, unsigned d) { return a << 24 | b << 16 | c << 8 | d; }

/// One end of a wire of the topology; sends to the director.
class Side {
 public:
  Side(const char* space, const char* device, const Mac& to) {
    enter(space);
    from_ = mac_of(device);
    to_ = to;
    fd_ = wire(device);
  }

  /// @flags: TCP's; without it is UDP. Returns whether it went off.
  bool send(const End& src, const End& dst, int proto, std::uint8_t flags) {
    std::array<std::uint8_t, 64> frame{};
    std::uint8_t* l3 = frame.data() + ETH_HLEN;
    std::uint8_t* l4 = l3 + 20;
    const unsigned l4_size = proto == IPPROTO_TCP ? 20 : 12;

    std::memcpy(frame.data(), to_.data(), ETH_ALEN);
    std::memcpy(frame.data() + ETH_ALEN, from_.data(), ETH_ALEN);
    put16(frame.data() + 12, ETH_P_IP);
    l3[0] = 0x45;
    put16(l3 + 2, 20 + l4_size);
    l3[8] = 64;
    l3[9] = static_cast<std::uint8_t>(proto);
    const std::uint32_t addrs[] = {htonl(src.addr), htonl(dst.addr)};
    std::memcpy(l3 + 12, addrs, sizeof(addrs));
    put16(l3 + 10, fold(sum16(l3, 20, 0)));
    put16(l4, src.port);
    put16(l4 + 2, dst.port);
    if (proto == IPPROTO_TCP) {
      l4[7] = 1;
      l4[12] = 5 << 4;
      l4[13] = flags;
      put16(l4 + 14, 1000);
    } else {
      put16(l4 + 4, l4_size);
    }
    const std::uint32_t pseudo = sum16(l3 + 12, 8, static_cast<std::uint32_t>(proto) + l4_size);
    put16(l4 + (proto == IPPROTO_TCP ? 16 : 6), fold(sum16(l4, l4_size, pseudo)));
    for (;;) {
      if (::send(fd_, frame.data(), ETH_HLEN + 20 + l4_size, 0) >= 0) return true;
      if (errno != ENOBUFS && errno != EAGAIN && errno != EINTR) return false;
      sched_yield();
    }
  }

 private:
  Mac from_, to_;
  int fd_;
};

/// What the processes share.
struct Shared {
  std::atomic<unsigned long> arrived;  // at the next flow, all CPUs together
  std::atomic<unsigned long> sent, lost;
};

/// In all processes at the same time, or as nearly as that goes.
void meet(Shared& shared, unsigned long turn, unsigned cpus) {
  shared.arrived.fetch_add(1);
  while (shared.arrived.load() < (turn + 1) * cpus) sched_yield();
}

/// So many flows, and the first packet of each from all CPUs at once.
void first(Shared& shared, Side& client, unsigned cpus, unsigned long flows, int proto, const End& service,
           std::uint32_t client_addr) {
  for (unsigned long i = 0; i < flows; ++i) {
    meet(shared, i, cpus);
    const End from{client_addr + static_cast<std::uint32_t>(i / 50000), static_cast<std::uint16_t>(2000 + i % 50000)};
    ++(client.send(from, service, proto, kSyn) ? shared.sent : shared.lost);
  }
}

/// Packets of any kind, of few flows, each CPU as it likes: those of both sides, some that open, some that end.
void mix(Shared& shared, Side& client, Side& server, std::int64_t end_ms, unsigned flows, Dice dice) {
  static constexpr std::uint8_t kClient[] = {kSyn, kSyn, kAck, kAck, kAck | kPush, kAck | kPush, kAck | kFin, kRst};
  static constexpr std::uint8_t kServer[] = {kSyn | kAck, kAck, kAck | kPush, kAck | kFin, kRst | kAck};
  const std::uint32_t vip = ip(10, 1, 0, 100), some_client = ip(10, 1, 0, 77), some_server = ip(10, 2, 1, 11);

  for (unsigned i = 0; i % 64 || now_ms() < end_ms; ++i) {
    const End at_client{some_client, static_cast<std::uint16_t>(2000 + dice.below(flows))};
    const bool is_tcp = dice.below(3);
    const int proto = is_tcp ? IPPROTO_TCP : IPPROTO_UDP;
    bool is_sent;
    if (dice.below(5) < 3) {
      const auto port = static_cast<std::uint16_t>((is_tcp ? 80 : 53) + dice.below(4));
      is_sent = client.send(at_client, {vip, port}, proto, kClient[dice.below(sizeof(kClient))]);
    } else {
      const End from{some_server + dice.below(3), static_cast<std::uint16_t>(is_tcp ? 80 : 53)};
      is_sent = server.send(from, at_client, proto, kServer[dice.below(sizeof(kServer))]);
    }
    ++(is_sent ? shared.sent : shared.lost);
  }
}

int usage() {
  std::fputs(
      "usage: storm first CPUS COUNT tcp|udp ADDR PORT CLIENT   the first packet of each flow, from all CPUs at once\n"
      "       storm mix CPUS SECONDS SEED FLOWS                 any packets of so many client ports, from both sides\n",
      stderr);
  return 2;
}

std::uint32_t address(const char* text) {
  in_addr addr{};
  if (inet_pton(AF_INET, text, &addr) != 1) fail(std::string("no address ") + text);
  return ntohl(addr.s_addr);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  if (!(what == "first" && argc == 8) && !(what == "mix" && argc == 6)) return usage();
  const auto number = [&](int i) { return std::strtoul(argv[i], nullptr, 0); };
  const auto cpus = static_cast<unsigned>(number(2));
  enter("d");
  const Mac to_client_side = mac_of("d0"), to_server_side = mac_of("d1");
  Side client("c", "c0", to_client_side), server("s1", "e0", to_server_side);
  auto* shared = static_cast<Shared*>(
      mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  if (shared == MAP_FAILED) fail("no memory");
  const std::int64_t begin = now_ms();

  for (unsigned cpu = 0; cpu < cpus; ++cpu) {
    const pid_t child = fork();
    if (child < 0) fail("fork");
    if (child) continue;
    cpu_set_t mine;
    CPU_ZERO(&mine);
    CPU_SET(cpu, &mine);
    if (sched_setaffinity(0, sizeof(mine), &mine) < 0) fail("no such CPU");
    if (what == "first")
      first(*shared, client, cpus, number(3), argv[4] == std::string("tcp") ? IPPROTO_TCP : IPPROTO_UDP,
            {address(argv[5]), static_cast<std::uint16_t>(number(6))}, address(argv[7]));
    else
      mix(*shared, client, server, begin + static_cast<std::int64_t>(number(3)) * 1000, static_cast<unsigned>(number(5)),
          Dice(number(4) * cpus + cpu));
    _exit(0);
  }
  int status, failed = 0;
  while (wait(&status) > 0) failed |= status;
  std::printf("sent %lu, lost %lu, %lld ms\n", shared->sent.load(), shared->lost.load(),
              static_cast<long long>(now_ms() - begin));
  return failed ? 1 : 0;
}
