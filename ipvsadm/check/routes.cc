// SPDX-License-Identifier: GPL-2.0-or-later
#include "check/routes.hh"

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <chrono>
#include <thread>

namespace ipvsadm::check {
namespace {

using netlink::Message;

Message way_request(const ipvs::Address& address, std::uint32_t flags) {
  Message request(RTM_GETROUTE, NLM_F_ACK);
  request.header(rtmsg{.rtm_family = static_cast<std::uint8_t>(address.family),
                       .rtm_dst_len = static_cast<std::uint8_t>(width_of(address.family)),
                       .rtm_src_len = 0,
                       .rtm_tos = 0,
                       .rtm_table = 0,
                       .rtm_protocol = 0,
                       .rtm_scope = 0,
                       .rtm_type = 0,
                       .rtm_flags = flags});
  return std::move(request.put(RTA_DST, bytes_of(address)));
}

/// In what the kernel's route of an address differs from its entry of the table is not told with it.
std::optional<Way> ask_way(netlink::Socket& socket, const ipvs::Address& address, std::uint32_t flags,
                           int& error) {
  std::optional<Way> way;
  const auto done = socket.ask(way_request(address, flags), [&](const netlink::Answer& answer) {
    if (auto each = read_way(answer)) way = each;
  });
  error = done ? 0 : done.error().code;
  return way;
}

/// How long the kernel asks for a neighbour, with room to spare.
constexpr auto kPatience = std::chrono::seconds(5);

bool is_open(const Neighbours& known, const std::pair<int, ipvs::Address>& key) {
  const auto found = known.find(key);
  return found == known.end() || found->second.state == NUD_NONE ||
         (found->second.state & (NUD_INCOMPLETE | NUD_FAILED)) != 0;
}

}  // namespace

std::optional<Way> read_way(const netlink::Answer& answer) {
  const auto header = answer.header<rtmsg>();
  if (answer.type != RTM_NEWROUTE || !header) return {};
  const auto attributes = answer.attributes(sizeof(rtmsg));
  const std::uint16_t family = header->rtm_family;
  Way way{.type = header->rtm_type,
          .device = attributes.number<int>(RTA_OIF).value_or(0),
          .gateway = address_of(family, attributes.bytes(RTA_GATEWAY)),
          .source = address_of(family, attributes.bytes(RTA_PREFSRC)),
          .mtu = attributes.inside(RTA_METRICS).number<std::uint32_t>(RTAX_MTU).value_or(0),
          .prefix = header->rtm_dst_len};
  // The router may be one of the other family.
  if (const auto via = attributes.bytes(RTA_VIA); via.size() > sizeof(rtvia)) {
    rtvia head;
    std::memcpy(&head, via.data(), sizeof(head));
    way.gateway = address_of(head.rtvia_family, via.subspan(sizeof(head)));
  }
  return way;
}

Way find_way(netlink::Socket& socket, const ipvs::Address& address) {
  int error = 0, ignored = 0;
  auto way = ask_way(socket, address, 0, error);
  if (!way) return {.error = error != 0 ? error : ENETUNREACH};
  if (const auto entry = ask_way(socket, address, RTM_F_FIB_MATCH, ignored)) way->prefix = entry->prefix;
  return *way;
}

std::optional<DefaultRoute> find_default(netlink::Socket& socket, std::uint16_t family) {
  // Addresses for which there is no other route: of no network that anybody has.
  const auto nowhere = ipvs::Address::parse(family == AF_INET6 ? "2001:db8:ffff:ffff::1" : "192.0.0.8");
  const Way way = find_way(socket, nowhere);
  if (!way.leads_out() || way.prefix != 0) return {};
  return DefaultRoute{.family = family, .device = way.device, .gateway = way.gateway};
}

std::expected<Neighbours, netlink::Error> list_neighbours(netlink::Socket& socket) {
  Message request(RTM_GETNEIGH, NLM_F_DUMP);
  request.header(ndmsg{});
  return netlink::untorn([&]() -> std::expected<Neighbours, netlink::Error> {
    Neighbours all;
    const auto done = socket.ask(request, [&](const netlink::Answer& answer) {
      const auto header = answer.header<ndmsg>();
      if (answer.type != RTM_NEWNEIGH || !header) return;
      const auto attributes = answer.attributes(sizeof(ndmsg));
      const auto address = address_of(header->ndm_family, attributes.bytes(NDA_DST));
      const auto hardware = attributes.bytes(NDA_LLADDR);
      if (address.family != AF_UNSPEC)
        all[{header->ndm_ifindex, address}] = {header->ndm_state, {hardware.begin(), hardware.end()}};
    });
    if (!done) return std::unexpected(done.error());
    return all;
  });
}

std::expected<Neighbours, netlink::Error> settle_neighbours(
    netlink::Socket& socket, std::span<const std::pair<int, ipvs::Address>> wanted) {
  auto known = list_neighbours(socket);
  if (!known) return known;
  std::vector<std::pair<int, ipvs::Address>> asked;
  for (const auto& key : wanted) {
    if (!is_open(*known, key)) continue;
    Message request(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE | NLM_F_ACK);
    request.header(ndmsg{.ndm_family = static_cast<std::uint8_t>(key.second.family),
                         .ndm_pad1 = 0,
                         .ndm_pad2 = 0,
                         .ndm_ifindex = key.first,
                         .ndm_state = NUD_NONE,
                         .ndm_flags = NTF_USE,
                         .ndm_type = 0});
    request.put(NDA_DST, bytes_of(key.second));
    // Where a device has none of that family, or no room, nobody is asked for.
    if (socket.tell(request)) asked.push_back(key);
  }
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!asked.empty() && std::chrono::steady_clock::now() < end) {
    known = list_neighbours(socket);
    if (!known) return known;
    const auto waits = [&](const auto& key) {
      const auto found = known->find(key);
      return found != known->end() && (found->second.state & NUD_INCOMPLETE) != 0;
    };
    if (std::ranges::none_of(asked, waits)) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return known;
}

}  // namespace ipvsadm::check
