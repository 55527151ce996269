// SPDX-License-Identifier: GPL-2.0-or-later
#include "check/firewall.hh"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <net/if.h>

#include <algorithm>
#include <cstring>

#include "base/format.hh"
#include "base/interfaces.hh"
#include "base/vocabulary.hh"
#include "base/words.hh"

namespace ipvsadm::check {
namespace {

/// Content of a register, of the byte order that the kernel has it in; nothing: not known.
using Content = std::optional<std::string>;

enum class Match : std::uint8_t { no, maybe, yes };

/// As good as any that clients choose by themselves.
constexpr std::uint16_t kClientPort = 50000;

/// Where IPVS takes packets at these hooks: chains with a higher priority do not see them.
constexpr int kOwnPriority = 98;

template <typename T>
std::string bytes_of_number(T number) {
  return {reinterpret_cast<const char*>(&number), sizeof(number)};
}

/// A part of what is known of a header; nothing where any of it is not.
class Header {
 public:
  explicit Header(std::size_t size) : known_(size, false), bytes_(size, '\0') {}
  void set(std::size_t offset, const std::string& content) {
    for (std::size_t i = 0; i < content.size(); ++i) {
      known_[offset + i] = true;
      bytes_[offset + i] = content[i];
    }
  }
  Content part(std::size_t offset, std::size_t length) const {
    if (offset + length > bytes_.size()) return {};
    for (std::size_t i = offset; i < offset + length; ++i)
      if (!known_[i]) return {};
    return bytes_.substr(offset, length);
  }

 private:
  std::vector<bool> known_;
  std::string bytes_;
};

std::string text_of(const ipvs::Address& address) {
  const auto bytes = ipvsadm::bytes_of(address);
  return {bytes.begin(), bytes.end()};
}

Header network_header(const Packet& packet) {
  const bool six = packet.family == AF_INET6;
  Header header(six ? 40 : 20);
  if (packet.protocol) header.set(six ? 6 : 9, std::string(1, static_cast<char>(*packet.protocol)));
  if (packet.source.family == packet.family) header.set(six ? 8 : 12, text_of(packet.source));
  if (packet.destination.family == packet.family) header.set(six ? 24 : 16, text_of(packet.destination));
  return header;
}

Header transport_header(const Packet& packet) {
  Header header(20);
  header.set(0, bytes_of_number(htons(packet.source_port.value_or(kClientPort))));
  header.set(2, bytes_of_number(htons(packet.destination_port.value_or(kClientPort))));
  return header;
}

/// As the kernel keeps a name in registers.
Content name_of(const std::optional<Interface>& device) {
  if (!device) return {};
  std::string name = device->name;
  name.resize(IFNAMSIZ);
  return name;
}

Content index_of(const std::optional<Interface>& device) {
  if (!device) return {};
  return bytes_of_number(device->index);
}

Content meta(const Packet& packet, std::uint32_t key) {
  switch (key) {
    case NFT_META_L4PROTO:
      if (!packet.protocol) return {};
      return std::string(1, static_cast<char>(*packet.protocol));
    case NFT_META_NFPROTO:
      return std::string(1, static_cast<char>(packet.family == AF_INET6 ? NFPROTO_IPV6 : NFPROTO_IPV4));
    case NFT_META_PROTOCOL:
      return bytes_of_number(htons(packet.family == AF_INET6 ? ETH_P_IPV6 : ETH_P_IP));
    case NFT_META_IIF:
      return index_of(packet.in);
    case NFT_META_OIF:
      return index_of(packet.out);
    case NFT_META_IIFNAME:
      return name_of(packet.in);
    case NFT_META_OIFNAME:
      return name_of(packet.out);
    default:
      return {};
  }
}

/// One packet on its way through the chains of a table.
class Walk {
 public:
  Walk(const Firewall& firewall, const Packet& packet)
      : firewall_(firewall),
        packet_(packet),
        network_(network_header(packet)),
        transport_(transport_header(packet)) {}

  /// What may become of the packet in a chain.
  struct Outcome {
    bool may_pass = false;
    bool may_go_on = true;  ///< behind the last rule
    bool may_drop = false;
  };
  Outcome through(const Chain& chain, unsigned depth = 0);

 private:
  Match match(const Chain& chain, const Rule& rule, std::optional<Verdict>& verdict);
  Match look(const Chain& chain, const Lookup& lookup, std::optional<Verdict>& verdict);
  Content load(const Load& load) const;
  const Chain* find(const Chain& from, const std::string& name) const;

