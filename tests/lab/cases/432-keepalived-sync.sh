# SPDX-License-Identifier: GPL-2.0-or-later
# brief: no
# kernels: 6.1 6.12
# runs-on: ours
# timeout: 600
# Two directors whose keepalived starts the synchronisation daemons itself (lvs_sync_daemon): they follow the state of VRRP, and
# connections go on when the other director takes over, and when the first one is back.
. /lab/directors.sh
modprobe ip_vs
pair_of_directors
for i in 1 2; do background echo$i at s$i peer serve s$i 53 80 81 82 84 2200; done
for i in 1 2; do wait_until 10 in_file ready echo$i || not_ok "server s$i starts"; done
# A check that its server did not hear the end of, because the link was down, must not hold up the end of its namespace.
for ns in left right; do at $ns sh -c 'echo 1 >/proc/sys/net/ipv4/tcp_orphan_retries'; done
sed 's/^global_defs {/&\n    lvs_sync_daemon eth2 directors/' $example/keepalived.conf >/tmp/lab/keepalived.conf
has "the configuration says it" "$(cat /tmp/lab/keepalived.conf)" '^    lvs_sync_daemon eth2 directors$'
for ns in left right; do keepalived_on $ns /tmp/lab/keepalived.conf; done
eventually "the left one has the addresses" 60 is_master left
for ns in left right; do eventually "$ns has all servers" 30 all_servers $ns; done
# daemon_is NAMESPACE ROLE: it runs that one alone, by that interface
daemon_is() { [ "$(at "$1" ipvsadm -Ln --daemon | sed -n 's/^\([a-z]*\) sync daemon (mcast=eth2, .*/\1/p')" = "$2" ]; }
eventually "the one with the addresses is master of connections, too" 20 daemon_is left master
eventually "... and the other one backup" 20 daemon_is right backup

mkfifo /tmp/lab/crowd.in
background crowd c sh -c "exec peer ask tcp $VIP 82 50 again timeout=20000 <>/tmp/lab/crowd.in"
eventually "50 connections" 120 in_file '^(s[12] ?){50}$' crowd
answer() { # TEXT N: all of them, who have said so many lines before
  echo "are you there" >/tmp/lab/crowd.in
  wait_until 60 sh -c "[ \$(wc -l </tmp/lab/crowd) -gt $2 ]"
  is "$1" "$(tail -n +$(($2 + 1)) /tmp/lab/crowd)" "50 of 50"
}
answer "connections are answered" 1
knows() { [ "$(at "$1" grep -c ' 0052 .* ESTABLISHED *SYNC' /proc/net/ip_vs_conn_sync)" -ge 50 ]; }
eventually "the backup knows them" 60 knows right

# left_is up|down: all of its links; of the one between both the other end stays up, without a carrier
left_is() {
  ip -n lan link set left-eth0 "$1"
  ip -n lan link set left-eth1 "$1"
  ip -n left link set eth2 "$1"
}
left_is down
eventually "the right one takes over" 20 has_address right
eventually "... and its daemon is the master" 20 daemon_is right master
eventually "... and the left one's is not" 20 sh -c "! at left ipvsadm -Ln --daemon | grep -q ^master"
answer "the connections go on" 2

left_is up
eventually "the left one is back" 90 is_master left
eventually "... and its daemon is the master again" 20 daemon_is left master
eventually "... and the right one's the backup" 20 daemon_is right backup
answer "the connections go on there" 3
[ "$lab_failed" = 0 ] || { tail -n 30 /tmp/lab/keepalived-left /tmp/lab/keepalived-right; for ns in left right; do at $ns ipvsadm -Ln --daemon; at $ns cat /proc/net/ip_vs_sync; done; }
# In this order: a parent makes a new child for one that has died.
for ns in left right; do dies $ns; done
