// SPDX-License-Identifier: GPL-2.0-or-later
#include "exporter/pages.hh"

#include <algorithm>

#include "base/format.hh"
#include "base/overview.hh"
#include "base/service_text.hh"
#include "base/version.hh"
#include "base/vocabulary.hh"
#include "base/words.hh"
#include "exporter/view.hh"

namespace exporter {
namespace {

using ipvsadm::formatted;

/// The page around `body`. `events`: the address of what goes on, "" for nothing.
std::string page(std::string_view title, std::string_view events, std::string_view body, bool is_up = true) {
  std::string text = "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
                     "<link rel=\"icon\" href=\"/icon.svg\"><link rel=\"stylesheet\" href=\"/style.css\">";
  if (!events.empty())
    text += "<noscript><meta http-equiv=\"refresh\" content=\"10\"></noscript><script src=\"/script.js\" defer></script>";
  text += "<title>" + html(title) + "</title></head><body data-up=\"" + (is_up ? "true" : "false") + "\" data-events=\"" + html(events) + "\">";
  text += "<header><a href=\"/\">IPVS</a> <a href=\"/connections\">connections</a> <a href=\"/metrics\">metrics</a> "
          "<a href=\"/api/v1/services\">JSON</a> <span id=\"live\"></span></header><main>";
  text += body;
  text += "</main><footer>ipvs-exporter " + html(ipvsadm::kOwnVersion) + "</footer></body></html>\n";
  return text;
}

/// A cell with a label for narrow screens, where a row is a card; `key`: what the script puts new numbers into.
std::string cell(std::string_view label, std::string_view key, std::string_view content, const char* kind = "n") {
  return formatted("<td class=\"{}\" data-label=\"{}\"{}>{}</td>", kind, label,
                   key.empty() ? std::string() : formatted(" data-k=\"{}\"", key), content);
}

std::string health_cell(ipvsadm::Health health) {
  return formatted("<td data-label=\"health\" data-k=\"health\"><span class=\"dot {}\"></span>{}</td>",
                   ipvsadm::colour_name(health.colour), health.word);
}

constexpr std::string_view kRateTitles = "<th>conn/s</th><th>pkts/s in</th><th>out</th><th>bytes/s in</th><th>out</th>";
constexpr std::string_view kGraphCell = "<td class=\"graph\" data-label=\"packets\"><svg class=\"spark\" viewBox=\"0 0 60 20\" "
                                        "preserveAspectRatio=\"none\"><polyline points=\"\"/></svg></td>";

std::string rate_cells(const ipvs::Stats& stats) {
  return cell("conn/s", "cps", std::to_string(stats.cps)) + cell("pkts/s in", "inpps", std::to_string(stats.inpps)) +
         cell("pkts/s out", "outpps", std::to_string(stats.outpps)) +
         cell("bytes/s in", "inbps", std::to_string(stats.inbps)) +
         cell("bytes/s out", "outbps", std::to_string(stats.outbps));
}

std::string page_links(const Slice& slice, const std::string& address) {
  std::string text = formatted("<nav>{} in all, page {} of {}", slice.found, slice.page, slice.pages);
  if (slice.page > 1) text += formatted(" <a href=\"{}&amp;page={}\">back</a>", html(address), slice.page - 1);
  if (slice.page < slice.pages) text += formatted(" <a href=\"{}&amp;page={}\">next</a>", html(address), slice.page + 1);
  return text + "</nav>";
}

std::string graph(const History& history, std::uint64_t ipvs::Stats::* value, const char* title, const char* key) {
  std::uint64_t most = 1;
  for (const ipvs::Stats& each : history) most = std::max(most, each.*value);
  std::string points, values;
  std::size_t x = 60 - std::min<std::size_t>(history.size(), 60);
  for (const ipvs::Stats& each : history) {
    points += formatted("{},{:.1f} ", x++, 19 - 18 * static_cast<double>(each.*value) / static_cast<double>(most));
    values += formatted("{} ", each.*value);
  }
  return formatted("<figure><figcaption>{} <b data-total=\"{}\">{}</b>/s</figcaption><svg class=\"spark large\" data-total-graph=\"{}\" "
                   "data-values=\"{}\" viewBox=\"0 0 60 20\" preserveAspectRatio=\"none\"><polyline points=\"{}\"/></svg></figure>",
                   title, key, history.empty() ? 0 : history.back().*value, key, values, points);
}

std::string totals_part(const ipvsadm::Snapshot& snapshot, const History& history) {
  if (!snapshot.totals) return {};
  History shown = history;
  if (shown.empty()) shown.push_back(*snapshot.totals);
  std::string text = "<section class=\"graphs\">";
  text += graph(shown, &ipvs::Stats::cps, "connections", "cps");
  text += graph(shown, &ipvs::Stats::inpps, "packets in", "inpps");
  text += graph(shown, &ipvs::Stats::outpps, "packets out", "outpps");
  text += graph(shown, &ipvs::Stats::inbps, "bytes in", "inbps");
  text += graph(shown, &ipvs::Stats::outbps, "bytes out", "outbps");
  return text + "</section>";
}

std::string drops_part(const ipvsadm::Snapshot& snapshot) {
  if (!snapshot.drops) return "<p>This module does not tell why it drops packets.</p>";
  std::string text = "<h2>Dropped packets</h2><table class=\"small\"><thead><tr><th>reason</th><th>packets</th></tr></thead><tbody>";
  for (const ipvs::Drop& each : *snapshot.drops)
    text += formatted("<tr data-drop=\"{0}\"{2}><td data-label=\"reason\">{0}</td><td class=\"n\" data-label=\"packets\">{1}</td></tr>",
                      html(each.reason), each.packets, each.packets == 0 ? " class=\"none\"" : "");
  return text + "</tbody></table>";
}

std::string status_part(const ipvsadm::Snapshot& snapshot) {
  if (!snapshot.status) return {};
  std::string text = "<h2>Tables and fast path</h2><table class=\"small\"><tbody>";
  for (const ipvs::StatusFigure& each : *snapshot.status)
    text += formatted("<tr><td>{}</td><td class=\"n\">{}</td></tr>", html(each.name), each.value);
  return text + "</tbody></table>";
}

std::string sync_part(const ipvsadm::Snapshot& snapshot) {
  if (!snapshot.daemons || snapshot.daemons->empty()) return {};
  std::string text = "<h2>Synchronisation</h2>";
  for (const ipvs::DaemonConfig& daemon : *snapshot.daemons) {
    text += formatted("<p>{} at {}, id {}</p>", html(ipvsadm::daemon_state_name(daemon.state)), html(daemon.interface),
                      daemon.sync_id);
    if (!snapshot.sync) continue;
    for (const ipvs::DaemonStatus& each : *snapshot.sync) {
      if (each.state != daemon.state || each.heard.empty()) continue;
      text += "<table class=\"small\"><thead><tr><th>heard</th><th>thread</th><th>state</th><th>lag ms</th><th>lost</th></tr></thead><tbody>";
      for (const ipvs::SyncPeer& peer : each.heard)
        text += formatted("<tr><td>{}</td><td class=\"n\">{}</td><td><span class=\"dot {}\"></span>{}</td><td class=\"n\">{}</td>"
                          "<td class=\"n\">{}</td></tr>",
                          html(peer.addr.to_string()), peer.thread,
                          !peer.has_heartbeats || peer.is_alive ? "good" : "bad",
                          !peer.has_heartbeats ? "no heartbeats" : peer.is_alive ? "alive" : "silent",
                          peer.has_heartbeats ? std::to_string(peer.lag_ms) : "",
                          peer.has_heartbeats ? std::to_string(peer.lost) : "");
      text += "</tbody></table>";
    }
  }
  return text;
}

std::string service_rows(const ipvsadm::Snapshot& snapshot, const Slice& slice) {
  std::string text;
  for (const std::size_t row : slice.rows) {
    const auto& each = snapshot.table[row];
    const std::string title = ipvsadm::title_of(each.service.key);
    const ipvsadm::Load load = ipvsadm::load_of(each);
    text += formatted("<tr data-id=\"{0}\"><td data-label=\"service\"><a href=\"/service?{1}\">{0}</a></td>", html(title),
                      html(link_to(each.service.key)));
    text += health_cell(ipvsadm::health_of(each));
    text += cell("scheduler", "", html(each.service.scheduler), "w");
    text += cell("servers", "servers", std::to_string(each.dests.size()));
    text += cell("active", "active", std::to_string(load.active));
    text += cell("inactive", "inactive", std::to_string(load.inactive));
    text += rate_cells(each.service.stats);
    text += kGraphCell;
    text += "</tr>\n";
  }
  return text;
}

std::string field(const Request& request, const char* name, const char* title) {
  return formatted("<label>{} <input name=\"{}\" value=\"{}\"></label> ", title, name, html(request.value(name)));
}

/// The parameters of a request but one, as a link begins.
std::string address_without(const Request& request, const std::string& left_out) {
  std::string text = request.path + "?";
  for (const auto& [name, value] : request.query)
    if (name != left_out) text += (text.back() == '?' ? "" : "&") + encoded(name) + "=" + encoded(value);
  return text;
}

std::string endpoint(const ipvs::Address& addr, std::uint16_t port) {
  return html(ipvsadm::title_of(ipvs::DestKey{.addr = addr, .port = port}));
}

}  // namespace

std::string html(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::size_t length = ipvsadm::utf8_length(text);
    switch (length == 0 ? '\0' : text.front()) {
      case '\0':
        result += "\xEF\xBF\xBD";
        break;
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\'':
        result += "&#39;";
        break;
      default:
        result += text.substr(0, length);
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return result;
}

std::string services_page(const ipvsadm::Snapshot& snapshot, const Request& request, const History& history) {
  const std::string wanted = "q=" + encoded(request.value("q"));
  if (!snapshot.is_up())
    return page("IPVS: not there", "/api/v1/events?" + wanted,
                "<h1><span class=\"dot bad\"></span>IPVS does not answer</h1><p>" + html(snapshot.trouble) +
                    "</p><p>This page looks again by itself.</p>",
                false);
  const Slice slice = services_shown(snapshot, request);
  std::string body = formatted("<h1><span class=\"dot good\"></span>IPVS {}{}</h1>",
                               html(ipvsadm::version_words(snapshot.info.version)),
                               snapshot.info.release.empty() ? std::string(", the kernel's own")
                                                             : ", module " + html(snapshot.info.release));
  body += totals_part(snapshot, history);
  body += "<h2>Services</h2><form action=\"/\">" + field(request, "q", "contains") + "<button>show</button></form>";
  body += page_links(slice, "/?" + wanted);
  body += "<table><thead><tr><th>service</th><th>health</th><th>scheduler</th><th>servers</th><th>active</th><th>inactive</th>";
  body += kRateTitles;
  body += "<th>packets</th></tr></thead><tbody>\n";
  body += service_rows(snapshot, slice);
  body += "</tbody></table>";
  body += page_links(slice, "/?" + wanted);
  body += drops_part(snapshot) + sync_part(snapshot) + status_part(snapshot);
  return page("IPVS", formatted("/api/v1/events?{}&page={}", wanted, slice.page), body);
}

std::string service_page(const ipvs::ServiceWithDests& service, const Request& request) {
  const ipvs::ServiceKey& key = service.service.key;
  const std::string title = ipvsadm::title_of(key), link = link_to(key);
  const Slice slice = servers_shown(service, request);
  const ipvsadm::Health health = ipvsadm::health_of(service);
  std::string body = formatted("<h1><span class=\"dot {}\"></span>{}</h1><p>scheduler {}, {} servers, {}", ipvsadm::colour_name(health.colour),
                               html(title), html(service.service.scheduler), service.dests.size(), health.word);
  if (service.service.timeout != 0) body += formatted(", persistent for {} s", service.service.timeout);
  if (!service.service.pe.empty()) body += ", engine " + html(service.service.pe);
  body += "</p>";
  std::string of_service = link;
  if (key.fwmark == 0) {
    of_service = formatted("protocol={}&virtual={}", title.substr(0, title.find(' ')), encoded(key.addr.to_string()));
    // A service of all ports has connections of any.
    if (key.port != 0) of_service += formatted("&virtual_port={}", key.port);
  }
  body += "<p><a href=\"/connections?" + html(of_service) + "\">its connections</a></p>";
  body += page_links(slice, "/service?" + link);
  body += "<table><thead><tr><th>server</th><th>health</th><th>method</th><th>weight</th><th>active</th><th>inactive</th>"
          "<th>limits</th>";
  body += kRateTitles;
  body += "<th>packets</th></tr></thead><tbody>\n";
  for (const std::size_t row : slice.rows) {
    const ipvs::DestEntry& each = service.dests[row];
    const ipvsadm::Method* method = ipvsadm::find_method(each.method);
    body += formatted("<tr data-id=\"{0}\"><td data-label=\"server\">{0}</td>", html(ipvsadm::title_of(each.key)));
    body += health_cell(ipvsadm::health_of(each));
    body += cell("method", "", method ? method->name : "?", "w");
    body += cell("weight", "weight", std::to_string(each.weight));
    body += cell("active", "active", std::to_string(each.active));
    body += cell("inactive", "inactive", std::to_string(each.inactive));
    body += cell("limits", "", each.u_threshold == 0 ? "" : formatted("{} / {}", each.u_threshold, each.l_threshold));
    body += rate_cells(each.stats);
    body += kGraphCell;
    body += "</tr>\n";
  }
  body += "</tbody></table>";
  body += page_links(slice, "/service?" + link);
  return page(title, formatted("/api/v1/events?{}&page={}", link, slice.page), body);
}

std::string connections_page(const ConnectionList& list, const Request& request) {
  std::string body = "<h1>Connections</h1><form action=\"/connections\">";
  // A service by its mark is no column of the list.
  for (const char* name : {"fwmark", "family"})
    if (!request.value(name).empty())
      body += formatted("<input type=\"hidden\" name=\"{}\" value=\"{}\">", name, html(request.value(name)));
  body += field(request, "protocol", "protocol") + field(request, "client", "client") +
          field(request, "client_port", "port") + field(request, "virtual", "virtual") +
          field(request, "virtual_port", "port") + field(request, "server", "server") +
          field(request, "server_port", "port") + field(request, "state", "state") + "<button>show</button></form>";
  if (!list.trouble.empty()) return page("IPVS connections", "", body + "<p class=\"bad\">" + html(list.trouble) + "</p>");
  const std::size_t from = number_wanted(request, "from", 0, ~std::size_t{0}).value_or(0);
  std::string links = list.rows.empty() ? "<nav>none" : formatted("<nav>{} to {}", from + 1, from + list.rows.size());
  const std::string address = html(address_without(request, "from"));
  if (from > 0)
    links += formatted(" <a href=\"{}&amp;from={}\">back</a>", address, from - std::min(from, kConnectionRows));
  if (list.has_more) links += formatted(" <a href=\"{}&amp;from={}\">next</a>", address, from + kConnectionRows);
  links += "</nav>";
  body += links + "<table><thead><tr><th>protocol</th><th>client</th><th>virtual</th><th>server</th><th>state</th><th>ends in s</th>"
                  "<th>engine</th></tr></thead><tbody>\n";
  for (const ipvs::Connection& each : list.rows)
    body += "<tr>" + cell("protocol", "", html(lower(ipvs::protocol_name(each.protocol))), "w") +
            cell("client", "", endpoint(each.client, each.client_port), "w") +
            cell("virtual", "", endpoint(each.virt, each.virt_port), "w") +
            cell("server", "", endpoint(each.dest, each.dest_port), "w") + cell("state", "", html(each.state), "w") +
            cell("ends in s", "", std::to_string(each.expires)) +
            cell("engine", "", html(each.pe.empty() ? "" : each.pe + " " + ipvsadm::shown(each.pe_data)), "w") + "</tr>\n";
  body += "</tbody></table>" + links;
  return page("IPVS connections", "", body);
}

std::string trouble_page(std::string_view title, std::string_view why) {
  return page(title, "", "<h1>" + html(title) + "</h1><p>" + html(why) + "</p>");
}

const std::string_view kStyle = R"css(:root { --ink: #1b1f24; --paper: #fff; --line: #d5dae0; --soft: #5b6673; --accent: #0a62c4; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e8ec; --paper: #14171a; --line: #353c44; --soft: #9aa5b1; --accent: #6cb0ff; }
}
* { box-sizing: border-box; }
body { margin: 0; font: 14px/1.4 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
header, main, footer { padding: .5rem 1rem; }
header { border-bottom: 1px solid var(--line); }
header a { margin-right: 1rem; }
footer, figcaption, nav { color: var(--soft); }
a { color: var(--accent); }
h1 { font-size: 1.3rem; margin: .5rem 0; overflow-wrap: anywhere; }
h2 { font-size: 1.05rem; margin: 1.2rem 0 .3rem; }
table { border-collapse: collapse; width: 100%; }
table.small { width: auto; }
th, td { padding: .2rem .5rem; text-align: left; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
td.n, table.small td.n { text-align: right; font-variant-numeric: tabular-nums; }
.dot { display: inline-block; width: .7em; height: .7em; border-radius: 50%; margin-right: .4em; }
.dot.good { background: #1a9c4b; } .dot.fair { background: #e0a000; } .dot.bad { background: #d4302f; }
p.bad { color: #d4302f; }
.none { color: var(--soft); }
.graphs { display: flex; flex-wrap: wrap; gap: 1rem; }
figure { margin: 0; flex: 1 1 10rem; }
.spark { width: 6rem; height: 1.4rem; }
.spark.large { width: 100%; height: 3rem; border-bottom: 1px solid var(--line); }
.spark polyline { fill: none; stroke: var(--accent); stroke-width: 1; vector-effect: non-scaling-stroke; }
form label { margin-right: .5rem; white-space: nowrap; }
input { font: inherit; width: 9em; }
nav { padding: .4rem 0; }
@media (max-width: 700px) {
  thead { display: none; }
  table, table.small, tbody { display: block; width: 100%; }
  tr { display: flex; flex-wrap: wrap; gap: 0 .8rem; padding: .4rem 0; border-bottom: 1px solid var(--line); }
  td { border: 0; padding: .1rem 0; }
  td:first-child { flex: 1 0 100%; font-weight: 600; }
  td[data-label]:not(:first-child)::before { content: attr(data-label) " "; color: var(--soft); }
}
)css";

const std::string_view kScript = R"js('use strict';
// What the page shows goes on: one event every two seconds has the numbers of all rows that are there.
const kept = 60;
const series = new Map();
const live = document.getElementById('live');

function draw(svg, key, value) {
  if (!svg) return;
  if (!series.has(key)) series.set(key, (svg.dataset.values || '').split(' ').filter(Boolean).map(Number));
  const values = series.get(key);
  values.push(value);
  if (values.length > kept) values.shift();
  const most = Math.max(1, ...values);
  svg.querySelector('polyline').setAttribute('points',
    values.map((each, i) => `${kept - values.length + i},${(19 - 18 * each / most).toFixed(1)}`).join(' '));
}

function put(cell, text) {
  if (cell && cell.textContent !== String(text)) cell.textContent = text;
}

function show(news) {
  live.textContent = news.up ? 'live' : 'IPVS does not answer: ' + news.trouble;
  if (String(news.up) !== document.body.dataset.up) location.reload();
  for (const key of ['cps', 'inpps', 'outpps', 'inbps', 'outbps']) {
    if (!news.totals) break;
    put(document.querySelector(`[data-total="${key}"]`), news.totals[key]);
    draw(document.querySelector(`[data-total-graph="${key}"]`), 'total ' + key, news.totals[key]);
  }
  const rows = new Map([...document.querySelectorAll('tr[data-id]')].map(row => [row.dataset.id, row]));
  for (const each of news.rows || []) {
    const row = rows.get(each.id);
    if (!row) continue;
    for (const cell of row.querySelectorAll('[data-k]')) {
      const key = cell.dataset.k;
      if (key === 'health') {
        cell.querySelector('.dot').className = 'dot ' + each.colour;
        cell.lastChild.textContent = each.health;
      } else if (key in each) {
        put(cell, each[key]);
      }
    }
    draw(row.querySelector('.spark'), each.id, each.inpps + each.outpps);
  }
  for (const [reason, packets] of Object.entries(news.drops || {})) {
    const row = [...document.querySelectorAll('tr[data-drop]')].find(each => each.dataset.drop === reason);
    if (!row) continue;
    put(row.lastElementChild, packets);
    row.className = packets ? '' : 'none';
  }
}

if (document.body.dataset.events && window.EventSource) {
  const source = new EventSource(document.body.dataset.events);
  source.onmessage = event => show(JSON.parse(event.data));
  source.onerror = () => { live.textContent = 'not connected, trying again'; };
}
)js";

}  // namespace exporter
