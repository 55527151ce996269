// SPDX-License-Identifier: LGPL-2.1-or-later
// What all headers of the C++ interface need: the language, and the rule by which its binary interface lives.
//
// Everything is in an inline namespace, ipvs::v1, which is part of each symbol's name, and in libipvs++.so.1. Within v1
//
//   - no function, type, member or enumerator goes, moves or changes its meaning; new ones come behind the others;
//   - a structure grows into its `reserve` only: its size and the places of its members stay. What is taken from there
//     has no constructor, and 0 means what programs meant that did not know it;
//   - a structure without a reserve never grows; ipvs::Change gets more alternatives, none larger than the largest is.
//
// What cannot be done so begins ipvs::v2 in libipvs++.so.2. Programs that were built for v1 go on with the library they
// have; both may be in one process, even in one program, and a mixture does not link.
#pragma once

#if !defined(__cplusplus)
#error "the headers of ipvs/ are C++; <libipvs.h> is the interface for C"
#elif __cplusplus <= 202002L
#error "the C++ interface of libipvs needs C++23: compile with -std=c++23, or use the C interface, <libipvs.h>"
#endif

#include <version>

#ifndef __cpp_lib_expected
#error "the C++ interface of libipvs needs std::expected: g++ 12, clang 19 or newer"
#endif

#include <array>
#include <cstdint>

namespace ipvs::inline v1 {

/// Room for members of later releases; leave it zero.
struct Reserve {
  std::array<std::uint64_t, 4> words{};

  friend bool operator==(const Reserve&, const Reserve&) = default;
};

}  // namespace ipvs::inline v1
