// SPDX-License-Identifier: GPL-2.0-or-later
// --restore in its three ways.
#include <algorithm>
#include <utility>

#include "ensure.hh"
#include "format.hh"
#include "run.hh"
#include "text.hh"

namespace ipvsadm {
namespace {

constexpr const char* kInput = "standard input";

const ipvs::Change* change_in(const Command& command) {
  if (const auto* ensure = std::get_if<Ensure>(&command)) return &ensure->change;
  return std::get_if<ipvs::Change>(&command);
}

/// The lines of an atomic restore describe a table; not all that can be asked for is part of one.
bool describes_table(const Command& command) {
  const ipvs::Change* change = change_in(command);
  return change && !change->as<ipvs::change::ZeroAll>() && !change->as<ipvs::change::ZeroService>();
}

Place place_of(unsigned number, std::span<const ScriptLine> script) {
  const auto found = std::ranges::lower_bound(script, number, {}, &ScriptLine::number);
  return found != script.end() && found->number == number ? Place{number, found->text} : Place{};
}

}  // namespace

int Runner::carry_out(const Restore& restore) {
  if (const auto client = this->client(); !client) return client.error();
  switch (restore.mode) {
    case Restore::Mode::plain:
      return restore_plain();
    case Restore::Mode::replace:
      return restore_replacing();
    case Restore::Mode::atomic:
      return restore_atomic();
  }
  return exit_code::usage;
}

/// Makes the changes that wait, with as few system calls as possible.
void Runner::send(std::vector<ScriptLine>& waiting, Tally& tally) {
  if (waiting.empty()) return;
  std::vector<ipvs::Change> changes;
  changes.reserve(waiting.size());
  for (ScriptLine& line : waiting) changes.push_back(std::get<ipvs::Change>(std::move(line.command)));
  const auto outcome = (*session_.client())->apply(changes);
  for (std::size_t i = 0; i < outcome.size(); ++i) {
    int code = exit_code::ok;
    if (!outcome[i]) {
      place_ = {waiting[i].number, waiting[i].text};
      code = failed_change(changes[i], outcome[i].error());
    }
    tally.note(code);
  }
  place_ = {};
  waiting.clear();
}

/// A line: a change may wait for others, anything else wants those before it made. False: it was the last
/// one.
bool Runner::step(ScriptLine line, std::vector<ScriptLine>& waiting, Tally& tally) {
  if (std::holds_alternative<ipvs::Change>(line.command)) {
    waiting.push_back(std::move(line));
    return true;
  }
  send(waiting, tally);
  place_ = {line.number, line.text};
  const int code = run(line.command);
  place_ = {};
  tally.note(code);
  const bool changes = change_in(line.command) || std::holds_alternative<Sysctls>(line.command);
  return !ends_script(line.command) && (changes || code == exit_code::ok);
}

/// As 1.31: a refusal of the kernel or of the option parser does not stop the run, anything else does.
int Runner::restore_plain() {
  ScriptReader reader(program_, names_);
  LineReader input(world_.in);
  Tally tally;
  std::vector<ScriptLine> waiting;
  bool goes_on = true;
  while (goes_on) {
    const auto piece = input.next();
    // What is left of a line that was cut is not carried out.
    if (!piece) tally.note(unreadable(kInput, piece.error(), exit_code::usage));
    if (!piece || piece->empty()) break;
    std::string_view text = *piece;
    reader.look_at(text);
    while (goes_on && !text.empty()) {
      auto line = reader.read(take_line(text));
      if (!line) continue;
      if (*line) {
        goes_on = step(std::move(**line), waiting, tally);
        continue;
      }
      send(waiting, tally);
      place_ = {line->error().number, line->error().text};
      tally.note(refuse(line->error().error));
      place_ = {};
      goes_on = !line->error().error.ends_restore;
    }
    // Whoever writes line by line wants to see what they do.
    send(waiting, tally);
    out_.flush();
  }
  return distinct_codes_ ? tally.first_failure : tally.classic();
}

/// All lines, if each of them is a command and none is missing; otherwise all errors are told, and the code is that of
/// the first.
std::expected<std::vector<ScriptLine>, int> Runner::checked_script() {
  const auto text = read_all(world_.in);
  if (!text) return std::unexpected(unreadable(kInput, text.error(), exit_code::usage));
  auto script = read_script(*text, program_, names_);
  if (script) return std::move(*script);
  Tally tally;
  for (const auto& [number, line, error] : script.error()) {
    place_ = {number, line};
    tally.note(refuse(error));
  }
  place_ = {};
  return std::unexpected(tally.first_failure);
}

int Runner::restore_replacing() {
  auto script = checked_script();
  if (!script) return script.error();
  Tally tally;
  std::vector<ScriptLine> waiting;
  waiting.push_back({0, {}, ipvs::Change::flush()});
  for (ScriptLine& line : *script) {
    // Flushing stops no daemon; so one that runs as it was saved is no error.
    const auto* change = std::get_if<ipvs::Change>(&line.command);
    if (change && change->as<ipvs::change::StartDaemon>()) line.command = Ensure{*change};
    if (!step(std::move(line), waiting, tally)) break;
  }
  send(waiting, tally);
  return tally.first_failure;
}

int Runner::restore_atomic() {
  const auto script = checked_script();
  if (!script) return script.error();

  TableModel model;
  Tally tally;
  for (const ScriptLine& line : *script) {
    place_ = {line.number, line.text};
    if (!describes_table(line.command)) {
      tally.note(refuse({.text = "an atomic restore describes services, servers, timeouts and daemons, "
                                 "no more"}));
      continue;
    }
    const ipvs::Change& change = *change_in(line.command);
    const bool ensure = std::holds_alternative<Ensure>(line.command);
    if (const auto done = model.apply(change, line.number, ensure); !done)
      tally.note(failed_change(change, done.error()));
  }
  place_ = {};
  if (tally.first_failure != exit_code::ok) return tally.first_failure;

  if (session_.info().api < 1)
    complain(
        "warning: the kernel's own ip_vs module cannot replace a table in one step: it is changed service by "
        "service, and changed back on a refusal. The module that comes with this ipvsadm can.\n");
  if (model.daemons().empty()) return replace_table(model, *script);

  // Daemons come first, since a table cannot be put back as easily.
  ipvs::Client& client = **session_.client();
  const auto before = client.daemons();
  if (!before) return failed_listing(before.error());
  int code = replace_daemons(model, *script);
  if (code == exit_code::ok) code = replace_table(model, *script);
  if (code == exit_code::ok) return code;
  if (const auto back = put_back(client, *before); !back)
    failed_change(ipvs::Change::start_daemon({}), back.error());
  return code;
}

int Runner::replace_daemons(const TableModel& model, std::span<const ScriptLine> script) {
  for (const auto& [state, wish] : model.daemons()) {
    const auto done = ensure(**session_.client(), wish.change);
    if (done) continue;
    place_ = place_of(wish.line, script);
    const int code = failed_change(wish.change, done.error());
    place_ = {};
    return code;
  }
  return exit_code::ok;
}

int Runner::replace_table(const TableModel& model, std::span<const ScriptLine> script) {
  const auto wanted = model.result();
  const auto done = (*session_.client())->replace_table(wanted.table);
  if (done) return exit_code::ok;

  const auto& [error, service, dest] = done.error();
  ipvs::Change change = ipvs::Change::set_timeouts(wanted.table.timeouts);
  if (service) {
    const auto& item = wanted.table.services[*service];
    const auto& lines = wanted.lines[*service];
    place_ = place_of(dest ? lines.dests[*dest] : lines.service, script);
    change = dest ? ipvs::Change::add_dest(item.service.key, item.dests[*dest])
                  : ipvs::Change::add_service(item.service);
  }
  const int code = failed_change(change, error);
  place_ = {};
  return code;
}

}  // namespace ipvsadm
