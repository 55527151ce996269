// SPDX-License-Identifier: GPL-2.0-or-later
#include "feedback/answer.hh"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/format.hh"
#include "base/words.hh"

namespace feedback {
namespace {

using ipvsadm::formatted;

/// What a percentage may be; more is a mistake of who says it.
constexpr double kMost = 1000;

bool is_sane(double percent) { return std::isfinite(percent) && percent >= 0; }

/// False: no word of the protocol.
bool take(const std::string& word, Answer& into) {
  if (word == "up") {
    into.is_down = false;
  } else if (word == "down" || word == "fail" || word == "failed" || word == "stopped") {
    into.is_down = true;
  } else if (word == "ready") {
    into.is_drained = false;
  } else if (word == "drain" || word == "maint") {
    into.is_drained = true;
  } else if (word.ends_with('%')) {
    const auto number = ipvsadm::whole_number<std::uint32_t>(std::string_view(word).substr(0, word.size() - 1));
    if (!number || *number > kMost) return false;
    into.percent = *number;
  } else if (word.starts_with("maxconn:")) {
    const auto number = ipvsadm::whole_number<std::uint32_t>(std::string_view(word).substr(8));
    if (!number) return false;
    into.maxconn = *number;
  } else {
    return false;
  }
  return true;
}

}  // namespace

std::expected<Answer, std::string> read_line(std::string_view text) {
  std::string_view line = ipvsadm::take_line(text);
  if (line.size() > kLongestLine) return std::unexpected(formatted("a line longer than {} bytes", kLongestLine));
  line = line.substr(0, line.find('#'));
  Answer answer;
  bool is_empty = true;
  for (;;) {
    const std::string_view word = ipvsadm::take_word(line, " \t\r\v\f,");
    if (word.empty()) break;
    is_empty = false;
    // Nothing of a line that is not understood as a whole: it may be of another protocol.
    if (!take(ipvsadm::lower(word), answer))
      return std::unexpected(formatted("\"{}\" is no word of an agent: N%, up, down, drain, maint, ready, stopped, fail, maxconn:N",
                                       ipvsadm::shown(word)));
  }
  if (is_empty) return std::unexpected("an empty line");
  return answer;
}

std::expected<double, std::string> number_at(std::string_view document, const std::string& pointer) {
  const auto json = nlohmann::json::parse(document, nullptr, false);
  if (json.is_discarded()) return std::unexpected("no JSON");
  try {
    const nlohmann::json::json_pointer path(pointer);
    if (!json.contains(path)) return std::unexpected(formatted("there is no {} in it", pointer));
    const auto& found = json.at(path);
    if (!found.is_number()) return std::unexpected(formatted("{} is no number", pointer));
    return found.get<double>();
  } catch (const nlohmann::json::exception&) {
    // Such as a name where an array has numbers.
    return std::unexpected(formatted("there is no {} in it", pointer));
  }
}

bool is_pointer(std::string_view text) {
  if (!text.empty() && text.front() != '/') return false;
  for (std::size_t at = text.find('~'); at != text.npos; at = text.find('~', at + 1))
    if (at + 1 == text.size() || (text[at + 1] != '0' && text[at + 1] != '1')) return false;
  return true;
}

std::optional<double> Scale::percent_of(double number) const {
  if (!is_sane(number)) return {};
  if (!target) return number <= kMost ? std::optional(number) : std::nullopt;
  // Of a server without load there is no quotient; it may have all it can.
  return std::min(100 * *target / std::max(number, *target / kMost * 100), kMost);
}

}  // namespace feedback
