// SPDX-License-Identifier: GPL-2.0-or-later
#include "exporter/api.hh"

#include <utility>

#include "base/json.hh"
#include "base/json_listing.hh"
#include "base/overview.hh"
#include "base/version.hh"
#include "exporter/view.hh"

namespace exporter {
namespace {

using ipvsadm::JsonWriter;

constexpr std::size_t kPiece = 64 << 10;

class Services : public Source {
 public:
  Services(std::shared_ptr<const ipvsadm::Snapshot> snapshot, const ipvs::ServiceWithDests* only)
      : snapshot_(std::move(snapshot)), only_(only) {}

  bool next(std::string& into) override {
    if (!std::exchange(has_begun_, true)) into += json_.begin(snapshot_->info);
    if (only_) {
      add(into, *only_);
    } else {
      while (into.size() < kPiece && service_ < snapshot_->table.size()) add(into, snapshot_->table[service_++]);
      if (service_ < snapshot_->table.size()) return true;
    }
    into += json_.end();
    return false;
  }

 private:
  void add(std::string& into, const ipvs::ServiceWithDests& each) {
    into += json_.service(each.service);
    for (const auto& dest : each.dests) into += json_.dest(each.service.key, dest);
  }

  std::shared_ptr<const ipvsadm::Snapshot> snapshot_;
  const ipvs::ServiceWithDests* only_;
  ipvsadm::JsonServices json_{nullptr};
  std::size_t service_ = 0;
  bool has_begun_ = false;
};

/// Packets by reason, as the object `name`; nothing where the module does not tell.
void drops(JsonWriter& json, const char* name, const ipvsadm::Snapshot& snapshot) {
  if (!snapshot.drops) return;
  json.key(name).begin_object();
  for (const ipvs::Drop& each : *snapshot.drops) json.member(each.reason, each.packets);
  json.end_object();
}

/// The fields of the page's cells, by their names there.
void rates(JsonWriter& json, const ipvs::Stats& stats) {
  json.member("cps", stats.cps).member("inpps", stats.inpps).member("outpps", stats.outpps);
  json.member("inbps", stats.inbps).member("outbps", stats.outbps);
}

void health(JsonWriter& json, ipvsadm::Health health) {
  json.member("health", health.word).member("colour", ipvsadm::colour_name(health.colour));
}

void service_rows(JsonWriter& json, const ipvsadm::Snapshot& snapshot, const Request& request) {
  for (const std::size_t row : services_shown(snapshot, request).rows) {
    const auto& each = snapshot.table[row];
    const ipvsadm::Load load = ipvsadm::load_of(each);
    json.begin_object().member("id", ipvsadm::title_of(each.service.key));
    health(json, ipvsadm::health_of(each));
    json.member("servers", each.dests.size()).member("active", load.active).member("inactive", load.inactive);
    rates(json, each.service.stats);
    json.end_object();
  }
}

void server_rows(JsonWriter& json, const ipvs::ServiceWithDests& service, const Request& request) {
  for (const std::size_t row : servers_shown(service, request).rows) {
    const ipvs::DestEntry& each = service.dests[row];
    json.begin_object().member("id", ipvsadm::title_of(each.key));
    health(json, ipvsadm::health_of(each));
    json.member("weight", each.weight).member("active", each.active).member("inactive", each.inactive);
    rates(json, each.stats);
    json.end_object();
  }
}

}  // namespace

std::unique_ptr<Source> services_json(std::shared_ptr<const ipvsadm::Snapshot> snapshot, const ipvs::ServiceWithDests* only) {
  return std::make_unique<Services>(std::move(snapshot), only);
}

std::string daemons_json(const ipvsadm::Snapshot& snapshot) {
  return ipvsadm::json_daemons(*snapshot.daemons, snapshot.sync.value_or(std::vector<ipvs::DaemonStatus>()));
}

std::string timeouts_json(const ipvsadm::Snapshot& snapshot) { return ipvsadm::json_timeouts(*snapshot.timeouts); }

std::string status_json(const ipvsadm::Snapshot& snapshot) {
  JsonWriter json;
  json.begin_object().member("up", snapshot.is_up());
  if (!snapshot.is_up()) {
    json.member("trouble", snapshot.trouble).end_object();
    return json.take() + "\n";
  }
  json.member("version", ipvsadm::version_words(snapshot.info.version));
  if (!snapshot.info.release.empty()) json.member("release", snapshot.info.release);
  json.member("connection_table_size", snapshot.info.conn_table_size).member("services", snapshot.table.size());
  if (snapshot.totals) ipvsadm::json_stats(json, "totals", *snapshot.totals);
  drops(json, "dropped", snapshot);
  if (snapshot.status) {
    json.key("status").begin_object();
    for (const ipvs::StatusFigure& each : *snapshot.status) json.member(each.name, each.value);
    json.end_object();
  }
  json.end_object();
  return json.take() + "\n";
}

std::string news_json(const ipvsadm::Snapshot& snapshot, const Request& request) {
  JsonWriter json;
  json.begin_object().member("up", snapshot.is_up());
  if (!snapshot.is_up()) {
    json.member("trouble", snapshot.trouble).end_object();
    return json.take();
  }
  if (snapshot.totals) {
    json.key("totals").begin_object();
    rates(json, *snapshot.totals);
    json.end_object();
  }
  drops(json, "drops", snapshot);
  json.key("rows").begin_array();
  const auto key = service_named(request);
  if (key && *key) {
    if (const auto* service = ipvsadm::find_service(snapshot, **key)) server_rows(json, *service, request);
  } else if (key) {
    service_rows(json, snapshot, request);
  }
  json.end_array().end_object();
  return json.take();
}

}  // namespace exporter
