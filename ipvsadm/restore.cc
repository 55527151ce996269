// SPDX-License-Identifier: GPL-2.0-or-later
// --restore in its three ways.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "ensure.hh"
#include "format.hh"
#include "run.hh"

namespace ipvsadm {
namespace {

/// Standard input as it comes, in pieces of whole lines; only the last of all may lack its newline.
class Input {
 public:
  /// Nothing at the end.
  std::optional<std::string> next() {
    for (;;) {
      char buffer[1 << 16];
      const ssize_t length = read(STDIN_FILENO, buffer, sizeof(buffer));
      if (length < 0 && errno == EINTR) continue;
      if (length <= 0) {
        if (rest_.empty()) return {};
        return std::exchange(rest_, {});
      }
      rest_.append(buffer, static_cast<std::size_t>(length));
      const std::size_t end = rest_.rfind('\n');
      if (end == std::string::npos) continue;
      std::string whole = rest_.substr(0, end + 1);
      rest_.erase(0, end + 1);
      return whole;
    }
  }

 private:
  std::string rest_;
};

const ipvs::Change* change_in(const Command& command) {
  if (const auto* ensure = std::get_if<Ensure>(&command)) return &ensure->change;
  return std::get_if<ipvs::Change>(&command);
}

/// The lines of an atomic restore describe a table; not all that can be asked for is part of one.
bool describes_table(const Command& command) {
  const ipvs::Change* change = change_in(command);
  return change && change->operation != ipvs::Operation::zero_all &&
         change->operation != ipvs::Operation::zero_service;
}

Place place_of(unsigned number, std::span<const ScriptLine> script) {
  const auto found = std::ranges::lower_bound(script, number, {}, &ScriptLine::number);
  return found != script.end() && found->number == number ? Place{number, found->text} : Place{};
}

}  // namespace

int Runner::carry_out(const Restore& restore) {
  if (!session_.client()) return no_client();
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
  std::vector<ipvs::Change> changes;
  changes.reserve(waiting.size());
  for (ScriptLine& line : waiting) changes.push_back(std::get<ipvs::Change>(std::move(line.command)));
  const auto outcome = session_.client()->apply(changes);
  for (std::size_t i = 0; i < outcome.size(); ++i) {
    int code = exit_code::ok;
    if (outcome[i]) {
      place_ = {waiting[i].number, waiting[i].text};
      code = failed_change(changes[i], *outcome[i]);
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
  Input input;
  Tally tally;
  std::vector<ScriptLine> waiting;
  bool goes_on = true;
  while (goes_on) {
    const auto piece = input.next();
    if (!piece) break;
    std::string_view text = *piece;
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
    std::fflush(stdout);
  }
  return distinct_codes_ ? tally.first_failure : tally.classic();
}

/// All lines, if each of them is a command; otherwise nothing, all errors told, and the code of the first.
std::optional<std::vector<ScriptLine>> Runner::checked_script(int& code) {
  Input input;
  std::string text;
  while (const auto piece = input.next()) text += *piece;
  auto script = read_script(text, program_, names_);
  if (script) return std::move(*script);
  Tally tally;
  for (const auto& [number, line, error] : script.error()) {
    place_ = {number, line};
    tally.note(refuse(error));
  }
  place_ = {};
  code = tally.first_failure;
  return {};
}

int Runner::restore_replacing() {
  int code = exit_code::ok;
  auto script = checked_script(code);
  if (!script) return code;
  Tally tally;
  std::vector<ScriptLine> waiting;
  waiting.push_back({0, {}, ipvs::Change::flush()});
  for (ScriptLine& line : *script) {
    // Flushing stops no daemon; so one that runs as it was saved is no error.
    const auto* change = std::get_if<ipvs::Change>(&line.command);
    if (change && change->operation == ipvs::Operation::start_daemon) line.command = Ensure{*change};
    if (!step(std::move(line), waiting, tally)) break;
  }
  send(waiting, tally);
  return tally.first_failure;
}

int Runner::restore_atomic() {
  int code = exit_code::ok;
  const auto script = checked_script(code);
  if (!script) return code;

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
    if (const auto error = model.apply(change, line.number, ensure))
      tally.note(failed_change(change, *error));
  }
  place_ = {};
  if (tally.first_failure != exit_code::ok) return tally.first_failure;

  if (session_.info().api < 1)
    complain(
        "warning: the kernel's own ip_vs module cannot replace a table in one step: it is changed service by "
        "service, and changed back on a refusal. The module that comes with this ipvsadm can.\n");
  if (model.daemons().empty()) return replace_table(model, *script);

  // Daemons come first, since a table cannot be put back as easily.
  const auto before = session_.client()->daemons();
  if (!before) return failed_listing(before.error());
  code = replace_daemons(model, *script);
  if (code == exit_code::ok) code = replace_table(model, *script);
  if (code == exit_code::ok) return code;
  if (const auto back = put_back(*session_.client(), *before); !back)
    failed_change(ipvs::Change::start_daemon({}), back.error());
  return code;
}

int Runner::replace_daemons(const TableModel& model, std::span<const ScriptLine> script) {
  for (const auto& [state, wish] : model.daemons()) {
    const auto done = ensure(*session_.client(), wish.change);
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
  const auto done = session_.client()->replace_table(wanted.table);
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
