// SPDX-License-Identifier: GPL-2.0-or-later
#include "exporter/app.hh"

#include <algorithm>
#include <exception>
#include <new>
#include <set>
#include <utility>

#include "base/format.hh"
#include "base/json_listing.hh"
#include "base/overview.hh"
#include "base/words.hh"
#include "exporter/api.hh"
#include "exporter/view.hh"

namespace exporter {
namespace {

using namespace std::chrono_literals;

constexpr auto kHtml = "text/html; charset=utf-8";
constexpr auto kJson = "application/json";
/// Of 50,000 servers each takes 12 MB.
constexpr std::size_t kSnapshots = 3;
constexpr std::size_t kLists = 8, kListeners = 64;
/// More than there are connections: those who ask a kernel that does not answer, and have given up.
constexpr std::size_t kWaiters = 512;
constexpr std::size_t kListed = 1000, kMostListed = 10'000;

constexpr std::string_view kIcon =
    "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 16 16\"><g stroke=\"#0a62c4\" stroke-width=\"1.5\" fill=\"none\">"
    "<path d=\"M8 2v5M8 7L3 13M8 7v6M8 7l5 6\"/></g><circle cx=\"8\" cy=\"3\" r=\"2\" fill=\"#0a62c4\"/></svg>";

Response json(std::string text) { return {.type = kJson, .body = std::move(text)}; }
Response page(std::string text, int status = 200) { return {.status = status, .type = kHtml, .body = std::move(text)}; }

}  // namespace

App::App(Server& server, ipvsadm::Kernel& kernel, Options options)
    : server_(server), kernel_(kernel), options_(std::move(options)) {}

void App::refuse(Ticket ticket, int status, std::string why) {
  Response response{.status = status, .body = std::move(why) + "\n"};
  if (status == 503) response.headers.emplace_back("Retry-After", "2");
  server_.respond(ticket, std::move(response));
}

void App::with_snapshot(Clock::duration age, Use use) {
  const auto oldest = Clock::now() - age;
  if (last_ && last_->begun >= oldest) return use(last_);
  waiters_.push_back({.asked = oldest, .use = std::move(use)});
  if (!is_asking_) ask();
}

void App::ask() {
  is_asking_ = true;
  last_.reset();
  // Who takes an answer slowly keeps its snapshot in memory; of too many the slowest goes. Several may share one, which ends
  // with the last of them.
  do
    std::erase_if(live_, [](const auto& each) { return each.expired(); });
  while (live_.size() >= kSnapshots && server_.drop_slowest());
  tables_.add([this] {
    server_.post([this, taken = std::make_shared<const ipvsadm::Snapshot>(ipvsadm::timed_snapshot(kernel_))] { arrived(taken); });
  });
}

void App::arrived(Taken taken) {
  is_asking_ = false;
  last_ = taken;
  live_.emplace_back(taken);
  std::vector<Waiter> served;
  const auto others = std::ranges::partition(waiters_, [&](const Waiter& each) { return each.asked > taken->begun; });
  served.assign(std::make_move_iterator(others.begin()), std::make_move_iterator(others.end()));
  waiters_.erase(others.begin(), others.end());
  for (const Waiter& each : served) try {
      each.use(taken);
    } catch (const std::bad_alloc&) {
      // It is told in time that there is no answer; the others have theirs.
    }
  if (!waiters_.empty() && !is_asking_) ask();
}

void App::handle(const Request& request, Ticket ticket) {
  constexpr std::string_view kApi = "/api/v1/";
  if (request.path == "/style.css") return server_.respond(ticket, {.type = "text/css", .body = std::string(kStyle)});
  if (request.path == "/script.js")
    return server_.respond(ticket, {.type = "text/javascript", .body = std::string(kScript)});
  if (request.path == "/icon.svg") return server_.respond(ticket, {.type = "image/svg+xml", .body = std::string(kIcon)});
  if (waiters_.size() >= kWaiters) return refuse(ticket, 503, "the kernel does not answer");
  if (request.path == "/metrics") return with_snapshot(0s, [this, ticket](const Taken& taken) { serve_metrics(taken, ticket); });
  if (request.path.starts_with(kApi)) return serve_api(request, ticket, request.path.substr(kApi.size()));
  if (request.path == "/connections") return serve_connections(request, ticket, false);
  if (request.path == "/" || request.path == "/service") return serve_page(request, ticket);
  refuse(ticket, 404, "there is no such page");
}

void App::serve_metrics(const Taken& taken, Ticket ticket) {
  // Of 50,000 servers they take some MB, and long to make: once for all whom the same snapshot is sent to.
  auto labels = labels_.lock();
  if (!labels || labelled_.lock() != taken) {
    labels = metric_labels(*taken);
    labels_ = labels;
    labelled_ = taken;
  }
  server_.respond(ticket, {.type = "text/plain; version=0.0.4; charset=utf-8",
                           .source = metrics(taken, std::move(labels), options_.node_prefix)});
}

void App::serve_api(const Request& request, Ticket ticket, const std::string& name) {
  if (name == "connections") return serve_connections(request, ticket, true);
  if (name == "events") return begin_events(request, ticket);
  const auto key = service_named(request);
  if (name == "services" && !key) return refuse(ticket, 400, key.error());
  if (name != "services" && name != "daemons" && name != "timeouts" && name != "status")
    return refuse(ticket, 404, "there is no such list");
  with_snapshot(0s, [this, ticket, name, key](const Taken& taken) {
    if (name == "status") return server_.respond(ticket, json(status_json(*taken)));
    if (!taken->is_up()) return refuse(ticket, 503, taken->trouble);
    if (name == "services") {
      const auto* only = *key ? ipvsadm::find_service(*taken, **key) : nullptr;
      if (*key && !only) return refuse(ticket, 404, "there is no such service");
      return server_.respond(ticket, {.type = kJson, .source = services_json(taken, only)});
    }
    if (name == "daemons" && taken->daemons) return server_.respond(ticket, json(daemons_json(*taken)));
    if (name == "timeouts" && taken->timeouts) return server_.respond(ticket, json(timeouts_json(*taken)));
    refuse(ticket, 503, "the module does not tell");
  });
}

void App::serve_page(const Request& request, Ticket ticket) {
  watched_ = Clock::now();
  const bool is_list = request.path == "/";
  const auto key = service_named(request);
  if (!is_list && (!key || !*key))
    return server_.respond(ticket, page(trouble_page("No service", key ? "none is named" : key.error()), 400));
  with_snapshot(2s, [this, ticket, request, key, is_list](const Taken& taken) {
    if (is_list || !taken->is_up())
      return server_.respond(ticket, page(services_page(*taken, request, history_), taken->is_up() ? 200 : 503));
    const auto* service = ipvsadm::find_service(*taken, **key);
    if (!service) return server_.respond(ticket, page(trouble_page("No service", "there is no such service"), 404));
    server_.respond(ticket, page(service_page(*service, request)));
  });
}

void App::serve_connections(const Request& request, Ticket ticket, bool is_json) {
  watched_ = Clock::now();
  const auto filter = connections_wanted(request);
  const auto from = number_wanted(request, "from", 0, ~std::size_t{0} >> 1);
  const auto limit = is_json ? number_wanted(request, "limit", kListed, kMostListed) : kConnectionRows;
  const auto mark = number_wanted(request, "fwmark", 0, ~std::uint32_t{0});
  std::string wrong = !filter  ? filter.error()
                      : !from  ? "wrong: from"
                      : !limit ? ipvsadm::formatted("wrong: limit, 0..{}", kMostListed)
                      : !mark  ? "wrong: fwmark"
                               : "";
  const auto complain = [this, request, ticket, is_json](int status, std::string why) {
    if (is_json) return refuse(ticket, status, std::move(why));
    server_.respond(ticket, page(connections_page({.rows = {}, .trouble = std::move(why)}, request), status));
  };
  if (!wrong.empty()) return complain(400, std::move(wrong));
  if (lists_ >= kLists) return complain(503, "others ask for connections already");
  ++lists_;

  // Of a service by its mark the list has no word; its connections are those to its servers.
  using Servers = std::set<std::pair<ipvs::Address, std::uint16_t>>;
  const auto list = [this, ticket, request, complain, is_json, filter = *filter, from = *from,
                     limit = *limit](std::optional<Servers> servers) {
    connections_.add([this, ticket, request, complain, is_json, filter, from, limit, servers = std::move(servers)] {
      std::size_t found = 0;
      auto rows = std::make_shared<ConnectionList>();
      const auto visit = [&](ipvs::Connection& each) {
        if (servers && !servers->contains({each.dest, each.dest_port}) && !servers->contains({each.dest, 0})) return true;
        if (found++ < from) return true;
        rows->has_more = rows->rows.size() == limit;
        if (!rows->has_more) rows->rows.push_back(std::move(each));
        return !rows->has_more;
      };
      try {
        if (const auto done = kernel_.connections(filter, visit); !done) rows->trouble = done.error();
      } catch (const std::exception& error) {
        rows->trouble = ipvsadm::shown(error.what());
      }
      server_.post([this, ticket, request, complain, is_json, from, limit, rows] {
        --lists_;
        if (!rows->trouble.empty()) return complain(503, rows->trouble);
        if (!is_json) return server_.respond(ticket, page(connections_page(*rows, request)));
        ipvsadm::JsonConnections text(nullptr);
        Response response = json(text.begin());
        for (const auto& each : rows->rows) response.body += text.connection(each);
        response.body += text.end();
        // The object is what ipvsadm prints; that there is more stands beside it.
        if (rows->has_more) {
          std::string next = "/api/v1/connections?";
          for (const auto& [name, value] : request.query)
            if (name != "from") next += encoded(name) + "=" + encoded(value) + "&";
          response.headers.emplace_back("Link", ipvsadm::formatted("<{}from={}>; rel=\"next\"", next, from + limit));
        }
        server_.respond(ticket, std::move(response));
      });
    });
  };
  if (*mark == 0) return list({});
  const auto key = ipvsadm::mark_key(static_cast<std::uint32_t>(*mark), request.value("family") == "ipv6");
  with_snapshot(2s, [list, key](const Taken& taken) {
    Servers servers;
    if (const auto* service = ipvsadm::find_service(*taken, key))
      for (const auto& each : service->dests) servers.emplace(each.key.addr, each.key.port);
    list(std::move(servers));
  });
}

void App::begin_events(const Request& request, Ticket ticket) {
  std::erase_if(listeners_, [this](const Listener& each) { return !server_.is_there(each.ticket); });
  if (listeners_.size() >= kListeners) return refuse(ticket, 503, "others listen already");
  if (const auto key = service_named(request); !key) return refuse(ticket, 400, key.error());
  server_.respond(ticket, {.type = "text/event-stream", .body = "retry: 3000\n\n", .is_stream = true});
  if (request.is_head) return;
  listeners_.push_back({.ticket = ticket, .request = request});
}

void App::send_news() {
  std::erase_if(listeners_, [this](const Listener& each) { return !server_.is_there(each.ticket); });
  if (listeners_.empty()) return;
  watched_ = Clock::now();
  if (std::exchange(has_news_, true)) return;
  with_snapshot(1s, [this](const Taken& taken) {
    has_news_ = false;
    for (const Listener& each : listeners_)
      server_.send(each.ticket, "data: " + news_json(*taken, each.request) + "\n\n");
  });
}

void App::on_second() {
  // Nobody may ask again for a long time.
  if (last_ && Clock::now() - last_->begun > 5s) last_.reset();
  if (++seconds_ % 2 != 0) return;
  send_news();
  // While pages are looked at, so that the next one has a past; else nothing happens here.
  if (Clock::now() - watched_ > 5min) return history_.clear();
  if (std::exchange(is_counting_, true)) return;
  tables_.add([this] {
    std::optional<ipvs::Stats> totals;
    try {
      totals = kernel_.totals();
    } catch (const std::exception&) {
    }
    server_.post([this, totals] {
      is_counting_ = false;
      if (!totals) return history_.clear();
      history_.push_back(*totals);
      if (history_.size() > 60) history_.pop_front();
    });
  });
}

}  // namespace exporter
