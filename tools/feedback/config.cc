// SPDX-License-Identifier: GPL-2.0-or-later
#include "feedback/config.hh"

#include <algorithm>
#include <charconv>
#include <functional>

#include "base/format.hh"
#include "base/titles.hh"
#include "base/words.hh"

namespace feedback {
namespace {

using ipvsadm::formatted;
using ipvsadm::shown;
using namespace std::chrono_literals;

constexpr std::string_view kBlanks = " \t";
/// As the kernel's tools have it.
constexpr int kMostWeight = 65535;
constexpr Milliseconds kShortest = 100ms, kLongest = 1h;

/// Why a value is none; empty: it is one.
using Complaint = std::string;

template <typename List, typename Value, typename Of = std::identity>
bool has(const List& list, const Value& value, Of of = {}) {
  return std::ranges::find(list, value, of) != std::ranges::end(list);
}

std::string_view trimmed(std::string_view text) { return ipvsadm::trimmed(text, " \t\r"); }

/// Not with an exponent, nor nan or inf.
std::optional<double> decimal(std::string_view word) {
  double number = 0;
  const char* const last = word.data() + word.size();
  const auto [end, error] = std::from_chars(word.data(), last, number, std::chars_format::fixed);
  if (word.empty() || error != std::errc() || end != last || !(number >= 0) || number > 1e9) return {};
  return number;
}

std::optional<Milliseconds> duration(std::string_view word) {
  const auto unit_at = word.find_first_not_of("0123456789.");
  if (unit_at == word.npos) return {};
  const auto number = decimal(word.substr(0, unit_at));
  const std::string_view unit = word.substr(unit_at);
  const double factor = unit == "ms" ? 1 : unit == "s" ? 1000 : unit == "m" ? 60'000 : unit == "h" ? 3'600'000 : 0;
  if (!number || factor == 0) return {};
  const double value = *number * factor;
  if (value < static_cast<double>(kShortest.count()) || value > static_cast<double>(kLongest.count())) return {};
  return Milliseconds(static_cast<Milliseconds::rep>(value));
}

Complaint read_duration(std::string_view value, Milliseconds& into) {
  const auto read = duration(value);
  if (!read) return formatted("\"{}\" is no time of 100ms to 1h; such as 500ms, 2s, 1.5m", shown(value));
  into = *read;
  return {};
}

Complaint read_percent(std::string_view value, double least, double most, double& into) {
  const auto number = value.ends_with('%') ? decimal(value.substr(0, value.size() - 1)) : std::nullopt;
  if (!number || *number < least || *number > most)
    return formatted("\"{}\" is no percentage of {}% to {}%", shown(value), least, most);
  into = *number;
  return {};
}

std::optional<int> weight_of(std::string_view word, int least) {
  const auto number = ipvsadm::whole_number<int>(word);
  return number && *number >= least && *number <= kMostWeight ? number : std::nullopt;
}

constexpr auto kNoComment = "a comment has a line of its own; a word with # at its beginning stands in double quotes";
constexpr auto kNoCommentInText = "a comment has a line of its own; # behind a blank is written \\#";

/// Words with blanks between them; within double quotes blanks are part of a word.
std::expected<std::vector<std::string>, Complaint> words_of(std::string_view text) {
  std::vector<std::string> words;
  bool is_quoted = false, is_word = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    const bool is_blank = kBlanks.contains(c);
    if (is_blank && !is_quoted) {
      is_word = false;
      continue;
    }
    if (!is_word && c == '#') return std::unexpected(kNoComment);
    if (!is_word) words.emplace_back();
    is_word = true;
    if (c == '"') {
      is_quoted = !is_quoted;
      continue;
    }
    if (c == '\\') {
      if (++i == text.size()) return std::unexpected("a backslash with nothing behind it");
      c = text[i];
      if (c != '\\' && c != '"') return std::unexpected("in a word only \\\\ and \\\" stand behind a backslash");
    }
    words.back() += c;
  }
  if (is_quoted) return std::unexpected("a quotation mark without a second one");
  return words;
}

std::expected<std::string, Complaint> unescaped(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      if (text[i] == '#' && (i == 0 || kBlanks.contains(text[i - 1]))) return std::unexpected(kNoCommentInText);
      result += text[i];
      continue;
    }
    const char c = ++i < text.size() ? text[i] : '\0';
    const auto at = std::string_view("nrts\\#").find(c);
    if (at == std::string_view::npos) return std::unexpected("behind a backslash stands n, r, t, s, # or a backslash");
    result += "\n\r\t \\#"[at];
  }
  return result;
}

