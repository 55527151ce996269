# SPDX-License-Identifier: GPL-2.0-or-later
# runs-on: ours
# timeout: 500
# Packets of any kind, right and wrong, from every side, while services, sysctls, namespaces and the module come and
# go: nothing crashes, leaks or stays. IPVS_HOSTILE says how many packets; see docs/testing.md.
packets=${hostile:-$(fewer $([ -n "$long" ] && echo 16000 || echo 8000))}
# fewer would not show all that is asked for
[ "$packets" -ge 6000 ] || packets=6000
calm=$((packets / 4 > 5000 ? packets / 4 : 5000))
seed=${hostile_seed:-1}
echo "# $packets packets, seed $seed"
schedulers="rr wrr lc wlc sed nq fo ovf dh sh mh lblc lblcr twos"
topology 2
fake_hosts
# A fragment of this host's own that waits for others holds its tracking entry. A namespace that ends waits for the entries,
# and frees the fragments later: on kernels of before 2026 for ever, with or without IPVS. So they have to go before.
modprobe nf_defrag_ipv6
d sh -c 'cd /proc/sys/net
  for f in ipv4/ipfrag_time ipv6/ip6frag_time netfilter/nf_conntrack_frag6_timeout; do [ ! -e $f ] || echo 2 >$f; done'
