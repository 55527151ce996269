# SPDX-License-Identifier: GPL-2.0-or-later
# fails: no connection is left in memory
# fails: the kernel log is clean
# says: IPVS: one is UDP 10.1.0.2:0 to 10.1.0.100:53, flags [0-9a-f]*, in control of 1
# The last one, for its guest cannot be trusted any more.
# An entry that nothing ends: the flush gives up after a second, names it and lets the namespace and the module go.
topology 1
modprobe ip_vs
fake_hosts
vs -A -u $VIP:53 -s rr -p 60
vs -a -u $VIP:53 -r 10.2.1.11:53 -m
client_sends src=10.1.0.2 dst=$VIP proto=udp sport=5000 dport=53
echo 1 >/sys/module/ip_vs/parameters/forget_control
is "a connection and its template" "$(status Conns)" 2
ip netns del d
is_named() { dmesg | grep -q 'IPVS: one is '; }
eventually "the flush gives up" 10 is_named
