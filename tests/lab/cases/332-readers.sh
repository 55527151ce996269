# SPDX-License-Identifier: GPL-2.0-or-later
# brief: no
# runs-on: ours
# timeout: 300
# Files in /proc/net that anyone may read, of a large table: reading is no burden for those who change it, nor they for it.
# And what a table costs is paid by who makes it.
modprobe ip_vs
namespace d
mkdir -p /tmp/lab
n=$(fewer 3000)
awk -v n="$n" 'BEGIN {
  print "mark 1 rr"
  for (i = 0; i < n; i++) printf "  10.2.%d.%d:80 nat\n", i / 250, i % 250 + 1
}' >/tmp/lab/table
awk -v n="$n" 'BEGIN {
  print "mark 1 rr"
  for (i = 0; i < n; i++) printf "  10.2.%d.%d:80 nat\n", i / 250, i % 250 + 1
  for (i = 0; i < n; i++) printf "tcp 10.9.%d.%d:80 rr\n  10.2.1.1:80 nat\n", i / 250, i % 250 + 1
}' >/tmp/lab/larger
d control replace /tmp/lab/table

# While a table is being replaced nobody else can change it; the counters are read all the same.
reads_during_replacement() {
  rm -f /tmp/lab/done
  background replacing d sh -c "control replace /tmp/lab/$1; : >/tmp/lab/done"
  while [ ! -e /tmp/lab/done ]; do
    before=$(d sh -c 'read -r a b </proc/uptime; cat '"$2"' >/dev/null; read -r c d </proc/uptime; echo $a $c' |
      awk '{ printf "%d", ($2 - $1) * 100 }')
    [ "$before" -le "$longest" ] || longest=$before
    reads=$((reads + 1))
  done
}
for file in ip_vs_stats ip_vs_stats_percpu; do
  reads=0 longest=0
  begin=$(awk '{ print int($1 * 100) }' /proc/uptime)
  reads_during_replacement larger /proc/net/$file
  reads_during_replacement table /proc/net/$file
  took=$(($(awk '{ print int($1 * 100) }' /proc/uptime) - begin))
  echo "# $file: $reads reads in $took/100 s, the longest took $longest/100 s"
  check "$file does not wait for a table that is replaced" [ $((longest * 4)) -lt "$took" ]
done

# Each row is read when its turn comes: a read is as short with one server as with thousands.
oldest=$(printf '%08X:0050' $((0x0A020001)))
read_in_parts() {
  # shellcheck disable=SC2016 # for the shell there
  d sh -c 'exec 3</proc/net/ip_vs; dd bs=2048 count=2 <&3 2>/dev/null; '"$1"'; cat <&3'
}
rows=$(read_in_parts "ipvsadm -e -f 1 -r 10.2.0.1:80 -m -w 77")
has "a row that comes later shows what was changed meanwhile" "$rows" "-> $oldest +Masq +77 "
is "there is one for each server" "$(echo "$rows" | grep -c Masq)" "$n"
is "... and none twice" "$(echo "$rows" | grep Masq | sort -u | grep -c .)" "$n"
is "all of it is what one read gives" "$(d cat /proc/net/ip_vs | md5sum)" "$(d dd bs=100 if=/proc/net/ip_vs 2>/dev/null | md5sum)"
# those it stands at and around it go
at_end=$(d sh -c 'dd bs=2048 count=2 if=/proc/net/ip_vs 2>/dev/null' | grep -c Masq)
doomed=$(d sed -n "4,$((at_end + 34))s/.*-> 0A\\(..\\)\\(..\\)\\(..\\):0050.*/0x\\1 0x\\2 0x\\3/p" /proc/net/ip_vs | tail -n 60 |
  while read -r x y z; do echo "-d -f 1 -r 10.$((x)).$((y)).$((z)):80"; done)
echo "$doomed" >/tmp/lab/doomed
gone=$(grep -c . /tmp/lab/doomed)
rows=$(read_in_parts "ipvsadm -R </tmp/lab/doomed")
left=$(d grep Masq /proc/net/ip_vs)
is "servers have gone" "$(echo "$left" | grep -c .)" $((n - gone))
echo "$rows" | grep Masq | sort >/tmp/lab/rows
echo "$left" >/tmp/lab/left
is "what stays is there when others go" \
  "$(awk 'NR == FNR { seen[$0] = 1; next } !($0 in seen)' /tmp/lab/rows /tmp/lab/left | grep -c .)" 0
is "... once" "$(uniq -d /tmp/lab/rows)" ""
rows=$(read_in_parts "ipvsadm -D -f 1; ipvsadm -A -f 1 -s rr; ipvsadm -A -t 10.9.9.9:80 -s rr")
has "a service goes: the next one" "$rows" "^TCP  0A090909:0050 rr"
has "... also one that is as it was" "$rows" "^FWM  00000001 rr"

# Who makes them pays for them: the memory is of his cgroup, and so is its limit.
reload_ipvs # or servers would come back from the trash, paid for by others
mkdir /tmp/lab/cgroup
mount -t cgroup2 none /tmp/lab/cgroup
echo +memory >/tmp/lab/cgroup/cgroup.subtree_control
mkdir /tmp/lab/cgroup/payer
d sh -c 'echo $$ >/tmp/lab/cgroup/payer/cgroup.procs; exec control replace /tmp/lab/larger'
# 2 n servers of 500 bytes, n services of 300, and counters for each CPU
paid() { awk -v kind="$1" '$1 == kind { print int($2 / 1024) }' /tmp/lab/cgroup/payer/memory.stat; }
echo "# paid: $(paid slab) KiB of objects, $(paid percpu) KiB for CPUs"
check "services and servers are paid for" [ "$(paid slab)" -ge $((n * 13 / 10)) ]
check "... and their counters" [ "$(paid percpu)" -ge $((2 * n * 40 * $(nproc) / 1024)) ]
umount /tmp/lab/cgroup

# What is sent is what is allocated, not a hundred times as much: this asked for more than two gigabytes.
is "a table of services without anything" "$(d control oversize 17000000)" "Invalid argument"
