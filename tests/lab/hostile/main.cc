// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstdio>
#include <cstdlib>
#include <string>

#include "hostile.hh"

int main(int argc, char** argv) {
  const std::string command = argc > 1 ? argv[1] : "";
  if ((command == "send" || command == "wire") && argc == 4)
    return hostile::send_packets(std::strtoul(argv[2], nullptr, 0), std::strtoul(argv[3], nullptr, 0), command == "wire");
  if (command == "stir" && argc == 3) return hostile::stir(std::strtoul(argv[2], nullptr, 0));
  std::fputs(
      "usage: hostile send COUNT SEED   packets from the lab's namespaces c, s1 and d into the director d\n"
      "       hostile wire COUNT SEED   the same without those from d\n"
      "       hostile stir SEED         changes of this namespace's configuration until SIGTERM, which undoes them\n",
      stderr);
  return 2;
}
