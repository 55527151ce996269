// SPDX-License-Identifier: GPL-2.0-or-later
#include "feedback/daemon.hh"

#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <optional>

#include "base/format.hh"
#include "base/titles.hh"

namespace feedback {
namespace {

using ipvsadm::formatted;
using ipvsadm::title_of;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// The ticket of signals; those of servers are above.
constexpr std::uint64_t kSignals = 0;
/// With something new the table is changed so soon, that what comes together is one look at it; without, it is looked at for
/// what others do.
constexpr auto kSoon = 200ms, kIdle = 1000ms;
/// A program that was killed has so long to be gone, before another one is started.
constexpr auto kGoing = 50ms;

}  // namespace

Daemon::Daemon(Config config, Table& table, StateFile& state, Log& log, Options options, ipvsadm::Fd signals,
               std::function<std::optional<Config>()> reread)
    : table_(table),
      state_(state),
      log_(log),
      options_(options),
      signals_(std::move(signals)),
      reread_(std::move(reread)),
      epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  if (auto former = state_.read())
    kept_ = former_ = std::move(*former);
  else
    unread_ = std::move(former.error());
  // A descriptor for each server, and for each of its programs two.
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
  configure(std::move(config));
}

Service* Daemon::find(const ipvs::ServiceKey& key) {
  const auto found = std::ranges::find(services_, key, [](const Service& each) { return each.config().key; });
  return found == services_.end() ? nullptr : &*found;
}

void Daemon::configure(Config config) {
  const auto now = Clock::now();
  std::map<Ticket, Source> sources;
  for (const auto& [ticket, asked] : asked_) sources[ticket] = find(asked.service)->config().of(asked.server).source;
  std::vector<Service> services;
  for (ServiceConfig& each : config.services) {
    if (Service* known = find(each.key)) {
      services.push_back(*known);
      services.back().configure(std::move(each), now);
    } else {
      const auto former = former_.find(each.key);
      services.emplace_back(std::move(each), former == former_.end() ? Memories() : former->second);
    }
  }
  // Servers of services that are no longer in it have their base again, which may take until the kernel lets us.
  for (Service& each : services_)
    if (std::ranges::find(services, each.config().key, [](const Service& other) { return other.config().key; }) == services.end()) {
      each.leave();
      services.push_back(std::move(each));
    }
  services_ = std::move(services);
  // What is under way asks somebody who has no say any more.
  for (const auto& [ticket, source] : sources) {
    const Asked& asked = asked_.at(ticket);
    if (find(asked.service)->config().of(asked.server).source != source) forget(ticket);
  }
  // Only when it began it knew what had been before.
  former_.clear();
}

int Daemon::run() {
  epoll_event event{.events = EPOLLIN, .data = {.u64 = kSignals}};
  epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, signals_.get(), &event);
  const auto alive = watchdog() / 2;
  Time told = {};
  if (!unread_.empty()) {
    log_.say(unread_ + (options_.is_dry ? "; so weights of another run are taken for bases"
                                        : ": without it weights of another run would be taken for bases; nothing is done"),
             Clock::now());
    if (!options_.is_dry) return 1;
  }
  was_fine_ = pass();
  // Later it may be somebody else who changes our rights, and gives them back.
  if (is_refused_) return 1;
  notify("READY=1");
  while (!is_ended_ && !(options_.is_once && is_done())) {
    epoll_event events[64];
    const int count = epoll_wait(epoll_.get(), events, std::size(events), wait_time());
    for (int i = 0; i < count; ++i)
      if (events[i].data.u64 == kSignals)
        take_signals();
      else
        proceed(events[i].data.u64);
    programs_.reap();
    overdue();
    const auto now = Clock::now();
    if (!options_.is_once && now - passed_ >= (has_news_ ? kSoon : kIdle)) pass();
    tell_news();
    // Not by a timer of its own: who is alive gets here.
    if (alive != alive.zero() && now - told >= std::min<Time::duration>(alive, kIdle)) {
      notify("WATCHDOG=1");
      told = now;
    }
  }
  if (options_.is_once && !is_ended_) {
    for (Service& each : services_) each.settle();
    was_fine_ = pass() && was_fine_;
    return was_fine_ ? 0 : 1;
  }
  notify("STOPPING=1");
  if (options_.is_dry) return 0;
  if (!pass(true)) return 1;
  state_.remove();
  return 0;
}

int Daemon::wait_time() const {
  // Once there is one look at the table, at the end.
  Time next = options_.is_once ? Clock::now() + kIdle : passed_ + (has_news_ ? kSoon : kIdle);
  if (!due_.empty()) next = std::min(next, due_.begin()->first);
  const auto time = std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now());
  return static_cast<int>(std::clamp<std::chrono::milliseconds::rep>(time.count(), 0, 1000));
}

