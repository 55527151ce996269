// SPDX-License-Identifier: GPL-2.0-or-later
// Writes JSON, one value after another, without ever holding the whole.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace ipvsadm {

/// Calls nest as the document does; what is missing of commas and colons is put in. Bytes that are no UTF-8
/// become U+FFFD, so that the text is always valid.
class JsonWriter {
 public:
  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }

  JsonWriter& key(std::string_view name);
  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(bool truth);
  template <std::integral T>
  JsonWriter& value(T number) {
    comma();
    text_ += std::to_string(number);
    return *this;
  }
  JsonWriter& null();
  template <typename T>
  JsonWriter& member(std::string_view name, const T& content) {
    return key(name).value(content);
  }

  /// What has been written since the last call.
  std::string take();

 private:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  void comma();
  void quote(std::string_view text);

  std::string text_;
  bool first_ = true;  ///< nothing stands before in the innermost object or array, or a key does
};

}  // namespace ipvsadm
