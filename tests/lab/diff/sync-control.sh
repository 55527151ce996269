# SPDX-License-Identifier: GPL-2.0-or-later
# tools: debian
# timeout: 800
# Synchronisation daemons by netlink and by socket options: every refusal, what is listed, what a running one has:
# threads, sockets, groups, a hold on the module. Left out is what ours refuses: ids above 255, ports that end beyond
# 65535, servers of another family by socket option; what they grant to a container's root by netlink, and why a socket
# cannot be bound, which they say in the answer instead of the log; and stopping one before its thread runs, which the
# original answers with nothing at all.
topology 1
modprobe ip_vs
holders=$(awk '$1 == "ip_vs" { print $3 }' /proc/modules)
nl() {
  echo "\$ genl $*"
  d peer genl "$@" 2>&1 | sed -e 's/ text: .*/ text/' -e 's/ 64=.*//'
}
opt() { echo "\$ option $*"; d control daemon "$@"; }
# one that is asked to stop before its thread runs is not told of here
started=0
runs() {
  started=$((started + ${1:-1}))
  wait_until 10 sh -c "[ \$(dmesg | grep -c 'sync thread started') = $started ]" || broken "no thread says that it runs"
}
said() { dmesg | grep 'IPVS:' | sed -e 's/.*IPVS: //' -e 's/PID.*\[[0-9]*\]/PID N/; s/thread [0-9][0-9]*/thread N/' | grep -i -e sync -e mcast -e multicast | grep -v 'Error binding'; }
# threads of the module, a line each, without the number of the namespace
threads() { for p in /proc/[0-9]*; do [ -e $p/exe ] || cat $p/comm 2>/dev/null; done | sed -n 's/^\(ipvs-[mb]:\)[0-9]*:/\1N:/p' | sort; }
# Where a master sends to and a backup hears. Ours also have a way back each, for the whole table to be asked for, so this
# is looked at when only one of them runs.
sockets() {
  { d cat /proc/net/udp; d cat /proc/net/udp6; } | awk -v role="$1" '$1 != "sl" && $2 !~ /rem/ {
    split($2, l, ":"); split($3, r, ":"); is_master = r[2] != "0000"
    if (is_master == (role == "m")) print is_master ? (length(l[1]) > 8 ? "" : l[1]) " -> " r[1] " " r[2] : l[1] " " l[2] }' | sort
  [ "$1" = b ] || return 0
  d awk '/^[0-9]/ { dev = $2 } /^\t/ && $1 != "010000E0" { print dev, $1 }' /proc/net/igmp
  d awk '$3 !~ /^ff0[125]0*[12]$|^ff02.*ff/ { print $2, $3 }' /proc/net/igmp6
}
state() {
  threads >/tmp/lab/threads
  cat /tmp/lab/threads
  case $(cut -c 6 /tmp/lab/threads | sort -u | tr -d '\n') in m) sockets m ;; b) sockets b ;; esac
  echo "holds: $(($(awk '$1 == "ip_vs" { print $3 }' /proc/modules) - holders))"
  nl 11 dump
}
min='1=u32:1 2=str:d0 3=u32:7'

echo "== refused"
for attributes in '' '3{ }' '3=hex:00' '3{ 1=u32:1 2=str:d0 }' '3{ 1=u32:1 3=u32:7 }' '3{ 2=str:d0 3=u32:7 }' \
  '3{ 1=u32:1 2=str: 3=u32:7 }' '3{ 1=u32:1 2=str:nosuch 3=u32:7 }' '3{ 1=u32:1 2=str:abcdefghijklmnop 3=u32:7 }' \
  '3{ 1=u32:1 2=text:d0 3=u32:7 }' '3{ 1=u32:1 2=str:abcdefghijklmno 3=u32:7 }' '3{ 1=u16:1 2=str:d0 3=u32:7 }' \
  '3{ 1=u32:0 2=str:d0 3=u32:7 }' '3{ 1=u32:3 2=str:d0 3=u32:7 }' "3{ $min 5=ip4:10.1.0.5 }" "3{ $min 5=ip4:0.0.0.0 }" \
  "3{ $min 5=hex:e00000 }" "3{ $min 6=ip:fd01::5 }" "3{ $min 6=hex:ff020000 }" "3{ $min 6=ip:10.1.0.5 }" \
  "3{ $min 4=u8:5 }" "3{ $min 7=u8:5 }" "3{ $min 8=hex: }" '3{ 1=u32:3 2=str:nosuch 3=u32:7 }'; do
  # shellcheck disable=SC2086 # words
  nl 9 $attributes
done
for attributes in '' '3{ }' '3{ 1=u32:0 }' '3{ 1=u32:3 }' '3{ 1=u32:1 }' '3{ 1=u32:2 }' '3{ 2=str:d0 3=u32:7 }'; do
  # shellcheck disable=SC2086
  nl 10 $attributes
done
nl 11
nl 11 dump
opt start 1 d0 7 0
opt start 1 d0 7 23
opt start 1 d0 7 25
opt start 1 '' 7
opt start 1 abcdefghijklmnop 7
opt start 1 nosuch 7
opt start 0 d0 7
opt start 3 d0 7
opt start 3 nosuch 7
opt stop 0
opt stop 3
opt stop 1
opt stop 2
opt stop 1 23
opt stop 1 25
for length in 0 24 47 48 49; do opt list $length; done
state
said

