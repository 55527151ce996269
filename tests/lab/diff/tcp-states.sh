# SPDX-License-Identifier: GPL-2.0-or-later
# tools: debian
# timeout: 400
# Every short walk through the TCP states, from hand-made packets, for NAT, DR and TUN.
topology 1
modprobe ip_vs
fake_hosts
sport=20000

# walk METHOD STEP...: a connection of its own to a service of its own. A step is > or < (from the client
# or the server) and flags; shown: state, timeout, active and inactive connections of the server.
walk() {
  method=$1
  shift
  sport=$((sport + 1)) wport=$((sport - 15000))
  vs -A -t $VIP:$wport -s rr
  vs -a -t $VIP:$wport -r 10.2.1.11:$wport $method
  line="$method:"
  for step in "$@"; do
    case $step in
      '>'*) client_sends src=10.1.0.77 dst=$VIP sport=$sport dport=$wport flags="${step#>}" ;;
      '<'*) server_sends 1 src=10.2.1.11 dst=10.1.0.77 sport=$wport dport=$sport flags="${step#<}" ;;
    esac
    line="$line $step=$(d awk -v p="$(printf %04X $sport)" -v s="$(printf 0A02010B:%04X $wport)" "$timeout_of"'
      $3 == p { printf "%s/%d", $8, timeout_of($9) } $2 == s { printf "/%d/%d", $5, $6 }' \
      /proc/net/ip_vs_conn /proc/net/ip_vs)"
  done
  echo "$line"
  vs -D -t $VIP:$wport
}
# one service that stays, so that the last one's deletion does not end all handling
vs -A -t $VIP:80 -s rr
# No waiting between steps: there is one CPU, it has dealt with a packet before the next command runs.
both() { walk -m "$@"; }
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
for p in -g -i; do
  walk $p '>S'
  walk $p '>S' '>A'
  walk $p '>S' '>A' '>FA'
  walk $p '>S' '>A' '>FA' '>A' '>S'
  walk $p '>S' '>A' '>R' '>S'
  walk $p '>S' '>FA'
  walk $p '>S' '>R'
  walk $p '>SA' '>A'
  walk $p '>A'
done
# modes of reuse
for mode in 0 1 3; do
  echo "conn_reuse_mode $mode"
  vs_sysctl conn_reuse_mode $mode
  walk -m '>S' '<SA' '>A' '>R' '>S'
  walk -g '>S' '>A' '>FA' '>S'
done
# who does not answer is not established
echo 'secure_tcp 3'
vs_sysctl conn_reuse_mode 1
vs_sysctl secure_tcp 3
both '>S' '>A' '<SA' '>A' '<A'
both '>S' '<SA' '>FA' '>R'
both '>S' '<SA' '<FA'
both '>S' '<SA' '<R'
both '>S' '<A' '>FA' '<FA'
both '>S' '<SA' '>S' '<S' '<A'
both '>S' '>R' '<SA' '<A' '>R'
walk -g '>S' '>S' '>A' '>FA'
walk -g '>S' '>FA'
walk -g '>S' '>R' '>S'
walk -i '>S' '>A' '>R'
vs_sysctl secure_tcp 0
both '>S' '>A'
