# SPDX-License-Identifier: GPL-2.0-or-later
# brief: no
# runs-on: ours
# timeout: 600
# Random netlink messages and calls of socket options, while packets use what they configure: nothing crashes or
# leaks, and the module unloads. IPVS_FUZZ says how many messages; see docs/testing.md.
topology 1
modprobe -a ip_vs ip_vs_rr ip_vs_wrr ip_vs_lc ip_vs_wlc ip_vs_sed ip_vs_nq ip_vs_fo ip_vs_ovf ip_vs_dh ip_vs_sh ip_vs_mh \
  ip_vs_lblc ip_vs_lblcr
# invented schedulers must not start a program each
helper=$(cat /proc/sys/kernel/modprobe)
echo >/proc/sys/kernel/modprobe
serve 1 80 81
messages=${fuzz:-$(fewer 20000)}
seed=${fuzz_seed:-1}
echo "# $messages messages, seed $seed"
mac d d0
background packets c sh -c "while :; do peer send dev=c0 dmac=$mac src=10.1.0.77 dst=$VIP proto=tcp sport=1000 dport=80 flows=20
  sleep 0.05; done"
packets=$bg_pid
background dumps d sh -c 'while control dump; do :; done'
dumps=$bg_pid
background second d control fuzz-netlink $((messages / 2)) $((seed + 1))
second=$bg_pid
background options d control fuzz-options $((messages / 2)) "$seed"
options=$bg_pid
d control fuzz-netlink $((messages / 2)) "$seed" >/tmp/lab/first
is "the first one has sent everything" $? 0
wait $second
is "the second one has sent everything" $? 0
wait $options
is "all socket options were called" $? 0
kill $packets $dumps
# the ones that can be taken: 19 commands, 15 options
while read -r kind which outcome; do
  has "$kind $which was taken and refused" "$outcome" 'taken [1-9][0-9]* refused [1-9]'
done <<EOF
$(cat /tmp/lab/first /tmp/lab/options)
EOF
is "all of them were counted" "$(cat /tmp/lab/first /tmp/lab/options | wc -l)" 34
echo "$helper" >/proc/sys/kernel/modprobe
vs -C
pool -t rr -m 1
is "afterwards all is well" "$(ask tcp 80 2 rst | spread)" "s1=2"
