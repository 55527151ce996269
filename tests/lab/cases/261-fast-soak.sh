# SPDX-License-Identifier: GPL-2.0-or-later
# runs-on: ours
# timeout: 1500
# brief: no
# The fast path while everything around it changes: the switch, methods, weights, servers, devices, the module, with packets
# in both directions. Each service has one server, and each server's packets another length: what arrives where it does not
# belong, or as nobody sent it, shows. IPVS_SMP_SECONDS says for how long.
soak=${smp_seconds:-20}
topology 2
modprobe ip_vs
fake_hosts
mac s2 e0
smac2=$mac
add_neighbours() {
  ip -n d -batch - <<BATCH
neigh replace 10.2.2.11 dev d2 lladdr $smac2
neigh replace fd02:2::11 dev d2 lladdr $smac2
BATCH
}
add_neighbours
# the third server is behind a VLAN of the first one's device
ip -n s1 link add link e0 name e7 type vlan id 7
ip -n s1 link set e7 up
add_vlan() {
  ip -n d -batch - <<BATCH
link add link d1 name d7 type vlan id 7
link set d7 up
addr add 10.2.7.1/24 dev d7
addr add fd02:7::1/64 dev d7 nodad
neigh replace 10.2.7.11 dev d7 lladdr $smac
neigh replace fd02:7::11 dev d7 lladdr $smac
BATCH
}
add_vlan
# net N: the number in the addresses of the server
net() { [ "$1" = 3 ] && echo 7 || echo "$1"; }

# both COMMAND N [WORD...]: the server of each family
both() {
  what=$1 n=$2 at=$(net "$2")
  shift 2
  vs "-$what" -u "$VIP:100$n" -r "10.2.$at.11:100$n" "$@"
  vs "-$what" -u "[$VIP6]:100$n" -r "[fd02:$at::11]:100$n" "$@"
}
configure() {
  for n in 1 2 3; do
    vs -A -u "$VIP:100$n" -s rr
    vs -A -u "[$VIP6]:100$n" -s wlc
    both a $n -m
  done
  # connections follow what the servers are told
  vs --set 0 0 1
  vs_sysctl expire_nodest_conn $((turn % 2))
}
turn=0
configure

# --- who sends: in turns from, or to, other ports, until the file goes; a client to all services, and all servers ---
: >/tmp/lab/run
cat >/tmp/lab/sender.sh <<'S'
# sender.sh WORD FILE: each line of it, with that word's port going up. Replies go to where the client is by now, or nobody
# waits for them. Two of these leave room for those who change things.
port=7000
while [ -e /tmp/lab/run ]; do
  if [ "$1" = sport ]; then echo $port >/tmp/lab/port; else read -r port </tmp/lab/port || port=7000; fi
  # shellcheck disable=SC2086 # words
  while read -r ns words; do
    at "$ns" peer send $words "$1=$port" flows=10 "each=$1" count=5
  done <"$2" 2>/dev/null
  port=$((port >= 9000 ? 7000 : port + 10))
done
S
mac d d0
for n in 1 2 3; do
  echo "c dev=c0 dmac=$mac src=10.1.0.77 dst=$VIP proto=udp dport=100$n len=5$n"
  echo "c dev=c0 dmac=$mac src=fd01::77 dst=$VIP6 proto=udp dport=100$n len=5$n"
done >/tmp/lab/asks
for n in 1 2 3; do
  case $n in 3) mac d d1; from="s1 dev=e7" ;; *) mac d d$n; from="s$n dev=e0" ;; esac
  echo "$from dmac=$mac src=10.2.$(net $n).11 dst=10.1.0.77 proto=udp sport=100$n len=10$n"
  echo "$from dmac=$mac src=fd02:$(net $n)::11 dst=fd01::77 proto=udp sport=100$n len=10$n"
done >/tmp/lab/replies
echo 7000 >/tmp/lab/port
background asking sh /tmp/lab/sender.sh sport /tmp/lab/asks
senders=$bg_pid
background replying sh /tmp/lab/sender.sh dport /tmp/lab/replies
senders="$senders $bg_pid"

