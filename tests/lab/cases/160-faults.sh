# SPDX-License-Identifier: GPL-2.0-or-later
# runs-on: faults
# timeout: 600
# Allocations and registrations of the module fail, one after the other and every N-th: nothing crashes, nothing leaks,
# the counters stay right.
mkdir -p /tmp/lab
knob=/sys/module/ip_vs/parameters/fail_every
one_knob=/sys/module/ip_vs/parameters/fail_at
failed() { cat /sys/module/ip_vs/parameters/failed; }
# each_fails TEXT LEAST COMMAND...: the first call that can fail does, then the second, ... until there is none left: at
# least so many times the command was refused. What the function `again` does comes between two tries.
each_fails() {
  each_text=$1 each_least=$2 at=0 refused=0 before=0
  shift 2
  while :; do
    at=$((at + 1))
    before=$(failed)
    echo $at >$one_knob
    "$@" >/tmp/lab/said 2>&1 || refused=$((refused + 1))
    echo 0 >$one_knob
    [ "$(failed)" != "$before" ] || break
    again
    [ $at -lt 400 ] || break
  done
  echo "# $each_text: $at tries, $refused refused"
  check "$each_text: refused whenever something failed that it needs, and taken in the end" [ $refused -ge "$each_least" -a $at -lt 400 ]
}

# --- the module's own start; nothing may stay of what failed
at=0 left=''
while :; do
  at=$((at + 1))
  if modprobe ip_vs fail_at=$at 2>/dev/null; then
    echo 0 >$one_knob
    [ "$(failed)" != 0 ] || break
    rmmod ip_vs
  fi
  left="$left$(awk '/^ip_vs/ { print $1 }' /proc/modules /proc/slabinfo)$(ls -d /proc/net/ip_vs* /proc/sys/net/ipv4/vs 2>/dev/null)"
  [ $at -lt 200 ] || break
done
echo "# the module starts at the $at. try"
check "the module starts in the end" [ $at -lt 200 ]
check "... and was refused before" [ $at -gt 20 ]
is "... with nothing left of it each time" "$left" ""
has "this is the test build" "$(cat $knob)" "^0$"
add_namespace() { ip netns add extra; }
again() { ip netns del extra 2>/dev/null; }
each_fails "a new namespace" 8 add_namespace
again
echo 1 >/sys/module/ip_vs/parameters/fast_path
each_fails "a new namespace with the fast path" 9 add_namespace
again
echo 0 >/sys/module/ip_vs/parameters/fast_path
# the first service makes tables and hooks, the first server its own things
add_service() { ip netns add extra; at extra ipvsadm -A -t 10.0.0.1:80 -s rr; }
each_fails "a first service" 10 add_service
again
first_server() {
  ip netns add extra
  at extra ipvsadm -A -t 10.0.0.1:80 -s rr && at extra ipvsadm -a -t 10.0.0.1:80 -r 10.0.0.2:80 -m
}
each_fails "a first server" 12 first_server
again
for s in lblc lblcr mh sh dh; do
  again() { rmmod ip_vs_$s 2>/dev/null; }
  case $s in lblc | lblcr) least=1 ;; *) least=0 ;; esac
  each_fails "the scheduler $s" $least modprobe ip_vs_$s