std::optional<Place> place_of(std::string_view word) {
  Place place;
  if (const auto port = ipvsadm::whole_number<std::uint16_t>(word)) {
    place.port = *port;
  } else {
    const auto server = ipvsadm::server_titled(word, 0);
    if (!server) return {};
    place.address = server->addr;
    place.port = server->port;
  }
  return place.port == 0 ? std::nullopt : std::optional(place);
}

constexpr auto kSources =
    "a source is \"agent [ADDRESS:]PORT\", \"http [ADDRESS:]PORT PATH POINTER percent\", "
    "\"http [ADDRESS:]PORT PATH POINTER load TARGET\", \"command PROGRAM [WORD...]\" or \"none\"";

Complaint read_http(const std::vector<std::string>& words, Source& into) {
  if (words.size() < 5) return kSources;
  const auto place = place_of(words[1]);
  if (!place) return formatted("\"{}\" is no port, nor a numeric address with one", shown(words[1]));
  HttpSource http{.place = *place, .path = words[2], .pointer = words[3], .scale = {}};
  // It becomes a line of the request.
  if (!http.path.starts_with('/') || std::ranges::any_of(http.path, [](char c) { return c <= ' ' || c > '~'; }))
    return formatted("\"{}\" is no path: it begins with a slash, and has no blanks", shown(http.path));
  if (!is_pointer(http.pointer))
    return formatted("\"{}\" is no JSON pointer, such as /cpu/busy; for the whole document it is \"\"", shown(http.pointer));
  if (words[4] == "load" && words.size() == 6) {
    http.scale.target = decimal(words[5]);
    if (!http.scale.target || *http.scale.target <= 0)
      return formatted("\"{}\" is no load to aim at: a number above 0", shown(words[5]));
  } else if (words[4] != "percent" || words.size() != 5) {
    return kSources;
  }
  into = std::move(http);
  return {};
}

Complaint read_source(std::string_view value, Source& into) {
  const auto words = words_of(value);
  if (!words) return words.error();
  const std::string kind = words->empty() ? "" : words->front();
  if (kind == "none" && words->size() == 1) {
    into = NoSource{};
  } else if (kind == "agent" && words->size() == 2) {
    const auto place = place_of((*words)[1]);
    if (!place) return formatted("\"{}\" is no port, nor a numeric address with one", shown((*words)[1]));
    into = AgentSource{*place};
  } else if (kind == "http") {
    return read_http(*words, into);
  } else if (kind == "command" && words->size() >= 2) {
    // Without a shell there is nobody who would look for it.
    if (!(*words)[1].starts_with('/')) return formatted("\"{}\" is no path from / on", shown((*words)[1]));
    into = CommandSource{{words->begin() + 1, words->end()}};
  } else {
    return kSources;
  }
  return {};
}

struct Key {
  const char* name;
  std::function<Complaint(std::string_view value, Settings& into)> read;
};

