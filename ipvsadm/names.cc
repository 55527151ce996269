// SPDX-License-Identifier: GPL-2.0-or-later
#include "names.hh"

#include <arpa/inet.h>
#include <netdb.h>

#include <cstring>
#include <memory>

namespace ipvsadm {
namespace {

const char* protocol_name(std::uint16_t protocol) {
  switch (protocol) {
    case IPPROTO_UDP:
      return "udp";
    case IPPROTO_SCTP:
      return "sctp";
    case IPPROTO_TCP:
      return "tcp";
    default:
      return nullptr;
  }
}

}  // namespace

std::optional<ipvs::Address> SystemNames::address_of(const std::string& host, std::uint16_t family) {
  addrinfo wanted{};
  wanted.ai_family = family;
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), nullptr, &wanted, &found) != 0) return {};
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, freeaddrinfo);
  if (family == AF_INET6)
    return ipvs::Address::v6(reinterpret_cast<const sockaddr_in6*>(found->ai_addr)->sin6_addr);
  return ipvs::Address::v4(reinterpret_cast<const sockaddr_in*>(found->ai_addr)->sin_addr);
}

std::optional<std::uint16_t> SystemNames::port_of(const std::string& service, std::uint16_t protocol) {
  const char* protocol_text = protocol_name(protocol);
  const servent* entry = protocol_text ? getservbyname(service.c_str(), protocol_text) : nullptr;
  if (!entry) return {};
  return ntohs(static_cast<std::uint16_t>(entry->s_port));
}

std::optional<std::string> SystemNames::host_at(const ipvs::Address& address) {
  const auto [place, is_new] = hosts_.try_emplace(address);
  if (!is_new) return place->second;

  sockaddr_storage storage{};
  socklen_t size;
  if (address.family == AF_INET6) {
    auto& six = reinterpret_cast<sockaddr_in6&>(storage);
    six.sin6_family = AF_INET6;
    six.sin6_addr = address.as_v6();
    size = sizeof(six);
  } else {
    auto& four = reinterpret_cast<sockaddr_in&>(storage);
    four.sin_family = AF_INET;
    four.sin_addr = address.as_v4();
    size = sizeof(four);
  }
  char host[NI_MAXHOST];
  if (getnameinfo(reinterpret_cast<const sockaddr*>(&storage), size, host, sizeof(host), nullptr, 0,
                  NI_NAMEREQD) == 0)
    place->second = host;
  return place->second;
}

std::optional<std::string> SystemNames::service_at(std::uint16_t port, std::uint16_t protocol) {
  const char* protocol_text = protocol_name(protocol);
  const servent* entry = protocol_text ? getservbyport(htons(port), protocol_text) : nullptr;
  if (!entry) return {};
  return entry->s_name;
}

}  // namespace ipvsadm
