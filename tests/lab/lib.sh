# SPDX-License-Identifier: GPL-2.0-or-later
# What every lab script has at hand. Read in by the guest; plain sh.
#
# Topology (topology N):        namespace c            d                          s1 .. sN
#   client side                 c0 10.1.0.2/16 --- d0 10.1.0.1/16
#                                  fd01::2            fd01::1
#   server side                                  d1 10.2.1.1/24 ------------ e0 10.2.1.2/24   fd02:1::/64
#   way back for DR and TUN     c1 10.3.1.1/24 ---------------------------- f0 10.3.1.2/24   fd03:1::/64
# The virtual addresses are 10.1.0.100 and fd01::100, on d0 and on the servers' lo. A server answers
# with its own address through the director (NAT) and with the virtual one straight to the client
# (DR, TUN), as with separate routers in a real installation.

VIP=10.1.0.100
VIP6=fd01::100
lab_failed=0

# How many times slower than a stock kernel this one may be: 1, and more on the debug kernel. Every waiting
# time of this file and of peer is multiplied by it, and the heaviest cases do less (fewer).
slow=${slow:-1}
export slow
# fewer N: N, or what a slow kernel or a brief run can do instead
fewer() { set -- "$1" $((slow * (${brief:-0} ? 4 : 1))); echo $((($1 + $2 - 1) / $2)); }

ok() { echo "ok - $*"; }
not_ok() { lab_failed=$((lab_failed + 1)); echo "not ok - $*"; }

# check TEXT COMMAND...: the command must succeed; its output is shown when it does not
check() {
  check_text=$1
  shift
  if check_out=$("$@" 2>&1); then
    ok "$check_text"
  else
    not_ok "$check_text"
    echo "failed ($?): $*"
    echo "$check_out"
  fi
}

# refuse TEXT COMMAND...: the command must fail
refuse() {
  check_text=$1
  shift
  if check_out=$("$@" 2>&1); then
    not_ok "$check_text"
    echo "succeeded: $*"
    echo "$check_out"
  else
    ok "$check_text"
  fi
}

# broken TEXT: what a check looks at could not be seen. That fails the case, also from within a subshell, where the
# text would be taken for what was seen.
broken() {
  mkdir -p /tmp/lab
  echo "$*" >>/tmp/lab/broken
  echo "$*"
}

# is TEXT GOT WANTED
is() {
  if [ "$2" = "$3" ]; then
    ok "$1"
  else
    not_ok "$1"
    echo "seen:   $2"
    echo "wanted: $3"
  fi
}

# has TEXT GOT PATTERN: an extended regular expression occurs in GOT
has() {
  if printf '%s\n' "$2" | grep -q -E -e "$3"; then
    ok "$1"
  else
    not_ok "$1"
    echo "seen:      $2"
    echo "wanted in: $3"
  fi
}

# has_not TEXT GOT PATTERN
has_not() {
  if printf '%s\n' "$2" | grep -q -E -e "$3"; then
    not_ok "$1"
    echo "seen:     $2"
    echo "unwanted: $3"
  else
    ok "$1"
  fi
}

finished() { [ "$lab_failed" = 0 ] || exit 0; }

# seconds: since the guest started
seconds() { cut -d. -f1 /proc/uptime; }

