# SPDX-License-Identifier: GPL-2.0-or-later
# brief: no
# runs-on: ours
# conn_max, conn_lfactor and svc_lfactor: how many entries there may be, and how large the tables are for them.
topology 1
modprobe ip_vs
buckets_are() { [ "$(status "$1 buckets")" = "$2" ]; }
udp() { client_sends src=10.1.0.2 dst=$VIP proto=udp sport=$1 dport=80 flows=$2; c ping -c 1 -w 5 10.1.0.1 >/dev/null; }

vs -A -u $VIP:80 -s rr
vs -a -u $VIP:80 -r 10.2.1.2:80 -g
vs_sysctl conn_max 10
udp 10000 25
is "conn_max: no more connections than that" "$(status Conns)" 10
is "... the packets of others are dropped" "$(drops conn-max)" 15
udp 10000 10
is "... those of existing ones are not" "$(drops conn-max)" 15
vs_sysctl conn_max 5
udp 10000 10
is "a lower limit ends none" "$(status Conns)" 10
is "... and drops nothing of them" "$(drops conn-max)" 15
vs_sysctl conn_max 1000000
# what the root of a container may choose
container() { unshare -U -r -n sh -c "cd /proc/sys/net/ipv4/vs; $1" 2>/dev/null | tr '\n' ' '; }
is "a container has the host's limit, may lower it and raise it again, but not above" \
  "$(container 'cat conn_max; echo 7 >conn_max; cat conn_max; echo 1073741824 >conn_max && cat conn_max
    echo 1073741825 >conn_max || echo refused')" "1073741824 7 1073741824 refused "
echo 100 >/proc/sys/net/ipv4/vs/conn_max
is "... that is, what the host had when it began" \
  "$(container 'cat conn_max; echo 101 >conn_max || echo refused; cat conn_max')" "100 refused 100 "

udp 20000 290
is "300 connections" "$(status Conns)" 300
is "the table has the least size" "$(status 'Conn buckets')" 4096
vs_sysctl conn_lfactor -8
eventually "conn_lfactor -8: 256 buckets for each of 512" 10 buckets_are Conn 131072
vs_sysctl conn_lfactor 4
eventually "conn_lfactor 4: as small as it gets" 10 buckets_are Conn 4096
vs_sysctl conn_lfactor -8
udp 20000 290
eventually "and back, with packets meanwhile" 10 buckets_are Conn 131072
is "none was made twice" "$(status Conns)" 300
is "all are listed once" "$(d sh -c 'sed 1d /proc/net/ip_vs_conn | sort -u | wc -l')" 300

is "the table of services" "$(status 'Service buckets')" 16
for i in $(seq 1 40); do echo "-A -t 10.1.0.100:$((1000 + i)) -s rr"; done | d ipvsadm -R
have_grown() { [ "$(status "Service buckets")" -ge 128 ]; }
eventually "... grows with them" 10 have_grown
vs_sysctl svc_lfactor 2
eventually "svc_lfactor 2: as small as it gets" 10 buckets_are Service 16
is "all are found" "$(for i in $(seq 1 40); do vs -Ln -t 10.1.0.100:$((1000 + i)); done | grep -c '^TCP')" 40
vs_sysctl svc_lfactor -8
eventually "svc_lfactor -8" 10 buckets_are Service 16384
vs -C
eventually "without services it shrinks" 10 buckets_are Service 32
