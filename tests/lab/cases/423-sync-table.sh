# SPDX-License-Identifier: GPL-2.0-or-later
# brief: no
# runs-on: ours
# A backup that joins gets the whole table: every entry, with the time that is left; what it knows already stays as it is. So
# does one whose interface comes back. Nobody is asked twice, and strangers get no more than that.
topology 1
modprobe ip_vs
fake_hosts
second_director
count() { at "$1" grep -c '^[UTI]' /proc/net/ip_vs_conn; }
as_many() { [ "$(count b)" = "$(count d)" ]; }
# threshold 3: of these connections nobody is told, but by the table
for ns in d b; do
  at $ns ipvsadm -R <<RULES
-A -u $VIP:80 -s rr
-a -u $VIP:80 -r 10.2.1.11:80 -m
-A -u $VIP:81 -s rr -p 500
-a -u $VIP:81 -r 10.2.1.12:81 -g
-A -u $VIP:82 -s rr -p 2592000
-a -u $VIP:82 -r 10.2.1.12:82 -g
RULES
done
vs --start-daemon master --mcast-interface y0
mac d d0
c peer flood seconds=1 dev=c0 "dmac=$mac" src=10.1.0.0 dst=$VIP proto=udp dport=80 sources=20 len=10 >/dev/null
for port in 81 82; do client_sends src=10.1.0.77 dst=$VIP proto=udp sport=1000 dport=$port; done
many=$(count d)
check "d has many connections" [ "$many" -gt "$(fewer 300)" ]
is "b has none" "$(count b)" 0
# On a slow machine the flood may last for long enough that some clients are told of by themselves: to nobody, if that is sent
# before the backup is there.
all_sent() { [ "$(key d 'master records')" = "$(key d 'master records made')" ]; }
eventually "what d tells by itself has been sent" 10 all_sent
made=$(key d 'master records made')
check "a backup joins" b ipvsadm --start-daemon backup --mcast-interface y1
eventually "it has them all" 60 as_many
is "... each once" "$(b awk '{ print $1, $2, $3, $4, $5 }' /proc/net/ip_vs_conn | sort | uniq -d)" ""
has "... templates, too" "$(b cat /proc/net/ip_vs_conn_sync)" '^UDP 0A01004D 0000 0A010064 0051 0A02010C 0051 NONE *SYNC'
eventually "... and knows that it has" 10 says b 'backup tables' -eq 1
is "d has sent it once" "$(key d 'master tables')" 1
is "none was told otherwise" "$(($(key d 'master records made') - made))" "$(($(key b 'backup records') + $(key b 'backup table records known')))"
has "... of 30 days, too" "$(b cat /proc/net/ip_vs_conn_sync)" '^UDP 0A01004D 0000 0A010064 0052 .* NONE *SYNC *25919[0-9]*$'
left() { at "$1" awk '$3 == "03E8" && $5 == "0051" { print $NF }' /proc/net/ip_vs_conn_sync; }
check "the time that is left is told" [ $(($(left d) - $(left b))) -le 2 -a $(($(left b) - $(left d))) -le 2 ]

# --- joined again: all are known
b ipvsadm --stop-daemon backup
b ipvsadm --start-daemon backup --mcast-interface y1
eventually "another start, another table" 60 says b 'backup tables' -eq 1
check "... of what is known" [ "$(key b 'backup table records known')" -ge "$many" ]
is "... nothing of that is new" "$(key b 'backup records')" 0

# --- one that was away
ip -n d link del y0
eventually "the interface is gone" 10 says b 'backup sockets' -eq 0
client_sends src=10.1.0.77 dst=$VIP proto=udp sport=1001 dport=81
wire_directors
eventually "... it is back, and so is what was missed" 60 b grep -q " 03E9 " /proc/net/ip_vs_conn

ip -n b link set y1 down
client_sends src=10.1.0.77 dst=$VIP proto=udp sport=1002 dport=81
ip -n b link set y1 up
eventually "the same for one that was only down" 60 b grep -q " 03EA " /proc/net/ip_vs_conn

# --- a master who hears none of the three questions, and is there later
ip -n b link set y1 down
ip -n d link set y0 down
client_sends src=10.1.0.77 dst=$VIP proto=udp sport=1003 dport=81
asked=$(key b 'backup table questions')
ip -n b link set y1 up
# its peer is down: it has no carrier, and asks all the same
eventually "three questions are in vain" 30 says b 'backup table questions' -ge $((asked + 3))
ip -n d link set y0 up
eventually "a master that is heard is asked again" 60 b grep -q " 03EB " /proc/net/ip_vs_conn

# --- one whose answer does not come
ip -n b link set y1 down
client_sends src=10.1.0.77 dst=$VIP proto=udp sport=1004 dport=81
b nft add table ip deaf || not_ok "it can be made deaf"
b nft add chain ip deaf in '{ type filter hook input priority 0; }'
b nft add rule ip deaf in udp dport 8848 drop
tables=$(key d 'master tables')
asked=$(key b 'backup table questions')
ip -n b link set y1 up
eventually "an answer is sent that does not come" 60 says d 'master tables' -gt "$tables"
eventually "... nor is it sent again" 30 says b 'backup table questions' -ge $((asked + 3))
b nft delete table ip deaf
eventually "it is asked for when the master is heard" 60 b grep -q " 03EC " /proc/net/ip_vs_conn

# --- a stranger who asks without end
tables=$(key d 'master tables')
began=$(seconds)
# want table, of a SyncID that is everybody's, each with another number
ask_for() { b peer send dev=y1 dmac=01:00:5e:00:00:51 src=10.9.0.9 dst=224.0.0.81 proto=udp sport=9 dport=8848 "hex=$1"; }
i=1
while [ $i -le 20 ]; do
  ask_for "$(printf '000000340280000c0000000000000000%08xc54956530100002000000000000000%02x0000000000000001000000000000%04x' $i $i $i)"
  i=$((i + 1))
done
eventually "it is answered" 60 says d 'master tables' -gt "$tables"
# two seconds after one table there may be another one
check "... not each time" [ $(($(key d 'master tables') - tables)) -le $((2 + ($(seconds) - began + 1) / 2)) ]
is "no message was lost" "$(key d 'master messages dropped queue')" 0
vs --stop-daemon master
b ipvsadm --stop-daemon backup
