# SPDX-License-Identifier: GPL-2.0-or-later
# tools: debian
# timeout: 600
# Tunnel packets as they are on the wire, the MTU that clients are told, and ICMP errors that come back.
topology 1
modprobe ip_vs
fake_hosts
listen_on c c0
listen_on s1 e0
# came_out: what came out at both ends; the source port of GUE is a hash with a random key
came_out() {
  # IPv6 has no such bit to copy: ours is never set, the original's now and then
  arrived s1 e0 | sed -E 's/^(e0 \[?(10\.2\.1\.1|fd02:1::1)\]?):[0-9]+ >/\1:P >/' | only intree sed 's/ df {\[/ {[/'
  arrived c c0 | grep -v -e 'icmp 11/1' -e 'icmp6 3/1'
}
# kinds COMMAND...: for each kind of tunnel, with its options at the end
kinds() {
  "$@"
  "$@" --tun-type gue --tun-port 6080
  "$@" --tun-type gue --tun-port 6080 --tun-csum
  "$@" --tun-type gue --tun-port 6080 --tun-remcsum
  "$@" --tun-type gre
  "$@" --tun-type gre --tun-csum
}
port=3000
# wire SERVICE ADDRESS CLIENT SERVER OPTION...
wire() {
  port=$((port + 1))
  echo "== $*"
  vs -A -u "$1:53" -s rr
  wire_service=$1 wire_server=$4
  udp="client_sends src=$3 dst=$2 proto=udp sport=$port dport=53"
  shift 4
  vs -a -u "$wire_service:53" -r "$wire_server:53" -i "$@"
  $udp len=10 df tos=0xb9
  $udp len=11 tos=0x03
  $udp len=1300
  $udp len=1480 df
  $udp len=1481
  $udp len=10 ttl=1
  $udp len=10 ttl=2
  # With IPv6 the original cuts at 1280 or not, or sets DF in fragments, by what the control block had held before.
  case $wire_service$wire_server in *:*) ;; *) $udp len=3000 fragsize=1200 id=7 ;; esac
  came_out
  vs -C
}
kinds wire $VIP $VIP 10.1.0.77 10.2.1.11
kinds wire $VIP $VIP 10.1.0.77 '[fd02:1::11]'
kinds wire "[$VIP6]" $VIP6 fd01::77 '[fd02:1::11]'
kinds wire "[$VIP6]" $VIP6 fd01::77 10.2.1.11
vs_sysctl pmtu_disc 0
kinds wire $VIP $VIP 10.1.0.77 10.2.1.11
vs_sysctl pmtu_disc 1

echo "== a checksum that the sender left to the device"
vs -A -u $VIP:53 -s rr
vs -a -u $VIP:53 -r 10.2.1.11:53 -i --tun-type gue --tun-port 6080 --tun-remcsum
c peer ask udp $VIP 53 1 sport=3500 timeout=1 len=20
came_out
vs -C

echo "== errors about IPv4 in IPv4"
udp=1068003500140000aaaaaaaaaaaaaaaaaaaaaaaa
inner=4500002800014000401100000a01004d0a010064$udp
no_df=4500002800010000401100000a01004d0a010064$udp
error() {
  server_sends 1 src=10.2.1.77 dst=10.2.1.1 proto=icmp "$@" quote=200 in.src=10.2.1.1 in.dst=10.2.1.11
}
for kind in ipip gue gre; do
  vs -A -u $VIP:53 -s rr
  case $kind in
    ipip) around=20 option= words="in.proto=4" head= ;;
    gue) around=32 option="--tun-type gue --tun-port 6080" words="in.proto=udp in.sport=40000 in.dport=6080" head=00040000 ;;
    gre) around=24 option="--tun-type gre" words="in.proto=47" head=00000800 ;;
  esac
  vs -a -u $VIP:53 -r 10.2.1.11:53 -i $option
  client_sends src=10.1.0.77 dst=$VIP proto=udp sport=4200 dport=53 len=12 df
  arrived s1 e0 >/dev/null
  error type=3 code=4 mtu=1400 $words in.hex=$head$no_df
  ip -n d route flush cache
  error type=3 code=4 mtu=1400 $words in.hex=$head$inner
  client_sends src=10.1.0.77 dst=$VIP proto=udp sport=4200 dport=53 len=1360 df
  # the original tells the MTU of a cached route that the error has just made stale, ours what is left of the path's
  came_out | only intree sed "s,3/4 mtu=[0-9]*,3/4 mtu=$((1400 - around)),"
  ip -n d route flush cache
  for e in 3/0 3/1 3/3 3/13 11/0 4/0 5/0 12/0; do
    error type=${e%/*} code=${e#*/} $words in.hex=$head$inner
  done
  error type=3 code=1 badsum $words in.hex=$head$inner
  error type=3 code=1 $words in.hex=$head${inner%$udp}10690035
  error type=3 code=1 $words in.hex=$head quote=28
  came_out
  vs -C
done
