# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
# SCTP by hand and by the kernel's own; ESP and AH; which client ports are special.
topology 2
modprobe ip_vs
has "the protocols are told" "$(dmesg)" 'IPVS: Registered protocols \(TCP, UDP, SCTP, AH, ESP\)'
listen_on s1 e0
listen_on c c0

# by hand: nobody here knows SCTP yet, so every packet is ours
for port in 3868 3869; do
  vs -A --sctp-service $VIP:3868 -s rr
  vs -a --sctp-service $VIP:3868 -r 10.2.1.2:$port -m
  from="client_sends src=10.1.0.2 dst=$VIP proto=sctp sport=$port dport=3868"
  to="server_sends 1 src=10.2.1.2 dst=10.1.0.2 proto=sctp sport=$port dport=$port"
  arrived c c0 >/dev/null
  # the second one lives for a minute, the first for seconds
  $from chunk=INIT count=2
  has "port $port: a request is translated, its sum is right" "$(arrived s1 e0)" \
    "^e0 10.1.0.2:$port > 10.2.1.2:$port sctp INIT sum=ok"
  has "port $port: an error about it speaks of the virtual port" "$(arrived c c0)" \
    "^c0 10.1.0.100 > 10.1.0.2 icmp 3/2 sum=ok \[10.1.0.2:$port > 10.1.0.100:3868 sctp\]"
  $from chunk=COOKIE-ECHO+DATA badsum
  has "port $port: a wrong sum stays wrong" "$(arrived s1 e0)" \
    "^e0 10.1.0.2:$port > 10.2.1.2:$port sctp COOKIE-ECHO\+DATA sum=bad"
  arrived c c0 >/dev/null
  $to chunk=INIT-ACK
  has "port $port: a reply is translated, its sum is right" "$(arrived c c0)" \
    "^c0 10.1.0.100:3868 > 10.1.0.2:$port sctp INIT-ACK sum=ok"
  $to chunk=INIT-ACK badsum
  has "port $port: also back a wrong sum stays wrong" "$(arrived c c0)" \
    "^c0 10.1.0.100:3868 > 10.1.0.2:$port sctp INIT-ACK sum=bad"
  has "port $port: an error of the client finds the server's port" "$(arrived s1 e0)" \
    "^e0 10.1.0.2 > 10.2.1.2 icmp 3/2 sum=ok \[10.2.1.2:$port > 10.1.0.2:$port sctp\]"
  vs -C
done

# a server whose association is not known here
vs -A --sctp-service $VIP:3868 -s rr
vs -a --sctp-service $VIP:3868 -r 10.2.1.2:3868 -m
vs_sysctl nat_icmp_send 1
server_sends 1 src=10.2.1.2 dst=10.1.0.2 proto=sctp sport=3868 dport=9999 chunk=DATA
has "nat_icmp_send: the server is told" "$(arrived s1 e0)" 'icmp 3/3 sum=ok \[10.2.1.2:3868 > 10.1.0.2:9999'
arrived c c0 >/dev/null
server_sends 1 src=10.2.1.2 dst=10.1.0.2 proto=sctp sport=3868 dport=9999 chunk=ABORT
has "nat_icmp_send: but not of its own abort" "$(arrived c c0)" '10.2.1.2:3868 > 10.1.0.2:9999 sctp ABORT'
vs_sysctl nat_icmp_send 0
vs -C
vs -A --sctp-service $VIP:3868 -s rr
client_sends src=10.1.0.2 dst=$VIP proto=sctp sport=5000 dport=3868 chunk=INIT
has "no server: the client is told" "$(arrived c c0)" 'icmp 3/3 sum=ok \[10.1.0.2:5000 > 10.1.0.100:3868'
vs -C

# the ports 20 and 0
connections() { conns | grep -c "^$1 0A010002 $2 "; }
for proto in tcp udp sctp; do
  case $proto in tcp) service=-t ;; udp) service=-u ;; sctp) service=--sctp-service ;; esac
  vs -A "$service" $VIP:7 -s rr
  vs -a "$service" $VIP:7 -r 10.2.1.2:7 -g
  client_sends src=10.1.0.2 dst=$VIP proto=$proto sport=20 dport=7 flags=S chunk=INIT
done
is "client port 20 is special for TCP" "$(connections TCP 0014)" 0
is "client port 20 is not for UDP" "$(connections UDP 0014)" 1
is "client port 20 is not for SCTP" "$(connections SCTP 0014)" 1
client_sends src=10.1.0.2 dst=$VIP proto=udp sport=0 dport=7 count=5
is "all packets from port 0 are of one connection" "$(connections UDP 0000)" 1
vs -C

