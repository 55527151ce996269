# SPDX-License-Identifier: GPL-2.0-or-later
# Timeouts, edits of services and servers, and what they do to connections that exist.
topology 1
modprobe ip_vs
fake_hosts
vst --set 0 0 0
vst -Ln --timeout
vst --set 100 50 30
vst -Ln --timeout
vst --set 0 60 0
vst -Ln --timeout
vs -A -t $VIP:80 -s rr
vs -a -t $VIP:80 -r 10.2.1.11:80 -m
vs -A -u $VIP:53 -s rr
vs -a -u $VIP:53 -r 10.2.1.11:53 -m
client_sends src=10.1.0.77 dst=$VIP sport=1000 dport=80 flags=S
client_sends src=10.1.0.77 dst=$VIP sport=1000 dport=80 flags=A
client_sends src=10.1.0.77 dst=$VIP proto=udp sport=1000 dport=53
settled
conns_timed
vst --set 300 0 200
conns_timed
client_sends src=10.1.0.77 dst=$VIP sport=1000 dport=80 flags=A
client_sends src=10.1.0.77 dst=$VIP proto=udp sport=1000 dport=53
settled
conns_timed
# service edits: scheduler, persistence, flags
for s in wrr sh mh lc wlc none rr; do
  [ $s = none ] || both_have ip_vs_$s || continue
  vst -E -t $VIP:80 -s $s
  vst -Ln -t $VIP:80
done
vst -E -t $VIP:80 -s rr -p 50 -M 255.255.0.0
vst -Ln -t $VIP:80
client_sends src=10.1.0.77 dst=$VIP sport=1001 dport=80 flags=S
settled
conns_timed
vst -E -t $VIP:80 -s rr
vst -Ln -t $VIP:80
client_sends src=10.1.0.77 dst=$VIP sport=1002 dport=80 flags=S
settled
conns_timed
vst -E -u $VIP:53 -s rr -o
vst -Ln -u $VIP:53
vst -E -u $VIP:53 -s nosuch
vst -Ln -u $VIP:53
# the method of a server: existing connections keep theirs
listen_on s1 e0
vst -e -t $VIP:80 -r 10.2.1.11:80 -g
vst -Ln -t $VIP:80
client_sends src=10.1.0.77 dst=$VIP sport=1000 dport=80 flags=A
client_sends src=10.1.0.77 dst=$VIP sport=1003 dport=80 flags=S
arrived s1 e0
# quiesce
vst -e -t $VIP:80 -r 10.2.1.11:80 -g -w 0
client_sends src=10.1.0.77 dst=$VIP sport=1000 dport=80 flags=A
client_sends src=10.1.0.77 dst=$VIP sport=1004 dport=80 flags=S
arrived s1 e0
vst -Ln -t $VIP:80
# delete: silence; added again: back
vst -d -t $VIP:80 -r 10.2.1.11:80
client_sends src=10.1.0.77 dst=$VIP sport=1000 dport=80 flags=A
arrived s1 e0
vst -Ln
vst -a -t $VIP:80 -r 10.2.1.11:80 -m
client_sends src=10.1.0.77 dst=$VIP sport=1000 dport=80 flags=A
arrived s1 e0
vst -Ln
# expire_nodest_conn
vs_sysctl expire_nodest_conn 1
vst -d -t $VIP:80 -r 10.2.1.11:80
wait_until 5 sh -c '! at d grep -q " 0050 0A02010B" /proc/net/ip_vs_conn'
conns_sorted
