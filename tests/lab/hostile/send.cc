// SPDX-License-Identifier: GPL-2.0-or-later
// From the wire through packet sockets, with the header of virtual devices that tells of partial sums and of packets to
// be cut; from the director itself through raw sockets and through ordinary ones.
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <deque>
#include <map>
#include <optional>

#include "flows.hh"
#include "hostile.hh"

namespace hostile {
namespace {

using lab::Mac;
using lab::mac_of;

void set(int fd, int level, int option, int value) { setsockopt(fd, level, option, &value, sizeof(value)); }

sockaddr_storage endpoint(const Address& addr, std::uint16_t port) {
  sockaddr_storage where{};
  if (addr.family == AF_INET6) {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(where);
    v6.sin6_family = AF_INET6;
    v6.sin6_addr = addr.as_v6();
    v6.sin6_port = htons(port);
  } else {
    auto& v4 = reinterpret_cast<sockaddr_in&>(where);
    v4.sin_family = AF_INET;
    v4.sin_addr = addr.as_v4();
    v4.sin_port = htons(port);
  }
  return where;
}

class Wire {
 public:
  Wire(const char* device, const Mac& to) : to_(to), from_(mac_of(device)) {
    fd_ = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    sockaddr_ll at{};
    at.sll_family = AF_PACKET;
    at.sll_ifindex = static_cast<int>(if_nametoindex(device));
    if (fd_ < 0 || bind(fd_, reinterpret_cast<sockaddr*>(&at), sizeof(at)) < 0) fail("no packet socket");
    set(fd_, SOL_PACKET, PACKET_VNET_HDR, 1);
  }

  bool send(const Packet& packet, Dice& dice) {
    Gso gso = packet.gso;
    Bytes frame(ETH_HLEN);
    std::copy_n(to_.begin(), to_.size(), frame.begin());
    if (dice.one_in(60)) std::fill_n(frame.begin(), 6, 0xff);
    std::copy_n(from_.begin(), from_.size(), frame.begin() + 6);
    put16(frame, 12, packet.is_v6 != dice.one_in(500) ? ETH_P_IPV6 : ETH_P_IP);
    append(frame, packet.bytes);
    if (gso.flags & Gso::needs_sum) gso.csum_start = static_cast<std::uint16_t>(gso.csum_start + ETH_HLEN);
    if (gso.type != Gso::none) gso.hdr_len = static_cast<std::uint16_t>(gso.hdr_len + ETH_HLEN);
    iovec parts[] = {{&gso, sizeof(gso)}, {frame.data(), frame.size()}};
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = 2;
    return sendmsg(fd_, &message, 0) >= 0;
  }

 private:
  int fd_;
  Mac to_, from_;
};

/// Raw sockets of both families, the network header ours.
class Output {
 public:
  Output() {
    raw4_ = open(AF_INET, IPPROTO_IP, IP_HDRINCL);
    whole4_ = open(AF_INET, IPPROTO_IP, IP_HDRINCL);
    set(whole4_, IPPROTO_IP, IP_NODEFRAG, 1);
    raw6_ = open(AF_INET6, IPPROTO_IPV6, IPV6_HDRINCL);
  }

  bool send(const Packet& packet, Dice& dice) {
    const std::size_t at = packet.is_v6 ? 24 : 16, size = packet.is_v6 ? 16 : 4;
    Address to{static_cast<std::uint16_t>(packet.is_v6 ? AF_INET6 : AF_INET), {}};
    if (packet.bytes.size() < at + size) {
      to = packet.is_v6 ? Address::parse("fd01::100") : Address::parse("10.1.0.100");
    } else {
      std::copy_n(packet.bytes.begin() + static_cast<long>(at), size, to.bytes.begin());
    }
    const int fd = packet.is_v6 ? raw6_ : dice.one_in(5) ? whole4_ : raw4_;
    if (dice.one_in(8)) set(fd, SOL_SOCKET, SO_MARK, static_cast<int>(dice.below(5)));
    const sockaddr_storage where = endpoint(to, 0);
    return sendto(fd, packet.bytes.data(), packet.bytes.size(), MSG_DONTWAIT, reinterpret_cast<const sockaddr*>(&where),
                  packet.is_v6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in)) >= 0;
  }

