# SPDX-License-Identifier: GPL-2.0-or-later
# runs-on: ours
# timeout: 300
# Clients whose addresses are translated on the way to the servers, with conntrack=1: which reply is whose, how long
# tracking entries live, and who must not carry packets past IPVS.
topology 1
modprobe ip_vs
serve 1 80 53
VIP2=10.1.0.101 VIP62=fd01::101
ip -n d addr add $VIP2/32 dev d0
ip -n d addr add $VIP62/128 dev d0 nodad
vs_sysctl conntrack 1
d iptables -t nat -A POSTROUTING -o d1 -j MASQUERADE
d ip6tables -t nat -A POSTROUTING -o d1 -j MASQUERADE
# straight to the server's network
ip -n c route replace 10.2.1.0/24 via 10.1.0.1
ip -n c -6 route replace fd02:1::/64 via fd01::1
for v in $VIP $VIP2; do
  vs -A -t $v:80 -s rr
  vs -a -t $v:80 -r 10.2.1.2:80 -m
  vs -A -u $v:53 -s rr
  vs -a -u $v:53 -r 10.2.1.2:53 -m
done
for v in $VIP6 $VIP62; do
  vs -A -t "[$v]:80" -s rr
  vs -a -t "[$v]:80" -r '[fd02:1::2]:80' -m
done

# talks NAME ADDR...: TCP connections from one port of the client, one after the other, that stay
talks() {
  family=$1
  shift
  for addr in "$@"; do
    mkfifo "/tmp/lab/in-$addr"
    background "talk-$addr" c peer talk "$addr" 80 "from=/tmp/lab/in-$addr" sport=7000 timeout=1500
    eventually "$family: connected to $addr" 3 in_file s1 "talk-$addr"
  done
  for addr in "$@"; do
    echo "word-$addr" >"/tmp/lab/in-$addr"
    eventually "$family: $addr answers, and with its own address" 3 in_file "word-$addr" "talk-$addr"
  done
}
mkdir -p /tmp/lab
talks IPv4 $VIP $VIP2 10.2.1.2
talks IPv6 $VIP6 $VIP62 fd02:1::2

# a datagram to each, all from one port; then the first once more, while the last is the newest
listen_on c c0
for v in $VIP $VIP2 10.2.1.2 $VIP; do
  is "UDP from one port: $v" "$(ask_at $v udp 53 1 sport=7100 timeout=1000)" s1
done

# The server says that a port is closed: the client hears of it from where it has sent to.
arrived c c0 >/dev/null
for v in $VIP $VIP2; do
  vs -A -u $v:99 -s rr
  vs -a -u $v:99 -r 10.2.1.2:99 -m
done
for v in $VIP $VIP2; do c peer ask udp $v 99 1 sport=7200 timeout=300 >/dev/null; done
c peer ask udp $VIP 99 1 sport=7200 timeout=300 >/dev/null
errors=$(arrived c c0)
has "an error comes from the address it is about" "$(printf '%s\n' "$errors" | tail -n 1)" \
  "^c0 $VIP > 10.1.0.2 icmp 3/3 .*\[10.1.0.2:7200 > $VIP:99"

