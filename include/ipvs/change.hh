// SPDX-License-Identifier: LGPL-2.1-or-later
// One change to the kernel's configuration, as a value; so that changes can be collected and sent together.
#pragma once

#include "ipvs/abi.hh"

#include <memory>
#include <utility>
#include <variant>

#include "ipvs/error.hh"
#include "ipvs/types.hh"

namespace ipvs::inline v1 {

/// What can be done, each with what it needs and no more: a verb and a value that do not fit cannot be put together.
namespace change {

struct AddService {
  static constexpr auto operation = Operation::add_service;
  Service service;
};
struct EditService {
  static constexpr auto operation = Operation::edit_service;
  Service service;
};
struct DeleteService {
  static constexpr auto operation = Operation::delete_service;
  ServiceKey service;
};
struct ZeroService {
  static constexpr auto operation = Operation::zero_service;
  ServiceKey service;
};
struct ZeroAll {
  static constexpr auto operation = Operation::zero_all;
};
struct Flush {
  static constexpr auto operation = Operation::flush;
};
struct AddDest {
  static constexpr auto operation = Operation::add_dest;
  ServiceKey service;
  Dest dest;
};
struct EditDest {
  static constexpr auto operation = Operation::edit_dest;
  ServiceKey service;
  Dest dest;
};
struct DeleteDest {
  static constexpr auto operation = Operation::delete_dest;
  ServiceKey service;
  DestKey dest;
};
struct SetTimeouts {
  static constexpr auto operation = Operation::set_timeouts;
  Timeouts timeouts;
};
struct StartDaemon {
  static constexpr auto operation = Operation::start_daemon;
  Daemon daemon;
};
/// With peers or a key. EOPNOTSUPP: not with this module, or over socket options; it is not started without them.
struct StartDaemonWith {
  static constexpr auto operation = Operation::start_daemon;
  std::shared_ptr<const DaemonConfig> daemon = std::make_shared<const DaemonConfig>();  ///< never null
};
/// Only `state` counts for the kernel.
struct StopDaemon {
  static constexpr auto operation = Operation::stop_daemon;
  Daemon daemon;
};

}  // namespace change

struct Change {
  std::variant<change::AddService, change::EditService, change::DeleteService, change::ZeroService, change::ZeroAll,
               change::Flush, change::AddDest, change::EditDest, change::DeleteDest, change::SetTimeouts,
               change::StartDaemon, change::StopDaemon, change::StartDaemonWith>
      body;

  Operation operation() const {
    return std::visit([](const auto& each) { return each.operation; }, body);
  }
  /// The body if it is of this kind, else null.
  template <typename Kind>
  const Kind* as() const {
    return std::get_if<Kind>(&body);
  }

  static Change add_service(Service service) { return {change::AddService{std::move(service)}}; }
  static Change edit_service(Service service) { return {change::EditService{std::move(service)}}; }
  static Change delete_service(ServiceKey key) { return {change::DeleteService{key}}; }
  static Change zero_service(ServiceKey key) { return {change::ZeroService{key}}; }
  static Change zero_all() { return {change::ZeroAll{}}; }
  static Change flush() { return {change::Flush{}}; }
  static Change add_dest(ServiceKey service, Dest dest) { return {change::AddDest{service, dest}}; }
  static Change edit_dest(ServiceKey service, Dest dest) { return {change::EditDest{service, dest}}; }
  static Change delete_dest(ServiceKey service, DestKey dest) { return {change::DeleteDest{service, dest}}; }
  static Change set_timeouts(Timeouts timeouts) { return {change::SetTimeouts{timeouts}}; }
  static Change start_daemon(Daemon daemon) { return {change::StartDaemon{std::move(daemon)}}; }
  static Change start_daemon_with(DaemonConfig daemon) {
    if (daemon.peer_addresses.empty() && daemon.key.empty()) return start_daemon(std::move(daemon));
    return {change::StartDaemonWith{std::make_shared<const DaemonConfig>(std::move(daemon))}};
  }
  static Change stop_daemon(Daemon daemon) { return {change::StopDaemon{std::move(daemon)}}; }
};

}  // namespace ipvs::inline v1
