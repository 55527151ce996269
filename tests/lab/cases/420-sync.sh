# SPDX-License-Identifier: GPL-2.0-or-later
# runs-on: ours
# Two directors, d and b: d tells b of its connections, b takes over. Records, templates, versions 0 and 1, IPv6,
# counts, the sysctls that say what is told; what a backup does while d is at work.
topology 2
modprobe ip_vs
serve 2 80 81
second_director
synced() { b cat /proc/net/ip_vs_conn_sync; }
for ns in d b; do
  at $ns ipvsadm -R <<RULES
-A -t $VIP:80 -s rr
-a -t $VIP:80 -r 10.2.1.2:80 -m
-a -t $VIP:80 -r 10.2.2.2:80 -m
-A -t $VIP:81 -s rr -p 60
-a -t $VIP:81 -r 10.2.1.2:81 -m
-A -u $VIP:80 -s rr
-a -u $VIP:80 -r 10.2.1.2:80 -m
-A -t [$VIP6]:80 -s rr
-a -t [$VIP6]:80 -r [fd02:1::2]:80 -m
RULES
done
check "master" vs --start-daemon master --mcast-interface y0 --syncid 5
check "backup" b ipvsadm --start-daemon backup --mcast-interface y1 --syncid 5
has "threads have their names" "$(ps)" '\[ipvs-m:[0-9]*:0\]'
has "... both" "$(ps)" '\[ipvs-b:[0-9]*:0\]'
is "nothing was told yet" "$(synced | tail -n +2)" ""

# --- connections
vs_sysctl sync_threshold "0 1"
is "a client is served" "$(ask tcp 80 2 | spread)" "s1=1 s2=1"
eventually "the backup knows both connections" 10 sh -c '[ "$(at b grep -c "0A010064 0050 .* TIME_WAIT *SYNC" /proc/net/ip_vs_conn_sync)" = 2 ]'
has "... with their server" "$(synced)" '^TCP 0A010002 .... 0A010064 0050 0A020202 0050 TIME_WAIT   SYNC       1[01]'
has "... which counts them" "$(b ipvsadm -Ln)" '10.2.2.2:80 *Masq *1 *0 *1 '
has "they are no news to d" "$(d cat /proc/net/ip_vs_conn_sync)" 'TIME_WAIT   LOCAL'
has "... nor counted as scheduled by b" "$(b ipvsadm -Ln --stats | grep -F "$VIP:80" | head -n 1)" " $VIP:80  *0 "
is "IPv6 is served" "$(ask6 tcp 80 1)" s1
eventually "... and told" 10 sh -c 'at b grep -q "^TCP fd01:.* TIME_WAIT *SYNC" /proc/net/ip_vs_conn_sync'
is "UDP is served" "$(ask udp 80 1)" s1
eventually "... and told" 10 sh -c 'at b grep -q "^UDP .* UDP *SYNC" /proc/net/ip_vs_conn_sync'
is "a persistent service" "$(ask tcp 81 2 | spread)" s1=2
eventually "... and its template" 10 sh -c 'at b grep -q "^TCP 0A010002 0000 0A010064 0051 0A020102 0051 ASSURED *SYNC" /proc/net/ip_vs_conn_sync'
check "every record was taken" [ "$(key d 'master records')" = "$(key b 'backup records')" ]
check "... none was lost" [ "$(key d 'master records')" -gt 5 ]

# --- which packets
packets_told() {
  before=$(key d 'master records made')
  i=0
  while [ $i -lt "$1" ]; do
    client_sends src=10.1.0.2 dst=$VIP proto=udp sport=$2 dport=80
    i=$((i + 1))
  done
  echo $(($(key d 'master records made') - before))
}
vs_sysctl sync_threshold "3 50"
is "of 60 packets the third and the 53rd" "$(packets_told 60 7001)" 2
vs_sysctl sync_threshold "3 0"
is "with period 0 the third" "$(packets_told 10 7002)" 1
vs_sysctl sync_refresh_period 10
is "with a refresh period the first" "$(packets_told 10 7003)" 1
vs_sysctl sync_refresh_period 0
vs_sysctl sync_threshold "0 1"
vs_sysctl sync_persist_mode 1
before=$(key d 'master records made')
ask tcp 81 1 >/dev/null
check "with sync_persist_mode the template alone, once a second at most" [ $(($(key d 'master records made') - before)) -le 2 ]
vs_sysctl sync_persist_mode 0
vs_sysctl sync_version 0
made=$(key b 'backup records')
ask tcp 80 1 >/dev/null
eventually "version 0 is understood" 10 sh -c "[ \"\$(at b sed -n 's/^backup records:[^0-9]*//p' /proc/net/ip_vs_sync)\" -gt $made ]"
before=$(key d 'master records made')
ask6 tcp 80 1 >/dev/null
is "... it knows no IPv6" "$(key d 'master records made')" "$before"
vs_sysctl sync_version 1

