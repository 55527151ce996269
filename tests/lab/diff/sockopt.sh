# SPDX-License-Identifier: GPL-2.0-or-later
# tools: debian
# Socket options: every option with every length, bad pointers, the rules of each, who may.
topology 1
modprobe -a ip_vs ip_vs_rr ip_vs_wlc
said() {
  echo "\$ $*"
  "$@" 2>&1
}
for kind in raw udp tcp udp6; do said d control options $kind; done
# root of a user namespace in a network namespace of its own, and one who is nobody
# where ours begins with a small table: docs/map.md
said unshare -Urn control options udp | only intree sed 's/(size=[0-9]*)/(size=256)/' | sed 's/(size=/(in a container: size=/'
said d setpriv --reuid 65534 --clear-groups --inh-caps=-all control options udp
# what was added here as seen by others, and the other way round
cat >/tmp/lab/table <<TABLE
timeouts 800 0 0
tcp $VIP:80 wlc persist=300 flags=0x9
  10.2.1.2:80 nat weight=3 u=9 l=4
  10.2.1.3:0 dr
udp $VIP:53 rr
mark 7 rr
  10.2.1.2:0 tun weight=0
TABLE
said d control sockopt replace /tmp/lab/table
said d control sockopt dump | sort
said d control netlink dump | sort
services_sorted
sed -i 's/weight=3/weight=4/; /10.2.1.3/d; /^udp/d; s/ 800 / 700 /' /tmp/lab/table
said d control sockopt replace /tmp/lab/table
said d control netlink dump | sort
echo '  224.0.0.1:80 nat' >>/tmp/lab/table
said d control sockopt replace /tmp/lab/table
said d control netlink dump | sort
