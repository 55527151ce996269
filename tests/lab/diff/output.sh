# SPDX-License-Identifier: GPL-2.0-or-later
# tools: debian
# What the director's own counters say of packets that each method sends: /proc/net/snmp and snmp6.
topology 1
modprobe ip_vs
# whose packets these counters do not see
[ -z "$fast" ] || vs_sysctl fast_path 0
fake_hosts
count() { d awk -v n="$1" '$1 == "Ip:" && !h { split($0, name); h = 1; next } $1 == "Ip:" { for (i = 2; i <= NF; i++) if (name[i] == n) print $i }' /proc/net/snmp; }
count6() { d awk -v n="$1" '$1 == n { print $2 }' /proc/net/snmp6; }
all() { for n in OutRequests ForwDatagrams InHdrErrors; do count $n; done; for n in OutRequests OutForwDatagrams InHdrErrors; do count6 Ip6$n; done; }
# In hundreds: what else the host sends now and then is less than that.
method() {
  echo "== $*"
  vs -A -u "$1:53" -s rr
  before=$(all)
  vs -a -u "$1:53" -r "$2:53" "$4"
  client_sends "src=$3" "dst=$(echo "$1" | tr -d '[]')" proto=udp sport="$5" dport=53 len=10 count=100
  # shellcheck disable=SC2046,SC2086 # words
  echo $before $(all) | awk '{ for (i = 1; i <= 6; i++) printf "%d ", ($(i + 6) - $i) / 100; print "" }'
  vs -C
}
method $VIP 10.2.1.11 10.1.0.77 -m 1001
method $VIP 10.2.1.11 10.1.0.77 -g 1002
method $VIP 10.2.1.11 10.1.0.77 -i 1003
method $VIP '[fd02:1::11]' 10.1.0.77 -i 1004
method "[$VIP6]" '[fd02:1::11]' fd01::77 -m 1005
method "[$VIP6]" '[fd02:1::11]' fd01::77 -g 1006
method "[$VIP6]" '[fd02:1::11]' fd01::77 -i 1007
method "[$VIP6]" 10.2.1.11 fd01::77 -i 1008
