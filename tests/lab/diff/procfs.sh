# SPDX-License-Identifier: GPL-2.0-or-later
# /proc/net/ip_vs* byte for byte: every kind of line.
topology 1
modprobe ip_vs
fake_hosts
ls_mode() { at d stat -c '%a %n' "$@"; }
ls_mode /proc/net/ip_vs /proc/net/ip_vs_conn /proc/net/ip_vs_stats
ls_mode /proc/net/ip_vs_stats_percpu /proc/net/ip_vs_conn_sync /proc/net/ip_vs_app
d cat /proc/net/ip_vs_conn /proc/net/ip_vs_stats
d cat /proc/net/ip_vs_stats_percpu /proc/net/ip_vs_conn_sync
d sed -n 1p /proc/net/ip_vs_app
services_sorted
vs -A -t $VIP:80 -s rr
vs -a -t $VIP:80 -r 10.2.1.11:8080 -m -w 2147483647
vs -a -t $VIP:80 -r 10.2.1.12:80 -g -w 0
vs -a -t $VIP:80 -r 10.2.1.13:80 -i -w 1
vs -A -t $VIP:443 -s wlc -p 100 -M 255.255.255.0
vs -a -t $VIP:443 -r 10.2.1.11:8443 -m
vs -A -u $VIP:53 -o
vs -A -u $VIP:5353 -s rr
vs -a -u $VIP:5353 -r 10.2.1.11:53 -m
vs -A -u "[$VIP6]:53" -o
vs -A -t "[$VIP6]:80" -s rr -p 77 -M 64
vs -a -t "[$VIP6]:80" -r '[fd02:1::11]:8080' -m
vs -A -f 9 -o -p 20
vs -a -f 9 -r 10.2.1.12 -m
vs -A -f 10 -6 -p 20
vs -A -f 11
vs -A --sctp-service $VIP:7
services_sorted
# services of odd protocols through netlink
d peer genl 1 1{ 1=u16:2 2=u16:47 3=ip:10.9.9.9 4=be16:5 6=str:none 7=hex:0000000000000000 8=u32:0 9=u32:0xffffffff }
d peer genl 1 1{ 1=u16:2 2=u16:1 3=ip:10.9.9.9 4=be16:5 6=str:rr 7=hex:0100000001000000 8=u32:60 9=u32:0x00ffffff }
services_sorted | sed 1,3d | grep '10.9.9.9\|0A090909'
# connections of every kind
client_sends src=10.1.0.77 dst=$VIP sport=60844 dport=80 flags=S flows=3
client_sends src=10.1.0.77 dst=$VIP sport=700 dport=443 flags=S
client_sends src=10.1.0.77 dst=$VIP proto=udp sport=34544 dport=5353 len=4
client_sends src=10.1.0.77 dst=$VIP proto=udp sport=34544 dport=53 len=4
client_sends src=fd01::77 dst=$VIP6 sport=47342 dport=80 flags=S
at d iptables -t mangle -A PREROUTING -d $VIP -p tcp --dport 5000 -j MARK --set-mark 9
client_sends src=10.1.0.77 dst=$VIP sport=900 dport=5000 flags=S
settled
conns_sorted
# the width of columns is part of it
d cat /proc/net/ip_vs_conn | sed -n '2,$p' | sed 's/ *[0-9]*$//' | sort
d cat /proc/net/ip_vs_conn_sync | sed -n '2,$p' | sed 's/[ 0-9][0-9]$/ss/' | sort
vst -Lnc | sed 's/ [0-9][0-9]:[0-9][0-9] / MM:SS /' | sort
stats_settle '[1-9]'
services_sorted
# what a CPU has counted, without the rates; zeroing is not for it
settle_percpu() { wait_until 10 sh -c "at d grep -q '^  ~ $1 ' /proc/net/ip_vs_stats_percpu"; }
settle_percpu '       7'
d sed '$d' /proc/net/ip_vs_stats_percpu
vs -Z
d cat /proc/net/ip_vs_stats_percpu
# deleted while connections live
vs -D -t $VIP:443
conns_sorted
vs -C
services_sorted
conns_sorted
