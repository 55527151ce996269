// SPDX-License-Identifier: GPL-2.0-or-later
// The words for the kernel's numbers: each stands here once, whoever reads it or writes it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace ipvsadm {

struct Protocol {
  std::uint16_t number;  ///< IPPROTO_*
  const char* name;      ///< "tcp", as in /etc/services
  const char* title;     ///< "TCP", as in listings
  const char* option;    ///< of a virtual service
};
std::span<const Protocol> protocols();
/// Null for one that IPVS does not serve.
const Protocol* find_protocol(std::uint16_t number);
const Protocol* find_protocol(std::string_view title);

struct Method {
  std::uint32_t number;  ///< within IP_VS_CONN_F_FWD_MASK
  const char* name;      ///< "masq"
  const char* title;     ///< "Masq"
  const char* option;    ///< of a real server
};
std::span<const Method> methods();
/// Null for one this program does not know. Other bits of the number do not count.
const Method* find_method(std::uint32_t number);

struct TunnelType {
  std::uint8_t number;  ///< IP_VS_CONN_F_TUNNEL_TYPE_*
  const char* name;
};
std::span<const TunnelType> tunnel_types();
const TunnelType* find_tunnel_type(std::uint8_t number);
const TunnelType* find_tunnel_type(std::string_view name);

struct TunnelChecksum {
  std::uint16_t flag;  ///< IP_VS_TUNNEL_ENCAP_FLAG_*
  const char* name;    ///< "full", as in JSON
  const char* mark;    ///< "+c", as in listings
  const char* option;
};
/// What the flags of a tunnel say.
const TunnelChecksum& tunnel_checksum(std::uint16_t flags);

struct DaemonState {
  std::uint32_t number;  ///< IP_VS_STATE_*
  const char* name;
};
/// Master first, as daemons are listed.
std::span<const DaemonState> daemon_states();
/// "" for one that is neither.
const char* daemon_state_name(std::uint32_t number);

struct SchedFlag {
  const char* name;
  std::uint32_t bit;      ///< IP_VS_SVC_F_SCHED*
  const char* scheduler;  ///< the only one whose flag has this name; null: any
};
/// Of each bit the names that are a scheduler's own come first.
std::span<const SchedFlag> sched_flags();

/// Those that come with a module, in the order in which they came to be.
std::span<const char* const> schedulers();
/// Persistence engines.
std::span<const char* const> engines();

}  // namespace ipvsadm