done
# a server for whose place in a new table there is no memory: the scheduler goes on with the old one
modprobe ip_vs_sh
again() { ipvsadm -D -t 10.0.0.1:80; }
each_fails "a service of sh" 1 ipvsadm -A -t 10.0.0.1:80 -s sh
again() { ipvsadm -d -t 10.0.0.1:80 -r 10.0.0.2; }
each_fails "a server of sh" 0 ipvsadm -a -t 10.0.0.1:80 -r 10.0.0.2
again() { :; }
weigh() { ipvsadm -e -t 10.0.0.1:80 -r 10.0.0.2 -w $((at + 1)); }
each_fails "a weight of sh, which wants a new table" 1 weigh
again() { :; }
service_of_netlink() { peer genl 4 '1!{' 1=u16:2 2=u16:6 3=ip:10.0.0.1 4=be16:80 '}' | grep reply; }
each_fails "asking for one service" 1 service_of_netlink
# a place for each of many servers where they are compared; without memory for it they are looked at one by one
modprobe ip_vs_wlc
ipvsadm -A -u 10.0.0.1:53 -s rr
for n in $(seq 100); do echo "-a -u 10.0.0.1:53 -r 10.3.0.$n -g"; done | ipvsadm -R
again() { ipvsadm -E -u 10.0.0.1:53 -s rr; }
each_fails "a scheduler that compares many servers" 1 ipvsadm -E -u 10.0.0.1:53 -s wlc
again() { :; }
ipvsadm -D -u 10.0.0.1:53
# each option is called in every way; it is the answers that change
all_options() { control options raw >/tmp/lab/options && diff /tmp/lab/options /tmp/lab/options.right; }
control options raw >/tmp/lab/options.right
each_fails "socket options" 2 all_options
# errors about such tunnels come to other hooks
ipvsadm -A -t '[fd00::1]:80' -s rr
again() { ipvsadm -d -t '[fd00::1]:80' -r 10.0.0.2:80; }
each_fails "a server of the other family" 3 ipvsadm -a -t '[fd00::1]:80' -r 10.0.0.2:80 -i
again() { :; }
ipvsadm -C
# daemons: threads, sockets, memory; of what failed nothing stays
ip link add x0 type veth peer name x1
ip addr add 10.9.0.1/24 dev x0
ip link set x0 up; ip link set x1 up
for role in master backup; do
  again() { ipvsadm --stop-daemon $role 2>/dev/null; }
  each_fails "a $role daemon" 4 ipvsadm --start-daemon $role --mcast-interface x0
  again
done
is "... of those that failed no thread is left" "$(cat /proc/[0-9]*/comm | grep '^ipvs-[mb]:')" ""
ip link del x0
estimate_on() { echo "$1" >/proc/sys/net/ipv4/vs/est_cpulist; }
for cpus in 0 0-1; do each_fails "est_cpulist $cpus" 1 estimate_on $cpus; done
# others would try a second way of reading
each_fails "reading est_cpulist" 1 dd if=/proc/sys/net/ipv4/vs/est_cpulist bs=100 count=1
each_fails "a list of connections" 1 control netlink connections
no_ipvs

# --- with traffic
topology 2
serve 2 80 53
modprobe ip_vs
# counters of the servers against the rows of the table (templates have client port 0)
consistent() {
  sum=$(d awk '$1 == "->" && $2 ~ /:/ && NR > 3 { n += $5 + $6 } END { print n + 0 }' /proc/net/ip_vs)
  rows=$(d awk 'NR > 1 && $3 != "0000" { n++ } END { print n + 0 }' /proc/net/ip_vs_conn)
  [ "$sum" = "$rows" ] || { echo "servers say $sum, the table has $rows rows"; return 1; }
}
# The whole table: refused at any point it leaves everything as it was, counters, holds on modules and all.
table_of() {
  awk -v scheduler="$1" -v weight="$2" -v vip=$VIP -v vip6=$VIP6 'BEGIN {
    for (i = 1; i <= 6; i++) {
      printf "tcp %s:%d %s\n", vip, 80 + i, scheduler
      for (s = 1; s <= i % 3 + weight; s++) printf "  10.2.%d.2:80 nat weight=%d\n", s, weight
    }
    printf "tcp [%s]:80 %s\n  [fd02:1::2]:80 nat\nmark 5 %s\n  [fd02:1::2]:0 tun\n", vip6, scheduler, scheduler
  }'
}
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
  before=$(failed)
  echo $every >$knob
  for round in $(seq $(fewer 3)); do
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
  check "every $every.: some did fail" [ "$(failed)" -gt "$before" ]
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

