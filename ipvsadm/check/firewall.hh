// SPDX-License-Identifier: GPL-2.0-or-later
// Rules of nftables, and those of iptables that are kept there, as far as one has to read them to tell
// whether they let a packet pass. What is not understood may match and may not, and may let it pass: no rule
// is blamed that is not understood.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "ipvs/types.hh"

namespace ipvsadm::check {

/// A device as rules name it.
struct Interface {
  std::uint32_t index = 0;
  std::string name;
};

/// The first packet of a connection at one hook; what is not known is left out. A port that is left out is a
/// client's.
struct Packet {
  std::uint8_t hook = 0;  ///< NF_INET_LOCAL_IN, _FORWARD or _LOCAL_OUT
  std::uint16_t family = 0;
  std::optional<std::uint8_t> protocol = {};
  ipvs::Address source = {}, destination = {};  ///< AF_UNSPEC: not known
  std::optional<std::uint16_t> source_port = {}, destination_port = {};
  std::optional<Interface> in = {}, out = {};  ///< one without a name: there is none at this hook
  std::uint32_t tracked = 0;                   ///< what `ct state` is: one bit of NF_CT_STATE_*
};

/// How a packet's field stands to bytes.
struct Compare {
  std::uint32_t source = 0;  ///< the register
  std::uint32_t op = 0;      ///< NFT_CMP_*
  std::string data;
};
/// A field of the packet into a register.
struct Load {
  enum class What : std::uint8_t { meta, payload, tracking, unknown } what = What::unknown;
  std::uint32_t key = 0;  ///< NFT_META_* or NFT_CT_*; of payload its base
  std::uint32_t offset = 0, length = 0;
  std::uint32_t target = 0;  ///< the register
};
struct Bitwise {
  std::uint32_t source = 0, target = 0;
  std::string mask, flip;
};
struct Between {
  std::uint32_t source = 0, op = 0;
  std::string from, to;
};
/// Whether the register's content is in a set, or what a map says of it.
struct Lookup {
  std::string set;
  std::uint32_t source = 0;
  std::optional<std::uint32_t> target;  ///< of a map; 0 is the verdict
  bool is_inverted = false;
};
struct Verdict {
  enum class Kind : std::uint8_t { accept, drop, jump, go, leave, go_on, unknown } kind = Kind::unknown;
  std::string chain = {};  ///< of jump and go
};
/// `ct state` as iptables has it.
struct TrackedAs {
  std::uint32_t states = 0;  ///< NF_CT_STATE_*
  bool is_inverted = false;
};
/// Ports as iptables has them.
struct Ports {
  std::uint8_t protocol = 0;
  std::uint16_t from[2] = {0, 0}, to[2] = {65535, 65535};  ///< of source and destination
  bool is_inverted[2] = {false, false};
};
/// Gives the packet another address, with which it passes.
struct Translation {
  bool is_of_source = false;
};
/// May match, and may not.
struct Unknown {};
using Expression =
    std::variant<Load, Compare, Bitwise, Between, Lookup, Verdict, TrackedAs, Ports, Translation, Unknown>;

using Rule = std::vector<Expression>;

struct Chain {
  std::uint8_t family = 0;  ///< NFPROTO_*
  std::string table, name;
  bool is_base = false;
  std::uint8_t hook = 0;
  int priority = 0;
  bool drops = false;     ///< its policy
  std::string type = {};  ///< "filter", "nat"
  std::vector<Rule> rules = {};
};

struct Set {
  /// What is in it, and of a map of verdicts what it says; nothing: its content is not known.
  std::optional<std::map<std::string, Verdict>> elements = {};
};

/// Of one table, by name; (family, table, name).
using SetName = std::tuple<std::uint8_t, std::string, std::string>;

struct Firewall {
  std::vector<Chain> chains;
  std::map<SetName, Set> sets;
};

struct Block {
  const Chain* chain = nullptr;
  bool by_policy = false;
};

/// The first base chain that lets no such packet pass; nothing if all of them may.
std::optional<Block> what_blocks(const Firewall& firewall, const Packet& packet);

/// What `nft insert rule` would be given to let the packet pass at the beginning of the chain.
std::string accepting_rule(const Chain& chain, const Packet& packet);

/// A base chain with rules that translate addresses behind routing.
const Chain* source_nat(const Firewall& firewall, std::uint16_t family);

}  // namespace ipvsadm::check
