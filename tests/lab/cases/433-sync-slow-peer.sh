# SPDX-License-Identifier: GPL-2.0-or-later
# brief: no
# kernels: 6.1 6.12
# runs-on: ours
# timeout: 600
# 40,000 connections, in the long lane 200,000, are made while the master's interface takes nothing: what waits is bounded by
# sync_qlen_max, what is beyond it is counted, and when the interface is itself again the memory is free and others hear of
# connections as ever.
topology 1
modprobe -a ip_vs pktgen sch_tbf
second_director
n=40000
[ -z "$long" ] || n=200000
n=$(fewer $n)
max=$((n / 400))
vs_sysctl sync_threshold "0 1"
vs_sysctl sync_qlen_max $max
vs --set 0 0 3600
vs -A -u $VIP:80 -s rr
vs -a -u $VIP:80 -r 10.2.1.102:80 -g
ip -n d route add blackhole 10.2.1.96/28
vs --start-daemon master --mcast-interface y0
b ipvsadm --start-daemon backup --mcast-interface y1
client_sends src=10.1.0.77 dst=$VIP proto=udp sport=999 dport=80
eventually "records arrive" 15 says b 'backup records' -ge 1

# What a message is in, and packets as long as one. Until they are given back, free ones in the caches of CPUs count as used.
slab() { echo 1 >/sys/kernel/slab/kmalloc-2k/shrink; awk '$1 == "kmalloc-2k" { print $2 }' /proc/slabinfo; }
# make PORT: connections of 16 ports from this one on
make() {
  pktgen "$n" "dst $VIP" 'src_min 11.0.0.1' 'src_max 11.255.0.0' "udp_src_min $1" "udp_src_max $(($1 + 16))" \
    'udp_dst_min 80' 'udp_dst_max 80'
  queue=$(key d 'master queue')
  echo "# $(status Conns) connections, $queue messages, $(slab) objects of 2k (before: $before)"
}
before=$(slab)
check "there is a slab of messages" [ "$before" -gt 0 ]

# --- packets that it holds back
tc -n d qdisc add dev y0 root tbf rate 1kbit burst 1600 limit 100mb || not_ok "packets are held back"
conns_before=$(status Conns)
make 1024
conns=$(($(status Conns) - conns_before))
check "there are connections" [ "$conns" -gt $((n / 2)) ]
check "the queue is full" [ "$queue" -ge $((max - 10)) ]
check "... and no fuller" [ "$queue" -le $max ]
made=$(key d 'master records made') dropped=$(key d 'master records dropped queue')
check "each has made a record" [ "$made" -ge "$conns" ]
# Beside the queue the sender's socket holds some.
kept=$((made - dropped - $(key d 'master records')))
echo "# $made records made, $dropped dropped, $kept wait or were sent"
check "what was beyond the queue is counted" [ "$dropped" -gt 0 ]
check "... and no more: the rest waits, or was sent" [ "$kept" -le $(((max + 200) * 41)) ]
check "memory is as bounded as the queue" [ "$(slab)" -le $((before + max + 400)) ]
is "no record was lost for want of it" "$(key d 'master records dropped memory')" 0

tc -n d qdisc del dev y0 root
eventually "when it sends again the queue is sent" 60 says d 'master queue' -eq 0
freed() { [ "$(slab)" -le $((before + 50)) ]; }
eventually "... and its memory free" 30 freed
heard=$(key b 'backup records')
client_sends src=10.1.0.77 dst=$VIP proto=udp sport=998 dport=80
eventually "... and records arrive" 15 says b 'backup records' -gt "$heard"

# --- down: nothing waits for it
ip -n d link set y0 down
make 2048
check "an interface that is down makes no queue beyond its bounds" [ "$queue" -le $max ]
refused=$(key d 'master messages dropped send')
check "... what it refuses is counted" [ $((refused + $(key d 'master messages dropped queue'))) -gt \
  $((($(key d 'master records made') - made) / 50)) ]
eventually "... and nothing of it waits" 60 says d 'master queue' -eq 0
eventually "... nor takes memory" 30 freed
ip -n d link set y0 up
heard=$(key b 'backup records')
again() { client_sends src=10.1.0.77 dst=$VIP proto=udp sport=997 dport=80; says b 'backup records' -gt "$heard"; }
eventually "when it is up again records arrive" 20 again
vs --stop-daemon master
b ipvsadm --stop-daemon backup
for ns in d b; do at $ns ipvsadm -C; done