echo "== with defaults"
nl 9 3{ $min }
runs
nl 9 3{ $min }
nl 9 3{ 1=u32:1 2=str:nosuch 3=u32:7 }
opt start 1 d0 7
opt list
state
nl 9 3{ 1=u32:2 2=str:d1 3=u32:0 }
runs
opt start 2 d1 7
opt list
state
rmmod ip_vs 2>/dev/null && echo "unloaded"
nl 10 3{ 1=u32:1 2=str:nosuch 3=u32:99 }
nl 10 3{ 1=u32:1 }
state
opt stop 2
state

echo "== by socket option"
opt start 2 d0 255
runs
opt start 1 d1 1
runs
opt list 48
state
opt stop 1
opt stop 2

echo "== everything given"
nl 9 3{ 1=u32:1 2=str:d0 3=u32:1 4=u16:100 5=ip4:239.1.2.3 7=u16:9000 8=u8:9 }
runs
nl 9 3{ 1=u32:2 2=str:d0 3=u32:1 4=u16:100 6=ip:ff02::1234 7=u16:9001 8=u8:255 }
runs
state
nl 10 3{ 1=u32:2 }
# of two groups the one of IPv4 counts, whatever the other is
nl 9 3{ 1=u32:2 2=str:d0 3=u32:1 4=u16:0 5=ip4:239.1.2.4 6=ip:fd01::1 7=u16:0 8=u8:0 99=u32:1 }
runs
nl 11 dump
nl 10 3{ 1=u32:2 }
nl 10 3{ 1=u32:1 }

echo "== how long a message may be"
ip -n d link set d1 mtu 9000
ip -n d link add x0 type dummy
ip -n d link set x0 mtu 1280 up
ip -n d addr add 10.7.0.1/24 dev x0
for group in '5=ip4:224.0.0.81' '6=ip:ff02::81'; do
  for device in d0 d1 x0; do
    for length in none 0 1 1023 1024 65487 65507 65535; do
      for role in 1 2; do
        # shellcheck disable=SC2086
        case $length in none) set -- $group ;; *) set -- 4=u16:$length $group ;; esac
        d peer genl 9 3{ 1=u32:$role 2=str:$device 3=u32:1 "$@" } >/dev/null
        runs
        echo "$group $device $length $role: $(d peer genl 11 dump | grep -o ' 4=[^ ]*')"
        d peer genl 10 3{ 1=u32:$role } >/dev/null
      done
      # the others only say the same
      [ $device = d0 ] || break
    done
  done
done

echo "== several threads"
vs_sysctl sync_ports 4
nl 9 3{ $min }
runs 4
vs_sysctl sync_ports 2
nl 9 3{ 1=u32:2 2=str:d0 3=u32:7 }
runs 4
state
nl 10 3{ 1=u32:1 }
nl 10 3{ 1=u32:2 }
nl 9 3{ $min 7=u16:5000 }
runs 2
state
nl 10 3{ 1=u32:1 }
vs_sysctl sync_ports 1

echo "== devices and addresses"
ip -n d link add x1 type dummy
for role in 1 2; do
  nl 9 3{ 1=u32:$role 2=str:x1 3=u32:1 }
done
runs
state
nl 10 3{ 1=u32:2 }
ip -n d link set x1 up
nl 9 3{ 1=u32:1 2=str:x1 3=u32:1 }
runs
nl 10 3{ 1=u32:1 }
background taken d socat -u UDP4-RECV:8848 -
wait_until 10 sh -c "at d grep -q ':2290 ' /proc/net/udp"
nl 9 3{ 1=u32:2 2=str:d0 3=u32:1 }
nl 9 3{ $min }
runs
nl 10 3{ 1=u32:1 }
state
kill $bg_pid
wait_until 10 sh -c "! at d grep -q ':2290 ' /proc/net/udp"

echo "== servers of another family"
nl 1 1{ 1=u16:2 2=u16:6 3=ip:10.1.0.100 4=be16:80 6=str:rr 7=hex:0000000000000000 8=u32:0 9=u32:0xffffffff }
six='1=ip:fd02:1::11 2=be16:80 3=u32:2 4=u32:1 5=u32:0 6=u32:0 11=u16:10'
nl 9 3{ $min }
runs
nl 5 1{ 1=u16:2 2=u16:6 3=ip:10.1.0.100 4=be16:80 } 2{ $six }
nl 10 3{ 1=u32:1 }
nl 5 1{ 1=u16:2 2=u16:6 3=ip:10.1.0.100 4=be16:80 } 2{ $six }
nl 9 3{ $min }
nl 9 3{ 1=u32:2 2=str:d0 3=u32:1 }
vs -C

echo "== others"
vs --start-daemon master --mcast-interface d0
runs
echo "in the client's namespace: $(c control daemon list)"
c control daemon start 2 c0 9
runs
c control daemon list
threads
# this namespace stays until its thread has run
: >/tmp/stay
unshare -Urn sh -c 'control daemon start 2 lo 4 >/tmp/guest; while [ -e /tmp/stay ]; do sleep 0.1; done' &
guest=$!
runs
rm /tmp/stay
wait $guest
cat /tmp/guest
setpriv --reuid 65534 --clear-groups --inh-caps=-all control daemon start 2 lo 4
setpriv --reuid 65534 --clear-groups --inh-caps=-all control daemon list
# a namespace's daemons end with it
wait_until 10 sh -c "[ \$(cat /proc/[0-9]*/comm 2>/dev/null | grep -c ipvs-b) = 1 ]" || broken "a daemon without a namespace"
ip netns del c
wait_until 10 sh -c "[ \$(cat /proc/[0-9]*/comm 2>/dev/null | grep -c ipvs-b) = 0 ]" || broken "a daemon without a namespace"
threads
vs --stop-daemon master
threads
said | sort | uniq -c
