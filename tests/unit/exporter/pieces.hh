// SPDX-License-Identifier: GPL-2.0-or-later
// What comes in pieces.
#pragma once

#include <string>

#include "exporter/server.hh"

/// All of it, and in how many pieces it came.
inline std::string whole(exporter::Source& source, int* pieces = nullptr) {
  std::string text;
  for (bool goes_on = true; goes_on;) {
    std::string piece;
    goes_on = source.next(piece);
    text += piece;
    if (pieces) ++*pieces;
  }
  return text;
}
