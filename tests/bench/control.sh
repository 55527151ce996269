# SPDX-License-Identifier: GPL-2.0-or-later
# In a guest of the lab: a large configuration restored, listed, saved and deleted, three times; seconds of each as
# "bench NAME SECONDS". tests/bench/control boots the guests.
services=10000 servers=5
mkdir -p /tmp/lab
namespace d
modprobe -a ip_vs ip_vs_rr
awk -v services=$services -v servers=$servers 'BEGIN {
  for (i = 0; i < services; i++) {
    addr = sprintf("10.%d.%d.1:80", i / 250 + 1, i % 250 + 1)
    print "-A -t " addr " -s rr"
    for (s = 1; s <= servers; s++) print "-a -t " addr " -r 192.168.0." s ":80 -g -w 1"
  }
}' >/tmp/lab/rules
awk '$1 == "-A" { print "tcp", $3, $5; next } { print " ", $5, "dr" }' /tmp/lab/rules >/tmp/lab/table
now() { cut -d' ' -f1 /proc/uptime; }
# timed NAME INPUT OUTPUT COMMAND...
timed() {
  timed_name=$1 timed_in=$2 timed_out=$3
  shift 3
  timed_start=$(now)
  at d "$@" <"$timed_in" >"$timed_out" || echo "bench-failed $timed_name"
  echo "bench $timed_name $(awk -v a="$timed_start" -v b="$(now)" 'BEGIN { printf "%.2f", b - a }')"
}
lines_are() { [ "$(grep -c "$2" "$1")" = "$3" ] || echo "bench-failed $1 has not $3 lines of $2"; }
# Three rounds: what else the machine does lengthens some of them.
for round in 1 2 3; do
  timed restore /tmp/lab/rules /dev/null ipvsadm -R
  timed list /dev/null /tmp/lab/list ipvsadm -Ln
  lines_are /tmp/lab/list ' Route ' $((services * servers))
  timed save /dev/null /tmp/lab/saved ipvsadm -Sn
  lines_are /tmp/lab/saved '^-' $((services * (servers + 1)))
  timed delete /dev/null /dev/null ipvsadm -C
  [ "$module" = ours ] || continue
  timed replace /tmp/lab/table /dev/null control replace -
  timed replace-same /tmp/lab/table /dev/null control replace -
  timed dump /dev/null /tmp/lab/dump control dump
  lines_are /tmp/lab/dump ' weight=' $((services * servers))
  at d ipvsadm -C
done