 private:
  static int open(int family, int level, int option) {
    const int fd = socket(family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
    if (fd < 0) fail("no raw socket");
    set(fd, level, option, 1);
    set(fd, SOL_SOCKET, SO_SNDBUF, 1 << 20);
    return fd;
  }

  int raw4_, whole4_, raw6_;
};

/// Ordinary programs of the director as clients: some of what they begin goes on for a while.
class Sockets {
 public:
  bool use(const Ends& ends, Dice& dice) {
    const bool is_stream = dice.one_in(3);
    const int fd = socket(ends.dst.family, (is_stream ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return false;
    set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (dice.one_in(4)) {
      const sockaddr_storage from = endpoint(Address{ends.dst.family, {}}, static_cast<std::uint16_t>(10000 + dice.below(24)));
      bind(fd, reinterpret_cast<const sockaddr*>(&from), length(ends));
    }
    const sockaddr_storage to = endpoint(ends.dst, ends.dport);
    bool is_done = connect(fd, reinterpret_cast<const sockaddr*>(&to), length(ends)) >= 0 || errno == EINPROGRESS;
    if (!is_stream) {
      const Bytes data(dice.one_in(4) ? dice.below(30000) : dice.below(200), 'z');
      if (dice.one_in(4)) set(fd, SOL_UDP, UDP_SEGMENT, static_cast<int>(100 + dice.below(1300)));
      is_done = is_done && ::send(fd, data.data(), data.size(), MSG_DONTWAIT) >= 0;
    }
    open_.push_back(fd);
    // those that were begun before have a word to say, or end
    const int old = open_[dice.below(static_cast<unsigned>(open_.size()))];
    static constexpr char kWords[20000] = "x";
    ::send(old, kWords, dice.one_in(8) ? sizeof(kWords) : dice.below(100), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (open_.size() > 24) {
      if (dice.one_in(2)) {
        const linger at_once{1, 0};
        setsockopt(open_.front(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
      }
      close(open_.front());
      open_.pop_front();
    }
    return is_done;
  }

 private:
  static socklen_t length(const Ends& ends) { return ends.is_v6() ? sizeof(sockaddr_in6) : sizeof(sockaddr_in); }

  std::deque<int> open_;
};

struct Count {
  unsigned long sent = 0, refused = 0;
  void add(bool is_sent) { ++(is_sent ? sent : refused); }
};

}  // namespace

int send_packets(unsigned long count, unsigned long seed, bool is_wire_only) {
  enter("d");
  auto client = std::make_optional(ipvs::Client::open());
  if (!*client) fail(client->error().message());
  auto table = (*client)->table();
  if (!table) fail(table.error().message());
  if (table->empty()) fail("no services");
  const Mac to_client_side = mac_of("d0"), to_server_side = mac_of("d1");
  std::optional<Output> output;
  if (!is_wire_only) output.emplace();
  Sockets sockets;
  enter("c");
  Wire client_side("c0", to_client_side);
  enter("s1");
  Wire server_side("e0", to_server_side);
  if (!is_wire_only) enter("d");
  client.reset();

  Flows flows(std::move(*table), seed);
  Dice& dice = flows.dice();
  std::map<std::string, Count> counts;
  for (unsigned long sent = 0, turn = 0; sent < count; ++turn) {
    flows.turn(turn);
    if (output && dice.one_in(16)) {
      counts["director socket"].add(sockets.use(flows.request_ends(), dice));
      ++sent;
      continue;
    }
    const Batch batch = flows.next();
    for (const Packet& packet : batch.packets) {
      bool is_sent = false;
      std::string place;
      switch (batch.place) {
        case Place::client:
          place = "client ";
          is_sent = client_side.send(packet, dice);
          break;
        case Place::server:
          place = "server ";
          is_sent = server_side.send(packet, dice);
          break;
        case Place::local:
          if (!output) continue;
          place = "director ";
          is_sent = output->send(packet, dice);
          break;
      }
      counts[place + batch.kind].add(is_sent);
      if (packet.gso.type != Gso::none) counts[place + "gso"].add(is_sent);
      ++sent;
    }
    if (batch.packets.size() > 1) counts["pieces"].add(true);
  }
  for (const auto& [what, seen] : counts)
    std::printf("%s sent=%lu refused=%lu\n", what.c_str(), seen.sent, seen.refused);
  return 0;
}

}  // namespace hostile