# IPsec goes where IKE went, and is a sign of life
vs -A -u $VIP:500 -s rr
vs -a -u $VIP:500 -r 10.2.1.2:500 -m
arrived s1 e0 >/dev/null
client_sends src=10.1.0.2 dst=$VIP proto=esp len=40
is "ESP without a key exchange goes to no server" "$(arrived s1 e0)" ''
client_sends src=10.1.0.2 dst=$VIP proto=udp sport=500 dport=500 len=20
life_left() { conns | awk '$3 == "01F4" { print $9 }'; }
has_aged() { [ "$(life_left)" -lt 295 ]; }
eventually "the connection of the key exchange ages" 20 has_aged
for proto in esp ah; do client_sends src=10.1.0.2 dst=$VIP proto=$proto len=40; done
refuse "IPsec makes it young again" has_aged
got=$(arrived s1 e0)
has "ESP goes to the same server" "$got" '^e0 10.1.0.2 > 10.2.1.2 proto=50 data=40'
has "AH goes to the same server" "$got" '^e0 10.1.0.2 > 10.2.1.2 proto=51 data=40'
server_sends 1 src=10.2.1.2 dst=10.1.0.2 proto=esp len=40
has "ESP comes back from the virtual address" "$(arrived c c0)" '^c0 10.1.0.100 > 10.1.0.2 proto=50 data=40'
is "there is no connection of its own" "$(conns | grep -c -v '^Pro\|^UDP\|^TCP\|^SCTP')" 0
vs -C

# a datagram without a checksum stays without one
arrived s1 e0 >/dev/null
vs -A -u $VIP:9 -s rr
vs -a -u $VIP:9 -r 10.2.1.2:19 -m
client_sends src=10.1.0.2 dst=$VIP proto=udp sport=2900 dport=9 nosum len=10
has "UDP without checksum is translated without one" "$(arrived s1 e0)" "10\.1\.0\.2:2900 > 10\.2\.1\.2:19 udp .*sum=none"
vs -C

# the kernel's own SCTP: sums left to the device, computed by the sender, by the director
modprobe sctp
serve 2 sctp:3868 sctp:3869
sums() { # NS DEV on|off
  at "$1" ethtool -K "$2" tx-checksum-sctp "$3"
}
# The client knows other addresses of the server, and says there what it has to repeat, where the director does not see it.
# Nothing is lost here: who is slow is waited for.
for ns in c s1 s2; do
  for word in max initial min; do at $ns sh -c "echo 60000 >/proc/sys/net/sctp/rto_$word"; done
done
# none is open or on its way to its end; prints those that are
have_ended() { conns | awk '$1 == "SCTP" && $8 ~ /^(ESTABLISHED$|S-)/ { n++; print } END { exit n }'; }
# ends_are_seen TEXT: those of the associations that were made since the table was empty
ends_are_seen() {
  check "$1: there are associations" [ "$(conns | grep -c "^SCTP")" -gt 0 ]
  eventually "$1: the ends are seen" 20 have_ended
}
pool --sctp-service rr -g 2 3868
is "DR" "$(ask sctp 3868 4 bind=10.1.0.2 | spread)" 's1=2 s2=2'
# what comes after the service has gone is not seen
ends_are_seen "DR"
vs -C
pool6 --sctp-service rr -g 2 3868
is "IPv6 DR" "$(ask6 sctp 3868 4 bind=fd01::2 | spread)" 's1=2 s2=2'
ends_are_seen "IPv6 DR"
vs -C
# A server tells the client all its addresses, those of devices that are down and of the other family, too. The client
# tries them when an answer keeps it waiting, and where the director translates the port as well, they abort it. So each
# has but one.
for i in 1 2; do
  ip -n s$i link del f0
  ip -n s$i addr del $VIP/32 dev lo
  ip -n s$i -6 addr del $VIP6/128 dev lo
  ip -n s$i -6 addr flush dev e0 scope global
done
for way in 'on on' 'off on' 'on off'; do
  sums c c0 "${way% *}"
  for i in 1 2; do sums d d$i "${way#* }"; done
  sums d d0 "${way#* }"
  for port in 3868 3869; do
    vs -A --sctp-service $VIP:3868 -s rr
    for i in 1 2; do vs -a --sctp-service $VIP:3868 -r 10.2.$i.2:$port -m; done
    is "NAT to port $port, sums $way" "$(ask sctp 3868 4 bind=10.1.0.2 | spread)" 's1=2 s2=2'
    ends_are_seen "NAT to port $port, sums $way"
    vs -C
  done
done
for i in 1 2; do
  ip -n s$i -4 addr flush dev e0
  ip -n s$i addr add fd02:$i::2/64 dev e0 nodad
  ip -n s$i route replace default via fd02:$i::1
done
vs -A --sctp-service "[$VIP6]:3868" -s rr
for i in 1 2; do vs -a --sctp-service "[$VIP6]:3868" -r "[fd02:$i::2]:3869" -m; done
is "IPv6 NAT" "$(ask6 sctp 3868 4 bind=fd01::2 | spread)" 's1=2 s2=2'
vs -C
