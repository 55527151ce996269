// SPDX-License-Identifier: GPL-2.0-or-later
// The JSON below /api/v1/: what ipvsadm --json prints, by the same code, and a little more. Pure.
#pragma once

#include <memory>
#include <string>

#include "exporter/request.hh"
#include "exporter/server.hh"
#include "base/snapshot.hh"

namespace exporter {

/// docs/json.md, services; `only`: one of them, which is part of the snapshot, or null.
std::unique_ptr<Source> services_json(std::shared_ptr<const ipvsadm::Snapshot> snapshot, const ipvs::ServiceWithDests* only);
/// docs/json.md, daemons and timeouts, with a newline at their end. They are told.
std::string daemons_json(const ipvsadm::Snapshot& snapshot);
std::string timeouts_json(const ipvsadm::Snapshot& snapshot);
/// {"up", "trouble" or "version", "release", "totals", "rates", "dropped", "status"}
std::string status_json(const ipvsadm::Snapshot& snapshot);
/// What a page that shows these services, or servers of that service, is told every two seconds: one object, one line.
std::string news_json(const ipvsadm::Snapshot& snapshot, const Request& request);

}  // namespace exporter
