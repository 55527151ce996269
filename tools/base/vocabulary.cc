// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/vocabulary.hh"

#include <linux/ip_vs.h>
#include <netinet/in.h>

#include <algorithm>
#include <iterator>

namespace ipvsadm {
namespace {

constexpr Protocol kProtocols[] = {
    {IPPROTO_TCP, "tcp", "TCP", "-t"},
    {IPPROTO_UDP, "udp", "UDP", "-u"},
    {IPPROTO_SCTP, "sctp", "SCTP", "--sctp-service"},
};

constexpr Method kMethods[] = {
    {IP_VS_CONN_F_MASQ, "masq", "Masq", "-m"},
    // What the kernel makes of a server that is the director itself.
    {IP_VS_CONN_F_LOCALNODE, "local", "Local", "-g"},
    {IP_VS_CONN_F_TUNNEL, "tunnel", "Tunnel", "-i"},
    {IP_VS_CONN_F_DROUTE, "route", "Route", "-g"},
};

constexpr TunnelType kTunnelTypes[] = {
    {IP_VS_CONN_F_TUNNEL_TYPE_IPIP, "ipip"},
    {IP_VS_CONN_F_TUNNEL_TYPE_GUE, "gue"},
    {IP_VS_CONN_F_TUNNEL_TYPE_GRE, "gre"},
};

// The first that is set counts; the last needs no bit.
constexpr TunnelChecksum kTunnelChecksums[] = {
    {IP_VS_TUNNEL_ENCAP_FLAG_REMCSUM, "remote", "r+c", "--tun-remcsum"},
    {IP_VS_TUNNEL_ENCAP_FLAG_CSUM, "full", "+c", "--tun-csum"},
    {IP_VS_TUNNEL_ENCAP_FLAG_NOCSUM, "none", "-c", "--tun-nocsum"},
};
static_assert(IP_VS_TUNNEL_ENCAP_FLAG_NOCSUM == 0);

constexpr DaemonState kDaemonStates[] = {
    {IP_VS_STATE_MASTER, "master"},
    {IP_VS_STATE_BACKUP, "backup"},
};

constexpr SchedFlag kSchedFlags[] = {
    {"sh-fallback", IP_VS_SVC_F_SCHED1, "sh"}, {"sh-port", IP_VS_SVC_F_SCHED2, "sh"},
    {"mh-fallback", IP_VS_SVC_F_SCHED1, "mh"}, {"mh-port", IP_VS_SVC_F_SCHED2, "mh"},
    {"flag-1", IP_VS_SVC_F_SCHED1, nullptr},   {"flag-2", IP_VS_SVC_F_SCHED2, nullptr},
    {"flag-3", IP_VS_SVC_F_SCHED3, nullptr},
};

constexpr const char* kSchedulers[] = {"rr", "wrr", "lc",  "wlc", "lblc", "lblcr", "dh",
                                       "sh", "sed", "nq", "fo",  "ovf",  "mh",    "twos"};
constexpr const char* kEngines[] = {"sip"};

template <typename Rows, typename Is>
auto* row_with(const Rows& rows, Is is) {
  const auto found = std::ranges::find_if(rows, is);
  return found == std::end(rows) ? nullptr : &*found;
}

}  // namespace

std::span<const Protocol> protocols() { return kProtocols; }
const Protocol* find_protocol(std::uint16_t number) {
  return row_with(kProtocols, [&](const Protocol& each) { return each.number == number; });
}
const Protocol* find_protocol(std::string_view title) {
  return row_with(kProtocols, [&](const Protocol& each) { return each.title == title; });
}

std::span<const Method> methods() { return kMethods; }
const Method* find_method(std::uint32_t number) {
  return row_with(kMethods, [&](const Method& each) { return each.number == (number & IP_VS_CONN_F_FWD_MASK); });
}

std::span<const TunnelType> tunnel_types() { return kTunnelTypes; }
const TunnelType* find_tunnel_type(std::uint8_t number) {
  return row_with(kTunnelTypes, [&](const TunnelType& each) { return each.number == number; });
}
const TunnelType* find_tunnel_type(std::string_view name) {
  return row_with(kTunnelTypes, [&](const TunnelType& each) { return each.name == name; });
}

const TunnelChecksum& tunnel_checksum(std::uint16_t flags) {
  const auto* found = row_with(kTunnelChecksums, [&](const TunnelChecksum& each) { return (flags & each.flag) != 0; });
  return found ? *found : *std::rbegin(kTunnelChecksums);
}

std::span<const DaemonState> daemon_states() { return kDaemonStates; }
const char* daemon_state_name(std::uint32_t number) {
  const auto* found = row_with(kDaemonStates, [&](const DaemonState& each) { return each.number == number; });
  return found ? found->name : "";
}

std::span<const SchedFlag> sched_flags() { return kSchedFlags; }
std::span<const char* const> schedulers() { return kSchedulers; }
std::span<const char* const> engines() { return kEngines; }

}  // namespace ipvsadm
