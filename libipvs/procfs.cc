// SPDX-License-Identifier: LGPL-2.1-or-later
#include "procfs.hh"

#include <arpa/inet.h>
#include <linux/ip_vs.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace ipvs::inline v1 {
namespace {

struct Protocol {
  std::string_view name;
  std::uint16_t number;
};

constexpr Protocol kProtocols[] = {
    {"IP", IPPROTO_IP},     {"TCP", IPPROTO_TCP},   {"UDP", IPPROTO_UDP},
    {"SCTP", IPPROTO_SCTP}, {"ICMP", IPPROTO_ICMP}, {"ICMPv6", IPPROTO_ICMPV6},
};
constexpr std::string_view kUnnamed = "IP_";

template <typename T>
bool to_integer(std::string_view word, int base, T& into) {
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), into, base);
  return !word.empty() && error == std::errc() && end == word.data() + word.size();
}

bool to_protocol(std::string_view word, std::uint16_t& into) {
  const auto found = std::ranges::find(kProtocols, word, &Protocol::name);
  if (found != std::end(kProtocols)) {
    into = found->number;
    return true;
  }
  return word.starts_with(kUnnamed) && to_integer(word.substr(kUnnamed.size()), 10, into);
}

/// Eight hexadecimal digits are an IPv4 address in host order; anything longer is IPv6.
bool to_address(std::string_view word, Address& into) {
  std::uint32_t four = 0;
  if (word.size() == 8 && to_integer(word, 16, four)) {
    into = Address::v4({htonl(four)});
    return true;
  }
  into = Address::parse(word);
  return into.family == AF_INET6;
}

/// Takes the next word off `line`.
std::string_view take_word(std::string_view& line) {
  const std::size_t start = std::min(line.find_first_not_of(" \t"), line.size());
  line.remove_prefix(start);
  const std::size_t end = std::min(line.find_first_of(" \t"), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(end);
  return word;
}

/// Takes the next line off `text`, its newline too.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

/// Of a number behind which no line ends, digits may be missing.
bool is_whole(std::string_view text) { return text.empty() || text.ends_with('\n'); }

/// Five hexadecimal numbers and nothing else; titles are no such line.
using Five = std::array<std::uint64_t, 5>;
std::optional<Five> to_five(std::string_view line) {
  Five five{};
  for (auto& number : five)
    if (!to_integer(take_word(line), 16, number)) return {};
  if (!take_word(line).empty()) return {};
  return five;
}

template <typename T>
bool fits(const std::optional<T>& wanted, const T& present) {
  return !wanted || *wanted == present;
}

}  // namespace

std::string protocol_name(std::uint16_t protocol) {
  const auto found = std::ranges::find(kProtocols, protocol, &Protocol::number);
  if (found != std::end(kProtocols)) return std::string(found->name);
  return std::string(kUnnamed) + std::to_string(protocol);
}

bool ConnectionFilter::accepts(const Connection& c) const {
  return fits(protocol, c.protocol) && fits(client_port, c.client_port) && fits(virt_port, c.virt_port) &&
         fits(dest_port, c.dest_port) && fits(client, c.client) && fits(virt, c.virt) && fits(dest, c.dest) &&
         (state.empty() || state == c.state);
}

namespace procfs {

std::optional<Connection> parse_connection(std::string_view row) {
  Connection c;
  if (!to_protocol(take_word(row), c.protocol) || !to_address(take_word(row), c.client) ||
      !to_integer(take_word(row), 16, c.client_port) || !to_address(take_word(row), c.virt) ||
      !to_integer(take_word(row), 16, c.virt_port) || !to_address(take_word(row), c.dest) ||
      !to_integer(take_word(row), 16, c.dest_port))
    return {};
  c.state = take_word(row);
  if (c.state.empty() || !to_integer(take_word(row), 10, c.expires)) return {};
  c.pe = take_word(row);
  // The engine's data is the rest of the row, as the network sent it: blanks are part of it.
  if (!c.pe.empty() && row.starts_with(' ')) c.pe_data = row.substr(1);
  return c;
}

bool ConnectionReader::take(std::string_view piece) {
  while (!stopped_ && sound_ && !piece.empty()) {
    const std::size_t end = piece.find('\n');
    if (end == std::string_view::npos) {
      rest_ += piece;
      break;
    }
    if (rest_.empty()) {
      stopped_ = !take_row(piece.substr(0, end));
    } else {
      rest_ += piece.substr(0, end);
      stopped_ = !take_row(rest_);
      rest_.clear();
    }
    piece.remove_prefix(end + 1);
  }
  return sound_ && !stopped_;
}

bool ConnectionReader::take_row(std::string_view row) {
  if (is_title_) {
    is_title_ = false;
    return true;
  }
  auto connection = parse_connection(row);
  sound_ = connection.has_value();
  if (!sound_ || !filter_.accepts(*connection)) return true;
  return visit_(*connection);
}

std::optional<Stats> parse_totals(std::string_view text) {
  if (!is_whole(text)) return {};
  std::vector<Five> rows;
  while (!text.empty())
    if (const auto five = to_five(take_line(text))) rows.push_back(*five);
  if (rows.size() != 2) return {};
  const Five& counters = rows[0];
  const Five& rates = rows[1];
  return Stats{.conns = counters[0],
               .inpkts = counters[1],
               .outpkts = counters[2],
               .inbytes = counters[3],
               .outbytes = counters[4],
               .cps = rates[0],
               .inpps = rates[1],
               .outpps = rates[2],
               .inbps = rates[3],
               .outbps = rates[4]};
}

std::optional<std::vector<Drop>> parse_drops(std::string_view text) {
  if (!is_whole(text)) return {};
  std::vector<Drop> drops;
  while (!text.empty()) {
    std::string_view line = take_line(text);
    Drop& drop = drops.emplace_back();
    drop.reason = take_word(line);
    if (drop.reason.empty() || !to_integer(take_word(line), 10, drop.packets) || !line.empty()) return {};
  }
  return drops;
}

std::optional<std::vector<StatusFigure>> parse_status(std::string_view text) {
  if (!is_whole(text)) return {};
  std::vector<StatusFigure> figures;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    const std::size_t colon = line.find(":\t");
    if (colon == 0 || colon == std::string_view::npos) continue;
    // Behind the number there may be more, for people: "1024 (10 bits, lfactor -4)".
    const std::string_view rest = line.substr(colon + 2), digits = rest.substr(0, rest.find_first_not_of("0123456789"));
    if (digits.empty()) continue;
    StatusFigure& figure = figures.emplace_back();
    figure.name = line.substr(0, colon);
    if (!to_integer(digits, 10, figure.value)) return {};
  }
  return figures;
}