const std::vector<Key>& keys() {
  static const std::vector<Key> all = {
      {"source", [](auto value, auto& into) { return read_source(value, into.source); }},
      {"agent-send",
       [](auto value, auto& into) -> Complaint {
         auto text = unescaped(value);
         if (!text) return text.error();
         into.agent_send = std::move(*text);
         return {};
       }},
      {"weight",
       [](auto value, auto& into) -> Complaint {
         into.weight = weight_of(value, 1);
         return into.weight ? "" : formatted("\"{}\" is no weight of 1 to {}", shown(value), kMostWeight);
       }},
      {"minimum",
       [](auto value, auto& into) -> Complaint {
         const auto number = weight_of(value, 0);
         if (!number) return formatted("\"{}\" is no weight of 0 to {}", shown(value), kMostWeight);
         into.minimum = *number;
         return {};
       }},
      {"maximum", [](auto value, auto& into) { return read_percent(value, 1, 1000, into.maximum); }},
      {"rise", [](auto value, auto& into) { return read_percent(value, 0.1, 1000, into.rise); }},
      {"fall", [](auto value, auto& into) { return read_percent(value, 0.1, 1000, into.fall); }},
      {"hysteresis", [](auto value, auto& into) { return read_percent(value, 0, 50, into.hysteresis); }},
      {"interval", [](auto value, auto& into) { return read_duration(value, into.interval); }},
      {"timeout", [](auto value, auto& into) { return read_duration(value, into.timeout); }},
      {"silence", [](auto value, auto& into) { return read_duration(value, into.silence); }},
      {"down",
       [](auto value, auto& into) -> Complaint {
         if (value != "minimum" && value != "0") return formatted("\"{}\" is not \"minimum\" or \"0\"", shown(value));
         into.is_down_zero = value == "0";
         return {};
       }},
  };
  return all;
}

constexpr auto kAllDown = "all-down";

Complaint read_all_down(std::string_view value, bool& into) {
  if (value != "minimum" && value != "0") return formatted("\"{}\" is not \"minimum\" or \"0\"", shown(value));
  into = value == "0";
  return {};
}

std::string names_of_keys() {
  std::string names;
  for (const Key& each : keys()) names += std::string(each.name) + ", ";
  return names + kAllDown;
}

/// What a section says, in its order; carried out when all that it inherits is known.
struct Line {
  std::size_t number;
  std::string_view name, value;
};
struct Section {
  std::size_t number = 0;
  std::vector<Line> lines = {};
};
struct ServiceSection : Section {
  ipvs::ServiceKey key;
  std::vector<std::pair<ipvs::DestKey, Section>> servers = {};
};

class Reader {
 public:
  std::expected<Config, ConfigError> read(std::string_view text) {
    std::size_t number = 0;
    while (!text.empty()) {
      ++number;
      const std::string_view line = trimmed(ipvsadm::take_line(text));
      if (line.empty() || line.starts_with('#')) continue;
      const Complaint wrong = line.starts_with('[') ? begin_section(number, line) : add(number, line);
      if (!wrong.empty()) return std::unexpected(ConfigError{number, wrong});
    }
    if (services_.empty())
      return std::unexpected(ConfigError{0, "there is no service in it, such as [service tcp 192.0.2.10:443]"});
    return made();
  }

 private:
  Complaint begin_section(std::size_t number, std::string_view line) {
    if (!line.ends_with(']')) return "a section begins with [ and ends with ]";
    line = line.substr(1, line.size() - 2);
    const std::string_view kind = ipvsadm::take_word(line, kBlanks), name = trimmed(line);
    if (kind == "service") {
      const auto key = ipvsadm::service_titled(name);
      if (!key)
        return formatted("\"{}\" is no service: tcp, udp or sctp ADDRESS:PORT, or fwmark N [ipv4|ipv6]; numeric", shown(name));
      if (has(services_, *key, &ServiceSection::key))
        return ipvsadm::title_of(*key) + " has a section already";
      services_.push_back({{.number = number}, *key, {}});
      section_ = &services_.back();
      return {};
    }
    if (kind != "server") return formatted("\"{}\" is no section: they are [service ...] and [server ...]", shown(kind));
    if (services_.empty()) return "a server's section stands behind that of its service";
    ServiceSection& service = services_.back();
    const auto key = ipvsadm::server_titled(name, service.key.port);
    if (!key) return formatted("\"{}\" is no server: ADDRESS:PORT, numeric", shown(name));
    if (has(service.servers, *key, &std::pair<ipvs::DestKey, Section>::first))
      return formatted("{} of {} has a section already", ipvsadm::title_of(*key), ipvsadm::title_of(service.key));
    service.servers.push_back({*key, {.number = number}});
    section_ = &service.servers.back().second;
    return {};
  }

