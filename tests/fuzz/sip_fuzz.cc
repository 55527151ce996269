// SPDX-License-Identifier: GPL-2.0-or-later
// A message of SIP. What is found lies within it, behind a line's end and a colon, is made of what a Call-ID may be
// made of, and stands before the end of its line; and it does not depend on what comes behind that.
extern "C" {
#include "core/sip.h"
}

#include <stdlib.h>

#include <algorithm>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  // a copy that ends where the input ends
  const std::vector<u8> text(data, data + size);
  unsigned at = 0, again = 0;
  unsigned len = ip_vs_sip_find_call_id(text.data(), text.size(), &at);
  if (!len) return 0;
  if (at + len < len || at + len >= size || at < 3) abort();
  const auto begin = text.begin() + at, end = begin + len;
  if (*end != '\r' && *end != '\n') abort();
  if (std::any_of(begin, end, [](u8 c) { return c <= ' '; }) || std::count(begin, end, '@') > 1) abort();
  if (std::find(text.begin(), begin, ':') == begin) abort();
  const std::vector<u8> less(text.begin(), end + 1);
  if (ip_vs_sip_find_call_id(less.data(), less.size(), &again) != len || again != at) abort();
  return 0;
}
