# SPDX-License-Identifier: GPL-2.0-or-later
# runs-on: ours
# lane: long
# timeout: 1500
# A million connections: they are made, found again, listed and ended, and the table grows and shrinks with them.
topology 1
modprobe -a ip_vs pktgen
n=$(fewer 1000000)
status_is() { [ "$(status "$1")" "$2" "$3" ]; }
# 16 ports of ever new addresses
generate() {
  pktgen "$n" "dst $VIP" 'src_min 11.0.0.1' 'src_max 11.255.0.0' 'udp_src_min 1024' 'udp_src_max 1040' \
    'udp_dst_min 80' 'udp_dst_max 80'
}
vs -A -u $VIP:80 -s rr
vs -a -u $VIP:80 -r 10.2.1.2:80 -g
vs --set 0 0 3600
free0=$(awk '/^MemFree/ { print $2 }' /proc/meminfo)
generate
made=$(status Conns)
echo "# $made connections"
check "as many as there were packets" [ "$made" -gt $((n * 9 / 10)) ]
check "the table has grown" status_is 'Conn buckets' -gt 4096
d grep -E '^Conn' /proc/net/ip_vs_status | sed 's/^/# /'
echo "# kB a connection, of all memory: $(awk -v a="$free0" -v n="$made" '/^MemFree/ { printf "%.3f", (a - $2) / n }' /proc/meminfo)"
awk '$1 == "ip_vs_conn" { print "# slab objects", $3, "of", $4, "bytes" }' /proc/slabinfo
is "all are listed" "$(($(d cat /proc/net/ip_vs_conn | wc -l) - 1))" "$made"
generate
is "the same packets find them again" "$(status Conns)" "$made"
# they are ended when their server goes, and the table shrinks
vs_sysctl expire_nodest_conn 1
vs -d -u $VIP:80 -r 10.2.1.2:80
eventually "they end with their server" 300 status_is Conns = 0
eventually "the table shrinks" 60 status_is 'Conn buckets' -le 8192
# and by themselves
vs_sysctl expire_nodest_conn 0
vs --set 0 0 1
vs -a -u $VIP:80 -r 10.2.1.2:80 -g
generate
eventually "they end when their time is over" 300 status_is Conns = 0
vs -C
