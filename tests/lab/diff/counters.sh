# SPDX-License-Identifier: GPL-2.0-or-later
# What is counted, where, for known packets.
topology 1
modprobe ip_vs
fake_hosts
vs -A -t $VIP:80 -s rr
vs -a -t $VIP:80 -r 10.2.1.11:80 -m
vs -a -t $VIP:80 -r 10.2.1.12:80 -m
vs -A -u $VIP:53 -s rr
vs -a -u $VIP:53 -r 10.2.1.13:53 -g
vs -A -u $VIP:54 -s rr -o
vs -a -u $VIP:54 -r 10.2.1.14:54 -m
vs -A -t "[$VIP6]:80" -s rr
vs -a -t "[$VIP6]:80" -r '[fd02:1::11]:80' -m
client_sends src=10.1.0.77 dst=$VIP sport=1000 dport=80 flags=S flows=4
client_sends src=10.1.0.77 dst=$VIP sport=1000 dport=80 flags=A len=100 count=3
server_sends 1 src=10.2.1.11 dst=10.1.0.77 sport=80 dport=1001 flags=SA len=50
server_sends 1 src=10.2.1.12 dst=10.1.0.77 sport=80 dport=1000 flags=SA len=50
client_sends src=10.1.0.77 dst=$VIP proto=udp sport=2000 dport=53 len=1000 count=5
client_sends src=10.1.0.77 dst=$VIP proto=udp sport=2000 dport=54 len=10 count=7
client_sends src=fd01::77 dst=$VIP6 sport=3000 dport=80 flags=S
server_sends 1 src=fd02:1::11 dst=fd01::77 sport=80 dport=3000 flags=SA
# counted although it goes nowhere: TTL
client_sends src=10.1.0.77 dst=$VIP proto=udp sport=2000 dport=53 ttl=1
# not counted: no connection, no service, a server that quiesced
client_sends src=10.1.0.77 dst=$VIP sport=4000 dport=80 flags=A
client_sends src=10.1.0.77 dst=$VIP sport=4000 dport=99 flags=S
settled
stats_settle "^TCP +\[$VIP6\]:80 +1 +1 +1"
vst -Ln --stats --exact
vst -Ln --stats
echo '$ ip_vs_stats'
d sed -n 1,3p /proc/net/ip_vs_stats
# zero one, then all
vst -Z -t $VIP:80
vst -Ln --stats --exact
vst -Z
vst -Ln --stats --exact
d sed -n 1,3p /proc/net/ip_vs_stats
# counting goes on
client_sends src=10.1.0.77 dst=$VIP proto=udp sport=2000 dport=53 len=1000 count=2
stats_settle "^UDP +$VIP:53 +0 +2 +0 +2056"
vst -Ln --stats --exact
# a deleted server, added again: counters and connections are those from before
vst -d -u $VIP:53 -r 10.2.1.13:53
client_sends src=10.1.0.77 dst=$VIP proto=udp sport=2000 dport=53 len=1000 count=2
settled
vst -Ln -u $VIP:53
vst -a -u $VIP:53 -r 10.2.1.13:53 -g
vst -Ln -u $VIP:53
client_sends src=10.1.0.77 dst=$VIP proto=udp sport=2000 dport=53 len=1000 count=1
stats_settle "^UDP +$VIP:53 +0 +3 +0 +3084"
vst -Ln --stats --exact -u $VIP:53
# service deleted and made again: connections are back, counters are new
vst -D -u $VIP:53
vst -A -u $VIP:53 -s rr
vst -a -u $VIP:53 -r 10.2.1.13:53 -g
vst -Ln -u $VIP:53
client_sends src=10.1.0.77 dst=$VIP proto=udp sport=2000 dport=53 len=1000 count=1
stats_settle "^UDP +$VIP:53 +0 +1 +0 +1028"
vst -Ln --stats --exact -u $VIP:53
