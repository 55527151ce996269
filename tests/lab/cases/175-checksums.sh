# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
# Checksums that are left to somebody else: those of packets within the packet that is translated or put into a tunnel,
# and SCTP's, which is none that others can be summed up from.
topology 1
modprobe ip_vs
modprobe -a vxlan ipip ip_gre fou sctp
mkdir -p /tmp/lab
# The way to the server does nothing by itself: what is left to the device is finished, and what arrives is looked at.
d ethtool -K d1 tx off gso off >/dev/null 2>&1
head -c 300000 /dev/urandom >/tmp/lab/data
sum=$(md5sum </tmp/lab/data)
s1 sh -c "
  ip link set tunl0 up
  ip fou add port 6080 gue
  ip tunnel add g4 mode gre local 10.2.1.2 remote 10.2.1.1 icsum && ip link set g4 up"

# overlay NS LOCAL REMOTE OPTION: a VXLAN from there to the virtual address, and one of the server's back to where it is
overlay() {
  ip -n "$1" link add vx0 type vxlan id 7 dstport 4789 local "$2" remote "$3" nolearning "$4"
  ip -n s1 link add vx0 type vxlan id 7 dstport 4789 local 10.2.1.2 remote "$2" nolearning "$4"
  ip -n "$1" addr add 192.168.7.1/24 dev vx0
  ip -n s1 addr add 192.168.7.2/24 dev vx0
  for end in "$1" s1; do ip -n "$end" link set vx0 mtu 1300 up; done
}
no_overlay() { ip -n "$1" link del vx0; ip -n s1 link del vx0; }
background sink s1 socat -u TCP-LISTEN:81,reuseaddr,fork SYSTEM:'md5sum >>/tmp/lab/sums'
# arrives NS: a file over the overlay
arrives() {
  : >/tmp/lab/sums
  at "$1" timeout 20 socat -u /tmp/lab/data TCP:192.168.7.2:81
  wait_until 10 grep -q -- - /tmp/lab/sums && [ "$(cat /tmp/lab/sums)" = "$sum" ]
}
bad() { s1 awk '/^Udp: [0-9]/ { print $8 }' /proc/net/snmp; }
# The director's own VXLAN would know what to do with an address that it has itself.
ip -n d route add 10.9.9.100 via 10.2.1.2
ip -n s1 addr add 10.9.9.100/32 dev lo
# -i: large pieces are cut for both tunnels, those of the director itself without a device that they came by
for ns in d c; do
  if [ $ns = d ]; then local=10.1.0.1 vip=10.9.9.100; else local=10.1.0.2 vip=$VIP; fi
  for option in noudpcsum udpcsum; do
    overlay $ns $local $vip $option
    for method in -m -i; do
      # another connection for each: they keep the method
      vs -C
      vs -A -u $vip:4789 -s rr
      vs -a -u $vip:4789 -r 10.2.1.2:4789 $method
      before=$(bad)
      check "VXLAN from $ns, $option: $method" arrives $ns
      is "... without a wrong sum" "$(bad)" "$before"
    done
    no_overlay $ns
  done
done

# the same into tunnels of other kinds
overlay c 10.1.0.2 $VIP noudpcsum
for option in "--tun-type gue --tun-port 6080" "--tun-type gue --tun-port 6080 --tun-csum" \
  "--tun-type gue --tun-port 6080 --tun-remcsum" "--tun-type gre --tun-csum"; do
  vs -C
  vs -A -u $VIP:4789 -s rr
  vs -a -u $VIP:4789 -r 10.2.1.2:4789 -i $option
  check "VXLAN into a tunnel: $option" arrives c
done
no_overlay c

# a CRC that was left to the device
serve 1 sctp:3868
vs -A --sctp-service $VIP:3868 -s rr
for option in "" "--tun-type gue --tun-port 6080 --tun-csum" "--tun-type gue --tun-port 6080 --tun-remcsum" "--tun-type gre --tun-csum"; do
  vs -a --sctp-service $VIP:3868 -r 10.2.1.2:3868 -i $option
  is "SCTP into a tunnel: ${option:-IPIP}" "$(c peer ask sctp $VIP 3868 1)" s1
  vs -d --sctp-service $VIP:3868 -r 10.2.1.2:3868
done
