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
# A packet is worked on before any process is: client and server do not wait for processes either.
measure() { chrt -f 1 ip netns exec c control latency $VIP 53 $((5 * slow)) $((2000 * slow)); }
p99() { echo "$1" | sed 's/.* p99 \([0-9]*\) .*/\1/'; }
for pid in $(pidof peer); do chrt -f -p 1 "$pid"; done
without=$(measure)
echo "# servers stay:  $without"
has "servers stay: no packet is lost" "$without" " lost 0 "

# In the time of a measurement a server leaves, and the one before it comes back, when the connections of that have ended:
# it was away for more than the second in which it is awaited.
mkdir -p /tmp/lab
: >/tmp/lab/goes-on
: >/tmp/lab/sweepers
# connections of a server's address and port
held_by() { vs -Ln | awk -v server="$1" '$2 == server { n = $5 + $6 } END { print n + 0 }'; }
# a server that has left is not listed: what it held is missing from what is there
ended() { [ "$(status Conns)" -le $(($1)) ]; }
churn() {
  i=0
  while [ -e /tmp/lab/goes-on ] && [ $i -lt 6 ]; do
    left=10.2.1.$((i + 101))
    rest=$(($(status Conns) - $(held_by $left:80) * 9 / 10))
    before=$(seconds)
    vs -d -u $VIP:80 -r $left:80
    wait_until 30 ended $rest || break
    echo $(($(seconds) - before)) >>/tmp/lab/times
    [ $i = 0 ] || vs -a -u $VIP:80 -r "10.2.1.$((i + 100)):80" -g
    i=$((i + 1))
  done
  echo $i >/tmp/lab/turns
}
# who looks through the table at the moment
watch() { while [ -e /tmp/lab/goes-on ]; do grep -l nodest_worker /proc/[0-9]*/stack 2>/dev/null | wc -l >>/tmp/lab/sweepers; sleep 0.05; done; }
churn &
churning=$!
watch &
watching=$!
with=$(measure)
rm /tmp/lab/goes-on
wait $churning
wait $watching
turns=$(cat /tmp/lab/turns)
echo "# servers leave: $with, $turns turns, seconds until the connections have ended: $(tr '\n' ' ' </tmp/lab/times)"
has "servers leave: no packet is lost" "$with" " lost 0 "
check "several left meanwhile" [ "$turns" -ge 3 ]
# one of them is the second in which a server is awaited, one that of the rounding
check "the connections of each have ended soon" [ "$(sort -n /tmp/lab/times | tail -n 1)" -le $((4 * slow)) ]
is "one process at most looks through the table, and it was seen" "$(sort -n /tmp/lab/sweepers | tail -n 1)" 1
# Where instructions are not counted, guests have processors of their own only on machines with more of them: a sweep takes
# the time from packets there.
check "99 of 100 answers come in at most twice the time" \
  [ "$(p99 "$with")" -le $(($(p99 "$without") * 2 + (${counted:-0} ? 0 : 1000 * slow))) ]
for i in 1 2 3 4 5 6 7 8; do vs -d -u $VIP:80 -r "10.2.1.$((i + 100)):80" 2>/dev/null; done
# the connections of those who have measured stay
none_left() { [ "$(status Conns)" -le "$(held_by 10.2.1.2:53)" ]; }
eventually "all connections of servers that have left end" 60 none_left
vs -C
