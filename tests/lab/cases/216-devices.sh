# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 200
# A device on the way to a server goes down and up, and away, while packets go through it: no route holds it. What
# happens when one does is in the kernel's log ("waiting for ... to become free"), and the deletion does not end.
topology 1
modprobe -a ip_vs ipip
vs -A -u $VIP:53 -s rr
for port in 1 2 3; do
  ip -n d link add "v$port" type dummy
  ip -n d addr add "10.4.$port.1/24" dev "v$port"
  ip -n d link set "v$port" up
done
vs -a -u $VIP:53 -r 10.4.1.2:53 -m
vs -a -u $VIP:53 -r 10.4.2.2:53 -g
vs -a -u $VIP:53 -r 10.4.3.2:53 -i
mac d d0
seconds=$(fewer 5)
background flood c peer flood "seconds=$((seconds * (slow > 1 ? 4 : 1)))" dev=c0 "dmac=$mac" src=10.1.0.0 dst=$VIP proto=udp dport=53 sources=50 len=10
flooding() { [ -d "/proc/$bg_pid" ]; }
lines() {
  for port in 1 2 3; do printf 'link set v%s %s\n' $port "$1"; done
}
turns=0
while flooding; do
  { lines down; lines up; } | ip -n d -batch -
  turns=$((turns + 1))
done
check "down and up under load, $turns times" test "$turns" -gt 5
check "packets went on meanwhile" test "$(cat /tmp/lab/flood)" -gt 100
background flood c peer flood seconds=$((2 * slow)) dev=c0 "dmac=$mac" src=10.1.0.0 dst=$VIP proto=udp dport=53 sources=50 len=10
for port in 1 2 3; do
  check "device v$port goes away under load" timeout $((20 * slow)) /usr/sbin/ip -n d link del "v$port"
done
wait $bg_pid
vs -C
