# SPDX-License-Identifier: GPL-2.0-or-later
# Two files of RESULT, ENTRY and MEMORY lines, the kernel's own module first and ours second, to tables in Markdown.
# The smallest value of several rounds counts; nanoseconds come with the median, because the machine has other work.
BEGIN {
  many = split("generator forward nft-fwd beside dr-100 nat-100 reply-100 tun-100 dr-60k dr-1m dr-60k-new dr-1m-new wlc-10 wlc-100 wlc-10000 " \
    "fast-beside fast-dr-100 fast-nat-100 fast-reply-100 fast-tun-100", order)
  text["generator"] = "source and sink alone"
  text["forward"] = "plain IPv4 forwarding, no IPVS"
  text["nft-fwd"] = "nftables `fwd` at ingress: the floor"
  text["beside"] = "plain forwarding beside a virtual service"
  text["dr-100"] = "DR, 100 flows"
  text["nat-100"] = "NAT, 100 flows"
  text["reply-100"] = "NAT, replies of 100 flows"
  text["tun-100"] = "TUN, 100 flows"
  text["dr-60k"] = "DR, 60,000 flows"
  text["dr-1m"] = "DR, 1,020,000 flows"
  text["dr-60k-new"] = "DR, a new connection a packet, to 60,000"
  text["dr-1m-new"] = "DR, a new connection a packet, to 1,020,000"
  text["wlc-10"] = "NAT, new connections to 10 servers by wlc"
  text["wlc-100"] = "NAT, new connections to 100 servers by wlc"
  text["wlc-10000"] = "NAT, new connections to 10,000 servers by wlc"
  # beside the kernel's own, which has no other way
  text["fast-beside"] = "fast path: plain forwarding beside a virtual service"
  text["fast-dr-100"] = "fast path: DR, 100 flows"
  text["fast-nat-100"] = "fast path: NAT, 100 flows"
  text["fast-reply-100"] = "fast path: NAT, replies of 100 flows"
  text["fast-tun-100"] = "fast path: TUN, 100 flows"
  budget["fast-dr-100"] = 1450
  budget["fast-nat-100"] = 1500
  budget["fast-reply-100"] = 1500
  budget["fast-tun-100"] = 1550
  budget["dr-100"] = 3050
  budget["nat-100"] = 3250
  budget["tun-100"] = 3500
  budget["dr-60k-new"] = 4150
}
FNR == 1 { file++ }
$1 == "RESULT" {
  key = file SUBSEP $2
  # values sorted as they come
  i = ++n[key]
  while (i > 1 && value[key, i - 1] > $3) {
    value[key, i] = value[key, i - 1]
    i--
  }
  value[key, i] = $3
  if ($4 < $5) text[$2] = text[$2] " (" $5 - $4 " packets lost: not comparable)"
}
$1 == "ENTRY" {
  entry[file, $2] = $3
  entries[file, $2] = $4
}
$1 == "PACKETS" { packets[$2] = 1 }
$1 == "MEMORY" { memory[file, $2] = $3 }

# What a scenario of ours stands beside.
function peer(s) {
  sub(/^fast-/, "", s)
  return s
}
function least(f, s) { return value[f, s, 1] }
function median(f, s) { return value[f, s, int((n[f, s] + 1) / 2)] }
function thousands(x,  s) {
  s = sprintf("%d", x)
  while (match(s, /[0-9][0-9][0-9][0-9](,|$)/)) s = substr(s, 1, RSTART) "," substr(s, RSTART + 1)
  return s
}
function ratio(a, b) { return b ? sprintf("%.2f", a / b) : "" }
function verdict(s, cost) {
  if (!(s in budget) || kernel !~ /^6\.12\./) return ""
  return thousands(budget[s]) (cost <= budget[s] ? "" : ", missed by " thousands(cost - budget[s]))
}
function icount_row(s,  a, b) {
  a = least(1, peer(s)) - least(1, "generator")
  b = least(2, s) - least(2, "generator")
  printf "| %s | %s | %s | %s | %s | %s | %s |\n", text[s], thousands(least(1, peer(s))), thousands(least(2, s)),
    thousands(a), thousands(b), ratio(b, a), verdict(s, b)
}
function uml_row(s) {
  printf "| %s | %s | %s | %s | %s | %s |\n", text[s], thousands(least(1, s)), thousands(least(2, s)),
    thousands(median(1, s)), thousands(median(2, s)), ratio(least(2, s), least(1, s))
}
function memory_rows(label, connections,  f) {
  for (f = 1; f <= 2; f++)
    if ((f, label) in memory)
      printf "| %s | %s | %s | %s | %s |\n", connections, f == 1 ? "in-tree" : "ours", entry[f, label],
        entries[f, label], memory[f, label]
}
END {
  if (what == "icount") {
    print "### Instructions per packet, " kernel "\n"
    print "| scenario | in-tree | ours | in-tree above source and sink | ours above source and sink | ours / in-tree | budget |"
    print "|---|---|---|---|---|---|---|"
  } else {
    print "### Nanoseconds per packet, user-mode Linux " kernel "\n"
    print "| scenario | in-tree, least | ours, least | in-tree, median | ours, median | ours / in-tree |"
    print "|---|---|---|---|---|---|"
  }
  for (i = 1; i <= many; i++) {
    s = order[i]
    if (!n[1, peer(s)] || !n[2, s]) continue
    if (what == "icount") icount_row(s)
    else uml_row(s)
  }
  if ("shared" in packets) {
    print "\npktgen of this kernel keeps a reference to each packet: those that go through IP are cloned and copied, some 1,100"
    print "instructions that no device's packet costs."
  }
  if (n[1, "dr-1m"])
    printf "\nA million flows cost a packet %s times what a hundred do in-tree, %s times with ours.\n",
      ratio(least(1, "dr-1m"), least(1, "dr-100")), ratio(least(2, "dr-1m"), least(2, "dr-100"))
  print "\n### Bytes per connection (DR over IPv4), " kernel "\n"
  print "| connections | | entry | slabs of the entries | all memory |"
  print "|---|---|---|---|---|"
  memory_rows("60k", "60,000")
  memory_rows("1m", "1,020,000")
  print ""
}
