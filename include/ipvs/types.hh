// SPDX-License-Identifier: LGPL-2.1-or-later
// Values that describe an IPVS configuration. Plain data: copyable, no I/O, safe to use from any thread.
//
// Flag and method constants (IP_VS_SVC_F_*, IP_VS_CONN_F_*, IP_VS_STATE_*) are those of <linux/ip_vs.h>.
#pragma once

// First: it says what is needed of the language.
#include "ipvs/abi.hh"

#include <netinet/in.h>

#include <array>
#include <compare>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ipvs::inline v1 {

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

/// A mask of the whole address, in both families.
inline constexpr std::uint32_t kWholeAddress = 0xffffffff;

/// A virtual service with its options. Editing replaces all options.
struct Service {
  ServiceKey key;
  std::string scheduler = {};  ///< at most 15 bytes; "none" for a service without scheduler
  std::uint32_t flags = 0;     ///< IP_VS_SVC_F_*
  std::uint32_t timeout = 0;   ///< persistence, seconds
  /// Which clients are one to persistence. IPv4: mask in network byte order; IPv6: prefix length 1..128
  std::uint32_t netmask = kWholeAddress;
  std::string pe = {};  ///< persistence engine, at most 16 bytes; empty for none
  Reserve reserve = {};

  /// `netmask` as the kernel has it: the whole address of IPv6 is 128.
  std::uint32_t mask() const { return key.family == AF_INET6 && netmask == kWholeAddress ? 128 : netmask; }

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
  Reserve reserve = {};

  friend bool operator==(const Stats&, const Stats&) = default;
};

/// A service as the kernel reports it.
struct ServiceEntry : Service {
  Stats stats = {};
  Reserve entry_reserve = {};

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
  Reserve reserve = {};

  friend bool operator==(const Dest&, const Dest&) = default;
};

/// A destination as the kernel reports it.
struct DestEntry : Dest {
  std::uint32_t active = 0;      ///< established and opening connections
  std::uint32_t inactive = 0;    ///< all other connections
  std::uint32_t persistent = 0;  ///< persistence templates
  Stats stats = {};
  Reserve entry_reserve = {};

  friend bool operator==(const DestEntry&, const DestEntry&) = default;
};

/// Connection timeouts in seconds. When set, 0 keeps the present value.
struct Timeouts {
  std::uint32_t tcp = 0;
  std::uint32_t tcp_fin = 0;
  std::uint32_t udp = 0;
  Reserve reserve = {};

  friend bool operator==(const Timeouts&, const Timeouts&) = default;
};

/// A connection sync daemon. Zero or empty optional members mean the kernel's default.
struct Daemon {
  std::uint32_t state = 0;        ///< IP_VS_STATE_MASTER or IP_VS_STATE_BACKUP
  std::string interface = {};     ///< at most 15 bytes
  std::uint32_t sync_id = 0;      ///< 0..255
  std::uint16_t sync_maxlen = 0;  ///< payload bytes of one sync message
  Address group = {};             ///< multicast group; AF_UNSPEC for the default
  std::uint16_t port = 0;         ///< host byte order
  std::uint8_t ttl = 0;
  Reserve reserve = {};           ///< holds what follows

  /// What a daemon may have that is told here, but not what it is: so it cannot be started again from this.
  bool has_key() const { return (reserve.words[0] & 1) != 0; }
  unsigned peers() const { return static_cast<unsigned>(reserve.words[0] >> 8 & 0xff); }  ///< how many; no group then
  bool is_whole() const { return !has_key() && peers() == 0; }
  void has_beyond(bool key, unsigned peers) { reserve.words[0] = (key ? 1 : 0) | std::uint64_t{peers & 0xff} << 8; }

  friend bool operator==(const Daemon&, const Daemon&) = default;
};

