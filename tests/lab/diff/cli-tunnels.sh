# SPDX-License-Identifier: GPL-2.0-or-later
# Tunnels: both ipvsadm show, save and restore them alike, on both modules.
topology 1
modprobe ip_vs
vst -A -t 10.9.9.9:80 -s rr
vst -a -t 10.9.9.9:80 -r 10.2.1.14 -i --tun-type gue --tun-port 6080
vst -a -t 10.9.9.9:80 -r 10.2.1.15 -i --tun-type gue --tun-port 6080 --tun-csum
vst -a -t 10.9.9.9:80 -r 10.2.1.16 -i --tun-type gue --tun-port 6080 --tun-remcsum
vst -a -t 10.9.9.9:80 -r 10.2.1.17 -i --tun-type gre
vst -a -t 10.9.9.9:80 -r 10.2.1.18 -i --tun-type gre --tun-csum
vst -A -t '[fd01::100]:80' -s rr
vst -a -t '[fd01::100]:80' -r '[fd02:1::9]:80' -i
# servers of the other family; in services of their own, because 1.31 has no order for mixed ones
vst -A -t 10.9.9.9:81 -s rr
vst -a -t 10.9.9.9:81 -r '[fd02:1::9]:80' -i
vst -A -t '[fd01::100]:81' -s rr
vst -a -t '[fd01::100]:81' -r 10.2.1.11:80 -i
vst -Ln
vst -Ln --tun-info
vst -S -n
at d ipvsadm -S -n >/tmp/saved
vst -C
at d ipvsadm -R </tmp/saved
at d ipvsadm -S -n | cmp - /tmp/saved && echo "saved, restored, saved: equal"
vst -e -t 10.9.9.9:80 -r 10.2.1.17 -i --tun-type gue --tun-port 6081 --tun-nocsum
vst -Ln --tun-info
