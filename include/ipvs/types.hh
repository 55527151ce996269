// SPDX-License-Identifier: LGPL-2.1-or-later
// Values that describe an IPVS configuration. Plain data: copyable, no I/O, safe to use from any thread.
//
// Flag and method constants (IP_VS_SVC_F_*, IP_VS_CONN_F_*, IP_VS_STATE_*) are those of <linux/ip_vs.h>.
#pragma once

#include <netinet/in.h>

#include <array>
#include <compare>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace ipvs {

/// An IPv4 or IPv6 address in network byte order; IPv4 uses the first four bytes, the rest is zero.
struct Address {
  std::uint16_t family = AF_UNSPEC;
  std::array<std::uint8_t, 16> bytes{};

  static Address v4(in_addr addr);
  static Address v6(const in6_addr& addr);
  /// Reads a numeric address ("192.0.2.1", "2001:db8::1"); family AF_UNSPEC if `text` is neither.
  static Address parse(std::string_view text);

  in_addr as_v4() const;
  in6_addr as_v6() const;
  bool is_zero() const;
  /// Numeric text without brackets; "?" for an unknown family.
  std::string to_string() const;

  /// Orders by family, then numerically (unsigned).
  friend std::strong_ordering operator<=>(const Address&, const Address&) = default;
  friend bool operator==(const Address&, const Address&) = default;
};

/// What identifies a virtual service: (family, fwmark) if fwmark is non-zero, else protocol, address, port.
struct ServiceKey {
  std::uint32_t fwmark = 0;
  std::uint16_t family = AF_INET;
  std::uint16_t protocol = 0;  ///< IPPROTO_*
  Address addr;                ///< AF_UNSPEC for fwmark services
  std::uint16_t port = 0;      ///< host byte order

  /// Listing order: fwmark, family, protocol, address, port; all ascending and unsigned.
  friend std::strong_ordering operator<=>(const ServiceKey&, const ServiceKey&) = default;
  friend bool operator==(const ServiceKey&, const ServiceKey&) = default;
};

/// A virtual service with its options. Editing replaces all options.
struct Service {
  ServiceKey key;
  std::string scheduler;      ///< at most 15 bytes; "none" for a service without scheduler
  std::uint32_t flags = 0;    ///< IP_VS_SVC_F_*
  std::uint32_t timeout = 0;  ///< persistence, seconds
  std::uint32_t netmask = 0;  ///< IPv4: mask in network byte order; IPv6: prefix length 1..128
  std::string pe;             ///< persistence engine, at most 16 bytes; empty for none

  friend bool operator==(const Service&, const Service&) = default;
};

/// Counters (monotonic until zeroed) and rates per second; bytes, not bits. The kernel may be 2 s behind.
struct Stats {
  std::uint64_t conns = 0;
  std::uint64_t inpkts = 0;
  std::uint64_t outpkts = 0;
  std::uint64_t inbytes = 0;
  std::uint64_t outbytes = 0;
  std::uint64_t cps = 0;
  std::uint64_t inpps = 0;
  std::uint64_t outpps = 0;
  std::uint64_t inbps = 0;
  std::uint64_t outbps = 0;

  friend bool operator==(const Stats&, const Stats&) = default;
};

/// A service as the kernel reports it.
struct ServiceEntry : Service {
  Stats stats;

  friend bool operator==(const ServiceEntry&, const ServiceEntry&) = default;
};

/// What identifies a destination (real server) inside its service.
struct DestKey {
  Address addr;
  std::uint16_t port = 0;  ///< host byte order; 0 keeps the packet's port

  friend std::strong_ordering operator<=>(const DestKey&, const DestKey&) = default;
  friend bool operator==(const DestKey&, const DestKey&) = default;
};

/// A destination with its options. Editing replaces all options.
struct Dest {
  DestKey key;
  std::uint32_t method = 0;       ///< IP_VS_CONN_F_MASQ, _LOCALNODE, _TUNNEL, _DROUTE or _BYPASS
  std::int32_t weight = 0;        ///< 0 quiesces; negative is refused by the kernel
  std::uint32_t u_threshold = 0;  ///< connections; 0 for no limit
  std::uint32_t l_threshold = 0;  ///< connections; not above u_threshold
  std::uint8_t tun_type = 0;      ///< IP_VS_CONN_F_TUNNEL_TYPE_*
  std::uint16_t tun_port = 0;     ///< host byte order; required for GUE
  std::uint16_t tun_flags = 0;    ///< IP_VS_TUNNEL_ENCAP_FLAG_*

  friend bool operator==(const Dest&, const Dest&) = default;
};

/// A destination as the kernel reports it.
struct DestEntry : Dest {
  std::uint32_t active = 0;      ///< established and opening connections
  std::uint32_t inactive = 0;    ///< all other connections
  std::uint32_t persistent = 0;  ///< persistence templates
  Stats stats;

  friend bool operator==(const DestEntry&, const DestEntry&) = default;
};

/// Connection timeouts in seconds. When set, 0 keeps the present value.
struct Timeouts {
  std::uint32_t tcp = 0;
  std::uint32_t tcp_fin = 0;
  std::uint32_t udp = 0;

  friend bool operator==(const Timeouts&, const Timeouts&) = default;
};

/// A connection sync daemon. Zero or empty optional members mean the kernel's default.
struct Daemon {
  std::uint32_t state = 0;        ///< IP_VS_STATE_MASTER or IP_VS_STATE_BACKUP
  std::string interface;          ///< at most 15 bytes
  std::uint32_t sync_id = 0;      ///< 0..255
  std::uint16_t sync_maxlen = 0;  ///< payload bytes of one sync message
  Address group;                  ///< multicast group; AF_UNSPEC for the default
  std::uint16_t port = 0;         ///< host byte order
  std::uint8_t ttl = 0;

  friend bool operator==(const Daemon&, const Daemon&) = default;
};

/// A service with its destinations as the kernel reports them.
struct ServiceWithDests {
  ServiceEntry service;
  std::vector<DestEntry> dests;

  friend bool operator==(const ServiceWithDests&, const ServiceWithDests&) = default;
};

/// All that the table of a network namespace is to be.
struct Table {
  struct Item {
    Service service;
    std::vector<Dest> dests;

    friend bool operator==(const Item&, const Item&) = default;
  };

  std::vector<Item> services;
  Timeouts timeouts;  ///< 0 keeps

  friend bool operator==(const Table&, const Table&) = default;
};

/// The kernel's IPVS version and connection table size.
struct Info {
  std::uint32_t version = 0;          ///< major * 65536 + minor * 256 + patch
  std::uint32_t conn_table_size = 0;  ///< buckets
  /// What the module offers beyond the kernel's own, which has 0: IPVS_API_LEVEL of <ipvs/kernel.h>.
  std::uint32_t api = 0;
  std::string release;  ///< of the module, for people to read; empty for the kernel's own

  friend bool operator==(const Info&, const Info&) = default;
};

}  // namespace ipvs
