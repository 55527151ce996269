// SPDX-License-Identifier: GPL-2.0-or-later
#include "show/json_sysctls.hh"

#include "base/json.hh"
#include "base/words.hh"

namespace ipvsadm {
namespace {

void sysctl_value(JsonWriter& json, const Sysctl* known, const std::string& text) {
  if (known && known->is_text)
    json.value(text);
  else if (const auto number = whole_number<std::int64_t>(text))
    json.value(*number);
  else if (const auto big = whole_number<std::uint64_t>(text))
    json.value(*big);
  else
    json.value(text);
}

}  // namespace

std::string json_sysctls(std::span<const SysctlValue> values) {
  JsonWriter json;
  json.begin_object().key("sysctls").begin_array();
  for (const auto& [name, value, normal] : values) {
    const Sysctl* known = find_sysctl(name);
    json.begin_object().member("name", name).key("value");
    sysctl_value(json, known, value);
    json.key("default");
    if (normal)
      sysctl_value(json, known, *normal);
    else
      json.null();
    json.key("meaning");
    if (known)
      json.value(known->meaning);
    else
      json.null();
    json.end_object();
  }
  json.end_array().end_object();
  return json.take() + "\n";
}

}  // namespace ipvsadm
