// SPDX-License-Identifier: GPL-2.0-or-later
#include "feedback/controller.hh"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "base/format.hh"
#include "base/titles.hh"
#include "base/words.hh"

namespace feedback {
namespace {

using ipvsadm::formatted;
using namespace std::chrono_literals;

/// Who changes a weight so often in this time does so by himself, as we do.
constexpr std::size_t kChanges = 3;
constexpr auto kChangesWithin = 30s;
constexpr auto kLeftAlone = 5min;
/// So long, and so many of them, servers that have gone are remembered.
constexpr auto kRemembered = 60s;
constexpr std::size_t kMostRemembered = 10'000;
/// As the kernel's tools have it.
constexpr int kMostWeight = 65535;

constexpr auto kBack = "back to its base";

double seconds(Time::duration span) { return std::chrono::duration<double>(span).count(); }

}  // namespace

void Service::tell(const Server& server, bool is_detail, std::string text) {
  // Of one that is not ours nobody waits for news.
  is_detail = is_detail || !is_asked(server);
  news_.push_back({is_detail, formatted("{} {}: {}", ipvsadm::title_of(config_.key), ipvsadm::title_of(server.dest.key), text)});
}

Service::Service(ServiceConfig config, Memories memories) : config_(std::move(config)) {
  for (const auto& [key, memory] : memories) remembered_[key] = {memory};
}

void Service::configure(ServiceConfig config, Time now) {
  const ServiceConfig before = std::exchange(config_, std::move(config));
  is_leaving_ = false;
  for (auto& [key, server] : servers_) {
    if (before.of(key).source == config_.of(key).source) continue;
    server.since = now;
    server.heard.reset();
    server.is_silent = server.is_down = server.is_drained = false;
    server.percent = 100;
    server.trouble.clear();
  }
}

void Service::leave() {
  is_leaving_ = true;
  config_.normal.source = NoSource{};
  for (auto& [key, settings] : config_.servers) settings.source = NoSource{};
}

bool Service::has_left() const { return is_leaving_ && (was_seen_ || remembered_.empty()) && farewell().empty(); }

bool Service::is_asked(const Server& server) const { return !std::holds_alternative<NoSource>(config_.of(server.dest.key).source); }

bool Service::is_returned(const Server& server) const { return server.ours && !is_asked(server) && base_of(server) > 0; }

int Service::base_of(const Server& server) const { return config_.of(server.dest.key).weight.value_or(server.learned); }

int Service::least_of(const Server& server) const {
  return std::min(config_.of(server.dest.key).minimum, base_of(server));
}

double Service::least_share(const Server& server) const {
  return base_of(server) > 0 ? 100.0 * least_of(server) / base_of(server) : 0;
}

void Service::add(const ipvs::DestEntry& dest, bool is_first, Time now) {
  Server& server = servers_.emplace(dest.key, Server{}).first->second;
  server.dest = dest;
  server.since = now;
  const auto found = remembered_.find(dest.key);
  const auto memory = found == remembered_.end() ? Memory() : found->second.memory;
  if (found != remembered_.end()) remembered_.erase(found);
  // With its base it comes back as any other one.
  if (memory.base > 0 && (dest.weight == memory.before || dest.weight == memory.weight) && (is_first || dest.weight != memory.base)) {
    server.learned = memory.base;
    server.ours = dest.weight;
    server.damper.reset(base_of(server) > 0 ? 100.0 * dest.weight / base_of(server) : 100);
    tell(server, true, formatted("weight {} is ours of before, the base is {}", dest.weight, base_of(server)));
    return;
  }
  server.learned = dest.weight;
  server.is_held = dest.weight == 0;
  server.is_new = !is_first;
  tell(server, true, formatted("{}, weight {}", is_first ? "is there" : "has come", dest.weight));
  if (server.is_held) tell(server, false, "has weight 0 by somebody else, and keeps it until it is given another");
  const auto& settings = config_.of(dest.key);
  if (!settings.weight && dest.weight > 0 && dest.weight < 10 && is_asked(server))
    tell(server, false, formatted("a base of {} leaves little room; \"weight = 100\" in its service makes some", dest.weight));
}

void Service::remember(const Server& server, Time now) {
  if (server.ours && remembered_.size() < kMostRemembered)
    remembered_[server.dest.key] = {{server.learned, *server.ours, *server.ours}, now + kRemembered};
}

void Service::is_gone(const ipvs::DestKey& key, Time now) {
  const auto found = servers_.find(key);
  if (found == servers_.end()) return;
  remember(found->second, now);
  servers_.erase(found);
}

void Service::note_change(Server& server, const ipvs::DestEntry& dest, Time now) {
  server.ours.reset();
  if (dest.weight == 0) {
    server.is_held = true;
    return tell(server, false, "weight 0 by somebody else, and kept until it is given another");
  }
  server.learned = dest.weight;
  if (std::exchange(server.is_held, false)) {
    tell(server, false, formatted("weight {} by somebody else, after 0: rises to it", dest.weight));
    server.is_new = true;
    // If it does not say how it does, what others say holds.
    server.damper.reset(server.is_silent ? 100 : least_share(server));
    return;
  }
  tell(server, false, formatted("weight {} by somebody else{}", dest.weight, config_.of(dest.key).weight ? "" : ": the new base"));
  server.changes.push_back(now);
  while (now - server.changes.front() > kChangesWithin) server.changes.pop_front();
  if (server.changes.size() < kChanges) return;
  server.changes.clear();
  server.left_alone_until = now + kLeftAlone;
  tell(server, false, "somebody else changes its weight again and again: left alone for 5 minutes");
}

void Service::see(std::span<const ipvs::DestEntry> dests, Time now) {
  const bool is_first = !was_seen_;
  was_seen_ = true;
  std::set<ipvs::DestKey> present;
  for (const ipvs::DestEntry& dest : dests) present.insert(dest.key);
  std::erase_if(servers_, [&](const auto& each) {
    const bool is_gone = !present.contains(each.first);
    if (is_gone) {
      tell(each.second, true, "has gone");
      remember(each.second, now);
    }
    return is_gone;
  });
  std::erase_if(remembered_, [&](const auto& each) { return each.second.until && *each.second.until <= now; });
  for (const ipvs::DestEntry& dest : dests) {
    const auto found = servers_.find(dest.key);
    if (found == servers_.end()) {
      add(dest, is_first, now);
      continue;
    }
    Server& server = found->second;
    if (dest.weight != server.dest.weight) note_change(server, dest, now);
    server.dest = dest;
    if (server.left_alone_until && *server.left_alone_until <= now) {
      server.left_alone_until.reset();
      server.damper.reset(100);
    }
  }
  for (auto& [key, each] : remembered_)
    if (!each.until) each.until = now + kRemembered;
}

std::vector<ipvs::DestKey> Service::asked() const {
  std::vector<ipvs::DestKey> all;
  for (const auto& [key, server] : servers_)
    if (is_asked(server)) all.push_back(key);
  return all;
}

void Service::heard(const ipvs::DestKey& key, const Answer& answer, Time now) {
  const auto found = servers_.find(key);
  if (found == servers_.end()) return;
  Server& server = found->second;
  if (std::exchange(server.is_silent, false)) tell(server, false, "answers again");
  const bool was_out = server.is_out();
  server.heard = now;
  server.trouble.clear();
  server.percent = answer.percent.value_or(server.percent);
  server.is_down = answer.is_down.value_or(server.is_down);
  server.is_drained = answer.is_drained.value_or(server.is_drained);
  if (server.is_out() != was_out)
    tell(server, false, !server.is_out() ? "says that it serves again" : server.is_down ? "says that it is down" : "says that it takes nobody new");
  step(server, now);
}

void Service::unheard(const ipvs::DestKey& key, std::string_view why, Time now) {
  const auto found = servers_.find(key);
  if (found == servers_.end()) return;
  Server& server = found->second;
  if (why != server.trouble) {
    server.trouble = why;
    tell(server, true, formatted("no answer: {}", ipvsadm::shown(why)));
  }
  if (!server.is_silent) {
    const auto silent = now - server.heard.value_or(server.since);
    if (silent < config_.of(key).silence) return;
    server.is_silent = true;
    tell(server, false, formatted("has been silent for {:.1f} s ({}): {}", seconds(silent), ipvsadm::shown(why),
                                  server.is_out() ? "what it said last holds" : "back to its base weight"));
    // Else a percentage of before would count when it speaks again and says something else.
    server.percent = 100;
  }
  step(server, now);
}

/// Towards what it says.
void Service::step(Server& server, Time now) {
  const auto& settings = config_.of(server.dest.key);
  if (!is_ours(server, now)) {
    server.damper.reset(least_share(server));
    return;
  }
  if (server.is_new && server.heard) {
    server.is_new = false;
    server.damper.reset(least_share(server));
  }
  const double least = least_share(server);
  if (server.is_out() || server.percent == 0) return server.damper.reset(server.is_out() ? least : 0);
  const Pace pace{.rise = settings.rise, .fall = settings.fall, .hysteresis = server.is_silent ? 0 : settings.hysteresis,
                  .interval = settings.interval};
  // From below the minimum it would rise for a while without being seen to.
  if (server.damper.share() < least) server.damper.reset(least);
  server.damper.follow(std::min(server.percent, server.is_silent ? 100 : settings.maximum), pace, now);
}

void Service::settle() {
  for (auto& [key, server] : servers_)
    server.damper.reset(server.is_out() ? least_share(server) : std::min(server.percent, config_.of(key).maximum));
}

bool Service::is_ours(const Server& server, Time now) const {
  return !server.is_held && (!server.left_alone_until || *server.left_alone_until <= now) &&
         is_asked(server) && base_of(server) > 0;
}

int Service::weight_of(const Server& server) const {
  if (server.is_out() && config_.of(server.dest.key).is_down_zero) return 0;
  const int base = base_of(server);
  const double most = std::max(base, kMostWeight);
  const int weight = static_cast<int>(std::lround(std::clamp(base * server.damper.share() / 100, 0.0, most)));
  // Nobody who takes connections is rounded out of the way.
  return std::max({weight, least_of(server), !server.is_out() && server.percent > 0 ? 1 : 0});
}

std::string Service::why_of(const Server& server) {
  if (server.is_down) return "it is down";
  if (server.is_drained) return "it takes nobody new";
  if (server.is_silent) return "it is silent";
  return formatted("it says {:.0f} %, since {:.1f} s", server.percent, server.damper.under_way().count());
}

std::vector<NewWeight> Service::wanted(Time now) {
  std::map<ipvs::DestKey, int> weights;
  bool is_any_left = false, is_any_ours = false;
  for (const auto& [key, server] : servers_) {
    const bool has_word = server.heard || server.is_silent;
    const bool is_mine = is_ours(server, now) && has_word;
    const int weight = is_mine ? weight_of(server) : server.dest.weight;
    if (is_mine) weights[key] = weight;
    if (is_returned(server)) {
      weights[key] = base_of(server);
      is_any_left = true;
    }
    is_any_left = is_any_left || weight > 0;
    is_any_ours = is_any_ours || is_mine;
  }
  const bool is_panic = !is_any_left && is_any_ours && !config_.may_all_be_zero;
  if (is_panic)
    for (auto& [key, weight] : weights) weight = std::max(least_of(servers_.at(key)), 1);
  if (is_panic != std::exchange(is_panicking_, is_panic))
    news_.push_back({false, ipvsadm::title_of(config_.key) +
                                (is_panic ? ": all servers would have weight 0, so they keep the minimum"
                                          : ": not all servers would have weight 0 any more")});
  std::vector<NewWeight> changes;
  for (const auto& [key, weight] : weights) {
    const Server& server = servers_.at(key);
    if (weight == server.dest.weight) continue;
    NewWeight change{.dest = server.dest, .before = server.dest.weight, .why = is_returned(server) ? kBack : why_of(server)};
    change.dest.weight = weight;
    changes.push_back(std::move(change));
  }
  return changes;
}

std::vector<NewWeight> Service::farewell() const {
  std::vector<NewWeight> changes;
  for (const auto& [key, server] : servers_) {
    const int base = base_of(server);
    if (!server.ours || base == server.dest.weight) continue;
    NewWeight change{.dest = server.dest, .before = server.dest.weight, .why = kBack};
    change.dest.weight = base;
    changes.push_back(std::move(change));
  }
  return changes;
}

void Service::was_set(const ipvs::DestKey& key, int weight) {
  const auto found = servers_.find(key);
  if (found == servers_.end()) return;
  Server& server = found->second;
  server.dest.weight = weight;
  server.ours = weight;
  if (is_asked(server)) return;
  // Until it is asked again it is like one that never was.
  server.ours.reset();
  server.damper.reset(100);
}

Memories Service::memories(std::span<const NewWeight> pending) const {
  Memories all;
  for (const auto& [key, each] : remembered_) all[key] = each.memory;
  for (const auto& [key, server] : servers_) {
    const auto change = std::ranges::find(pending, key, [](const NewWeight& each) { return each.dest.key; });
    if (change != pending.end())
      all[key] = {server.learned, change->before, change->dest.weight};
    else if (server.ours)
      all[key] = {server.learned, *server.ours, *server.ours};
  }
  return all;
}

}  // namespace feedback