# wait_until SECONDS COMMAND...: polls; the time is the longest anyone is willing to wait
wait_until() {
  wait_end=$(($(seconds) + $1 * slow + 1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ "$(seconds)" -lt "$wait_end" ] || return 1
    sleep 0.05
  done
}

# eventually TEXT SECONDS COMMAND...: a check that may take its time
eventually() {
  check_text=$1 check_secs=$2
  shift 2
  if wait_until "$check_secs" "$@"; then
    ok "$check_text"
  else
    not_ok "$check_text"
    echo "not within $check_secs s: $*"
    "$@" 2>&1 | head -n 20
  fi
}

# `at NS COMMAND` (a program, see peer.cc) runs something in a namespace; these are for the usual ones.
c() { at c "$@"; }
d() { at d "$@"; }
s1() { at s1 "$@"; }
s2() { at s2 "$@"; }
s3() { at s3 "$@"; }
vs() { at d ipvsadm "$@"; }
conns() { at d cat /proc/net/ip_vs_conn; }
no_ipvs() {
  # shellcheck disable=SC2046 # words
  rmmod $(awk '/^ip_vs|^xt_ipvs/ { print $1 }' /proc/modules | sort -r)
  ! grep -q -E '^(ip_vs|xt_ipvs)' /proc/modules
}
# nothing is left of services, connections, memories of schedulers
reload_ipvs() {
  vs -C
  wait_until 20 no_ipvs || echo "ip_vs modules stay loaded"
  modprobe ip_vs
}
vs_sysctl() { d sh -c "echo $2 >/proc/sys/net/ipv4/vs/$1"; }

# a namespace with settings for tests: no waiting for duplicate address detection, no source check
namespace() {
  ip netns add "$1"
  at "$1" sh -c '
    cd /proc/sys/net
    echo 0 >ipv6/conf/default/accept_dad; echo 0 >ipv6/conf/all/accept_dad
    echo 0 >ipv6/conf/default/accept_ra
    echo 0 >ipv4/conf/all/rp_filter; echo 0 >ipv4/conf/default/rp_filter
    echo 0 >ipv4/icmp_ratelimit; echo 0 >ipv6/icmp/ratelimit
    echo 10000 >ipv4/icmp_msgs_per_sec 2>/dev/null; echo 10000 >ipv4/icmp_msgs_burst 2>/dev/null
    echo 0 >ipv4/conf/all/send_redirects; echo 0 >ipv4/conf/default/send_redirects
    ip link set lo up' 2>/dev/null
}

# topology N: see the top of this file
topology() {
  servers=${1:-3}
  namespace c
  namespace d
  ip link add c0 netns c type veth peer name d0 netns d
  d sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
  ip -n c -batch - <<BATCH
addr add 10.1.0.2/16 dev c0
addr add fd01::2/64 dev c0 nodad
link set c0 up
BATCH
  ip -n d -batch - <<BATCH
addr add 10.1.0.1/16 dev d0
addr add fd01::1/64 dev d0 nodad
addr add $VIP/32 dev d0
addr add $VIP6/128 dev d0 nodad
link set d0 up
BATCH
  i=1
  while [ "$i" -le "$servers" ]; do
    server "$i"
    i=$((i + 1))
  done
  ip -n c route add default via 10.1.0.1
  ip -n c -6 route add default via fd01::1
  # the first packet of a test must not wait for a neighbour
  c ping -c 1 -w 5 10.1.0.1 >/dev/null
  c ping -c 1 -w 5 fd01::1 >/dev/null
}

# server I: namespace sI between director and client
server() {
  namespace "s$1"
  ip link add "d$1" netns d type veth peer name e0 netns "s$1"
  ip link add "c$1" netns c type veth peer name f0 netns "s$1"
  ip -n d -batch - <<BATCH
addr add 10.2.$1.1/24 dev d$1
addr add fd02:$1::1/64 dev d$1 nodad
link set d$1 up
BATCH
  ip -n c -batch - <<BATCH
addr add 10.3.$1.1/24 dev c$1
addr add fd03:$1::1/64 dev c$1 nodad
link set c$1 up
BATCH
  ip -n "s$1" -batch - <<BATCH
addr add 10.2.$1.2/24 dev e0
addr add fd02:$1::2/64 dev e0 nodad
addr add 10.3.$1.2/24 dev f0
addr add fd03:$1::2/64 dev f0 nodad
addr add $VIP/32 dev lo
addr add $VIP6/128 dev lo nodad
link set e0 up
link set f0 up
route add default via 10.2.$1.1
route add default via 10.3.$1.1 dev f0 table 100
rule add from $VIP lookup 100
BATCH
  ip -6 -n "s$1" -batch - <<BATCH
route add default via fd02:$1::1
route add default via fd03:$1::1 dev f0 table 100
rule add from $VIP6 lookup 100
BATCH
  d ping -c 1 -w 5 "10.2.$1.2" >/dev/null
  d ping -c 1 -w 5 "fd02:$1::2" >/dev/null
  at "s$1" ping -c 1 -w 5 "10.3.$1.1" >/dev/null
  at "s$1" ping -c 1 -w 5 "fd03:$1::1" >/dev/null
}

# --- servers and clients --------------------------------------------------------------------------

# background NAME COMMAND...: output in /tmp/lab/NAME
background() {
  mkdir -p /tmp/lab
  bg_name=$1
  shift
  : >"/tmp/lab/$bg_name"
  "$@" >"/tmp/lab/$bg_name" 2>&1 &
  bg_pid=$!
}

# in_file TEXT NAME: the pattern occurs in a background command's output
in_file() { grep -q -E -e "$1" "/tmp/lab/$2"; }

# serve N PORT...: servers s1..sN answer with their names on these ports, TCP and UDP; sctp:PORT for SCTP
serve() {
  serve_n=$1
  shift
  i=1
  while [ "$i" -le "$serve_n" ]; do
    # not every kernel has the algorithm that SCTP's cookies are signed with, and nobody forges them here
    case $* in *sctp:*) at "s$i" sh -c 'echo none >/proc/sys/net/sctp/cookie_hmac_alg' ;; esac
    background "serve$i" at "s$i" peer serve "s$i" "$@"
    i=$((i + 1))
  done
  i=1
  while [ "$i" -le "$serve_n" ]; do
    wait_until 10 in_file ready "serve$i" || not_ok "server s$i starts"
    i=$((i + 1))
  done
}

