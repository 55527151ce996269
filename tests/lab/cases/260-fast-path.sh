# SPDX-License-Identifier: GPL-2.0-or-later
# runs-on: ours
# timeout: 1200
# The fast path: the same packets, counters and states as without it, for every method and both families; what is not
# taken, and why; and devices that come, change and go.
topology 1
modprobe ip_vs
fake_hosts
listen_on s1 e0
listen_on c c0
mkdir -p /tmp/lab

# fast OUTCOME: packets with it
fast() { status "Fast path $1"; }
passed() { fast "passed, $1"; }
all() { d sed -n 's/^Fast path \(.*\):[^0-9]*/\1 /p' /proc/net/ip_vs_status | grep -v '^devices'; }

udp() { client_sends src=10.1.0.77 dst=$VIP proto=udp sport=7000 dport=53 "$@"; }
udp6() { client_sends src=fd01::77 dst=$VIP6 proto=udp sport=7000 dport=53 "$@"; }
tcp() { client_sends src=10.1.0.77 dst=$VIP proto=tcp sport=7000 dport=80 "$@"; }
tcp6() { client_sends src=fd01::77 dst=$VIP6 proto=tcp sport=7000 dport=80 "$@"; }
udp_reply() { server_sends 1 src=10.2.1.11 dst=10.1.0.77 proto=udp sport=$((53 + port_step)) dport=7000 "$@"; }
udp6_reply() { server_sends 1 src=fd02:1::11 dst=fd01::77 proto=udp sport=$((53 + port_step)) dport=7000 "$@"; }
tcp_reply() { server_sends 1 src=10.2.1.11 dst=10.1.0.77 proto=tcp sport=$((80 + port_step)) dport=7000 "$@"; }
tcp6_reply() { server_sends 1 src=fd02:1::11 dst=fd01::77 proto=tcp sport=$((80 + port_step)) dport=7000 "$@"; }

# port_step: how far a server's port is from the virtual one
port_step=0
# services METHOD [SERVER SERVER6]: each family's services on servers of these addresses
services() {
  for port in '-u 53' '-t 80'; do
    set -- "$1" "${2:-10.2.1.11}" "${3:-fd02:1::11}" ${port}
    vs -A "$4" "$VIP:$5" -s rr
    vs -A "$4" "[$VIP6]:$5" -s rr
    real=$(($5 + port_step))
    case $2 in *:*) vs -a "$4" "$VIP:$5" -r "[$2]:$real" $1 ;; *) vs -a "$4" "$VIP:$5" -r "$2:$real" $1 ;; esac
    case $3 in *:*) vs -a "$4" "[$VIP6]:$5" -r "[$3]:$real" $1 ;; *) vs -a "$4" "[$VIP6]:$5" -r "$3:$real" $1 ;; esac
  done
}

# Everything that a client and a server say: usual and unusual, in and out of order.
talk() {
  for n in '' 6; do
    tcp$n flags=S
    [ "$1" != -m ] || tcp${n}_reply flags=SA
    tcp$n flags=A
    tcp$n flags=PA len=301
    tcp$n flags=A len=1000 tos=8
    [ "$1" != -m ] || tcp${n}_reply flags=PA len=77 tos=16
    tcp$n flags=A len=10 options
    tcp$n flags=A len=10 ttl=1
    tcp$n flags=A len=10 ttl=2
    tcp$n flags=A len=10 badsum
    [ "$1" != -m ] || tcp${n}_reply flags=A ttl=1
    tcp$n flags=A len=1400 fragsize=704
    tcp$n flags=FA
    [ "$1" != -m ] || tcp${n}_reply flags=FA
    tcp$n flags=A
    for len in 0 1 2 1400 1452; do
      udp$n len=$len
      [ "$1" != -m ] || udp${n}_reply len=$len
    done
    udp$n len=4 l4=6
    udp$n len=30 badsum
    udp$n len=2000 fragsize=1000
  done
  udp len=30 nosum
  udp len=30 df
  tcp flags=R
  tcp6 flags=R
}

