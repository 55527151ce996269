# SPDX-License-Identifier: GPL-2.0-or-later
# brief: no
# kernels: 6.1 6.12
# What a connection entry costs. (With the guards of a debug kernel it is larger.)
topology 1
modprobe ip_vs
serve 1 80
pool -t rr -m 1
pool6 -t rr -m 1
ask tcp 80 1 >/dev/null
ask6 tcp 80 1 >/dev/null
vs -A -u $VIP:53 -s rr
vs -a -u $VIP:53 -r 10.2.1.2:53 -g
ask udp 53 1 timeout=100 >/dev/null
sizes=$(awk '/^ip_vs_conn/ { print $1 "=" $4 }' /proc/slabinfo | tr '\n' ' ')
echo "# connection entry: $sizes"
has "connection entries have slabs of their own" "$sizes" "ip_vs_conn"
# Locks that sleep take more.
smallest=128 largest=192
[ ! -e /sys/kernel/realtime ] || smallest=192 largest=256
if [ "$module" != intree ]; then
  # what a helper looks after has a place for what it knows
  helped=$(echo "$sizes" | tr ' ' '\n' | sed -n 's/.*_helped=//p' | sort -n | tail -n 1)
  check "... and with a helper no more than 64 more" [ "$helped" -le $((largest + 64)) ]
  sizes=$(echo "$sizes" | tr ' ' '\n' | grep -v _helped)
  size() { echo "$sizes" | tr ' ' '\n' | sed -n 's/.*=//p' | sort -n | sed -n "$1p"; }
  check "the smallest entry takes no more than $smallest bytes ($sizes)" [ "$(size 1)" -le $smallest ]
  check "the largest entry takes no more than $largest bytes ($sizes)" [ "$(size '$')" -le $largest ]
fi