# the servers end IPIP tunnels
tunnel_ends() {
  modprobe -a ipip
  for i in $(seq 1 "$servers"); do at "s$i" ip link set tunl0 up; done
}

# ask PROTO PORT N [option...]: names of who answered at the virtual address; ask6 the same for IPv6.
# UDP clients get ports that none had before: with one the system chooses they may meet the entry of an
# older client and its server. The count is in a file because callers are subshells.
ask() { ask_at $VIP "$@"; }
ask6() { ask_at $VIP6 "$@"; }
ask_at() {
  ask_vip=$1 ask_proto=$2
  shift 2
  case $ask_proto-$* in udp*sport=*|tcp*) ;; *)
    mkdir -p /tmp/lab
    ask_port=$(cat /tmp/lab/next-port 2>/dev/null || echo 10000)
    echo $((ask_port + $2)) >/tmp/lab/next-port
    set -- "$@" "sport=$ask_port"
    ;;
  esac
  c peer ask "$ask_proto" "$ask_vip" "$@"
}

# pktgen N SETTING...: UDP packets of 64 bytes from the client's device to the director, all at once; the settings are
# pktgen's own (modprobe pktgen), those of src_ and dst_ say which connections they are of.
pktgen() {
  mac d d0
  pktgen_count=$1
  shift
  # on a busy machine many wait until the director's end of the cable gets its turn
  echo 20000 >/proc/sys/net/core/netdev_max_backlog
  for word in "count $pktgen_count" 'clone_skb 0' 'pkt_size 64' 'delay 0' "dst_mac $mac" "$@"; do echo "$word"; done |
    c sh -c '
      echo rem_device_all >/proc/net/pktgen/kpktgend_0
      echo "add_device c0" >/proc/net/pktgen/kpktgend_0
      while read -r word; do echo "$word" >/proc/net/pktgen/c0; done
      echo start >/proc/net/pktgen/pgctrl'
}

# number_of KEY FILE NAMESPACE: what a line of a file in /proc/net says
number_of() { at "$3" sed -n "s/^$1:[^0-9]*\([0-9]*\).*/\1/p" "/proc/net/$2"; }
# status KEY [NAMESPACE]: a number of /proc/net/ip_vs_status, of the director
status() { number_of "$1" ip_vs_status "${2:-d}"; }
# key NAMESPACE KEY: one of its /proc/net/ip_vs_sync
key() { number_of "$2" ip_vs_sync "$1"; }
# says NAMESPACE KEY TEST NUMBER: holds that number
says() { [ "$(key "$1" "$2")" "$3" "$4" ]; }

# drops REASON: packets that the director has dropped for it
drops() { d awk -v reason="$1" '$1 == reason { print $2 }' /proc/net/ip_vs_drops; }

# spread: words on standard input -> "s1=2 s2=3"
spread() { tr ' ' '\n' | grep . | sort | uniq -c | awk '{ printf "%s%s=%s", sep, $2, $1; sep = " " } END { print "" }'; }