# all that is to be seen of one conversation, without what differs by chance
seen() {
  services "$@"
  talk "$1"
  echo "--- at the servers"
  arrived s1 e0
  echo "--- at the clients"
  arrived c c0
  echo "--- counters"
  vs -Ln --stats --exact
  echo "--- states"
  conns | awk '{ print $1, $2, $3, $4, $5, $6, $7, $8 }' | sort
  echo "--- drops"
  d cat /proc/net/ip_vs_drops
  reload_ipvs
}

# A number of an IPv4 tunnel packet is not shown, a source port of UDP's stays with its connection's hash: both are equal.
compare() {
  text=$1
  shift
  vs_sysctl fast_path 0
  seen "$@" >/tmp/lab/slow.txt
  vs_sysctl fast_path 1
  services "$@"
  talk "$1"
  taken=$(fast taken)
  arrived s1 e0 >/dev/null
  arrived c c0 >/dev/null
  reload_ipvs
  vs_sysctl fast_path 1
  seen "$@" >/tmp/lab/fast.txt
  check "$text: the same packets, counters and states" diff /tmp/lab/slow.txt /tmp/lab/fast.txt
  check "$text: taken ($taken packets)" test "$taken" -ge 14
}

[ -z "$fast" ] || vs_sysctl fast_path 0
is "it is off" "$(d cat /proc/sys/net/ipv4/vs/fast_path) $(fast devices)" "0 0"
compare "direct routing" -g
compare "NAT" -m
port_step=1000
compare "NAT to other ports" -m
port_step=0
compare "tunnel" -i
compare "tunnel, IPv4 in IPv6 and IPv6 in IPv4" -i fd02:1::11 10.2.1.11
compare "GRE" "-i --tun-type gre"
compare "GRE with checksums" "-i --tun-type gre --tun-csum"
compare "GUE" "-i --tun-type gue --tun-port 6080"
compare "GUE with checksums" "-i --tun-type gue --tun-port 6080 --tun-csum"

# --- who is passed on, and why ---
vs_sysctl fast_path 1
services -m
# pass REASON COMMAND...: exactly one packet more has that outcome, and no other
pass() {
  reason=$1
  shift
  all >/tmp/lab/before
  "$@"
  arrived s1 e0 >/dev/null
  arrived c c0 >/dev/null
  name=$reason
  [ "$reason" = taken ] || name="passed, $reason"
  is "$reason: $*" "$(all | grep -v -x -F -f /tmp/lab/before)" \
    "$name $(($(awk -v r="$name " 'index($0, r) == 1 { print $NF }' /tmp/lab/before) + 1))"
}
udp
udp6
tcp flags=S
pass taken udp
pass taken udp6
pass taken udp_reply
pass taken udp6_reply
pass flags tcp flags=FA
pass flags tcp flags=S
pass flags tcp flags=R
pass header udp options
pass header udp6 options
pass fragment udp len=8 mf
pass ttl udp ttl=1
pass ttl udp6 ttl=1
pass ttl udp_reply ttl=1
pass protocol client_sends src=10.1.0.77 dst=$VIP proto=icmp type=8 code=0
pass no-conn udp sport=7001
# the routes change with the device: the normal path finds the new one
ip -n d link set d1 mtu 1280
pass route udp
pass size udp len=1400
ip -n d link set d1 mtu 1500
pass route udp
pass taken udp
ip -n d neigh replace 10.2.1.11 dev d1 lladdr 02:00:00:00:00:01 nud stale
pass neighbour udp
ip -n d neigh replace 10.2.1.11 dev d1 lladdr "$smac" nud permanent
pass taken udp
ip -n d neigh del 10.2.1.11 dev d1
ip -n d neigh replace 10.2.1.11 dev d1 lladdr "$smac"
udp
udp
pass taken udp
d sh -c 'echo 0 >/proc/sys/net/ipv4/conf/d1/forwarding'
pass input udp_reply
d sh -c 'echo 1 >/proc/sys/net/ipv4/conf/d1/forwarding'
pass taken udp_reply
d sh -c 'echo 1 >/proc/sys/net/ipv4/conf/d0/rp_filter'
udp
pass taken udp
ip -n d route add 10.1.0.77/32 dev d1
pass source udp
ip -n d route del 10.1.0.77/32 dev d1
d sh -c 'echo 0 >/proc/sys/net/ipv4/conf/d0/rp_filter'
udp
pass taken udp
vs_sysctl snat_reroute 0
pass special udp_reply
vs_sysctl snat_reroute 1
# the debug kernel has no IPsec policies
if [ "$slow" = 1 ]; then
  modprobe xfrm_user
  ip -n d xfrm policy add dir fwd src 192.0.2.0/24 dst 192.0.2.0/24 action allow
  pass policy udp
  ip -n d xfrm policy flush
