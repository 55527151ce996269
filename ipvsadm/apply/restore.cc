// SPDX-License-Identifier: GPL-2.0-or-later
// --restore in its three ways.
#include <algorithm>
#include <utility>

#include "apply/ensure.hh"
#include "apply/run.hh"
#include "base/format.hh"
#include "base/vocabulary.hh"
#include "base/words.hh"

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
  // Neither needs a kernel.
  if (restore.trial == Restore::Trial::syntax) {
    const auto script = checked_script();
    return script ? exit_code::ok : script.error();
  }
  if (restore.trial == Restore::Trial::dry) return try_restore(restore.mode);
  if (const auto client = this->client(); !client) return client.error();
  const int code = this->restore(restore.mode);
  tell_left_out();
  return code;
}

int Runner::restore(Restore::Mode mode) {
  if (mode == Restore::Mode::atomic) return restore_atomic();
  return mode == Restore::Mode::replace ? restore_replacing() : restore_plain();
}

/// Makes the changes that wait, with as few system calls as possible.
void Runner::send(std::vector<ScriptLine>& waiting, Tally& tally) {
  if (waiting.empty()) return;
  std::vector<ipvs::Change> changes;
  changes.reserve(waiting.size());
  for (ScriptLine& line : waiting) changes.push_back(std::get<ipvs::Change>(std::move(line.command)));
  ipvs::Client& client = **session_.client();
  const auto outcome = client.apply(changes);
  // Looking for causes may ask the kernel other things.
  const auto remarks = client.remarks();
  auto said = remarks.begin();
  for (std::size_t i = 0; i < outcome.size(); ++i) {
    place_ = {waiting[i].number, waiting[i].text};
    tally.note(outcome[i] ? exit_code::ok : failed_change(changes[i], outcome[i].error()));
    for (; said != remarks.end() && said->change == i; ++said) remark(object_text(changes[i]), said->text);
  }
  place_ = {};
  waiting.clear();
}

