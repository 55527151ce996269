# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
# tools: debian
# The director as client and as server, and where replies go.
topology 2
modprobe -a ip_vs ipip
serve 2 53 80
tunnel_ends
background local at d peer serve local 8080
wait_until 10 in_file ready local
listen_on s1 e0
listen_on c c0
listen_on s2 e0
asks() { echo "\$ $*"; d peer ask "$@"; arrived s1 e0; }
# of TCP each kind of packet once: how many acknowledgements there are is a matter of time
asks_tcp() { echo "\$ tcp $*"; d peer ask tcp "$@"; arrived s1 e0 | sort -u; }
# what is left of TCP ends in its own time
udp_conns() { conns_sorted | grep -v '^TCP'; }
# Of what is dropped the kernel's own makes an error (EPERM), ours what other clients hear, if anything: cases/213-ways.sh.
no_answer() { only intree sed "s/^error-1\$/$1/"; }
port=5000
for m in -m -g -i; do
  port=$((port + 1))
  echo "== $m"
  vs -A -u $VIP:53 -s rr
  vs -a -u $VIP:53 -r 10.2.1.2:53 $m
  # a server answers a client on the director from another router: nobody hears it
  asks udp $VIP 53 1 bind=10.1.0.1 sport=$port timeout=$([ $m = -m ] && echo 5000 || echo 1)
  udp_conns
  ip -n d link set d1 mtu 1300
  asks udp $VIP 53 1 bind=10.1.0.1 sport=$port len=1400 timeout=$([ $m = -m ] && echo 5000 || echo 1)
  ip -n d link set d1 mtu 1500
  vs -A -t $VIP:80 -s rr
  vs -a -t $VIP:80 -r 10.2.1.2:80 $m
  asks_tcp $VIP 80 1 bind=10.1.0.1 sport=$port timeout=$([ $m = -m ] && echo 5000 || echo 1)
  conns_sorted | grep "^TCP.* $(printf %04X $port) "
  vs -e -t $VIP:80 -r 10.2.1.2:80 $m -w 0
  asks_tcp $VIP 80 1 bind=10.1.0.1 sport=$((port + 100)) timeout=1
  vs -e -u $VIP:53 -r 10.2.1.2:53 $m -w 0
  asks udp $VIP 53 1 bind=10.1.0.1 sport=$((port + 100)) timeout=1 | no_answer refused
  vs -d -u $VIP:53 -r 10.2.1.2:53
  asks udp $VIP 53 1 bind=10.1.0.1 sport=$port timeout=1 | no_answer timeout
  vs -C
done
echo "== a server on the director"
vs -A -u $VIP:54 -s rr
vs -a -u $VIP:54 -r 10.1.0.1:8080 -m
echo "\$ from the director"; d peer ask udp $VIP 54 1 bind=10.1.0.1 sport=5101
d peer ask udp $VIP 54 1 bind=127.0.0.1 sport=5102 timeout=300
echo "\$ from outside"; c peer ask udp $VIP 54 1 sport=5103
udp_conns
vs -A -u $VIP:8080 -s rr
vs -a -u $VIP:8080 -r 10.1.0.1:8080 -g
c peer ask udp $VIP 8080 1 sport=5104
vs -A -t $VIP:55 -s rr
vs -a -t $VIP:55 -r 127.0.0.1:8080 -m
echo "\$ loopback server, from the director"; d peer ask tcp $VIP 55 1 bind=127.0.0.1 sport=5110
d peer ask tcp $VIP 55 1 bind=10.1.0.1 sport=5111
arrived c c0
vs -C
echo "== IPv6"
vs -A -u "[$VIP6]:53" -s rr
vs -a -u "[$VIP6]:53" -r "[fd02:1::2]:53" -m
asks udp $VIP6 53 1 bind=fd01::1 sport=5200
vs -A -u "[$VIP6]:54" -s rr
vs -a -u "[$VIP6]:54" -r "[fd01::1]:8080" -m
d peer ask udp $VIP6 54 1 bind=fd01::1 sport=5201
c peer ask udp $VIP6 54 1 sport=5202
udp_conns
vs -C

echo "== replies are routed by their new source"
vs -A -u $VIP:53 -s rr
vs -a -u $VIP:53 -r 10.2.1.2:53 -m
vs -A -u "[$VIP6]:53" -s rr
vs -a -u "[$VIP6]:53" -r "[fd02:1::2]:53" -m
d ip rule add from $VIP lookup 200
d ip route add default via 10.2.2.2 table 200
d ip -6 rule add from $VIP6 lookup 200
d ip -6 route add default via fd02:2::2 table 200
arrived s2 e0 >/dev/null
for on in 1 0; do
  vs_sysctl snat_reroute $on
  echo "-- snat_reroute=$on"
  c peer ask udp $VIP 53 1 sport=530$on timeout=100
  c peer ask udp $VIP6 53 1 sport=530$on timeout=100
  echo "to the other router:"; arrived s2 e0 | grep 530$on
  echo "to the client:"; arrived c c0
done
d ip rule del from $VIP lookup 200
d ip -6 rule del from $VIP6 lookup 200
arrived s1 e0 >/dev/null

echo "== tunnelled to the director, which is a server too"
d ip link set tunl0 up
c ip link add t0 type ipip local 10.1.0.2 remote 10.1.0.1
c ip link set t0 up
c ip route add $VIP/32 dev t0
vs -A -u $VIP:8080 -s rr
vs -a -u $VIP:8080 -r 10.2.1.2:53 -m
for on in 0 1; do
  vs_sysctl ignore_tunneled $on
  echo "ignore_tunneled=$on: $(c peer ask udp $VIP 8080 1 bind=10.1.0.2 sport=540$on)"
done
vs_sysctl ignore_tunneled 0
vs -C
