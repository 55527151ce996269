// SPDX-License-Identifier: GPL-2.0-or-later
#include "grammar/values.hh"

#include <arpa/inet.h>

#include <algorithm>
#include <cctype>
#include <limits>
#include <string_view>

#include "base/words.hh"

namespace ipvsadm {
namespace {

bool is_number(const std::string& word) {
  return std::ranges::all_of(word, [](unsigned char c) { return std::isdigit(c); });
}

/// What the system's functions would take a part of for the whole: a blank and what follows it, or the interface behind
/// an IPv6 address, which IPVS has no place for.
bool has_tail(const std::string& host) {
  return host.find('%') != std::string::npos ||
         std::ranges::any_of(host, [](unsigned char c) { return std::isspace(c) || std::iscntrl(c); });
}

/// An IPv4 address in any classic form, or the host's first IPv4 address.
std::optional<ipvs::Address> to_ipv4(const std::string& host, Names& names) {
  if (has_tail(host)) return {};
  in_addr four;
  if (inet_aton(host.c_str(), &four)) return ipvs::Address::v4(four);
  return names.address_of(host, AF_INET);
}

std::optional<ipvs::Address> to_ipv6(const std::string& host, Names& names) {
  if (has_tail(host)) return {};
  const auto literal = ipvs::Address::parse(host);
  if (literal.family == AF_INET6) return literal;
  return names.address_of(host, AF_INET6);
}

std::optional<std::uint16_t> to_port(const std::string& word, std::uint16_t protocol, Names& names) {
  if (const auto number = to_number(word, 0, 65535)) return static_cast<std::uint16_t>(*number);
  if (word.empty()) return {};
  return names.port_of(word, protocol);
}

}  // namespace

std::optional<std::int64_t> to_number(const std::string& word, std::int64_t min, std::int64_t max) {
  std::string_view digits = word;
  digits.remove_prefix(std::min(digits.find_first_not_of(" \t\n\v\f\r"), digits.size()));
  if (digits.starts_with('+') && !digits.starts_with("+-")) digits.remove_prefix(1);
  const auto value = whole_number<std::int64_t>(digits);
  return value && *value >= min && *value <= max ? value : std::nullopt;
}

std::optional<Endpoint> to_endpoint(const std::string& word, std::uint16_t protocol, Names& names) {
  if (is_number(word)) return {};  // a forgotten host; also the empty word
  // With one colon it is no address of IPv6 but has a port.
  if (word.find(':') != word.rfind(':'))
    if (const auto literal = ipvs::Address::parse(word); literal.family == AF_INET6)
      return Endpoint{literal, {}};

  std::string host = word;
  std::optional<std::uint16_t> port;
  const bool bracketed = word.front() == '[';
  const std::size_t colon = bracketed ? word.find("]:") : word.rfind(':');
  if (colon != std::string::npos) {
    port = to_port(word.substr(colon + (bracketed ? 2 : 1)), protocol, names);
    if (!port) return {};
    host = word.substr(0, colon);
  }
  if (bracketed) {
    if (!port) return {};
    host.erase(0, 1);
  }

  std::optional<ipvs::Address> addr;
  if (bracketed) addr = to_ipv6(host, names);
  // Without brackets a name means its IPv4 address first: so it has always been.
  if (!addr && host.find(':') == std::string::npos) addr = to_ipv4(host, names);
  if (!addr && !bracketed) addr = to_ipv6(host, names);
  if (!addr) return {};
  return Endpoint{*addr, port};
}

std::optional<std::uint32_t> to_fwmark(const std::string& word, Names& names) {
  if (const auto number = to_number(word, 1, std::numeric_limits<std::uint32_t>::max()))
    return static_cast<std::uint32_t>(*number);
  return names.mark_of(word);
}

std::optional<std::uint32_t> to_netmask(const std::string& word, std::uint16_t family, Names& names) {
  if (family == AF_INET6) {
    const auto length = to_number(word, 1, 128);
    if (!length) return {};
    return static_cast<std::uint32_t>(*length);
  }
  if (word.starts_with('/')) {
    const auto length = to_number(word.substr(1), 1, 32);
    if (!length) return {};
    return htonl(~0U << (32 - *length));
  }
  if (word.empty()) return {};
  const auto mask = to_ipv4(word, names);
  if (!mask) return {};
  return mask->as_v4().s_addr;
}

std::optional<ipvs::Address> to_multicast_group(const std::string& word) {
  const auto group = ipvs::Address::parse(word);
  if (group.family == AF_INET6 && group.bytes[0] == 0xff) return group;
  if (group.family == AF_INET && IN_MULTICAST(ntohl(group.as_v4().s_addr))) return group;
  return {};
}

std::optional<std::vector<ipvs::Address>> to_peers(std::string_view words) {
  constexpr std::size_t kMost = 16;
  std::vector<ipvs::Address> peers;
  for (;;) {
    const std::size_t comma = std::min(words.find(','), words.size());
    const auto peer = ipvs::Address::parse(words.substr(0, comma));
    // What is neither has the family of none.
    if (peer.family == AF_UNSPEC || peer.is_zero() || to_multicast_group(peer.to_string())) return {};
    if (!peers.empty() && peers.front().family != peer.family) return {};
    peers.push_back(peer);
    if (peers.size() > kMost) return {};
    if (comma == words.size()) return peers;
    words.remove_prefix(comma + 1);
  }
}

}  // namespace ipvsadm
