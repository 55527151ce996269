# SPDX-License-Identifier: GPL-2.0-or-later
# TTL, hop limit and packets that are too big: who is told what.
topology 1
modprobe ip_vs
tunnel_ends
serve 1 53 # so that the server does not complain
listen_on c c0
listen_on s1 e0

# A port of its own for each method: connections keep the method they were made with, and those of a
# deleted server come back to life when the server does.
port=4000
udp() { client_sends src=10.1.0.2 dst=$VIP proto=udp sport=$port dport=53 "$@"; }
udp6() { client_sends src=fd01::2 dst=$VIP6 proto=udp sport=$port dport=53 "$@"; }

for method in -m -g -i; do
  port=$((port + 1))
  pool -u rr $method 1 53
  case $method in
    -m) to="10.1.0.2:$port > 10.2.1.2:53 udp data=10 sum=ok ttl=9 " ;;
    -g) to="10.1.0.2:$port > 10.1.0.100:53 udp data=10 sum=ok ttl=9 " ;;
    -i) to="10.2.1.1 > 10.2.1.2 ipip ttl=9 len=58 df \{10.1.0.2:$port > 10.1.0.100:53 udp data=10 sum=ok ttl=9 " ;;
  esac
  udp ttl=10 len=10 df
  has "$method: the TTL goes down by one" "$(arrived s1 e0)" "$to"
  arrived c c0 >/dev/null
  udp ttl=1 len=10
  is "$method: TTL 1 does not reach the server" "$(arrived s1 e0)" ""
  has "$method: TTL 1: time exceeded from the virtual address" "$(arrived c c0)" \
    "^c0 10.1.0.100 > 10.1.0.2 icmp 11/0 sum=ok \[10.1.0.2:$port > 10.1.0.100:53 udp"

  limit=1500
  [ $method = -i ] && limit=1480
  udp df len=$((limit - 28))
  has "$method: the largest packet with DF passes" "$(arrived s1 e0)" "len=1500"
  arrived c c0 >/dev/null
  ip -n d link set d1 mtu 1400
  udp df len=$((limit - 28))
  is "$method: DF too big does not reach the server" "$(arrived s1 e0)" ""
  has "$method: DF too big: fragmentation needed with the right MTU" "$(arrived c c0)" \
    "^c0 10.1.0.100 > 10.1.0.2 icmp 3/4 mtu=$((limit - 100)) sum=ok \[10.1.0.2:$port > 10.1.0.100:53 udp"
  udp len=$((limit - 28))
  has "$method: without DF it is fragmented" "$(arrived s1 e0)" "fragment of|ipip ttl=63 len=13"
  is "$method: ... and nobody complains" "$(arrived c c0 | grep icmp)" ""
  ip -n d link set d1 mtu 1500
  vs -C
done

for method in -m -g; do
  port=$((port + 1))
  pool6 -u rr $method 1 53
  to="fd02:1::2"
  [ $method = -g ] && to=$VIP6
  udp6 ttl=10 len=10
  has "IPv6 $method: the hop limit goes down by one" "$(arrived s1 e0)" "\[fd01::2\]:$port > \[$to\]:53 udp data=10 sum=ok ttl=9 "
  arrived c c0 >/dev/null
  udp6 ttl=1 len=10
  is "IPv6 $method: hop limit 1 does not reach the server" "$(arrived s1 e0)" ""
  has "IPv6 $method: time exceeded" "$(arrived c c0)" "> fd01::2 icmp6 3/0 sum=ok \[\[fd01::2\]:$port > \[fd01::100\]:53"
  ip -n d link set d1 mtu 1400
  udp6 len=1452
  is "IPv6 $method: too big does not reach the server" "$(arrived s1 e0)" ""
  has "IPv6 $method: packet too big with the MTU" "$(arrived c c0)" "> fd01::2 icmp6 2/0 mtu=1400 sum=ok \[\[fd01::2\]:$port > \[fd01::100\]:53"
  ip -n d link set d1 mtu 1500
  vs -C
done

port=4010
# pmtu_disc 0: the tunnel packet is fragmented although the inner one has DF
pool -u rr -i 1 53
vs_sysctl pmtu_disc 0
udp df len=1472
has "pmtu_disc 0: the outer packet is fragmented" "$(arrived s1 e0)" "fragment of 4|ipip ttl=63 len=1500"
is "pmtu_disc 0: ... and nobody complains" "$(arrived c c0 | grep icmp)" ""
vs_sysctl pmtu_disc 1
vs -C

# tunnels of which IPv6 gets less than the 1,280 bytes that are its due: what is around the packet is fragmented
# narrow NAME SERVER MTU TOLD: packets of 1,280 bytes pass, the next larger ones are told the right MTU
narrow() {
  port=$((port + 1))
  vs -A -u "[$VIP6]:53" -s rr
  vs -a -u "[$VIP6]:53" -r "$2" -i
  ip -n d link set d1 mtu "$3"
  udp6 len=10
  has "$1: a small packet passes" "$(arrived s1 e0)" "ip6 .*\{\[fd01::2\]:$port > .* data=10 sum=ok"
  arrived c c0 >/dev/null
  udp6 len=1232
  has "$1: 1,280 bytes pass in fragments" "$(arrived s1 e0)" "fragment of"
  is "$1: ... and nobody complains" "$(arrived c c0 | grep icmp)" ""
  udp6 len=1240
  has "$1: a larger one is told" "$(arrived c c0)" "> fd01::2 icmp6 2/0 mtu=1280 sum=ok"
  is "$1: ... and does not pass" "$(arrived s1 e0)" ""
  ip -n d link set d1 mtu 1500
  vs -C
}
port=4020
mac s1 e0
ip -n d neigh add 10.2.1.11 dev d1 lladdr "$mac"
ip -n d neigh add fd02:1::11 dev d1 lladdr "$mac"
narrow "IPv6 in IPv4, 1290" 10.2.1.11:53 1290
narrow "IPv6 in IPv6, 1280" "[fd02:1::11]:53" 1280

# with what a tunnel adds this would be more than a packet can be
port=4030
pool -u rr -i 1 53
before=$(drops too-big)
udp len=65500 fragsize=1480 id=9
is "a packet too large for any tunnel is dropped" "$(arrived s1 e0)" ""
is "... with a reason" "$(drops too-big)" $((before + 1))
vs -C

port=4011
# no route and no neighbour
vs -A -u $VIP:53 -s rr
vs -a -u $VIP:53 -r 10.9.9.9:53 -m
ip -n d route add unreachable 10.9.9.9
udp len=10
has "no route to the server: host unreachable" "$(arrived c c0)" "10.1.0.100 > 10.1.0.2 icmp 3/1 sum=ok"
