# SPDX-License-Identifier: GPL-2.0-or-later
# brief: no
# runs-on: ours faults
# timeout: 240
# When no server can be chosen the log says so, once a second for each service, and how often. Names that a user has
# written are quoted there, and cannot fill it.
topology 1
modprobe ip_vs
dmesg -c >/dev/null
lines() { dmesg | grep -E "IPVS: $1 - no destination available"; }
told() { # all that these lines stand for
  lines "$1" | awk '{ n++ } match($0, /\([0-9]+ more/) { n += substr($0, RSTART + 1) } END { print n + 0 }'
}
vs -A -u $VIP:80 -s rr
began=$(seconds)
is "without a server connections are refused" "$(ask udp 80 300 | spread)" "refused=300"
took=$(($(seconds) - began + 1))
count=$(lines "rr: UDP $VIP:80" | wc -l)
check "300 refused connections in $took s: $count lines" [ "$count" -ge 1 -a "$count" -le $((took + 1)) ]
# the next line tells of those that were left out
asked=300
one_more() {
  ask udp 80 1 >/dev/null
  asked=$((asked + 1))
  [ "$(lines "rr: UDP $VIP:80" | wc -l)" -gt "$count" ]
}
until one_more; do [ $asked -lt 2000 ] || break; done
is "no refusal is missing in the sum" "$(told "rr: UDP $VIP:80")" $asked
# services do not share the limit, and each has its words
vs -A -u $VIP:53 -s wlc
vs -A -u "[$VIP6]:80" -s sh
vs -A -f 9 -s lblcr
at d iptables -t mangle -A PREROUTING -d $VIP -p udp --dport 99 -j MARK --set-mark 9
vs -A -u $VIP:54 -s wrr
vs -a -u $VIP:54 -r 10.2.1.2:53 -m -x 1
ask udp 53 2 >/dev/null
ask6 udp 80 2 >/dev/null
ask udp 99 2 >/dev/null
ask udp 54 3 timeout=50 >/dev/null
log=$(dmesg)
has "UDP" "$log" "IPVS: wlc: UDP $VIP:53 - no destination available$"
has "IPv6" "$log" "IPVS: sh: UDP \[$VIP6\]:80 - no destination available$"
has "a mark" "$log" "IPVS: lblcr: FWM 9 0x00000009 - no destination available$"
has "wrr, all overloaded" "$log" "IPVS: wrr: UDP $VIP:54 - no destination available: all destinations are overloaded$"

# names of schedulers and engines that do not exist: "x", a line of its own, and "IPVS: forged"
forged=780a495056533a20666f7267656400
dmesg -c >/dev/null
d peer genl 1 1{ 1=u16:2 2=u16:17 3=ip:$VIP 4=be16:90 6=hex:$forged 7=hex:0000000000000000 8=u32:0 9=u32:0xffffffff } >/dev/null 2>&1
has "a scheduler's name is quoted" "$(dmesg)" 'IPVS: Scheduler module ip_vs_x(\\|\\x5c)nIPVS: forged not found'
has_not "... and begins no line" "$(dmesg)" '^(\[[^]]*\] )?IPVS: forged'
# a container's root may look for as many names as he likes: he has the limit of his namespace, and others have theirs
modprobe_was=$(cat /proc/sys/kernel/modprobe)
echo >/proc/sys/kernel/modprobe # nothing is loaded, and nothing takes its time
dmesg -c >/dev/null
for n in $(seq 1 400); do echo "-A -u $VIP:$((3000 + n)) -s nosuch$n"; done | unshare -U -r -n ipvsadm -R 2>/dev/null
count=$(dmesg | grep -c 'ip_vs_nosuch.* not found')
check "400 names that do not exist: $count lines" [ "$count" -ge 20 -a "$count" -lt 400 ]
vs -A -u $VIP:3000 -s missing 2>/dev/null
has "another namespace's line is there all the same" "$(dmesg)" "ip_vs_missing not found"
echo "$modprobe_was" >/proc/sys/kernel/modprobe
# as many services as one likes, each without a server: the namespace has its limit
reload_ipvs
for n in $(seq 1 120); do echo "-A -u $VIP:$((3000 + n)) -s rr"; done | vs -R
dmesg -c >/dev/null
began=$(seconds)
for n in $(seq 1 120); do echo $((3000 + n)); done | c xargs -n 1 sh -c 'peer ask udp '$VIP' $0 1 timeout=50' >/dev/null
took=$(($(seconds) - began + 1))
count=$(dmesg | grep -c 'no destination available')
check "120 services without a server in $took s: $count lines" [ "$count" -ge 1 -a "$count" -le $((50 * (took / 5 + 1))) ]
