# SPDX-License-Identifier: GPL-2.0-or-later
# runs-on: ours
# lane: long
# timeout: 900
# A backup joins a master that has 200,000 connections: it has them all within half a minute, and packets hardly notice.
topology 1
modprobe -a ip_vs pktgen
serve 1 53
second_director
n=$(fewer 200000)
for ns in d b; do
  at $ns ipvsadm --set 0 0 3600
  at $ns ipvsadm -A -u $VIP:80 -s rr
  at $ns ipvsadm -a -u $VIP:80 -r 10.2.1.102:80 -g
done
ip -n d route add blackhole 10.2.1.96/28
pool -u rr -m 1 53
# 16 ports of ever new addresses
pktgen "$n" "dst $VIP" 'src_min 11.0.0.1' 'src_max 11.255.0.0' 'udp_src_min 1024' 'udp_src_max 1040' 'udp_dst_min 80' 'udp_dst_max 80'
made=$(status Conns)
echo "# $made connections"
check "as many as there were packets" [ "$made" -gt $((n * 9 / 10)) ]
vs --start-daemon master --mcast-interface y0

# A packet is worked on before any process is: client and server do not wait for processes either.
measure() { chrt -f 1 ip netns exec c control latency $VIP 53 $((5 * slow)) $((2000 * slow)); }
p99() { echo "$1" | sed 's/.* p99 \([0-9]*\) .*/\1/'; }
for pid in $(pidof peer); do chrt -f -p 1 "$pid"; done
without=$(measure)
echo "# before:    $without"
has "before: no packet is lost" "$without" " lost 0 "
now() { sed 's/\..*//' /proc/uptime; }
b ipvsadm --start-daemon backup --mcast-interface y1
begun=$(now)
wait_until 10 says b 'backup records' -gt 0
with=$(measure)
had=$(status Conns b)
echo "# meanwhile: $with"
has "meanwhile: no packet is lost" "$with" " lost 0 "
check "it was still on its way, or $n are too few" [ "$had" -lt "$made" ]
eventually "the backup has the whole table" 120 says b 'backup tables' -eq 1
took=$(($(now) - begun))
echo "# it took $took s, $(key b 'backup records') records"
check "within half a minute" [ $took -le $((30 * slow)) ]
check "none is missing" [ "$(status Conns b)" -ge "$made" ]
is "no message was lost" "$(key d 'master messages dropped queue') $(key d 'master messages dropped send')" "0 0"
# Where instructions are not counted, guests have processors of their own only on machines with more of them.
check "99 of 100 answers come in at most twice the time" \
  [ "$(p99 "$with")" -le $(($(p99 "$without") * 2 + (${counted:-0} ? 0 : 1000 * slow))) ]

vs --stop-daemon master
b ipvsadm --stop-daemon backup
for ns in d b; do at $ns ipvsadm -C; done
