# SPDX-License-Identifier: GPL-2.0-or-later
# brief: no
# runs-on: ours
# timeout: 1200
# The tables' size: what it takes of the memory, who pays for it, how long chains get, and that nobody waits while
# somebody looks at all of it.
topology 1
modprobe pktgen
fake_hosts
echo 1 >/sys/devices/virtual/workqueue/cpumask

# --- a large one
modprobe ip_vs conn_tab_bits=22
mkdir -p /tmp/cgroup
mount -t cgroup2 none /tmp/cgroup && echo +memory >/tmp/cgroup/cgroup.subtree_control && mkdir /tmp/cgroup/maker
charged() { cat /tmp/cgroup/maker/memory.current; }
before=$(charged)
d sh -c 'echo $$ >/tmp/cgroup/maker/cgroup.procs; exec ipvsadm -A -u 10.1.0.100:53 -s rr'
check "whoever makes a table pays for its 32 megabytes" [ $(($(charged) - before)) -ge 33554432 ]
vs -a -u $VIP:53 -r 10.2.1.11:53 -m
client_sends src=10.1.0.77 dst=$VIP proto=udp sport=5000 dport=53 len=4
eventually "the table has the size that was asked for" 10 [ "$(status 'Conn buckets')" = 4194304 ]
# A busy host delays the guest, too, but not each time, and not at all where instructions are counted: who keeps others
# waiting does it in each round. The kernel's own grace periods take some ticks.
bound=$((20000 * slow))
[ -z "$counted" ] || bound=5000
shortest() {
  shortest=''
  for round in $(seq 25); do
    took=$(d peer "$@" | tail -n 1)
    [ -n "$shortest" ] && [ "$took" -ge "$shortest" ] || shortest=$took
    [ "$round" -lt 3 ] || [ "$shortest" -ge $bound ] || break
  done
}
for file in ip_vs_status ip_vs_conn; do
  shortest delays cpu=0 cat /proc/net/$file
  echo "# reading $file delays others for $shortest us"
  check "$file is read without keeping others waiting" [ "$shortest" -lt $bound ]
done
shortest grace true
alone=$shortest
for file in ip_vs_status ip_vs_conn; do
  shortest grace cat /proc/net/$file
  echo "# a grace period takes $shortest us while $file is read, and $alone when nobody reads"
  check "$file is read without keeping a grace period open" [ "$shortest" -lt $((alone + bound)) ]
done
is "a container begins with a small one" "$(unshare -U -r -n sed -n 's/.*(size=\([0-9]*\)).*/\1/p' /proc/net/ip_vs)" 256
vs -C
wait_until 20 no_ipvs || not_ok "the module unloads"

# --- a power of two of connections, and one
modprobe ip_vs
# N connections of addresses and ports in a row, others each time
from=0
generate() {
  from=$((from + 1))
  pktgen "$1" "dst $VIP" "src_min 11.$from.0.1" 'src_max 11.255.0.0' 'udp_src_min 1024' 'udp_src_max 65000' \
    'udp_dst_min 53' 'udp_dst_max 53'
}
ip -n d route add blackhole 11.0.0.0/8
service() {
  vs -A -u $VIP:53 -s rr
  vs -a -u $VIP:53 -r 10.2.1.11:53 -m
  vs --set 0 0 3000
}
service
# as in the first namespace
vs_sysctl conn_lfactor -4
settled() { now=$(d cat /proc/net/ip_vs_status); sleep 0.5; [ "$(d cat /proc/net/ip_vs_status)" = "$now" ]; }
# Just above a power of two the tables are largest for what is in them.
for k in ${long:+17 18 19} $([ -n "$long" ] && echo 20 || echo 17); do
  n=$(($(fewer $((1 << k))) + 1))
  # those before are there already; some packets are lost on the way to the director
  while made=$(status Conns) && [ "$made" -lt $n ]; do generate $((n - made)); done
  wait_until 20 settled
  echo "# $made connections"
  d grep buckets /proc/net/ip_vs_status | sed 's/^/# /'
  if [ "$slow" = 1 ]; then
    heads=0
    for table in Conn Reply Template; do heads=$((heads + 8 * $(status "$table buckets"))); done
    echo "# $((made * 128)) bytes of entries, $heads of heads"
    check "$made connections: the heads of all tables take no more memory than they" [ $heads -le $((made * 128)) ]
  fi
done
# With a quarter of an entry a bucket, of 2^22 buckets less than one in 10^5 is expected to hold more than 8 even
# with a million entries (4e6 * 0.25^9 / 9! = 4e-5); 16 are never seen unless somebody has aimed.
for table in Conn Reply; do
  check "$table: no chain is long" [ "$(status "$table buckets longest")" -le 8 ]
done

# --- resized meanwhile: every packet finds its connection
again() { from=0; generate "$n"; }
# those whose first packet was lost on the way
again
made=$(status Conns)
size=$(status 'Conn buckets')
has_resized() { was=$size; size=$(status "Conn buckets"); [ "$size" != "$was" ]; }
resize() {
  while [ ! -e /tmp/lab/enough ]; do
    for load in 0 -4; do
      vs_sysctl conn_lfactor $load
      wait_until 20 has_resized || return
      echo "$size"
    done
  done
}
packets() { vs -Ln --stats --exact | awk '/^UDP/ { print $4 }'; }
before=$(packets)
background sizes resize
again
touch /tmp/lab/enough
wait $bg_pid
echo "# $(grep -c . /tmp/lab/sizes) sizes while $(($(packets) - before)) packets came: $(sort -n /tmp/lab/sizes | uniq | tr '\n' ' ')"
check "packets came" [ $(($(packets) - before)) -ge $((n * 9 / 10)) ]
check "the table of $made connections has shrunk and grown meanwhile" [ "$(grep -c . /tmp/lab/sizes)" -ge 2 ]
is "none was made twice" "$(status Conns)" "$made"
vs -C
wait_until 60 no_ipvs || not_ok "the module unloads"

# --- hardly any memory
modprobe ip_vs
service
n=$(($(fewer $((1 << 17))) + 1))
vs_sysctl conn_lfactor -4
kills() { awk '/^oom_kill / { print $2 }' /proc/vmstat; }
before=$(kills)
mkdir -p /tmp/full
mount -t tmpfs -o size=100% none /tmp/full
available() { awk '/^MemAvailable/ { print int($2 / 1024) }' /proc/meminfo; }
leave=110
dd if=/dev/zero of=/tmp/full/x bs=1M count=$(($(available) - leave)) 2>/dev/null
echo "# $(available) MB left"
generate $n
echo "# $(status Conns) connections, $(available) MB left"
d grep buckets: /proc/net/ip_vs_status | sed 's/^/# /'
check "the connections are made" [ "$(status Conns)" -ge $((n * 9 / 10)) ]
is "nobody is killed for the tables" "$(kills)" "$before"
umount /tmp/full
