# SPDX-License-Identifier: GPL-2.0-or-later
# brief: no
# runs-on: ours
# timeout: 300
# Root of an unprivileged container, with a user and a network namespace of its own, configures his namespace by every
# interface; what he takes is charged to his memory control group, and bounded by numbers that only the host raises.
topology 1
modprobe ip_vs

mkdir -p /tmp/cg
mount -t cgroup2 none /tmp/cg
echo +memory >/tmp/cg/cgroup.subtree_control
mkdir /tmp/cg/box
check "the kernel accounts memory" [ -e /tmp/cg/box/memory.stat ]
finished
# in_group COMMAND...: as a process of the control group
in_group() { sh -c 'echo $$ >/tmp/cg/box/cgroup.procs; exec "$@"' sh "$@"; }
background box in_group unshare -U -r -n sh -c 'echo ready $$; exec sleep 600'
eventually "a container" 20 in_file ready box
box=$(sed -n 's/^ready //p' /tmp/lab/box)
inside() { nsenter -t "$box" -U -n -- "$@"; }	# its root
paying() { in_group nsenter -t "$box" -U -n -- "$@"; }	# ... and the group it pays from
beside() { nsenter -t "$box" -n -- "$@"; }	# the host's root, in its network
ip link add b0 netns c type veth peer name eth0 netns "$box"
ip -n c -batch - <<B
addr add 10.7.0.2/16 dev b0
link set b0 up
B
inside ip -batch - <<B
link set lo up
addr add 10.7.0.1/16 dev eth0
addr add 10.8.0.1/24 dev eth0
link set eth0 up
neigh add 10.8.0.2 dev eth0 lladdr 02:00:00:00:00:02
B
dir=/proc/sys/net/ipv4/vs

# --- one rule for all interfaces ---
check "netlink: a service" paying ipvsadm -A -u 10.7.0.1:53 -s rr
check "netlink: a server" inside ipvsadm -a -u 10.7.0.1:53 -r 10.8.0.2:53 -g
check "the other ipvsadm" inside /lab/debian/ipvsadm -A -t 10.7.0.1:80 -s rr
is "... and lists" "$(inside /lab/debian/ipvsadm -Ln | sed 1,3d | tr -s ' ' | sed 's/ $//')" \
  "TCP 10.7.0.1:80 rr
UDP 10.7.0.1:53 rr
 -> 10.8.0.2:53 Route 1 0 0"
check "timeouts" inside ipvsadm --set 100 0 0
check "sysctls" inside sh -c "echo 1 >$dir/expire_nodest_conn"
has "socket options" "$(inside control sockopt dump 2>&1)" "10.7.0.1:53"
has "who is not root there may not" "$(inside setpriv --bounding-set=-all --inh-caps=-all peer genl 13 2>&1)" "errno 1 EPERM"
is "the host's table is another one" "$(ipvsadm -Ln | sed 1,3d)" ""
# in the network of the host's root it has no rights
has "nor the container's root in another network" "$(nsenter -t "$box" -U -- peer genl 13 2>&1)" "errno 1 EPERM"

# --- who pays ---
# kernel memory of the group in kB; what belongs to processes goes with them. Each CPU may keep up to 64 pages of news to itself
charged() { awk '$1 == "kernel" { print int($2 / 1024) }' /tmp/cg/box/memory.stat; }
many=2000
before=$(charged)
for n in $(seq $many); do
  echo "-A -f $n -s rr"
  echo "-a -f $n -r 10.8.0.2:$n -g"
done >/tmp/lab/rules
check "$many services with a server each" paying ipvsadm -R </tmp/lab/rules
after=$(charged)
echo "charged: $before kB, with them $after kB"
check "they are charged to it" [ $((after - before)) -ge $((many * 600 / 1024)) ]

