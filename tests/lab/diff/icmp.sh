# SPDX-License-Identifier: GPL-2.0-or-later
# tools: debian
# What client and server see on the wire when packets cannot go on, and what becomes of ICMP errors
# and fragments.
topology 1
modprobe ip_vs
fake_hosts
modprobe ipip
listen_on c c0
listen_on s1 e0
# see: what came out at both ends
see() {
  echo "\$ $*"
  "$@"
  arrived s1 e0
  # reassembly that times out is told at some later moment
  arrived c c0 | grep -v -e 'icmp 11/1' -e 'icmp6 3/1'
}
port=3000
for method in -m -g -i; do
  port=$((port + 1))
  echo "== $method"
  fake_pool -u rr $method 53 1 >/dev/null
  udp="client_sends src=10.1.0.77 dst=$VIP proto=udp sport=$port dport=53"
  see $udp len=10
  see $udp len=10 df tos=0xb9
  # the in-tree module's NAT makes up a checksum where there was none
  if [ $method = -m ]; then
    see $udp len=10 nosum | only intree sed 's/ sum=[a-z]* / sum=none /'
  else
    see $udp len=10 nosum
  fi
  see $udp len=10 badsum
  see $udp len=10 ttl=1
  see $udp len=10 ttl=2
  see $udp len=3000 fragsize=1200 id=7
  see $udp len=3000 fragsize=1200 id=8 reverse
  see $udp len=100 frag=100
  see $udp len=100 mf id=9
  ip -n d link set d1 mtu 1300
  see $udp len=1400 df
  see $udp len=1400
  see $udp len=1272 df
  ip -n d link set d1 mtu 1500
  see server_sends 1 src=10.2.1.11 dst=10.1.0.77 proto=udp sport=53 dport=$port len=20
  see server_sends 1 src=$VIP dst=10.1.0.77 proto=icmp type=3 code=3 in.src=10.1.0.77 in.dst=$VIP in.proto=udp in.sport=$port in.dport=53
  see server_sends 1 src=10.2.1.11 dst=10.1.0.77 proto=icmp type=3 code=3 in.src=10.1.0.77 in.dst=10.2.1.11 in.proto=udp in.sport=$port in.dport=53
  see server_sends 1 src=10.2.1.99 dst=10.1.0.77 proto=icmp type=11 code=0 in.src=10.1.0.77 in.dst=10.2.1.11 in.proto=udp in.sport=$port in.dport=53
  see client_sends src=10.1.0.77 dst=$VIP proto=icmp type=3 code=4 mtu=1300 in.src=$VIP in.dst=10.1.0.77 in.proto=udp in.sport=53 in.dport=$port
  see client_sends src=10.1.0.77 dst=$VIP proto=icmp type=3 code=3 badsum in.src=$VIP in.dst=10.1.0.77 in.proto=udp in.sport=53 in.dport=$port
  see client_sends src=10.1.0.77 dst=$VIP proto=icmp type=5 code=1 in.src=$VIP in.dst=10.1.0.77 in.proto=udp in.sport=53 in.dport=$port
  see client_sends src=10.1.0.77 dst=$VIP proto=icmp type=3 code=3 in.src=$VIP in.dst=10.1.0.77 in.proto=udp in.sport=53 in.dport=9
  see client_sends src=10.1.0.77 dst=$VIP proto=icmp type=8 len=20
  vs -C
done
for method in -m -g; do
  port=$((port + 1))
  echo "== IPv6 $method"
  vs -A -u "[$VIP6]:53" -s rr
  vs -a -u "[$VIP6]:53" -r '[fd02:1::11]:53' $method
  udp="client_sends src=fd01::77 dst=$VIP6 proto=udp sport=$port dport=53"
  see $udp len=10
  see $udp len=10 tos=0xb9
  see $udp len=10 ttl=1
  see $udp len=10 ttl=2
  see $udp len=3000 fragsize=1200 id=7
  see $udp len=3000 fragsize=1200 id=8 reverse
  ip -n d link set d1 mtu 1300
  see $udp len=1400
  see $udp len=1252
  ip -n d link set d1 mtu 1500
  see server_sends 1 src=fd02:1::11 dst=fd01::77 proto=udp sport=53 dport=$port len=20
  see server_sends 1 src=fd02:1::11 dst=fd01::77 proto=icmp6 type=1 code=4 in.src=fd01::77 in.dst=fd02:1::11 in.proto=udp in.sport=$port in.dport=53
  see client_sends src=fd01::77 dst=$VIP6 proto=icmp6 type=2 mtu=1300 in.src=$VIP6 in.dst=fd01::77 in.proto=udp in.sport=53 in.dport=$port
  see client_sends src=fd01::77 dst=$VIP6 proto=icmp6 type=1 code=4 badsum in.src=$VIP6 in.dst=fd01::77 in.proto=udp in.sport=53 in.dport=$port
  vs -C
done
echo "== nobody there"
vs -A -u $VIP:53 -s rr
vs -A -t $VIP:80 -s rr
vs -A -u "[$VIP6]:53" -s rr
vs -A -t "[$VIP6]:80" -s rr
vs -A -t $VIP:21 -s rr
see client_sends src=10.1.0.77 dst=$VIP proto=udp sport=4000 dport=53 len=10
see client_sends src=10.1.0.77 dst=$VIP sport=4000 dport=80 flags=S
see client_sends src=10.1.0.77 dst=$VIP sport=4000 dport=80 flags=A
see client_sends src=10.1.0.77 dst=$VIP sport=4000 dport=80 flags=R
see client_sends src=10.1.0.77 dst=$VIP sport=4000 dport=81 flags=S
see client_sends src=10.1.0.77 dst=$VIP sport=4000 dport=2000 flags=S
see client_sends src=10.1.0.77 dst=$VIP sport=20 dport=80 flags=S
see client_sends src=fd01::77 dst=$VIP6 proto=udp sport=4000 dport=53 len=10
see client_sends src=fd01::77 dst=$VIP6 sport=4000 dport=80 flags=S
see client_sends src=fd01::77 dst=$VIP6 sport=4000 dport=80 flags=A
vs -a -u $VIP:53 -r 10.9.9.9:53 -m
ip -n d route add unreachable 10.9.9.9
see client_sends src=10.1.0.77 dst=$VIP proto=udp sport=4001 dport=53 len=10
stats_settle "^UDP +$VIP:53 +1 +1 +0 +38"
vst -Ln --stats --exact
