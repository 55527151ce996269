// SPDX-License-Identifier: GPL-2.0-or-later
// Refusals in words.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "ipvs/change.hh"
#include "ipvs/error.hh"
#include "ipvs/types.hh"

namespace ipvsadm {

/// Where in a script something went wrong.
struct Place {
  unsigned line = 0;  ///< 0: in no script
  std::string text;   ///< of the line
};

/// "TCP 192.0.2.1:80", "FWM 3 IPv6"; always as numbers.
std::string object_text(const ipvs::ServiceKey& key);
/// What a change is about: a service, a service and its server, a daemon; empty for everything.
std::string object_text(const ipvs::Change& change);

/// What can be behind the refusal, judged by the change and the errno alone.
std::optional<std::string> usual_cause(const ipvs::Change& change, const ipvs::Error& error);
/// What is behind it in view of the services there are: "... is a real server of TCP 192.0.2.1:80".
std::optional<std::string> cause_in(std::span<const ipvs::ServiceWithDests> table,
                                    const ipvs::ServiceKey& key);
std::optional<std::string> cause_in(std::span<const ipvs::ServiceWithDests> table, const ipvs::Change& change,
                                    const ipvs::Error& error);

/// A message, each line of it with "line N: " in front, the first one followed by the text of the line.
std::string placed(const std::string& message, const Place& place);
/// The line that has always been printed; then, as far as there is something to say, the object with the
/// kernel's own words, and a hint.
std::string error_text(const ipvs::Error& error, const std::string& object,
                       const std::optional<std::string>& hint);
/// What the kernel says of something that it has done.
std::string remark_text(const std::string& object, const std::string& words);

}  // namespace ipvsadm
