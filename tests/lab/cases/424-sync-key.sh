# SPDX-License-Identifier: GPL-2.0-or-later
# brief: no
# runs-on: ours
# ipvsadm: ours
# timeout: 400
# Messages under a shared key: who has it is heard, once; who has another one, or none, is not. Without a key all are heard,
# also those with a sum. Of a stranger nothing is taken, no question for the table either.
topology 1
modprobe ip_vs
serve 1 80
second_director
RIGHT=/tmp/lab/right WRONG=/tmp/lab/wrong
(umask 077; printf '%s\n' 0123456789abcdef0123456789abcdef >$RIGHT; printf '%s\n' 1123456789abcdef0123456789abcdef >$WRONG)
master() { d ipvsadm --start-daemon master --mcast-interface y0 --syncid 5 ${1:+--sync-key-file "$1"}; }
backup() { b ipvsadm --start-daemon backup --mcast-interface y1 --syncid 5 ${1:+--sync-key-file "$1"}; }
by_hand() { d peer genl 9 3{ 1=u32:1 2=str:y0 3=u32:5 64=hex:$1 }; }
stop_both() { vs --stop-daemon master; b ipvsadm --stop-daemon backup; }
has "a key of 15 bytes is refused" "$(by_hand 000102030405060708090a0b0c0d0e 2>&1)" 'ERANGE.*16 to 64'
has "an empty one, too" "$(by_hand '' 2>&1)" 'ERANGE'
chmod 640 $RIGHT
has "a key that others may read is refused" "$(master $RIGHT 2>&1)" '^sync-key-file /tmp/lab/right may be used by others'
is "... and no daemon runs" "$(vs -Ln --daemon)" ""
chmod 600 $RIGHT
pool -t rr -m 1
vs_sysctl sync_threshold "0 1"

# --- the same key
master $RIGHT
backup $RIGHT
has "there is a key" "$(b cat /proc/net/ip_vs_sync)" '^backup key:	yes$'
ask tcp 80 1 >/dev/null
eventually "records are taken" 15 says b 'backup records' -ge 2
is "... all of them" "$(key b 'backup dropped bad-tag') $(key b 'backup dropped no-tag') $(key b 'backup dropped replay')" "0 0 0"

vs --stop-daemon master

# --- strangers
record=0006002400000000000107d00050005000000000000003840a0100020a0100640a020102
d peer send dev=y0 dmac=01:00:5e:00:00:51 src=10.9.0.1 dst=224.0.0.81 proto=udp sport=9 dport=8848 "hex=0005002c01010000$record"
eventually "a message without a sum is refused" 10 says b 'backup dropped no-tag' -eq 1
has_not "... and makes nothing" "$(b cat /proc/net/ip_vs_conn)" ' 07D0 '
master
ask tcp 80 1 >/dev/null
eventually "a master without the key is not heard" 15 says b 'backup dropped no-tag' -ge 2
vs --stop-daemon master
master $WRONG
ask tcp 80 1 >/dev/null
eventually "one with another key neither" 15 says b 'backup dropped bad-tag' -ge 1

# --- the question for the table
b ipvsadm --stop-daemon backup
backup $RIGHT
eventually "who has another key asks in vain" 15 says b 'backup table questions' -eq 3
is "... nothing was sent for it" "$(key d 'master tables')" 0
stop_both
master $RIGHT
backup $RIGHT
eventually "who has the key gets the table" 15 says b 'backup tables' -eq 1

# --- a backup without a key
b ipvsadm --stop-daemon backup
backup
made=$(key b 'backup records')
ask tcp 80 1 >/dev/null
eventually "without a key messages with a sum are taken" 15 says b 'backup records' -gt "$made"
stop_both
