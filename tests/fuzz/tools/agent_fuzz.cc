// SPDX-License-Identifier: GPL-2.0-or-later
// What servers say to ipvs-feedback, whole or cut anywhere, and the files that it reads.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>

#include "feedback/answer.hh"
#include "feedback/config.hh"
#include "feedback/http.hh"
#include "feedback/state.hh"

namespace {

void check(bool is_so) {
  if (!is_so) std::abort();
}

void check_line(std::string_view bytes) {
  const auto answer = feedback::read_line(bytes);
  if (!answer) return check(!answer.error().empty());
  check(!answer->percent || (*answer->percent >= 0 && *answer->percent <= 1000));
  // What comes behind the first line does not count.
  const std::string more = std::string(bytes.substr(0, bytes.find('\n'))) + "\ndown 1% rubbish\n";
  check(feedback::read_line(more) == answer);
}

void check_http(std::string_view bytes) {
  const auto whole = feedback::http_body(bytes, false);
  if (!whole) return check(!whole.error().empty());
  // Not before its last byte, and no complaint before.
  bool has_come = false;
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    const auto part = feedback::http_body(bytes.substr(0, cut), false);
    check(part.has_value());
    check(!has_come || *part == *whole);
    has_come = part->has_value();
  }
  check(!has_come || whole->has_value());
  const auto ended = feedback::http_body(bytes, true);
  check(!ended || ended->has_value());
}

void check_number(std::string_view bytes) {
  const auto end = bytes.find('\n');
  const std::string pointer(bytes.substr(0, end));
  if (end == bytes.npos || !feedback::is_pointer(pointer)) return;
  const auto number = feedback::number_at(bytes.substr(end + 1), pointer);
  if (!number) return check(!number.error().empty());
  for (const auto target : {std::optional<double>(), std::optional(0.5), std::optional(1e9)}) {
    const auto percent = feedback::Scale{target}.percent_of(*number);
    check(!percent || (std::isfinite(*percent) && *percent >= 0 && *percent <= 1000));
  }
}

void check_settings(const feedback::Settings& settings) {
  check(settings.timeout <= settings.interval && settings.timeout + settings.interval <= settings.silence);
  check(settings.minimum >= 0 && (!settings.weight || *settings.weight >= settings.minimum));
  check(settings.rise > 0 && settings.fall > 0 && settings.hysteresis >= 0 && settings.maximum >= 1);
  if (const auto* command = std::get_if<feedback::CommandSource>(&settings.source)) check(command->words.at(0).starts_with('/'));
  // Nothing that would end the line of the request.
  if (const auto* http = std::get_if<feedback::HttpSource>(&settings.source))
    check(http->path.find_first_of("\r\n ") == std::string::npos && feedback::is_pointer(http->pointer));
}

void check_config(std::string_view bytes) {
  const auto config = feedback::read_config(bytes);
  if (!config) return check(!config.error().message("f").empty());
  check(!config->services.empty());
  for (const auto& service : config->services) {
    check_settings(service.normal);
    for (const auto& [key, settings] : service.servers) check_settings(settings);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0]) {
    case 'l':
      check_line(bytes);
      break;
    case 'h':
      check_http(bytes);
      break;
    case 'j':
      check_number(bytes);
      break;
    case 'c':
      check_config(bytes);
      break;
    case 's': {
      const auto state = feedback::read_state(bytes);
      check(feedback::read_state(feedback::state_text(state)) == state);
      break;
    }
    default:
      break;
  }
  return 0;
}
