# SPDX-License-Identifier: GPL-2.0-or-later
# brief: no
# timeout: 300
# Ways to servers that users ask for in vain elsewhere: loopback addresses, marks and VRFs, segment sizes of tunnels; and
# what a program on the director hears.
topology 2
modprobe ip_vs
serve 2 80 53

# --- a service on a loopback address: it works, or is refused, but nobody waits ---
for each in "-t 127.0.0.1:81 10.2.1.2:80 127.0.0.1" "-t [::1]:81 [fd02:1::2]:80 ::1"; do
  set -- $each
  vs -A "$1" "$2" -s rr
  for method in -m -g -i; do
    if [ "$module" = intree ]; then
      has "$2, $method to a remote server: refused, or served" \
        "$(vs -a "$1" "$2" -r "$3" $method 2>&1; d peer ask tcp "$4" 81 1 timeout=2500)" "^s1$|invalid|unreachable"
      vs -d "$1" "$2" -r "$3"
    else
      has "$2, $method to a remote server: refused, with a reason" "$(vs -a "$1" "$2" -r "$3" $method 2>&1)" "loopback address"
    fi
  done
  vs -D "$1" "$2"
done
background local at d peer serve local 8080
wait_until 10 in_file ready local
vs -A -t 127.0.0.1:81 -s rr
vs -a -t 127.0.0.1:81 -r 127.0.0.1:8080 -m
is "a server on this host is taken, and serves" "$(d peer ask tcp 127.0.0.1 81 1)" local
vs -D -t 127.0.0.1:81
d iptables -t mangle -A OUTPUT -d 127.0.0.1 -p tcp --dport 82 -j MARK --set-mark 9
vs -A -f 9 -s rr
vs -a -f 9 -r 10.2.1.2:80 -m
is "a mark on the way to a loopback address: an answer at once" "$(d peer ask tcp 127.0.0.1 82 1 timeout=4000)" unreachable
vs -D -f 9

# --- no server: a program on the director hears it as any client does, or nothing ---
vs -A -u $VIP:60 -s rr
is "UDP to a service without a server: refused" "$(d peer ask udp $VIP 60 1 bind=10.1.0.1 timeout=1000)" refused
vs -A -u "[$VIP6]:60" -s rr
is "... IPv6" "$(d peer ask udp $VIP6 60 1 bind=fd01::1 timeout=1000)" refused
vs_sysctl drop_packet 3
vs_sysctl am_droprate 1
vs -A -u $VIP:61 -s rr
vs -a -u $VIP:61 -r 10.2.1.2:53 -m
is "UDP that is dropped for overload: silence" "$(d peer ask udp $VIP 61 1 bind=10.1.0.1 timeout=300)" timeout
vs_sysctl drop_packet 0
vs -C

# --- one mark for both families, with persistence ---
for ipt in iptables ip6tables; do
  d $ipt -t mangle -A PREROUTING -i d0 -p tcp --dport 83 -j MARK --set-mark 5
done
vs -A -f 5 -s rr -p 60
vs -a -f 5 -r 10.2.1.2:80 -m
vs -A -f 5 -6 -s rr -p 60
vs -a -f 5 -6 -r '[fd02:2::2]:80' -m
vs -A -t $VIP:83 -s rr
vs -A -t "[$VIP6]:83" -s rr
# a persistent mark keeps the port of the packet
d iptables -t mangle -F
d iptables -t mangle -A PREROUTING -i d0 -p tcp --dport 80 -j MARK --set-mark 5
d ip6tables -t mangle -F
d ip6tables -t mangle -A PREROUTING -i d0 -p tcp --dport 80 -j MARK --set-mark 5
is "mark 5, IPv4" "$(ask tcp 80 2 | spread)" "s1=2"
is "mark 5, IPv6" "$(ask6 tcp 80 2 | spread)" "s2=2"
is "IPv4 again" "$(ask tcp 80 2 | spread)" "s1=2"
has "each has its own template" "$(conns | awk '$3 == "0000"' | wc -l)" 2
vs -C
d iptables -t mangle -F
d ip6tables -t mangle -F

# --- SNAT of others to the number of a service's port ---
pool -t rr -m 1
vs_sysctl conntrack 1
d iptables -t nat -A POSTROUTING -o d0 -s 10.2.2.0/24 -p tcp -j SNAT --to-source $VIP:80
background web at c peer serve web 8088
wait_until 10 in_file ready web
is "a host behind the director, as the service's own address and port" "$(s2 peer ask tcp 10.1.0.2 8088 1)" web
is "... and the service itself" "$(ask tcp 80 1)" s1
d iptables -t nat -F
vs_sysctl conntrack 0
vs -C

# --- routes by mark and VRF ---
if [ "$module" != intree ]; then
  # by mark 3 the server is somewhere else: behind s2
  s2 ip addr add 10.9.9.9/32 dev lo
  s2 ip -6 addr add fd09::9/128 dev lo nodad
  ip -n d route add 10.9.9.9/32 via 10.2.1.2
  ip -n d route add fd09::9/128 via fd02:1::2
  ip -n d route add 10.9.9.9/32 via 10.2.2.2 table 300
  ip -n d route add fd09::9/128 via fd02:2::2 table 300
  ip -n d rule add fwmark 3 lookup 300
  ip -n d -6 rule add fwmark 3 lookup 300
  s1 ip addr add 10.9.9.9/32 dev lo
  s1 ip -6 addr add fd09::9/128 dev lo nodad
  for ipt in iptables ip6tables; do d $ipt -t mangle -A PREROUTING -i d0 -p tcp --sport 7777 -j MARK --set-mark 3; done
  vs -A -t $VIP:80 -s rr
  vs -a -t $VIP:80 -r 10.9.9.9:80 -m
  vs -A -t "[$VIP6]:80" -s rr
  vs -a -t "[$VIP6]:80" -r '[fd09::9]:80' -m
  ways() { echo "$(ask tcp 80 1 sport=$1) $(ask tcp 80 1 sport=7777 rst) $(ask6 tcp 80 1 sport=$1) $(ask6 tcp 80 1 sport=7777 rst)"; }
  is "route_context=0: the mark is nothing" "$(ways 7600)" "s1 s1 s1 s1"
  vs_sysctl route_context 1
  is "route_context=1: the mark leads" "$(ways 7601)" "s1 s2 s1 s2"
  is "... each time" "$(ways 7602)" "s1 s2 s1 s2"
  vs_sysctl route_context 0
  is "route_context=0 again" "$(ways 7603)" "s1 s1 s1 s1"
  for ipt in iptables ip6tables; do d $ipt -t mangle -F; done
  # the client's device in a VRF, whose table knows the server behind s2
  ip -n d link add blue type vrf table 300
  ip -n d link set blue up
  ip -n d link set d0 master blue
  ip -n d link set d2 master blue
  for a in 10.1.0.1/16 $VIP/32; do ip -n d addr replace $a dev d0; done
  for a in fd01::1/64 $VIP6/128; do ip -n d -6 addr replace $a dev d0 nodad; done
  ip -n d -6 addr replace fd02:2::1/64 dev d2 nodad
  ip -n d route replace 10.9.9.9/32 via 10.2.2.2 dev d2 table 300
  ip -n d route replace fd09::9/128 via fd02:2::2 dev d2 table 300
  vs_sysctl route_context 2
  is "route_context=2: the VRF leads" "$(ask tcp 80 1 sport=7604)" s2
  is "... IPv6" "$(ask6 tcp 80 1 sport=7604)" s2
  vs_sysctl route_context 0
fi
vs -C
