# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
# Where packets of the director itself go, and those of directors behind directors.
topology 2
modprobe ip_vs
serve 2 53
listen_on s2 e0

# The reply's new source has a rule of its own: a provider that must carry what comes from that address.
pool -u rr -m 1 53
pool6 -u rr -m 1 53
d ip rule add from $VIP lookup 200
d ip route add default via 10.2.2.2 table 200
d ip -6 rule add from $VIP6 lookup 200
d ip -6 route add default via fd02:2::2 table 200
is "snat_reroute=1: the reply goes another way" "$(ask udp 53 1 sport=5301 timeout=200)" timeout
has "... the one of its new source" "$(arrived s2 e0)" "$VIP:53 > 10.1.0.2:5301"
is "snat_reroute=1: IPv6 too" "$(ask6 udp 53 1 sport=5302 timeout=200)" timeout
has "... the one of its new source" "$(arrived s2 e0)" "$VIP6.:53 > .fd01::2.:5302"
vs_sysctl snat_reroute 0
is "snat_reroute=0: it goes where the server sent it" "$(ask udp 53 1 sport=5303)" s1
is "snat_reroute=0: IPv6 too" "$(ask6 udp 53 1 sport=5304)" s1
vs_sysctl snat_reroute 1
d ip rule del from $VIP lookup 200
d ip -6 rule del from $VIP6 lookup 200
vs -C

# A director that is a server of another one, in the same host: what one of them has marked as its own the
# other must not take for its own.
background second at s2 peer serve second 8080
wait_until 10 in_file ready second
vs -A -u $VIP:53 -s rr
vs -a -u $VIP:53 -r 10.2.2.2:53 -g
at s2 ipvsadm -A -u $VIP:53 -s rr
at s2 ipvsadm -a -u $VIP:53 -r 10.2.2.2:8080 -m
is "a director behind a director" "$(ask udp 53 2 | spread)" "second=2"
at s2 ipvsadm -C
at s2 ipvsadm -A -u 10.2.2.2:53 -s rr
at s2 ipvsadm -a -u 10.2.2.2:53 -r 10.2.2.2:8080 -m
vs -e -u $VIP:53 -r 10.2.2.2:53 -m
vs -C
pool -u rr -m 2 53
vs -d -u $VIP:53 -r 10.2.1.2:53
is "... both with translation" "$(ask udp 53 2 | spread)" "second=2"
at s2 ipvsadm -C
vs -C
