// SPDX-License-Identifier: GPL-2.0-or-later
#include "apply/run.hh"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>
#include <utility>

#include "apply/ensure.hh"
#include "base/format.hh"
#include "base/json_listing.hh"
#include "base/key_file.hh"
#include "base/vocabulary.hh"
#include "base/words.hh"
#include "show/connections.hh"
#include "show/help.hh"
#include "show/report.hh"
#include "show/save.hh"

namespace ipvsadm {
namespace {

void sort_table(auto& table) {
  const auto by_key = [](const auto& one, const auto& other) { return one.key < other.key; };
  std::ranges::stable_sort(table, by_key, [](const auto& each) -> const ipvs::Service& { return each.service; });
  for (auto& each : table) std::ranges::stable_sort(each.dests, by_key);
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

/// A client, or the exit code of having told that there is none.
std::expected<ipvs::Client*, int> Runner::reached(const ipvs::Result<ipvs::Client*>& client) {
  if (client) return *client;
  complain(formatted("Can't initialize ipvs: {}\n"
                     "Are you sure that IP Virtual Server is built in the kernel or as module?\n",
                     client.error().summary()));
  const bool forbidden = failure_of(client.error()) == Failure::permission;
  return std::unexpected(code_of(forbidden ? Failure::permission : Failure::module, exit_code::usage));
}

std::expected<ipvs::Client*, int> Runner::client() {
  const bool is_first = !session_.is_open();
  const auto client = reached(session_.client());
  if (!client || !is_first) return client;
  if (const auto warning = version_warning(session_.info()); !warning.empty()) complain(warning);
  return client;
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
  // It has refused something, so it is there.
  const auto table = (*session_.client())->table();
  if (!table) return {};
  return cause_in(*table, change, error);
}

int Runner::failed_change(const ipvs::Change& change, const ipvs::Error& error) {
  complain(error_text(error, object_text(change), cause_of(change, error)));
  return code_of(failure_of(error), exit_code::refused);
}

/// How many lines of a restore are shown with the same remark.
constexpr std::size_t kMostRemarks = 5;

void Runner::remark(const std::string& object, const std::string& words) {
  if (place_.line != 0 && ++remarks_[words] > kMostRemarks) return;
  complain(remark_text(object, words));
}

/// What the kernel says of a change that it has made.
void Runner::pass_on(const ipvs::Change& change, const std::vector<ipvs::Remark>& remarks) {
  for (const ipvs::Remark& each : remarks) remark(object_text(change), each.text);
}

/// At the end of a restore.
void Runner::tell_left_out() {
  for (const auto& [words, count] : remarks_)
    if (count > kMostRemarks)
      complain(remark_text(formatted("and {} more", count - kMostRemarks), words));
  remarks_.clear();
}

int Runner::carry_out(const ipvs::Change& change) {
  const auto client = this->client();
  if (!client) return client.error();
  const auto done = (*client)->apply(change);
  if (!done) return failed_change(change, done.error());
  pass_on(change, (*client)->remarks());
  return exit_code::ok;
}

int Runner::carry_out(const Ensure& wanted) {
  const auto client = this->client();
  if (!client) return client.error();
  const auto done = ensure(**client, wanted.change);
  if (!done) return failed_change(wanted.change, done.error());
  pass_on(wanted.change, (*client)->remarks());
  return exit_code::ok;
}

/// The change that is meant, now that the key is needed.
std::expected<Command, int> Runner::with_key(const StartWithKey& start) {
  auto key = read_key_file(start.key_file);
  if (!key) {
    const auto& [code, text] = key.error();
    complain(formatted("sync-key-file {} {}\n", shown(start.key_file), text));
    return std::unexpected(
        code_of(code == EACCES || code == EPERM ? Failure::permission : Failure::input, exit_code::usage));
  }
  ipvs::DaemonConfig daemon = start.daemon;
  daemon.key = std::move(*key);
  auto change = ipvs::Change::start_daemon_with(std::move(daemon));
  if (start.ensure) return Ensure{std::move(change)};
  return change;
}

int Runner::carry_out(const StartWithKey& start) {
  const auto change = with_key(start);
  return change ? run(*change) : change.error();
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

void Runner::prepare_names(const auto& table) {
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
  const auto client = this->client();
  if (!client) return client.error();

  Names* names = list.numeric ? nullptr : &names_;
  JsonConnections json(names);
  print(list.json ? json.begin() : connection_titles(list.persistence));
  const auto show = [&](const ipvs::Connection& connection) {
    print(list.json ? json.connection(connection) : connection_text(connection, list.persistence, names));
  };
  // Names are looked up together, so the connections have to wait for the last one; numbers need not.
  std::vector<ipvs::Connection> waiting;
  const auto done = (*client)->for_each_connection({}, [&](ipvs::Connection& each) {
    if (names)
      waiting.push_back(std::move(each));
    else
      show(each);
    return true;
  });
  if (names) {
    std::set<ipvs::Address> addresses;
    for (const auto& each : waiting) addresses.insert({each.client, each.virt, each.dest});
    names->prepare(std::vector(addresses.begin(), addresses.end()));
    for (const auto& each : waiting) show(each);
  }
  if (done) {
    if (list.json) print(json.end());
    return exit_code::ok;
  }
  // as 1.31 says it
  constexpr auto file = "/proc/net/ip_vs_conn";
  switch (done.error().code) {
    case EPROTO:
      complain(formatted("unexpected input from {}\n", file));
      return code_of(Failure::version, exit_code::listing_failed);
    case ENOENT:
      complain(formatted("cannot open file {}\n{}\n", file, std::strerror(ENOENT)));
      return code_of(Failure::system, exit_code::listing_failed);
    default:
      return unreadable(file, done.error().code, exit_code::listing_failed);
  }
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
  const auto daemons = (*client)->daemon_configs();
  if (!daemons) return failed_listing(daemons.error());
  if (!show.json && !show.status) {
    print(daemons_text(*daemons));
    return exit_code::ok;
  }
  const auto status = (*client)->daemon_status();
  // With JSON what nobody tells is not there, unless it was asked for; what is told has to be whole.
  if (!status && (show.status || (status.error().code != EOPNOTSUPP && status.error().code != ENOENT)))
    return failed_listing(status.error());
  const auto known = status.value_or(std::vector<ipvs::DaemonStatus>{});
  print(show.json ? json_daemons(*daemons, known) : daemons_text(*daemons, known));
  return exit_code::ok;
}

/// Refuses to save less than there is.
std::expected<void, int> Runner::check_completeness(ipvs::Client& client) {
  if (client.transport() != ipvs::Client::Transport::sockopt) return {};
  const auto unseen = client.unseen();
  if (!unseen) {
    complain(unseen.error().message() + "\n");
    return std::unexpected(code_of(Failure::input, exit_code::listing_failed));
  }
  const auto lost = lost_through_socket_options(*unseen);
  if (!lost) return {};
  complain(formatted("nothing is saved: this kernel is reached through socket options only, which do not show {}\n",
                     *lost));
  return std::unexpected(code_of(Failure::unsupported, exit_code::listing_failed));
}

int Runner::carry_out(const Save& save) {
  const auto client = this->client();
  if (!client) return client.error();
  if (const auto complete = check_completeness(**client); !complete) return complete.error();
  auto table = (*client)->snapshot();
  if (!table) return failed_listing(table.error());
  sort_table(table->services);
  const auto daemons = (*client)->daemon_configs();
  if (!daemons) return failed_listing(daemons.error());

  Names* names = save.numeric ? nullptr : &names_;
  if (names) prepare_names(table->services);
  // What is not a service comes first: 1.31 ends with the status of the last line, and a daemon that runs
  // already is refused.
  print(save_timeouts(table->timeouts));
  for (const auto& daemon : *daemons) {
    print(save_daemon(daemon, save.key_file));
    if (daemon.has_key() && save.key_file.empty())
      complain(formatted("note: the {} daemon runs with a key, which is not saved: its line is a comment; --sync-key-file "
                         "tells where it will be found\n",
                         daemon_state_name(daemon.state)));
  }
  for (const auto& [service, dests] : table->services) {
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
  print(version_text() + program_text());
  return exit_code::ok;
}

}  // namespace ipvsadm
