// SPDX-License-Identifier: GPL-2.0-or-later
#include "connections.hh"

#include <arpa/inet.h>

#include <charconv>

#include "format.hh"
#include "text.hh"

namespace ipvsadm {
namespace {

template <typename T>
bool to_integer(std::string_view word, int base, T& into) {
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), into, base);
  return !word.empty() && error == std::errc() && end == word.data() + word.size();
}

/// Eight hexadecimal digits are an IPv4 address in host order; anything longer is IPv6.
bool to_address(std::string_view word, ipvs::Address& into) {
  std::uint32_t four = 0;
  if (word.size() == 8 && to_integer(word, 16, four)) {
    into = ipvs::Address::v4({htonl(four)});
    return true;
  }
  into = ipvs::Address::parse(word);
  return into.family == AF_INET6;
}

/// Takes the next word off `line`.
std::string_view take_word(std::string_view& line) {
  const std::size_t start = std::min(line.find_first_not_of(" \t\n"), line.size());
  line.remove_prefix(start);
  const std::size_t end = std::min(line.find_first_of(" \t\n"), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(end);
  return word;
}

}  // namespace

std::uint16_t protocol_number(std::string_view protocol) {
  if (protocol == "UDP") return IPPROTO_UDP;
  if (protocol == "SCTP") return IPPROTO_SCTP;
  if (protocol == "TCP") return IPPROTO_TCP;
  return IPPROTO_IP;
}

std::optional<Connection> parse_connection(std::string_view line) {
  Connection c;
  c.protocol = take_word(line);
  if (!to_address(take_word(line), c.client) || !to_integer(take_word(line), 16, c.client_port) ||
      !to_address(take_word(line), c.virt) || !to_integer(take_word(line), 16, c.virt_port) ||
      !to_address(take_word(line), c.dest) || !to_integer(take_word(line), 16, c.dest_port))
    return {};
  c.state = take_word(line);
  if (c.state.empty() || !to_integer(take_word(line), 10, c.expires)) return {};
  c.pe = take_word(line);
  // The engine's data is the rest of the line, as the network sent it: blanks are part of it.
  if (!c.pe.empty() && line.starts_with(' ')) c.pe_data = line.substr(1);
  return c;
}

std::string connection_titles(bool persistence) {
  constexpr auto title = "IPVS connection entries\n";
  if (persistence)
    return formatted("{}pro expire {:<11} {:<18} {:<18} {:<18} {:<16} {}\n", title, "state", "source",
                       "virtual", "destination", "pe name", "pe_data");
  return formatted("{}pro expire {:<11} {:<18} {:<18} {}\n", title, "state", "source", "virtual",
                     "destination");
}

std::string connection_text(const Connection& c, bool persistence, Names* names) {
  const std::uint16_t protocol = protocol_number(c.protocol);
  const std::string expire = formatted("{:02}:{:02}", c.expires / 60, c.expires % 60);
  const std::string client = endpoint_text(c.client, c.client_port, protocol, names);
  const std::string virt = endpoint_text(c.virt, c.virt_port, protocol, names);
  const std::string dest = endpoint_text(c.dest, c.dest_port, protocol, names);
  const std::string start =
      formatted("{:<3} {:<6} {:<11} {:<18} {:<18} ", c.protocol, expire, c.state, client, virt);
  // The data came from the network.
  if (persistence && !c.pe.empty())
    return formatted("{}{:<16} {:<18} {}\n", start, dest, c.pe, quoted(c.pe_data));
  return start + dest + "\n";
}

}  // namespace ipvsadm
