# SPDX-License-Identifier: GPL-2.0-or-later
# brief: no
# runs-on: ours
# timeout: 300
# Daemons in the course of events: their interface goes and comes, its address, too; queues overflow; they are stopped and
# started under traffic; their namespace ends; the module cannot be unloaded under them.
topology 1
modprobe ip_vs
serve 1 80
second_director
pool -t rr -m 1
vs -A -u $VIP:80 -s rr; vs -a -u $VIP:80 -r 10.2.1.2:80 -m
vs_sysctl sync_threshold "0 1"
vs --start-daemon master --mcast-interface y0
b ipvsadm --start-daemon backup --mcast-interface y1
heard() {
  heard_before=$(key b 'backup records')
  ask tcp 80 1 >/dev/null
  wait_until 15 says b 'backup records' -gt "$heard_before"
}
check "records arrive" heard
refuse "the module is not unloaded under daemons" rmmod ip_vs

# --- the interface
ip -n d link del y0
eventually "an interface that goes takes the sockets with it" 10 says d 'master sockets' -eq 0
eventually "... at both ends" 10 says b 'backup sockets' -eq 0
has "... while the daemon is still there" "$(vs -Ln --daemon)" mcast=y0
ask tcp 80 1 >/dev/null
eventually "what cannot be sent is counted" 15 says d 'master messages dropped interface' -ge 1
wire_directors
eventually "an interface of that name is taken again" 10 says d 'master sockets' -eq 1
eventually "... at both ends" 10 says b 'backup sockets' -eq 1
check "... and records arrive" heard
ip -n d link set y0 down
ip -n d link set y0 up
check "... also after it was down" heard
ip -n d addr del 10.9.0.1/24 dev y0
ip -n d addr add 10.9.0.7/24 dev y0
check "... and with another address" heard
ip -n b link set y1 down; ip -n b link set y1 name q1; ip -n b link set q1 up
eventually "one that is called something else is gone" 10 says b 'backup sockets' -eq 0
ip -n b link set q1 down; ip -n b link set q1 name y1; ip -n b link set y1 up
eventually "... until it has its name back" 10 says b 'backup sockets' -eq 1
check "... and records arrive" heard
# away and back with the same index
namespace elsewhere
index=$(b cat /sys/class/net/y1/ifindex 2>/dev/null)
ip -n b link set y1 netns elsewhere
eventually "one that moves to another namespace is gone" 10 says b 'backup sockets' -eq 0
ip -n elsewhere link set y1 netns b
ip -n b addr add 10.9.0.2/24 dev y1; ip -n b link set y1 up
eventually "... until it is back" 10 says b 'backup sockets' -eq 1
check "... and records arrive" heard

# --- a queue that is full
vs --stop-daemon master
vs_sysctl sync_qlen_max 0
vs --start-daemon master --mcast-interface y0 --sync-maxlen 1
for port in 6001 6002 6003 6004 6005; do client_sends src=10.1.0.2 dst=$VIP proto=udp sport=$port dport=80; done
check "full messages are dropped when the queue may hold none" says d 'master messages dropped queue' -ge 4
check "... with their records" says d 'master records dropped queue' -ge 4
eventually "one that is not filled leaves with its age" 10 says d 'master messages' -ge 1
vs_sysctl sync_qlen_max 1000
for port in 6011 6012 6013; do client_sends src=10.1.0.2 dst=$VIP proto=udp sport=$port dport=80; done
eventually "with a queue they are sent" 10 says d 'master messages' -ge 3
is "... and nothing is in it any more" "$(key d 'master queue')" 0

# --- stopped and started under traffic
mac d d0
background flood c peer flood seconds=10 dev=c0 "dmac=$mac" src=10.1.0.0 dst=$VIP proto=udp dport=80 sources=50 len=10
i=0 failures=0
while [ $i -lt "$(fewer 20)" ]; do
  vs --stop-daemon master || failures=$((failures + 1))
  vs --start-daemon master --mcast-interface y0 --sync-maxlen $((1 + i * 100)) || failures=$((failures + 1))
  b ipvsadm --stop-daemon backup || failures=$((failures + 1))
  b ipvsadm --start-daemon backup --mcast-interface y1 || failures=$((failures + 1))
  i=$((i + 1))
done
is "stopped and started under traffic" "$failures" 0
wait "$bg_pid"
check "... and records arrive" heard

# --- the namespace goes with its daemons
b ipvsadm --start-daemon master --mcast-interface y1
ip netns del b
no_backup() { ! cat /proc/[0-9]*/comm | grep -q '^ipvs-b:'; }
eventually "the end of a namespace stops its daemons" 10 no_backup
vs --stop-daemon master
vs -C
