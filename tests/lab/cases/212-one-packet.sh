# SPDX-License-Identifier: GPL-2.0-or-later
# brief: no
# runs-on: ours
# timeout: 200
# One-packet scheduling with address translation: each datagram has a server of its own, and its reply comes back.
topology 2
modprobe ip_vs
serve 2 53
VIP2=10.1.0.101
ip -n d addr add $VIP2/32 dev d0
for v in $VIP $VIP2; do
  vs -A -u $v:53 -s rr -o
  for i in 1 2; do vs -a -u $v:53 -r 10.2.$i.2:53 -m; done
done
vs -A -u "[$VIP6]:53" -s rr -o
for i in 1 2; do vs -a -u "[$VIP6]:53" -r "[fd02:$i::2]:53" -m; done
is "each datagram has its server, and the client an answer" "$(ask udp 53 4 sport=7000 fixed timeout=1000 | spread)" "s1=2 s2=2"
is "IPv6" "$(ask6 udp 53 4 sport=7001 fixed timeout=1000 | spread)" "s1=2 s2=2"
for v in $VIP $VIP2 $VIP; do
  is "two virtual addresses, one port of the client: $v" "$(ask_at $v udp 53 2 sport=7002 fixed timeout=1000 | spread)" "s1=1 s2=1"
done
is "a client on the director" "$(d peer ask udp $VIP 53 2 bind=10.1.0.1 sport=7003 fixed timeout=1000 | spread)" "s1=1 s2=1"
is "they are no connections" "$(conns | grep -c UDP)" 0
has "... and none of a server's" "$(vs -Ln | grep '10.2.1.2:53' | head -n 1)" " 0 +0 *$"

# what a server says to others from the same port is not ours
ip -n c route replace 10.2.1.0/24 via 10.1.0.1
is "a datagram to the server itself" "$(ask_at 10.2.1.2 udp 53 1 sport=7004 timeout=1000)" s1

# masquerading by mark
vs -A -f 7 -s rr -o
vs -a -f 7 -r 10.2.1.2:53 -m
d iptables -t mangle -A PREROUTING -d $VIP -p udp --dport 5353 -j MARK --set-mark 7
is "a service of a mark" "$(ask udp 5353 2 sport=7005 fixed timeout=1000 | spread)" "s1=2"
vs -D -f 7

# the server says that nobody is there
vs -A -u $VIP:99 -s rr -o
vs -a -u $VIP:99 -r 10.2.1.2:99 -m
is "a closed port" "$(ask udp 99 1 sport=7006 timeout=1000)" refused

# memory of them is short
none_held() { [ "$(status Conns)" = 0 ]; }
check "replies are awaited" test "$(status Conns)" -gt 0
eventually "... for some seconds" 25 none_held

# with persistence
vs -A -u $VIP:54 -s rr -o -p 30
for i in 1 2; do vs -a -u $VIP:54 -r "10.2.$i.2:53" -m; done
is "a persistent one" "$(ask udp 54 4 sport=7007 fixed timeout=1000 | spread | sed 's/s[12]=//')" 4
vs -C

# A connection that ends with its packet is freed at once: however many packets come, they hold no memory that waits
# for somebody, and conn_max bounds what they take.
modprobe pktgen
fake_hosts
vs -A -u $VIP:55 -s rr -o
vs -a -u $VIP:55 -r 10.2.1.11:55 -g
vs_sysctl conn_max 10
objects() { cut -d' ' -f1 /sys/kernel/slab/ip_vs_conn/total_objects; }
before=$(objects)
packets=$(fewer 20000)
flood() {
  pktgen "$packets" "dst $VIP" 'src_min 11.1.0.1' 'src_max 11.255.0.0' 'udp_src_min 1024' 'udp_src_max 65000' \
    'udp_dst_min 55' 'udp_dst_max 55' 'flag IPSRC_RND'
}
ip -n d route add blackhole 11.0.0.0/8
background flood flood
most=$before
while kill -0 $bg_pid 2>/dev/null; do
  now=$(objects)
  [ "$now" -le "$most" ] || most=$now
  sleep 0.05
done
counted=$(vs -Ln --stats --exact | awk '/^UDP .*:55 / { print $3 }')
echo "# $counted connections of one packet: room for $before entries before, for $most meanwhile"
check "it was a flood" [ "$counted" -ge $(($packets / 2)) ]
# a page or two of them, whatever came; with entries that wait for a grace period it was 350 more. KASAN keeps what is
# freed for a while.
[ "$slow" != 1 ] || check "entries of one packet take no room together" [ $((most - before)) -le 100 ]
vs -C
