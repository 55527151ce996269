# SPDX-License-Identifier: GPL-2.0-or-later
# runs-on: ours
# What a backup makes of messages, right ones and others: each reason is counted, nothing is believed beyond its checks;
# entries without a server, and the server that comes later; another server for the same client; packets of what was told.
topology 1
modprobe ip_vs
fake_hosts
namespace b
ip link add y0 netns c type veth peer name y1 netns b
ip link add z0 netns s1 type veth peer name z1 netns b
ip -n b -batch - <<BATCH
addr add 10.1.0.3/16 dev y1
addr add $VIP/32 dev y1
addr add 10.2.1.3/24 dev z1
link set y1 up
link set z1 up
BATCH
ip -n c link set y0 up
ip -n s1 link set z0 up
b sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
mac s1 z0; ip -n b neigh add 10.2.1.11 dev z1 lladdr "$mac"
ip -n b neigh add 10.2.1.12 dev z1 lladdr "$mac"
mac c y0; ip -n b neigh add 10.1.0.77 dev y1 lladdr "$mac"
# ends: client 10.1.0.77, virtual address, servers 10.2.1.11 and .12
C=0a01004d V=0a010064 S1=0a02010b S2=0a02010c
tell() { c peer send dev=y0 dmac=01:00:5e:00:00:51 src=10.1.0.2 dst=224.0.0.81 proto=udp sport=9 dport=8848 "hex=$1"; }
# message COUNT RECORDS: of version 1
message() { printf '0000%04x%02x010000%s' $((8 + ${#2} / 2)) "$1" "$2"; }
# record PROTOCOL FLAGS STATE CPORT SERVER [TIMEOUT [MARK [VPORT [DPORT]]]]
record() {
  printf '00%02x0024%08x%04x%04x%04x%04x%08x%08x%s%s%s' "$1" "$2" "$3" "$4" "${8:-80}" "${9:-80}" "${7:-0}" "${6:-900}" $C $V "$5"
}
said() { key b "$1"; }
synced() { b cat /proc/net/ip_vs_conn_sync; }
# taken TEXT MESSAGE: and the backup has read it
taken() {
  taken_before=$(said 'backup messages')
  tell "$2"
  wait_until 10 sh -c "[ \"\$(at b sed -n 's/^backup messages:[^0-9]*//p' /proc/net/ip_vs_sync)\" -gt $taken_before ]" ||
    not_ok "$1: a message arrives"
}
# counted REASON TEXT MESSAGE: under exactly this reason
counted() {
  reason_before=$(said "backup dropped $1")
  all_before=$(b awk -F'\t' '/^backup dropped/ { n += $2 } END { print n }' /proc/net/ip_vs_sync)
  taken "$2" "$3"
  is "$2: $1" "$(said "backup dropped $1") $(b awk -F'\t' '/^backup dropped/ { n += $2 } END { print n }' /proc/net/ip_vs_sync)" \
    "$((reason_before + 1)) $((all_before + 1))"
}
b ipvsadm --start-daemon backup --mcast-interface y1 || not_ok "the backup starts"
ip -n c addr add 10.1.0.2/16 dev y0 2>/dev/null

# --- entries without any service
MASQ=0 ENDED=0x183 TUN=0x82
taken "a record" "$(message 1 "$(record 6 $MASQ 1 1000 $S1)")"
has "a connection of a server that is not known here" "$(synced)" '^TCP 0A01004D 03E8 0A010064 0050 0A02010B 0050 ESTABLISHED SYNC *89[0-9]$'
is "... is unbound" "$(said 'backup entries unbound')" 1
taken "two records" "$(message 2 "$(record 6 $ENDED 4 1001 $S1 120)$(record 17 0x100 0 1002 $S1 0)")"
has "its own state and time" "$(synced)" '03E9 .* FIN_WAIT    SYNC *11[0-9]$'
has "without a time the table's" "$(synced)" '^UDP .* 03EA .* UDP         SYNC *29[0-9]$'
taken "a template" "$(message 1 "$(record 6 0x1100 1 0 $S1 300)")"
has "a template" "$(synced)" '^TCP 0A01004D 0000 0A010064 0050 0A02010B 0050 ASSURED     SYNC *29[0-9]$'
exact=$(record 6 0x1100 1 0 $S1 300)
taken "exact times of it" "$(message 1 "0006002e${exact#????????}4408$(printf '%08x%08x' 300000 100000)")"
has "what is left of a template's time" "$(synced)" '^TCP 0A01004D 0000 0A010064 0050 .* SYNC *(99|9[78]|100)$'
taken "times that are none" "$(message 1 "0006002e${exact#????????}4408$(printf '%08x%08x' 300000 300001)")"
has "... are not believed: it has all of it" "$(synced)" '^TCP 0A01004D 0000 0A010064 0050 .* SYNC *29[0-9]$'
taken "a template of a mark" "$(message 1 "0000002400001100000100000050005000000005000001 2c${C}00000005$S1" | tr -d ' ')"
has "... of a mark" "$(synced)" '^IP  0A01004D 0000 00000005 0050 0A02010B 0050 ASSURED     SYNC'
taken "a tunnel's" "$(message 1 "$(record 6 $TUN 1 1003 $S2)")"
taken "a bypass" "$(message 1 "$(record 6 0x84 1 1004 00000000)")"
is "six are unbound, the bypass needs no server" "$(said 'backup entries unbound')" 6

# --- servers come
b ipvsadm -A -t $VIP:80 -s rr
b ipvsadm -a -t $VIP:80 -r 10.2.1.11:80 -m
eventually "a server that is added gets its entries" 10 sh -c '[ "$(at b sed -n "s/^backup entries unbound:[^0-9]*//p" /proc/net/ip_vs_sync)" = 3 ]'
is "... active and inactive" "$(b ipvsadm -Ln | awk '/10.2.1.11:80/ { print $5, $6 }')" "1 1"
has "... a template, too" "$(b ipvsadm -Ln --persistent-conn)" '10.2.1.11:80 *1 *1 *1 *1 '
b ipvsadm -A -f 5 -s rr -p 60
b ipvsadm -a -f 5 -r 10.2.1.11 -m
eventually "... also by a mark" 10 sh -c '[ "$(at b sed -n "s/^backup entries unbound:[^0-9]*//p" /proc/net/ip_vs_sync)" = 2 ]'
b ipvsadm -R <<RULES
-a -t $VIP:80 -r 10.2.1.12:80 -g
RULES
b ipvsadm -A -u $VIP:80 -s rr
b ipvsadm -a -u $VIP:80 -r 10.2.1.11:80 -m
eventually "... and every entry has one" 10 sh -c '[ "$(at b sed -n "s/^backup entries unbound:[^0-9]*//p" /proc/net/ip_vs_sync)" = 0 ]'

# --- states, counts, another server
taken "its end" "$(message 1 "$(record 6 0x100 4 1000 $S1 120)")"
is "a connection that ends is inactive" "$(b ipvsadm -Ln | awk '/10.2.1.11:80/ { print $5, $6; exit }')" "0 2"
taken "late end" "$(message 1 "$(record 6 0x100 4 1000 $S2 120)")"
is "the late end of another one is not taken" "$(said 'backup dropped replaced')" 1
has "... the entry stays" "$(synced)" '03E8 .* 0A02010B 0050 FIN_WAIT'
taken "replacement" "$(message 1 "$(record 6 0x83 1 1000 $S2)")"
has "a new connection with the same ends takes its place" "$(synced)" '03E8 .* 0A02010C 0050 ESTABLISHED'
is "... and is the only one" "$(synced | grep -c ' 03E8 ')" 1
taken "template elsewhere" "$(message 1 "$(record 6 0x1183 1 0 $S2 300)")"
has "a template follows its server" "$(synced)" '^TCP 0A01004D 0000 0A010064 0050 0A02010C 0050 ASSURED'
taken "a template as it began" "$(message 1 "$(record 6 0x1183 0 0 $S2 300)")"
has "... is assured once and for all" "$(synced)" '^TCP 0A01004D 0000 0A010064 0050 0A02010C 0050 ASSURED'
has "... at which it counts" "$(b ipvsadm -Ln --persistent-conn)" '10.2.1.12:80 *1 *[0-9]* *1 '

# --- packets of one whose server is not known yet: it counts there by what they have made of it
mac b y1
taken "one that ends" "$(message 1 "$(record 6 0x83 1 5000 0a02010d)")"
taken "one that comes back" "$(message 1 "$(record 6 0x183 3 5001 0a02010d)")"
c peer send dev=y0 "dmac=$mac" src=10.1.0.77 dst=$VIP proto=tcp sport=5000 dport=80 flags=FA
c peer send dev=y0 "dmac=$mac" src=10.1.0.77 dst=$VIP proto=tcp sport=5001 dport=80 flags=A
eventually "without its server a connection has states" 10 sh -c 'at b grep -q " 1388 .* FIN_WAIT " /proc/net/ip_vs_conn_sync'
eventually "... others, too" 10 sh -c 'at b grep -q " 1389 .* ESTABLISHED " /proc/net/ip_vs_conn_sync'
b ipvsadm -a -t $VIP:80 -r 10.2.1.13:80 -g
eventually "... and the server comes" 10 sh -c '[ "$(at b sed -n "s/^backup entries unbound:[^0-9]*//p" /proc/net/ip_vs_sync)" = 0 ]'
is "... to one active and one inactive" "$(b ipvsadm -Ln | awk '/10.2.1.13:80/ { print $5, $6 }')" "1 1"
b ipvsadm -d -t $VIP:80 -r 10.2.1.13:80

# --- packets of what was told: from the client, and the server's first
mac b y1; bmac=$mac
background at-server s1 peer capture dev=z0
background at-client c peer capture dev=y0
wait_until 10 in_file ready at-server; wait_until 10 in_file ready at-client
taken "a NAT connection" "$(message 1 "$(record 6 0 1 1010 $S1)")"
c peer send dev=y0 "dmac=$bmac" src=10.1.0.77 dst=$VIP proto=tcp sport=1010 dport=80 flags=A
eventually "a packet of a connection that was told goes to its server" 10 in_file '10\.1\.0\.77.*10\.2\.1\.11' at-server
mac b z1
s1 peer send dev=z0 "dmac=$mac" src=10.2.1.11 dst=10.1.0.77 proto=tcp sport=80 dport=1010 flags=A
eventually "... and the server's comes back translated" 10 in_file '10\.1\.0\.100.*10\.1\.0\.77' at-client
taken "another one" "$(message 1 "$(record 6 0 1 1011 $S1)")"
s1 peer send dev=z0 "dmac=$mac" src=10.2.1.11 dst=10.1.0.77 proto=tcp sport=80 dport=1011 flags=A
eventually "... also if it speaks first" 10 in_file '10\.1\.0\.100.*10\.1\.0\.77.*1011|1011' at-client
has "an unknown connection's packet makes none" "$(c peer send dev=y0 "dmac=$bmac" src=10.1.0.77 dst=$VIP proto=tcp sport=1012 dport=80 flags=A; synced | grep -c ' 03F4 ')" '^0$'
b sh -c 'echo 1 >/proc/sys/net/ipv4/vs/backup_only'
before=$(grep -c 10.2.1.11 /tmp/lab/at-server)
c peer send dev=y0 "dmac=$bmac" src=10.1.0.77 dst=$VIP proto=tcp sport=1010 dport=80 flags=A
is "backup_only: nothing is forwarded while a backup runs" "$(grep -c 10.2.1.11 /tmp/lab/at-server)" "$before"
b sh -c 'echo 0 >/proc/sys/net/ipv4/vs/backup_only'

# --- messages that are none
counted short "three bytes" 000000
counted size "a size that is not its own" 000000100001000000
counted short-header "half a header" 000000060001
trailer=c54956530100002000000000000000010000000000000001$(printf '%016x' 1)
counted kind "a kind of ours that nobody knows" "000000287f800000$trailer"
counted body "one of ours with nothing behind it" 0000000801800000
good=$(record 6 0 1 2000 $S1)
counted truncated "more records than there are" "$(message 2 "$good")"
counted beyond "a record beyond the end" "$(message 1 "00060050${good#????????}")"
counted record-version "another version of records" "$(message 1 "00061024${good#????????}")"
counted type "a type that is none" "$(message 1 "02${good#??}")"
counted record-size "a record that is too short for IPv6" "$(message 1 "01${good#??}")"
counted option "an option of one byte" "$(message 1 "00060025${good#????????}41000000")"
counted option-length "an empty option" "$(message 1 "00060026${good#????????}41000000")"
counted option-sequence "sequence data of another length" "$(message 1 "00060027${good#????????}01010000")"
counted unknown-option "an option that must not be skipped" "$(message 1 "00060027${good#????????}09010000")"
counted flags "a connection of one packet" "$(message 1 "$(record 17 0x2000 0 2001 $S1)")"
counted flags "a template without client port" "$(message 1 "$(record 6 0x1800 0 0 $S1)")"
counted protocol "a protocol that has no connections" "$(message 1 "$(record 1 0 0 2002 $S1)")"
counted state "a state that is none" "$(message 1 "$(record 6 0 11 2003 $S1)")"
counted state "a template's" "$(message 1 "$(record 6 0x1100 2 0 $S1)")"
counted engine-unnamed "engine data of nobody" "$(message 1 "00060027${good#????????}02010000")"
counted engine-unknown "... and of an engine that is not there" "$(message 1 "0006002d${good#????????}02014103046e6f6e65000000")"
counted v0-truncated "a short record of version 0" 01000006aabb
counted v0-sequence "version 0 without the sequence data it speaks of" \
  "$(printf '0100%04x0006%04x00500050%s%s%s02000001' 28 2004 $C $V $S1)"
has "what stands before such a record is taken" "$(synced)" ' 07D0 .* ESTABLISHED'
has_not "none of them has made an entry" "$(synced)" ' 07D[1-9A-F] '

# --- sequence data: 24 bytes of option 1, and the flags that go with it
taken "sequence data" "$(message 1 "0006003e00000600$(record 6 0 1 2010 $S1 | cut -c17-)0118$(printf '%048d' 7)")"
has "a connection with sequence data is one as others are" "$(synced)" ' 07DA .* ESTABLISHED *SYNC'

# --- no more than conn_max
b sh -c 'echo 40 >/proc/sys/net/ipv4/vs/conn_max'
i=0 many=''
while [ $i -lt 60 ]; do many=$many$(record 6 0 1 $((3000 + i)) $S1); i=$((i + 1)); done
ip -n c link set y0 mtu 3000; ip -n b link set y1 mtu 3000
b ipvsadm --stop-daemon backup
b ipvsadm --start-daemon backup --mcast-interface y1
taken "many records" "$(message 60 "$many")"
check "conn_max bounds what is told" [ "$(synced | tail -n +2 | wc -l)" -le 40 ]
check "... and what is beyond it is counted" [ "$(said 'backup dropped conn-max')" -ge 20 ]
b sh -c 'echo 1000 >/proc/sys/net/ipv4/vs/conn_max'

# --- the backup's entries outlive it, until their time is over
b ipvsadm --stop-daemon backup
has "entries stay when the backup stops" "$(synced)" ESTABLISHED
b ipvsadm -C
