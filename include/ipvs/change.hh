// SPDX-License-Identifier: LGPL-2.1-or-later
// One change to the kernel's configuration, as a value; so that changes can be collected and sent together.
#pragma once

#include <utility>
#include <variant>

#include "ipvs/error.hh"
#include "ipvs/types.hh"

namespace ipvs {

struct DestSpec {
  ServiceKey service;
  Dest dest;

  friend bool operator==(const DestSpec&, const DestSpec&) = default;
};

struct DestRef {
  ServiceKey service;
  DestKey dest;

  friend bool operator==(const DestRef&, const DestRef&) = default;
};

/// Made by the functions below, each of which pairs an operation with what it needs.
struct Change {
  Operation operation;
  std::variant<std::monostate, Service, ServiceKey, DestSpec, DestRef, Timeouts, Daemon> body;

  static Change add_service(Service service) { return {Operation::add_service, std::move(service)}; }
  static Change edit_service(Service service) { return {Operation::edit_service, std::move(service)}; }
  static Change delete_service(ServiceKey key) { return {Operation::delete_service, key}; }
  static Change zero_service(ServiceKey key) { return {Operation::zero_service, key}; }
  static Change zero_all() { return {Operation::zero_all, {}}; }
  static Change flush() { return {Operation::flush, {}}; }
  static Change add_dest(ServiceKey service, Dest dest) {
    return {Operation::add_dest, DestSpec{service, dest}};
  }
  static Change edit_dest(ServiceKey service, Dest dest) {
    return {Operation::edit_dest, DestSpec{service, dest}};
  }
  static Change delete_dest(ServiceKey service, DestKey dest) {
    return {Operation::delete_dest, DestRef{service, dest}};
  }
  static Change set_timeouts(Timeouts timeouts) { return {Operation::set_timeouts, timeouts}; }
  static Change start_daemon(Daemon daemon) { return {Operation::start_daemon, std::move(daemon)}; }
  /// Only `state` counts for the kernel.
  static Change stop_daemon(Daemon daemon) { return {Operation::stop_daemon, std::move(daemon)}; }
};

}  // namespace ipvs
