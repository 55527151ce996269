// SPDX-License-Identifier: GPL-2.0-or-later
// What a real server needs so that it takes packets for virtual addresses and keeps quiet about them. Pure.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "ipvs/types.hh"

namespace realserver {

/// How packets come.
enum class Way : std::uint8_t { direct, ipip, gre, gue };

struct Request {
  Way way = Way::direct;
  std::vector<ipvs::Address> addresses;
  std::string device = "lo";  ///< where they belong
  std::uint16_t port = 0;     ///< of gue
};

/// A sysctl, by its path below /proc/sys/net.
struct Setting {
  std::string name;
  int wanted = 0;
  std::vector<int> good = {};  ///< what may stay besides

  bool is_good(int value) const;
  friend bool operator==(const Setting&, const Setting&) = default;
};
/// The kind of the devices that are made, not of a tunnel.
inline constexpr auto kDummy = "dummy";
struct Presence {
  std::string device, kind;
  friend bool operator==(const Presence&, const Presence&) = default;
};
struct Up {
  std::string device;
  friend bool operator==(const Up&, const Up&) = default;
};
/// A UDP port at which GUE is unpacked.
struct Port {
  std::uint16_t family = 0, port = 0;
  friend bool operator==(const Port&, const Port&) = default;
};
struct Holding {
  ipvs::Address address;
  std::string device;
  friend bool operator==(const Holding&, const Holding&) = default;
};
using Need = std::variant<Setting, Presence, Up, Port, Holding>;

/// In the order in which they have to be met: an address last, so that nobody answers for it meanwhile.
std::vector<Need> needs(const Request& request);

/// The command that somebody would give by hand.
std::string command(const Need& need);

/// A virtual address with or without its whole length; else what is wrong with it.
std::expected<ipvs::Address, std::string> parse_address(const std::string& word);

/// Where the same is kept over a restart: files with their names as comments.
std::expected<std::string, std::string> networkd_files(const Request& request);
std::string ifupdown_files(const Request& request);

}  // namespace realserver