# --- bounds ---
write() { inside sh -c "echo $2 >$dir/$1" 2>/dev/null; }
for bound in svc_max:16384 dest_max:65536; do
  name=${bound%:*} most=${bound#*:}
  is "$name" "$(inside cat $dir/$name)" "$most"
  refuse "$name: not raised from inside" write "$name" $((most + 1))
  check "$name: lowered" write "$name" 5
  check "$name: and as high as it was" write "$name" "$most"
  check "$name: raised by the host's root" beside sh -c "echo $((most + 5)) >$dir/$name"
  check "$name: then so far from inside, too" write "$name" $((most + 5))
done
is "in a namespace of the host's there is none" "$(d cat $dir/svc_max $dir/dest_max | tr '\n' ' ')" "1073741824 1073741824 "
write svc_max $((many + 3))
check "the last service that may be" inside ipvsadm -A -f 10001 -s rr
full=$(inside ipvsadm -A -f 10002 -s rr 2>&1)
has "one more is refused, with a text" "$full" "svc_max"
is "... and an exit code of its own" "$(inside ipvsadm -A -f 10002 -s rr --exit-codes 2>/dev/null || echo $?)" 20
check "in the place of another it is taken" inside sh -c 'ipvsadm -D -f 10001 && ipvsadm -A -f 10002 -s rr'
write dest_max $((many + 2))
check "the last server that may be" inside ipvsadm -a -f 10002 -r 10.8.0.2:1 -g
has "one more is refused, with a text" "$(inside ipvsadm -a -f 10002 -r 10.8.0.2:2 -g 2>&1)" "dest_max"
inside ipvsadm -d -f 10002 -r 10.8.0.2:1
has "also when one was deleted: it is still there for its connections" "$(inside ipvsadm -a -f 10002 -r 10.8.0.2:2 -g 2>&1)" "dest_max"
check "... which comes back" inside ipvsadm -a -f 10002 -r 10.8.0.2:1 -g
write dest_max 65536
check "there is room again" inside ipvsadm -a -f 10002 -r 10.8.0.2:2 -g
has "a table as a whole is bounded, too" "$(sed 's/10.8.0.2/10.8.0.3/' /tmp/lab/rules | inside sh -c "echo 2 >$dir/dest_max; ipvsadm -R --atomic" 2>&1)" "dest_max"
is "... and nothing is changed" "$(inside ipvsadm -Ln -f 10002 | grep -c 10.8.0.2)" 2
write dest_max 65536

# --- connections: packets make them, in nobody's name ---
flood() { # FIRST NUMBER
  last=$(($1 + $2))
  first=$1
  while [ "$first" -lt "$last" ]; do
    c peer ask udp 10.7.0.1 53 500 sport="$first" parallel timeout=1 >/dev/null
    first=$((first + 500))
  done
}
before=$(charged)
flood 10000 12000
after=$(charged)
echo "charged: $before kB, with connections $after kB"
check "12000 connections are charged to it" [ $((after - before)) -ge $((12000 * 128 / 1024 - 512)) ]
no_memory() { inside awk '$1 == "no-memory" { print $2 }' /proc/net/ip_vs_drops; }
is "none was refused" "$(no_memory)" 0
# no more than now; the kernel takes pages for the group in advance, 64 for each processor
cat /tmp/cg/box/memory.current >/tmp/cg/box/memory.max
flood 30000 8000
echo max >/tmp/cg/box/memory.max
refused=$(no_memory)
echo "refused: $refused"
check "beyond the limit of the group none is made" [ "$refused" -ge 500 ]
flood 40000 500
is "without the limit they are again" "$(no_memory)" "$refused"
write conn_max 0
flood 45000 500
is "conn_max bounds them" "$(inside awk '$1 == "conn-max" { print $2 }' /proc/net/ip_vs_drops)" 500

# --- it ends, and nothing stays charged ---
kill "$box"
is_paid_back() { [ "$(charged)" -lt 1000 ]; }
eventually "what was charged, some 6000 kB, is given back" 60 is_paid_back
rmdir /tmp/cg/box
umount /tmp/cg
