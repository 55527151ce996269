# SPDX-License-Identifier: GPL-2.0-or-later
# brief: no
# runs-on: ours
# ipvsadm: ours
# timeout: 400
# Directors without multicast: messages go to peers, one by one, of either family; a backup hears its peers alone. Both roles in
# one namespace, and the whole table.
topology 1
modprobe ip_vs
serve 1 80
second_director
ip -n d addr add 10.9.0.9/24 dev y0
v4() { printf '10.9.0.%d' "$1"; }
v6() { printf 'fd09::%x' "$1"; }
# daemon NAMESPACE ROLE INTERFACE PEER[,PEER...]
daemon() { at "$1" ipvsadm --start-daemon "$2" --mcast-interface "$3" --sync-peer "$4"; }
by_hand() { d peer genl 9 3{ 1=u32:1 2=str:y0 3=u32:0 65=hex:$1 }; }
stop_all() { for ns in d b; do for role in master backup; do at $ns ipvsadm --stop-daemon $role 2>/dev/null; done; done; }
has "peers are whole addresses" "$(by_hand 0a090002 2>&1)" 'EINVAL.*16 bytes'
has "... of one family" "$(by_hand 00000000000000000000ffff0a090002fd090000000000000000000000000002 2>&1)" 'EINVAL.*one address family'
has "... of single hosts" "$(by_hand ff020000000000000000000000000081 2>&1)" 'EINVAL.*single host'
pool -t rr -m 1
vs_sysctl sync_threshold "0 1"

for family in v4 v6; do
  # somebody else first, who is not there: the others get it all the same
  daemon d master y0 "$($family 77),$($family 2)"
  daemon b backup y1 "$($family 1)"
  has "$family: peers are told" "$(d cat /proc/net/ip_vs_sync)" '^master peer:.*(10.9.0.77|fd09::4d)$'
  ask tcp 80 1 >/dev/null
  eventually "$family: records come to the peer" 15 says b 'backup records' -ge 2
  is "$family: ... by nobody else" "$(key b 'backup dropped stranger')" 0
  stop_all
done

# --- a stranger
daemon b backup y1 "$(v4 1)"
mac b y1
record=0006002400000000000107d00050005000000000000003840a0100020a0100640a020102
d peer send dev=y0 "dmac=$mac" src=10.9.0.9 dst=10.9.0.2 proto=udp sport=9 dport=8848 "hex=0000002c01010000$record"
eventually "what others send is counted" 10 says b 'backup dropped stranger' -eq 1
is "... and not taken" "$(key b 'backup records')" 0
d peer send dev=y0 "dmac=$mac" src=10.9.0.1 dst=10.9.0.2 proto=udp sport=9 dport=8848 "hex=0000002c01010000$record"
eventually "what the peer sends is" 10 says b 'backup records' -eq 1
has "no other program gets what peers send" "$(b timeout 5 peer serve thief 8848 2>&1)" '[Ii]n use'
stop_all

# --- one that there is no way to
daemon b backup y1 "$(v6 1),2001:db8::1"
eventually "who cannot be sent to is asked three times" 15 says b 'backup table questions' -eq 3
stop_all

# --- listed, saved and restored
check "a daemon with peers starts" vs --start-daemon master --mcast-interface y0 --sync-peer 10.9.0.2,10.9.0.3
has "it is listed with them, without a group" "$(vs -ln --daemon)" '^master sync daemon \(mcast=y0, syncid=0, maxlen=1472, port=8848, ttl=64, peers=10.9.0.2,10.9.0.3\)$'
has "... as JSON, too" "$(vs -ln --daemon --json)" '"peers":\["10.9.0.2","10.9.0.3"\]'
d ipvsadm --save -n >/tmp/lab/saved
has "... and saved" "$(cat /tmp/lab/saved)" '^--start-daemon master .* --sync-peer 10.9.0.2,10.9.0.3$'
vs --stop-daemon master
check "what is saved so can be restored" d sh -c 'ipvsadm --clear; ipvsadm -R </tmp/lab/saved'
has "... with its peers" "$(vs -ln --daemon)" 'peers=10.9.0.2,10.9.0.3'
check "... in one step, where it runs" d ipvsadm -R --atomic </tmp/lab/saved
vs --stop-daemon master
refuse "a group and peers exclude each other" vs --start-daemon master --mcast-interface y0 --sync-peer 10.9.0.2 --mcast-group 224.0.0.82
refuse "the kernel refuses what is no single host" vs --start-daemon master --mcast-interface y0 --sync-peer 255.255.255.255
stop_all

# --- the same list everywhere, with the own address in it
for family in v4 v6; do
  daemon d master y0 "$($family 1),$($family 2)"
  daemon d backup y0 "$($family 1),$($family 2)"
  daemon b backup y1 "$($family 1),$($family 2)"
  ask tcp 80 1 >/dev/null
  eventually "$family: with the own address among the peers records come to the others" 15 says b 'backup records' -ge 2
  eventually "$family: ... and what comes back is counted" 15 says d 'backup dropped echo' -ge 1
  is "$family: ... and not taken" "$(key d 'backup records') $(key d 'backup table records known')" "0 0"
  stop_all
done

# --- both roles on both sides, and the table
vs_sysctl sync_threshold "3 50"
daemon d master y0 "$(v4 2)"; daemon d backup y0 "$(v4 2)"
daemon b master y1 "$(v4 1)"; daemon b backup y1 "$(v4 1)"
eventually "each has got the other's table" 20 says b 'backup tables' -eq 1
eventually "... each" 20 says d 'backup tables' -eq 1
check "... with what was not told" [ "$(b grep -c '^TCP' /proc/net/ip_vs_conn)" -ge "$(d grep -c '^TCP' /proc/net/ip_vs_conn)" ]
stop_all
