// SPDX-License-Identifier: GPL-2.0-or-later
#include "check/probe.hh"

#include <arpa/inet.h>
#include <netinet/icmp6.h>
#include <netinet/if_ether.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <map>
#include <set>
#include <utility>

namespace ipvsadm::check {
namespace {

using Clock = std::chrono::steady_clock;

/// How often and how long. Who answers at all answers within milliseconds; a question may be lost.
constexpr int kTimes = 3;
constexpr auto kPause = std::chrono::milliseconds(350);

/// A network that is asked: a socket of one device and family.
class Ear {
 public:
  static std::expected<Ear, int> open(const Device& device, std::uint16_t family);
  Ear(Ear&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), device_(other.device_), family_(other.family_) {}
  Ear& operator=(Ear&&) = delete;
  ~Ear() {
    if (fd_ >= 0) close(fd_);
  }

  int fd() const { return fd_; }
  int device() const { return device_->index; }
  void ask(const ipvs::Address& own, const ipvs::Address& wanted);
  std::optional<Holder> hear();

 private:
  Ear(int fd, const Device& device, std::uint16_t family) : fd_(fd), device_(&device), family_(family) {}

  int fd_;
  const Device* device_;
  std::uint16_t family_;
};

std::expected<Ear, int> Ear::open(const Device& device, std::uint16_t family) {
  Ear made(family == AF_INET6 ? socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_ICMPV6)
                              : socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0),
           device, family);
  if (made.fd_ < 0) return std::unexpected(errno);
  if (family == AF_INET6) {
    icmp6_filter filter;
    ICMP6_FILTER_SETBLOCKALL(&filter);
    ICMP6_FILTER_SETPASS(ND_NEIGHBOR_ADVERT, &filter);
    // What is not of the last hop is no answer of a neighbour.
    const int hops = 255;
    if (setsockopt(made.fd_, SOL_SOCKET, SO_BINDTODEVICE, device.name.c_str(), device.name.size()) != 0 ||
        setsockopt(made.fd_, SOL_ICMPV6, ICMP6_FILTER, &filter, sizeof(filter)) != 0 ||
        setsockopt(made.fd_, SOL_IPV6, IPV6_MULTICAST_HOPS, &hops, sizeof(hops)) != 0)
      return std::unexpected(errno);
    return made;
  }
  sockaddr_ll place{};
  place.sll_family = AF_PACKET;
  place.sll_protocol = htons(ETH_P_ARP);
  place.sll_ifindex = device.index;
  if (bind(made.fd_, reinterpret_cast<const sockaddr*>(&place), sizeof(place)) != 0)
    return std::unexpected(errno);
  return made;
}

/// A question that cannot be sent has no answer.
void Ear::ask(const ipvs::Address& own, const ipvs::Address& wanted) {
  if (family_ == AF_INET6) {
    sockaddr_in6 group{};
    group.sin6_family = AF_INET6;
    group.sin6_addr = ipvs::Address::parse("ff02::1:ff00:0").as_v6();
    std::copy_n(wanted.bytes.begin() + 13, 3, group.sin6_addr.s6_addr + 13);
    group.sin6_scope_id = static_cast<std::uint32_t>(device_->index);
    const std::string packet = solicitation(device_->hardware, wanted);
    sendto(fd_, packet.data(), packet.size(), 0, reinterpret_cast<const sockaddr*>(&group), sizeof(group));
    return;
  }
  sockaddr_ll all{};
  all.sll_family = AF_PACKET;
  all.sll_protocol = htons(ETH_P_ARP);
  all.sll_ifindex = device_->index;
  all.sll_halen = ETH_ALEN;
  std::fill_n(all.sll_addr, ETH_ALEN, 0xff);
  const std::string packet = arp_request(device_->hardware, own, wanted);
  sendto(fd_, packet.data(), packet.size(), 0, reinterpret_cast<const sockaddr*>(&all), sizeof(all));
}

std::optional<Holder> Ear::hear() {
  std::uint8_t packet[2048];
  const ssize_t size = recv(fd_, packet, sizeof(packet), 0);
  if (size < 0) return {};
  const netlink::Bytes bytes(packet, static_cast<std::size_t>(size));
  auto holder = family_ == AF_INET6 ? advertised(bytes) : arp_claim(bytes);
  if (holder) holder->device = device_->index;
  return holder;
}

ipvs::Address own_address(const System& system, int device) {
  for (const LocalAddress& each : system.addresses)
    // One that others have, too, is none to ask with.
    if (each.device == device && each.address.family == AF_INET && each.prefix < 32) return each.address;
  return {};
}

}  // namespace

