// SPDX-License-Identifier: GPL-2.0-or-later
#include "show/report.hh"

#include <linux/ip_vs.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "base/format.hh"
#include "base/vocabulary.hh"
#include "base/words.hh"
#include "grammar/text.hh"

namespace ipvsadm {
namespace {

using Table = std::span<const ipvs::ServiceWithDests>;

std::string server_text(const ipvs::ServiceKey& service, const ipvs::DestKey& dest) {
  return formatted("{} -> {}", object_text(service),
                     endpoint_text(dest.addr, dest.port, service.protocol, nullptr));
}

const ipvs::ServiceKey* service_of(const ipvs::Change& change) {
  return std::visit(
      [](const auto& each) -> const ipvs::ServiceKey* {
        if constexpr (requires { each.service.key; })
          return &each.service.key;
        else if constexpr (requires { each.service; })
          return &each.service;
        else
          return nullptr;
      },
      change.body);
}

const ipvs::DestKey* dest_of(const ipvs::Change& change) {
  return std::visit(
      [](const auto& each) -> const ipvs::DestKey* {
        if constexpr (requires { each.dest.key; })
          return &each.dest.key;
        else if constexpr (requires { each.dest; })
          return &each.dest;
        else
          return nullptr;
      },
      change.body);
}

const ipvs::Daemon* daemon_of(const ipvs::Change& change) {
  if (const auto* start = change.as<ipvs::change::StartDaemon>()) return &start->daemon;
  if (const auto* start = change.as<ipvs::change::StartDaemonWith>()) return start->daemon.get();
  if (const auto* stop = change.as<ipvs::change::StopDaemon>()) return &stop->daemon;
  return nullptr;
}

const ipvs::Service* options_of(const ipvs::Change& change) {
  if (const auto* add = change.as<ipvs::change::AddService>()) return &add->service;
  if (const auto* edit = change.as<ipvs::change::EditService>()) return &edit->service;
  return nullptr;
}

std::string helper_cause(const ipvs::Service& service) {
  std::string text = formatted("is there a module ip_vs_{} for the scheduler", shown(service.scheduler));
  if (!service.pe.empty()) text += formatted(", or ip_vs_pe_{} for the engine", shown(service.pe));
  return text + "?";
}

std::optional<std::string> daemon_cause(int code) {
  switch (code) {
    case EINVAL:
      return "is the group multicast, and no server of another family than its service's configured?";
    case ENODEV:
      return "there is no such multicast interface (--mcast-interface)";
    case EADDRNOTAVAIL:
    case ENETUNREACH:
      return "has the multicast interface an address and a route?";
    case EEXIST:
      return "stop it first (--stop-daemon), or use --ensure";
    default:
      return {};
  }
}

std::optional<std::string> mark_cause(Table table, const ipvs::ServiceKey& key) {
  for (const auto& [service, dests] : table)
    if (service.key.fwmark == key.fwmark)
      return formatted("there is {}; {}", object_text(service.key),
                         key.family == AF_INET6 ? "leave out -6" : "add -6 behind -f");
  return {};
}

/// The address has other services.
std::optional<std::string> neighbour_cause(Table table, const ipvs::ServiceKey& key) {
  std::set<ipvs::ServiceKey> others;
  for (const auto& [service, dests] : table)
    if (service.key.fwmark == 0 && service.key.addr == key.addr) others.insert(service.key);
  if (others.empty()) return {};
  constexpr std::size_t kMost = 5;
  std::string text = "the address has";
  std::size_t count = 0;
  for (const auto& each : others) {
    if (count == kMost) return text + formatted(" and {} more", others.size() - kMost);
    text += formatted("{} {}", count++ == 0 ? "" : ",", object_text(each));
  }
  return text;
}

std::optional<std::string> missing_server_cause(Table table, const ipvs::ServiceKey& key,
                                                const ipvs::DestKey& wanted) {
  const auto found = std::ranges::find_if(table, [&](const auto& each) { return each.service.key == key; });
  if (found == table.end()) return {};
  for (const ipvs::DestEntry& dest : found->dests)
    if (dest.key.addr == wanted.addr) return formatted("there is {}", server_text(key, dest.key));
  if (found->dests.empty()) return "the service has no server at all";
  return formatted("the service has {} servers, none with this address", found->dests.size());
}

}  // namespace

std::string object_text(const ipvs::ServiceKey& key) {
  if (key.fwmark != 0) return formatted("FWM {}{}", key.fwmark, key.family == AF_INET6 ? " IPv6" : "");
  return formatted("{} {}", protocol_text(key.protocol),
                     endpoint_text(key.addr, key.port, key.protocol, nullptr));
}

std::string object_text(const ipvs::Change& change) {
  const ipvs::ServiceKey* service = service_of(change);
  const ipvs::DestKey* dest = dest_of(change);
  if (dest) return server_text(*service, *dest);
  if (service) return object_text(*service);
  if (const auto* daemon = daemon_of(change))
    return formatted("{} daemon", daemon_state_name(daemon->state));
  return {};
}

std::optional<std::string> usual_cause(const ipvs::Change& change, const ipvs::Error& error) {
  using enum ipvs::Operation;
  const bool service = error.operation == add_service || error.operation == edit_service;
  const bool dest = error.operation == add_dest || error.operation == edit_dest;
  if (error.operation == start_daemon)
    if (auto cause = daemon_cause(error.code)) return cause;
  switch (error.code) {
    case EEXIST:
      if (error.operation == add_service) return "change it with -E, or use --ensure";
      if (error.operation == add_dest) return "change it with -e, or use --ensure";
      return {};
    case ENOENT:
      if (const auto* wanted = options_of(change)) return helper_cause(*wanted);
      return {};
    case EINVAL:
      if (service) return "is the IPv6 netmask within 1..128?";
      if (dest)
        return "is the server's address unicast and not another host's link-local one, and, if its family "
               "differs from the service's, no sync daemon running?";
      if (error.operation == set_timeouts) return "a timeout is out of range; nothing was changed";
      return {};
    case ERANGE:
      if (dest) return "the lower threshold is above the upper, or the weight is negative";
      return {};
    case EAFNOSUPPORT:
      return "is IPv6 enabled in the kernel?";
    case EMSGSIZE:
      return "the module is older than this ipvsadm: update it";
    default:
      return {};
  }
}

std::optional<std::string> cause_in(Table table, const ipvs::ServiceKey& key) {
  if (key.fwmark != 0) return mark_cause(table, key);
  for (const auto& [service, dests] : table)
    for (const ipvs::DestEntry& dest : dests)
      if (dest.key.addr == key.addr && dest.key.port == key.port)
        return formatted("{} is no virtual service; it is a real server of {}",
                           endpoint_text(key.addr, key.port, 0, nullptr), object_text(service.key));
  return neighbour_cause(table, key);
}

std::optional<std::string> cause_in(Table table, const ipvs::Change& change, const ipvs::Error& error) {
  const ipvs::ServiceKey* service = service_of(change);
  const ipvs::DestKey* dest = dest_of(change);
  if (service && error.code == ESRCH) return cause_in(table, *service);
  if (dest && error.code == ENOENT) return missing_server_cause(table, *service, *dest);
  return {};
}

std::string placed(const std::string& message, const Place& place) {
  if (place.line == 0) return message;
  const std::string prefix = formatted("line {}: ", place.line);
  std::string text;
  for (std::size_t start = 0; start < message.size();) {
    const std::size_t end = std::min(message.find('\n', start), message.size());
    text += prefix + message.substr(start, end - start) + "\n";
    if (start == 0) text += prefix + shown(place.text) + "\n";
    start = end + 1;
  }
  return text;
}

std::string error_text(const ipvs::Error& error, const std::string& object,
                       const std::optional<std::string>& hint) {
  std::string text = error.summary() + "\n";
  // It may repeat names from the request.
  const std::string words = escaped(error.detail);
  if (!object.empty())
    text += formatted("{}: {}\n", object, words.empty() ? error.summary() : words);
  else if (!words.empty())
    text += formatted("kernel: {}\n", words);
  if (hint) text += formatted("hint: {}\n", *hint);
  return text;
}

std::string remark_text(const std::string& object, const std::string& words) {
  return formatted("note: {}{}{}\n", object, object.empty() ? "" : ": ", escaped(words));
}

}  // namespace ipvsadm