namespace {

/// "yes" and "no".
bool to_truth(std::string_view word, bool& into) {
  into = word == "yes";
  return into || word == "no";
}

/// What stands behind "heard:": words with "=" in them, of which later modules may have more.
std::optional<SyncPeer> to_sync_peer(std::string_view words) {
  SyncPeer peer;
  struct {
    std::string_view name;
    std::uint64_t& into;
  } const numbers[] = {{"heard_ms", peer.heard_ms}, {"messages", peer.messages}, {"lost", peer.lost},
                       {"lag_ms", peer.lag_ms},     {"queued", peer.queued},     {"entries", peer.entries}};
  for (auto word = take_word(words); !word.empty(); word = take_word(words)) {
    const std::size_t equals = word.find('=');
    if (equals == std::string_view::npos) return {};
    const std::string_view name = word.substr(0, equals), value = word.substr(equals + 1);
    bool good = true;
    if (const auto found = std::ranges::find(numbers, name, [](const auto& each) { return each.name; });
        found != std::end(numbers)) {
      good = to_integer(value, 10, found->into);
    } else if (name == "thread") {
      good = to_integer(value, 10, peer.thread);
    } else if (name == "threads") {
      good = to_integer(value, 10, peer.threads);
    } else if (name == "address") {
      peer.addr = Address::parse(value);
    } else if (name == "alive") {
      good = to_truth(value, peer.is_alive);
      peer.has_heartbeats = true;
    }
    if (!good) return {};
  }
  if (peer.addr.family == AF_UNSPEC) return {};
  return peer;
}

/// What a daemon was told to be, which netlink tells, too.
bool is_configuration(std::string_view name) {
  constexpr std::string_view kNames[] = {"interface", "peer", "group", "port", "syncid", "key"};
  return std::ranges::find(kNames, name) != std::end(kNames);
}

/// One line; false: it has another form than it should.
bool read_sync_line(std::string_view line, std::vector<DaemonStatus>& list) {
  const std::size_t colon = line.find(":\t");
  if (colon == std::string_view::npos) return true;
  std::string_view name = line.substr(0, colon);
  const std::string_view value = line.substr(colon + 2), role = take_word(name);
  std::uint32_t state = 0;
  if (role == "master") state = IP_VS_STATE_MASTER;
  if (role == "backup") state = IP_VS_STATE_BACKUP;
  name.remove_prefix(std::min(name.find_first_not_of(' '), name.size()));
  if (state == 0 || name.empty()) return true;
  if (list.empty() || list.back().state != state) list.push_back({.state = state});
  DaemonStatus& status = list.back();
  if (name == "heard") {
    const auto peer = to_sync_peer(value);
    if (peer) status.heard.push_back(*peer);
    return peer.has_value();
  }
  SyncFigure figure{.name = std::string(name)};
  if (!is_configuration(name) && to_integer(value, 10, figure.value)) status.figures.push_back(std::move(figure));
  return true;
}

}  // namespace

std::optional<std::vector<DaemonStatus>> parse_sync(std::string_view text) {
  if (!is_whole(text)) return {};
  std::vector<DaemonStatus> list;
  while (!text.empty())
    if (!read_sync_line(take_line(text), list)) return {};
  return list;
}

Unseen parse_unseen(std::string_view services, std::string_view modules) {
  Unseen unseen;
  while (!services.empty()) {
    const std::string_view line = take_line(services);
    if (line.find('[') != std::string_view::npos) unseen.ipv6 = true;
    if (line.starts_with("  -> ") && line.find(" Tunnel ") != std::string_view::npos) unseen.tunnels = true;
  }
  while (!modules.empty())
    if (take_line(modules).starts_with("ip_vs_pe_")) unseen.engines = true;
  return unseen;
}

}  // namespace procfs
}  // namespace ipvs::inline v1
