# SPDX-License-Identifier: GPL-2.0-or-later
# runs-on: faults
# timeout: 300
# Two CPUs at one connection: the test build stops one of them in the moment that matters (faults/pause.h).
topology 1
modprobe ip_vs
# more than half of the time after which 32 bits of jiffies begin again
echo 3221225472 >/sys/module/ip_vs/parameters/stood_still
fake_hosts
listen_on s1 e0
listen_on c c0
# CPU 0 is the one that is stopped; the other does everything else
taskset -p 2 $$ >/dev/null
at_knob=/sys/module/ip_vs/parameters/pause_at
pause() { echo $((4000 * (slow > 1 ? 4 : 1))) >/sys/module/ip_vs/parameters/pause_ms; echo "$1" >$at_knob; }
is_paused() { [ "$(cat $at_knob)" = 0 ]; }
conns_now() { d sed -n 's/^Conns:[^0-9]*//p' /proc/net/ip_vs_status; }
is_empty() { [ "$(conns_now)" = 0 ]; }
udp() { client_sends src=10.1.0.77 dst=$VIP proto=udp dport=53 "$@"; }
# A program that sends packets ends only when all CPUs have moved on, so what is sent meanwhile is left to itself.
# meets PLACE COMMAND...: the packet that this sends is stopped on CPU 0; returns when it is
meets() {
  pause "$1"
  shift
  background stopped "$@"
  wait_until 10 is_paused || not_ok "a packet comes to the place"
}

# The first connection of all, after months, is waited for like any other.
vs --set 0 0 3
vs -A -u $VIP:53 -s rr
vs -a -u $VIP:53 -r 10.2.1.11:53 -m
udp sport=3999
is "a connection after months without any" "$(conns_now)" 1
eventually "... ends when its time is over" 10 is_empty
vs -C

# A first connection, while one that was too many is still counted: it ends all the same.
vs --set 0 0 3
vs -A -u $VIP:53 -s rr
vs -a -u $VIP:53 -r 10.2.1.11:53 -m
vs_sysctl conn_max 0
meets 3 udp sport=4000
vs_sysctl conn_max 100
udp sport=4001 cpu=1 &
sent=$!
are_two() { [ "$(conns_now)" = 2 ]; }
eventually "one connection, and one that is being refused" 3 are_two
wait $bg_pid $sent
eventually "it ends when its time is over" 10 is_empty
vs -C
vs --set 0 0 300

# A packet shortens the timeout of a connection that was quiet for longer: others must not see it end meanwhile.
vs --set 900 4 0
pool -t rr -m 0
vs -a -t $VIP:80 -r 10.2.1.11:80 -m
client_sends src=10.1.0.77 dst=$VIP sport=5000 dport=80 flags=S
server_sends 1 src=10.2.1.11 dst=10.1.0.77 sport=80 dport=5000 flags=SA
client_sends src=10.1.0.77 dst=$VIP sport=5000 dport=80 flags=A
has "a connection" "$(conns)" "1388 .* ESTABLISHED"
is_quiet() { [ "$(conns | awk '$3 == "1388" { print $9 }')" -le 894 ]; }
eventually "... that is quiet for some seconds" 10 is_quiet
arrived c c0 >/dev/null
meets 1 server_sends 1 src=10.2.1.11 dst=10.1.0.77 sport=80 dport=5000 flags=FA
server_sends 1 src=10.2.1.11 dst=10.1.0.77 sport=80 dport=5000 flags=A cpu=1 &
client_sends src=10.1.0.77 dst=$VIP sport=5000 dport=80 flags=A cpu=1 &
wait $bg_pid $!
seen=$(arrived c c0)
is "replies of that moment come from the virtual address" "$(echo "$seen" | grep -c "$VIP:80 > 10.1.0.77:5000 tcp ")" 2
has_not "... and a packet of the client's is not refused" "$seen" " tcp R"
has "... the connection is still there" "$(conns)" "1388 .* FIN_WAIT"
vs -C
vs --set 900 120 300

# Two first packets of one connection: it is one connection, also for those who count.
vs -A -u $VIP:53 -s rr
vs -a -u $VIP:53 -r 10.2.1.11:53 -m -x 4
for port in 6001 6002; do udp sport=$port; done
meets 2 udp sport=6003
udp sport=6003 cpu=1 &
wait $bg_pid $!
made() { vs -Ln --stats --exact | awk '$2 == "10.2.1.11:53" { print $3 }'; }
is "two first packets at once: three connections" "$(conns | grep -c '^UDP')" 3
is "... as the server counts" "$(vs -Ln | awk '$2 == "10.2.1.11:53" { print $5 + $6 }')" 3
is "... and as it has counted" "$(made)" 3
arrived s1 e0 >/dev/null
udp sport=6004
has "the server has room for a fourth" "$(arrived s1 e0)" ":6004 > 10.2.1.11:53"
udp sport=6005
is "... and for no fifth" "$(arrived s1 e0)" ""
vs -C

# A namespace ends while the worker that frees its connections has done with some, and not begun with those that ended
# meanwhile: nothing goes before they have.
ip netns add z
ip -n z -batch - <<B
link set lo up
addr add 10.9.0.1/32 dev lo
link add e0 type dummy
addr add 10.9.1.1/24 dev e0
link set e0 up
neigh add 10.9.1.2 dev e0 lladdr 02:00:00:00:00:02
B
z() { ip netns exec z "$@"; }
z sh -c 'echo 1 >/proc/sys/net/ipv4/vs/expire_nodest_conn'
z ipvsadm -A -u 10.9.0.1:53 -s rr
z ipvsadm -a -u 10.9.0.1:53 -r 10.9.1.2:53 -g
z peer ask udp 10.9.0.1 53 500 sport=1000 parallel timeout=1 >/dev/null
conns_of_z() { z sed -n 's/^Conns:[^0-9]*//p' /proc/net/ip_vs_status; }
is "connections of a namespace" "$(conns_of_z)" 500
pause 4
z ipvsadm -d -u 10.9.0.1:53 -r 10.9.1.2:53
eventually "some are freed" 20 is_paused
is "... and the others have ended" "$(conns_of_z)" 0
ip netns del z
# the command returns before the namespace has ended
eventually "the module goes after the last of them" 20 modprobe -r ip_vs_rr ip_vs