void Daemon::take_signals() {
  signalfd_siginfo signal{};
  while (read(signals_.get(), &signal, sizeof(signal)) == sizeof(signal)) {
    if (signal.ssi_signo != SIGHUP) {
      is_ended_ = true;
      continue;
    }
    notify("RELOADING=1");
    if (auto config = reread_()) {
      configure(std::move(*config));
      log_.say("the configuration was read again", Clock::now());
      pass();
      for (const Service& each : services_)
        if (each.is_leaving())
          log_.say(title_of(each.config().key) +
                       ": is no longer in the configuration, but its base weights cannot be given back yet; that is tried again",
                   Clock::now());
    }
    notify("READY=1");
  }
}

void Daemon::tell_news() {
  const auto now = Clock::now();
  for (Service& each : services_)
    for (const News& news : each.take_news()) news.is_detail ? log_.detail(news.text, now) : log_.say(news.text, now);
}

/// Makes changes, of which each is made only if nobody has been faster.
bool Daemon::change(Service& service, const std::vector<NewWeight>& wanted) {
  if (wanted.empty()) return true;
  const ipvs::ServiceKey& key = service.config().key;
  const auto dests = table_.dests(key);
  if (!dests) return false;
  bool is_fine = true;
  for (const NewWeight& each : wanted) {
    const auto found = std::ranges::find(*dests, each.dest.key, &ipvs::DestEntry::key);
    if (found == dests->end() || found->weight != each.before) continue;
    ipvs::Dest dest = *found;
    dest.weight = each.dest.weight;
    const auto done = table_.edit(key, dest);
    const auto now = Clock::now();
    const std::string name = formatted("{} {}", title_of(key), title_of(dest.key));
    if (!done) {
      is_fine = false;
      log_.say(formatted("{}: cannot set weight {}: {}", name, dest.weight, done.error()), now);
    } else if (!*done) {
      service.is_gone(dest.key, now);
    } else {
      service.was_set(dest.key, dest.weight);
      const std::string line = formatted("{}: weight {} -> {} ({})", name, each.before, dest.weight, each.why);
      if (options_.is_dry) {
        std::printf("%s\n", line.c_str());
        std::fflush(stdout);
      } else {
        log_.detail(line, now);
      }
    }
  }
  return is_fine;
}

/// Before the changes are made: who is killed between both knows both.
bool Daemon::keep(const std::map<const Service*, std::vector<NewWeight>>& wanted) {
  if (options_.is_dry) return true;
  State state;
  for (const Service& each : services_) {
    const auto found = wanted.find(&each);
    auto memories = each.memories(found == wanted.end() ? std::span<const NewWeight>() : found->second);
    if (!memories.empty()) state[each.config().key] = std::move(memories);
  }
  if (state == kept_) return true;
  const auto written = state_.write(state);
  const std::string text = written ? "" : written.error() + ": servers that are not in it yet keep their weights";
  if (text != unwritten_) log_.say(text.empty() ? "the state can be written again" : text, Clock::now());
  unwritten_ = text;
  if (written) kept_ = std::move(state);
  return written.has_value();
}

void Daemon::drop_those_that_left() {
  tell_news();
  std::erase_if(services_, [&](const Service& each) {
    if (!each.has_left()) return false;
    log_.say(title_of(each.config().key) + ": is no longer in the configuration, and left alone from now on", Clock::now());
    return true;
  });
}

bool Daemon::pass(bool is_end) {
  passed_ = Clock::now();
  has_news_ = false;
  std::optional<Trouble> trouble;
  const auto opened = table_.open();
  if (!opened) trouble = opened.error();
  // A weight that was set by us and is another one now is seen before it is overwritten.
  for (Service& each : services_) {
    if (trouble && !trouble->is_absent) break;
    std::vector<ipvs::DestEntry> dests;
    if (!trouble) {
      auto found = table_.dests(each.config().key);
      if (!found) {
        trouble = found.error();
        break;
      }
      dests = std::move(*found);
    }
    each.see(dests, passed_);
  }
  const std::string text = trouble ? trouble->text : "";
  if (text != trouble_) {
    log_.say(text.empty() ? "the kernel's table can be read again" : text, passed_);
    trouble_ = text;
  }
  is_refused_ = trouble && trouble->is_refused;
  ask_those_of_now();
  // Where there is nothing any more all is as it should be at the end.
  if (trouble) {
    drop_those_that_left();
    return is_end && trouble->is_absent;
  }
  std::map<const Service*, std::vector<NewWeight>> wanted;
  bool is_change = false;
  for (Service& each : services_) {
    auto& changes = wanted[&each] = is_end ? each.farewell() : each.wanted(passed_);
    is_change = is_change || !changes.empty();
  }
  bool is_fine = keep(wanted);
  // Else who comes after us would take what we set for somebody's choice. At the end they are bases.
  if (!is_fine && !is_end)
    for (auto& [service, changes] : wanted) {
      const auto kept = kept_.find(service->config().key);
      std::erase_if(changes, [&](const NewWeight& each) { return kept == kept_.end() || !kept->second.contains(each.dest.key); });
    }
  is_fine = is_fine || is_end;
  if (is_change)
    for (Service& each : services_) is_fine = change(each, wanted[&each]) && is_fine;
  drop_those_that_left();
  return is_fine;
}

