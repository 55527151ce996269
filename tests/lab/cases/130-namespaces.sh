# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 400
# Namespaces with services and live connections go, and the kernel's memory is back to where it was.
modprobe ip_vs
modprobe ip_vs_rr
modprobe dummy

# Memory in use, in kB, after everything that can be given back has been: objects of all slabs, per-CPU areas and what
# vmalloc has given. It gives areas back when a module comes, if not before.
memory() {
  sync
  echo 3 >/proc/sys/vm/drop_caches
  rmmod dummy
  modprobe dummy
  for f in /sys/kernel/slab/*/shrink; do echo 1 >"$f"; done 2>/dev/null
  awk 'FNR == 1 { file++ } file == 1 && FNR > 2 { n += $2 * $4 / 1024 } /^(Percpu|VmallocUsed):/ { n += $2 } END { print int(n) }' \
    /proc/slabinfo /proc/meminfo
}
cat >/tmp/one.sh <<'X'
# one namespace with a service of each family, a local server and connections
n=$1
ip netns add "n$n"
ip -n "n$n" -batch - <<B
link set lo up
addr add 10.9.9.9/32 dev lo
addr add 10.9.9.10/32 dev lo
addr add fd09::9/128 dev lo nodad
link add dum0 type dummy
addr add 10.8.0.1/24 dev dum0
link set dum0 up
B
at "n$n" sh -c '
  ipvsadm -R <<R
-A -u 10.9.9.9:53 -s rr
-a -u 10.9.9.9:53 -r 10.8.0.2:53 -g
-a -u 10.9.9.9:53 -r 10.9.9.10:53 -m
-A -t 10.9.9.9:80 -s wlc -p 60
-a -t 10.9.9.9:80 -r 10.9.9.10:80 -m
-A -u [fd09::9]:53 -s rr
-a -u [fd09::9]:53 -r [fd09::9]:54 -m
R
  peer ask udp 10.9.9.9 53 6 timeout=1 >/dev/null
  peer ask tcp 10.9.9.9 80 2 timeout=20 >/dev/null
  peer ask udp fd09::9 53 2 timeout=1 >/dev/null
  wc -l </proc/net/ip_vs_conn' >/tmp/conns
X
# The kernel frees those that went together when the next ones go, with or without IPVS: so one more goes. Without
# shrinking, free objects in the caches of CPUs count as used.
namespaces_gone() {
  ip netns add next && ip netns del next
  echo 1 >/sys/kernel/slab/net_namespace/shrink
  [ "$(awk '$1 == "net_namespace" { print $2 }' /proc/slabinfo)" -le 3 ]
}
batch() { # FROM TO
  n=$1
  while [ "$n" -le "$2" ]; do
    sh /tmp/one.sh "$n"
    n=$((n + 1))
  done
  n=$1
  while [ "$n" -le "$2" ]; do ip netns del "n$n"; n=$((n + 1)); done
  # the namespaces are really gone when nothing of them pins the modules any more
  wait_until 60 sh -c '[ "$(awk "\$1 == \"ip_vs_rr\" { print \$3 }" /proc/modules)" = 0 ]' || echo "still in use: $(grep ip_vs /proc/modules)"
  wait_until 60 namespaces_gone || echo "namespaces left: $(grep -E '^(net_namespace|ip_vs)' /proc/slabinfo)"
}
# The first ones fill caches that stay; a leak grows with every batch: more than one kB a namespace is one. Batches are of one
# size, for caches grow with the number that is there at once.
few=$(fewer 50) many=$((4 * $(fewer 50)))
is "$few namespaces come and go" "$(batch 1 $few)" ""
has "there were connections in them" "$(cat /tmp/conns)" "^1?[0-9]$"
first=$(memory)
is "$((many - few)) more" "$(for i in 1 2 3; do batch $((i * few + 1)) $((i * few + few)); done)" ""
last=$(memory)
echo "memory after $few: $first kB, after $many: $last kB"
# the debug kernel keeps books and holds freed memory back; its leak checker says more anyway
[ "$kernel" = debug ] || check "memory is back to where it was ($first kB -> $last kB)" [ $((last - first)) -lt $((100 + many - few)) ]
is "no connection is left" "$(awk '/^ip_vs_conn/ { n += $2 } END { print n + 0 }' /proc/slabinfo)" 0

# one is deleted while its server still works: a namespace under load
topology 1
serve 1 80 53
pool -t rr -m 1
pool -u rr -g 1 53
background load at c sh -c "while :; do peer ask udp $VIP 53 100 timeout=50 parallel; peer ask tcp $VIP 80 20 timeout=200 parallel rst; done"
load=$bg_pid
many_conns() { [ "$(conns | wc -l)" -gt 50 ]; }
eventually "a namespace under load" 10 many_conns
# ... whose packets go on: the counters of what the director receives move between two looks
received() { d awk '$1 == "d0:" { print $3 }' /proc/net/dev; }
was=$(received)
are_more() { [ "$(received)" -gt $((was + 20)) ]; }
eventually "... that goes on" 10 are_more
ip netns del d
eventually "a namespace that forwards packets can go" 20 sh -c '[ "$(awk "\$1 == \"ip_vs_rr\" { print \$3 }" /proc/modules)" = 0 ]'
kill "$load"
