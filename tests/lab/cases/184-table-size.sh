# SPDX-License-Identifier: GPL-2.0-or-later
# brief: no
# runs-on: ours
# timeout: 400
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
least() { sort -n | head -n 1; }
# A busy host delays the guest, too, but not each time.
for file in ip_vs_status ip_vs_conn; do
  longest=$(d peer delays cpu=0 rounds=5 cat /proc/net/$file | least)
  echo "# reading $file delays others for $longest us"
  check "$file is read without keeping others waiting" [ "$longest" -lt $((20000 * slow)) ]
done
is "a container begins with a small one" "$(unshare -U -r -n sed -n 's/.*(size=\([0-9]*\)).*/\1/p' /proc/net/ip_vs)" 256
vs -C
wait_until 20 no_ipvs || not_ok "the module unloads"

# --- a power of two of connections, and one
modprobe ip_vs
# N connections of addresses and ports in a row
generate() {
  pktgen "$1" "dst $VIP" 'src_min 11.0.0.1' 'src_max 11.255.0.0' 'udp_src_min 1024' 'udp_src_max 65000' \
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
n=$(($(fewer 131072) + 1))
[ -z "$long" ] || n=1000000
generate $n
made=$(status Conns)
echo "# $made connections"
check "as many as there were packets" [ "$made" -ge $((n * 9 / 10)) ]
settled() { now=$(d cat /proc/net/ip_vs_status); sleep 0.5; [ "$(d cat /proc/net/ip_vs_status)" = "$now" ]; }
wait_until 20 settled
d grep buckets /proc/net/ip_vs_status | sed 's/^/# /'
if [ "$slow" = 1 ]; then
  heads=0
  for table in Conn Reply Template; do heads=$((heads + 8 * $(status "$table buckets"))); done
  echo "# $((made * 128)) bytes of entries, $heads of heads"
  check "the heads of all tables take no more memory than the entries" [ $heads -le $((made * 128)) ]
fi
# With a quarter of an entry a bucket, of 2^22 buckets less than one in 10^5 is expected to hold more than 8 even
# with a million entries (4e6 * 0.25^9 / 9! = 4e-5); 16 are never seen unless somebody has aimed.
for table in Conn Reply; do
  check "$table: no chain is long" [ "$(status "$table buckets longest")" -le 8 ]
done
vs -C
wait_until 60 no_ipvs || not_ok "the module unloads"

# --- hardly any memory
modprobe ip_vs
service
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