# wire_directors: d's y0 to b's y1
wire_directors() {
  ip link add y0 netns d type veth peer name y1 netns b
  wire_end d y0 1
  wire_end b y1 2
}
wire_end() {
  ip -n "$1" addr add "10.9.0.$3/24" dev "$2"
  ip -n "$1" addr add "fd09::$3/64" dev "$2" nodad
  ip -n "$1" link set "$2" up
}
# second_director: b, beside d
second_director() {
  namespace b
  wire_directors
}
b() { at b "$@"; }

# pool PROTO SCHED METHOD N [PORT]: a service on the virtual address with servers s1..sN
pool() {
  vs -A "$1" "$VIP:${5:-80}" -s "$2"
  for i in $(seq 1 "$4"); do vs -a "$1" "$VIP:${5:-80}" -r "10.2.$i.2:${5:-80}" "$3"; done
}
pool6() {
  vs -A "$1" "[$VIP6]:${5:-80}" -s "$2"
  for i in $(seq 1 "$4"); do vs -a "$1" "[$VIP6]:${5:-80}" -r "[fd02:$i::2]:${5:-80}" "$3"; done
}

# --- hand-made packets ----------------------------------------------------------------------------

# mac NS DEV: the address, in $mac
mac() {
  mac_file=/tmp/lab/mac-$1-$2
  if [ ! -e "$mac_file" ]; then
    mkdir -p /tmp/lab
    ip -n "$1" link show "$2" | sed -n 's/.*ether \([^ ]*\).*/\1/p' >"$mac_file"
  fi
  read -r mac <"$mac_file"
}

# client_sends WORD...: from c0 to the director; server_sends I WORD...: from sI to the director
client_sends() { mac d d0; c peer send dev=c0 "dmac=$mac" "$@"; }
server_sends() {
  sender=$1
  shift
  mac d "d$sender"
  at "s$sender" peer send dev=e0 "dmac=$mac" "$@"
}

# A client (10.1.0.77, fd01::77) and servers (10.2.1.11 .. 19, fd02:1::11 .. 19) that exist as neighbours
# only: nobody answers by himself, so every packet of a connection is ours.
fake_hosts() {
  mac c c0; cmac=$mac; mac s1 e0; smac=$mac
  ip -n d neigh add 10.1.0.77 dev d0 lladdr "$cmac"
  ip -n d neigh add fd01::77 dev d0 lladdr "$cmac"
  for n in 11 12 13 14 15; do
    echo "neigh add 10.2.1.$n dev d1 lladdr $smac"
    echo "neigh add fd02:1::$n dev d1 lladdr $smac"
  done | ip -n d -batch -
}

# listen_on NS DEV [WORD...]: what arrives there is recorded until the case ends; the words are those of peer capture
listen_on() {
  cap_ns=$1 cap_dev=$2
  shift 2
  background "cap-$cap_ns-$cap_dev" at "$cap_ns" peer capture "dev=$cap_dev" "$@"
  set -- "$cap_ns" "$cap_dev"
  wait_until 10 in_file ready "cap-$1-$2" || not_ok "capture on $1 $2 starts"
}

# the other end of a device of the topology
other_end() {
  case $1-$2 in
    c-c0) echo d d0 ;;
    d-d0) echo c c0 ;;
    d-d*) echo "s${2#d} e0" ;;
    s*-e0) echo "d d${1#s}" ;;
    c-c*) echo "s${2#c} f0" ;;
    s*-f0) echo "c c${1#s}" ;;
  esac
}

# arrived NS DEV: what has arrived since the last time. A marker packet sent over the same wire shows
# that nothing more is on its way, so that "nothing arrived" can be told without waiting.
arrived() {
  cap=/tmp/lab/cap-$1-$2
  marks=$(grep -c '192\.0\.2\.9' "$cap")
  # shellcheck disable=SC2046 # two words
  set -- "$1" "$2" $(other_end "$1" "$2")
  mac "$1" "$2"
  at "$3" peer send "dev=$4" "dmac=$mac" src=192.0.2.9 dst=192.0.2.9 proto=udp dport=9
  wait_until 10 sh -c "[ \$(grep -c '192\\.0\\.2\\.9' $cap) -gt $marks ]" ||
    broken "marker lost on the way to $2 of $1"
  grep -v -e '^ready' -e '192\.0\.2\.9' "$cap" | tail -n "+$(($(cat "$cap.read" 2>/dev/null || echo 0) + 1))"
  grep -c -v -e '^ready' -e '192\.0\.2\.9' "$cap" >"$cap.read"
}
