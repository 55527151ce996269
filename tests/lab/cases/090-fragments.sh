# SPDX-License-Identifier: GPL-2.0-or-later
# A datagram in pieces reaches one server whole, whatever the order; a lone piece reaches none.
topology 2
modprobe ip_vs
serve 2 53
listen_on s1 e0
listen_on s2 e0

for method in -m -g; do
  pool -u rr $method 2 53
  is "$method: fragments of sockets come back" "$(ask udp 53 4 len=6000 | spread)" "s1=2 s2=2"
  arrived s1 e0 >/dev/null
  arrived s2 e0 >/dev/null
  # sums of transport payload per datagram: 8 + 3000 bytes, cut anew on the way out
  for order in '' reverse; do
    client_sends src=10.1.0.2 dst=$VIP proto=udp sport=5000 dport=53 len=3000 fragsize=1000 id=77 $order
    got=$(arrived s1 e0; arrived s2 e0)
    is "$method $order: all pieces reach one server" \
      "$(echo "$got" | sed -n 's/.*fragment of 17: [0-9]*+\([0-9]*\).*/\1/p' | awk '{ n += $1 } END { print n + 0 }')" 3008
  done
  client_sends src=10.1.0.2 dst=$VIP proto=udp sport=5001 dport=53 len=1000 frag=185 id=99
  client_sends src=10.1.0.2 dst=$VIP proto=udp sport=5002 dport=53 len=1000 mf id=98
  is "$method: incomplete datagrams reach nobody" "$(arrived s1 e0; arrived s2 e0)" ""
  vs -C
  pool6 -u rr $method 2 53
  is "IPv6 $method: fragments of sockets come back" "$(ask6 udp 53 4 len=6000 | spread)" "s1=2 s2=2"
  arrived s1 e0 >/dev/null
  arrived s2 e0 >/dev/null
  for order in '' reverse; do
    client_sends src=fd01::2 dst=$VIP6 proto=udp sport=5000 dport=53 len=3000 fragsize=1000 id=77 $order
    got=$(arrived s1 e0; arrived s2 e0)
    is "IPv6 $method $order: all pieces reach one server" \
      "$(echo "$got" | sed -n 's/.*fragment of 17: [0-9]*+\([0-9]*\).*/\1/p' | awk '{ n += $1 } END { print n + 0 }')" 3008
  done
  vs -C
done
# replies in pieces are translated
pool -u rr -m 1 53
is "NAT: a reply in pieces is translated" "$(ask udp 53 1 len=20000)" s1
