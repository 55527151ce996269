# SPDX-License-Identifier: GPL-2.0-or-later
# tools: debian
# timeout: 300
# ESP and AH: they go where the key exchange of the same two hosts went, and nowhere without one.
topology 1
modprobe ip_vs
modprobe ipip
fake_hosts
listen_on c c0
listen_on s1 e0
see() {
  echo "\$ $*"
  "$@"
  arrived s1 e0
  arrived c c0 | grep -v -e 'icmp 11/1' -e 'icmp6 3/1'
}
client_n=77
error='proto=icmp type=3 code=2'
for method in -m -g -i; do
  # a client of its own: connections outlive their services
  client=10.1.0.$((client_n += 1))
  ip -n d neigh replace $client dev d0 lladdr "$cmac"
  echo "== $method"
  fake_pool -u rr $method 500 1 >/dev/null
  to="client_sends src=$client dst=$VIP"
  see $to proto=esp len=40
  see $to proto=ah len=40
  conns_sorted
  see $to proto=udp sport=500 dport=500 len=20
  see $to proto=esp len=40
  see $to proto=ah len=40
  see $to proto=esp len=2000 fragsize=1200 id=5
  # other hosts, other ports, other protocols
  see client_sends src=10.1.0.2 dst=$VIP proto=esp len=40
  see $to proto=108 len=40
  back=10.2.1.11
  [ $method = -m ] || back=$VIP
  see server_sends 1 src=$back dst=$client proto=esp len=40
  see server_sends 1 src=$back dst=$client proto=ah len=40
  see server_sends 1 src=$back dst=$client proto=esp len=2000 fragsize=1200 id=5
  see server_sends 1 src=10.2.1.12 dst=$client proto=esp len=40
  # errors about them: of the client, of the server, about later fragments too
  for proto in esp ah; do
    see $to $error in.src=$VIP in.dst=$client in.proto=$proto in.len=40
    see $to $error in.src=$VIP in.dst=$client in.proto=$proto in.len=40 in.frag=100
    see server_sends 1 src=$back dst=$client $error in.src=$client in.dst=$back in.proto=$proto in.len=40
    see server_sends 1 src=$back dst=$client $error in.src=$client in.dst=$back in.proto=$proto in.len=40 in.frag=100
  done
  conns_sorted
  # only replies that are translated count
  stats_settle "^UDP +$VIP:500 +1 +8 +$([ $method = -m ] && echo 8 || echo 0) "
  vst -Ln --stats --exact
  vs -C
done
echo "== IPv6"
vs -A -u "[$VIP6]:500" -s rr
vs -a -u "[$VIP6]:500" -r '[fd02:1::11]:500' -m
vs -A -u "[$VIP6]:53" -s rr
vs -a -u "[$VIP6]:53" -r '[fd02:1::11]:53' -m
to="client_sends src=fd01::77 dst=$VIP6"
see $to proto=udp sport=500 dport=500 len=20
see $to proto=esp len=40
see server_sends 1 src=fd02:1::11 dst=fd01::77 proto=esp len=40
# AH before ESP; before UDP, which it only protects
see $to proto=ah hex=32040000000000000000000000000000000000000000000000000001000000020000000300000004
see $to proto=ah hex=1104000000000000000000000000000000000000000000000fa000350010000061616161616161610000
conns_sorted
