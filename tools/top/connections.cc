// SPDX-License-Identifier: GPL-2.0-or-later
#include "top/connections.hh"

#include <algorithm>

#include "base/format.hh"
#include "base/overview.hh"

namespace top {
namespace {

using ipvsadm::formatted;

std::string place(const ipvs::Address& addr, std::uint16_t port) {
  return ipvsadm::title_of(ipvs::DestKey{.addr = addr, .port = port});
}

/// All that is shown of it, as one text.
std::string words_of(const ipvs::Connection& each) {
  return ipvs::protocol_name(each.protocol) + " " + place(each.client, each.client_port) + " " +
         place(each.virt, each.virt_port) + " " + place(each.dest, each.dest_port) + " " + plain(each.state);
}

constexpr std::size_t kProtocol = 5, kState = 12, kExpires = 8;
/// Of IPv4 and IPv6, with a port.
constexpr std::size_t kAddress = 21, kMostAddress = 47;

Line columns_line(const ConnectionQuery& query, std::size_t width, const std::string (&texts)[6], Style style) {
  constexpr std::size_t kOthers = kProtocol + kState + kExpires + 2;
  const bool has_virtual = !query.has_one_place() || width >= kOthers + 3 * (kAddress + 1);
  const std::size_t each = (width > kOthers ? width - kOthers : 0) / (has_virtual ? 3 : 2);
  const std::size_t address = std::clamp<std::size_t>(each > 0 ? each - 1 : 0, 15, kMostAddress);
  std::string text = fitted(texts[0], kProtocol) + " " + fitted(texts[1], address) + " ";
  if (has_virtual) text += fitted(texts[2], address) + " ";
  return {{text + fitted(texts[3], address) + " " + fitted(texts[4], kState) + " " + fitted(texts[5], kExpires, true), style}};
}

}  // namespace

ConnectionQuery::ConnectionQuery(const ipvsadm::Snapshot& snapshot, const ipvs::ServiceWithDests& service,
                                 const ipvs::DestEntry* dest)
    : title(ipvsadm::title_of(service.service.key)) {
  const ipvs::ServiceKey& key = service.service.key;
  if (dest) {
    title += " at " + ipvsadm::title_of(dest->key);
    coarse_.dest = dest->key.addr;
    if (dest->key.port != 0) coarse_.dest_port = dest->key.port;
  }
  if (key.fwmark != 0) {
    if (dest) return;
    servers_.emplace();
    for (const auto& each : service.dests) servers_->emplace(each.key.addr, each.key.port);
    return;
  }
  coarse_.protocol = key.protocol;
  coarse_.virt = key.addr;
  if (key.port != 0) {
    coarse_.virt_port = key.port;
    return;
  }
  for (const auto& other : snapshot.table) {
    const ipvs::ServiceKey& theirs = other.service.key;
    if (theirs.fwmark == 0 && theirs.protocol == key.protocol && theirs.addr == key.addr && theirs.port != 0)
      other_ports_.insert(theirs.port);
  }
}

bool ConnectionQuery::accepts(const ipvs::Connection& connection) const {
  if (servers_ && !servers_->contains({connection.dest, connection.dest_port}) && !servers_->contains({connection.dest, 0}))
    return false;
  if (other_ports_.contains(connection.virt_port)) return false;
  return filter.is_empty() || filter.accepts(words_of(connection));
}

bool Collector::visit(ipvs::Connection& connection) {
  if (!query_.accepts(connection) || found_++ < query_.from) return true;
  list_.has_more = list_.rows.size() == kConnectionsKept;
  if (!list_.has_more) list_.rows.push_back(std::move(connection));
  return !list_.has_more;
}

Line connection_titles(const ConnectionQuery& query, std::size_t width) {
  return columns_line(query, width, {"prot", "client", "virtual", "server", "state", "expires"}, Style::heading);
}

Line connection_line(const ipvs::Connection& connection, const ConnectionQuery& query, std::size_t width) {
  // The template of a mark has it where others have the address, in the order of the network.
  const auto byte = [&](std::size_t i) { return std::uint32_t{connection.virt.bytes[i]}; };
  const std::string mark_or_place = connection.protocol == IPPROTO_IP
                                        ? formatted("fwmark {}", byte(0) << 24 | byte(1) << 16 | byte(2) << 8 | byte(3))
                                        : place(connection.virt, connection.virt_port);
  return columns_line(query, width,
                      {ipvs::protocol_name(connection.protocol), place(connection.client, connection.client_port),
                       mark_or_place, place(connection.dest, connection.dest_port), plain(connection.state),
                       formatted("{} s", connection.expires)},
                      connection.client_port == 0 ? Style::quiet : Style::plain);
}

}  // namespace top
