# SPDX-License-Identifier: GPL-2.0-or-later
# Joins symbols (first file: address, name, module) and blocks (second: address, instructions, atomic ones, runs), both
# sorted, to lines of instructions, atomic ones and calls a packet, by function.
function number(x) { return x / packets }
NR == FNR {
  address[NR] = $1
  name[NR] = $2 (NF > 2 ? " " $3 : "")
  symbols = NR
  next
}
{
  while (s < symbols && address[s + 1] "" <= $1 "") s++
  f = $1 "" < "8" || !s ? "(user space)" : name[s]
  instructions[f] += $2 * $4
  atomic[f] += $3 * $4
  total += $2 * $4
  total_atomic += $3 * $4
  if (s && address[s] == $1) calls[f] += $4
}
END {
  print "instructions atomic calls a packet"
  fflush()
  for (f in instructions)
    if (number(instructions[f]) >= 0.5)
      printf "%8.1f %7.2f %7.2f  %s\n", number(instructions[f]), number(atomic[f]), number(calls[f]), f | "sort -rn"
  close("sort -rn")
  printf "%8.1f %7.2f          all\n", number(total), number(total_atomic)
}
