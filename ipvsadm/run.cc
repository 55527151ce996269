// SPDX-License-Identifier: GPL-2.0-or-later
#include "run.hh"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>

#include "connections.hh"
#include "help.hh"
#include "report.hh"
#include "save.hh"

namespace ipvsadm {
namespace {

constexpr const char* kConnectionFile = "/proc/net/ip_vs_conn";

void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

void print_error(const std::string& text) {
  // Keeps the order of what stands on both streams when they are the same file.
  std::fflush(stdout);
  std::fwrite(text.data(), 1, text.size(), stderr);
}

template <typename Entries>
void sort_by_key(Entries& entries) {
  std::ranges::stable_sort(entries, {}, [](const auto& entry) { return entry.key; });
}

}  // namespace

int Runner::run(const Command& command) {
  return std::visit([this](const auto& each) { return carry_out(each); }, command);
}

int Runner::carry_out(const ipvs::Change& change) { return change_all(std::span(&change, 1), {}); }

/// `lines` holds the line number of each change, or is empty.
int Runner::change_all(std::span<const ipvs::Change> changes, std::span<const unsigned> lines) {
  ipvs::Client* client = session_.client();
  if (!client) return exit_code::usage;
  int code = exit_code::ok;
  const auto outcome = client->apply(changes);
  for (std::size_t i = 0; i < outcome.size(); ++i) {
    if (!outcome[i]) continue;
    print_error(error_text(*outcome[i], lines.empty() ? "" : fmt::format("line {}: ", lines[i])));
    code = exit_code::refused;
  }
  return code;
}

int Runner::failed_listing(const ipvs::Error& error) {
  print_error(error_text(error, where_));
  return exit_code::listing_failed;
}

int Runner::carry_out(const ListServices& list) {
  ipvs::Client* client = session_.client();
  if (!client) return exit_code::usage;

  std::vector<ipvs::ServiceEntry> services;
  if (list.only) {
    auto one = client->service(*list.only);
    if (!one) return failed_listing(one.error());
    services.push_back(std::move(*one));
  } else {
    auto all = client->services();
    if (!all) return failed_listing(all.error());
    services = std::move(*all);
  }
  if (list.sorted) sort_by_key(services);

  const Listing listing(list.columns, list.exact, list.numeric ? nullptr : &names_);
  if (!list.only) print(Listing::version_line(session_.info()));
  print(listing.titles());
  for (const auto& service : services) {
    print(listing.service(service));
    if (int code = list_dests(*client, service.key, listing, list.sorted)) return code;
  }
  return exit_code::ok;
}

int Runner::list_dests(ipvs::Client& client, const ipvs::ServiceKey& key, const Listing& listing,
                       bool sorted) {
  auto dests = client.dests(key);
  if (!dests) return failed_listing(dests.error());
  if (sorted) sort_by_key(*dests);
  for (const auto& dest : *dests) print(listing.dest(key, dest));
  return exit_code::ok;
}

int Runner::carry_out(const ListConnections& list) {
  // Without the module there is no such file: have it loaded.
  if (!session_.client()) return exit_code::usage;
  std::ifstream file(kConnectionFile);
  if (!file) {
    print_error(fmt::format("{}cannot open file {}\n", where_, kConnectionFile));
    return exit_code::listing_failed;
  }
  print(connection_titles(list.persistence));
  std::string line;
  std::getline(file, line);  // the file's own titles
  while (std::getline(file, line)) {
    const auto connection = parse_connection(line);
    if (!connection) {
      print_error(fmt::format("{}unexpected input from {}\n", where_, kConnectionFile));
      return exit_code::listing_failed;
    }
    print(connection_text(*connection, list.persistence, list.numeric ? nullptr : &names_));
  }
  return exit_code::ok;
}

int Runner::carry_out(const ShowTimeouts&) {
  ipvs::Client* client = session_.client();
  if (!client) return exit_code::usage;
  const auto timeouts = client->timeouts();
  if (!timeouts) return failed_listing(timeouts.error());
  print(timeouts_text(*timeouts));
  return exit_code::ok;
}

int Runner::carry_out(const ShowDaemons&) {
  ipvs::Client* client = session_.client();
  if (!client) return exit_code::usage;
  const auto daemons = client->daemons();
  if (!daemons) return failed_listing(daemons.error());
  print(daemons_text(*daemons));
  return exit_code::ok;
}

int Runner::carry_out(const Save& save) {
  ipvs::Client* client = session_.client();
  if (!client) return exit_code::usage;
  Names* names = save.numeric ? nullptr : &names_;
  auto services = client->services();
  if (!services) return failed_listing(services.error());
  sort_by_key(*services);
  for (const auto& service : *services) {
    print(save_service(service, names));
    auto dests = client->dests(service.key);
    if (!dests) return failed_listing(dests.error());
    sort_by_key(*dests);
    for (const auto& dest : *dests) print(save_dest(service.key, dest, names));
  }
  return exit_code::ok;
}

int Runner::carry_out(const Restore& restore) {
  const std::string text(std::istreambuf_iterator<char>(std::cin), {});
  const auto script = read_script(text, program_, names_);
  if (!script) {
    for (const auto& [number, error] : script.error())
      print_error(fmt::format("line {}: {}\n", number, error.text));
    return script.error().front().error.exit_code;
  }

  // Changes are collected and sent together; anything that prints wants those before it made.
  int code = exit_code::ok;
  std::vector<ipvs::Change> changes;
  std::vector<unsigned> lines;
  const auto note = [&](int result) {
    if (result != exit_code::ok) code = result;
  };
  const auto send = [&] {
    if (!changes.empty()) note(change_all(changes, lines));
    changes.clear();
    lines.clear();
  };
  if (restore.replace) {
    changes.push_back(ipvs::Change::flush());
    lines.push_back(0);
  }
  for (const auto& [number, command] : *script) {
    if (const auto* change = std::get_if<ipvs::Change>(&command)) {
      changes.push_back(*change);
      lines.push_back(number);
      continue;
    }
    send();
    where_ = fmt::format("line {}: ", number);
    note(run(command));
    where_.clear();
  }
  send();
  return code;
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
