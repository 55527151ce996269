# SPDX-License-Identifier: GPL-2.0-or-later
# runs-on: ours
# Every reason for which a packet is dropped, one packet each: that counter counts one, and no other.
topology 1
modprobe ip_vs
fake_hosts
vs -A -u $VIP:53 -s rr
vs -a -u $VIP:53 -r 10.2.1.11:53 -m
sends() { client_sends src=10.1.0.77 dst=$VIP proto=udp sport=7000 dport=53 "$@"; }
# about what the client got from the virtual address
complains() {
  client_sends src=10.1.0.77 dst=$VIP proto=icmp type=3 code=3 in.src=$VIP in.dst=10.1.0.77 in.proto=udp in.sport=53 \
    in.dport=7000 "$@"
}
all() { d cat /proc/net/ip_vs_drops; }
seen=''
# drop REASON COMMAND...
drop() {
  drop_reason=$1
  shift
  all >/tmp/lab/before
  "$@"
  changed() { all | grep -v -x -F -f /tmp/lab/before; }
  wait_until 5 changed
  is "$drop_reason: $*" "$(changed)" "$drop_reason $(($(awk -v r="$drop_reason" '$1 == r { print $2 }' /tmp/lab/before) + 1))"
  seen="$seen $drop_reason"
}
mkdir -p /tmp/lab

sends
is "a connection" "$(status Conns)" 1
drop checksum complains badsum
drop truncated sends sport=7007 l4=6
drop ttl sends ttl=1
ip -n d link set d1 mtu 1000
drop too-big sends df len=1100
ip -n d link set d1 mtu 1500
vs_sysctl conn_max 1
drop conn-max sends sport=7001
vs_sysctl conn_max 1000
vs_sysctl am_droprate 1
vs_sysctl drop_packet 3
drop overload sends sport=7002
vs_sysctl drop_packet 0
vs_sysctl nat_icmp_send 1
drop nat-no-conn server_sends 1 src=10.2.1.11 dst=10.1.0.77 proto=udp sport=53 dport=7003
vs_sysctl nat_icmp_send 0
vs -d -u $VIP:53 -r 10.2.1.11:53
drop dest-gone sends
drop no-dest sends sport=7004
vs -a -u $VIP:53 -r 192.0.2.5 -g
drop no-route sends sport=7005
vs -d -u $VIP:53 -r 192.0.2.5
vs -a -u $VIP:53 -r 127.0.0.1:53 -m
drop local-route sends sport=7006

# old-conntrack: that it does not occur, 211-snat; no-engine-data: 230-engine; helper: 225-ftp; no-memory and headroom: 160-faults; segments: 175-checksums.
# lro, unconfirmed, no-method: no test can make such a packet, connection or device.
elsewhere="old-conntrack no-engine-data helper no-memory headroom segments lro unconfirmed no-method"
is "that is every reason there is" "$(all | awk '{ print $1 }' | sort)" "$(echo $seen $elsewhere | tr ' ' '\n' | sort)"
