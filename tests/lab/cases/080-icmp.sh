# SPDX-License-Identifier: GPL-2.0-or-later
# ICMP errors through the director, both ways; echo is nobody's business but the stack's.
topology 2
modprobe ip_vs
serve 2 80
for i in 1 2; do listen_on s$i e0; done
listen_on c c0

is "the virtual address answers to ping" "$(c ping -c 1 -w 5 $VIP | grep -c '1 packets received')" 1

# the server's own error: nothing listens on its port
vs -A -u $VIP:53 -s rr
vs -a -u $VIP:53 -r 10.2.1.2:5353 -m
is "NAT: the server's port unreachable reaches the client's socket" "$(ask udp 53 1)" refused
arrived c c0 >/dev/null
client_sends src=10.1.0.2 dst=$VIP proto=udp sport=4000 dport=53 len=8
has "NAT: it speaks of the virtual address and port" "$(arrived c c0)" \
  "^c0 10.1.0.100 > 10.1.0.2 icmp 3/3 sum=ok \[10.1.0.2:4000 > 10.1.0.100:53 udp\]"

# a router between director and server
server_sends 1 src=10.2.1.77 dst=10.1.0.2 proto=icmp type=3 code=1 \
  in.src=10.1.0.2 in.dst=10.2.1.2 in.proto=udp in.sport=4000 in.dport=5353
has "NAT: an error of a router behind the director, too" "$(arrived c c0)" \
  "^c0 10.1.0.100 > 10.1.0.2 icmp 3/1 sum=ok \[10.1.0.2:4000 > 10.1.0.100:53 udp\]"
server_sends 1 src=10.2.1.77 dst=10.1.0.2 proto=icmp type=3 code=1 badsum \
  in.src=10.1.0.2 in.dst=10.2.1.2 in.proto=udp in.sport=4000 in.dport=5353
is "NAT: a wrong ICMP checksum is dropped" "$(arrived c c0)" ""

# the client's error about a reply
arrived s1 e0 >/dev/null
client_sends src=10.1.0.2 dst=$VIP proto=icmp type=3 code=4 mtu=1300 \
  in.src=$VIP in.dst=10.1.0.2 in.proto=udp in.sport=53 in.dport=4000
has "NAT: the client's error reaches the server" "$(arrived s1 e0)" \
  "^e0 10.1.0.2 > 10.2.1.2 icmp 3/4 mtu=1300 sum=ok \[10.2.1.2:5353 > 10.1.0.2:4000 udp\]"
client_sends src=10.1.0.2 dst=$VIP proto=icmp type=3 code=4 mtu=1300 badsum \
  in.src=$VIP in.dst=10.1.0.2 in.proto=udp in.sport=53 in.dport=4000
is "NAT: a wrong checksum is dropped this way, too" "$(arrived s1 e0)" ""
client_sends src=10.1.0.2 dst=$VIP proto=icmp type=3 code=4 mtu=1300 \
  in.src=$VIP in.dst=10.1.0.2 in.proto=udp in.sport=53 in.dport=4999
is "an error about nothing we know goes to no server" "$(arrived s1 e0)" ""
vs -C

# DR: the client's error goes to the server as it is
vs -A -u $VIP:53 -s rr
vs -a -u $VIP:53 -r 10.2.2.2:53 -g
client_sends src=10.1.0.2 dst=$VIP proto=udp sport=4100 dport=53 len=8
arrived s2 e0 >/dev/null
client_sends src=10.1.0.2 dst=$VIP proto=icmp type=3 code=4 mtu=1300 \
  in.src=$VIP in.dst=10.1.0.2 in.proto=udp in.sport=53 in.dport=4100
has "DR: the client's error reaches the server unchanged" "$(arrived s2 e0)" \
  "^e0 10.1.0.2 > 10.1.0.100 icmp 3/4 mtu=1300 sum=ok \[10.1.0.100:53 > 10.1.0.2:4100 udp\]"
vs -C

