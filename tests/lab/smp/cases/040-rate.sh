# SPDX-License-Identifier: GPL-2.0-or-later
# lane: long
# timeout: 1800
# New connections a second, of one CPU and of all at once, with some schedulers, and how long connections are there that
# should have ended: on average while others come, and the oldest, which is seen when none come any more. Of three rounds, in
# which one CPU and all take turns, the most connections and the longest times; what else the machine does shows in both.
. /lab/smp.sh
topology 1
modprobe -a ip_vs pktgen
quiet_network
# Who gets them does not look at them.
for n in 11 12 13 14; do ip -n d neigh add 10.2.1.$n dev d1 lladdr 02:00:00:00:00:02; done
gen=/proc/net/pktgen
mac d d0
timeout=2
seconds=$((share / 3 > 4 ? share / 3 : 4))

now_ms() { awk '{ print int($1 * 1000) }' /proc/uptime; }
durations() { c sh -c "sed -n 's/.*Result: OK: \([0-9]*\)(.*/\1/p' $gen/*@*" | sort -n; }
have_all() { [ "$(durations | grep -c .)" = "$1" ]; }
# pour CPUS COUNT: each of them sends so many packets, every one of another flow: 17 and 60,000 have no common divisor,
# and both change with every packet. $us: how long the slowest took; $ended, $left: when, and how many connections there were
pour() {
  c sh -c "for t in $gen/kpktgend_*; do echo rem_device_all >\$t; done"
  for i in $(seq 0 $(($1 - 1))); do
    # one device several times: with a number behind @
    c sh -c "echo 'add_device c0@$i' >$gen/kpktgend_$i
      for word in 'count $2' 'clone_skb 0' 'pkt_size 64' 'delay 0' 'flag !SHARED' 'dst $VIP' 'dst_mac $mac' \
        'src_min 10.1.$((8 + i)).1' 'src_max 10.1.$((8 + i)).17' 'udp_src_min 1024' 'udp_src_max 61024' \
        'udp_dst_min 80' 'udp_dst_max 80'; do echo \"\$word\" >$gen/c0@$i || echo \"refused \$word\"; done"
  done
  c sh -c "echo start >$gen/pgctrl"
  ended=$(now_ms) left=$(held)
  # a thread has stopped a moment before it says how long it took
  wait_until 10 have_all "$1" || not_ok "pktgen has sent"
  us=$(durations | tail -n 1)
}
is_empty() { [ "$(held)" = 0 ]; }

# flood SCHEDULER CPUS: appends to /tmp/lab/rates a line of connections a second, and overdue ms: on average, the oldest
flood() {
  vs -C
  rules <<R
-A -u $VIP:80 -s $1
-a -u $VIP:80 -r 10.2.1.11:80 -g -w 1
-a -u $VIP:80 -r 10.2.1.12:80 -g -w 2
-a -u $VIP:80 -r 10.2.1.13:80 -g -w 2
-a -u $VIP:80 -r 10.2.1.14:80 -g -w 4
R
  pour "$2" 2000
  count=$((2000 * seconds * 1000000 / us))
  [ $count -lt 1020000 ] || count=1020000
  eventually "$1, $2 CPUs: those of the attempt end" 20 is_empty
  vs -Z
  pour "$2" $count
  is "$1, $2 CPUs: a connection for each packet" "$(counted $VIP:80)" "$(($2 * count)) $(($2 * count))"
  eventually "$1, $2 CPUs: all end" 30 is_empty
  echo "$1 $2 $(($2 * count * 1000 / (us / 1000))) $left $(($(now_ms) - ended - timeout * 1000))" >>/tmp/lab/rates
}

vs --set 900 120 $timeout
: >/tmp/lab/rates
for _ in 1 2 3; do
  for sched in rr wrr wlc; do
    flood $sched 1
    [ "$cpus" = 1 ] || flood $sched "$cpus"
  done
done
awk -v timeout=$timeout '
  {
    key = $1 ", " $2 ($2 == 1 ? " CPU" : " CPUs")
    if (!(key in rate)) order[++n] = key
    mean = $4 / $3 - timeout
    if ($3 > rate[key]) rate[key] = $3
    if (mean > average[key]) average[key] = mean
    if ($5 / 1000 > oldest[key]) oldest[key] = $5 / 1000
  }
  END {
    for (i = 1; i <= n; i++) {
      key = order[i]
      printf "# %s: %d new connections a second, overdue for %.1f s on average, the oldest for %.1f s\n", key, rate[key],
        average[key], oldest[key]
    }
  }' /tmp/lab/rates
check "nobody is overdue for more than five seconds" awk '$5 > 5000 { print; bad = 1 } END { exit bad }' /tmp/lab/rates
