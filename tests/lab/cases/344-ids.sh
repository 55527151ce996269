# SPDX-License-Identifier: GPL-2.0-or-later
# brief: no
# runs-on: faults
# timeout: 200
# More than 2^32 services and servers were added: every listing ends, and has everything once.
topology 1
modprobe ip_vs
mkdir -p /tmp/lab
next_ids() { d sh -c "echo $1 >/sys/module/ip_vs/parameters/next_ids"; }
# 8 services; the first has 300 servers, more than a message holds, the others one each
rules() {
  awk -v vip=$VIP 'BEGIN {
    for (i = 0; i < 8; i++) {
      printf "-A -u %s:%d -s rr\n", vip, 1000 + i
      for (s = 0; s < (i ? 1 : 300); s++)
        printf "-a -u %s:%d -r 10.9.%d.%d:53 -g\n", vip, 1000 + i, s / 250, s % 250 + 1
    }
  }'
}
rules >/tmp/lab/rules
whole="8 services, 307 servers, none twice"
count() { # of lines like the tool's
  awk '/:10[0-9][0-9A-F] / && /10\.1\.0\.100|0A010064/ { svc++; if (seen[$0]++) twice++; at = $0 }
       /10\.9\.|0A09/ { dest++; if (seen[at $2]++) twice++ }
       END { printf "%d services, %d servers, %s twice\n", svc, dest, twice ? twice : "none" }'
}
listings() {
  is "$1: the tool" "$(d timeout $((20 * slow)) ipvsadm -Ln | count)" "$whole"
  is "$1: socket options" "$(d timeout $((20 * slow)) control sockopt dump | sed 's/^udp/UDP/; s/^  \(10[^ ]*\)/-> \1/' | count)" "$whole"
  is "$1: the table in one request" "$(d timeout $((20 * slow)) control netlink dump | sed 's/^udp/UDP/; s/^  \(10[^ ]*\)/-> \1/' | count)" "$whole"
  is "$1: procfs" "$(d timeout $((20 * slow)) cat /proc/net/ip_vs | sed 's/\(0A010064\):03E\([89A-F]\)/\1:100\2/' | count)" "$whole"
}
for last in 3 150 5000; do
  check "$last before the end" next_ids $((4294967295 - last))
  vs -R </tmp/lab/rules || not_ok "additions"
  listings "$last before the end"
  check "... all is counted and zeroed" d timeout $((20 * slow)) ipvsadm -Z
  check "... and taken away" d timeout $((20 * slow)) ipvsadm -C
  is "... all of it" "$(vs -Ln | grep -c :10)" 0
done
