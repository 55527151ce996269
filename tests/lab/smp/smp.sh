# SPDX-License-Identifier: GPL-2.0-or-later
# What the cases for several CPUs have at hand besides lib.sh. Each case goes on for its share of IPVS_SMP_SECONDS.

share=$((${smp_seconds:-45} / 3))
share_end=$(($(cut -d. -f1 /proc/uptime) + share))
more_time() { [ "$(cut -d. -f1 /proc/uptime)" -lt $share_end ]; }

# dice N: a number below N, from the seed; the count is in a file because callers are subshells
mkdir -p /tmp/lab
dice() {
  dice_at=$(($(cat /tmp/lab/dice 2>/dev/null || echo "$smp_seed") * 1103515245 + 12345 & 0x7fffffff))
  echo $dice_at >/tmp/lab/dice
  echo $((dice_at / 65536 % $1))
}

# whoever sends more than a CPU takes at the moment must not lose packets on the way to the director
quiet_network() {
  echo 100000 >/proc/sys/net/core/netdev_max_backlog
  # and what has no connection any more needs no answer of the director's
  d sh -c 'echo 1 >/proc/sys/net/ipv4/icmp_echo_ignore_all; echo 0 >/proc/sys/net/ipv4/icmp_msgs_per_sec' 2>/dev/null
  return 0
}
rules() { check "services and servers" d ipvsadm -R; }

# No key stands in the list more than once. What is moved while it is read may be met again, and others missed for it: so
# it is read until nothing is moved.
none_twice_in() {
  twice=$(at "$1" sh -c 'sed 1d /proc/net/ip_vs_conn' | awk '{ print $1, $2, $3, $4, $5 }' | sort | uniq -d)
  echo "$twice"
  [ -z "$twice" ]
}
none_twice() { none_twice_in d; }
# held [SERVICE]: connections that servers say they have
held() {
  vs -Ln | awk -v service="${1:-}" '
    $1 == "TCP" || $1 == "UDP" { counts = !service || $2 == service }
    /->.*:[0-9]/ && counts { n += $(NF - 1) + $NF }
    END { print n + 0 }'
}
# counted SERVICE: connections and packets that it has counted
counted() { vs -Ln --stats --exact | awk -v service="$1" '$2 == service { print $3, $4 }'; }

# Sizes of the tables go up and down and all is read, until end_stir.
stir_sizes() {
  rm -f /tmp/lab/calm
  background sizes sh -c '
    i=0
    while [ ! -e /tmp/lab/calm ]; do
      i=$((i + 1))
      at d sh -c "echo $((i * 7 % 17 - 8)) >/proc/sys/net/ipv4/vs/conn_lfactor; cat /proc/net/ip_vs_conn /proc/net/ip_vs_status /proc/net/ip_vs_stats_percpu; ipvsadm -Ln" >/dev/null
    done
    echo $i'
  sizes_pid=$bg_pid
}
end_stir() {
  touch /tmp/lab/calm
  wait "$sizes_pid"
  check "sizes changed meanwhile" [ "$(cat /tmp/lab/sizes)" -gt 1 ]
}

# settled TEXT: servers go, all entries with them, and nothing is counted at those that come back
no_entries() { [ "$(status Conns)" = 0 ]; }
settled() {
  saved=$(vs -Sn)
  vs_sysctl expire_nodest_conn 1
  echo "$saved" | sed -n 's/^-a\( .* -r [^ ]*\).*/-d\1/p' | d ipvsadm -R
  eventually "$1: all entries have gone" 30 no_entries
  echo "$saved" | grep -e '^-a' | d ipvsadm -R
  is "$1: nothing is counted at the servers" "$(held)" 0
  vs_sysctl expire_nodest_conn 0
}
