// SPDX-License-Identifier: GPL-2.0-or-later
// Chance that a seed repeats.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>

namespace lab {

class Dice {
 public:
  explicit Dice(unsigned long seed) : engine_(seed) {}

  unsigned below(unsigned limit) { return static_cast<unsigned>(engine_() % limit); }
  bool one_in(unsigned n) { return below(n) == 0; }
  template <typename T, std::size_t Size>
  const T& of(const T (&pool)[Size]) {
    return pool[below(Size)];
  }
  std::uint64_t bits() { return engine_(); }
  /// Any number, but mostly one at an edge of something.
  std::uint32_t number() {
    static constexpr std::uint32_t kEdges[] = {0,          1,          2,          3,          5,         100,
                                               127,        128,        255,        0xffff,     0x10000,   8589934,
                                               8589935,    0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff};
    return one_in(4) ? static_cast<std::uint32_t>(bits()) : of(kEdges);
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace lab