# --- the server ends the connection with RST; the same port again, at once ---
fake_hosts
listen_on s1 e0
vs -A -t $VIP:90 -s rr
vs -a -t $VIP:90 -r 10.2.1.11:90 -m
client() { client_sends src=10.1.0.77 dst=$VIP sport=$port dport=90 "$@"; }
server() { server_sends 1 src=10.2.1.11 dst=10.2.1.1 sport=90 dport="$snat" "$@"; }
# what the director has made of the client's port
of_server() { sed -n 's/.*10\.2\.1\.1:\([0-9]*\) > 10\.2\.1\.11:90 tcp S .*/\1/p' | tail -n 1; }
port=7300
client flags=S seq=1000
snat=$(arrived s1 e0 | of_server)
check "a SYN, translated" test -n "$snat"
server flags=SA seq=500 ack=1001
client flags=A seq=1001 ack=501
server flags=RA seq=501 ack=1001
client flags=S seq=900000
snat=$(arrived s1 e0 | of_server)
check "ended by the server's RST: the next SYN goes to the server" test -n "$snat"
arrived c c0 >/dev/null
server flags=SA seq=7000 ack=900001
has "... and its answer comes from the virtual address" "$(arrived c c0)" "$VIP:90 > 10.1.0.77:7300 tcp SA"
client flags=A seq=900001 ack=7001
has "... and so on" "$(arrived s1 e0)" "10.2.1.1:$snat > 10.2.1.11:90 tcp A"
is "no SYN was lost to an old entry" "$(drops old-conntrack)" 0
# a server that leaves: with another one in its place, the first packet of a new connection goes there
vs_sysctl expire_nodest_conn 1
vs -a -t $VIP:90 -r 10.2.1.12:90 -m -w 0
port=7301
client flags=S seq=1000
arrived s1 e0 >/dev/null
vs -e -t $VIP:90 -r 10.2.1.12:90 -m -w 1
vs -d -t $VIP:90 -r 10.2.1.11:90
client flags=S seq=1000
has "a server that has left: the repeated SYN goes to the other one" "$(arrived s1 e0)" "10.2.1.1:[0-9]+ > 10.2.1.12:90 tcp S"
vs_sysctl expire_nodest_conn 0

# --- the tracking entry of UDP lives as long as the connection ---
echo 2 | d tee /proc/sys/net/netfilter/nf_conntrack_udp_timeout >/dev/null
echo 2 | d tee /proc/sys/net/netfilter/nf_conntrack_udp_timeout_stream >/dev/null
vs --set 0 0 30
left_of() { d awk -v p="sport=$1" '$3 == "udp" && index($0, p " ") { print $5 }' /proc/net/nf_conntrack; }
is "UDP, a connection of 30 s" "$(ask udp 53 1 sport=7400)" s1
check "its tracking entry has that time" test "$(left_of 7400)" -gt 20
is "... and after another packet, too" "$(ask udp 53 1 sport=7400)" s1
check "... of 30 s" test "$(left_of 7400)" -gt 20
vs --set 0 0 1
is "a short one" "$(ask udp 53 1 sport=7400)" s1
entry_gone() { [ -z "$(left_of 7400)" ]; }
eventually "the entry ends with its connection" 10 entry_gone
vs --set 0 0 300

# --- flow tables ---
if d nft add table inet fast 2>/dev/null; then
  d nft add flowtable inet fast ft '{ hook ingress priority 0; devices = { d0, d1 }; }'
  d nft add chain inet fast forward '{ type filter hook forward priority 0; }'
  d nft add rule inet fast forward ip protocol tcp flow add @ft
  d nft add rule inet fast forward meta l4proto udp flow add @ft
  has "a flow table" "$(d nft list ruleset 2>&1)" "flow add @ft"
  # one that is not ours is taken
  mkfifo /tmp/lab/in-plain /tmp/lab/in-ours
  background plain c peer talk 10.2.1.2 80 from=/tmp/lab/in-plain sport=7500 timeout=1500
  eventually "a connection to the server itself" 3 in_file s1 plain
  for i in 1 2 3; do
    echo "word$i" >/tmp/lab/in-plain
    eventually "... word $i" 3 in_file "word$i" plain
  done
  has "... is in the flow table" "$(d grep 'port=7500 ' /proc/net/nf_conntrack)" OFFLOAD
  background ours c peer talk $VIP 80 from=/tmp/lab/in-ours sport=7501 timeout=1500
  eventually "a balanced connection" 3 in_file s1 ours
  for i in 1 2 3; do
    echo "word$i" >/tmp/lab/in-ours
    eventually "... word $i, translated" 3 in_file "word$i" ours
  done
  has_not "... is not in the flow table" "$(d grep 'port=7501 ' /proc/net/nf_conntrack)" OFFLOAD
  for i in 1 2 3; do
    is "UDP, $i" "$(ask udp 53 1 sport=7502 timeout=1000)" s1
  done
  d nft delete table inet fast
else
  not_ok "nftables work in the guest"
fi
vs -C
