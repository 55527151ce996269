// SPDX-License-Identifier: GPL-2.0-or-later
// Connections as the library tells them. Over netlink the module looks for those that are wanted, over socket options
// the library does, in the file: both have to find the same.
#include <sys/socket.h>

#include <functional>
#include <iostream>
#include <map>
#include <string>

#include "control.hh"

namespace control {
namespace {

ipvs::Address address(const std::string& word) {
  const auto parsed = ipvs::Address::parse(word);
  if (parsed.family == AF_UNSPEC) fail("not an address: " + word);
  return parsed;
}

ipvs::ConnectionFilter filter_of(Words words) {
  ipvs::ConnectionFilter wanted;
  const auto port = [](auto& into) {
    return [&into](const std::string& word) { into = static_cast<std::uint16_t>(number(word)); };
  };
  const auto addr = [](auto& into) { return [&into](const std::string& word) { into = address(word); }; };
  const std::map<std::string, std::function<void(const std::string&)>> members{
      {"protocol", port(wanted.protocol)}, {"client", addr(wanted.client)}, {"cport", port(wanted.client_port)},
      {"virt", addr(wanted.virt)},         {"vport", port(wanted.virt_port)}, {"dest", addr(wanted.dest)},
      {"dport", port(wanted.dest_port)},   {"state", [&](const std::string& word) { wanted.state = word; }},
  };
  for (const auto& word : words) {
    const auto equals = word.find('=');
    const auto member = equals == std::string::npos ? members.end() : members.find(word.substr(0, equals));
    if (member == members.end()) fail("connections of what? " + word);
    member->second(word.substr(equals + 1));
  }
  return wanted;
}

}  // namespace

int connections(ipvs::Client& client, Words words) {
  unsigned long most = 0;  // all
  if (!words.empty() && words[0].starts_with("most=")) {
    most = number(words[0].substr(5));
    words = words.subspan(1);
  }
  unsigned long seen = 0;
  const auto done = client.for_each_connection(filter_of(words), [&](ipvs::Connection& c) {
    std::cout << c.protocol << ' ' << c.client.to_string() << ' ' << c.client_port << ' ' << c.virt.to_string() << ' '
              << c.virt_port << ' ' << c.dest.to_string() << ' ' << c.dest_port << ' ' << c.state << ' '
              << (c.expires < 100000 ? "lives" : "odd") << ' ' << c.pe << ' ';
    constexpr char kDigits[] = "0123456789abcdef";
    for (const unsigned char byte : c.pe_data) std::cout << kDigits[byte >> 4] << kDigits[byte & 15];
    std::cout << '\n';
    return ++seen != most;
  });
  std::cout.flush();
  if (!done) fail(done.error().message());
  return 0;
}

}  // namespace control