# no server: the client is told
vs -A -u $VIP:53 -s rr
client_sends src=10.1.0.2 dst=$VIP proto=udp sport=4001 dport=53 len=8
has "no server: port unreachable for UDP" "$(arrived c c0)" "10.1.0.100 > 10.1.0.2 icmp 3/3 sum=ok \[10.1.0.2:4001 > 10.1.0.100:53"
vs -C
vs -A -t $VIP:80 -s rr
client_sends src=10.1.0.2 dst=$VIP sport=4001 dport=80 flags=S
has "no server: port unreachable for TCP, too" "$(arrived c c0)" "10.1.0.100 > 10.1.0.2 icmp 3/3 sum=ok \[10.1.0.2:4001 > 10.1.0.100:80"
vs -C

# nat_icmp_send: an unknown connection of a server
vs -A -u $VIP:53 -s rr
vs -a -u $VIP:53 -r 10.2.1.2:53 -m
vs_sysctl nat_icmp_send 1
arrived s1 e0 >/dev/null
server_sends 1 src=10.2.1.2 dst=10.1.0.2 proto=udp sport=53 dport=9999 len=8
has "nat_icmp_send: a server with a stale connection is told" "$(arrived s1 e0)" "icmp 3/3 sum=ok \[10.2.1.2:53 > 10.1.0.2:9999"
vs_sysctl nat_icmp_send 0
vs -C

# IPv6
pool6 -u rr -m 1 53
client_sends src=fd01::2 dst=$VIP6 proto=udp sport=4000 dport=53 len=8
has "IPv6 NAT: the server's port unreachable is translated" "$(arrived c c0)" \
  "^c0 fd01::100 > fd01::2 icmp6 1/4 sum=ok \[\[fd01::2\]:4000 > \[fd01::100\]:53 udp\]"
arrived s1 e0 >/dev/null
client_sends src=fd01::2 dst=$VIP6 proto=icmp6 type=2 mtu=1300 \
  in.src=$VIP6 in.dst=fd01::2 in.proto=udp in.sport=53 in.dport=4000 in.len=20
has "IPv6 NAT: the client's error reaches the server" "$(arrived s1 e0)" \
  "^e0 fd01::2 > fd02:1::2 icmp6 2/0 mtu=1300 sum=ok \[\[fd02:1::2\]:53 > \[fd01::2\]:4000 udp\]"
client_sends src=fd01::2 dst=$VIP6 proto=icmp6 type=2 mtu=1300 badsum \
  in.src=$VIP6 in.dst=fd01::2 in.proto=udp in.sport=53 in.dport=4000 in.len=20
is "IPv6 NAT: a wrong checksum is dropped" "$(arrived s1 e0)" ""
vs -C
vs -A -u "[$VIP6]:53" -s rr
arrived c c0 >/dev/null
client_sends src=fd01::2 dst=$VIP6 proto=udp sport=4001 dport=53 len=8
has "IPv6, no server: port unreachable" "$(arrived c c0)" "fd01::100 > fd01::2 icmp6 1/4 sum=ok \[\[fd01::2\]:4001 > \[fd01::100\]:53"
vs -C

# an error about our own tunnel packet becomes one for the client
modprobe ipip
vs -A -u $VIP:53 -s rr
vs -a -u $VIP:53 -r 10.2.1.2:53 -i
client_sends src=10.1.0.2 dst=$VIP proto=udp sport=4200 dport=53 len=600 df
arrived c c0 >/dev/null
# the quoted packet is the outer header and the inner one behind it
inner=4500002800014000401100000a0100020a010064
server_sends 1 src=10.2.1.2 dst=10.2.1.1 proto=icmp type=3 code=4 mtu=1400 quote=76 \
  in.src=10.2.1.1 in.dst=10.2.1.2 in.proto=4 in.hex=${inner}1068003500142000aaaaaaaaaaaaaaaaaaaaaaaa
has "TUN: frag needed about our tunnel packet is told to the client" "$(arrived c c0)" \
  "10.1.0.100 > 10.1.0.2 icmp 3/4 mtu=1380 sum=ok \[10.1.0.2:4200 > 10.1.0.100:53 udp df\]"