# --- a SyncID that is not ours
b ipvsadm --stop-daemon backup
refuse "a SyncID above 255" b peer genl 9 3{ 1=u32:2 2=str:y1 3=u32:256 }
has "... ERANGE with a text" "$(b peer genl 9 3{ 1=u32:2 2=str:y1 3=u32:256 } 2>&1)" 'ERANGE.*SyncID'
b ipvsadm --start-daemon backup --mcast-interface y1 --syncid 6
ask tcp 80 1 >/dev/null
eventually "messages of another SyncID are counted" 10 sh -c "[ \"\$(at b sed -n 's/^backup dropped syncid:[^0-9]*//p' /proc/net/ip_vs_sync)\" -ge 1 ]"
is "... and not taken" "$(key b 'backup records')" 0
b ipvsadm --stop-daemon backup

# --- threads and ports
b sh -c 'echo 4 >/proc/sys/net/ipv4/vs/sync_ports'
refuse "ports above 65535" b ipvsadm --start-daemon backup --mcast-interface y1 --mcast-port 65533
check "four threads" b ipvsadm --start-daemon backup --mcast-interface y1
is "... with a socket each" "$(key b 'backup sockets')" 4
b sh -c 'echo 1 >/proc/sys/net/ipv4/vs/sync_ports'
check "the other daemon has as many" b ipvsadm --start-daemon master --mcast-interface y1
is "... whatever the sysctl says now" "$(key b 'master threads')" 4
b ipvsadm --stop-daemon master
vs --stop-daemon master
vs_sysctl sync_ports 4
vs --start-daemon master --mcast-interface y0
ask tcp 80 16 >/dev/null
eventually "records of 4 ports are taken" 10 sh -c "[ \"\$(at b sed -n 's/^backup records:[^0-9]*//p' /proc/net/ip_vs_sync)\" -ge 16 ]"

# --- an IPv6 group
vs --stop-daemon master
b ipvsadm --stop-daemon backup
vs_sysctl sync_ports 1
check "master of an IPv6 group" vs --start-daemon master --mcast-interface y0 --mcast-group ff02::81
check "backup of an IPv6 group" b ipvsadm --start-daemon backup --mcast-interface y1 --mcast-group ff02::81
has "... is listed" "$(b ipvsadm -Ln --daemon)" 'maxlen=1452, group=ff02::81'
ask tcp 80 1 >/dev/null
eventually "records come over IPv6" 10 sh -c "[ \"\$(at b sed -n 's/^backup records:[^0-9]*//p' /proc/net/ip_vs_sync)\" -ge 1 ]"

# --- servers of another family
refuse "a tunnel server of another family beside a daemon" vs -a -t $VIP:80 -r [fd02:1::2]:80 -i
vs --stop-daemon master
check "... without one" vs -a -t $VIP:80 -r [fd02:1::2]:80 -i
refuse "a daemon beside such a server" vs --start-daemon master --mcast-interface y0
d ipvsadm -d -t $VIP:80 -r [fd02:1::2]:80

# --- the end
vs --start-daemon master --mcast-interface y0
vs --stop-daemon master
check "stopped at once after its start" d sh -c 'ipvsadm --start-daemon master --mcast-interface y0 && ipvsadm --stop-daemon master'
b ipvsadm --stop-daemon backup
is "nothing is left to read" "$(b cat /proc/net/ip_vs_sync)" ""
has_not "no thread is left" "$(ps)" '\[ipvs-[mb]:'
