# SPDX-License-Identifier: GPL-2.0-or-later
# Joins symbols (first file: address, name, module) and blocks (second: address, instructions, runs), both sorted,
# to lines of instructions and calls a packet, by function.
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
  instructions[f] += $2 * $3
  total += $2 * $3
  if (s && address[s] == $1) calls[f] += $3
}
END {
  for (f in instructions)
    if (number(instructions[f]) >= 0.5)
      printf "%8.1f %7.2f  %s\n", number(instructions[f]), number(calls[f]), f | "sort -rn"
  close("sort -rn")
  printf "%8.1f          all\n", number(total)
}
