# SPDX-License-Identifier: GPL-2.0-or-later
# Real servers as README.md sets them up, on servers that know nothing yet: what fails before and works afterwards.
topology 2
modprobe ip_vs

# The lines of README.md: tests/install/run looks whether they are all here.
direct_server='
sysctl -w net.ipv4.conf.all.arp_ignore=1
sysctl -w net.ipv4.conf.all.arp_announce=2
ip addr add 192.0.2.10/32 dev lo
'
tunnel_server='
modprobe ipip && ip link set tunl0 up
sysctl -w net.ipv4.conf.all.rp_filter=0
sysctl -w net.ipv4.conf.tunl0.rp_filter=0
'
each_server() { for i in 1 2; do check "$1 s$i" at s$i sh -ec "$2"; done; }

vip=192.0.2.10 vip6=2001:db8::10
ip -n d addr add $vip/32 dev d0
ip -n d addr add $vip6/128 dev d0 nodad
for i in 1 2; do
  at s$i ip rule add from $vip lookup 100
  at s$i ip -6 rule add from $vip6 lookup 100
done
serve 2 80
# known ADDRESS: somebody behind c1, which is the network of the client and server s1, answers for it
known() {
  ip -n c neigh flush dev c1
  c ping -c 1 -W 2 -I c1 "$1" >/dev/null 2>&1
  ip -n c neigh show "$1" dev c1 | grep -q lladdr
}
ip -n c route add $vip/32 dev c1 table 9
ip -n c -6 route add $vip6/128 dev c1 table 9
ip -n c rule add oif c1 lookup 9
ip -n c -6 rule add oif c1 lookup 9

at s1 ip addr add $vip/32 dev lo
check "a server with the address and no more answers ARP requests for it" known $vip
at s1 ip addr del $vip/32 dev lo
each_server "README.md for direct routing:" "$direct_server"
refuse "... one as in README.md does not" known $vip
check "... but for its own" known 10.3.1.2
# What it asks with is known to whoever is asked.
ip -n c neigh flush dev c1
ip -n s1 neigh flush dev f0
s1 ping -c 1 -W 2 -I $vip 10.3.1.1 >/dev/null 2>&1
has "... and asks with its own" "$(ip -n c neigh show dev c1)" "10.3.1.2 "
has_not "... and not with the virtual one" "$(ip -n c neigh show dev c1)" "$vip "
at s1 ip addr add $vip6/128 dev lo nodad
at s2 ip addr add $vip6/128 dev lo nodad
refuse "nobody answers neighbour solicitations for an address of lo" known $vip6
check "... but for its own" known fd03:1::2

vs -A -t $vip:80 -s rr
vs -A -t "[$vip6]:80" -s rr
for i in 1 2; do
  vs -a -t $vip:80 -r 10.2.$i.2 -g
  vs -a -t "[$vip6]:80" -r "[fd02:$i::2]:80" -g
done
is "direct routing" "$(ask_at $vip tcp 80 4 | spread)" "s1=2 s2=2"
is "... over IPv6" "$(ask_at $vip6 tcp 80 4 | spread)" "s1=2 s2=2"

for i in 1 2; do vs -e -t $vip:80 -r 10.2.$i.2 -i; done
modprobe ipip
for i in 1 2; do at s$i sh -c 'ip link set tunl0 up; for c in all tunl0; do echo 1 >/proc/sys/net/ipv4/conf/$c/rp_filter; done'; done
# by rp_filter, at both
dropped() {
  for i in 1 2; do at s$i cat /proc/net/netstat; done | awk '
    /^TcpExt:/ && !names { for (i = 1; i <= NF; i++) if ($i == "IPReversePathFilter") field = i; names = 1; next }
    /^TcpExt:/ { sum += $field; names = 0 }
    END { print sum }'
}
before=$(dropped)
has_not "a tunnel to a server that looks at the way back" "$(ask_at $vip tcp 80 1 timeout=1500)" "s[12]"
check "... which counts what it drops" [ "$(dropped)" -gt "$before" ]
each_server "README.md for tunnels:" "$tunnel_server"
is "... lets it through" "$(ask_at $vip tcp 80 4 | spread)" "s1=2 s2=2"
