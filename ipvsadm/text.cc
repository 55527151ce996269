// SPDX-License-Identifier: GPL-2.0-or-later
#include "text.hh"

#include <linux/ip_vs.h>

#include <algorithm>
#include <limits>

#include "format.hh"

namespace ipvsadm {
namespace {

/// Some more than a terminal is wide, and several words.
constexpr std::size_t kLine = 160;

/// C0, DEL and, as two bytes, C1.
bool is_control(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  return first < 0x20 || first == 0x7f || (first == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0);
}

/// As much as there is room for, in whole characters.
std::string quoted_within(std::string_view text, std::size_t room) {
  std::string result;
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    std::string next(text.substr(0, std::max<std::size_t>(length, 1)));
    text.remove_prefix(next.size());
    if (length == 0 || is_control(next)) {
      std::string hex;
      for (const char c : next) hex += formatted("\\x{:02x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
      next = hex;
    }
    if (result.size() + next.size() > room) return result + "...";
    result += next;
  }
  return result;
}

}  // namespace

std::size_t utf8_length(std::string_view text) {
  if (text.empty()) return 0;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xC2 && lead < 0xE0   ? 2
                             : lead >= 0xE0 && lead < 0xF0 ? 3
                             : lead >= 0xF0 && lead < 0xF5 ? 4
                                                           : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xC0) != 0x80) return 0;
  // Forms that are longer than needed, surrogates, and what is above U+10FFFF.
  if ((lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xED && byte(1) > 0x9F) ||
      (lead == 0xF0 && byte(1) < 0x90) || (lead == 0xF4 && byte(1) > 0x8F))
    return 0;
  return length;
}

std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

std::string quoted(std::string_view text) { return quoted_within(text, std::numeric_limits<std::size_t>::max()); }

std::string shown(std::string_view text) { return quoted_within(text, kLine); }

std::string protocol_text(std::uint16_t protocol) {
  switch (protocol) {
    case IPPROTO_TCP:
      return "TCP";
    case IPPROTO_UDP:
      return "UDP";
    case IPPROTO_SCTP:
      return "SCTP";
    default:
      return "?";
  }
}

std::string method_text(std::uint32_t method) {
  switch (method & IP_VS_CONN_F_FWD_MASK) {
    case IP_VS_CONN_F_MASQ:
      return "Masq";
    case IP_VS_CONN_F_LOCALNODE:
      return "Local";
    case IP_VS_CONN_F_TUNNEL:
      return "Tunnel";
    case IP_VS_CONN_F_DROUTE:
      return "Route";
    default:
      return std::to_string(method & IP_VS_CONN_F_FWD_MASK);
  }
}

std::string endpoint_text(const ipvs::Address& addr, std::uint16_t port, std::uint16_t protocol,
                          Names* names) {
  const auto host = names ? names->host_at(addr) : std::nullopt;
  const auto service = names ? names->service_at(port, protocol) : std::nullopt;
  const bool brackets = addr.family == AF_INET6;
  return formatted("{}{}{}:{}", brackets ? "[" : "", host ? *host : addr.to_string(), brackets ? "]" : "",
                     service ? *service : std::to_string(port));
}

std::string scaled(std::uint64_t value) {
  if (value < 100'000'000) return formatted("{:>9}", value);
  if (value < 1'000'000'000) return formatted("{:>8}K", value / 1'000);
  if (value < 100'000'000'000) return formatted("{:>8}M", value / 1'000'000);
  if (value < 100'000'000'000'000) return formatted("{:>8}G", value / 1'000'000'000);
  return formatted("{:>8}T", value / 1'000'000'000'000);
}

std::string unscaled(std::uint64_t value) { return formatted(" {:>8}", value); }

bool has_sched_flags(const ipvs::Service& service) {
  return service.flags & (IP_VS_SVC_F_SCHED1 | IP_VS_SVC_F_SCHED2 | IP_VS_SVC_F_SCHED3);
}

std::string sched_flags_text(const ipvs::Service& service, bool complete) {
  const bool own_names = service.scheduler == "sh" || service.scheduler == "mh";
  std::string text;
  const auto add = [&](std::uint32_t bit, const std::string& name) {
    if (!(service.flags & bit)) return;
    if (!text.empty()) text += ',';
    text += name;
  };
  add(IP_VS_SVC_F_SCHED1, own_names ? service.scheduler + "-fallback" : "flag-1");
  add(IP_VS_SVC_F_SCHED2, own_names ? service.scheduler + "-port" : "flag-2");
  if (!own_names || complete) add(IP_VS_SVC_F_SCHED3, "flag-3");
  return text;
}

std::string netmask_text(const ipvs::Service& service) {
  if (service.key.family == AF_INET6) return std::to_string(service.netmask);
  return ipvs::Address::v4({service.netmask}).to_string();
}

bool has_default_netmask(const ipvs::Service& service) {
  return service.netmask == (service.key.family == AF_INET6 ? 128U : ~0U);
}

}  // namespace ipvsadm
