# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 400
# Every short walk through the TCP states, from hand-made packets, for NAT, DR and TUN.
topology 1
modprobe ip_vs
fake_hosts
vs -A -t $VIP:80 -s rr
vs -a -t $VIP:80 -r 10.2.1.11:80 -m
vs -A -t $VIP:81 -s rr
vs -a -t $VIP:81 -r 10.2.1.12:81 -g
vs -A -t $VIP:82 -s rr
vs -a -t $VIP:82 -r 10.2.1.13:82 -i
sport=20000

# walk PORT SERVER STEP...: a step is < or > (from the client or the server) and flags
walk() {
  wport=$1 wserver=$2
  shift 2
  sport=$((sport + 1))
  line="$wport:"
  for step in "$@"; do
    case $step in
      '>'*) client_sends src=10.1.0.77 dst=$VIP sport=$sport dport="$wport" flags="${step#>}" ;;
      '<'*) server_sends 1 src="$wserver" dst=10.1.0.77 sport="$wport" dport=$sport flags="${step#<}" ;;
    esac
    line="$line $step=$(ip netns exec d awk -v p="$(printf %04X $sport)" '$3 == p { printf "%s/%d", $8, int(($9 + 4) / 5) * 5 }' /proc/net/ip_vs_conn)"
  done
  echo "$line"
}
# settled() is not needed between steps: one CPU handles each packet before the next command runs
both() { # NAT: replies come from the server's address; DR and TUN: from the virtual one
  walk 80 10.2.1.11 "$@"
}
both '>S'
both '>S' '>S' '>A'
both '>S' '<SA' '>A'
both '>S' '<SA' '>A' '>FA' '<A' '<FA' '>A'
both '>S' '<SA' '>A' '<FA' '>A' '>FA' '<A'
both '>S' '<SA' '>A' '>FA' '<FA' '>A' '<A'
both '>S' '<SA' '>A' '>R'
both '>S' '<SA' '>A' '<R'
both '>S' '<R'
both '>S' '>R' '>A'
both '>S' '<SA' '>A' '>FA' '>R'
both '>S' '<SA' '>A' '<FA' '<R' '>S'
both '>S' '<SA' '>A' '>FA' '<FA' '>A' '>S' '<SA' '>A'
both '>S' '<FA'
both '>S' '>FA'
both '>S' '<A'
both '>S' '<SA' '>A' '>S' '<S'
both '>S' '<SA' '>A' '<FA' '>S'
both '>SA' '>A'
both '>S' '<SA' '>A' '>P' '>U'
both '>A'
both '>R'
both '>FA'
both '>S' '<R' '>S' '<SA' '>A'
for p in 81 82; do
  walk $p - '>S'
  walk $p - '>S' '>A'
  walk $p - '>S' '>A' '>FA'
  walk $p - '>S' '>A' '>FA' '>A' '>S'
  walk $p - '>S' '>A' '>R' '>S'
  walk $p - '>S' '>FA'
  walk $p - '>S' '>R'
  walk $p - '>SA' '>A'
  walk $p - '>A'
done
vst -Ln
# modes of reuse
for mode in 0 1 3; do
  echo "conn_reuse_mode $mode"
  vs_sysctl conn_reuse_mode $mode
  walk 80 10.2.1.11 '>S' '<SA' '>A' '>R' '>S'
  walk 81 - '>S' '>A' '>FA' '>S'
done
vst -Ln
# with secure_tcp
vs_sysctl secure_tcp 3
echo "secure_tcp 3"
walk 80 10.2.1.11 '>S' '<SA' '>A' '<A' '>FA' '<FA' '>A'
walk 80 10.2.1.11 '>S' '>A' '<SA' '<A'
walk 81 - '>S' '>A' '>FA'
walk 80 10.2.1.11 '>S' '<R'
