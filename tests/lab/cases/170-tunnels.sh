# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 240
# Every tunnel there is: data arrives at receivers of the kernel that take the headers off again, the headers
# are what they shall be, the largest packet passes and the next one is refused with the right number.
topology 2
modprobe ip_vs
serve 2 53
modprobe -a ipip sit ip6_tunnel ip_gre ip6_gre fou fou6

# s1 ends everything but GRE with checksums, which is for another device with the same addresses: s2.
for i in 1 2; do
  csum=$([ $i = 1 ] || echo icsum)
  at s$i sh -c "
    for dev in tunl0 sit0; do ip link set \$dev up; done
    ip -6 tunnel add any6 mode any local fd02:$i::2 remote fd02:$i::1 && ip link set any6 up
    ip fou add port 6080 gue && ip fou add port 6080 gue -6
    ip tunnel add g4 mode gre local 10.2.$i.2 remote 10.2.$i.1 $csum && ip link set g4 up
    ip -6 tunnel add g6 mode ip6gre local fd02:$i::2 remote fd02:$i::1 $csum && ip link set g6 up"
  background sink$i at s$i socat -u TCP6-LISTEN:81,reuseaddr,fork SYSTEM:'md5sum >>/tmp/lab/sums'
done
# the packets for these are only looked at
mac s1 e0
ip -n d neigh add 10.2.1.11 dev d1 lladdr "$mac"
ip -n d neigh add fd02:1::11 dev d1 lladdr "$mac"
listen_on s1 e0
listen_on c c0
head -c 200000 /dev/urandom >/tmp/lab/data
sum=$(md5sum </tmp/lab/data)

# arrives ADDRESS: a file, in large segments, whose size is what the director says of the MTU
arrives() {
  : >/tmp/lab/sums
  c ip route flush cache
  c ip -6 route flush cache
  c timeout 10 socat -u /tmp/lab/data "TCP:$1:81"
  wait_until 10 grep -q -- - /tmp/lab/sums && [ "$(cat /tmp/lab/sums)" = "$sum" ]
}

for service in $VIP "[$VIP6]"; do
  vs -A -u $service:53 -s rr
  vs -A -u $service:54 -s rr
  vs -A -t $service:81 -s rr
done

# tunnel NAME INNER OUTER SERVER LEN HEADER OPTION...: LEN bytes between the IP headers, that look like HEADER
port=20000
tunnel() {
  name="IPv$2 in IPv$3, $1" inner=$2 outer=$3 i=$4 len=$5 header=$6
  shift 6
  port=$((port + 1))
  if [ "$inner" = 4 ]; then
    service=$VIP address=$VIP src=10.1.0.2 icmp='10.1.0.100 > 10.1.0.2 icmp 3/4' ip=20
    packet="10.1.0.2:$port > 10.1.0.100:54 udp data=10 sum=ok ttl=9 len=38 tos=0xbb df"
  else
    service=[$VIP6] address=$VIP6 src=fd01::2 icmp='fd01::100 > fd01::2 icmp6 2/0' ip=40
    packet="\\[fd01::2\\]:$port > \\[fd01::100\\]:54 udp data=10 sum=ok ttl=9 len=58 tos=0xbb"
  fi
  if [ "$outer" = 4 ]; then
    server=10.2.$i.2 fake=10.2.1.11 overhead=$((20 + len))
    ends="10.2.1.1(:[0-9]+)? > 10.2.1.11(:6080)?"
  else
    server=[fd02:$i::2] fake=[fd02:1::11] overhead=$((40 + len))
    ends="\\[?fd02:1::1(\\]:[0-9]+)? > \\[?fd02:1::11(\\]:6080)?"
  fi
  df=$([ "$inner$outer" != 44 ] || echo ' df')
  vs -R <<RULES
-a -u $service:53 -r $server:53 -i $*
-a -t $service:81 -r $server:81 -i $*
-a -u $service:54 -r $fake:54 -i $*
RULES
  is "$name: a datagram" "$(ask_at "$address" udp 53 1 len=1000)" "s$i"
  check "$name: a file" arrives "$([ "$inner" = 4 ] && echo $VIP || echo "[$VIP6]")"

  arrived s1 e0 >/dev/null
  arrived c c0 >/dev/null
  send() { client_sends "src=$src" "dst=$address" proto=udp "sport=$port" dport=54 df "$@"; }
  send len=10 ttl=10 tos=0xbb
  send len=$((1500 - overhead - ip - 8))
  send len=$((1501 - overhead - ip - 8))
  seen=$(arrived s1 e0)
  has "$name: headers" "$seen" "^e0 $ends $header ttl=9 len=$((ip + 18 + overhead)) tos=0xba$df \\{$packet\\}$"
  has "$name: the largest packet" "$seen" "^e0 $ends $header ttl=63 len=1500"
  is "$name: a byte more does not get through" "$(echo "$seen" | wc -l)" 2
  has "$name: ... and the MTU is told" "$(arrived c c0)" "^c0 $icmp mtu=$((1500 - overhead)) sum=ok"
  vs -R <<RULES
-d -u $service:53 -r $server:53
-d -t $service:81 -r $server:81
-d -u $service:54 -r $fake:54
RULES
}

for inner in 4 6; do
  if [ $inner = 4 ]; then number=04 ether=0800 plain=ipip; else number=29 ether=86dd plain=ip6; fi
  for outer in 4 6; do
    tunnel "IPIP" $inner $outer 1 0 $plain
    tunnel "GUE" $inner $outer 1 12 "gue 00${number}0000 sum=none" --tun-type gue --tun-port 6080
    tunnel "GUE with checksum" $inner $outer 1 12 "gue 00${number}0000 sum=ok" --tun-type gue --tun-port 6080 --tun-csum
    tunnel "GUE with remote checksum" $inner $outer 1 12 "gue 00${number}0000 sum=ok" --tun-type gue --tun-port 6080 --tun-remcsum
    tunnel "GRE" $inner $outer 1 4 "gre 0000$ether" --tun-type gre
    tunnel "GRE with checksum" $inner $outer 2 8 "gre 8000$ether sum=ok" --tun-type gre --tun-csum
  done
done
