# SPDX-License-Identifier: GPL-2.0-or-later
# runs-on: ours
# Every sysctl: default, what is accepted and what is refused, who may write it, one value a namespace.
modprobe ip_vs
dir=/proc/sys/net/ipv4/vs

# name, default, accepted, refused; an accepted value may be shown in another way: written=shown; * and - for
# nothing to be seen or tried
table='amemthresh|1024|-5;0x10=16;010=8;2147483647;1024|x;1x;2147483648
am_droprate|10|0;-1;5|y
backup_only|0|1;-1|-
cache_bypass|0|1|-
conn_lfactor|-4|-8;8;0|-9;9;x
conn_max|1073741824|0;5;1073741824|-1;1073741825
conn_reuse_mode|1|0;3|-
conntrack|0|1|-
dest_max|1073741824|0;5;1073741824|-1;1073741825
drop_entry|0|3;1;0|4;-1
drop_packet|0|3;1;2=1;0|4;-1;99999999999
est_cpulist|0-1|0; 0=0;0-1:1/2=0;all=0-1;0,0=0;1|9999;x;1-0
est_nice|0|-20;19|-21;20
expire_nodest_conn|0|1|-
expire_quiescent_template|0|1|-
fast_path|'"${fast:-0}"'|1;0|2;-1
ignore_tunneled|0|1|-
nat_icmp_send|0|1|-
pmtu_disc|1|0|-
route_context|0|3;1|4;-1
run_estimation|1|0;5;-1|z
schedule_icmp|0|1|-
secure_tcp|0|3;1;0|4;-1
sloppy_sctp|0|1|-
sloppy_tcp|0|1|-
snat_reroute|1|0|-
svc_lfactor|-3|-8;8;0|-9;9;x
sync_persist_mode|0|1;7|-
sync_ports|1|2;64;128;1073741824|0;3;-1;-2147483648
sync_qlen_max|*|5;0x10=16;18446744073709551615|-1;18446744073709551616
sync_refresh_period|0|10;8589934;-5|8589935
sync_retries|0|1;3|4;-1
sync_sock_size|0|65536;-1|-
sync_threshold|3 50|5 60;7=7 60;3 0;0 1;3 50|60 50;5 5;-1 5;1 -1;x
sync_version|1|0|2;-1
svc_max|1073741824|0;5;1073741824|-1;1073741825
tunnel_mss|0|1|-'
# in the namespace of the machine itself, and with few processes: it has the slowest of processors
shown() { tr '\t' ' ' <$dir/"$1"; }
write() { (echo "$2" >$dir/"$1") 2>/dev/null; }

names='' missing=''
while IFS='|' read -r name default accepted refused; do
  names="$names $name"
  [ -e $dir/"$name" ] || missing="$missing $name"
  now=$(shown "$name")
  [ "$default" = '*' ] || is "$name: default" "$now" "$default"
  seen='' wanted=''
  IFS=';'
  for pair in $accepted; do
    write "$name" "${pair%=*}" || seen="$seen refused:$pair"
    now=$(shown "$name")
    seen="$seen [$now]" wanted="$wanted [${pair##*=}]"
  done
  is "$name: accepts" "$seen" "$wanted"
  seen=''
  for value in $refused; do
    [ "$value" = - ] && continue
    write "$name" "$value" && seen="$seen taken:$value"
    [ "$(shown "$name")" = "$now" ] || seen="$seen changed-by:$value"
  done
  unset IFS
  is "$name: refuses, and keeps what it had" "$seen" ""
done <<TABLE
$table
TABLE
is "every entry is there" "$missing" ""
is "... for its owner to write" "$(stat -c %a $dir/* | sort -u)" 644
refuse "no entries of long ago" sh -c "ls $dir | grep -E 'timeout_|debug_level'"
is "a refused value is an invalid argument" "$(printf 4 | dd of=$dir/drop_entry 2>&1 | grep -c 'Invalid argument')" 1
check "an empty CPU list" write est_cpulist ''
is "... is shown as an empty line" "$(od -An -c $dir/est_cpulist | tr -d ' ')" '\n'
check "a list is cut to the CPUs of who writes it" taskset 1 sh -c "echo 0-1 >$dir/est_cpulist"
is "... and shows it" "$(shown est_cpulist)" 0

# conn_max: how far it may be raised depends on who opened the file, not on who writes what he was given
write conn_max 1000
# shellcheck disable=SC2016 # for the shell without rights
check "what the host has opened may be written as the host" setpriv --bounding-set=-all --inh-caps=-all \
  sh -c 'echo 2000 >&3' 3>$dir/conn_max
is "... beyond the limit" "$(shown conn_max)" 2000
refuse "what has no rights may not open and raise it" setpriv --bounding-set=-all --inh-caps=-all \
  sh -c "echo 3000 >$dir/conn_max"
write conn_max 1000
background container unshare -U -r -n sh -c "exec 3>$dir/conn_max; echo ready; exec sleep 300"
eventually "a container has opened its own" 20 in_file ready container
is "it may lower it" "$(control write-through $bg_pid 3 900)" taken
is "... and not raise it by the hand of the host" "$(control write-through $bg_pid 3 5000)" "Invalid argument"
write conn_max 1073741824

# other namespaces have their own values, and new ones begin with the defaults
ip netns add other
is "a new namespace has the defaults" "$(at other sh -c "cd $dir; cat amemthresh sync_version est_cpulist" | tr '\n' ' ')" "1024 1 0-1 "
at other sh -c "echo 77 >$dir/amemthresh"
is "a value is one namespace's" "$(shown amemthresh)" 1024

# the root of a container may choose what costs only the container
# shellcheck disable=SC2016 # for the shell in the container
unshare -U -r -n sh -c 'cd '$dir' && stat -c "%a %n" *; echo 3 >drop_packet; cat drop_packet
  echo 0 >run_estimation; cat run_estimation /proc/net/ip_vs_stats_percpu' >/tmp/lab-container 2>/dev/null
is "a container's root cannot write what costs the host" "$(awk '$1 == 444 { print $2 }' /tmp/lab-container | tr '\n' ' ')" \
  "conn_lfactor est_cpulist est_nice run_estimation svc_lfactor sync_qlen_max sync_sock_size "
missing=''
for name in $names; do grep -q "^[64]*44 $name$" /tmp/lab-container || missing="$missing $name"; done
is "... but sees everything" "$missing" ""
is "... and may write the rest" "$(grep -A 1 '^3$' /tmp/lab-container | tr '\n' ' ')" "3 1 "
has "... and has the files in /proc/net" "$(cat /tmp/lab-container)" "^  ~ +0 +0"