/// A line: a change may wait for others, anything else wants those before it made. False: it was the last
/// one.
bool Runner::step(ScriptLine line, std::vector<ScriptLine>& waiting, Tally& tally) {
  if (const auto* start = std::get_if<StartWithKey>(&line.command)) {
    // Refusals are told in the order of the lines.
    send(waiting, tally);
    place_ = {line.number, line.text};
    auto change = with_key(*start);
    place_ = {};
    if (!change) {
      tally.note(change.error());
      return true;
    }
    line.command = std::move(*change);
  }
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

/// Of all lines, before anything is done; all that is wrong is told.
int Runner::read_keys(std::vector<ScriptLine>& script) {
  Tally tally;
  for (ScriptLine& line : script) {
    const auto* start = std::get_if<StartWithKey>(&line.command);
    if (!start) continue;
    place_ = {line.number, line.text};
    if (auto change = with_key(*start))
      line.command = std::move(*change);
    else
      tally.note(change.error());
  }
  place_ = {};
  return tally.first_failure;
}

int Runner::restore_replacing() {
  auto script = checked_script();
  if (!script) return script.error();
  if (const int code = read_keys(*script); code != exit_code::ok) return code;
  Tally tally;
  std::vector<ScriptLine> waiting;
  waiting.push_back({0, {}, ipvs::Change::flush()});
  for (ScriptLine& line : *script) {
    // Flushing stops no daemon; so one that runs as it was saved is no error.
    const auto* change = std::get_if<ipvs::Change>(&line.command);
    if (change && change->operation() == ipvs::Operation::start_daemon) line.command = Ensure{*change};
    if (!step(std::move(line), waiting, tally)) break;
  }
  send(waiting, tally);
  return tally.first_failure;
}

/// Carries lines out on a table in the program. Those that are about no table are wrong in an atomic restore, and of no
/// interest in others.
int Runner::describe(std::span<const ScriptLine> script, TableModel& model, Restore::Mode mode) {
  Tally tally;
  for (const ScriptLine& line : script) {
    place_ = {line.number, line.text};
    if (mode == Restore::Mode::atomic && !describes_table(line.command)) {
      tally.note(refuse({.text = "an atomic restore describes services, servers, timeouts and daemons, "
                                 "no more"}));
      continue;
    }
    if (!change_in(line.command)) continue;
    const ipvs::Change& change = *change_in(line.command);
    const bool ensure = std::holds_alternative<Ensure>(line.command);
    if (const auto done = model.apply(change, line.number, ensure); !done)
      tally.note(failed_change(change, done.error()));
  }
  place_ = {};
  return tally.first_failure;
}

/// The table and daemons that lines will meet, as far as somebody may see them.
void Runner::begin_with_kernel(TableModel& model) {
  const auto client = session_.client_if_there();
  const auto table = client ? (*client)->table() : std::unexpected(client.error());
  const auto daemons = table ? (*client)->daemons() : std::unexpected(table.error());
  if (!daemons) {
    complain(formatted("note: the kernel's table cannot be read ({}): the lines are tried on an empty table\n",
                       daemons.error().summary()));
    model.begin_with_daemons({});
    return;
  }
  model.begin_with_daemons(*daemons);
  for (const auto& [service, dests] : *table) {
    (void)model.apply(ipvs::Change::add_service(service), 0, true);
    for (const auto& dest : dests) (void)model.apply(ipvs::Change::add_dest(service.key, dest), 0, true);
  }
}

/// What a restore would do, without doing it.
int Runner::try_restore(Restore::Mode mode) {
  auto script = checked_script();
  if (!script) return script.error();
  if (const int code = read_keys(*script); code != exit_code::ok) return code;
  TableModel model;
  if (mode == Restore::Mode::plain) begin_with_kernel(model);
  for (const ScriptLine& line : *script) {
    place_ = {line.number, line.text};
    if (const auto* change = change_in(line.command)) warn_of_unknown(*change);
  }
  place_ = {};
  return describe(*script, model, mode);
}

/// Only the kernel knows which modules it finds.
void Runner::warn_of_unknown(const ipvs::Change& change) {
  const auto* add = change.as<ipvs::change::AddService>();
  const auto* edit = change.as<ipvs::change::EditService>();
  if (!add && !edit) return;
  const ipvs::Service& service = add ? add->service : edit->service;
  const auto warn = [this](const char* what, const std::string& name, std::span<const char* const> known) {
    if (!name.empty() && std::ranges::find(known, name) == known.end())
      complain(formatted("note: this ipvsadm knows no {} `{}'; the kernel may\n", what, shown(name)));
  };
  if (service.scheduler != "none") warn("scheduler", service.scheduler, schedulers());
  warn("persistence engine", service.pe, engines());
}

int Runner::restore_atomic() {
  auto script = checked_script();
  if (!script) return script.error();
  if (const int code = read_keys(*script); code != exit_code::ok) return code;

  TableModel model;
  if (const int code = describe(*script, model, Restore::Mode::atomic); code != exit_code::ok) return code;

  if (session_.info().api < 1)
    complain(
        "warning: the kernel's own ip_vs module cannot replace a table in one step: it is changed service by "
        "service, and changed back on a refusal. The module that comes with this ipvsadm can.\n");
  if (model.daemons().empty()) return replace_table(model, *script);

  // Daemons come first, since a table cannot be put back as easily.
  ipvs::Client& client = **session_.client();
  const auto before = client.daemon_configs();
  if (!before) return failed_listing(before.error());
  int code = replace_daemons(model, *script);
  if (code == exit_code::ok) code = replace_table(model, *script);
  if (code == exit_code::ok) return code;
  if (const auto back = put_back(client, *before); !back)
    complain(error_text(back.error(), "sync daemons are not as before", {}));
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
  // What an item of the table was made by; place_ is then where.
  const auto change_of = [&](std::optional<std::size_t> service, std::optional<std::size_t> dest) {
    if (!service) return ipvs::Change::set_timeouts(wanted.table.timeouts);
    const auto& item = wanted.table.services[*service];
    const auto& lines = wanted.lines[*service];
    place_ = place_of(dest ? lines.dests[*dest] : lines.service, script);
    return dest ? ipvs::Change::add_dest(item.service.key, item.dests[*dest])
                : ipvs::Change::add_service(item.service);
  };
  ipvs::Client& client = **session_.client();
  int code = exit_code::ok;
  std::uint32_t others = 0;
  if (const auto done = client.replace_table(wanted.table); !done) {
    const auto& [error, service, dest] = done.error();
    code = failed_change(change_of(service, dest), error);
  }
  for (const ipvs::Remark& each : client.remarks()) {
    remark(object_text(change_of(each.service, each.dest)), each.text);
    others += each.others;
  }
  place_ = {};
  if (others != 0)
    complain(formatted("note: and {} more of the services; a restore without --atomic shows all\n", others));
  return code;
}

}  // namespace ipvsadm
