// SPDX-License-Identifier: GPL-2.0-or-later
// A restore file: read at once and line by line, which must agree, and put into the model of a table.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "apply/model.hh"
#include "base/words.hh"
#include "fake_names.hh"
#include "grammar/script.hh"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  FakeNames names;
  const auto script = ipvsadm::read_script(text, "prog", names);

  ipvsadm::ScriptReader reader("prog", names);
  std::size_t good = 0, bad = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const auto line = reader.read(ipvsadm::take_line(rest));
    if (!line) continue;
    ++(*line ? good : bad);
    if (*line && ipvsadm::ends_script((*line)->command)) break;
  }
  if (script ? bad != 0 || script->size() != good : script.error().size() != bad) std::abort();
  if (!script) return 0;

  ipvsadm::TableModel model;
  for (const auto& line : *script) {
    const auto* ensure = std::get_if<ipvsadm::Ensure>(&line.command);
    const auto* change = ensure ? &ensure->change : std::get_if<ipvs::Change>(&line.command);
    if (!change) continue;
    const auto done = model.apply(*change, line.number, ensure != nullptr);
    if (!done && done.error().code == 0) std::abort();
  }
  const auto result = model.result();
  if (result.lines.size() != result.table.services.size()) std::abort();
  for (std::size_t i = 0; i < result.lines.size(); ++i)
    if (result.lines[i].service == 0 || result.lines[i].dests.size() != result.table.services[i].dests.size())
      std::abort();
  return 0;
}
