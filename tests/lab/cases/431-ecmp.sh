# SPDX-License-Identifier: GPL-2.0-or-later
# brief: no
# kernels: 6.1 6.12
# runs-on: ours
# timeout: 900
# Three directors behind a router with BIRD, which shares flows out. With mh and no state in common: one is taken away and
# comes back, another one dies; connections go on, and clients get the servers they had. The same with other schedulers and
# directors that tell each other of connections.
. /lab/directors.sh
modprobe ip_vs
ecmp_of 3 4
for i in 1 2 3 4; do background "echo$i" at "s$i" peer serve "s$i" 80; done
for i in 1 2 3 4; do wait_until 10 in_file ready "echo$i" || not_ok "server s$i starts"; done
bird_on router $ecmp/router.conf
for ns in $directors; do bird_on "$ns" $ecmp/director.conf; done
eventually "the router has a way to each director" 60 ways 3

# services RULES
services() {
  cp "$1" /etc/ipvsadm.rules
  for ns in $directors; do at "$ns" /usr/libexec/ipvsadm/service restart; done
}
flows=200
crowd() { # NAME ADDRESS SPORT
  rm -f "/tmp/lab/$1.in"
  mkfifo "/tmp/lab/$1.in"
  background "$1" at c sh -c "exec peer ask tcp $2 80 $flows again sport=$3 rst timeout=20000 <>/tmp/lab/$1.in"
  eval "pid_$1=$bg_pid"
  wait_until 60 in_file '^(s[1-4] ?)+$' "$1" || not_ok "$1: $flows connections"
}
# leaves NAME: its connections end
leaves() { eval "kill \$pid_$1; wait \$pid_$1" 2>/dev/null; }
# answer TEXT NAME...: all connections go on
answer() {
  answer_text=$1
  shift
  for crowd in "$@"; do
    lines=$(wc -l <"/tmp/lab/$crowd")
    echo "are you there" >"/tmp/lab/$crowd.in"
    wait_until 40 sh -c "[ \$(wc -l </tmp/lab/$crowd) -gt $lines ]"
    is "$answer_text: $crowd" "$(tail -n 1 "/tmp/lab/$crowd")" "$flows of $flows"
  done
}
# servers_of NAME: of each connection, a line each
servers_of() { head -n 1 "/tmp/lab/$1" | tr ' ' '\n'; }
# moved BEFORE AFTER: of a hundred new flows from the same ports so many have got another server, rounded up
moved() {
  servers_of "$1" >/tmp/lab/before
  servers_of "$2" >/tmp/lab/after
  paste /tmp/lab/before /tmp/lab/after | awk -v n=$flows '$1 != $2 { m++ } END { print int((100 * m + n - 1) / n) }'
}
held() { at "$1" grep -c ' ESTABLISHED ' /proc/net/ip_vs_conn; }
forgotten() { [ "$(at "$1" sed 1d /proc/net/ip_vs_conn | wc -l)" = 0 ]; }
# afresh RULES: directors that have never had a connection
afresh() {
  for ns in $directors; do
    at "$ns" /usr/libexec/ipvsadm/service stop
    at "$ns" sh -c 'echo 1 >/proc/sys/net/ipv4/vs/expire_nodest_conn'
    at "$ns" ipvsadm -C
    wait_until 60 forgotten "$ns" || not_ok "$ns forgets its connections"
    at "$ns" sh -c 'echo 0 >/proc/sys/net/ipv4/vs/expire_nodest_conn'
  done
  services "$1"
}

# --- no state in common
printf 'AUTO=true\nDAEMON=none\n' >/etc/default/ipvsadm
for ns in $directors; do settings "$ns" $ecmp/director-sysctl.conf; done
services $ecmp/ipvsadm.rules
crowd three4 $VIP 10000
crowd three6 $VIP6 10000
for ns in $directors; do check "$ns has its share of flows" [ "$(held "$ns")" -gt $((2 * flows / 6)) ]; done
check "all servers are used" [ "$(servers_of three4 | sort -u | wc -l)" = 4 ]
virtual_off d3
eventually "one is taken away" 20 ways 2
answer "connections go on" three4 three6
leaves three4
leaves three6
afresh $ecmp/ipvsadm.rules
crowd two4 $VIP 10000
crowd two6 $VIP6 10000
for family in 4 6; do
  share=$(moved three$family two$family)
  echo "# IPv$family: $share % of new flows have another server"
  check "new flows get the servers they had: IPv$family" [ "$share" -lt 38 ]
done
is "the one that was taken away has none" "$(held d3)" 0
virtual_on d3
eventually "it is there again" 20 ways 3
answer "connections go on" two4 two6
check "it has its share again" [ "$(held d3)" -gt $((2 * flows / 6)) ]
leaves two4
leaves two6
afresh $ecmp/ipvsadm.rules
crowd again4 $VIP 10000
crowd again6 $VIP6 10000
for family in 4 6; do check "new flows get the servers they had: IPv$family" [ "$(moved two$family again$family)" -lt 38 ]; done
ip -n lan link set d2-eth0 down
eventually "one dies" 30 ways 2
answer "connections go on" again4 again6
ip -n lan link set d2-eth0 up
eventually "it comes back" 60 ways 3
leaves again4
leaves again6

# --- with what they tell each other
for ns in $directors; do at "$ns" sh -c 'echo 0 >/proc/sys/net/ipv4/vs/sloppy_tcp'; done
cp $ecmp/ipvsadm-sync.default /etc/default/ipvsadm
afresh $ecmp/ipvsadm-sync.rules
has "each tells and hears" "$(at d2 ipvsadm -Ln --daemon)" 'backup sync daemon'
crowd told4 $VIP 20000
crowd told6 $VIP6 20000
told_all() { [ "$(held "$1")" = $((2 * flows)) ]; }
for ns in $directors; do eventually "$ns knows all connections" 30 told_all "$ns"; done
virtual_off d3
eventually "one is taken away" 20 ways 2
answer "connections go on" told4 told6
ip -n lan link set d2-eth0 down
eventually "another one dies" 30 ways 1
answer "connections go on" told4 told6
ip -n lan link set d2-eth0 up
virtual_on d3
eventually "both are back" 60 ways 3
answer "connections go on" told4 told6
[ "$lab_failed" = 0 ] || { tail -n 20 /tmp/lab/bird-*; ip -n router route; ip -n router -6 route; for ns in $directors; do at "$ns" ipvsadm -Ln; done; }
