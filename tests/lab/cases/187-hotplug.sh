# SPDX-License-Identifier: GPL-2.0-or-later
# brief: no
# runs-on: ours
# timeout: 300
# A CPU goes and comes back under traffic: nothing that it has counted is lost, connections that it has made end in their time,
# and rates are still estimated.
topology 2
serve 2 53
cpu1=/sys/devices/system/cpu/cpu1/online
check "there is a CPU that can go" [ -w $cpu1 ]
modprobe ip_vs
pool -u rr -m 2 53
vs --set 0 0 2
in_packets() { vs -Ln --stats --exact | awk '$1 == "UDP" { print $4 }'; }
total_packets() { d awk 'NR == 3 { print $2 }' /proc/net/ip_vs_stats; }
hex() { printf %X "$1"; }

# --- what it has made ends without it
taskset 2 true || not_ok "there is a CPU 1"
c taskset 2 peer ask udp $VIP 53 50 timeout=2000 >/tmp/lab/answers
is "all are answered" "$(wc -w </tmp/lab/answers)" 50
check "there are connections of CPU 1" [ "$(status Conns)" -gt 0 ]
before=$(in_packets)
echo 0 >$cpu1
is "what it has counted is still there" "$(in_packets)" "$before"
is "... and in the total" "$(total_packets)" "$(hex "$before")"
eventually "its connections end in their time" 10 sh -c '[ "$(at d sed -n "s/^Conns:[^0-9]*//p" /proc/net/ip_vs_status)" = 0 ]'
c peer ask udp $VIP 53 20 timeout=2000 >/tmp/lab/answers
is "without it, too, all are answered" "$(wc -w </tmp/lab/answers)" 20
echo 1 >$cpu1
is "nothing is lost when it comes back" "$(in_packets)" $((before + 20))

# --- while packets arrive on both
vs -Z
for n in 0 1; do
  # who runs there goes elsewhere while it is away
  background load$n at c sh -c "while [ ! -e /tmp/lab/enough ]; do taskset $((n + 1)) peer ask udp $VIP 53 100 timeout=5000 || peer ask udp $VIP 53 100 timeout=5000; done"
  eval "load$n=\$bg_pid"
done
turns=0
while [ $turns -lt "$(fewer 20)" ]; do
  echo 0 >$cpu1 && is_off=$(cat $cpu1) && echo 1 >$cpu1 && [ "$is_off" = 0 ] || break
  turns=$((turns + 1))
done
is "it goes and comes back" $turns "$(fewer 20)"
touch /tmp/lab/enough
# shellcheck disable=SC2154 # set by eval
wait "$load0" "$load1"
answers=$(cat /tmp/lab/load0 /tmp/lab/load1 | tr ' ' '\n' | grep -c '^s[12]$')
echo "# $answers answers meanwhile"
check "there was traffic meanwhile" [ "$answers" -ge 200 ]
is "each packet was counted" "$(in_packets)" "$answers"
is "... in the total, too" "$(total_packets)" "$(hex "$answers")"
is "... and at its server" "$(vs -Ln --stats --exact | awk '$1 == "->" && $2 ~ /:53$/ { n += $4 } END { print n }')" "$answers"

# --- rates
goes_on() { # a few packets, and the rate that results
  c peer ask udp $VIP 53 20 timeout=2000 >/dev/null
  [ "$(vs -Ln --rate --exact | awk '$1 == "UDP" { print $4 }')" -gt 0 ]
}
echo 0 >$cpu1
eventually "rates are estimated without it" 20 goes_on
echo 1 >$cpu1
eventually "... and with it" 20 goes_on