fi
ip -n d addr del $VIP/32 dev d0
pass input udp
ip -n d addr add $VIP/32 dev d0
udp
pass taken udp
client_frame() { mac=02:00:00:00:00:02; c peer send dev=c0 dmac=$mac src=10.1.0.77 dst=$VIP proto=udp sport=7000 dport=53; }
pass frame client_frame
vs -d -u $VIP:53 -r 10.2.1.11:53
pass dest udp
vs -a -u $VIP:53 -r 10.2.1.11:53 -m

# --- where the packet is, never twice ---
reload_ipvs
vs_sysctl fast_path 1
# behind TEXT DEV CLIENTDEV: a client behind one more device of the director. Its packets are taken once, and counted once.
is_up() { ip -n d link show "$dev" | grep -q "state UP"; }
behind() {
  text=$1 dev=$2
  # that it is up is told a moment later, and makes each cached route one to look up again
  wait_until 20 is_up || not_ok "$text: the device is up"
  ip -n d link set "$dev" address 02:00:00:00:08:01
  mac d "$dev"
  rm -f "/tmp/lab/mac-d-$dev"
  vs -A -u 10.8.0.1:53 -s rr
  vs -a -u 10.8.0.1:53 -r 10.2.1.11:53 -g
  c peer send "dev=$3" "dmac=$mac" src=10.8.0.77 dst=10.8.0.1 proto=udp sport=7100 dport=53 len=5
  before=$(fast taken)
  c peer send "dev=$3" "dmac=$mac" src=10.8.0.77 dst=10.8.0.1 proto=udp sport=7100 dport=53 len=5
  is "$text: both arrive" "$(arrived s1 e0 | grep -c '10.8.0.77:7100 > 10.8.0.1:53 udp data=5 sum=ok ttl=63')" 2
  is "$text: the second one is taken, once" "$(($(fast taken) - before))" 1
  has "$text: counted twice in all" "$(vs -Ln --stats --exact -u 10.8.0.1:53 | tail -n 1)" ":53 +1 +2 +0 "
  reload_ipvs
  vs_sysctl fast_path 1
}
modprobe -a 8021q bridge macvlan dummy
ip link add k0 netns c type veth peer name l0 netns d
ip -n c link set k0 up
ip -n d link set l0 up
ip -n c link add link k0 name k0.5 type vlan id 5
ip -n d link add link l0 name l0.5 type vlan id 5
ip -n c link set k0.5 up
ip -n d link set l0.5 up
ip -n d addr add 10.8.0.1/24 dev l0.5
behind VLAN l0.5 k0.5
ip -n d link del l0.5
ip -n d link add br0 type bridge
ip -n d link set br0 up
ip -n d link set l0 master br0
ip -n d addr add 10.8.0.1/24 dev br0
forwards() { ip -n d -d link show l0 | grep -q "state forwarding"; }
wait_until 40 forwards
behind bridge br0 k0
ip -n d link del br0
ip -n d link add mv0 link l0 type macvlan mode private
ip -n d link set mv0 up
ip -n d addr add 10.8.0.1/24 dev mv0
behind macvlan mv0 k0
ip -n d link del mv0
ip -n d link set l0 down
# ... and no bonds
if [ "$slow" = 1 ]; then
  modprobe bonding
  ip -n d link add bo0 type bond mode active-backup
  ip -n d link set l0 master bo0
  ip -n d link set bo0 up
  ip -n d addr add 10.8.0.1/24 dev bo0
  behind bond bo0 k0
  ip -n d link del bo0