# --- packets: each byte that cannot be written, each header for which there is no room
tunnel_ends
fake_hosts
listen_on s1 e0
vs_sysctl schedule_icmp 1
one_server() { # PROTO-AND-PORT METHOD...
  vs -A $1 "$2" -s rr
  shift 2
  vs -a "$@"
}
one_server -t $VIP:80 -t $VIP:80 -r 10.2.1.2:80 -m
one_server -u $VIP:53 -u $VIP:53 -r 10.2.1.11:53 -m
one_server -u "[$VIP6]:53" -u "[$VIP6]:53" -r '[fd02:1::11]:53' -m
one_server -u $VIP:54 -u $VIP:54 -r 10.2.1.11:54 -i
one_server -u $VIP:55 -u $VIP:55 -r 10.2.1.11:55 -i --tun-type gue --tun-port 6080 --tun-csum
one_server -u $VIP:56 -u $VIP:56 -r 10.2.1.11:56 -g
vs_sysctl tunnel_mss 1
one_server -t $VIP:81 -t $VIP:81 -r 10.2.1.11:81 -i
one_server -u "[$VIP6]:56" -u "[$VIP6]:56" -r '[fd02:1::11]:56' -g
sends() { client_sends src=10.1.0.77 dst=$VIP proto=udp sport=7000 "$@"; }
sends6() { client_sends src=fd01::77 dst=$VIP6 proto=udp sport=7000 "$@"; }
error() { # about a packet of the server's
  client_sends src=10.1.0.77 dst=$VIP proto=icmp type=3 code=1 in.src=$VIP in.dst=10.1.0.77 in.proto=udp in.sport=53 in.dport=7000
}
everything() {
  for port in 53 54 55 56; do sends dport=$port; done
  for port in 53 56; do sends6 dport=$port; done
  client_sends src=10.1.0.77 dst=$VIP sport=7000 dport=81 flags=S
  error
  server_sends 1 src=10.2.1.11 dst=10.1.0.77 proto=udp sport=53 dport=7000
  server_sends 1 src=10.2.1.11 dst=10.1.0.77 proto=icmp type=3 code=3 in.src=10.1.0.77 in.dst=10.2.1.11 in.proto=udp \
    in.sport=7000 in.dport=53
  ask tcp 80 1 timeout=200 >/dev/null
}
everything
again() { :; }
# each record makes a message
vs_sysctl sync_threshold "0 1"
vs --start-daemon master --mcast-interface d1 --sync-maxlen 1
each_fails "packets" 0 everything
vs --stop-daemon master
# the fast path: switched on, and the same packets, of connections that exist; ways to clients are found anew each time
again() { vs_sysctl fast_path 0; }
each_fails "the fast path" 1 vs_sysctl fast_path 1
again() { vs_sysctl fast_path 0; vs_sysctl fast_path 1; }
each_fails "packets of the fast path" 0 everything
check "some were taken" [ "$(status 'Fast path taken')" -gt 0 ]
vs_sysctl fast_path 0
again() { :; }
# calls of SIP: what is read of a packet lies in pieces if it came in pieces
hex() { printf "$1" | od -An -v -tx1 | tr -d ' \n'; }
vs -A -u $VIP:5060 -s rr -p 100 --pe sip
vs -a -u $VIP:5060 -r 10.2.1.11:5060 -m
call() {
  sends dport=5060 sport=$((20000 + at)) hex="$(hex "INVITE x\r\nSubject: x\r\nCall-ID: call-$at\r\n")"
  sends dport=5060 sport=$((21000 + at)) fragsize=24 hex="$(hex "INVITE x\r\nSubject: x\r\nCall-ID: more-$at\r\n")"
}
each_fails "calls" 0 call
# sessions of FTP, with tracking and without it; the address is longer than the server's
modprobe ip_vs_ftp ports=21,2121
one_server -t $VIP:2121 -t $VIP:2121 -r 10.2.1.11:2121 -m
again() { vs -D -t $VIP:21; vs -A -t $VIP:21 -s rr; }
vs -A -t $VIP:21 -s rr
each_fails "a server of FTP" 1 vs -a -t $VIP:21 -r 10.2.1.11:21 -m
again() { :; }
session() { # PORT
  f_client() { client_sends src=10.1.0.77 dst=$VIP sport=$((22000 + at)) dport="$1" "$@"; }
  f_server() { server_sends 1 src=10.2.1.11 dst=10.1.0.77 sport="$1" dport=$((22000 + at)) "$@"; }
  f_client $1 flags=S seq=999
  f_server $1 flags=SA seq=4999 ack=1000
  f_client $1 flags=A seq=1000 ack=5000
  f_client $1 flags=PA seq=1000 ack=5000 hex="$(hex 'PASV\r\n')"
  f_server $1 flags=PA seq=5000 ack=1006 hex="$(hex "227 (10,2,1,11,100,$((at % 100 + 100)))\r\n")"
  f_client $1 flags=PA seq=1006 ack=5026 hex="$(hex 'NOOP\r\n')"
  client_sends src=10.1.0.77 dst=$VIP sport=$((23000 + at)) dport=$((25700 + at % 100)) flags=S
  f_client $1 flags=PA seq=1012 ack=5026 hex="$(hex "PORT 10,1,0,77,110,$((at % 256))\r\n")"
}
each_fails "sessions of FTP on port 21" 0 session 21
# with it goes tracking, and we have to set the numbers right ourselves
vs -D -t $VIP:21
each_fails "sessions of FTP on port 2121" 0 session 2121
# the first packet to an address makes an entry in the memory of these; once it has no room, it is the same server
for s in lblc lblcr; do
  one_server -u $VIP:57 -u $VIP:57 -r 10.2.1.11:57 -g
  vs -E -u $VIP:57 -s $s
  remembered() { sends dport=57 sport=$((8000 + at)); }
  again() { vs -E -u $VIP:57 -s rr; vs -E -u $VIP:57 -s $s; }
  each_fails "packets to $s" 0 remembered
  vs -D -u $VIP:57
