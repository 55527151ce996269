// SPDX-License-Identifier: GPL-2.0-or-later
// What --json prints, one object for each listing; docs/json.md describes it. Pure: every function returns a
// piece of the text, to be printed in the order in which they stand here.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "connections.hh"
#include "ipvs/types.hh"
#include "json.hh"
#include "names.hh"
#include "sysctls.hh"

namespace ipvsadm {

/// Services with their servers, whichever columns are asked for: the object always holds everything.
class JsonServices {
 public:
  /// `names` is null for numeric output.
  explicit JsonServices(Names* names) : names_(names) {}

  std::string begin(const ipvs::Info& info);
  std::string service(const ipvs::ServiceEntry& entry);
  /// A server of the service before it.
  std::string dest(const ipvs::ServiceKey& service, const ipvs::DestEntry& entry);
  std::string end();

 private:
  void end_service();

  Names* names_;
  JsonWriter json_;
  bool in_service_ = false;
};

class JsonConnections {
 public:
  explicit JsonConnections(Names* names) : names_(names) {}

  std::string begin();
  std::string connection(const Connection& connection);
  std::string end();

 private:
  Names* names_;
  JsonWriter json_;
};

std::string json_timeouts(const ipvs::Timeouts& timeouts);
std::string json_daemons(const std::vector<ipvs::Daemon>& daemons);
std::string json_sysctls(std::span<const SysctlValue> values);

}  // namespace ipvsadm
