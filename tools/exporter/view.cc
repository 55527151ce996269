// SPDX-License-Identifier: GPL-2.0-or-later
#include "exporter/view.hh"

#include <algorithm>
#include <limits>

#include "base/format.hh"
#include "base/overview.hh"
#include "base/vocabulary.hh"
#include "base/words.hh"

namespace exporter {
namespace {

using ipvsadm::formatted;

template <typename Shown>
Slice slice_of(std::size_t size, const Request& request, Shown shown) {
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < size; ++i)
    if (shown(i)) all.push_back(i);
  Slice slice;
  slice.found = all.size();
  slice.pages = std::max<std::size_t>((all.size() + kRows - 1) / kRows, 1);
  slice.page = std::clamp<std::size_t>(number_wanted(request, "page", 1, 1'000'000).value_or(1), 1, slice.pages);
  const std::size_t from = (slice.page - 1) * kRows, to = std::min(from + kRows, all.size());
  for (std::size_t i = from; i < to; ++i) slice.rows.push_back(all[i]);
  return slice;
}

std::optional<std::uint16_t> protocol_named(std::string_view name) {
  for (const ipvsadm::Protocol& each : ipvsadm::protocols())
    if (name == each.name) return each.number;
  // as templates of marks are listed
  if (name == "ip") return IPPROTO_IP;
  return {};
}

/// Reads parameters, and remembers the first that is wrong.
class Reader {
 public:
  explicit Reader(const Request& request) : request_(request) {}

  void read(const char* name, std::optional<ipvs::Address>& into) {
    const std::string& text = request_.value(name);
    if (text.empty()) return;
    into = ipvs::Address::parse(text);
    if (into->family == AF_UNSPEC) complain(name);
  }
  template <std::integral T>
  void read(const char* name, std::optional<T>& into) {
    const std::string& text = request_.value(name);
    if (text.empty()) return;
    into = ipvsadm::whole_number<T>(text);
    if (!into) complain(name);
  }
  void read_protocol(const char* name, std::optional<std::uint16_t>& into) {
    const std::string& text = request_.value(name);
    if (text.empty()) return;
    into = protocol_named(text);
    if (!into) complain(name);
  }
  void complain(const std::string& name) {
    if (wrong_.empty()) wrong_ = "wrong: " + name;
  }
  const std::string& wrong() const { return wrong_; }

 private:
  const Request& request_;
  std::string wrong_;
};

}  // namespace

std::string link_to(const ipvs::ServiceKey& key) {
  if (key.fwmark != 0) return formatted("fwmark={}&family={}", key.fwmark, key.family == AF_INET6 ? "ipv6" : "ipv4");
  return formatted("protocol={}&address={}&port={}", encoded(ipvsadm::protocol_word(key.protocol)), encoded(key.addr.to_string()),
                   key.port);
}

std::expected<std::optional<ipvs::ServiceKey>, std::string> service_named(const Request& request) {
  std::optional<std::uint32_t> mark;
  std::optional<std::uint16_t> protocol, port;
  std::optional<ipvs::Address> address;
  Reader reader(request);
  reader.read("fwmark", mark);
  reader.read_protocol("protocol", protocol);
  reader.read("address", address);
  reader.read("port", port);
  const std::string& family = request.value("family");
  if (mark == 0U) reader.complain("fwmark");
  if (!family.empty() && family != "ipv4" && family != "ipv6") reader.complain("family");
  if (!reader.wrong().empty()) return std::unexpected(reader.wrong());
  if (mark) return ipvsadm::mark_key(*mark, family == "ipv6");
  if (!protocol && !address && !port) return std::nullopt;
  if (!protocol || !address || !port) return std::unexpected("a service is a protocol, an address and a port, or a fwmark");
  return ipvs::ServiceKey{.fwmark = 0, .family = address->family, .protocol = *protocol, .addr = *address, .port = *port};
}

Slice services_shown(const ipvsadm::Snapshot& snapshot, const Request& request) {
  const std::string& wanted = request.value("q");
  return slice_of(snapshot.table.size(), request, [&](std::size_t i) {
    if (wanted.empty()) return true;
    const ipvs::ServiceEntry& service = snapshot.table[i].service;
    return ipvsadm::title_of(service.key).contains(wanted) || service.scheduler.contains(wanted);
  });
}

Slice servers_shown(const ipvs::ServiceWithDests& service, const Request& request) {
  return slice_of(service.dests.size(), request, [](std::size_t) { return true; });
}

std::expected<ipvs::ConnectionFilter, std::string> connections_wanted(const Request& request) {
  ipvs::ConnectionFilter filter;
  Reader reader(request);
  reader.read_protocol("protocol", filter.protocol);
  reader.read("client", filter.client);
  reader.read("client_port", filter.client_port);
  reader.read("virtual", filter.virt);
  reader.read("virtual_port", filter.virt_port);
  reader.read("server", filter.dest);
  reader.read("server_port", filter.dest_port);
  filter.state = request.value("state");
  if (!reader.wrong().empty()) return std::unexpected(reader.wrong());
  return filter;
}

std::optional<std::size_t> number_wanted(const Request& request, const std::string& name, std::size_t normal,
                                         std::size_t most) {
  const std::string& text = request.value(name);
  if (text.empty()) return normal;
  const auto number = ipvsadm::whole_number<std::size_t>(text);
  if (!number || *number > most) return {};
  return number;
}

}  // namespace exporter
