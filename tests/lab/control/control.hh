// SPDX-License-Identifier: GPL-2.0-or-later
// A program of the lab: drives the kernel's control interfaces through libipvs, or past it.
#pragma once

#include <ipvs/client.hh>

#include <span>
#include <string>

namespace control {

using Words = std::span<const std::string>;

/// Each is one command of the program; returns its exit code. Some go past the library.
int dump(ipvs::Client& client, Words words);
int replace(ipvs::Client& client, Words words);
int connections(ipvs::Client& client, Words words);
int edit_weights(ipvs::Client& client, Words words);
int options(Words words);
int daemon(Words words);
int latency(Words words);
int interrupt(Words words);
int oversize(Words words);
int write_through(Words words);
int fuzz_netlink(Words words);
int fuzz_options(Words words);

/// The word's value as a number; ends the program if it is none.
unsigned long number(const std::string& word);
[[noreturn]] void fail(const std::string& text);

}  // namespace control
