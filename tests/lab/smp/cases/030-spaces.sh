# SPDX-License-Identifier: GPL-2.0-or-later
# runs-on: ours
# timeout: 900
# pktgen on every CPU, each into another namespace and all into the first; namespaces end and the module is unloaded
# while packets arrive, and comes back.
. /lab/smp.sh
topology 1
modprobe -a ip_vs pktgen
fake_hosts
quiet_network
gen=/proc/net/pktgen

# directors e0.. of CPUs 1 and up, each with a client of its own; that of CPU 0 is d
director() {
  # the wire of the one before goes in the background
  wait_until 20 sh -c "! ip -n c link show g$1"
  namespace "e$1"
  ip link add "g$1" netns c type veth peer name d0 netns "e$1"
  ip -n c link set "g$1" up
  ip -n "e$1" -batch - <<BATCH
addr add 10.1.0.1/16 dev d0
addr add $VIP/32 dev d0
link set d0 up
route add blackhole 10.2.0.0/16
BATCH
  at "e$1" ipvsadm -R <<R
-A -u $VIP:80 -s rr
-a -u $VIP:80 -r 10.2.1.11:80 -m
-a -u $VIP:80 -r 10.2.1.12:80 -m
R
  at "e$1" ipvsadm --set 3000 3000 3000
}
all_directors() { for i in $(seq 1 $((cpus - 1))); do director "$i"; done; }
serve_d() {
  rules <<R
-A -u $VIP:80 -s wlc
-a -u $VIP:80 -r 10.2.1.11:80 -m
-a -u $VIP:80 -r 10.2.1.12:80 -m
-a -u $VIP:80 -r 10.2.1.13:80 -m
R
  vs --set 3000 3000 3000
}

# pour COUNT own|one: each CPU sends so many packets with random ports, to its own director, or all of them to d
pour() {
  c sh -c "for t in $gen/kpktgend_*; do echo rem_device_all >\$t; done"
  for i in $(seq 0 $((cpus - 1))); do
    space=d dev=c0
    [ "$2" = one ] || [ "$i" = 0 ] || space=e$i dev=g$i
    mac_of=$(ip -n $space link show d0 | sed -n 's/.*ether \([^ ]*\).*/\1/p')
    # one device several times: with a number behind @
    c sh -c "echo 'add_device $dev@$i' >$gen/kpktgend_$i
      for word in 'count $1' 'clone_skb 0' 'pkt_size 64' 'delay 0' 'flag !SHARED' 'flag UDPSRC_RND' 'dst $VIP' \
        'dst_mac $mac_of' 'src_min 10.1.0.77' 'src_max 10.1.0.77' 'udp_src_min 2000' 'udp_src_max 3000' \
        'udp_dst_min 80' 'udp_dst_max 80'; do echo \"\$word\" >$gen/$dev@$i || echo \"refused \$word\"; done"
  done
  c sh -c "echo start >$gen/pgctrl"
}
poured() { c sh -c "sed -n 's/.*pkts-sofar: \([0-9]*\).*/\1/p' $gen/*@*" | awk '{ n += $1 } END { print n + 0 }'; }
sums() { # of a namespace: entries, held by servers
  at "$1" sh -c "sed 1d /proc/net/ip_vs_conn | wc -l; ipvsadm -Ln" |
    awk 'NR == 1 { e = $1 } /->.*:/ { n += $(NF - 1) + $NF } END { print e, n + 0 }'
}
are_equal() { [ "${1% *}" = "${1#* }" ] && [ "${1% *}" -gt 0 ]; }

round=0
while more_time || [ $round = 0 ]; do
  round=$((round + 1))
  serve_d
  all_directors
  n=$((2000 + $(dice 4000)))
  # --- side by side, and all to one, while sizes change and all is read ---
  stir_sizes
  check "round $round: packets to each namespace" pour $n own
  is "... all of them" "$(poured)" $((n * cpus))
  check "packets of all CPUs to one" pour $n one
  is "... all of them" "$(poured)" $((n * cpus))
  end_stir
  for space in d $(seq 1 $((cpus - 1)) | sed 's/^/e/'); do
    check "$space: as many entries as held ($(sums "$space"))" are_equal "$(sums "$space")"
    eventually "$space: none twice" 10 none_twice_in "$space"
  done
  # --- namespaces go under the packets ---
  background pour pour $((n * 4)) own
  for i in $(seq 1 $((cpus - 1))); do ip netns del "e$i"; done
  wait "$bg_pid"
  # --- the module goes ---
  background pour pour $((n * 2)) one
  vs -C
  check "the module is unloaded while packets arrive" wait_until 30 no_ipvs
  check "... and comes back" modprobe ip_vs
  serve_d
  wait "$bg_pid"
  settled "round $round"
done
echo "# $round rounds, seed $smp_seed"
