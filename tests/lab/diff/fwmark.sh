# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
# tools: debian
# Services by mark, and which service a packet belongs to when several would have it.
topology 1
modprobe ip_vs
fake_hosts
listen_on s1 e0
listen_on c c0
see() { echo "\$ $*"; "$@"; arrived s1 e0; arrived c c0; }
mark() { d iptables -t mangle -A PREROUTING -s 10.1.0.77 "$@"; d ip6tables -t mangle -A PREROUTING -s fd01::77 "$@"; }
udp="client_sends src=10.1.0.77 dst=$VIP proto=udp len=4"
tcp="client_sends src=10.1.0.77 dst=$VIP"
udp6="client_sends src=fd01::77 dst=$VIP6 proto=udp len=4"

echo "== a mark comes before an address"
mark -p udp --dport 53 -j MARK --set-mark 1
mark -p tcp --dport 80 -j MARK --set-mark 1
vs -A -u $VIP:53 -s rr
vs -a -u $VIP:53 -r 10.2.1.15:53 -m
vs -A -f 1 -s rr
vs -a -f 1 -r 10.2.1.11:8080 -m
vs -a -f 1 -r 10.2.1.12:0 -m
see $udp sport=2001 dport=53
see $udp sport=2002 dport=53
see $tcp sport=2001 dport=80 flags=S
see $tcp sport=2002 dport=80 flags=S
# another mark is nobody's, no mark the address's
mark -p udp --dport 53 -j MARK --set-mark 2
see $udp sport=2003 dport=53
conns_sorted
echo "== families are apart"
see $udp6 sport=2004 dport=53
vs -A -f 2 -6 -s rr
vs -a -f 2 -6 -r '[fd02:1::11]:53' -m
see $udp6 sport=2005 dport=53
see $udp sport=2006 dport=53
echo "== address and port, FTP, all ports"
vs -A -t $VIP:21 -s rr -p 100
vs -a -t $VIP:21 -r 10.2.1.11 -g
vs -A -t $VIP:0 -s rr -p 100
vs -a -t $VIP:0 -r 10.2.1.12 -g
vs -A -t $VIP:5000 -s rr
vs -a -t $VIP:5000 -r 10.2.1.13:5000 -g
picks_at() { for p in "$@"; do $tcp sport=2101 dport=$p flags=S; done; conns_sorted | grep ' 0835 '; }
picks_at 20 21 22 1023 1024 5000 5001
vs -D -t $VIP:21
vs -A -t $VIP:21 -s rr
vs -a -t $VIP:21 -r 10.2.1.11 -g
see $tcp sport=2102 dport=20 flags=S
see $tcp sport=2102 dport=21 flags=S
see $tcp sport=2102 dport=2000 flags=S
echo "== all ports, but not persistent"
vs -A -u $VIP:0 -s rr
vs -a -u $VIP:0 -r 10.2.1.11 -g
see $udp sport=2103 dport=99
echo "== from port 20"
see $tcp sport=20 dport=5000 flags=S
# a UDP client with that port is served by ours, on purpose
vst -Ln

echo "== addresses that are not ours, by mark"
vs -C
d ip rule add fwmark 9 lookup 100
d ip route add local default dev lo table 100
d ip -6 rule add fwmark 9 lookup 100
d ip -6 route add local default dev lo table 100
d iptables -t mangle -F
d ip6tables -t mangle -F
mark -p udp -j MARK --set-mark 9
vs -A -f 9 -s rr
vs -A -f 9 -6 -s rr
for on in 0 1; do
  vs_sysctl cache_bypass $on
  echo "-- cache_bypass=$on"
  see client_sends src=10.1.0.77 dst=10.2.1.14 proto=udp sport=220$on dport=53 len=4
  see client_sends src=10.1.0.77 dst=$VIP proto=udp sport=221$on dport=53 len=4
  see client_sends src=fd01::77 dst=fd02:1::14 proto=udp sport=222$on dport=53 len=4
  conns_sorted
done
vs_sysctl cache_bypass 0
vs -a -f 9 -r 10.2.1.11:0 -g
vs -a -f 9 -6 -r '[fd02:1::11]:0' -g
see client_sends src=10.1.0.77 dst=10.2.1.14 proto=udp sport=2201 dport=53 len=4
see client_sends src=10.1.0.77 dst=198.51.100.1 proto=udp sport=2230 dport=53 len=4
see client_sends src=fd01::77 dst=2001:db8::1 proto=udp sport=2230 dport=53 len=4
conns_sorted

echo "== one packet"
vs -E -f 9 -s rr -o
see client_sends src=10.1.0.77 dst=198.51.100.1 proto=udp sport=2240 dport=53 len=4 count=2
see client_sends src=10.1.0.77 dst=198.51.100.1 proto=icmp type=8 len=4
conns_sorted | grep -c ' 08C0 '
vs -C
