# SPDX-License-Identifier: GPL-2.0-or-later
# tools: debian
# One-packet scheduling: every packet is a connection of its own. Replies to NAT are translated by ours only:
# cases/212-one-packet.sh.
topology 1
modprobe ip_vs
fake_hosts
listen_on s1 e0
listen_on c c0
see() { echo "\$ $*"; "$@"; arrived s1 e0; arrived c c0; conns_sorted; }
for method in -m -g; do
  echo "== $method"
  vs -A -u $VIP:53 -s rr -o
  for n in 11 12; do vs -a -u $VIP:53 -r 10.2.1.$n:53 $method; done
  see client_sends src=10.1.0.77 dst=$VIP proto=udp sport=3001 dport=53 len=4 count=3
  # from a port that replies to the other method are not awaited at
  [ $method = -m ] || see server_sends 1 src=10.2.1.11 dst=10.1.0.77 proto=udp sport=53 dport=3011 len=8
  see client_sends src=10.1.0.77 dst=$VIP proto=udp sport=3001 dport=53 len=4 ttl=1
  # an error about a reply finds nothing either
  see client_sends src=10.1.0.77 dst=$VIP proto=icmp type=3 code=3 in.src=$VIP in.dst=10.1.0.77 in.proto=udp in.sport=53 in.dport=3001
  vs -e -u $VIP:53 -r 10.2.1.11:53 $method -w 0
  vs -e -u $VIP:53 -r 10.2.1.12:53 $method -w 0
  see client_sends src=10.1.0.77 dst=$VIP proto=udp sport=3001 dport=53 len=4
  stats_settle "^UDP +$VIP:53 +4 +4 +0"
  vst -Ln --stats --exact
  vs -C
done
echo "== TCP is not split"
vs -A -t $VIP:80 -s rr -o
vs -a -t $VIP:80 -r 10.2.1.11:80 -m
see client_sends src=10.1.0.77 dst=$VIP sport=3002 dport=80 flags=S count=2
echo "== with persistence: a template, and no connection"
vs -A -u $VIP:54 -s rr -o -p 200
for n in 11 12; do vs -a -u $VIP:54 -r 10.2.1.$n:54 -m; done
see client_sends src=10.1.0.77 dst=$VIP proto=udp sport=3003 dport=54 len=4 count=3
vst -Ln
echo "== IPv6"
vs -A -u "[$VIP6]:53" -s rr -o
for n in 11 12; do vs -a -u "[$VIP6]:53" -r "[fd02:1::$n]:53" -m; done
see client_sends src=fd01::77 dst=$VIP6 proto=udp sport=3001 dport=53 len=4 count=3
# a client of the service before it was one-packet keeps what it has
vs -A -u $VIP:55 -s rr
for n in 11 12; do vs -a -u $VIP:55 -r 10.2.1.$n:55 -m; done
see client_sends src=10.1.0.77 dst=$VIP proto=udp sport=3004 dport=55 len=4
vs -E -u $VIP:55 -s rr -o
see client_sends src=10.1.0.77 dst=$VIP proto=udp sport=3004 dport=55 len=4
see client_sends src=10.1.0.77 dst=$VIP proto=udp sport=3005 dport=55 len=4
vs -C
