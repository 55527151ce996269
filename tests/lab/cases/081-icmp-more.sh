# SPDX-License-Identifier: GPL-2.0-or-later
# ICMP errors in unusual form: extension headers, errors in errors, fragments, truncation; checksums that a
# device has summed up; and errors that open a connection.
topology 1
modprobe ip_vs
mac s1 e0
for n in 10.2.1.11 10.2.1.12 fd02:1::11; do ip -n d neigh add $n dev d1 lladdr "$mac"; done
listen_on c c0
listen_on s1 e0

vs -A -u $VIP:53 -s rr
vs -a -u $VIP:53 -r 10.2.1.11:5353 -m
vs -A -u "[$VIP6]:53" -s rr
vs -a -u "[$VIP6]:53" -r '[fd02:1::11]:5353' -m
client_sends src=10.1.0.2 dst=$VIP proto=udp sport=4000 dport=53 len=8
client_sends src=fd01::2 dst=$VIP6 proto=udp sport=4000 dport=53 len=8
arrived s1 e0 >/dev/null

# the embedded packet has a destination options header in front of UDP
udp6=00350fa000100000aaaaaaaaaaaaaaaa
client_sends src=fd01::2 dst=$VIP6 proto=icmp6 type=1 code=4 in.src=$VIP6 in.dst=fd01::2 in.proto=60 \
  in.hex=1100010400000000$udp6
has "IPv6: behind an extension header the port is found and translated" "$(arrived s1 e0)" \
  "^e0 fd01::2 > fd02:1::11 icmp6 1/4 sum=ok \[\[fd02:1::11\]:5353 > \[fd01::2\]:4000 udp"
# ... that is longer than the packet, or cut off
client_sends src=fd01::2 dst=$VIP6 proto=icmp6 type=1 code=4 in.src=$VIP6 in.dst=fd01::2 in.proto=60 \
  in.hex=11ff010400000000$udp6
for quote in 8 39 40 41 47 48 49 51; do
  client_sends src=fd01::2 dst=$VIP6 proto=icmp6 type=1 code=4 in.src=$VIP6 in.dst=fd01::2 in.proto=60 \
    in.hex=1100010400000000$udp6 quote=$quote
done
# the first fragment has the ports, a later one not
client_sends src=fd01::2 dst=$VIP6 proto=icmp6 type=1 code=4 in.src=$VIP6 in.dst=fd01::2 in.proto=44 \
  in.hex=1100000900000001$udp6
is "IPv6: truncated or without ports: it is not ours" "$(arrived s1 e0)" ""
client_sends src=fd01::2 dst=$VIP6 proto=icmp6 type=1 code=4 in.src=$VIP6 in.dst=fd01::2 in.proto=44 \
  in.hex=1100000100000001$udp6
has "IPv6: a first fragment is" "$(arrived s1 e0)" "^e0 fd01::2 > fd02:1::11 icmp6 1/4 sum=ok \[\[fd02:1::11\]:5353 > \[fd01::2\]:4000 fragment of 17"

for quote in 8 19 20 21 23; do
  client_sends src=10.1.0.2 dst=$VIP proto=icmp type=3 code=3 in.src=$VIP in.dst=10.1.0.2 in.proto=udp \
    in.sport=53 in.dport=4000 quote=$quote
done
client_sends src=10.1.0.2 dst=$VIP proto=icmp type=3 code=3 in.src=$VIP in.dst=10.1.0.2 in.proto=udp \
  in.sport=53 in.dport=4000 in.frag=8
client_sends src=10.1.0.2 dst=$VIP proto=icmp type=3 code=3 in.src=$VIP in.dst=10.1.0.2 in.proto=icmp in.hex=0303000000000000
is "IPv4: truncated, a later fragment, an error in an error: not ours" "$(arrived s1 e0)" ""
client_sends src=10.1.0.2 dst=$VIP proto=icmp type=3 code=3 in.src=$VIP in.dst=10.1.0.2 in.proto=udp \
  in.sport=53 in.dport=4000 quote=24
has "IPv4: the ports are enough" "$(arrived s1 e0)" "^e0 10.1.0.2 > 10.2.1.11 icmp 3/3 sum=ok \[10.2.1.11:5353 > 10.1.0.2:4000"
client_sends src=10.1.0.2 dst=$VIP proto=icmp type=3 code=3 in.src=$VIP in.dst=10.1.0.2 in.proto=udp \
  in.sport=53 in.dport=4000 in.len=400 quote=428 fragsize=64 id=77
has "IPv4: an error in fragments is put together, and cut again as it was" "$(arrived s1 e0)" \
  "^e0 10.1.0.2 > 10.2.1.11 fragment of 1: 384\+52 "
has "errors of the client count as its packets" "$(vs -Ln --stats --exact -u $VIP:53)" "10.2.1.11:5353 +1 +3 +0 "
vs -C

# The client comes through a GRE tunnel with checksums. Having checked that of the tunnel packet, the kernel
# knows the sum over the inner one and hands it on (CHECKSUM_COMPLETE): from the IP header on.
modprobe ip_gre
for n in c d; do
  me=$([ $n = c ] && echo 2 || echo 1)
  at $n sh -c "ip tunnel add gx mode gre local 10.1.0.$me remote 10.1.0.$((3 - me)) csum && ip link set gx up
    ip addr add 10.8.0.$me/24 dev gx; ip addr add fd08::$me/64 dev gx nodad"
