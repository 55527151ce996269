# SPDX-License-Identifier: GPL-2.0-or-later
# tools: debian
# timeout: 800
# What a backup daemon makes of messages, good and bad ones: entries, their servers and counts. Left out is what the
# original does with a template whose server has changed, see docs/sync-protocol.md.
topology 1
modprobe ip_vs
fake_hosts
listen_on s1 e0
listen_on c c0
vs_sysctl expire_nodest_conn 0

# rec FLAGS STATE CPORT VPORT DPORT CLIENT VIRTUAL DEST [PROTOCOL [MARK [SECONDS]]]: a record of version 1, IPv4, as hex;
# numbers are decimal but flags and protocol; rec0: of version 0
four() { IFS=. read -r a b c d <<A
$1
A
  printf '%02x%02x%02x%02x' "$a" "$b" "$c" "$d"; }
rec() {
  printf '00%s0024%08x%04x%04x%04x%04x%08x%08x%s%s%s' "${9:-06}" $((0x$1)) "$2" "$3" "$4" "$5" "${10:-0}" "${11:-100}" \
    "$(four "$6")" "$(four "$7")" "$(four "$8")"
}
rec0() {
  printf '00%s%04x%04x%04x%s%s%s%04x%04x' "${9:-06}" "$3" "$4" "$5" "$(four "$6")" "$(four "$7")" "$(four "$8")" $((0x$1)) "$2"
}
# message RECORD...: of version 1 with these records, padded between them; message0 of version 0
syncid=0
message() {
  records=
  for r in "$@"; do
    while [ $((${#records} % 8)) != 0 ]; do records=${records}00; done
    records=$records$r
  done
  printf '00%02x%04x%02x010000%s\n' $syncid $((8 + ${#records} / 2)) $# "$records"
}
message0() { printf '%02x%02x%04x' $# $syncid $((4 + $(printf %s "$@" | wc -c) / 2)); printf %s "$@"; echo; }
# more BYTES: a message with these behind it, which its size counts
more() { read -r m && m=$m$1 && echo "$(echo "$m" | cut -c 1-4)$(printf %04x $((${#m} / 2)))$(echo "$m" | cut -c 9-)"; }
# tell: messages, a line each, and one more to see that all were dealt with
marks=0
tell() {
  marks=$((marks + 1))
  { cat; message "$(rec 0 1 $((60000 + marks)) 9 9 10.9.9.9 10.9.9.9 10.9.9.9)"; } |
    c peer say dev=c0 to=${to:-224.0.0.81} port=8848
  wait_until 10 sh -c "at d grep -q ' $(printf %04X $((60000 + marks))) ' /proc/net/ip_vs_conn_sync" || broken "no entry of a message"
}
# The last lists come long after the first messages: what is further than that from all of them was the next longer one.
timeout_of=$(printf '%s' "$timeout_of" | sed 's/split("[^"]*"/split("10 61 100 120 180 200 300 400 900"/
  s/^  return v$/  for (i = 1; i <= n; i++) if (v <= t[i]) return t[i]\
  return v/')
# but templates that nobody can find any more
rows() {
  echo "-- $*"
  d cat /proc/net/ip_vs_conn_sync | awk "$timeout_of"'NR > 1 && $5 != "0009" && $5 != "FFFF" { $10 = timeout_of($10); print | "sort" }'
}
clear() { # entries end with the module
  vs --stop-daemon backup
  reload_ipvs
  vs --start-daemon backup --mcast-interface d0 "$@"
  marks=0
}
# servers that have connections, whatever their order is
counts() { d awk 'NR > 3 && $1 == "->" && $5 + $6' /proc/net/ip_vs | sort; }
client=10.1.0.77

echo "== one after the other, without any service"
both_have ip_vs_pe_sip && modprobe ip_vs_pe_sip
vs --start-daemon backup --mcast-interface d0
# Of those whose engine not both have, and of one that lives a second, nothing is said. Templates have no client port: of
# those that have one all the same ours make one template, and only the first is told of.
grep -v -e '^#' -e '^timeout-1	' -e '^pe-sip' -e '^template-state-1' -e '^timeout-0-template' -e '^v0-template-assured' \
  /lab/sync/receive-vectors.tsv | cut -f 2 | tell
rows "of each of the vectors"
d cat /proc/net/ip_vs_conn_sync | head -n 1
if both_have ip_vs_pe_sip; then
  grep '^pe-sip' /lab/sync/receive-vectors.tsv | cut -f 2 | tell
  d awk 'NF > 9 { print $1, $2, $3, $10, $11 }' /proc/net/ip_vs_conn | sort
fi
clear
for file in /lab/sync/*.hex; do
  case $file in */11-*) continue ;; esac
  tr -d ' \n' <$file
  echo
done | tell
rows "of captured ones"

echo "== more of what is odd"
clear
good=$(rec 0 1 1001 80 80 $client $VIP 10.2.1.11)
# option TYPE+LENGTH+DATA at a record of 36 bytes
with() { printf '%s%04x%s%s' "$(printf %s "$1" | cut -c 1-4)" $((36 + $(printf %s "$2" | wc -c) / 2)) "$(printf %s "$1" | cut -c 9-)" "$2"; }
at_port() { printf '%s%04x%s' "$(printf %s "$1" | cut -c 1-20)" "$2" "$(printf %s "$1" | cut -c 25-)"; }
{
  # an unknown option, and a bad one behind it; the other way round
  message "$(at_port "$good" 1002)" "$(with "$(at_port "$good" 1003)" 0402616201020102)" "$(at_port "$good" 1004)"
  message "$(at_port "$good" 1005)" "$(with "$(at_port "$good" 1006)" 0102010204026162)" "$(at_port "$good" 1007)"
  # a bad protocol and a bad option
  message "$(at_port "$good" 1008)" "0063$(with "$(at_port "$good" 1009)" 01020102 | cut -c 5-)" "$(at_port "$good" 1010)"
  # options of ours
  message "$(with "$(at_port "$good" 1011)" 440800000001000000024501014603ffffff)" "$(at_port "$good" 1012)"
} | tell
rows "faults in a row"
trailer=0102030405060708111213141516171821222324252627
{
  message "$(at_port "$good" 1101)" | more "c549565301000020${trailer}28"
  message "$(at_port "$good" 1102)" | more "c549565301010040${trailer}28$(printf '%064d' 0)"
  message0 "$(rec0 0 1 1103 80 80 $client $VIP 10.2.1.11)" | more "c549565301000020${trailer}29"
  message0 "$(rec0 0 1 1104 80 80 $client $VIP 10.2.1.11)" "$(rec0 0 1 1105 80 80 $client $VIP 10.2.1.11)" |
    more "c549565301010040${trailer}2a$(printf '%064d' 0)"
} | tell
rows "trailers of ours" | grep -e '^--' -e ' 04[45]'
{
  echo "0000000001800010000007d0000111700000000301040000" | more "c549565301000020${trailer}2b"
  echo "000000000280000c0a0b0c0d0e0f101100000005" | more "c549565301000020${trailer}2c"
  echo "0000000003800018000000000000000100000002000000030000000402000000" | more "c549565301000020${trailer}2d"
} | tell
rows "messages of ours" | wc -l

echo "== who is heard"
for id in 5 0; do
  clear --syncid $id
  syncid=5 && message "$(rec 0 1 $((1200 + id)) 80 80 $client $VIP 10.2.1.11)" >/tmp/five
  syncid=0 && message "$(rec 0 1 $((1210 + id)) 80 80 $client $VIP 10.2.1.11)" >/tmp/none
  syncid=6 && message "$(rec 0 1 $((1220 + id)) 80 80 $client $VIP 10.2.1.11)" >/tmp/six
  syncid=$id
  cat /tmp/five /tmp/none /tmp/six | tell
  rows "SyncID $id"
done
syncid=0
clear --sync-maxlen 1024
i=0
set --
while [ $i -lt 30 ]; do set -- "$@" "$(rec 0 1 $((1300 + i)) 80 80 $client $VIP 10.2.1.11)"; i=$((i + 1)); done
message "$@" | tell
shift 2
message "$@" | tell
rows "as much as fits" | wc -l
clear --mcast-group ff02::81
to=ff02::81
message "$(rec 0 1 1400 80 80 $client $VIP 10.2.1.11)" | tell
rows "an IPv6 group"
to=

echo "== servers"
clear
pools() {
  vs -A -t $VIP:80 -s rr
  for n in 11 12; do vs -a -t $VIP:80 -r 10.2.1.$n:80 -m; done
  vs -a -t $VIP:80 -r 10.2.1.13:80 -g -w 0
  vs -A -u $VIP:53 -s rr -p 100
  vs -a -u $VIP:53 -r 10.2.1.11:53 -g
  vs -A -f 7 -s rr -p 100
  vs -a -f 7 -r 10.2.1.12:0 -g
  vs -a -f 7 -r 10.2.1.11:8080 -m
}
pools
{
  message "$(rec 0 1 1501 80 80 $client $VIP 10.2.1.11)" "$(rec 100 4 1502 80 80 $client $VIP 10.2.1.11)" \
    "$(rec 0 1 1503 80 80 $client $VIP 10.2.1.13)" "$(rec 0 1 1504 80 80 $client $VIP 10.2.1.14)" \
    "$(rec 0 1 1505 81 81 $client $VIP 10.2.1.11)" "$(rec 1100 1 0 80 80 $client $VIP 10.2.1.12)"
  message "$(rec 183 0 1506 53 53 $client $VIP 10.2.1.11 11)" "$(rec 1183 0 0 53 53 $client $VIP 10.2.1.11 11)" \
    "$(rec 1183 0 0 0 0 $client 0.0.0.7 10.2.1.12 00 7)" "$(rec 83 1 1507 443 443 $client $VIP 10.2.1.12 06 7)" \
    "$(rec 0 1 1508 443 8080 $client $VIP 10.2.1.11 06 7)" "$(rec 83 1 1509 443 443 $client $VIP 10.2.1.12 06 8)" \
    "$(rec 83 1 1510 80 80 $client $VIP 10.2.1.11 06 9)" "$(rec 83 1 1511 5000 5000 $client $VIP 10.2.1.12 06 7)"
  message0 "$(rec0 0 1 1512 80 80 $client $VIP 10.2.1.12)" "$(rec0 1183 0 0 0 0 10.1.0.78 0.0.0.7 10.2.1.12 00)"
} | tell
rows "bound and not bound"
services_sorted
vst -Ln --persistent-conn
# nothing of it was connected here
vst -Ln --stats --exact

echo "-- the method is the server's"
client_sends src=$client dst=$VIP sport=1501 dport=80 flags=A
client_sends src=$client dst=$VIP sport=1503 dport=80 flags=A
client_sends src=$client dst=$VIP sport=1504 dport=80 flags=A
client_sends src=$client dst=$VIP sport=1507 dport=443 flags=A
arrived s1 e0
server_sends 1 src=10.2.1.11 dst=$client sport=80 dport=1501 flags=A
server_sends 1 src=10.2.1.14 dst=$client sport=80 dport=1504 flags=A
arrived c c0

echo "-- a server that comes later is found by the next record"
vs -A -t $VIP:86 -s rr
message "$(rec 0 1 1601 86 86 $client $VIP 10.2.1.11)" | tell
vs -a -t $VIP:86 -r 10.2.1.11:86 -m
message "$(rec 0 1 1601 86 86 $client $VIP 10.2.1.11)" | tell
services_sorted | grep -A 1 -e ':0056'

echo "== entries that are there already"
clear
pools
change() { # TITLE, FLAGS and STATE and SERVER of each of two records
  port=$((port + 1))
  message "$(rec "$2" "$3" $port 80 80 $client $VIP 10.2.1."$4" 06 0 200)" | tell
  message "$(rec "$5" "$6" $port 80 80 $client $VIP 10.2.1."$7" 06 0 400)" | tell
  wait_until 10 sh -c "[ \$(at d grep -c ' $(printf %04X $port) ' /proc/net/ip_vs_conn_sync) = 1 ]"
  rows "$1" | grep -e '^--' -e " $(printf %04X $port) "
  counts
}
port=1700
change "the same" 0 1 11 0 1 11
change "it closes" 0 1 11 100 4 11
change "it is active again" 100 4 11 0 1 11
change "another server" 0 1 11 0 1 12
change "another server, of one that was closed" 100 4 12 0 1 11
change "the late end of another one" 0 1 11 100 4 12
change "flags that do not change" 0 1 11 83 1 11
echo "-- a connection of this host"
port=$((port + 1))
client_sends src=$client dst=$VIP sport=$port dport=80 flags=S
mine=$(d awk -v p="$(printf %04X $port)" '$3 == p { print substr($6, 7) }' /proc/net/ip_vs_conn)
message "$(rec 100 4 $port 80 80 $client $VIP 10.2.1.$((0x$mine)) 06 0 400)" | tell
rows "stays local" | grep -e '^--' -e " $(printf %04X $port) "
counts
echo "-- a template again"
message "$(rec 1100 0 0 80 80 $client $VIP 10.2.1.11 06 0 200)" "$(rec 1100 1 0 80 80 $client $VIP 10.2.1.11 06 0 400)" | tell
rows "assured" | grep -e '^--' -e ' 0000 0A01'

echo "== overload"
vs -A -t $VIP:82 -s rr
vs -a -t $VIP:82 -r 10.2.1.11:82 -m -x 3
message "$(rec 0 1 1801 82 82 $client $VIP 10.2.1.11)" "$(rec 0 1 1802 82 82 $client $VIP 10.2.1.11)" | tell
picks tcp 82 1
message "$(rec 0 1 1803 82 82 $client $VIP 10.2.1.11)" "$(rec 0 1 1804 82 82 $client $VIP 10.2.1.11)" | tell
services_sorted | grep -A 1 ':0052'
client_sends src=$client dst=$VIP sport=1805 dport=82 flags=S
settled
rows "nobody more" | grep -c ' 070D ' || :

echo "== a template directs a new connection"
vs -A -t $VIP:83 -s rr -p 100
for n in 11 12 13 14; do vs -a -t $VIP:83 -r 10.2.1.$n:83 -m; done
message "$(rec 1100 1 0 83 83 $client $VIP 10.2.1.13)" | tell
for p in 1901 1902; do client_sends src=$client dst=$VIP sport=$p dport=83 flags=S; done
settled
rows "to its server" | grep -e ' 076[DE] '
# one whose server is not there
message "$(rec 1100 1 0 83 83 10.1.0.78 $VIP 10.2.1.15)" | tell
ip -n d neigh add 10.1.0.78 dev d0 lladdr "$cmac"
client_sends src=10.1.0.78 dst=$VIP sport=1903 dport=83 flags=S
settled
d awk '$2 == "0A01004E" && $3 == "076F" { print "served:", $6 != "0A02010F" }' /proc/net/ip_vs_conn

echo "== timeouts that are set here hold for what says none"
vst --set 400 100 200
{
  message "$(rec 0 1 2001 80 80 $client $VIP 10.2.1.11 06 0 0)" "$(rec 100 0 2002 53 53 $client $VIP 10.2.1.11 11 0 0)"
  message0 "$(rec0 100 4 2003 80 80 $client $VIP 10.2.1.11)" "$(rec0 0 8 2004 88 88 $client $VIP 10.2.1.11 84)" \
    "$(rec0 0 3 2005 88 88 $client $VIP 10.2.1.11 84)" "$(rec0 0 6 2006 80 80 $client $VIP 10.2.1.11)"
} | tell
rows "by the table" | grep -e ' 07D[0-9] '
vst --set 900 120 300

echo "== what is left when the daemon stops"
vs --stop-daemon backup
rows "all" | wc -l
message "$(rec 0 1 2100 80 80 $client $VIP 10.2.1.11)" | c peer say dev=c0 to=224.0.0.81 port=8848
settled
rows "nothing new" | grep -c ' 0834 ' || :
