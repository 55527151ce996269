# SPDX-License-Identifier: GPL-2.0-or-later
# runs-on: ours
# lane: long
# timeout: 1500
# A million connections, and servers that leave and come back all the time with expire_nodest_conn=1: one process at most
# looks through them, they end as fast as servers leave, and packets hardly notice.
topology 2
modprobe -a ip_vs pktgen
serve 2 53
n=$(fewer 1000000)
vs --set 0 0 3600
vs_sysctl expire_nodest_conn 1
vs -A -u $VIP:80 -s rr
for i in 1 2 3 4 5 6 7 8; do vs -a -u $VIP:80 -r 10.2.1.$((i + 100)):80 -g; done
ip -n d route add blackhole 10.2.1.96/28
pool -u rr -m 1 53
pktgen "$n" "dst $VIP" 'src_min 11.0.0.1' 'src_max 11.255.0.0' 'udp_src_min 1024' 'udp_src_max 1040' \
  'udp_dst_min 80' 'udp_dst_max 80'
made=$(status Conns)
echo "# $made connections"
check "as many as there were packets" [ "$made" -gt $((n * 9 / 10)) ]
measure() { c control latency $VIP 53 $((5 * slow)) $((2000 * slow)); }
p99() { echo "$1" | sed 's/.* p99 \([0-9]*\) .*/\1/'; }
without=$(measure)
echo "# servers stay:  $without"
has "servers stay: no packet is lost" "$without" " lost 0 "

# in the time of a measurement a server leaves, and the one before it comes back, twice a second
mkdir -p /tmp/lab
: >/tmp/lab/goes-on
churn() {
  i=0
  while [ -e /tmp/lab/goes-on ]; do
    vs -d -u $VIP:80 -r "10.2.1.$((i % 8 + 101)):80"
    [ $i = 0 ] || vs -a -u $VIP:80 -r "10.2.1.$(((i + 7) % 8 + 101)):80" -g
    i=$((i + 1))
    echo $i >/tmp/lab/turns
    grep -l nodest_worker /proc/[0-9]*/stack 2>/dev/null | wc -l >>/tmp/lab/sweepers
    sleep 0.5
  done
}
churn &
with=$(measure)
rm /tmp/lab/goes-on
wait $!
echo "# servers leave: $with, $(cat /tmp/lab/turns) turns"
has "servers leave: no packet is lost" "$with" " lost 0 "
is "one process at most looks through the table" "$(sort -n /tmp/lab/sweepers | tail -n 1)" 1
# Guests have processors of their own only on machines with more of them: a sweep takes the time from packets there.
check "99 of 100 answers come in at most twice the time" [ "$(p99 "$with")" -le $(($(p99 "$without") * 2 + 1000 * slow)) ]
for i in 1 2 3 4 5 6 7 8; do vs -d -u $VIP:80 -r "10.2.1.$((i + 100)):80" 2>/dev/null; done
none_left() { [ "$(status Conns)" -lt 1000 ]; }
eventually "all connections of servers that have left end" 60 none_left
vs -C
