// SPDX-License-Identifier: GPL-2.0-or-later
// What a client of ipvs-exporter sends: cut anywhere, it is the same request; and what it asks for, whatever that is, breaks
// out of no page and no JSON.
#include <linux/ip_vs.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/words.hh"
#include "exporter/api.hh"
#include "exporter/pages.hh"
#include "exporter/request.hh"
#include "exporter/view.hh"

namespace {

using exporter::Complete;
using exporter::Unfinished;

ipvsadm::Snapshot a_snapshot() {
  ipvsadm::Snapshot snapshot;
  for (std::uint16_t port = 1; port <= 120; ++port) {
    auto& service = snapshot.table.emplace_back().service;
    service.key = {.family = AF_INET, .protocol = IPPROTO_TCP, .addr = ipvs::Address::parse("192.0.2.1"), .port = port};
    service.scheduler = "wrr";
  }
  ipvs::DestEntry dest;
  dest.key = {.addr = ipvs::Address::parse("2001:db8::7"), .port = 80};
  snapshot.table[79].dests = {dest};
  return snapshot;
}

void check(bool is_so) {
  if (!is_so) std::abort();
}

/// No markup but our own, all of it characters.
void check_page(std::string_view page) {
  check(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>\n"));
  for (const char* other : {"<!--", "<svg/", "<img", "onerror=\"", "javascript:\""}) check(!page.contains(other));
  for (std::size_t at = page.find("<script"); at != std::string_view::npos; at = page.find("<script", at + 1))
    check(page.substr(at).starts_with("<script src=\"/script.js\" defer></script>"));
  while (!page.empty()) {
    const std::size_t length = ipvsadm::utf8_length(page);
    check(length != 0 && page.front() != '\0');
    page.remove_prefix(length);
  }
}

void show(const exporter::Request& request) {
  static const ipvsadm::Snapshot snapshot = a_snapshot();
  check_page(exporter::services_page(snapshot, request, {}));
  check_page(exporter::service_page(snapshot.table[79], request));
  check_page(exporter::services_page({.trouble = request.path}, request, {}));
  check_page(exporter::connections_page({.rows = {{.state = request.value("state")}}, .has_more = true, .trouble = {}}, request));
  const std::string news = exporter::news_json(snapshot, request);
  check(std::ranges::none_of(news, [](unsigned char c) { return c < 0x20; }));
  check(exporter::services_shown(snapshot, request).rows.size() <= exporter::kRows);
  if (const auto key = exporter::service_named(request); key && *key) {
    const auto again = exporter::parse_request("GET /?" + exporter::link_to(**key) + " HTTP/1.0\n\n");
    check(std::holds_alternative<Complete>(again) && *exporter::service_named(std::get<Complete>(again).request) == *key);
  }
  (void)exporter::connections_wanted(request);
  for (const auto& [name, value] : request.query) check(exporter::decoded(exporter::encoded(value), true) == value);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto parsed = exporter::parse_request(bytes);
  if (const auto* refusal = std::get_if<exporter::Refusal>(&parsed)) check(refusal->status >= 400 && !refusal->why.empty());
  const auto* complete = std::get_if<Complete>(&parsed);
  if (!complete) return 0;
  check(complete->size <= size && complete->size > 0 && complete->request.path.starts_with('/'));
  // Not before its last byte, and no later.
  for (std::size_t cut = 0; cut < complete->size; ++cut)
    check(std::holds_alternative<Unfinished>(exporter::parse_request(bytes.substr(0, cut))));
  const auto alone = exporter::parse_request(bytes.substr(0, complete->size));
  check(std::holds_alternative<Complete>(alone) && std::get<Complete>(alone).request.query == complete->request.query);
  show(complete->request);
  return 0;
}
