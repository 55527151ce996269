# SPDX-License-Identifier: GPL-2.0-or-later
# The files in /proc/net for monitoring: CPUs, origin of connections, state of the tables.
topology 1
modprobe ip_vs
serve 1 80 53
for f in ip_vs ip_vs_app ip_vs_conn ip_vs_conn_sync ip_vs_stats ip_vs_stats_percpu; do
  is "$f: every namespace has it, for everyone to read" "$(at s1 stat -c %a /proc/net/$f)" 444
done
is "no helpers" "$(d cat /proc/net/ip_vs_app)" "prot port    usecnt name"

pool -t rr -m 1
vs -A -u $VIP:53 -s rr -p 100
vs -a -u $VIP:53 -r 10.2.1.2:53 -m
ask tcp 80 5 rst >/dev/null
ask udp 53 3 >/dev/null
rows=$(d cat /proc/net/ip_vs_conn_sync)
has "a connection is local" "$rows" "^UDP 0A010002 [0-9A-F]{4} 0A010064 0035 0A020102 0035 UDP         LOCAL  +[0-9]+$"
has "a template, too" "$rows" "^UDP 0A010002 0000 0A010064 0035 0A020102 0035 ASSURED     LOCAL  +[0-9]+$"
is "both lists have the same rows" "$(echo "$rows" | wc -l)" "$(conns | wc -l)"

# what monitoring programs read of services, SCTP's too
sctp() { # VIP SERVER OPTIONS SERVICE-ROW SERVER-ROW
  vs -A --sctp-service "$1" -s wlc
  # shellcheck disable=SC2086 # words
  vs -a --sctp-service "$1" -r "$2" $3
  is "a service of SCTP and its server: $1" "$(d sed -n '/^SCTP/,/->/p' /proc/net/ip_vs | tr -s ' ')" "SCTP $4 wlc 
 -> $5 0 0 "
  has "... over netlink" "$(d peer genl 4 dump 2>&1)" "^reply .* 2=8400 "
  vs -D --sctp-service "$1"
}
sctp $VIP:3868 10.2.1.2:3868 "-g -w 5" 0A010064:0F1C "0A020102:0F1C Route 5"
sctp "[$VIP6]:3868" "[fd02:1::2]:3868" -m "[fd01:0000:0000:0000:0000:0000:0000:0100]:0F1C" \
  "[fd02:0001:0000:0000:0000:0000:0000:0002]:0F1C Masq 1"

# hexadecimal columns of the row whose first word is $1
row() { d awk -v cpu="$1" '$1 == cpu { print $2, $3, $4, $5, $6 }' /proc/net/ip_vs_stats_percpu; }
value() { echo $((0x$1)); }
# the sums over the CPUs, in hexadecimal
sums() {
  d awk 'NR > 2 && $1 ~ /^[0-9A-F]+$/ { print $2, $3, $4, $5, $6 } NF == 0 { exit }' /proc/net/ip_vs_stats_percpu |
    while read -r a b c d e; do echo $((0x$a)) $((0x$b)) $((0x$c)) $((0x$d)) $((0x$e)); done |
    awk '{ for (i = 1; i <= 5; i++) s[i] += $i } END { printf "%X %X %X %X %X\n", s[1], s[2], s[3], s[4], s[5] }'
}
settled() { [ "$(sums)" = "$(row '~')" ]; }
eventually "the CPUs add up to the total" 10 settled
has "there is something to add" "$(row '~')" "^8 "
is "a row for each CPU" "$(d awk 'NR > 2 && /^ *[0-9A-F]+ / { n++ } NF == 0 { exit } END { print n }' /proc/net/ip_vs_stats_percpu)" \
  "$(grep -c ^processor /proc/cpuinfo)"
before=$(sums)
vs -Z
is "zeroing leaves the CPUs alone" "$(sums)" "$before"
has "... but not the total" "$(row '~')" "^0 0 0 0 0$"
vs -d -t $VIP:80 -r 10.2.1.2:80
vs -D -u $VIP:53
is "what was counted for a deleted server stays" "$(sums)" "$before"
vs -a -t $VIP:80 -r 10.2.1.2:80 -m
is "... also when it comes back" "$(sums)" "$before"

if [ "$module" != intree ]; then
  status=$(d cat /proc/net/ip_vs_status)
  is "ip_vs_status is for the administrator" "$(d stat -c %a /proc/net/ip_vs_status)" 440
  is "it counts the entries" "$(echo "$status" | sed -n 's/^Conns:\t//p')" "$(($(conns | wc -l) - 1))"
  is "... the services" "$(echo "$status" | sed -n 's/^Services:\t//p')" 1
  has "... their table" "$status" "^Service buckets:	[0-9]+ \([0-9]+ bits, lfactor -?[0-9]\)$"
  has "... how full it is" "$status" "^Service buckets len-1:	1 \(100%\)$"
  has "... who estimates" "$status" "^Stats thread slots:	1 \(max 1\)$"
  vs -C
  has "nobody without services" "$(d cat /proc/net/ip_vs_status)" "^Stats thread slots:	0 \(max 1\)$"
  has_not "... and no lengths" "$(d cat /proc/net/ip_vs_status)" "Service buckets len"
fi
