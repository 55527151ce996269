# SPDX-License-Identifier: GPL-2.0-or-later
# A thousand connections at the same time, evenly spread and all in the table.
topology 3
modprobe ip_vs
serve 3 80 53
for method in -m -g; do
  pool -t rr $method 3
  # 334, 333, 333: which server gets the odd one depends on the order of configuration
  background thousand at c peer ask tcp $VIP 80 1000 parallel timeout=60000 hold
  # standard input of the background job is empty, so it ends as soon as all have been answered
  wait "$bg_pid"
  has "1,000 TCP connections in parallel, $method" "$(cat /tmp/lab/thousand)" "^s1=33[34] s2=33[34] s3=33[34]$"
  is "all are in the table" "$(conns | grep -c ' 0A010064 0050 ')" 1000
  is "counters of the servers add up to it" \
    "$(vs -Ln | awk '$1 == "->" && $2 ~ /^10/ { n += $5 + $6 } END { print n }')" 1000
  vs -C
  ip -n c link set c0 down; ip -n c link set c0 up; ip -n c route replace default via 10.1.0.1
  rmmod ip_vs_rr ip_vs
  modprobe ip_vs
done
pool -u wlc -m 3 53
background udp at c peer ask udp $VIP 53 300 parallel timeout=30000
wait "$bg_pid"
is "300 UDP clients at once" "$(cat /tmp/lab/udp)" "s1=100 s2=100 s3=100"