done
c ethtool -K c0 tx off >/dev/null 2>&1
arrived s1 e0 >/dev/null
arrived c c0 >/dev/null
for service in $VIP "[$VIP6]"; do
  vs -A -u "$service:53" -s rr
  vs -a -u "$service:53" -r "$([ "$service" = $VIP ] && echo 10.2.1.11 || echo '[fd02:1::11]'):5353" -m
done
gre_sends() { c peer send dev=gx dmac=00:00:00:00:00:00 "$@"; }
gre_sends src=10.8.0.2 dst=$VIP proto=udp sport=4000 dport=53 len=8
gre_sends src=fd08::2 dst=$VIP6 proto=udp sport=4000 dport=53 len=8
seen=$(arrived s1 e0)
has "summed up by the device: UDP" "$seen" "^e0 10.8.0.2:4000 > 10.2.1.11:5353 udp data=8 sum=ok"
has "summed up by the device: UDP over IPv6" "$seen" "^e0 \[fd08::2\]:4000 > \[fd02:1::11\]:5353 udp data=8 sum=ok"
error4="src=10.8.0.2 dst=$VIP proto=icmp type=3 code=3 in.src=$VIP in.dst=10.8.0.2 in.proto=udp in.sport=53 in.dport=4000"
error6="src=fd08::2 dst=$VIP6 proto=icmp6 type=1 code=4 in.src=$VIP6 in.dst=fd08::2 in.proto=udp in.sport=53 in.dport=4000"
# shellcheck disable=SC2086 # words
{
  gre_sends $error4 badsum
  gre_sends $error6 badsum
  is "summed up by the device: wrong ICMP checksums are seen" "$(arrived s1 e0)" ""
  gre_sends $error4
  gre_sends $error6
}
seen=$(arrived s1 e0)
has "summed up by the device: ICMP" "$seen" "^e0 10.8.0.2 > 10.2.1.11 icmp 3/3 sum=ok \[10.2.1.11:5353 > 10.8.0.2:4000 udp"
has "summed up by the device: ICMPv6" "$seen" \
  "^e0 fd08::2 > fd02:1::11 icmp6 1/4 sum=ok \[\[fd02:1::11\]:5353 > \[fd08::2\]:4000 udp"

# schedule_icmp: an error about a connection that is not here goes to a server; it does not make more of it
arrived c c0 >/dev/null
unknown4="src=10.1.0.2 dst=$VIP proto=icmp type=3 code=3 in.src=$VIP in.dst=10.1.0.2 in.proto=udp in.sport=53 in.dport=4700"
unknown6="src=fd01::2 dst=$VIP6 proto=icmp6 type=1 code=4 in.src=$VIP6 in.dst=fd01::2 in.proto=udp in.sport=53 in.dport=4700"
# shellcheck disable=SC2086
{
  client_sends $unknown4
  client_sends $unknown6
  is "schedule_icmp 0: it goes to no server" "$(arrived s1 e0)" ""
  vs_sysctl schedule_icmp 1
  client_sends $unknown4
  client_sends $unknown6
}
seen=$(arrived s1 e0)
has "schedule_icmp 1: it does" "$seen" "^e0 10.1.0.2 > 10.2.1.11 icmp 3/3 sum=ok \[10.2.1.11:5353 > 10.1.0.2:4700 udp"
has "schedule_icmp 1: IPv6, too" "$seen" \
  "^e0 fd01::2 > fd02:1::11 icmp6 1/4 sum=ok \[\[fd02:1::11\]:5353 > \[fd01::2\]:4700 udp"
has "... with the short life of a connection without packets" "$(conns)" "^UDP 0A010002 125C .* UDP +[0-3]$"
vs -e -u $VIP:53 -r 10.2.1.11:5353 -m -w 0
client_sends src=10.1.0.2 dst=$VIP proto=icmp type=3 code=3 in.src=$VIP in.dst=10.1.0.2 in.proto=udp in.sport=53 in.dport=4701
is "no server: no error about an error" "$(arrived c c0)" ""

# dh, lblc and lblcr go by the virtual address, which an error has where its packet came from: in-tree takes the client's
if [ "$module" != intree ]; then
  vs_sysctl schedule_icmp 1
  addresses='10.1.0.101 10.1.0.102 10.1.0.103 10.1.0.104'
  for addr in $addresses; do ip -n d addr add $addr/32 dev d0; done
  d iptables -t mangle -A PREROUTING -d 10.1.0.96/27 -j MARK --set-mark 9
  server_of() { arrived s1 e0 | sed -n 's/^e0 .* > 10\.2\.1\.\(1[12]\).*/\1/p' | tr '\n' ' '; }
  port=4800
  for sched in dh lblc lblcr; do
    vs -A -f 9 -s $sched
    for n in 11 12; do vs -a -f 9 -r 10.2.1.$n -m; done
    packets='' errors='' port=$((port + 10))
    for addr in $addresses; do
      client_sends src=10.1.0.2 dst=$addr proto=udp sport=$port dport=53
      packets="$packets$(server_of)"
      client_sends src=10.1.0.2 dst=$addr proto=icmp type=3 code=3 in.src=$addr in.dst=10.1.0.2 in.proto=udp in.sport=53 \
        in.dport=$((port + 1))
      errors="$errors$(server_of)"
    done
    has "$sched: some addresses have one server, some the other" "$packets" "11 .*12|12 .*11"
    is "$sched: errors about an address go where its packets do" "$errors" "$packets"
    vs -D -f 9
  done
fi
