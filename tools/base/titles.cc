// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/titles.hh"

#include <algorithm>

#include "base/format.hh"
#include "base/vocabulary.hh"
#include "base/words.hh"
#include "ipvs/connection.hh"

namespace ipvsadm {
namespace {

constexpr std::string_view kBlanks = " \t";

std::string host_text(const ipvs::Address& addr, std::uint16_t port) {
  return addr.family == AF_INET6 ? formatted("[{}]:{}", addr.to_string(), port)
                                 : formatted("{}:{}", addr.to_string(), port);
}

}  // namespace

std::string protocol_word(std::uint16_t protocol) {
  const Protocol* known = find_protocol(protocol);
  return known ? known->name : ipvs::protocol_name(protocol);
}

std::string title_of(const ipvs::ServiceKey& key) {
  if (key.fwmark != 0) return formatted("fwmark {} {}", key.fwmark, key.family == AF_INET6 ? "ipv6" : "ipv4");
  return protocol_word(key.protocol) + " " + host_text(key.addr, key.port);
}

std::string title_of(const ipvs::DestKey& key) { return host_text(key.addr, key.port); }

std::optional<ipvs::ServiceKey> service_titled(std::string_view title) {
  const std::string_view kind = take_word(title, kBlanks), name = take_word(title, kBlanks), last = take_word(title, kBlanks);
  if (name.empty() || !take_word(title, kBlanks).empty()) return {};
  if (kind == "fwmark") {
    const auto mark = whole_number<std::uint32_t>(name);
    if (!mark || *mark == 0 || (!last.empty() && last != "ipv4" && last != "ipv6")) return {};
    return mark_key(*mark, last == "ipv6");
  }
  const auto known = std::ranges::find_if(protocols(), [&](const Protocol& each) { return kind == each.name; });
  if (known == protocols().end() || !last.empty()) return {};
  const auto place = server_titled(name, 0);
  if (!place || place->port == 0) return {};
  return ipvs::ServiceKey{.family = place->addr.family, .protocol = known->number, .addr = place->addr, .port = place->port};
}

std::optional<ipvs::DestKey> server_titled(std::string_view title, std::uint16_t port) {
  std::string_view host = title;
  const bool has_brackets = title.starts_with('[');
  const std::size_t colon = has_brackets ? title.find(']') + 1 : title.find(':');
  // An IPv6 address alone is nothing but colons.
  const bool is_bare = !has_brackets && colon != title.npos && title.find(':', colon + 1) != title.npos;
  if (colon != title.npos && colon < title.size() && !is_bare) {
    const auto number = whole_number<std::uint16_t>(title.substr(colon + 1));
    if (title[colon] != ':' || !number) return {};
    port = *number;
    host = title.substr(0, colon);
  }
  if (has_brackets) {
    if (!host.ends_with(']')) return {};
    host = host.substr(1, host.size() - 2);
  }
  const auto addr = ipvs::Address::parse(host);
  if (addr.family == AF_UNSPEC || (has_brackets && addr.family != AF_INET6)) return {};
  return ipvs::DestKey{.addr = addr, .port = port};
}

ipvs::ServiceKey mark_key(std::uint32_t mark, bool is_ipv6) {
  ipvs::ServiceKey key;
  key.fwmark = mark;
  key.family = is_ipv6 ? AF_INET6 : AF_INET;
  return key;
}

}  // namespace ipvsadm
