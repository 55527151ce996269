# SPDX-License-Identifier: GPL-2.0-or-later
# tools: debian
# Sysctls: modes, defaults, what is taken and refused with which error, what is read back.
# In the namespace of the machine itself, and with few processes.
modprobe ip_vs
cd /proc/sys/net/ipv4/vs || exit
# of the entries that both have on this kernel
entries='am_droprate amemthresh backup_only cache_bypass conn_reuse_mode conntrack drop_entry drop_packet
  expire_nodest_conn expire_quiescent_template ignore_tunneled nat_icmp_send pmtu_disc run_estimation
  schedule_icmp secure_tcp sloppy_sctp sloppy_tcp snat_reroute sync_persist_mode sync_ports
  sync_qlen_max sync_refresh_period sync_retries sync_sock_size sync_threshold sync_version'
[ "$kernel" = 6.1 ] || entries="$entries est_cpulist est_nice"
# ours have these on every kernel
case $kernel in 6.*) only_ours='conn_max|_lfactor|' ;; *) only_ours='' entries="$entries conn_lfactor conn_max svc_lfactor" ;; esac
# shellcheck disable=SC2086 # words
stat -c '%a %u %g %n' $entries
# memory differs a little from start to start
for f in $entries; do [ $f = sync_qlen_max ] || od -c $f; done

# try NAME TEXT: one write, as it is, and what is there then
try() {
  if (printf '%b' "$2" >"$1") 2>/dev/null; then tried=taken; else tried=refused; fi
  echo "$1 '$2': $tried, $(cat "$1")"
}
# the error
for pair in drop_entry=4 drop_entry=x sync_ports=3 sync_threshold=5 cache_bypass=x est_nice=20 est_cpulist=x est_cpulist=9; do
  [ ! -e "${pair%=*}" ] || [ "$kernel-${pair%_*}" = 6.1-est ] ||
    printf '%s' "${pair#*=}" | dd of="${pair%=*}" 2>&1 | sed -n "s/^dd:.*: /$pair: /p"
done
for text in 5 -1 ' 7' 0x10 010 '1 2' '3\n' 1x x '' '\n' 2147483648 -2147483648 99999999999; do
  for f in amemthresh cache_bypass drop_packet sync_threshold sync_ports; do try $f "$text"; done
done
for text in 0 1 2 3 4 -1; do
  for f in drop_entry drop_packet secure_tcp sync_version sync_retries; do try $f "$text"; done
done
for text in '5 60' 7 '60 50' '3 0' '-1 5' '5 5' '0 1' '1 2 3' '3\t50'; do try sync_threshold "$text"; done
for text in 0 2 3 64 128 1073741824 -2147483648 6 1; do try sync_ports "$text"; done
for text in 8589934 8589935 -5 -8589935 0; do try sync_refresh_period "$text"; done
for text in 18446744073709551615 18446744073709551616 -1 5 0x10; do try sync_qlen_max "$text"; done
if [ "$kernel" != 6.1 ]; then
  for text in -20 19 -21 20 0; do try est_nice "$text"; done
  for text in 0 all 0,0 '0-0:1/2' ' 0' 9 9999 0-9 1-0 x '' '\n' 0; do try est_cpulist "$text"; done
fi
if [ -z "$only_ours" ]; then
  for text in -8 8 -9 9 -4 x ''; do for f in conn_lfactor svc_lfactor; do try $f "$text"; done; done
  for text in 0 1 1073741825 -1 1073741824; do try conn_max "$text"; done
fi
# the modes decide at once
try amemthresh 2000000000
for text in 1 2 3 2 0; do for f in drop_entry drop_packet secure_tcp; do try $f "$text"; done; done
try amemthresh 0
for text in 2 1 3 0; do for f in drop_entry drop_packet secure_tcp; do try $f "$text"; done; done
# a container
unshare -U -r -n sh -c 'cd /proc/sys/net/ipv4/vs 2>/dev/null || exit
  for f in *; do stat -c "%a %u %g %n" $f; done; echo 3 >drop_packet; cat drop_packet amemthresh' 2>/dev/null |
  only ours grep -v -E "${only_ours}dest_max|fast_path|svc_max|route_context|tunnel_mss" >/tmp/container
[ "$kernel" = 6.1 ] || cat /tmp/container
cd /
