# SPDX-License-Identifier: GPL-2.0-or-later
# brief: no
# runs-on: ours
# A stranger on the wire. Without a key a flood of his records costs as many entries as conn_max allows, and no more than that;
# with one it costs none. What he has recorded is taken once by others, and by its own sender not at all.
topology 1
modprobe ip_vs
serve 1 80
second_director
entries() { b sed 1d /proc/net/ip_vs_conn | wc -l; }
KEY=000102030405060708090a0b0c0d0e0f
# daemon NAMESPACE ROLE INTERFACE [KEY]
daemon() { at "$1" peer genl 9 3{ 1=u32:$2 2=str:$3 3=u32:5 ${4:+64=hex:$4} } >/dev/null; }
mkdir -p /tmp/lab
# 40,000 connections of different clients, 30 a message
messages=1334 max=300
awk -v n=$messages 'BEGIN {
  for (m = 0; m < n; m++) {
    line = sprintf("0005%04x1e010000", 8 + 30 * 36)
    for (r = 0; r < 30; r++) {
      i = m * 30 + r
      line = line sprintf("00060024%08x0001%04x0050005000000000%08x%08x0a0100640a02010b", 0, 1024 + i % 60000, 900, 184549376 + i)
    }
    print line
  }
}' >/tmp/lab/messages
# Slower than the socket takes them: what it loses was no flood.
flood() {
  said=0
  while [ $said -lt $messages ]; do
    sed -n "$((said + 1)),$((said + 100))p" /tmp/lab/messages | d peer say dev=y0 to=224.0.0.81 port=8848
    said=$((said + 100 < messages ? said + 100 : messages))
    wait_until 20 says b 'backup messages' -ge $said || not_ok "$said messages arrive"
  done
}

# --- without a key
b sh -c "echo $max >/proc/sys/net/ipv4/vs/conn_max"
daemon b 2 y1
flood
check "a flood makes no more than conn_max entries" [ "$(entries)" -le $max ]
check "... and as many were believed" [ "$(entries)" -gt $((max / 2)) ]
check "... the others are counted" [ "$(key b 'backup dropped conn-max')" -gt $((messages * 30 * 9 / 10)) ]
is "what is told is counted as a whole" "$(($(key b 'backup records') + $(key b 'backup dropped conn-max') + $(key b 'backup dropped no-memory')))" \
  $((messages * 30))
b ipvsadm --stop-daemon backup

# --- with one
reload_ipvs
daemon b 2 y1 $KEY
flood
is "with a key it makes none" "$(entries)" 0
is "... and costs a count" "$(key b 'backup dropped no-tag')" $messages
b ipvsadm --stop-daemon backup

# --- what was recorded
pool -t rr -m 1
vs_sysctl sync_threshold "0 1"
background heard b peer hear dev=y1 group=224.0.0.81 port=8848 whole
hearing=$bg_pid
wait_until 10 in_file ready heard || not_ok "the wire is recorded"
daemon d 1 y0 $KEY
daemon d 2 y0 $KEY
# other kinds have no records
recorded() { sed -n 's/^0 \(0005....[0-9a-f][1-9a-f]01.*\)/\1/p' /tmp/lab/heard | head -n 1 | grep .; }
ask tcp 80 1 >/dev/null
eventually "a message of records is recorded" 15 recorded
kill $hearing
wait $hearing
recorded >/tmp/lab/message
b peer say dev=y1 to=224.0.0.81 port=8848 </tmp/lab/message
eventually "its sender refuses it" 10 says d 'backup dropped echo' -ge 1
is "... and takes nothing of it" "$(key d 'backup records')" 0
# Its sender is silent from here on: after a later word of him the message is a repetition for who has not heard it, too.
d ipvsadm --stop-daemon master
b sh -c 'echo 2 >/proc/sys/net/ipv4/vs/sync_ports'
daemon b 2 y1 $KEY
for turn in 1 2 3; do d peer say dev=y0 to=224.0.0.81 port=8848 </tmp/lab/message; done
eventually "another director takes it once" 10 says b 'backup dropped replay' -eq 2
has "... which makes one entry a record" "$(key b 'backup records')" '^[1-9]'
d peer say dev=y0 to=224.0.0.81 port=8849 </tmp/lab/message
eventually "... not at the port of another thread either" 10 says b 'backup dropped replay' -eq 3
# one byte of a record
sed 's/^\(.\{60\}\)./\1f/' /tmp/lab/message >/tmp/lab/forged
cmp -s /tmp/lab/message /tmp/lab/forged && sed 's/^\(.\{60\}\)./\10/' /tmp/lab/message >/tmp/lab/forged
d peer say dev=y0 to=224.0.0.81 port=8848 </tmp/lab/forged
eventually "a changed one is nobody's" 10 says b 'backup dropped bad-tag' -eq 1
