# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120
# Packets that this host makes: of its own clients, which are no softirq, and those of tunnels, which a VRF sees.
topology 1
modprobe ip_vs
modprobe vrf
fake_hosts
listen_on s1 e0

vs -A -u $VIP:53 -s rr
vs -a -u $VIP:53 -r 10.2.1.11:53 -m
vs -A -u "[$VIP6]:53" -s rr
vs -a -u "[$VIP6]:53" -r '[fd02:1::11]:53' -m
before=$(drops ttl)
errors() { d sh -c "awk '/^Ip: [0-9]/ { print \$5 }' /proc/net/snmp; awk '\$1 == \"Ip6InHdrErrors\" { print \$2 }' /proc/net/snmp6" | tr '\n' ' '; }
was=$(errors)
d sh -c 'echo 1 >/proc/sys/net/ipv4/ip_default_ttl; echo 1 >/proc/sys/net/ipv6/conf/all/hop_limit; echo 1 >/proc/sys/net/ipv6/conf/default/hop_limit
  for i in /proc/sys/net/ipv6/conf/*/hop_limit; do echo 1 >$i; done'
d peer ask udp $VIP 53 1 timeout=100 >/dev/null
d peer ask udp $VIP6 53 1 timeout=100 >/dev/null
is "a local client's TTL ends here" "$(drops ttl)" $((before + 2))
set -- $was
is "... and is counted as an error of a header" "$(errors)" "$(($1 + 1)) $(($2 + 1)) "
d sh -c 'echo 64 >/proc/sys/net/ipv4/ip_default_ttl
  for i in /proc/sys/net/ipv6/conf/*/hop_limit; do echo 64 >$i; done'
is "nothing left" "$(arrived s1 e0)" ""
vs -C

# the servers' device is a VRF's, and they are reached by a route that leads there
ip -n d link add v0 type vrf table 10
ip -n d link set v0 up
ip -n d link set d1 master v0
ip -n d route add 10.2.1.11/32 dev d1
ip -n d -6 route add fd02:1::11/128 dev d1
mac s1 e0
ip -n d neigh replace 10.2.1.11 dev d1 lladdr "$mac"
ip -n d neigh replace fd02:1::11 dev d1 lladdr "$mac"
background v0 at d peer capture dev=v0 out
wait_until 10 in_file ready v0 || not_ok "capture starts"
port=5000
for server in 10.2.1.11 '[fd02:1::11]'; do
  port=$((port + 1))
  vs -A -u $VIP:53 -s rr
  vs -a -u $VIP:53 -r "$server:53" -i
  client_sends src=10.1.0.77 dst=$VIP proto=udp sport=$port dport=53 len=10
  has "to $server: the tunnel's packet leaves" "$(arrived s1 e0)" "\{10.1.0.77:$port > 10.1.0.100:53 udp data=10 sum=ok"
  eventually "to $server: the VRF has seen it" 5 in_file "\{10.1.0.77:$port > 10.1.0.100:53 udp" v0
  vs -C
done
