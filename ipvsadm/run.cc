// SPDX-License-Identifier: GPL-2.0-or-later
#include "run.hh"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <set>

#include "connections.hh"
#include "ensure.hh"
#include "format.hh"
#include "help.hh"
#include "json_listing.hh"
#include "report.hh"
#include "save.hh"

namespace ipvsadm {
namespace {

constexpr const char* kConnectionFile = "/proc/net/ip_vs_conn";

template <typename Entries, typename Key>
void sort_by(Entries& entries, Key key) {
  std::ranges::stable_sort(entries, {}, key);
}

void sort_table(std::vector<ipvs::ServiceWithDests>& table) {
  sort_by(table, [](const auto& each) { return each.service.key; });
  for (auto& each : table) sort_by(each.dests, &ipvs::DestEntry::key);
}

}  // namespace

void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

int Runner::run(const Command& command) {
  return std::visit([this](const auto& each) { return carry_out(each); }, command);
}

void Runner::complain(const std::string& message) {
  // Keeps the order of what stands on both streams when they are the same file.
  std::fflush(stdout);
  const std::string text = placed(message, place_);
  std::fwrite(text.data(), 1, text.size(), stderr);
}

int Runner::refuse(const UsageError& error) {
  complain(error.text + "\n");
  return code_of(error.failure, error.exit_code);
}

int Runner::code_of(Failure failure, int classic) const {
  return distinct_codes_ ? kind_of(failure).exit_code : classic;
}

int Runner::no_client() const {
  const bool forbidden = failure_of(session_.error()) == Failure::permission;
  return code_of(forbidden ? Failure::permission : Failure::module, exit_code::usage);
}

int Runner::failed_listing(const ipvs::Error& error) {
  complain(error_text(error, {}, {}));
  return code_of(failure_of(error), exit_code::listing_failed);
}

std::optional<std::string> Runner::cause_of(const ipvs::Change& change, const ipvs::Error& error) {
  if (auto cause = usual_cause(change, error)) return cause;
  // While restoring the table is on its way from one state to another, and may be large.
  if (place_.line != 0 || (error.code != ESRCH && error.code != ENOENT)) return {};
  const auto table = session_.client()->table();
  if (!table) return {};
  return cause_in(*table, change, error);
}

int Runner::failed_change(const ipvs::Change& change, const ipvs::Error& error) {
  complain(error_text(error, object_text(change), cause_of(change, error)));
  return code_of(failure_of(error), exit_code::refused);
}

int Runner::carry_out(const ipvs::Change& change) {
  ipvs::Client* client = session_.client();
  if (!client) return no_client();
  const auto done = client->apply(change);
  return done ? exit_code::ok : failed_change(change, done.error());
}

int Runner::carry_out(const Ensure& wanted) {
  ipvs::Client* client = session_.client();
  if (!client) return no_client();
  const auto done = ensure(*client, wanted.change);
  return done ? exit_code::ok : failed_change(wanted.change, done.error());
}

/// The services that a listing is about, with their servers; nothing, and the exit code, if that fails.
std::optional<std::vector<ipvs::ServiceWithDests>> Runner::services(const ListServices& list, int& code) {
  ipvs::Client* client = session_.client();
  if (!client) {
    code = no_client();
    return {};
  }
  ipvs::Result<std::vector<ipvs::ServiceWithDests>> table;
  if (list.only) {
    auto service = client->service(*list.only);
    if (!service) {
      const auto all = client->table();
      complain(error_text(service.error(), object_text(*list.only),
                          all ? cause_in(*all, *list.only) : std::nullopt));
      code = code_of(failure_of(service.error()), exit_code::listing_failed);
      return {};
    }
    auto dests = client->dests(*list.only);
    if (dests)
      table->push_back({std::move(*service), std::move(*dests)});
    else
      table = std::unexpected(dests.error());
  } else {
    table = client->table();
  }
  if (!table) {
    code = failed_listing(table.error());
    return {};
  }
  if (list.sorted) sort_table(*table);
  return std::move(*table);
}

void Runner::prepare_names(std::span<const ipvs::ServiceWithDests> table) {
  std::set<ipvs::Address> addresses;
  for (const auto& [service, dests] : table) {
    if (service.key.fwmark == 0) addresses.insert(service.key.addr);
    for (const auto& dest : dests) addresses.insert(dest.key.addr);
  }
  names_.prepare(std::vector(addresses.begin(), addresses.end()));
}

int Runner::carry_out(const ListServices& list) {
  int code = exit_code::ok;
  const auto table = services(list, code);
  if (!table) return code;
  Names* names = list.numeric ? nullptr : &names_;
  if (names) prepare_names(*table);

  if (list.json) {
    JsonServices json(names);
    print(json.begin(session_.info()));
    for (const auto& [service, dests] : *table) {
      print(json.service(service));
      for (const auto& dest : dests) print(json.dest(service.key, dest));
    }
    print(json.end());
    return exit_code::ok;
  }
  const Listing listing(list.columns, list.exact, names);
  if (!list.only) print(Listing::version_line(session_.info()));
  print(listing.titles());
  for (const auto& [service, dests] : *table) {
    print(listing.service(service));
    for (const auto& dest : dests) print(listing.dest(service.key, dest));
  }
  return exit_code::ok;
}

int Runner::carry_out(const ListConnections& list) {
  // Without the module there is no such file: have it loaded.
  if (!session_.client()) return no_client();
  std::ifstream file(kConnectionFile);
  if (!file) {
    complain(formatted("cannot open file {}\n", kConnectionFile));
    return code_of(Failure::system, exit_code::listing_failed);
  }

  Names* names = list.numeric ? nullptr : &names_;
  JsonConnections json(names);
  print(list.json ? json.begin() : connection_titles(list.persistence));
  const auto show = [&](const Connection& connection) {
    print(list.json ? json.connection(connection) : connection_text(connection, list.persistence, names));
  };
  // Names are looked up together, so the connections have to wait for the last one; numbers need not.
  std::vector<Connection> waiting;
  std::string line;
  std::getline(file, line);  // the file's own titles
  bool good = true;
  while (good && std::getline(file, line)) {
    auto connection = parse_connection(line);
    good = connection.has_value();
    if (good && names)
      waiting.push_back(std::move(*connection));
    else if (good)
      show(*connection);
  }
  if (names) {
    std::set<ipvs::Address> addresses;
    for (const Connection& each : waiting) addresses.insert({each.client, each.virt, each.dest});
    names->prepare(std::vector(addresses.begin(), addresses.end()));
    for (const Connection& each : waiting) show(each);
  }
  if (good) {
    if (list.json) print(json.end());
    return exit_code::ok;
  }
  complain(formatted("unexpected input from {}\n", kConnectionFile));
  return code_of(Failure::version, exit_code::listing_failed);
}

int Runner::carry_out(const ShowTimeouts& show) {
  ipvs::Client* client = session_.client();
  if (!client) return no_client();
  const auto timeouts = client->timeouts();
  if (!timeouts) return failed_listing(timeouts.error());
  print(show.json ? json_timeouts(*timeouts) : timeouts_text(*timeouts));
  return exit_code::ok;
}

int Runner::carry_out(const ShowDaemons& show) {
  ipvs::Client* client = session_.client();
  if (!client) return no_client();
  const auto daemons = client->daemons();
  if (!daemons) return failed_listing(daemons.error());
  print(show.json ? json_daemons(*daemons) : daemons_text(*daemons));
  return exit_code::ok;
}

int Runner::carry_out(const Save& save) {
  int code = exit_code::ok;
  const auto table = services({}, code);
  if (!table) return code;
  const auto timeouts = session_.client()->timeouts();
  if (!timeouts) return failed_listing(timeouts.error());
  const auto daemons = session_.client()->daemons();
  if (!daemons) return failed_listing(daemons.error());

  Names* names = save.numeric ? nullptr : &names_;
  if (names) prepare_names(*table);
  // What is not a service comes first: 1.31 ends with the status of the last line, and a daemon that runs
  // already is refused.
  print(save_timeouts(*timeouts));
  for (const auto& daemon : *daemons) print(save_daemon(daemon));
  for (const auto& [service, dests] : *table) {
    print(save_service(service, names));
    for (const auto& dest : dests) print(save_dest(service.key, dest, names));
  }
  return exit_code::ok;
}

int Runner::carry_out(const ShowHelp&) {
  print(help_text(program_));
  return exit_code::ok;
}

int Runner::carry_out(const ShowVersion&) {
  print(version_text());
  return exit_code::ok;
}

}  // namespace ipvsadm