std::vector<Question> questions(const System& system) {
  std::set<Question> wanted;
  for (const auto& [service, dests] : system.table) {
    const ipvs::Address& address = service.key.addr;
    if (service.key.fwmark != 0 || address.is_zero()) continue;
    std::set<int> places;
    for (const LocalAddress& each : system.addresses)
      if (each.prefix > 0 && in_network(each.address, address, each.prefix)) places.insert(each.device);
    for (const DefaultRoute& each : system.defaults)
      if (each.family == address.family) places.insert(each.device);
    for (const int place : places) {
      const Device* device = system.device(place);
      if (device && device->has_neighbours() && device->is_up() && device->has_carrier())
        wanted.insert({address, place});
    }
  }
  return {wanted.begin(), wanted.end()};
}

std::string arp_request(const std::string& hardware, const ipvs::Address& own, const ipvs::Address& wanted) {
  ether_arp packet{};
  packet.arp_hrd = htons(ARPHRD_ETHER);
  packet.arp_pro = htons(ETH_P_IP);
  packet.arp_hln = ETH_ALEN;
  packet.arp_pln = 4;
  packet.arp_op = htons(ARPOP_REQUEST);
  std::copy_n(hardware.begin(), std::min<std::size_t>(hardware.size(), ETH_ALEN), packet.arp_sha);
  std::copy_n(own.bytes.begin(), 4, packet.arp_spa);
  std::copy_n(wanted.bytes.begin(), 4, packet.arp_tpa);
  return {reinterpret_cast<const char*>(&packet), sizeof(packet)};
}

std::optional<Holder> arp_claim(netlink::Bytes packet) {
  ether_arp read;
  if (packet.size() < sizeof(read)) return {};
  std::memcpy(&read, packet.data(), sizeof(read));
  if (read.arp_hrd != htons(ARPHRD_ETHER) || read.arp_pro != htons(ETH_P_IP) || read.arp_hln != ETH_ALEN ||
      read.arp_pln != 4)
    return {};
  return Holder{.address = address_of(AF_INET, read.arp_spa),
                .hardware = {read.arp_sha, read.arp_sha + ETH_ALEN}};
}

std::string solicitation(const std::string& hardware, const ipvs::Address& wanted) {
  nd_neighbor_solicit packet{};
  packet.nd_ns_type = ND_NEIGHBOR_SOLICIT;
  packet.nd_ns_target = wanted.as_v6();
  std::string whole(reinterpret_cast<const char*>(&packet), sizeof(packet));
  // in units of eight bytes
  whole += static_cast<char>(ND_OPT_SOURCE_LINKADDR);
  whole += '\1';
  return whole + hardware.substr(0, ETH_ALEN);
}

std::optional<Holder> advertised(netlink::Bytes packet) {
  nd_neighbor_advert read;
  if (packet.size() < sizeof(read)) return {};
  std::memcpy(&read, packet.data(), sizeof(read));
  if (read.nd_na_type != ND_NEIGHBOR_ADVERT) return {};
  Holder holder{.address = ipvs::Address::v6(read.nd_na_target), .hardware = {}};
  for (auto rest = packet.subspan(sizeof(read)); rest.size() >= 8;) {
    const std::size_t size = rest[1] * std::size_t{8};
    if (size == 0 || size > rest.size()) break;
    if (rest[0] == ND_OPT_TARGET_LINKADDR)
      holder.hardware.assign(rest.begin() + 2, rest.begin() + 2 + ETH_ALEN);
    rest = rest.subspan(size);
  }
  if (holder.hardware.empty()) return {};
  return holder;
}

std::expected<std::vector<Holder>, int> ask_networks(const System& system, std::span<const Question> asked) {
  std::map<std::pair<int, std::uint16_t>, Ear> ears;
  for (const Question& each : asked) {
    const std::pair key{each.device, each.address.family};
    if (ears.contains(key)) continue;
    auto ear = Ear::open(*system.device(each.device), each.address.family);
    if (!ear) return std::unexpected(ear.error());
    ears.emplace(key, std::move(*ear));
  }
  std::set<std::string> own;
  for (const Device& each : system.devices) own.insert(each.hardware);
  std::vector<pollfd> polled;
  std::vector<Ear*> heard;
  for (auto& [key, ear] : ears) {
    polled.push_back({.fd = ear.fd(), .events = POLLIN, .revents = 0});
    heard.push_back(&ear);
  }
  std::vector<Holder> holders;
  for (int time = 0; time < kTimes && !asked.empty(); ++time) {
    for (const Question& each : asked)
      ears.at({each.device, each.address.family}).ask(own_address(system, each.device), each.address);
    const auto end = Clock::now() + kPause;
    for (auto left = kPause; left.count() > 0;
         left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now())) {
      if (poll(polled.data(), polled.size(), static_cast<int>(left.count())) <= 0) continue;
      for (std::size_t i = 0; i < polled.size(); ++i) {
        if ((polled[i].revents & POLLIN) == 0) continue;
        const auto holder = heard[i]->hear();
        if (!holder || own.contains(holder->hardware) || std::ranges::find(holders, *holder) != holders.end())
          continue;
        if (std::ranges::find(asked, Question{holder->address, holder->device}) != asked.end())
          holders.push_back(*holder);
      }
    }
  }
  return holders;
}

}  // namespace ipvsadm::check
