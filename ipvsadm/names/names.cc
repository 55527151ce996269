// SPDX-License-Identifier: GPL-2.0-or-later
#include "names/names.hh"

#include <arpa/inet.h>
#include <netdb.h>

#include <cstring>
#include <memory>
#include <vector>

#include "base/format.hh"
#include "base/vocabulary.hh"

namespace ipvsadm {
namespace {

constexpr const char* kMarksFile = "/etc/fwmarks";

bool was_reached(int result) { return result != EAI_AGAIN && result != EAI_SYSTEM; }

Answer find_address(const std::string& host, std::uint16_t family) {
  addrinfo wanted{};
  wanted.ai_family = family;
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int result = getaddrinfo(host.c_str(), nullptr, &wanted, &found);
  if (result != 0) return {.reached = was_reached(result), .host = {}, .address = {}};
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, freeaddrinfo);
  if (family == AF_INET6) {
    const auto* six = reinterpret_cast<const sockaddr_in6*>(found->ai_addr);
    // One that means something on an interface only is none that IPVS could be told.
    if (six->sin6_scope_id != 0) return {};
    return {.host = {}, .address = ipvs::Address::v6(six->sin6_addr)};
  }
  return {.host = {},
          .address = ipvs::Address::v4(reinterpret_cast<const sockaddr_in*>(found->ai_addr)->sin_addr)};
}

Answer find_host(const ipvs::Address& address) {
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
  const int result = getnameinfo(reinterpret_cast<const sockaddr*>(&storage), size, host, sizeof(host),
                                 nullptr, 0, NI_NAMEREQD);
  if (result != 0) return {.reached = was_reached(result), .host = {}, .address = {}};
  return {.host = host, .address = {}};
}

}  // namespace

std::optional<ipvs::Address> SystemNames::address_of(const std::string& host, std::uint16_t family) {
  const Host wanted{host, family};
  prepare(std::span(&wanted, 1));
  return addresses_[wanted];
}

void SystemNames::prepare(std::span<const Host> hosts) {
  std::vector<Host> wanted;
  std::vector<Question> questions;
  for (const Host& each : hosts) {
    if (!addresses_.try_emplace(each).second) continue;
    wanted.push_back(each);
    questions.emplace_back([each] { return find_address(each.first, each.second); });
  }
  if (wanted.empty()) return;
  const auto answers = resolver_.ask(std::move(questions));
  for (std::size_t i = 0; i < wanted.size(); ++i)
    if (answers[i]) addresses_[wanted[i]] = answers[i]->address;
}

std::optional<std::uint16_t> SystemNames::port_of(const std::string& service, std::uint16_t protocol) {
  const Protocol* known = find_protocol(protocol);
  const servent* entry = known ? getservbyname(service.c_str(), known->name) : nullptr;
  if (!entry) return {};
  return ntohs(static_cast<std::uint16_t>(entry->s_port));
}

std::optional<std::string> SystemNames::host_at(const ipvs::Address& address) {
  prepare(std::span(&address, 1));
  return hosts_[address];
}

void SystemNames::prepare(std::span<const ipvs::Address> addresses) {
  std::vector<ipvs::Address> wanted;
  std::vector<Question> questions;
  for (const ipvs::Address& address : addresses) {
    if (!hosts_.try_emplace(address).second) continue;
    wanted.push_back(address);
    questions.emplace_back([address] { return find_host(address); });
  }
  if (wanted.empty()) return;
  auto answers = resolver_.ask(std::move(questions));
  for (std::size_t i = 0; i < wanted.size(); ++i)
    if (answers[i]) hosts_[wanted[i]] = std::move(answers[i]->host);
}

std::optional<std::string> SystemNames::service_at(std::uint16_t port, std::uint16_t protocol) {
  const auto [place, is_new] = services_.try_emplace({port, protocol});
  if (is_new) {
    const Protocol* known = find_protocol(protocol);
    const servent* entry = known ? getservbyport(htons(port), known->name) : nullptr;
    if (entry) place->second = entry->s_name;
  }
  return place->second;
}

const FirewallMarks& SystemNames::marks() {
  if (marks_) return *marks_;
  auto read = FirewallMarks::read(kMarksFile);
  if (!read) marks_error_ = read.error();
  return marks_.emplace(read ? std::move(*read) : FirewallMarks());
}

std::optional<std::uint32_t> SystemNames::mark_of(const std::string& name) { return marks().mark_of(name); }

std::optional<std::string> SystemNames::mark_name(std::uint32_t mark) { return marks().name_of(mark); }

std::string SystemNames::trouble() const {
  std::string text;
  if (resolver_.gave_up()) text += "hint: no name server answered in time\n";
  if (marks_error_ != 0) text += formatted("hint: cannot read {}: {}\n", kMarksFile, std::strerror(marks_error_));
  return text;
}

}  // namespace ipvsadm