# --- who looks, as long as it lasts: what is right is counted by its kind, what is not is kept ---
cat >/tmp/lab/look.awk <<'S'
# at a device behind which the servers WHOM are, or at the client's
function is_right(line, n, net, real) {
  for (n = 1; n <= 3; n++) {
    net = n == 3 ? 7 : n
    real = "10[.](1[.]0[.]100|2[.]" net "[.]11):100" n
    real6 = "[[](fd01::100|fd02:" net "::11)[]]:100" n
    if (WHOM == "") {
      if (line ~ "^c0 (" real " > 10[.]1[.]0[.]77|" real6 " > [[]fd01::77[]]):[0-9]+ udp data=10" n " sum=ok ") return 1
    } else if (index(WHOM, n) &&
               line ~ "(10[.]1[.]0[.]77:[0-9]+ > " real "|[[]fd01::77[]]:[0-9]+ > " real6 ") udp data=5" n " sum=ok ttl=63 ")
      return 1
  }
  return 0
}
function kind(line) {
  if (line ~ /[{]/) return $5 ~ /^(gre|gue)$/ ? $5 : "ipip"
  if (line ~ /(10[.]1[.]0[.]100|[[]fd01::100[]]):100[0-9]/) return WHOM == "" ? "translated" : "direct"
  return WHOM == "" ? "forwarded" : "nat"
}
/^ready/ { print >NAME ".ready"; close(NAME ".ready"); next }
# the director's own, while nobody else is at home
/ icmp6? / { next }
is_right($0) { n[kind($0)]++; next }
{ print >NAME ".wrong" }
END { for (k in n) print k, n[k] >NAME ".kinds" }
S
lookers=
looks() { # NS DEV [WHOM]
  background "look-$2" sh -c "at $1 peer capture dev=$2 ms=$((soak * 1000 + 15000)) |
    awk -v WHOM=$3 -v NAME=/tmp/lab/$1-$2 -f /tmp/lab/look.awk"
  lookers="$lookers $bg_pid"
  wait_until 10 test -s "/tmp/lab/$1-$2.ready" || not_ok "somebody looks at $2 of $1"
}
looks c c0
looks s1 e0 13
looks s1 e7 3
looks s2 e0 2

# --- what changes ---
method() {
  case $((turn % 5)) in
    0) echo -g ;;
    1) echo -i ;;
    2) echo -m ;;
    3) echo -i --tun-type gre ;;
    4) echo -i --tun-type gue --tun-port 6080 ;;
  esac
}
taken=0
note() { taken=$((taken + $(status "Fast path taken"))); }
start=$(seconds)
# all of it once at least
while [ $turn -lt 12 ] || [ $(($(seconds) - start)) -lt "$soak" ]; do
  turn=$((turn + 1))
  n=$((turn % 3 + 1))
  vs_sysctl fast_path $((turn % 4 != 3))
  # shellcheck disable=SC2046 # words
  both e $n $(method) -w $((turn % 7))
  case $((turn % 12)) in
    1 | 5) both d $n; both a $n -g ;;
    2) ip -n d link set d2 down; ip -n d link set d2 up
      ip -n d addr replace fd02:2::1/64 dev d2 nodad
      add_neighbours
      ;;
    3) ip -n d link del d7; add_vlan ;;
    4) ip -n d link add flip0 type dummy; ip -n d link set flip0 up; ip -n d link del flip0 ;;
    6) d sysctl -q -w net.ipv4.ip_forward=0; d sysctl -q -w net.ipv4.ip_forward=1 ;;
    7) vs -C; configure ;;
    8) d sysctl -q -w net.ipv4.conf.d1.rp_filter=1; d sysctl -q -w net.ipv4.conf.d1.rp_filter=0 ;;
    9) ip -n d addr del $VIP/32 dev d0; ip -n d addr add $VIP/32 dev d0 ;;
    10) for state in stale permanent; do ip -n d neigh replace 10.2.1.11 dev d1 lladdr "$smac" nud $state; done ;;
    11)
      note
      vs -C
      wait_until 20 no_ipvs || not_ok "the module leaves under load"
      modprobe ip_vs fast_path=$((turn / 12 % 2))
      configure
      ;;
  esac
done
note
rm /tmp/lab/run
# shellcheck disable=SC2086 # words
wait $senders $lookers
echo "# $turn turns, $taken packets taken"
for at in c-c0 s1-e0 s1-e7 s2-e0; do sed "s/^/# $at: /" /tmp/lab/$at.kinds; done
check "packets were taken, $taken" [ $taken -gt 100 ]
kinds() { sed 's/ .*//' "$@" | sort -u | tr '\n' ' '; }
# which ones, is a matter of time
check "the servers have packets by different methods" [ "$(kinds /tmp/lab/s1-e0.kinds /tmp/lab/s2-e0.kinds | wc -w)" -ge 3 ]
is "the client has replies of both kinds" "$(kinds /tmp/lab/c-c0.kinds)" "forwarded translated "
check "... and what is behind the VLAN had packets" test -s /tmp/lab/s1-e7.kinds
is "nothing arrived where or as it should not" "$(cat /tmp/lab/*.wrong 2>/dev/null | head -n 20)" ""
vs -C
none() { [ "$(status Conns)" = 0 ]; }
eventually "no connection stays" 60 none
