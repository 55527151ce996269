// SPDX-License-Identifier: GPL-2.0-or-later
// What ipvsadm --json prints and ipvs-exporter serves, one object for each listing; docs/json.md describes it. Pure: every function returns a
// piece of the text, to be printed in the order in which they stand here.
#pragma once

#include <string>
#include <vector>

#include "base/json.hh"
#include "base/known_names.hh"
#include "ipvs/connection.hh"
#include "ipvs/types.hh"

namespace ipvsadm {

/// Services with their servers, whichever columns are asked for: the object always holds everything.
class JsonServices {
 public:
  /// `names` is null for numeric output.
  explicit JsonServices(KnownNames* names) : names_(names) {}

  std::string begin(const ipvs::Info& info);
  std::string service(const ipvs::ServiceEntry& entry);
  /// A server of the service before it.
  std::string dest(const ipvs::ServiceKey& service, const ipvs::DestEntry& entry);
  std::string end();

 private:
  void end_service();

  KnownNames* names_;
  JsonWriter json_;
  bool in_service_ = false;
};

class JsonConnections {
 public:
  explicit JsonConnections(KnownNames* names) : names_(names) {}

  std::string begin();
  std::string connection(const ipvs::Connection& connection);
  std::string end();

 private:
  KnownNames* names_;
  JsonWriter json_;
};

/// What a service or server, or all of them, counted: the object `counters`, and beside it the object of rates.
void json_stats(JsonWriter& json, const char* counters, const ipvs::Stats& stats);

std::string json_timeouts(const ipvs::Timeouts& timeouts);
/// `status` may lack any of the daemons.
std::string json_daemons(const std::vector<ipvs::DaemonConfig>& daemons,
                         const std::vector<ipvs::DaemonStatus>& status = {});

}  // namespace ipvsadm
