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

port=4011
# no route and no neighbour
vs -A -u $VIP:53 -s rr
vs -a -u $VIP:53 -r 10.9.9.9:53 -m
ip -n d route add unreachable 10.9.9.9
udp len=10
has "no route to the server: host unreachable" "$(arrived c c0)" "10.1.0.100 > 10.1.0.2 icmp 3/1 sum=ok"
