# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 240
# What a router has said of a path's MTU expires, and the kernel marks the route that knew it: dead, for IPv4. A server's
# cached route must not be that one any more. Once the director is the first namespace, to which a dead route's device
# belongs, and once another one, which has a time of its own.
topology 1
modprobe ip_vs
tunnel_ends
VIP8=10.8.1.100 VIP86=fd08:1::100
set_sysctl() { director cat "/proc/sys/net/$1" && director sh -c "echo $2 >/proc/sys/net/$1"; }
capture() { background e8 at s1 peer capture dev=e8; }
# big N: a full-size packet of connection N
send() { at c peer send dev=c9 "dmac=$dmac9" proto=udp dport=53 "$@"; }
big4() { send src=10.8.1.77 dst=$VIP8 sport=1000 df len=1400; }
big6() { send src=fd08:1::77 dst=$VIP86 sport=1000 len=1400; }
small4() { send src=10.8.1.77 dst=$VIP8 sport=1000 df len=10; }
small6() { send src=fd08:1::77 dst=$VIP86 sport=1000 len=10; }
went4() { grep -c '10.8.1.77:1000 > .* data=1400' /tmp/lab/e8; }
went6() { grep -c 'fd08:1::77\]:1000 > .* data=1400' /tmp/lab/e8; }
more() { [ "$($1)" -gt "$2" ]; }
router() { at s1 peer send dev=e8 "dmac=$dmac8" "$@"; }
udp=03e8003500140000aaaaaaaaaaaaaaaaaaaaaaaa
knows() { director ip "$1" route get "$2" | grep -q "mtu 1300"; }
# asking for the route is what makes the kernel remove what has expired
forgot() { ! knows "$1" "$2"; }

# try NAME NETNS: the director's namespace for people and for ip-link
try() {
  echo "# the director is $1"
  ip link add d9 netns "$2" type veth peer name c9 netns c
  ip link add d8 netns "$2" type veth peer name e8 netns s1
  for line in "10.8.1.1/24 d9" "10.8.0.1/24 d8" "fd08:1::1/64 d9" "fd08::1/64 d8" "$VIP8/32 d9" "$VIP86/128 d9"; do
    set -- $line
    case $1 in *:*) nodad=nodad ;; *) nodad= ;; esac
    director ip addr add "$1" dev "$2" $nodad
  done
  director ip link set d9 up
  director ip link set d8 up
  ip -n c link set c9 up
  ip -n s1 link set e8 up
  ip -n s1 addr add 10.8.0.2/24 dev e8
  ip -n s1 addr add fd08::2/64 dev e8 nodad
  rm -f /tmp/lab/mac-c-c9
  mac c c9
  director ip neigh add 10.8.1.77 dev d9 lladdr "$mac"
  director ip neigh add fd08:1::77 dev d9 lladdr "$mac"
  dmac9=$(director ip link show d9 | sed -n 's/.*ether \([^ ]*\).*/\1/p')
  dmac8=$(director ip link show d8 | sed -n 's/.*ether \([^ ]*\).*/\1/p')
  old4=$(set_sysctl ipv4/route/mtu_expires 2)
  old6=$(set_sysctl ipv6/route/mtu_expires 2)
  director ping -c 1 -w 5 10.8.0.2 >/dev/null
  director ping -c 1 -w 5 fd08::2 >/dev/null
  capture
  wait_until 10 in_file ready e8 || not_ok "capture starts"

  director ipvsadm -A -u $VIP8:53 -s rr
  director ipvsadm -a -u $VIP8:53 -r 10.8.0.2:53 -i
  director ipvsadm -A -u "[$VIP86]:53" -s rr
  director ipvsadm -a -u "[$VIP86]:53" -r '[fd08::2]:53' -i
  big4
  big6
  eventually "IPv4: a full-size packet passes" 5 more went4 0
  eventually "IPv6: a full-size packet passes" 5 more went6 0

  router src=10.8.0.77 dst=10.8.0.1 proto=icmp type=3 code=4 mtu=1300 quote=200 in.src=10.8.0.1 in.dst=10.8.0.2 \
    in.proto=4 in.hex=4500002800014000401100000a08014d0a080164$udp
  router src=fd08::77 dst=fd08::1 proto=icmp6 type=2 code=0 mtu=1300 in.src=fd08::1 in.dst=fd08::2 \
    in.proto=41 in.hex=6000000000141140fd080001000000000000000000000077fd080001000000000000000000000100$udp
  eventually "IPv4: the route knows of a narrow place" 5 knows -4 10.8.0.2
  eventually "IPv6: the route knows of a narrow place" 5 knows -6 fd08::2
  # so that the server's cached route is this one
  small4
  small6
  eventually "IPv4: it expires" 20 forgot -4 10.8.0.2
  eventually "IPv6: it expires" 20 forgot -6 fd08::2
  before4=$(went4) before6=$(went6)
  big4
  big6
  eventually "IPv4: full-size packets pass again" 5 more went4 "$before4"
  eventually "IPv6: full-size packets pass again" 5 more went6 "$before6"
  director ipvsadm -C
  set_sysctl ipv4/route/mtu_expires "$old4" >/dev/null
  set_sysctl ipv6/route/mtu_expires "$old6" >/dev/null
  kill $bg_pid
  director ip link del d9
  director ip link del d8
}
director() { "$@"; }
try "the first namespace" 1
director() { d "$@"; }
try "a namespace of its own" d
