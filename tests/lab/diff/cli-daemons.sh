# SPDX-License-Identifier: GPL-2.0-or-later
# Connection sync daemons: both modules and both ipvsadm drive and show them alike.
topology 1
modprobe ip_vs
vst -Ln --daemon
vst --stop-daemon master
vst --start-daemon master --mcast-interface nosuch
vst --start-daemon master --mcast-interface d0 --syncid 7
vst -Ln --daemon
vst --start-daemon master --mcast-interface d0
vst --start-daemon backup --mcast-interface d1 --syncid 9 --sync-maxlen 1000 --mcast-group 224.0.0.99 \
  --mcast-port 9999 --mcast-ttl 3
vst -Ln --daemon
vst --stop-daemon master
vst -Ln --daemon
vst --stop-daemon backup
vst --start-daemon backup --mcast-interface d1 --mcast-group ff02::1234
vst -Ln --daemon
vst --stop-daemon backup
vst --stop-daemon backup

# Both commands with every option; who has begun one ends it. (The other commands: cli-matrix.sh.)
every_option | sed -E 's/^--(mcast-(group|port|ttl)|sync-maxlen) /--mcast-interface d0 &/' |
  while read -r option; do
    for verb in '--start-daemon master' '--stop-daemon master'; do
      # shellcheck disable=SC2086 # words
      vst $verb $option
    done
    at d ipvsadm --stop-daemon master 2>/dev/null || :
  done
