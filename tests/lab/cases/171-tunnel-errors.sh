# SPDX-License-Identifier: GPL-2.0-or-later
# ICMP errors about tunnel packets: the client hears of them as errors about its own packet, whatever the
# tunnel and the families, and of nothing that only looks like one.
topology 1
modprobe ip_vs
mac s1 e0
ip -n d neigh add 10.2.1.11 dev d1 lladdr "$mac"
ip -n d neigh add fd02:1::11 dev d1 lladdr "$mac"
listen_on c c0
# Connections end with their servers, a second later: the client's port is always the same.
vs_sysctl expire_nodest_conn 1
forget() {
  vs -C
  wait_until 10 sh -c '! at d grep -q ^UDP /proc/net/ip_vs_conn'
}

# the client's packet as a router quotes it: addresses, and ports 4200 > 53 in front of what it has of the rest
udp=1068003500140000aaaaaaaaaaaaaaaaaaaaaaaa
v4=45000028000140003f1100000a0100020a010064$udp
v4_nodf=45000028000100003f1100000a0100020a010064$udp
v6=6000000000141140fd010000000000000000000000000002fd010000000000000000000000000100$udp

send4() { client_sends src=10.1.0.2 dst=$VIP proto=udp sport=4200 dport=53 len=8 df "$@"; }
send6() { client_sends src=fd01::2 dst=$VIP6 proto=udp sport=4200 dport=53 len=8 "$@"; }
# error OUTER TYPE CODE MTU WORD...: an error about a packet to the server
error() {
  outer=$1 type=$2 code=$3 mtu=$4
  shift 4
  if [ "$outer" = 4 ]; then
    server_sends 1 src=10.2.1.77 dst=10.2.1.1 proto=icmp "type=$type" "code=$code" "mtu=$mtu" quote=200 \
      in.src=10.2.1.1 in.dst=10.2.1.11 "$@"
  else
    server_sends 1 src=fd02:1::77 dst=fd02:1::1 proto=icmp6 "type=$type" "code=$code" "mtu=$mtu" \
      in.src=fd02:1::1 in.dst=fd02:1::11 "$@"
  fi
}
told4="^c0 10.1.0.100 > 10.1.0.2 icmp"
about4="sum=ok \\[10.1.0.2:4200 > 10.1.0.100:53 udp"
told6="^c0 fd01::100 > fd01::2 icmp6"
about6="sum=ok \\[\\[fd01::2\\]:4200 > \\[fd01::100\\]:53 udp"

for inner in 4 6; do
  for outer in 4 6; do
    if [ $inner = 4 ]; then service=$VIP send=send4 quoted=$v4; else service=[$VIP6] send=send6 quoted=$v6; fi
    if [ $outer = 4 ]; then server=10.2.1.11; else server=[fd02:1::11]; fi
    if [ $inner = 4 ]; then proto=4 gue=00040000 gre=00000800; else proto=41 gue=00290000 gre=000086dd; fi
    if [ $inner = 4 ]; then told=$told4 about=$about4 big=3/4; else told=$told6 about=$about6 big=2/0; fi
    if [ $outer = 4 ]; then too_big="4 3 4" head=20; else too_big="6 2 0" head=40; fi
    vs -A -u "$service:53" -s rr
    for kind in ipip gue gre gre-csum; do
      name="IPv$inner in IPv$outer, $kind"
      case $kind in
        ipip) option= words="in.proto=$proto in.hex=$quoted" len=0 ;;
        gue) option="--tun-type gue --tun-port 6080" len=12
          words="in.proto=udp in.sport=40000 in.dport=6080 in.hex=$gue$quoted" ;;
        gre) option="--tun-type gre" words="in.proto=47 in.hex=$gre$quoted" len=4 ;;
        gre-csum) option="--tun-type gre --tun-csum" words="in.proto=47 in.hex=80${gre#00}00000000$quoted" len=8 ;;
      esac
      # shellcheck disable=SC2086 # words
      vs -a -u "$service:53" -r "$server:53" -i $option
      $send
      arrived c c0 >/dev/null
      # shellcheck disable=SC2086
      error $too_big 1400 $words
      has "$name: too big" "$(arrived c c0)" "$told $big mtu=$((1400 - head - len)) $about"
      $send len=$((1400 - head - len + 1))
      has "$name: ... and the path is known to be narrow" "$(arrived c c0)" "$told $big mtu=$((1400 - head - len)) "
      ip -n d route flush cache
      ip -n d -6 route flush cache
      vs -d -u "$service:53" -r "$server:53"
    done
    forget
  done
done

# other errors, in the family of the client
vs -A -u $VIP:53 -s rr
vs -a -u $VIP:53 -r 10.2.1.11:53 -i
send4
ipip="in.proto=4 in.hex=$v4"
# shellcheck disable=SC2086
for e in 3/1 3/3 3/13 11/0 4/0; do
  arrived c c0 >/dev/null
  error 4 ${e%/*} ${e#*/} 0 $ipip
  has "error $e stays what it is" "$(arrived c c0)" "$told4 $e $about4"
