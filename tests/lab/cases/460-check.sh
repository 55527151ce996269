# SPDX-License-Identifier: GPL-2.0-or-later
# brief: no
# runs-on: ours
# timeout: 1800
# ipvsadm --check: nothing is wrong with directors as they should be; of each fault it names that one and nothing else, and the
# commands that it gives mend it.
topology 2
modprobe -a ip_vs ipip nf_tables
serve 2 80
mkdir -p /tmp/lab
fetch() { ask tcp 80 "$1" 2>&1; }
quiet_server() { at "s$1" sh -c "echo $2 >/proc/sys/net/ipv4/conf/all/arp_ignore; echo $3 >/proc/sys/net/ipv4/conf/all/arp_announce"; }
for i in 1 2; do quiet_server $i 1 2; done

# look: what is found, in /tmp/lab/check; the exit status in $code
look() {
  at d "${1:-ipvsadm}" --check --json >/tmp/lab/check 2>/tmp/lab/check.err
  code=$?
}
ids() { jq -r '.findings[].id' /tmp/lab/check | sort -u | tr '\n' ' ' | sed 's/ $//'; }
# healthy TEXT: nothing at all is found, and said
healthy() {
  said=$(vs --check 2>&1)
  is "$1: nothing is found" "$? $said" "0 "
}
# fault ID TEXT: this is found and nothing else
fault() {
  look
  is "$2" "$(ids)" "$1"
  [ "$(ids)" = "$1" ] || cat /tmp/lab/check
  case $(jq -r '.findings[0].severity' /tmp/lab/check) in
    note) is "... which is a note" $code 0 ;;
    *) is "... which the exit status says" $code 21 ;;
  esac
}
# What counters say of a server that could not answer is true until it has answered somebody.
is_well() {
  look
  [ "$code $(ids)" = "0 " ] || { at c peer ask tcp $VIP 80 2; false; }
}
# mended: all is well again
mended() {
  eventually "... and all is well" 20 is_well
  [ -z "$(ids)" ] || cat /tmp/lab/check
}
# mend [COMMAND...]: what was found is mended by the commands that were given, where they were said to be given; the command is
# what has to happen besides
mend() {
  jq -r '.findings[] | (.on // "here") as $on | .commands[] | $on + " " + .' /tmp/lab/check >/tmp/lab/mend
  [ -s /tmp/lab/mend ] || not_ok "there is a command that mends it"
  while read -r where command; do
    case $where in here) where=d ;; 10.2.1.2) where=s1 ;; 10.2.2.2) where=s2 ;; esac
    check "... $command" at $where sh -c "$command"
  done </tmp/lab/mend
  [ $# = 0 ] || "$@"
  mended
}
served() { eventually "... a client is served" 20 sh -c "at c peer ask tcp $VIP 80 2 | grep -q 's1\|s2'"; }
served6() { eventually "... a client is served" 20 sh -c "at c peer ask tcp $VIP6 80 2 | grep -q 's1\|s2'"; }

# --- as they should be ---
is "a director without a service" "$(look; ids)" ""
pool -t rr -m 2
has "a client is served by NAT" "$(fetch 4)" s1
healthy "NAT"
pool6 -t rr -m 2
has "... of IPv6" "$(ask6 tcp 80 4)" s2
healthy "NAT of both families"
vs -C
pool -t rr -g 2
pool6 -t rr -g 2
has "a client is served by direct routing" "$(fetch 4)" s2
healthy "direct routing"
vs -C
tunnel_ends
vs_sysctl tunnel_mss 1
pool -t rr -i 2
pool6 -t rr -i 2
has "a client is served through tunnels" "$(fetch 4)" s1
healthy "tunnels"
vs -C
is "what is printed" "$(vs -A -t $VIP:81 -s rr; vs --check)" "warning: TCP $VIP:81: it has no servers, so clients are refused: add one, or delete it [service-empty]
    ipvsadm -D -t $VIP:81"
fault service-empty "a service without servers"
mend

