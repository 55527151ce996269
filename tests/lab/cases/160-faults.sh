# SPDX-License-Identifier: GPL-2.0-or-later
# runs-on: faults
# timeout: 300
# Every N-th allocation of the module fails: nothing crashes, nothing leaks, the counters stay right.
topology 2
serve 2 80 53
modprobe ip_vs
knob=/sys/module/ip_vs/parameters/fail_every
has "this is the test build" "$(cat $knob)" "^0$"
# counters of the servers against the rows of the table (templates have client port 0)
consistent() {
  sum=$(d awk '$1 == "->" && $2 ~ /:/ && NR > 3 { n += $5 + $6 } END { print n + 0 }' /proc/net/ip_vs)
  rows=$(d awk 'NR > 1 && $3 != "0000" { n++ } END { print n + 0 }' /proc/net/ip_vs_conn)
  [ "$sum" = "$rows" ] || { echo "servers say $sum, the table has $rows rows"; return 1; }
}
for every in 1 2 3 7; do
  echo $every >$knob
  for round in $(seq $(fewer 5)); do
    for sched in rr wrr lc wlc sh dh mh lblc lblcr sed; do
      vs -A -t $VIP:80 -s $sched
      vs -a -t $VIP:80 -r 10.2.1.2:80 -m
      vs -a -t $VIP:80 -r 10.2.2.2:80 -g
      vs -E -t $VIP:80 -s wlc -p 30
      vs -e -t $VIP:80 -r 10.2.1.2:80 -m -w 3
      [ $round = 1 ] && ask tcp 80 4 rst timeout=200
      vs -D -t $VIP:80
    done
    vs -A -u $VIP:53 -s rr
    vs -a -u $VIP:53 -r 10.2.1.2:53 -m
    vs -a -u $VIP:53 -r 10.2.2.2:53 -i
    ask udp 53 10 timeout=50
    vs -A -t "[$VIP6]:80" -s rr
    vs -a -t "[$VIP6]:80" -r '[fd02:1::2]:80' -m
    ask6 tcp 80 4 rst timeout=200
    ip netns add extra
    at extra ipvsadm -A -t 10.0.0.1:80 -s rr
    ip netns del extra
  done >/dev/null 2>&1
  # with deleted services the table holds connections of servers that are listed no more
  vs -C
  echo 0 >$knob
  wait_until 20 sh -c 'rmmod $(awk "/^ip_vs/ { print \$1 }" /proc/modules | sort -r) 2>/dev/null; ! grep -q ^ip_vs /proc/modules' ||
    not_ok "rmmod after failing every $every"
  left=$(awk '/^ip_vs/ { print $1, $2 }' /proc/slabinfo)
  is "every $every. allocation fails: no leak, rmmod works" "$left" ""
  modprobe ip_vs
  pool -t rr -m 2
  pool -u rr -m 2 53
  echo $every >$knob
  ask tcp 80 10 timeout=200 >/dev/null
  ask udp 53 10 timeout=50 >/dev/null
  echo 0 >$knob
  check "every $every.: counters agree with the table" consistent
  is "every $every.: afterwards all is well" "$(ask tcp 80 4 rst | spread)" "s1=2 s2=2"
  vs -C
done
