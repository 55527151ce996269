# SPDX-License-Identifier: GPL-2.0-or-later
# brief: no
# runs-on: ours
# ipvsadm: ours
# timeout: 600
# How synchronisation goes, for people and programs: who is heard, whether he is there, what was lost, how late it comes; a key
# that no save has in it, and no restore does without.
topology 1
modprobe ip_vs
serve 1 80
second_director
# json NAMESPACE FILTER: of the listing of its daemons
json() { at "$1" ipvsadm -L --daemon --json | jq -r "$2"; }
says() { [ "$(json "$1" "$2")" = "$3" ]; }
heard=.daemons[0].status.heard
pool -t rr -m 1
vs_sysctl sync_threshold "0 1"
(umask 077; printf '%s\n' 0123456789abcdef0123456789abcdef >/tmp/lab/key)
stop_all() { for ns in d b; do for role in master backup; do at $ns ipvsadm --stop-daemon $role 2>/dev/null; done; done; }

is "without daemons there is nothing" "$(vs -L --daemon --json)" '{"daemons":[]}'
refuse "--status is about daemons" vs -L --status

# --- each hears the other, by group and by peers, of both families, with a key and without
try() { # NAME MASTER'S OPTIONS -- BACKUP'S
  name=$1 of_master='' of_backup='' into=of_master
  shift
  for word; do
    case $word in --) into=of_backup ;; *) eval "$into=\"\$$into \$word\"" ;; esac
  done
  # shellcheck disable=SC2086
  vs --start-daemon master --mcast-interface y0 $of_master
  # shellcheck disable=SC2086
  b ipvsadm --start-daemon backup --mcast-interface y1 $of_backup
  eventually "$name: the backup hears the master" 10 says b "$heard[0].alive" true
  eventually "$name: the master hears the backup" 10 says d "$heard[0].alive" true
  is "$name: ... at their addresses, and nobody else" "$(json b "$heard[].address") $(json d "$heard[].address")" "$addresses"
  ask tcp 80 1 >/dev/null
  eventually "$name: messages come" 15 sh -c "at b ipvsadm -L --daemon --json | jq -e '$heard[0].messages >= 1 and $heard[0].lost == 0'"
  is "$name: nothing is dropped" "$(json b '[.daemons[0].status.dropped[]] | add')" 0
  stop_all
}
addresses="10.9.0.1 10.9.0.2"
try group --
try peers --sync-peer 10.9.0.2 -- --sync-peer 10.9.0.1
try "group with a key" --sync-key-file /tmp/lab/key -- --sync-key-file /tmp/lab/key
try "peers with a key" --sync-peer 10.9.0.2 --sync-key-file /tmp/lab/key -- --sync-peer 10.9.0.1 --sync-key-file /tmp/lab/key
addresses="fd09::1 fd09::2"
try "IPv6 peers" --sync-peer fd09::2 -- --sync-peer fd09::1

# --- what people see
vs --start-daemon master --mcast-interface y0
b ipvsadm --start-daemon backup --mcast-interface y1
eventually "people see that the master is there" 10 sh -c "at b ipvsadm -L --daemon --status | grep -q '^  hears 10.9.0.1: alive, last .* s ago, .* messages, 0 lost, lag .* ms, 0 queued, .* entries$'"
has "... below what the daemon is" "$(b ipvsadm -L --daemon --status | head -n 1)" '^backup sync daemon \(mcast=y1, syncid=0'
has "... with its figures" "$(b ipvsadm -L --daemon --status)" '^  heartbeats heard  *[1-9]'
has_not "... but for reasons that never occurred" "$(b ipvsadm -L --daemon --status)" 'dropped short'
has "as JSON a reason is there that never occurred" "$(json b '.daemons[0].status.dropped.short')" '^0$'
is "without being asked nobody is told" "$(b ipvsadm -L --daemon | wc -l)" 1
is "a heartbeat is no message" "$(key b 'backup messages')" "$(json b '.daemons[0].status.messages')"
told=$(json b "$heard[0].entries")
check "what the master has in its tables is known" [ "$told" -ge 1 ]