  const Firewall& firewall_;
  const Packet& packet_;
  Header network_, transport_;
  std::map<std::uint32_t, Content> registers_;
};

const Chain* Walk::find(const Chain& from, const std::string& name) const {
  for (const Chain& each : firewall_.chains)
    if (each.family == from.family && each.table == from.table && each.name == name) return &each;
  return nullptr;
}

Content Walk::load(const Load& load) const {
  switch (load.what) {
    case Load::What::meta:
      return meta(packet_, load.key);
    case Load::What::tracking:
      if (load.key != NFT_CT_STATE) return {};
      return bytes_of_number(packet_.tracked);
    case Load::What::payload:
      if (load.key == NFT_PAYLOAD_NETWORK_HEADER) return network_.part(load.offset, load.length);
      if (load.key == NFT_PAYLOAD_TRANSPORT_HEADER) return transport_.part(load.offset, load.length);
      return {};
    case Load::What::unknown:
      return {};
  }
  return {};
}

Match compared(const Content& content, std::uint32_t op, const std::string& data) {
  // Of a longer one only the beginning is compared, as with the names of devices.
  if (!content || content->size() < data.size()) return Match::maybe;
  const int order = std::memcmp(content->data(), data.data(), data.size());
  const bool holds = op == NFT_CMP_EQ    ? order == 0
                     : op == NFT_CMP_NEQ ? order != 0
                     : op == NFT_CMP_LT  ? order < 0
                     : op == NFT_CMP_LTE ? order <= 0
                     : op == NFT_CMP_GT  ? order > 0
                                         : order >= 0;
  return holds ? Match::yes : Match::no;
}

Match between(const Content& content, const Between& range) {
  if (!content || content->size() < range.from.size() || range.to.size() != range.from.size())
    return Match::maybe;
  const std::size_t size = range.from.size();
  const bool inside = std::memcmp(content->data(), range.from.data(), size) >= 0 &&
                      std::memcmp(content->data(), range.to.data(), size) <= 0;
  return inside == (range.op == NFT_RANGE_EQ) ? Match::yes : Match::no;
}

Content masked(const Content& content, const Bitwise& bitwise) {
  if (!content || content->size() < bitwise.mask.size() || bitwise.flip.size() != bitwise.mask.size())
    return {};
  std::string made = content->substr(0, bitwise.mask.size());
  for (std::size_t i = 0; i < made.size(); ++i)
    made[i] = static_cast<char>((made[i] & bitwise.mask[i]) ^ bitwise.flip[i]);
  return made;
}

Match as_tracked(const Packet& packet, const TrackedAs& wanted) {
  return ((packet.tracked & wanted.states) != 0) != wanted.is_inverted ? Match::yes : Match::no;
}

Match has_ports(const Packet& packet, const Ports& ports) {
  if (!packet.protocol) return Match::maybe;
  if (*packet.protocol != ports.protocol) return Match::no;
  const std::uint16_t given[2] = {packet.source_port.value_or(kClientPort),
                                  packet.destination_port.value_or(kClientPort)};
  for (int i = 0; i < 2; ++i)
    if ((given[i] >= ports.from[i] && given[i] <= ports.to[i]) == ports.is_inverted[i]) return Match::no;
  return Match::yes;
}

Match Walk::look(const Chain& chain, const Lookup& lookup, std::optional<Verdict>& verdict) {
  const Content& content = registers_[lookup.source];
  const auto set = firewall_.sets.find({chain.family, chain.table, lookup.set});
  if (!content || set == firewall_.sets.end() || !set->second.elements) {
    if (lookup.target == NFT_REG_VERDICT) verdict = Verdict{};
    return Match::maybe;
  }
  // What the register has behind its content is not part of the key.
  const auto& elements = *set->second.elements;
  const auto found = std::ranges::find_if(
      elements, [&](const auto& each) { return content->substr(0, each.first.size()) == each.first; });
  const bool is_in = found != elements.end();
  if (is_in == lookup.is_inverted) return Match::no;
  if (is_in && lookup.target == NFT_REG_VERDICT) verdict = found->second;
  if (lookup.target && lookup.target != NFT_REG_VERDICT) registers_[*lookup.target] = {};
  return Match::yes;
}

Match Walk::match(const Chain& chain, const Rule& rule, std::optional<Verdict>& verdict) {
  Match all = Match::yes;
  registers_.clear();
  for (const Expression& expression : rule) {
    Match one = Match::yes;
    if (const auto* each = std::get_if<Load>(&expression)) registers_[each->target] = load(*each);
    if (const auto* each = std::get_if<Bitwise>(&expression))
      registers_[each->target] = masked(registers_[each->source], *each);
    if (const auto* each = std::get_if<Compare>(&expression))
      one = compared(registers_[each->source], each->op, each->data);
    if (const auto* each = std::get_if<Between>(&expression)) one = between(registers_[each->source], *each);
    if (const auto* each = std::get_if<Lookup>(&expression)) one = look(chain, *each, verdict);
    if (const auto* each = std::get_if<TrackedAs>(&expression)) one = as_tracked(packet_, *each);
    if (const auto* each = std::get_if<Ports>(&expression)) one = has_ports(packet_, *each);
    if (const auto* each = std::get_if<Verdict>(&expression)) verdict = *each;
    if (std::holds_alternative<Translation>(expression)) verdict = Verdict{Verdict::Kind::accept};
    if (std::holds_alternative<Unknown>(expression)) one = Match::maybe;
    if (one == Match::no) return one;
    all = std::min(all, one);
  }
  return all;
}

Walk::Outcome Walk::through(const Chain& chain, unsigned depth) {
  Outcome outcome;
  // As deep as the kernel lets chains call each other.
  if (depth > 16) return {.may_pass = true, .may_go_on = true, .may_drop = true};
  for (const Rule& rule : chain.rules) {
    std::optional<Verdict> verdict;
    const Match matched = match(chain, rule, verdict);
    if (matched == Match::no || !verdict) continue;
    bool goes_on = false;  ///< to the next rule, if this one matches
    switch (verdict->kind) {
      case Verdict::Kind::accept:
        outcome.may_pass = true;
        break;
      case Verdict::Kind::drop:
        outcome.may_drop = true;
        break;
      case Verdict::Kind::jump:
      case Verdict::Kind::go: {
        const Chain* next = find(chain, verdict->chain);
        const Outcome there =
            next ? through(*next, depth + 1) : Outcome{.may_pass = true, .may_go_on = true, .may_drop = true};
        outcome.may_pass |= there.may_pass;
        outcome.may_drop |= there.may_drop;
        if (!there.may_go_on) break;
        if (verdict->kind == Verdict::Kind::jump)
          goes_on = true;
        else if (matched == Match::yes)
          return outcome;
        break;
      }
      case Verdict::Kind::leave:
        if (matched == Match::yes) return outcome;
        break;
      case Verdict::Kind::go_on:
        goes_on = true;
        break;
      case Verdict::Kind::unknown:
        outcome.may_pass = goes_on = true;
        break;
    }
    if (matched == Match::yes && !goes_on) {
      outcome.may_go_on = false;
      return outcome;
    }
  }
  return outcome;
}

bool sees(const Chain& chain, const Packet& packet) {
  const bool of_family = chain.family == NFPROTO_INET ||
                         chain.family == (packet.family == AF_INET6 ? NFPROTO_IPV6 : NFPROTO_IPV4);
  // Where packets leave IPVS has sent them itself.
  return chain.is_base && of_family && chain.hook == packet.hook && chain.type != "nat" &&
         (packet.hook == NF_INET_LOCAL_OUT || chain.priority < kOwnPriority);
}

}  // namespace

std::optional<Block> what_blocks(const Firewall& firewall, const Packet& packet) {
  for (const Chain& chain : firewall.chains) {
    if (!sees(chain, packet)) continue;
    const auto outcome = Walk(firewall, packet).through(chain);
    if (outcome.may_pass || (outcome.may_go_on && !chain.drops)) continue;
    return Block{&chain, outcome.may_go_on};
  }
  return {};
}

std::string accepting_rule(const Chain& chain, const Packet& packet) {
  const char* family = chain.family == NFPROTO_INET ? "inet" : chain.family == NFPROTO_IPV6 ? "ip6" : "ip";
  std::string rule =
      formatted("nft insert rule {} {} {}", family, shell_word(chain.table), shell_word(chain.name));
  const char* address = packet.family == AF_INET6 ? "ip6" : "ip";
  if (packet.source.family != AF_UNSPEC)
    rule += formatted(" {} saddr {}", address, packet.source.to_string());
  if (packet.destination.family != AF_UNSPEC)
    rule += formatted(" {} daddr {}", address, packet.destination.to_string());
  const Protocol* protocol = packet.protocol ? find_protocol(*packet.protocol) : nullptr;
  if (protocol && packet.source_port) rule += formatted(" {} sport {}", protocol->name, *packet.source_port);
  if (protocol && packet.destination_port)
    rule += formatted(" {} dport {}", protocol->name, *packet.destination_port);
  return rule + " accept";
}

const Chain* source_nat(const Firewall& firewall, std::uint16_t family) {
  for (const Chain& base : firewall.chains) {
    const bool of_family =
        base.family == NFPROTO_INET || base.family == (family == AF_INET6 ? NFPROTO_IPV6 : NFPROTO_IPV4);
    if (!base.is_base || !of_family || base.hook != NF_INET_POST_ROUTING || base.type != "nat") continue;
    // In any chain of its table: Docker and firewalld jump.
    for (const Chain& chain : firewall.chains)
      if (chain.family == base.family && chain.table == base.table)
        for (const Rule& rule : chain.rules)
          for (const Expression& each : rule)
            if (const auto* found = std::get_if<Translation>(&each); found && found->is_of_source)
              return &base;
  }
  return nullptr;
}

}  // namespace ipvsadm::check
