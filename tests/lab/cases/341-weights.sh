# SPDX-License-Identifier: GPL-2.0-or-later
# brief: no
# timeout: 400
# 5,000 edits of weights a second on a director under traffic: packets do not wait for them, and none is lost.
topology 3
modprobe ip_vs
mkdir -p /tmp/lab
serve 3 53
# a minute in the long lane
seconds=6
[ -z "$long" ] || seconds=60
rate=$(fewer 5000)
# What is edited: the servers that the packets go to, and many others.
awk -v n="$(fewer 300)" -v vip=$VIP 'BEGIN {
  printf "udp %s:53 wlc\n", vip
  for (s = 1; s <= 3; s++) printf "  10.2.%d.2:53 nat\n", s
  for (i = 0; i < n; i++) {
    printf "tcp 10.9.%d.%d:80 %s\n", i / 250, i % 250 + 1, i % 2 ? "wrr" : "wlc"
    for (s = 1; s <= 5; s++) printf "  10.2.1.%d:80 dr\n", s + 1
  }
}' >/tmp/lab/weights
check "the table is taken" d control replace /tmp/lab/weights
measure() { c control latency $VIP 53 $seconds $((2000 * slow)); }
without=$(measure)
echo "# without edits: $without"
background edits d control weights "$rate" $((seconds + 2))
edits=$bg_pid
with=$(measure)
echo "# with edits:    $with"
wait $edits
is "the edits were made" $? 0
echo "# $(cat /tmp/lab/edits)"
has "... at a rate that deserves the name" "$(awk -v least=$((rate / 2)) '{ print ($8 >= least ? "enough" : $0) }' /tmp/lab/edits)" enough
has "without edits no packet is lost" "$without" " lost 0 "
has "with edits no packet is lost" "$with" " lost 0 "
p99() { echo "$1" | sed 's/.* p99 \([0-9]*\) .*/\1/'; }
# Processors are shared with the edits here, and with whatever else the host does. The bound is wide; what it
# excludes is that packets wait for batches of edits.
check "99 of 100 answers come within 20 times of that without edits, and 20 ms" \
  [ "$(p99 "$with")" -lt $(($(p99 "$without") * 20 + 20000 * slow)) ]
