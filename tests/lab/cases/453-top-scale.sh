# SPDX-License-Identifier: GPL-2.0-or-later
# lane: long
# timeout: 1800
# ipvs-top with 10,000 services of 5 servers each: keys act at once, also while the kernel is read, which takes a quarter of the
# time at most.
topology 1
modprobe ip_vs
mkdir -p /tmp/lab
n=$(fewer 10000)
awk -v n="$n" 'BEGIN {
  for (i = 1; i <= n; i++) {
    printf "-A -f %d -s rr\n", i
    for (s = 11; s <= 15; s++) printf "-a -f %d -r 10.2.1.%d -m\n", i, s
  }
}' | vs -R
screen() { tmux capture-pane -p -t top; }
sees() { screen | grep -q -E -e "$1"; }
cpu() { awk '{ print $14 + $15 }' "/proc/$(pidof ipvs-top)/stat"; }

is "all are printed" "$(d ipvs-top --once | grep -c ' 10\.2\.1\.1[1-5]:0 ')" $((n * 5))
d tmux -f /dev/null new-session -d -s top -x 100 -y 30 'ipvs-top --interval 0.5'
eventually "services" 120 sees "^$n services, $((n * 5)) servers"
tmux send-keys -t top End
eventually "the last one" 30 sees "fwmark $n ipv4"
tmux send-keys -t top s c Home
eventually "sorted" 30 sees 'conn/sv'
tmux send-keys -t top / ; tmux send-keys -t top -l 'fwmark 777 '; tmux send-keys -t top Enter
eventually "one of them" 30 sees 'fwmark 777 ipv4'
tmux send-keys -t top Escape
eventually "all again, where it was" 30 sees 'fwmark 776 ipv4'
tmux send-keys -t top g
eventually "... and the first" 30 sees 'fwmark 1 ipv4'
# a look every tenth of a second
slowest=0
for i in $(seq 20); do
  begun=$(cut -d. -f1 /proc/uptime)
  tmux send-keys -t top h
  wait_until 60 sees 'up, down, page up' || not_ok "help is seen"
  tmux send-keys -t top x
  wait_until 60 sees 'fwmark 1 ipv4' || not_ok "the table is seen"
  took=$(($(cut -d. -f1 /proc/uptime) - begun))
  [ "$took" -le "$slowest" ] || slowest=$took
done
echo "# two keys took $slowest s at most; $(screen | head -n 1)"
check "keys act while the kernel is read" [ "$slowest" -le $((5 * slow)) ]
before=$(cpu) from=$(seconds)
wait_until 60 sh -c "[ \$(cut -d. -f1 /proc/uptime) -ge $((from + 20)) ]"
used=$((($(cpu) - before) * 100 / ($(seconds) - from) / 100))
echo "# $used % of a CPU; $(sed -n 's/^VmHWM:[^0-9]*//p' "/proc/$(pidof ipvs-top)/status") of memory at most"
check "it leaves the CPU to others" [ "$used" -le 60 ]
check "memory" [ "$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$(pidof ipvs-top)/status")" -lt 150000 ]
tmux send-keys -t top q
eventually "the end" 30 sh -c '! pidof ipvs-top'
tmux kill-server 2>/dev/null
vs -C
