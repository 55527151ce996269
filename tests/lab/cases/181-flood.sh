# SPDX-License-Identifier: GPL-2.0-or-later
# brief: no
# runs-on: ours
# timeout: 300
# SYNs from random sources: memory stays within conn_max, what exists goes on, and with drop_entry new ones get in.
topology 1
modprobe ip_vs
serve 1 80
# nobody is there to answer the server
ip -n d route add blackhole 198.18.0.0/15
pool -t rr -m 1 80
# a slow kernel sees fewer packets, too
max=$(($(fewer 2000) / slow))
vs_sysctl conn_max $max
conns_now() { d sed -n 's/^Conns:[^0-9]*//p' /proc/net/ip_vs_status; }
slab() { awk '$1 == "ip_vs_conn" { print $3 }' /proc/slabinfo; }

mkfifo /tmp/lab/in
background talk c peer talk $VIP 80 from=/tmp/lab/in timeout=20000
eventually "a client is connected" 20 in_file s1 talk
mac d d0
seconds=6
[ -z "$long" ] || seconds=60
background flood c peer flood seconds=$seconds dev=c0 dmac="$mac" src=198.18.0.0 dst=$VIP dport=80 flags=S
most=0 words=0 lost=0
while kill -0 $bg_pid 2>/dev/null; do
  now=$(conns_now)
  [ "$now" -le $most ] || most=$now
  words=$((words + 1))
  echo "word$words" >/tmp/lab/in
  wait_until 20 in_file "^word$words\$" talk || lost=$((lost + 1))
done
echo "# $(cat /tmp/lab/flood) packets in $seconds s, at most $most connections, $(slab) in slabs, $words words"
check "it was a flood" [ "$(drops conn-max)" -gt 0 ]
check "there were never more connections than allowed" [ "$most" -le $max ]
check "... and they filled what is allowed" [ "$most" -ge $((max * 9 / 10)) ]
check "the memory of connections is bounded" [ "$(slab)" -le $((max + max / 2)) ]
check "words were exchanged" [ $words -gt 0 ]
is "none of them was lost" $lost 0
# half-open connections are the first to go
gets_in() { [ "$(c peer ask tcp $VIP 80 1 rst timeout=5000)" = s1 ]; }
vs_sysctl drop_entry 3
eventually "a new client gets in" 60 gets_in
has "the first one is still connected" "$(conns)" "^TCP 0A010002 .* ESTABLISHED"