# --- addresses, with direct routing ---
pool -t rr -g 2
ip -n d addr del $VIP/32 dev d0
fault address-missing "no virtual address"
refuse "... nobody is served" c curl -s -m 1 http://$VIP/
mend served
ip -n d link set d0 down
fault address-down "its device is down"
refuse "... nobody is served" c curl -s -m 1 http://$VIP/
mend served
# what IPv6 forgets of a device that is down
ip -n d addr add fd01::1/64 dev d0 nodad
ip -n d addr add $VIP6/128 dev d0 nodad
ip -n d addr del $VIP/32 dev d0
ip -n d link add vip0 type dummy
ip -n d addr add $VIP/32 dev vip0
mended
served
ip -n d link del vip0
ip -n d addr add $VIP/32 dev d0
ip -n d addr add $VIP/16 dev lo
fault address-mask-loopback "its network on lo"
mend
ip -n d addr del $VIP/32 dev lo
ip -n d addr del $VIP/32 dev d0
ip -n d addr add $VIP/16 dev d0
fault address-mask "the mask of its network"
mend served
ip -n c addr add $VIP/32 dev c0
fault address-in-use "somebody else answers"
ip -n d addr del $VIP/32 dev d0
fault address-elsewhere "somebody else has it, as in a pair"
is "... nobody has been asked: it is not here" "$(at d ipvsadm --check=passive --json | jq -r '.findings[].id')" address-missing
ip -n c addr del $VIP/32 dev c0
ip -n d addr add $VIP/32 dev d0
mended
# the next hop of others is where servers are, too
ip -n d route add default via 10.2.1.2
quiet_server 1 0 0
fault server-answers "a server answers ARP requests"
is "... who is not asked does not answer" "$(vs --check=passive)" ""
mend
quiet_server 1 1 2
ip -n d route del default
ip -n d route change 10.2.1.0/24 dev d1 src $VIP
fault source-is-virtual "the director speaks with a server by its own address"
mend
ip -n d route del 10.2.1.2/32
ip -n d route change 10.2.1.0/24 dev d1 src 10.2.1.1
mended

# --- IPv6 ---
pool6 -t rr -g 2
ip -n d -6 route add default via fd02:1::2
ip -n s1 addr add $VIP6/128 dev e0 nodad
fault server-answers "a server answers neighbour solicitations"
ip -n s1 addr del $VIP6/128 dev e0
ip -n d -6 route del default
mended
ip -n d addr del $VIP6/128 dev d0
ip -n d addr add $VIP6/128 dev lo nodad
c ip neigh flush dev c0
fault address-unanswered "an address of IPv6 on another device than its network"
refuse "... nobody is served" c curl -s -m 1 "http://[$VIP6]/"
mend served6
ip -n d addr del $VIP6/128 dev lo
mended
ip -n c addr add $VIP6/128 dev c0 nodad
d sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/accept_dad'
ip -n d addr del $VIP6/128 dev d0
ip -n d addr add $VIP6/128 dev d0
eventually "the kernel finds out that somebody has it" 20 sh -c "ip -n d addr show dev d0 | grep -q dadfailed"
fault address-duplicate "somebody had it before"
ip -n c addr del $VIP6/128 dev c0
ip -n d addr del $VIP6/128 dev d0
ip -n d addr add $VIP6/128 dev d0 nodad
mended
vs -C
pool6 -t rr -m 2
d sh -c 'echo 0 >/proc/sys/net/ipv6/conf/all/forwarding'
fault nat-no-forwarding "NAT without forwarding"
mend served6
vs -C

# --- servers ---
pool -t rr -g 2
ip -n d route add 10.8.0.0/24 via 10.2.1.2
vs -a -t $VIP:80 -r 10.8.0.1:80 -g
fault dr-not-connected "direct routing through a router"
mend
vs -d -t $VIP:80 -r 10.8.0.1:80
vs_sysctl tunnel_mss 0
for i in 1 2; do vs -e -t $VIP:80 -r 10.2.$i.2:80 -i; done
fault tunnel-mtu "what does not fit into a tunnel"
mend
vs -C

pool -t rr -m 2
vs -a -t $VIP:80 -r 10.9.9.9:80 -m
fault server-no-route "no route"
mend
vs -d -t $VIP:80 -r 10.9.9.9:80
ip -n d link set d2 down
fault server-no-route "a device that is down"
mend
ip -n d addr add fd02:2::1/64 dev d2 nodad
vs -a -t $VIP:80 -r 10.2.1.99:80 -m
fault server-unreachable "nobody has that address"
mend
vs -d -t $VIP:80 -r 10.2.1.99:80
ip -n s2 link set e0 down
fault server-unreachable "a cable that is cut"
ip -n s2 link set e0 up
ip -n s2 route add default via 10.2.2.1
wait_until 20 sh -c 'ip -n d link show d2 | grep -q LOWER_UP'
mended
for i in 1 2; do vs -e -t $VIP:80 -r 10.2.$i.2:80 -m -w 0; done
fault service-quiesced "all weights are 0"
mend served
reload_ipvs
pool -t rr -m 2
fetch 4 >/dev/null
for i in 1 2; do vs -e -t $VIP:80 -r 10.2.$i.2:80 -m -x 2; done
fault service-overloaded "all servers are full"
mend served
vs -C