  Complaint add(std::size_t number, std::string_view line) {
    const std::size_t equals = line.find('=');
    if (equals == line.npos) return "neither a section nor a line NAME = VALUE";
    const std::string_view name = trimmed(line.substr(0, equals)), value = trimmed(line.substr(equals + 1));
    if (name != kAllDown && !has(keys(), name, &Key::name))
      return formatted("\"{}\" is no setting: {}", shown(name), names_of_keys());
    if (has(section_->lines, name, &Line::name)) return formatted("{} is set already in this section", name);
    if (name == kAllDown && !services_.empty() && section_ != &services_.back())
      return formatted("{} belongs to a service, not to a server", kAllDown);
    section_->lines.push_back({number, name, value});
    return {};
  }

  static std::optional<ConfigError> carry_out(const Section& section, Settings& into, bool& may_all_be_zero) {
    for (const Line& each : section.lines) {
      Complaint wrong;
      if (each.name == kAllDown)
        wrong = read_all_down(each.value, may_all_be_zero);
      else
        wrong = std::ranges::find(keys(), each.name, &Key::name)->read(each.value, into);
      if (!wrong.empty()) return ConfigError{each.number, formatted("{}: {}", each.name, wrong)};
    }
    // Which only the whole of them shows.
    if (into.timeout > into.interval)
      return ConfigError{section.number, "timeout must not be longer than interval: a server has one question at a time"};
    if (into.silence < into.interval + into.timeout)
      return ConfigError{section.number, "silence must be at least interval and timeout together, or each server would be silent"};
    if (into.weight && *into.weight < into.minimum)
      return ConfigError{section.number, formatted("minimum ({}) must not be above weight ({})", into.minimum, *into.weight)};
    return {};
  }

  std::expected<Config, ConfigError> made() const {
    Config config;
    Settings all;
    bool may_all_be_zero = false;
    if (const auto wrong = carry_out(top_, all, may_all_be_zero)) return std::unexpected(*wrong);
    for (const ServiceSection& each : services_) {
      ServiceConfig service{.key = each.key, .normal = all, .servers = {}, .may_all_be_zero = may_all_be_zero};
      if (const auto wrong = carry_out(each, service.normal, service.may_all_be_zero)) return std::unexpected(*wrong);
      bool has_source = !std::holds_alternative<NoSource>(service.normal.source);
      for (const auto& [key, section] : each.servers) {
        Settings server = service.normal;
        bool ignored = false;
        if (const auto wrong = carry_out(section, server, ignored)) return std::unexpected(*wrong);
        has_source = has_source || !std::holds_alternative<NoSource>(server.source);
        service.servers.emplace(key, std::move(server));
      }
      if (!has_source)
        return std::unexpected(ConfigError{
            each.number, formatted("{}: nobody is asked, neither it nor a server of it has a source", ipvsadm::title_of(each.key))});
      config.services.push_back(std::move(service));
    }
    return config;
  }

  Section top_;
  std::vector<ServiceSection> services_;
  Section* section_ = &top_;
};

}  // namespace

std::string ConfigError::message(const std::string& file) const {
  return line == 0 ? formatted("{}: {}", file, text) : formatted("{}:{}: {}", file, line, text);
}

std::expected<Config, ConfigError> read_config(std::string_view text) { return Reader().read(text); }

}  // namespace feedback
