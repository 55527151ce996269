# SPDX-License-Identifier: GPL-2.0-or-later
# brief: no
# runs-on: ours
# ipvsadm: ours
# timeout: 600
# A server that a master has removed from its service is known to its backups, under a key: what they were told of its
# connections ends as their own expire_nodest_conn has it. Not so if it is quiesced, back in a moment, or gone with its service;
# nothing of what packets come for here; and strangers end nothing.
topology 1
modprobe ip_vs
fake_hosts
second_director
ip -n b addr add $VIP/32 dev y1
ip -n b route add default via 10.9.0.1
# what b forwards itself is not to come to d again, who would tell of it
ip -n b route add blackhole 10.2.1.0/24
(umask 077; printf '%s\n' 0123456789abcdef0123456789abcdef >/tmp/lab/key)
vs_sysctl sync_threshold "0 1"
# rules NAMESPACE: ipvsadm's, with VIP and VIP6, S1 .. and T1 .. for addresses
rules() { sed "s/VIP6/[$VIP6]/; s/VIP/$VIP/; s/S\([12]\)/10.2.1.1\1/; s/T\([12]\)/[fd02:1::1\1]/" | at "$1" ipvsadm -R; }
# NAT and direct routing, of both families; a template; on d one besides that b does not know
for ns in d b; do
  rules $ns <<RULES
-A -t VIP:80 -s rr
-a -t VIP:80 -r S2 -m
-A -t VIP:81 -s rr
-a -t VIP:81 -r S2 -g
-A -t VIP6:80 -s rr
-a -t VIP6:80 -r T2:80 -m
-A -t VIP6:81 -s rr
-a -t VIP6:81 -r T2:81 -g
-A -t VIP:82 -s rr -p 600
-A -t VIP:90 -s rr
-a -t VIP:90 -r S1 -g
RULES
done
vs -A -t $VIP:83 -s rr
add='-a -t VIP:80 -r S1 -m
-a -t VIP:81 -r S1 -g
-a -t VIP6:80 -r T1:80 -m
-a -t VIP6:81 -r T1:81 -g
-a -t VIP:82 -r S1 -g
-a -t VIP:83 -r S1 -g'
add_first() { echo "$add" | if [ "$1" = b ]; then grep -v :83; else cat; fi | rules "$1"; }
remove_first() { echo "$add" | sed 's/^-a/-d/; s/ -[mg]$//' | rules d; }
for ns in d b; do add_first $ns; done
start() {
  vs --start-daemon master --mcast-interface y0 "$@"
  b ipvsadm --start-daemon backup --mcast-interface y1 "$@"
  eventually "they hear each other" 15 sh -c "at d ipvsadm -L --daemon --json | jq -e '.daemons[0].status.heard[0].alive'"
}
stop() { vs --stop-daemon master; b ipvsadm --stop-daemon backup; }
expire() { b sh -c "echo $1 >/proc/sys/net/ipv4/vs/expire_nodest_conn"; }
# connect PORT: two clients of each service, with this port and the next
connect() {
  clients=" ($(printf %04X "$1")|$(printf %04X $(($1 + 1)))) "
  for flags in S A; do
    for sport in "$1" $(($1 + 1)); do
      for port in 80 81 82 83; do client_sends src=10.1.0.77 dst=$VIP sport="$sport" dport=$port flags=$flags; done
      for port in 80 81; do client_sends src=fd01::77 dst=$VIP6 sport="$sport" dport=$port flags=$flags; done
    done
  done
}
# connections of these clients with the first and the second server
entries() { at "$1" grep -E "$clients" /proc/net/ip_vs_conn | awk '$6 ~ /(0B|0011\]?)$/ { a++ } $6 ~ /(0C|0012\]?)$/ { b++ } END { print a + 0, b + 0 }'; }
are() { [ "$(entries "$1")" = "$2" ]; }
known() { # PORT: connections that the backup knows of
  connect "$1"
  is "there are connections" "$(entries d)" "8 4"
  eventually "... which the backup knows" 15 are b "8 4"
}
template() { b grep -c '^TCP 0A01004D 0000 0A010064 0052 ' /proc/net/ip_vs_conn; }

# --- removed
start --sync-key-file /tmp/lab/key
expire 1
known 1000
is "... with a template" "$(template)" 1
vs -e -t $VIP:80 -r 10.2.1.11 -m -w 0
remove_first
eventually "a master says that servers were removed" 20 says d 'master servers gone' -eq 6
eventually "expire_nodest_conn=1: their connections end at the backup, and no others" 20 are b "0 4"
is "... templates, too" "$(template)" 0
eventually "... which is counted" 10 says b 'backup entries ended' -eq 9
is "... for each server" "$(key b 'backup servers gone') $(key b 'backup servers unheeded')" "6 0"
is "the master's own wait, as its own sysctl says" "$(entries d)" "8 4"
add_first d
eventually "it says that they are back" 20 says d 'master servers back' -eq 6
eventually "... and is heard" 10 says b 'backup servers back' -eq 6
is "... with connections that wait for nobody" "$(entries b)" "0 4"