# --- NAT ---
pool -t rr -m 2
d sh -c 'echo 0 >/proc/sys/net/ipv4/ip_forward'
fault nat-no-forwarding "NAT without forwarding"
refuse "... nobody is served" c curl -s -m 1 http://$VIP/
mend served
reload_ipvs
pool -t rr -m 1
ip -n d route add default via 10.2.1.2
d sh -c 'echo 1 >/proc/sys/net/ipv4/conf/d1/send_redirects'
fault nat-redirects "clients and servers by one device, with redirects"
mend
ip -n d route del default
ip -n s1 route replace default via 10.3.1.1
for port in 7001 7002 7003; do client_sends src=10.1.0.2 dst=$VIP sport=$port dport=80 flags=S; done
fault nat-no-answer "answers go another way"
mend served
reload_ipvs
pool -t rr -m 1
server_sends 1 src=10.2.1.50 dst=$VIP sport=7000 dport=80 flags=S
fault nat-client-beside-server "a client in the network of its server"
mend server_sends 1 src=10.2.1.50 dst=$VIP sport=7000 dport=80 flags=A
ip -n s1 route del 10.2.1.50/32
reload_ipvs
pool -t rr -m 1
ip -n d route add default via 10.1.0.2
vs -a -t $VIP:80 -r 10.8.0.1:80 -m
ip -n d route del 10.8.0.0/24
fault nat-behind-router "a NAT server behind the router of the clients"
mend
d iptables -t nat -F
vs -d -t $VIP:80 -r 10.8.0.1:80
ip -n d route del default
vs_sysctl conntrack 0
d iptables -t nat -A POSTROUTING -o d0 -j MASQUERADE
fault nat-rules-bypassed "rules that do not see balanced connections"
mend
d iptables -t nat -F
vs_sysctl conntrack 0
mended

# --- netfilter ---
filter() {
  d nft "add table inet filter; add chain inet filter $1 { type filter hook $1 priority 0; policy drop; }
    add rule inet filter $1 ct state established,related accept; add rule inet filter $1 iifname lo accept
    add rule inet filter $1 tcp dport { 22, 443 } accept; add rule inet filter $1 icmp type echo-request accept"
}
filter input
fault firewall "a chain that lets no client in"
refuse "... nobody is served" c curl -s -m 1 http://$VIP/
mend served
d nft delete table inet filter
filter forward
fault firewall "a chain that lets no answer out"
refuse "... nobody is served" c curl -s -m 1 http://$VIP/
mend served
d nft delete table inet filter
filter output
fault firewall "a chain that lets nothing to the server"
refuse "... nobody is served" c curl -s -m 1 http://$VIP/
mend served
d nft delete table inet filter
d iptables -P INPUT DROP
d iptables -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
d iptables -A INPUT -i lo -j ACCEPT
d iptables -A INPUT -p tcp --dport 22 -j ACCEPT
fault firewall "rules of iptables"
refuse "... nobody is served" c curl -s -m 1 http://$VIP/
mend served
d iptables -P INPUT ACCEPT
d iptables -F INPUT

# --- settings ---
vs_sysctl drop_entry 3
fault defense-always "a defence that is always on"
mend
d sh -c 'echo 1 >/proc/sys/net/ipv4/conf/d0/rp_filter'
mended
client_sends src=10.2.1.77 dst=$VIP sport=7000 dport=80 flags=S
fault source-filter "packets dropped for their source"
mend
vs_sysctl conntrack 1
vs_sysctl fast_path 1
fault fast-path-idle "a fast path that takes nothing"
mend
vs_sysctl conntrack 0
ip -n d link add sync0 type dummy
ip -n d addr add 10.9.0.1/24 dev sync0
ip -n d link set sync0 up
vs --start-daemon master --mcast-interface sync0
healthy "a daemon"
ip -n d link set sync0 down
fault sync-interface "the interface of a daemon is down"
mend
ip -n d addr flush dev sync0
fault sync-interface "the interface of a daemon has no address"
mend

# --- what cannot be looked at ---
printf '#!/bin/sh\nexec setpriv --inh-caps=-net_raw --bounding-set=-net_raw ipvsadm "$@"\n' >/tmp/lab/weak
printf '#!/bin/sh\nexec setpriv --inh-caps=-net_admin --bounding-set=-net_admin ipvsadm "$@"\n' >/tmp/lab/none
chmod +x /tmp/lab/weak /tmp/lab/none
look /tmp/lab/weak
is "without the right to ask the network" "$code $(ids)" "0 not-checked"
look /tmp/lab/none
is "without the right to ask IPVS" "$code" 2
d iptables-legacy -t filter -S >/dev/null
fault firewall-legacy "a table of iptables-legacy"
vs -C
no_ipvs
look
is "without IPVS" "$code" 2
has "... which is said" "$(cat /tmp/lab/check.err)" "IP Virtual Server"
check "... and it is not loaded" sh -c '! grep -q ^ip_vs /proc/modules'