# --- what is lost
b iptables -A INPUT -p udp --dport 8848 -j DROP
before=$(key d 'master messages')
ask tcp 80 1 >/dev/null
eventually "the master tells" 15 sh -c "[ \$(at d sed -n 's/^master messages:[^0-9]*//p' /proc/net/ip_vs_sync) -gt $before ]"
b iptables -F INPUT
eventually "the backup knows that something was lost" 10 sh -c "at b ipvsadm -L --daemon --json | jq -e '$heard[0].lost >= 1'"
is "... of a master that is there" "$(json b "$heard[0].alive")" true

# --- one that is gone
ip -n d link set y0 down
eventually "a master that is silent is gone" 20 says b "$heard[0].alive" false
eventually "... and the backup, to the master" 20 says d "$heard[0].alive" false
check "... since when is told" b sh -c "[ \$(ipvsadm -L --daemon --json | jq '$heard[0].heard_ms') -ge 2000 ]"
ip -n d link set y0 up
eventually "... until it is back" 20 says b "$heard[0].alive" true
# another daemon: what was lost of the old one is not said of it
vs --stop-daemon master
vs --start-daemon master --mcast-interface y0
eventually "a master that starts again begins anew" 20 says b "$heard[0].lost" 0
is "... in the same place" "$(json b "$heard | length")" 1
stop_all

# --- a stranger's heartbeats cost at most what there is room for
b ipvsadm --start-daemon backup --mcast-interface y1
# beat N: of a master with the instance N
beat() {
  printf '%s' 0000004801800020 000003e8 00000001 00000000 01010100 0000000000000000 0000000000000000 c549565301000020
  printf '%016x%016x%016x' "$1" 1 1
}
i=1
while [ $i -le 40 ]; do
  d peer send dev=y0 dmac=01:00:5e:00:00:51 "src=10.9.0.$((100 + i))" dst=224.0.0.81 proto=udp sport=9 dport=8848 "hex=$(beat $i)"
  i=$((i + 1))
done
eventually "... all are heard" 15 sh -c "[ \$(at b sed -n 's/^backup heartbeats heard:[^0-9]*//p' /proc/net/ip_vs_sync) -ge 40 ]"
is "... and the last ones known" "$(json b "$heard | length")" 32
vs --start-daemon master --mcast-interface y0
eventually "... among them who is really there" 10 sh -c "at b ipvsadm -L --daemon --json | jq -e '$heard | map(select(.address == \"10.9.0.1\" and .alive)) | length == 1'"
stop_all

# --- a key, saved and restored
vs --start-daemon master --mcast-interface y0 --syncid 5 --sync-key-file /tmp/lab/key
d ipvsadm --save -n >/tmp/lab/saved 2>/tmp/lab/said
has "without its file a daemon with a key is saved as a comment" "$(cat /tmp/lab/saved)" '^# with a key: --start-daemon master '
has "... and a note says so" "$(cat /tmp/lab/said)" '^note: the master daemon runs with a key, which is not saved'
d ipvsadm --save -n --sync-key-file /tmp/lab/key >/tmp/lab/saved
has "with it, as a command" "$(cat /tmp/lab/saved)" '^--start-daemon master .* --sync-key-file /tmp/lab/key$'
has_not "the key is in no save" "$(cat /tmp/lab/saved)" 0123456789
vs --stop-daemon master
check "it is restored" d ipvsadm-restore </tmp/lab/saved
is "... with the key" "$(json d '.daemons[0].key')" true
vs --stop-daemon master
rm /tmp/lab/key
for how in -R "-R --replace" "-R --atomic"; do
  # shellcheck disable=SC2086
  refuse "without the file '$how' does not start it" d ipvsadm $how </tmp/lab/saved
  is "... without a key" "$(vs -L --daemon)" ""
done
