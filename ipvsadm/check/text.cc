// SPDX-License-Identifier: GPL-2.0-or-later
#include "check/text.hh"

#include "base/format.hh"
#include "base/json.hh"
#include "base/words.hh"

namespace ipvsadm::check {

std::string findings_text(std::span<const Finding> findings) {
  std::string text;
  for (const Finding& each : findings) {
    const KindRow& row = row_of(each.kind);
    // Names of devices and chains come from others.
    text += formatted("{}: {} [{}]\n", severity_name(row.severity),
                      escaped(formatted("{}: {}", each.object, each.text)), row.id);
    for (const std::string& command : each.mend)
      text += formatted("    {}{}\n", each.where.empty() ? "" : formatted("on {}: ", each.where),
                        escaped(command));
  }
  return text;
}

std::string json_findings(std::span<const Finding> findings) {
  JsonWriter json;
  json.begin_object().key("findings").begin_array();
  for (const Finding& each : findings) {
    const KindRow& row = row_of(each.kind);
    json.begin_object().member("id", row.id).member("severity", severity_name(row.severity));
    json.member("object", each.object).member("text", each.text).key("commands").begin_array();
    for (const std::string& command : each.mend) json.value(command);
    json.end_array();
    if (!each.where.empty()) json.member("on", each.where);
    json.end_object();
  }
  json.end_array().end_object();
  return json.take() + "\n";
}

}  // namespace ipvsadm::check
