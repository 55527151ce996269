# SPDX-License-Identifier: GPL-2.0-or-later
# Cached routes of servers: they do not keep a device from going away, and a new one takes their place.
topology 1
modprobe ip_vs
listen_on c c0

# a device of its own for the servers, with the neighbours known
device() {
  ip -n d link add x0 type dummy
  ip -n d -batch - <<BATCH
addr add 10.9.0.1/24 dev x0
addr add fd09::1/64 dev x0 nodad
link set x0 up
neigh add 10.9.0.2 dev x0 lladdr 02:00:00:00:00:02
neigh add fd09::2 dev x0 lladdr 02:00:00:00:00:02
BATCH
  background x0 at d peer capture dev=x0 out
  capture=$bg_pid
  wait_until 10 in_file ready x0 || not_ok "capture starts"
}
# went N: so many packets have left through it
went() { [ "$(grep -c '>' /tmp/lab/x0)" = "$1" ]; }
remove_device() {
  kill "$capture"
  # busybox would take its own ip
  timeout 20 /usr/sbin/ip -n d link del x0
}
# All methods and families: one packet each, so that each server has a route.
send_all() {
  for p in 51 52 53 54 55; do
    client_sends src=10.1.0.2 dst=$VIP proto=udp "sport=$1" dport=$p len=8
    client_sends src=fd01::2 dst=$VIP6 proto=udp "sport=$1" dport=$p len=8
  done
  arrived c c0 >/dev/null
}
is_gone() { [ -z "$(ip -n d -o link show x0 2>/dev/null)" ]; }
device
for service in $VIP "[$VIP6]"; do
  if [ "$service" = $VIP ]; then same=10.9.0.2 other=[fd09::2]; else same=[fd09::2] other=10.9.0.2; fi
  for p in 51 52 53 54 55; do vs -A -u "$service:$p" -s rr; done
  vs -a -u "$service:51" -r "$same:51" -m
  vs -a -u "$service:52" -r "$same:52" -g
  vs -a -u "$service:53" -r "$same:53" -i
  vs -a -u "$service:54" -r "$other:54" -i
  vs -a -u "$service:55" -r "$same:55" -i --tun-type gue --tun-port 6080
done
send_all 4000
eventually "a packet goes to each server" 10 went 10
check "the device goes away" remove_device
check "... and is gone" is_gone

device
send_all 4000
eventually "the same connections go through the new device" 10 went 10
ip -n d link set x0 down
send_all 4000
ip -n d link set x0 up
ip -n d -batch - <<BATCH
addr replace fd09::1/64 dev x0 nodad
neigh replace 10.9.0.2 dev x0 lladdr 02:00:00:00:00:02
neigh replace fd09::2 dev x0 lladdr 02:00:00:00:00:02
BATCH
send_all 4000
eventually "and again after it was down" 10 went 20

# deleted servers with connections are kept, but not their routes
vs -C
vs -A -u $VIP:60 -s rr
vs -A -u "[$VIP6]:60" -s rr
send_all 4000
check "a device of deleted servers goes away" remove_device
check "... and is gone" is_gone