/// A daemon with what Daemon has no room for; of our module (Info::api >= 3).
struct DaemonConfig : Daemon {
  /// Other directors to speak with, one by one, instead of a group: 1..16 addresses of single hosts, of one family. As the
  /// kernel reports it peers() is their number.
  std::vector<Address> peer_addresses = {};
  /// What the directors share, 16..64 bytes; empty for none. The kernel never tells it, but has_key().
  std::string key = {};
  Reserve config_reserve = {};

  friend bool operator==(const DaemonConfig&, const DaemonConfig&) = default;
};

/// Another director that a daemon has heard of, one thread of it.
struct SyncPeer {
  Address addr = {};
  std::uint32_t thread = 0;
  std::uint64_t heard_ms = 0;  ///< since its last message
  std::uint64_t messages = 0;  ///< that came from it
  /// It sends heartbeats, from which all that follows comes; directors with the kernel's own module send none.
  bool has_heartbeats = false;
  bool is_alive = false;       ///< not silent for three times as long as it should
  std::uint64_t lost = 0;      ///< messages that it has sent and that did not come
  std::uint64_t lag_ms = 0;    ///< how old what it tells is when it comes, beyond what is usual
  std::uint64_t queued = 0;    ///< messages that wait there to be sent
  std::uint64_t entries = 0;   ///< in its tables
  std::uint32_t threads = 0;   ///< that its daemon has
  Reserve reserve = {};

  friend bool operator==(const SyncPeer&, const SyncPeer&) = default;
};

/// What a daemon counts, or has at the moment.
struct SyncFigure {
  std::string name = {};  ///< the module's words, such as "records" or "dropped bad-tag"; more may come
  std::uint64_t value = 0;

  friend bool operator==(const SyncFigure&, const SyncFigure&) = default;
};

/// How synchronisation goes, by one daemon.
struct DaemonStatus {
  std::uint32_t state = 0;                 ///< IP_VS_STATE_MASTER or IP_VS_STATE_BACKUP
  std::vector<SyncFigure> figures = {};    ///< in the module's order
  std::vector<SyncPeer> heard = {};        ///< a master hears backups, a backup masters
  Reserve reserve = {};

  std::optional<std::uint64_t> figure(std::string_view name) const {
    for (const SyncFigure& each : figures)
      if (each.name == name) return each.value;
    return {};
  }
  friend bool operator==(const DaemonStatus&, const DaemonStatus&) = default;
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

  std::vector<Item> services = {};
  Timeouts timeouts = {};  ///< 0 keeps
  Reserve reserve = {};

  friend bool operator==(const Table&, const Table&) = default;
};

/// How many packets were dropped for one reason.
struct Drop {
  std::string reason = {};  ///< the module's word, such as no-route; more may come
  std::uint64_t packets = 0;

  friend bool operator==(const Drop&, const Drop&) = default;
};

/// How full the module's tables are, and what became of packets at its fast path: a line of /proc/net/ip_vs_status.
struct StatusFigure {
  std::string name = {};  ///< the module's words, such as "Conn buckets" or "Fast path taken"; more may come
  std::uint64_t value = 0;

  friend bool operator==(const StatusFigure&, const StatusFigure&) = default;
};

/// What there may be that socket options do not show.
struct Unseen {
  bool ipv6 = false;     ///< services or servers
  bool tunnels = false;  ///< of which the type is not told
  bool engines = false;  ///< of persistence

  bool any() const { return ipv6 || tunnels || engines; }
  friend bool operator==(const Unseen&, const Unseen&) = default;
};

/// The kernel's IPVS version and connection table size.
struct Info {
  std::uint32_t version = 0;          ///< major * 65536 + minor * 256 + patch
  std::uint32_t conn_table_size = 0;  ///< buckets
  /// What the module offers beyond the kernel's own, which has 0: IPVS_API_LEVEL of <ipvs/kernel.h>.
  std::uint32_t api = 0;
  std::string release = {};  ///< of the module, for people to read; empty for the kernel's own
  Reserve reserve = {};

  friend bool operator==(const Info&, const Info&) = default;
};

}  // namespace ipvs::inline v1