done
everything
arrived s1 e0 >/dev/null
is "afterwards they are all forwarded" "$(everything; arrived s1 e0 | grep -v icmp | grep -c udp)" 6

# --- what has never failed is not proved. What a case cannot have here: errors about tunnels (081-icmp-more has them,
# twice in icmp.c), a sender of messages under a key (424-sync-key), servers that such a one has
# removed (429-sync-servers), sums that SCTP left to the
# device, large packets out of a tunnel that go into another (175-checksums), and a packet of FTP with no room behind it. The
# first table of a service of sh or dh was never seen to fail either; why is not known.
# Newer kernels' builds name files from where they begin.
cat /lib/modules/"$(uname -r)"/updates/ip_vs*.ko | tr '\0' '\n' |
  sed -n 's,^fault-site:\(.*/\)*kernel/\([a-z_]*/*[a-z_0-9]*\.[ch]:[0-9]*\)$,\2,p' | sort -u >/tmp/lab/sites
dmesg | sed -n 's,.*fault-site:\(.*/\)*kernel/\(.*\) has failed$,\2,p' | sort -u >/tmp/lab/hit
echo "# $(wc -l </tmp/lab/sites) places that can fail, $(wc -l </tmp/lab/hit) have"
check "there are many" [ "$(wc -l </tmp/lab/sites)" -gt 50 ]
is "every place that can fail has failed, but for those" "$(grep -v -x -F -f /tmp/lab/hit /tmp/lab/sites | sed 's/:.*//' | sort | uniq -c | awk '{ print $2 "=" $1 }' | tr '\n' ' ')" \
  "conn/help.c=1 path/icmp.c=2 sched/spread.h=1 sync/key.c=1 sync/servers.c=1 xmit/route.c=1 xmit/tunnel.c=2 "
