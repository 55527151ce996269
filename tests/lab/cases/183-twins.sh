# SPDX-License-Identifier: GPL-2.0-or-later
# brief: no
# runs-on: ours
# timeout: 400
# Replies with one key: connections of one client port through many virtual addresses of a mark to one server's port.
# However many there are, they cost nobody time, and the newest one gets the replies.
topology 1
modprobe -a ip_vs pktgen
fake_hosts
listen_on c c0
conns_are() { [ "$(status Conns)" -$1 "$2" ]; }
# work of no CPU in particular is done where the delays are measured
echo 1 >/sys/devices/virtual/workqueue/cpumask
ip -n d route add local 20.0.0.0/8 dev lo
d iptables -t mangle -A PREROUTING -d 20.0.0.0/8 -j MARK --set-mark 1
service() { vs -A -f 1 -s rr; vs -a -f 1 -r 10.2.1.11:80 -m; }
# generate N SOURCE PORT TARGET PORTS: packets to one address after the other, from one source or from many
generate() {
  pktgen "$1" "dst_min $4" 'dst_max 20.255.0.0' "src_min $2" "src_max $2" "udp_src_min $3" "udp_src_max $5" \
    'udp_dst_min 53' 'udp_dst_max 53'
}
reply() { server_sends 1 src=10.2.1.11 dst=10.1.0.77 proto=udp sport=80 dport=5000 len=4; }
from() { reply; arrived c c0 | sed -n 's/.* \(20\.[0-9.]*\)[.:]53 .*/\1/p'; }

service
# --- which connection a reply belongs to
vs --set 0 0 3000
request() { client_sends src=10.1.0.77 dst="$1" proto=udp sport=5000 dport=53 len=4; }
for i in 1 2 3; do request 20.200.0.$i; done
is "the reply comes from the newest virtual address" "$(from)" 20.200.0.3
vs --set 0 0 1
request 20.200.0.4
is "... also from one that lives shorter" "$(from)" 20.200.0.4
eventually "when that is over, from the next newest" 20 sh -c "[ \$(at d grep -c ' 14C8000' /proc/net/ip_vs_conn) = 3 ]"
is "... which it was before" "$(from)" 20.200.0.3
vs --set 0 0 3000

# While the tables are resized: the larger they are and the more is in them, the longer that takes.
generate "$(fewer 20000)" 10.1.0.77 6000 20.210.0.1 60000
wrong=0
for i in $(seq 1 20); do
  vs_sysctl conn_lfactor $((i % 2 ? -8 : 8))
  request 20.201.0.$i
  seen=$(from)
  [ "$seen" = 20.201.0.$i ] || { wrong=$((wrong + 1)); echo "# $i: $seen"; }
done
is "during a resize, too, the newest one has the replies" $wrong 0
reload_ipvs

# --- many of them
n=$(fewer 100000)
service
vs --set 0 0 3000
generate "$n" 10.1.0.77 5000 20.0.0.1 5000
made=$(status Conns)
echo "# $made connections"
check "as many as there were packets" [ "$made" -ge $((n * 9 / 10)) ]
is "in the table of replies they are one" "$(status 'Reply buckets longest')" 1
# more are sent than counted where the way to the director is full now and then
last=$(c sed -n 's/.*cur_daddr: \([0-9.]*\).*/\1/p' /proc/net/pktgen/c0)
is "the newest one has the replies" "$(from)" "$last"

# A CPU that a processor of today is for 5 ms takes some 100 ms in software emulation. Where instructions are counted it is
# 5 million of them: more than a processor gets done in that time when it waits for memory, which this does.
bound=$((100000 * slow))
[ -z "$counted" ] || bound=5000
quick() { # quick TEXT COMMAND: the longest delay meanwhile
  longest=$(peer delays cpu=0 sh -c "$2")
  echo "# $1: $longest us"
  check "$1: nobody waits long" [ "$longest" -lt $bound ]
}
vs_sysctl expire_nodest_conn 1
all_ended="until at d cat /proc/net/ip_vs_status >/tmp/lab/now; grep -q '^Conns:.0\$' /tmp/lab/now; do sleep 0.1; done"
quick "they end with their server" "at d ipvsadm -d -f 1 -r 10.2.1.11:80; $all_ended"
is "none is left" "$(status Conns)" 0
vs_sysctl expire_nodest_conn 0
vs -a -f 1 -r 10.2.1.11:80 -m
vs --set 0 0 2
generate $((n / 2)) 10.1.0.77 5000 20.0.0.1 5000
vs --set 0 0 3000
quick "they end when their time is over" "$all_ended"
generate "$n" 10.1.0.77 5000 20.0.0.1 5000
check "there are many again" conns_are ge $((n * 9 / 10))

start=$(seconds)
quick "the module is unloaded" "ip netns del d; until ! grep -q '^ip_vs ' /proc/modules; do rmmod ip_vs_rr ip_vs 2>/dev/null; sleep 0.1; done"
took=$(($(seconds) - start))
echo "# unloaded in $took s"
check "... soon" [ $took -le $((10 * slow)) ]
