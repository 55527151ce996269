# SPDX-License-Identifier: GPL-2.0-or-later
# runs-on: ours
# The numbers of tunnels' IPv4 headers: none of a server's comes twice while fragments may be under way, on the normal and on
# the fast path, to one server and to several that take turns.
topology 1
modprobe ip_vs
fake_hosts
# note_numbers: of all tunnel packets from now on
note_numbers() {
  s1 nft flush ruleset
  s1 nft -f - <<'RULES'
table ip lab {
  set numbers { typeof ip daddr . ip id; size 200000; flags dynamic; }
  chain in {
    type filter hook prerouting priority raw;
    ip protocol 4 counter update @numbers { ip daddr . ip id } drop
  }
}
RULES
}
packets() { s1 nft list chain ip lab in | sed -n 's/.*counter packets \([0-9]*\).*/\1/p'; }
numbers() { s1 nft list set ip lab numbers | grep -o '[0-9] \. [0-9]*' | wc -l; }
# differ TEXT FLOWS COUNT: of so many flows so many packets each, with a number of its own
differ() {
  note_numbers
  for port in $(seq 7001 $((7000 + $2))); do
    client_sends src=10.1.0.77 dst=$VIP proto=udp sport=$port dport=53 len=10 count=$3
  done
  is "$1: they come" "$(packets)" $(($2 * $3))
  is "... each with a number of its own" "$(numbers)" $(($2 * $3))
}

for fast in 0 1; do
  vs_sysctl fast_path $fast
  vs -A -u $VIP:53 -s rr
  vs -a -u $VIP:53 -r 10.2.1.11:53 -i
  differ "fast_path=$fast, one server" 10 200
  vs -C
  vs -A -u $VIP:53 -s rr
  for host in 11 12 13 14; do vs -a -u $VIP:53 -r 10.2.1.$host:53 -i; done
  differ "fast_path=$fast, servers that take turns" 50 20
  vs -C
done
check "the fast path took some" [ "$(status 'Fast path taken')" -gt 100 ]
