# SPDX-License-Identifier: GPL-2.0-or-later
# runs-on: faults
# timeout: 600
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
# The whole table: refused at any point it leaves everything as it was, counters, holds on modules and all.
mkdir -p /tmp/lab
table_of() {
  awk -v scheduler="$1" -v weight="$2" -v vip=$VIP -v vip6=$VIP6 'BEGIN {
    for (i = 1; i <= 6; i++) {
      printf "tcp %s:%d %s\n", vip, 80 + i, scheduler
      for (s = 1; s <= i % 3 + weight; s++) printf "  10.2.%d.2:80 nat weight=%d\n", s, weight
    }
    printf "tcp [%s]:80 %s\n  [fd02:1::2]:80 nat\nmark 5 %s\n  [fd02:1::2]:0 tun\n", vip6, scheduler, scheduler
  }'
}
one_knob=/sys/module/ip_vs/parameters/fail_at
listed() { d control dump | sort; }
table_of mh 1 >/tmp/lab/one
{ table_of wrr 2; echo "udp $VIP:53 lblcr"; echo "  10.2.1.2:53 dr"; } >/tmp/lab/two
modprobe -a ip_vs_mh ip_vs_wrr ip_vs_lblcr
: >/tmp/lab/empty
for way in empty-one one-two; do
  from=${way%-*} to=${way#*-}
  check "$from to $to: it begins" d control replace /tmp/lab/$from
  was=$(listed) taken= tries=0 torn=0 refused=0
  # one failure at a time, each time later, until there is none
  for at in $(seq 1 400); do
    tries=$at
    echo "$at" >$one_knob
    if d control replace /tmp/lab/$to >/tmp/lab/said 2>&1; then taken=1; fi
    left=$(cat $one_knob)
    echo 0 >$one_knob
    # an allocation of a scheduler that was changed may fail: it goes on with what it has
    [ -z "$taken" ] || [ "$left" != 0 ] || taken=
    [ -z "$taken" ] || break
    if grep -q '^refused: ENOMEM' /tmp/lab/said; then
      [ "$(listed)" = "$was" ] || torn=$((torn + 1))
    else
      d control replace /tmp/lab/$from
    fi
    refused=$((refused + $(grep -c ENOMEM /tmp/lab/said)))
  done
  echo "# $from to $to: $tries tries"
  is "$from to $to: it is taken in the end" "$taken" 1
  check "$from to $to: it was refused before" [ $refused -ge 3 ]
  is "$from to $to: each refusal left everything as it was" $torn 0
done
vs -C
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