void Daemon::ask_those_of_now() {
  std::set<std::pair<ipvs::ServiceKey, ipvs::DestKey>> now;
  for (const Service& service : services_)
    for (const ipvs::DestKey& server : service.asked()) now.emplace(service.config().key, server);
  std::vector<Ticket> gone;
  for (const auto& [who, ticket] : tickets_)
    if (!now.contains(who)) gone.push_back(ticket);
  for (const Ticket each : gone) forget(each);
  std::size_t number = 0;
  for (const auto& who : now) {
    if (tickets_.contains(who)) continue;
    const Ticket ticket = next_++;
    tickets_.emplace(who, ticket);
    asked_.emplace(ticket, Asked{.service = who.first, .server = who.second});
    // Not hundreds at the same moment, and so not again and again.
    reschedule(ticket, passed_ + std::chrono::milliseconds(number++ * 5 % 1000));
  }
}

void Daemon::reschedule(Ticket ticket, Time due) {
  Asked& asked = asked_.at(ticket);
  due_.erase({asked.due, ticket});
  asked.due = due;
  due_.emplace(due, ticket);
}

void Daemon::forget(Ticket ticket) {
  const auto found = asked_.find(ticket);
  due_.erase({found->second.due, ticket});
  tickets_.erase({found->second.service, found->second.server});
  asked_.erase(found);
}

void Daemon::begin(Ticket ticket) {
  Asked& asked = asked_.at(ticket);
  const Service* service = find(asked.service);
  const Settings& settings = service->config().of(asked.server);
  asked.begun = Clock::now();
  auto probe = begin_probe(asked.service, asked.server, settings, programs_);
  if (!probe) return finish(ticket, std::unexpected(probe.error()));
  epoll_event event{.events = (*probe)->events(), .data = {.u64 = ticket}};
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, (*probe)->fd(), &event) != 0)
    return finish(ticket, std::unexpected("no room for its descriptor"));
  asked.events = event.events;
  asked.probe = std::move(*probe);
  reschedule(ticket, asked.begun + settings.timeout);
}

void Daemon::proceed(Ticket ticket) {
  const auto found = asked_.find(ticket);
  if (found == asked_.end() || !found->second.probe) return;
  Asked& asked = found->second;
  if (const auto outcome = asked.probe->proceed()) return finish(ticket, *outcome);
  epoll_event event{.events = asked.probe->events(), .data = {.u64 = ticket}};
  if (event.events == asked.events) return;
  epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, asked.probe->fd(), &event);
  asked.events = event.events;
}

void Daemon::finish(Ticket ticket, const Outcome& outcome) {
  Asked& asked = asked_.at(ticket);
  asked.probe.reset();
  Service* service = find(asked.service);
  const auto now = Clock::now();
  if (outcome)
    service->heard(asked.server, *outcome, now);
  else
    service->unheard(asked.server, outcome.error(), now);
  has_news_ = true;
  if (options_.is_once) {
    if (!outcome) {
      was_fine_ = false;
      log_.say(formatted("{} {}: no answer: {}", title_of(asked.service), title_of(asked.server), outcome.error()), now);
    }
    asked.is_done = true;
    due_.erase({asked.due, ticket});
    return;
  }
  const Time soonest = programs_.has_one_for({asked.service, asked.server}) ? now + kGoing : now;
  reschedule(ticket, std::max(asked.begun + service->config().of(asked.server).interval, soonest));
}

void Daemon::overdue() {
  const auto now = Clock::now();
  std::vector<Ticket> all;
  for (auto each = due_.begin(); each != due_.end() && each->first <= now; ++each) all.push_back(each->second);
  for (const Ticket each : all) {
    if (!asked_.at(each).probe) {
      begin(each);
    } else {
      const auto timeout = std::chrono::duration<double>(find(asked_.at(each).service)->config().of(asked_.at(each).server).timeout);
      finish(each, std::unexpected(formatted("nothing within {} s", timeout.count())));
    }
  }
}

bool Daemon::is_done() const {
  return std::ranges::all_of(asked_, [](const auto& each) { return each.second.is_done; });
}

}  // namespace feedback