done
# shellcheck disable=SC2086
{
  error 4 5 1 0 $ipip
  error 4 12 0 0 $ipip
  is "redirects and parameter problems are not told" "$(arrived c c0)" ""
  error 4 3 1 0 badsum $ipip
  is "nor is anything with a wrong checksum" "$(arrived c c0)" ""
  error 4 3 4 1400 in.proto=4 in.hex=$v4_nodf
  is "nor an MTU to who does not mind fragments" "$(arrived c c0)" ""
  error 4 3 4 70 $ipip
  is "nor an MTU that no packet could have" "$(arrived c c0)" ""
  ip -n d route flush cache
  error 4 3 1 0 in.dst=10.2.1.12 $ipip
  is "nor an error about a packet to another server" "$(arrived c c0)" ""
  error 4 3 1 0 in.proto=udp in.sport=40000 in.dport=6080 in.hex=00040000$v4
  is "nor one about a tunnel that the server does not have" "$(arrived c c0)" ""
  error 4 3 1 0 in.proto=4 in.hex=${v4%"$udp"}10690035
  is "nor one about a connection that is none" "$(arrived c c0)" ""
  # cut off anywhere, or nonsense
  for cut in 20 21 28 39 40 41 43 44 47; do error 4 3 1 0 $ipip quote=$cut; done
  error 4 3 1 0 in.proto=4 in.hex=4f${v4#45}
  error 4 3 1 0 in.proto=4 in.hex=44${v4#45}
  error 4 3 1 0 in.proto=4 in.hex=65${v4#45}
  error 4 3 1 0 $ipip in.frag=4
  is "nor one that is cut off or nonsense" "$(arrived c c0)" ""
}
vs -e -u $VIP:53 -r 10.2.1.11:53 -i --tun-type gue --tun-port 6081
arrived c c0 >/dev/null
error 4 3 1 0 in.proto=udp in.sport=40000 in.dport=6080 in.hex=00040000$v4
is "GUE: another port is another tunnel" "$(arrived c c0)" ""
error 4 3 1 0 in.proto=udp in.sport=40000 in.dport=6081 in.hex=20040000$v4
is "GUE: control messages are none of ours" "$(arrived c c0)" ""
error 4 3 1 0 in.proto=udp in.sport=40000 in.dport=6081 in.hex=0004000$v4
error 4 3 1 0 in.proto=udp in.sport=40000 in.dport=6081 in.hex=1f040000
is "GUE: nor is what ends before its options do" "$(arrived c c0)" ""
error 4 3 1 0 in.proto=udp in.sport=40000 in.dport=6081 in.hex=020400018000000000000000$v4
has "GUE: options are skipped" "$(arrived c c0)" "$told4 3/1 $about4"
vs -e -u $VIP:53 -r 10.2.1.11:53 -i --tun-type gre
error 4 3 1 0 in.proto=47 in.hex=2000080000000001$v4
is "GRE: keys are none of ours" "$(arrived c c0)" ""
forget

# counted once, at the client's side of it
vs -A -u $VIP:53 -s rr
vs -a -u $VIP:53 -r 10.2.1.11:53 -i
send4
# shellcheck disable=SC2086
error 4 3 1 0 $ipip
has "the error is counted once" "$(vs -Ln --stats --exact)" "10.2.1.11:53 +1 +1 +1 +36 +68"
forget

# across families
vs -A -u $VIP:53 -s rr
vs -a -u $VIP:53 -r "[fd02:1::11]:53" -i
send4
arrived c c0 >/dev/null
for e in 1/1=3/13 1/3=3/1 1/4=3/1 3/0=11/0 4/1=3/1; do
  from=${e%=*}
  error 6 ${from%/*} ${from#*/} 0 in.proto=4 in.hex=$v4
  has "ICMPv6 $from is ${e#*=} for an IPv4 client" "$(arrived c c0)" "$told4 ${e#*=} $about4"
done
error 6 1 3 0 badsum in.proto=4 in.hex=$v4
is "ICMPv6 with a wrong checksum is nothing" "$(arrived c c0)" ""
forget
vs -A -u "[$VIP6]:53" -s rr
vs -a -u "[$VIP6]:53" -r 10.2.1.11:53 -i
send6
arrived c c0 >/dev/null
for e in 3/13=1/1 3/1=1/3 3/3=1/3 11/0=3/0; do
  from=${e%=*}
  error 4 ${from%/*} ${from#*/} 0 in.proto=41 in.hex=$v6
  has "ICMP $from is ${e#*=} for an IPv6 client" "$(arrived c c0)" "$told6 ${e#*=} $about6"
done
error 4 4 0 0 in.proto=41 in.hex=$v6
is "source quench is nothing to an IPv6 client" "$(arrived c c0)" ""
forget

# the director's own errors
vs -A -u $VIP:53 -s rr
vs -a -u $VIP:53 -r 10.2.1.99:53 -i
unreachable() { send4; arrived c c0 | grep -E "$told4 3/1 $about4"; }
eventually "a server without neighbour: host unreachable" 10 unreachable