no_fragments() { d cat /proc/net/sockstat /proc/net/sockstat6 | awk '/^FRAG/ { n += $3 } END { exit n != 0 }'; }
d sh -c 'for n in 1 2 3 4; do
    ip addr add 10.1.0.11$n/32 dev d0; ip addr add fd01::11$n/128 dev d0 nodad
    for t in iptables:10.1.0.11$n ip6tables:fd01::11$n; do for chain in PREROUTING OUTPUT; do
      ${t%%:*} -t mangle -A $chain -d ${t#*:} -j MARK --set-mark $n; done; done
  done
  # mark 4 is for addresses of others
  ip addr del 10.1.0.114/32 dev d0; ip addr del fd01::114/128 dev d0
  ip rule add fwmark 4 lookup 200; ip route add local default dev lo table 200
  ip -6 rule add fwmark 4 lookup 200; ip -6 route add local default dev lo table 200'
modprobe sctp
serve 2 80 53 sctp:36412
# With a server of every method for every protocol, in both families and across them. No traffic outside of the guest
# is possible: 192.0.2.5 is nowhere.
rules() {
  i=0
  for family in 4 6; do
    if [ $family = 4 ]; then
      vip=$VIP one=10.2.1.2 two=10.2.2.2 fake=10.2.1.11 own=10.2.1.1 none=192.0.2.5 other=[fd02:1::2] mark=
    else
      vip=[$VIP6] one=[fd02:1::2] two=[fd02:2::2] fake=[fd02:1::11] own=[fd02:1::1] none=[2001:db8::5] other=10.2.1.2 mark=-6
    fi
    for proto in "-t 80" "-u 53" "--sctp-service 36412"; do
      kind=${proto% *} port=${proto#* } n=0
      service() { # WORD...: the next service, with a scheduler of its own
        i=$((i + 1)) n=$((n + 1))
        name="$kind $vip:$((port + n - 1))"
        # shellcheck disable=SC2046,SC2086 # words
        set -- "$@" -s $(echo $schedulers | cut -d ' ' -f $((i % 14 + 1)))
        echo "-A $name $*"
      }
      server() { echo "-a $name -r $*"; }
      service; server $one:$port -m; server $two:$port -m; server $fake:8080 -m
      service; server $one:$((port + 1)) -g; server $fake:$((port + 1)) -g
      service; server $one:$((port + 2)) -i; server $other:$((port + 2)) -i --tun-type gre
      service; server $one:$((port + 3)) -i --tun-type gue --tun-port 6080 --tun-remcsum
      server $other:$((port + 3)) -i --tun-type gue --tun-port 6080 --tun-csum
      service; server $fake:$((port + 4)) -i --tun-type gre --tun-csum; server $other:$((port + 4)) -i
      service -p 2; server $one:$port -m; server $two:$((port + 5)) -g
      service; server $own:$port -m; server $none:$((port + 6)) -m; server $own:$((port + 6)) -i
      service -b flag-1,flag-2,flag-3; server $two:$port -m -x 3 -y 1; server $one:$((port + 7)) -i
      [ "$kind" != -u ] || {
        service -o; server $one:$port -m; server $fake:$((port + 8)) -i
        service -o -p 2; server $one:$port -m; server $two:$((port + 9)) -g
        [ ! -e "/lib/modules/$(uname -r)/updates/ip_vs_pe_labtest.ko" ] ||
          { service -p 2 --pe labtest; server $one:$port -m; server $two:$port -m; }
      }
    done
    echo "-A -t $vip:21 -s rr -p 2"; echo "-a -t $vip:21 -r $one:21 -m"
    echo "-A -u $vip:0 -s wlc -p 2"; echo "-a -u $vip:0 -r $two:0 -m"
    for m in 1 2 3 4; do echo "-A -f $m $mark -s wlc $([ $m != 2 ] || echo -p 2)"; done
    echo "-a -f 1 $mark -r $one:0 -m"; echo "-a -f 1 $mark -r $two:0 -m"
    echo "-a -f 2 $mark -r $one:0 -m"; echo "-a -f 2 $mark -r $fake:0 -i"; echo "-a -f 3 $mark -r $two:0 -g"
  done
}
rules >/tmp/lab/rules
servers=$(grep -e '^-a' /tmp/lab/rules)
configure() {
  modprobe ip_vs
  # invented packets must not wait for a program each
  for s in $schedulers; do modprobe ip_vs_$s; done
  d ipvsadm -R </tmp/lab/rules && vs --set 4 2 2
}

# What is counted goes with the namespace and the module, so it is added up before.
: >/tmp/lab/drops
note() { d cat /proc/net/ip_vs_drops >>/tmp/lab/drops; }
entries() { status Conns; }
# What bypasses IPVS has no server with which it could go: it waits for its time.
bypassing() { conns | grep -c -E ' (00000000|(0000:){7}0000) [0-9A-F]{4} [A-Z]'; }
no_entries() {
  left=$(($(entries) - $(bypassing)))
  [ $left = 0 ] || { echo "$left entries, of which are listed:"; conns; false; }
}
no_modules() { ! grep -q '^ip_vs' /proc/modules; }
none_counted() {
  counted=$(counted_at_servers)
  [ "$counted" = 0 ] || { echo "$counted counted, $(entries) entries, of which are listed:"; conns; false; }
}
counted_at_servers() { d awk '$1 == "->" && NR > 3 { n += $5 + $6 } END { print n + 0 }' /proc/net/ip_vs; }

no_users() {
  # shellcheck disable=SC2046 # words
  rmmod $(awk '/^ip_vs_/ { print $1 }' /proc/modules)
  ! grep -q '^ip_vs_' /proc/modules
}
# unload: in ten seconds, when those modules are gone that use it: each of these waits for grace periods of its own.
# rmmod goes by itself, or the case would wait with it for ever.
unload() {
  wait_until 30 no_users || return 1
  background unload rmmod ip_vs
  wait_until 10 no_modules && return
  cat /tmp/lab/unload
  return 1
}

without_servers() { echo "$servers" | sed 's/^-a/-d/; s/\(-r [^ ]*\).*/\1/' | d ipvsadm -R >/dev/null 2>&1; }
with_servers() { echo "$servers" | d ipvsadm -R >/dev/null 2>&1; }

# settled TEXT: all entries go when their servers do, and then nothing is counted any more at those that come back
settled() {
  note
  vs_sysctl expire_nodest_conn 1
  without_servers
  eventually "$1: all entries have gone" 30 no_entries
  with_servers
  # What is sent again by a socket may make some more, of any state: 2 minutes at most after the last, which follows the
  # first by a minute. Mostly it takes seconds.
  eventually "$1: nothing is counted at the servers" 180 none_counted
  vs_sysctl expire_nodest_conn 0
}

# sent TEXT FILE: each kind of packet was, from each place
sent() {
  is "$1" "$(grep -c 'sent=[1-9]' "$2") kinds, $(grep -c -v 'sent=[1-9]' "$2") never taken" "24 kinds, 0 never taken"
}

# --- nobody changes anything: each service has its connections ---
check "services with every method, option and scheduler" configure
vs -Sn | sort >/tmp/lab/saved
for on in schedule_icmp nat_icmp_send sloppy_tcp sloppy_sctp cache_bypass; do vs_sysctl $on 1; done
hostile send $calm "$seed" >/tmp/lab/calm
sent "packets of every kind from every side" /tmp/lab/calm
# what bypasses IPVS is not counted
is "each service has had connections" "$(vs -Ln --stats --exact | awk 'NR > 3 && $1 != "->" && $1 $2 != "FWM4" && $3 == 0')" ""
check "some of mark 4 were bypassed" [ "$(bypassing)" -gt 0 ]
settled calm
# ... there is none where none may be, and the packets of those whose servers have gone are refused
vs_sysctl conn_max 0
hostile send 400 "$seed" >/dev/null
# one of a packet sent again before that goes within its time
eventually "no entry beyond conn_max" 30 no_entries
vs_sysctl conn_max 1000000
vs_sysctl am_droprate 1
vs_sysctl drop_packet 3
hostile send 400 "$seed" >/dev/null
vs_sysctl drop_packet 0
# the same packets again, whose connections must still be there by then
vs --set 60 60 60
hostile send 1000 "$seed" >/dev/null
without_servers
hostile send 400 "$seed" >/dev/null
with_servers
settled refusals
vs --set 4 2 2

# --- all changes at once, and other namespaces come and go ---
cat >/tmp/lab/neighbour.sh <<'X'
while [ ! -e /tmp/lab/enough ]; do
  ip netns add e
  at e sh -c 'ip link set lo up; echo 1 >/proc/sys/net/ipv4/vs/expire_nodest_conn; ipvsadm -R
    peer ask udp 127.0.0.9 53 4 timeout=1; peer ask tcp 127.0.0.9 80 2 timeout=20' <<R
-A -u 127.0.0.9:53 -s rr -o
-a -u 127.0.0.9:53 -r 127.0.0.10:53 -m
-A -t 127.0.0.9:80 -s wlc -p 60
-a -t 127.0.0.9:80 -r 127.0.0.10:80 -m
R
  ip netns del e
  echo again
done
X
background neighbour sh /tmp/lab/neighbour.sh
neighbour=$bg_pid
stir() {
  background stir at d hostile stir "$1"
  stir=$bg_pid
  wait_until 10 in_file ready stir
}
stir "$seed"
# two at a time
background other hostile send $((packets / 4)) $((seed + 1))
other=$bg_pid
hostile send $((packets / 4)) $((seed + 2)) >/tmp/lab/stirred
wait $other
sent "packets of every kind while all is changed" /tmp/lab/stirred
touch /tmp/lab/enough
wait "$neighbour"
kill "$stir"
wait "$stir"
is "the configuration is as it was" "$?$(vs -Sn | sort | diff - /tmp/lab/saved)" 0
is "no change that was never taken" "$(grep 'taken=0 ' /tmp/lab/stir)" ""
cat /tmp/lab/stir
has "other namespaces came and went" "$(cat /tmp/lab/neighbour)" again
settled changes

# --- with connection tracking, which gathers fragments ---
for t in iptables ip6tables; do d $t -t mangle -A FORWARD -m conntrack --ctstate INVALID -j ACCEPT; done
stir $((seed + 3))
hostile send $((packets / 8)) $((seed + 3)) >/tmp/lab/tracked
kill "$stir"
wait "$stir"
settled "connection tracking"

# --- the module goes and comes, and the namespace goes, under the packets ---
background goes hostile send $((packets / 16)) $((seed + 4))
goes=$bg_pid
vs -C
check "the module is unloaded while packets arrive" unload
check "... and loaded again" configure
wait $goes
settled "a new module"
eventually "no fragment waits any more" 60 no_fragments
background wire hostile wire $((packets / 16)) $((seed + 5))
wire=$bg_pid
ip netns del d
wait $wire
check "after the end of the namespace it is unloaded" unload

# --- all that could happen did ---
for reason in truncated checksum dest-gone no-dest conn-max no-route ttl too-big headroom nat-no-conn overload; do
  check "there were drops: $reason" [ "$(awk -v r=$reason '$1 == r { n += $2 } END { print n + 0 }' /tmp/lab/drops)" != 0 ]
done
awk '{ n[$1] += $2 } END { for (r in n) print r, n[r] }' /tmp/lab/drops
