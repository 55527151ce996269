# SPDX-License-Identifier: GPL-2.0-or-later
# runs-on: intree
# Connection sync daemons, which only the kernel's own module has so far: both ipvsadm drive and show them alike.
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
