// SPDX-License-Identifier: GPL-2.0-or-later
// A command line, one word a line of the input. What is read as a service or server is saved, and must then
// be read as the same again.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/words.hh"
#include "fake_names.hh"
#include "grammar/parse.hh"
#include "grammar/script.hh"
#include "show/save.hh"

namespace {

using Words = std::vector<std::string>;

std::optional<ipvs::Change> read(Words words) {
  FakeNames names;
  words.insert(words.begin(), "prog");
  const auto command = ipvsadm::parse(words, names);
  if (!command && (command.error().text.empty() || command.error().exit_code == 0)) std::abort();
  if (!command || !std::holds_alternative<ipvs::Change>(*command)) return {};
  return std::get<ipvs::Change>(*command);
}

/// A restore file has no quotes: names that would need them cannot be in the kernel either.
bool is_plain(const std::string& name) {
  return name != "ipvsadm" && !name.starts_with('-') && name.find_first_of(" \t\r\n#") == std::string::npos;
}

/// The line that would save what the change adds; nothing if it adds none, or could not be saved as it is.
std::optional<std::string> saved(const ipvs::Change& change) {
  if (const auto* add = change.as<ipvs::change::AddDest>()) return ipvsadm::save_dest(add->service, add->dest, nullptr);
  if (const auto* edit = change.as<ipvs::change::EditDest>())
    return ipvsadm::save_dest(edit->service, edit->dest, nullptr);
  const ipvs::Service* service = nullptr;
  if (const auto* add = change.as<ipvs::change::AddService>()) service = &add->service;
  if (const auto* edit = change.as<ipvs::change::EditService>()) service = &edit->service;
  if (!service || service->scheduler.empty() || !is_plain(service->scheduler) || !is_plain(service->pe))
    return {};
  return ipvsadm::save_service(*service, nullptr);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  Words words;
  while (!text.empty()) words.emplace_back(ipvsadm::take_line(text));
  // The operating system cannot hand over a zero byte either.
  for (const auto& word : words)
    if (word.find('\0') != std::string::npos) return 0;

  const auto change = read(words);
  const auto line = change ? saved(*change) : std::nullopt;
  if (!line) return 0;
  const auto again = read(ipvsadm::split_words(*line));
  if (!again || saved(*again) != line) std::abort();
  return 0;
}
