# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 400
# tools: debian
# Persistent services: whom a template is for, what it leads to, how it ends. Left out is what the in-tree
# module does with a template that has had to wait, see docs/map.md.
topology 1
modprobe ip_vs
fake_hosts
ip -n d neigh add 10.1.0.78 dev d0 lladdr "$cmac"
ip -n d neigh add 10.1.1.79 dev d0 lladdr "$cmac"
# a template of the kernel's own that must not be used any more may still be there, with a port that no packet has
rows() { echo "-- $*"; conns_timed | only intree grep -v ' FFFF '; }
# of these ports only: what earlier parts have left ends in its own time
rows_of() { title=$1; shift; rows "$title" | awk -v ports=" $(printf '%04X ' "$@")" '/^--/ || index(ports, " " $5 " ")'; }
counts() { d awk '$1 == "->" { print "server:", $2, $3, $4, $5, $6 }' /proc/net/ip_vs; }
udp() { client_sends src=10.1.0."$1" dst=$VIP proto=udp sport="$2" dport="$3" len=4; }
tcp() { client_sends src=10.1.0."$1" dst=$VIP sport="$2" dport="$3" flags=S; }
clear() { vs -C; vs -A -t $VIP:9 -s rr; }
pool_p() { # TYPE ADDRESS METHOD option...: three servers on the service's port
  type=$1 address=$2 method=$3
  shift 3
  vst -A $type $address -s rr "$@"
  for n in 11 12 13; do vs -a $type $address -r 10.2.1.$n${server_port:+:$server_port} $method; done
}

echo "== one client, one server"
server_port=8080 pool_p -u $VIP:53 -m -p 200
for i in 1 2 3; do udp 77 100$i 53; done
udp 78 1001 53
client_sends src=10.1.1.79 dst=$VIP proto=udp sport=1001 dport=53 len=4
rows_of "each client its own" 53
vst -Ln --persistent-conn
echo "== answered"
server_sends 1 src=10.2.1.13 dst=10.1.0.77 proto=udp sport=8080 dport=1001 len=4
rows_of "assured by a reply" 53
echo "== a network is one client"
clear
server_port=53 pool_p -u $VIP:54 -g -p 200 -M 255.255.255.0
udp 77 1101 54
udp 78 1101 54
client_sends src=10.1.1.79 dst=$VIP proto=udp sport=1101 dport=54 len=4
rows_of "two networks" 54
echo "== TCP: assured when established"
server_port=80 pool_p -t $VIP:80 -m -p 200
tcp 77 1201 80
rows_of "SYN" 80
for n in 11 12 13; do server_sends 1 src=10.2.1.$n dst=10.1.0.77 sport=80 dport=1201 flags=SA; done
client_sends src=10.1.0.77 dst=$VIP sport=1201 dport=80 flags=A
rows_of "established" 80

echo "== all ports of an address"
clear
server_port= pool_p -u $VIP:0 -g -p 200
for p in 1 80 5000; do udp 77 1301 $p; done
udp 78 1301 80
rows_of "one server for all ports" 0 1 80 5000 | grep -v 04B1
vs -A -u $VIP:81 -s rr
vs -a -u $VIP:81 -r 10.2.1.15:81 -g
udp 77 1302 81
rows_of "but a service of its own comes first" 81

echo "== FTP"
clear
server_port=21 pool_p -t $VIP:21 -g -p 200
for p in 21 20 1023 1024 40000; do tcp 77 1401 $p; done
rows "control and data" | grep -e ' 0579 ' -e 'TCP.* 0000 0A020'
echo 30000 | d tee /proc/sys/net/ipv4/ip_unprivileged_port_start
for p in 2000 50000; do tcp 77 1402 $p; done
rows "the namespace says which ports are privileged" | grep -e ' 057A '

echo "== marks"
clear
d iptables -t mangle -A PREROUTING -s 10.1.0.0/24 -p udp --dport 7000:7100 -j MARK --set-mark 7
server_port=8080 pool_p -f 7 -m -p 200
udp 77 1501 7000
udp 77 1502 7001
udp 78 1501 7001
rows "one template for all ports, and the server's port does not count" | grep -e ' 05D[DE] ' -e '^IP'
d iptables -t mangle -F PREROUTING

echo "== IPv6"
vst -A -u "[$VIP6]:53" -s rr -p 200 -M 64
for n in 11 12; do vs -a -u "[$VIP6]:53" -r "[fd02:1::$n]:53" -m; done
for a in fd01::77 fd01::78 fd01:0:0:1::77; do
  client_sends src=$a dst=$VIP6 proto=udp sport=1601 dport=53 len=4
done
rows_of "a prefix is one client" 53 | grep fd01
d ip6tables -t mangle -A PREROUTING -p udp --dport 7000 -j MARK --set-mark 7
vst -A -f 7 -6 -s rr -p 200 -M 128
vs -a -f 7 -6 -r "[fd02:1::11]:0" -g
client_sends src=fd01::77 dst=$VIP6 proto=udp sport=1602 dport=7000 len=4
rows "by mark" | grep -e ' 0642 ' -e '^IP  fd01'
d ip6tables -t mangle -F PREROUTING

echo "== quiesced, deleted, overloaded"
for on in 0 1; do
  clear
  server_port=55 pool_p -u $VIP:$((55 + on)) -m -p 200
  vs_sysctl expire_quiescent_template $on
  udp 77 1701 $((55 + on))
  vs -e -u $VIP:$((55 + on)) -r 10.2.1.13:55 -m -w 0
  udp 77 1702 $((55 + on))
  rows_of "weight 0, expire_quiescent_template=$on" $((55 + on))
done
vs_sysctl expire_quiescent_template 0
clear
server_port=57 pool_p -u $VIP:57 -m -p 200
udp 77 1801 57
vs -e -u $VIP:57 -r 10.2.1.13:57 -m -x 1
udp 77 1802 57
rows "overloaded: known clients come all the same" | grep -e ' 070[9A] '
vs -d -u $VIP:57 -r 10.2.1.13:57
udp 77 1803 57
rows "deleted: the client moves" | grep -e ' 070B '
for n in 11 12; do vs -e -u $VIP:57 -r 10.2.1.$n:57 -m -w 0; done
udp 78 1801 57
rows "nobody for a new client" | grep -c 0A01004E

echo "== the end of a template"
# the kernel's own waits for its connections where new ones find it, ours does not: cases/220-persistence.sh
clear
vst -A -u $VIP:58 -s rr -p 2
vs -a -u $VIP:58 -r 10.2.1.11:58 -m
vs --set 0 0 1
udp 77 1901 58
template() { d awk '$3 == "0000" && $5 == "003A" { print $9 }' /proc/net/ip_vs_conn; }
ended() { [ -z "$(template)" ]; }
wait_until 20 ended
rows "it ends" | grep -c ' 003A '
vs --set 0 0 300
vs -C
