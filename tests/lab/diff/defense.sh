# SPDX-License-Identifier: GPL-2.0-or-later
# tools: debian
# drop_packet: which of the new connections are made.
topology 1
modprobe ip_vs
fake_hosts
sport=1000
fake_pool -t rr -m 80 1
# of N connections one after another
new_ones() {
  client_sends src=10.1.0.77 dst=$VIP sport=$sport dport=80 flags=S flows="$1"
  settled
  conns | awk -v from=$sport -v n="$1" '
    function hex(s,  v, i) { for (i = 1; i <= length(s); i++) v = v * 16 + index("0123456789ABCDEF", substr(s, i, 1)) - 1; return v }
    NR > 1 { there[hex($3)] = 1 }
    END { for (p = from; p < from + n; p++) printf "%s", p in there ? "+" : "-"; print "" }'
  sport=$((sport + $1))
}
new_ones 5
vs_sysctl am_droprate 3
vs_sysctl drop_packet 3
new_ones 10
# of a connection that exists
client_sends src=10.1.0.77 dst=$VIP sport=1000 dport=80 flags=A count=10
settled
stats_settle "^TCP +$VIP:80 +11 +21"
vst -Ln --stats --exact
new_ones 3
vs_sysctl drop_packet 0
new_ones 4
# the counter goes on where it was
vs_sysctl drop_packet 3
new_ones 6
vs_sysctl drop_packet 0
for rate in 1 2 5; do
  vs_sysctl am_droprate $rate
  vs_sysctl drop_packet 3
  new_ones 12
  vs_sysctl drop_packet 0
done
# no memory at all: everything is refused
vs_sysctl drop_packet 1
new_ones 4
vs_sysctl drop_packet 0
vs_sysctl amemthresh 2000000000
vs_sysctl drop_packet 1
new_ones 4
vs_sysctl drop_packet 0
new_ones 4
