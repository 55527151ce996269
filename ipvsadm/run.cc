// SPDX-License-Identifier: GPL-2.0-or-later
#include "run.hh"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>
#include <utility>

#include "connections.hh"
#include "ensure.hh"
#include "format.hh"
#include "help.hh"
#include "json_listing.hh"
#include "report.hh"
#include "save.hh"
#include "text.hh"

namespace ipvsadm {
namespace {

template <typename Entries, typename Key>
void sort_by(Entries& entries, Key key) {
  std::ranges::stable_sort(entries, {}, key);
}

void sort_table(std::vector<ipvs::ServiceWithDests>& table) {
  sort_by(table, [](const auto& each) { return each.service.key; });
  for (auto& each : table) sort_by(each.dests, &ipvs::DestEntry::key);
}

}  // namespace

int Runner::run(const Command& command) {
  return std::visit([this](const auto& each) { return carry_out(each); }, command);
}

void Runner::complain(const std::string& message) {
  // Keeps the order of what stands on both streams when they are the same file.
  out_.flush();
  err_.write(placed(message, place_));
  err_.flush();
}

int Runner::finish(int code) {
  out_.close();
  if (out_.error() == 0) return code;
  // Not through complain(): there is nothing left to flush.
  err_.write(formatted("{}: cannot write to standard output: {}\n", shown(program_), std::strerror(out_.error())));
  err_.flush();
  return code != exit_code::ok ? code : code_of(Failure::output, exit_code::listing_failed);
}

int Runner::unreadable(const std::string& what, int error, int classic) {
  complain(formatted("cannot read {}: {}\n", what, std::strerror(error)));
  return code_of(error == EACCES || error == EPERM ? Failure::permission : Failure::input, classic);
}

int Runner::refuse(const UsageError& error) {
  complain(error.text + "\n");
  return code_of(error.failure, error.exit_code);
}

int Runner::code_of(Failure failure, int classic) const {
  return distinct_codes_ ? kind_of(failure).exit_code : classic;
}

std::expected<ipvs::Client*, int> Runner::client() {
  const bool is_first = !session_.is_open();
  const auto client = session_.client();
  if (!client) {
    complain(formatted("Can't initialize ipvs: {}\n"
                       "Are you sure that IP Virtual Server is built in the kernel or as module?\n",
                       client.error().summary()));
    const bool forbidden = failure_of(client.error()) == Failure::permission;
    return std::unexpected(code_of(forbidden ? Failure::permission : Failure::module, exit_code::usage));
  }
  if (const auto warning = version_warning(session_.info()); is_first && !warning.empty()) complain(warning);
  return *client;
}

int Runner::failed_listing(const ipvs::Error& error) {
  complain(error_text(error, {}, {}));
  return code_of(failure_of(error), exit_code::listing_failed);
}

/// A guess at what is behind a refusal. Where the kernel has said it nobody needs to guess.
std::optional<std::string> Runner::cause_of(const ipvs::Change& change, const ipvs::Error& error) {
  if (!error.detail.empty()) return {};
  if (auto cause = usual_cause(change, error)) return cause;
  // While restoring the table is on its way from one state to another, and may be large.
  if (place_.line != 0 || (error.code != ESRCH && error.code != ENOENT)) return {};
  const auto client = session_.client();
  if (!client) return {};
  const auto table = (*client)->table();
  if (!table) return {};
  return cause_in(*table, change, error);
}

int Runner::failed_change(const ipvs::Change& change, const ipvs::Error& error) {
  complain(error_text(error, object_text(change), cause_of(change, error)));
  return code_of(failure_of(error), exit_code::refused);
}

int Runner::carry_out(const ipvs::Change& change) {
  const auto client = this->client();
  if (!client) return client.error();
  const auto done = (*client)->apply(change);
  return done ? exit_code::ok : failed_change(change, done.error());
}

int Runner::carry_out(const Ensure& wanted) {
  const auto client = this->client();
  if (!client) return client.error();
  const auto done = ensure(**client, wanted.change);
  return done ? exit_code::ok : failed_change(wanted.change, done.error());
}

std::expected<ipvs::ServiceWithDests, int> Runner::service(ipvs::Client& client, const ipvs::ServiceKey& key) {
  auto service = client.service(key);
  if (!service) {
    std::optional<std::string> cause;
    if (const auto& error = service.error(); error.code == ESRCH && error.detail.empty()) {
      const auto all = client.table();
      if (all) cause = cause_in(*all, key);
    }
    complain(error_text(service.error(), object_text(key), cause));
    return std::unexpected(code_of(failure_of(service.error()), exit_code::listing_failed));
  }
  auto dests = client.dests(key);
  if (!dests) return std::unexpected(failed_listing(dests.error()));
  return ipvs::ServiceWithDests{std::move(*service), std::move(*dests)};
}

/// The services that a listing is about, with their servers.
std::expected<std::vector<ipvs::ServiceWithDests>, int> Runner::services(const ListServices& list) {
  const auto client = this->client();
  if (!client) return std::unexpected(client.error());
  std::vector<ipvs::ServiceWithDests> table;
  if (list.only) {
    auto one = service(**client, *list.only);
    if (!one) return std::unexpected(one.error());
    table.push_back(std::move(*one));
  } else {
    auto all = (*client)->table();
    if (!all) return std::unexpected(failed_listing(all.error()));
    table = std::move(*all);
  }
  if (list.sorted) sort_table(table);
  return table;
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
  const auto table = services(list);
  if (!table) return table.error();
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
  if (const auto client = this->client(); !client) return client.error();
  const auto file = File::open(world_.connections);
  if (!file) {
    complain(formatted("cannot open file {}\n{}\n", world_.connections, std::strerror(file.error())));
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
  LineReader reader(file->fd());
  bool is_title = true, good = true;
  int error = 0;
  while (good && error == 0) {
    const auto piece = reader.next();
    if (!piece) error = piece.error();
    if (!piece || piece->empty()) break;
    // A line without an end has been cut.
    good = piece->ends_with('\n');
    for (std::string_view text = *piece; good && !text.empty();) {
      const std::string_view line = take_line(text);
      if (std::exchange(is_title, false)) continue;  // the file's own
      auto connection = parse_connection(line);
      good = connection.has_value();
      if (good && names)
        waiting.push_back(std::move(*connection));
      else if (good)
        show(*connection);
    }
  }
  if (names) {
    std::set<ipvs::Address> addresses;
    for (const Connection& each : waiting) addresses.insert({each.client, each.virt, each.dest});
    names->prepare(std::vector(addresses.begin(), addresses.end()));
    for (const Connection& each : waiting) show(each);
  }
  if (error != 0) return unreadable(world_.connections, error, exit_code::listing_failed);
  if (good) {
    if (list.json) print(json.end());
    return exit_code::ok;
  }
  complain(formatted("unexpected input from {}\n", world_.connections));
  return code_of(Failure::version, exit_code::listing_failed);
}

int Runner::carry_out(const ShowTimeouts& show) {
  const auto client = this->client();
  if (!client) return client.error();
  const auto timeouts = (*client)->timeouts();
  if (!timeouts) return failed_listing(timeouts.error());
  print(show.json ? json_timeouts(*timeouts) : timeouts_text(*timeouts));
  return exit_code::ok;
}

int Runner::carry_out(const ShowDaemons& show) {
  const auto client = this->client();
  if (!client) return client.error();
  const auto daemons = (*client)->daemons();
  if (!daemons) return failed_listing(daemons.error());
  print(show.json ? json_daemons(*daemons) : daemons_text(*daemons));
  return exit_code::ok;
}

/// Refuses to save less than there is.
std::expected<void, int> Runner::check_completeness(ipvs::Client& client) {
  if (client.transport() != ipvs::Client::Transport::sockopt) return {};
  const auto services = read_file(world_.services);
  if (!services) return std::unexpected(unreadable(world_.services, services.error(), exit_code::listing_failed));
  // A kernel without modules has no such file.
  const auto modules = read_file(world_.modules);
  if (!modules && modules.error() != ENOENT)
    return std::unexpected(unreadable(world_.modules, modules.error(), exit_code::listing_failed));
  const auto lost = lost_through_socket_options(*services, modules.value_or(""));
  if (!lost) return {};
  complain(formatted("nothing is saved: this kernel is reached through socket options only, which do not show {}\n",
                     *lost));
  return std::unexpected(code_of(Failure::unsupported, exit_code::listing_failed));
}

int Runner::carry_out(const Save& save) {
  const auto client = this->client();
  if (!client) return client.error();
  if (const auto complete = check_completeness(**client); !complete) return complete.error();
  const auto table = services({});
  if (!table) return table.error();
  const auto timeouts = (*client)->timeouts();
  if (!timeouts) return failed_listing(timeouts.error());
  const auto daemons = (*client)->daemons();
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