fi

# --- devices come, are renamed, move and go ---
n=$(fast devices)
ip -n d link add new0 type dummy
is "a new device" "$(fast devices)" $((n + 1))
ip -n d link set new0 name new1
is "renamed" "$(fast devices)" $((n + 1))
ip -n d link set new1 netns c
is "moved" "$(fast devices)" "$n"
ip -n c link set new1 netns d
is "moved back" "$(fast devices)" $((n + 1))
ip -n d link del new1
is "deleted" "$(fast devices)" "$n"
vs_sysctl fast_path 0
is "off: no device has a hook" "$(fast devices)" 0
refuse "no other value" vs_sysctl fast_path 2
is "the old value stays" "$(d cat /proc/sys/net/ipv4/vs/fast_path)" 0

# --- under traffic: the switch, the ways on, and the module ---
services -m
mac d d0
flood=$(fewer 4000)
background flood c peer send dev=c0 "dmac=$mac" src=10.1.0.77 dst=$VIP proto=udp sport=7000 dport=53 len=10 flows=20 count=$flood
flooding() { [ -d "/proc/$bg_pid" ]; }
turns=0
while flooding; do
  vs_sysctl fast_path 1
  ip -n d link set d1 down
  ip -n d link set d1 up
  ip -n d -batch - <<BATCH
neigh replace 10.2.1.11 dev d1 lladdr $smac
link add flip0 type dummy
link set flip0 up
link del flip0
BATCH
  vs -e -u $VIP:53 -r 10.2.1.11:53 -g
  vs -e -u $VIP:53 -r 10.2.1.11:53 -i
  vs -e -u $VIP:53 -r 10.2.1.11:53 -m
  vs_sysctl fast_path 0
  turns=$((turns + 1))
done
check "switched under load, $turns times" test "$turns" -gt 0
check "packets were taken meanwhile" test "$(fast taken)" -gt 50
vs_sysctl fast_path 1
background flood c peer send dev=c0 "dmac=$mac" src=10.1.0.77 dst=$VIP proto=udp sport=7000 dport=53 len=10 flows=20 count=$flood
was=$(fast taken)
goes_on() { [ "$(fast taken)" -gt "$was" ]; }
eventually "packets are taken again" 10 goes_on
check "a device goes while packets go through it" timeout $((20 * slow)) /usr/sbin/ip -n d link del d1
vs -C
eventually "the module leaves under load" 20 no_ipvs
wait $bg_pid

# --- the parameter ---
is_on() { at "$1" cat /proc/sys/net/ipv4/vs/fast_path; }
modprobe ip_vs fast_path=1
is "the parameter: on where there is a namespace" "$(is_on d) $(is_on c)" "1 1"
check "... with hooks at the devices" test "$(fast devices)" -gt 0
ip netns add new
is "... and in a new one" "$(is_on new)" 1
n=$(status "Fast path devices" new)
at new ip link add new0 type dummy
is "... whose devices have the hook" "$(status "Fast path devices" new)" $((n + 1))
at new sh -c 'echo 0 >/proc/sys/net/ipv4/vs/fast_path'
is "... which may switch it off" "$(is_on new)" 0
ip netns del new
echo 0 >/sys/module/ip_vs/parameters/fast_path
ip netns add new
is "the parameter changes for those to come" "$(is_on d) $(is_on new)" "1 0"
ip netns del new
