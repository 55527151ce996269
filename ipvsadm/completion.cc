// SPDX-License-Identifier: GPL-2.0-or-later
// Prints the tables of the bash completion, when everything is built.
#include <cstdio>

#include "show/completion.hh"

int main() {
  const bool is_written = std::fputs(ipvsadm::completion_tables().c_str(), stdout) >= 0;
  return is_written && std::fclose(stdout) == 0 ? 0 : 1;
}