# --- not wanted
expire 0
known 1100
remove_first
eventually "expire_nodest_conn=0: it is heard" 20 says b 'backup servers unheeded' -eq 6
is "... and connections stay" "$(entries b)" "8 4"
add_first d
eventually "... until they are back" 20 says d 'master servers back' -eq 12

# --- back in a moment, quiesced, or gone with the service: what comes behind it is told, that is not
expire 1
known 1200
gone=$(key d 'master servers gone')
echo "$add" | sed 's/^-a/-e/; s/$/ -w 0/' | rules d
{ echo "$add" | sed 's/^-a/-d/; s/ -[mg]$//'; echo "$add"; } | rules d
rules d <<RULES
-A -t VIP:91 -s rr
-a -t VIP:91 -r S1 -g
-d -t VIP:91 -r S1
-D -t VIP:91
-d -t VIP:90 -r S1
RULES
eventually "a server that has gone for good is told" 20 says d 'master servers gone' -gt "$gone"
is "... alone" "$(key d 'master servers gone')" $((gone + 1))
eventually "... to the backup" 10 says b 'backup servers gone' -eq 7
is "... whose connections are there" "$(entries b)" "8 4"

# --- packets come for it here
mac b y1
d peer send dev=y0 "dmac=$mac" src=10.1.0.77 dst=$VIP sport=1200 dport=82 flags=A
remove_first
eventually "what a packet has come for stays" 20 are b "1 4"
has "... and is that" "$(b grep -E "$clients" /proc/net/ip_vs_conn)" '^TCP 0A01004D 04B0 0A010064 0052 0A02010B '
add_first d

# --- in the whole table
b ipvsadm --stop-daemon backup
connect 1300
gone=$(key d 'master servers gone')
remove_first
eventually "servers are removed while nobody listens" 20 says d 'master servers gone' -eq $((gone + 6))
b ipvsadm --start-daemon backup --mcast-interface y1 --sync-key-file /tmp/lab/key
eventually "a backup that joins gets the table" 20 says b 'backup tables' -eq 1
is "... without what has no server any more" "$(entries b)" "0 4"
check "... which is counted" says b 'backup dropped server-gone' -ge 8
stop

# --- without a key
add_first d
start
known 1400
remove_first
# of a stranger who says that the other one of port 80 has gone
entry=0406000000000000005000500a010064000000000000000000000000$(printf '0a02010c%024d' 0)
d peer send dev=y0 dmac=01:00:5e:00:00:51 src=10.9.0.1 dst=224.0.0.81 proto=udp sport=9 dport=8848 \
  "hex=000000540480002c${entry}c549565301000020$(printf '%016x%016x%016x' 1 1 1)"
eventually "without a key nobody is believed" 20 says b 'backup servers unheeded' -eq 1
is "... a body with no server is none" "$(key b 'backup dropped body')" 0
d peer send dev=y0 dmac=01:00:5e:00:00:51 src=10.9.0.1 dst=224.0.0.81 proto=udp sport=9 dport=8848 \
  "hex=0000002804800000c549565301000020$(printf '%016x%016x%016x' 1 2 1)"
eventually "... which is counted" 10 says b 'backup dropped body' -eq 1
is "... and nothing ends" "$(entries b) $(key b 'backup servers gone')" "8 4 0"
is "... nor is anything said" "$(key d 'master servers gone')" 0
stop

# --- ten thousand at once
n=$(fewer 10000)
# of those that have left just now a master with a key would tell, too
add_first d
start --sync-key-file /tmp/lab/key
vs -A -t $VIP:99 -s rr
awk -v n="$n" -v vip=$VIP 'BEGIN { for (i = 0; i < n; i++) printf "-a -t %s:99 -r 10.%d.%d.%d -g\n", vip, 100 + i / 62500, i / 250 % 250, i % 250 + 1 }' >/tmp/lab/many
vs -R </tmp/lab/many
sed 's/^-a/-d/; s/ -g$//' /tmp/lab/many | vs -R
eventually "$n servers are removed: all are told" $((60 + n / 300)) says d 'master servers gone' -eq "$n"
eventually "... and heard" 20 says b 'backup servers gone' -ge $((n - 100))
is "... with room for all" "$(key b 'backup servers unheeded') $(key d 'master messages dropped queue')" "0 0"
stop
vs -C
b ipvsadm -C
