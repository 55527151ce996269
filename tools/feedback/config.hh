// SPDX-License-Identifier: GPL-2.0-or-later
// The configuration file, as ipvs-feedback.conf(5) tells. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "feedback/answer.hh"
#include "ipvs/types.hh"

namespace feedback {

/// Where a server's agent listens.
struct Place {
  std::optional<ipvs::Address> address = {};  ///< none: the server's own
  std::uint16_t port = 0;

  friend bool operator==(const Place&, const Place&) = default;
};

/// A line over TCP.
struct AgentSource {
  Place place;
  friend bool operator==(const AgentSource&, const AgentSource&) = default;
};
/// A number in a JSON document.
struct HttpSource {
  Place place;
  std::string path, pointer;
  Scale scale;
  friend bool operator==(const HttpSource&, const HttpSource&) = default;
};
/// What a program prints.
struct CommandSource {
  std::vector<std::string> words;  ///< the first is its path
  friend bool operator==(const CommandSource&, const CommandSource&) = default;
};
/// Nobody is asked, and the weight is left alone.
struct NoSource {
  friend bool operator==(const NoSource&, const NoSource&) = default;
};
using Source = std::variant<NoSource, AgentSource, HttpSource, CommandSource>;

using Milliseconds = std::chrono::milliseconds;

/// What holds for one server.
struct Settings {
  Source source = {};
  std::string agent_send = {};            ///< to an agent, when it is connected
  std::optional<int> weight = {};         ///< the base; none: what others give the server
  int minimum = 1;
  double maximum = 100;                   ///< percent of the base
  double rise = 5, fall = 50;             ///< percent of the base in a second, at most
  double hysteresis = 5;                  ///< percent of the base
  Milliseconds interval{2000}, timeout{1000}, silence{10'000};
  bool is_down_zero = false;              ///< down means weight 0, else the minimum

  friend bool operator==(const Settings&, const Settings&) = default;
};

struct ServiceConfig {
  ipvs::ServiceKey key;
  Settings normal = {};                          ///< of servers that are not named
  std::map<ipvs::DestKey, Settings> servers = {};
  bool may_all_be_zero = false;

  const Settings& of(const ipvs::DestKey& server) const {
    const auto found = servers.find(server);
    return found == servers.end() ? normal : found->second;
  }
  friend bool operator==(const ServiceConfig&, const ServiceConfig&) = default;
};

struct Config {
  std::vector<ServiceConfig> services = {};
};

struct ConfigError {
  std::size_t line = 0;  ///< 0: of no line in particular
  std::string text;

  /// "FILE:LINE: text"
  std::string message(const std::string& file) const;
};

std::expected<Config, ConfigError> read_config(std::string_view text);

}  // namespace feedback
