# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 400
# tools: debian
# What netfilter's connection tracking has of IPVS connections, with the sysctl off and on.
topology 1
modprobe -a ip_vs ipip
fake_hosts
# tracking begins with the first rule that needs it
d iptables -A INPUT -m conntrack --ctstate NEW
d ip6tables -A INPUT -m conntrack --ctstate NEW
listen_on s1 e0

# A service with one server on a port that nobody had before: what is left of earlier ones times out in its
# own time and is not shown.
port=3000
service() { # TYPE METHOD [option...]
  port=$((port + 1)) type=$1 method=$2
  shift 2
  vs -A $type $VIP:$port -s rr "$@"
  vs -a $type $VIP:$port -r 10.2.1.11:$port $method
}
client() { client_sends src=10.1.0.77 dst=$VIP dport=$port "$@"; }
server() { server_sends 1 src=10.2.1.11 dst=10.1.0.77 sport=$port "$@"; }
conns_of_port() { d awk -v p="$(printf %04X $port)" '$5 == p { print "conn:", $1, $2, $3, $4, $5, $6, $7, $8 }' /proc/net/ip_vs_conn; }
show() {
  echo "-- $*"
  arrived s1 e0 | sed 's/^/server: /'
  # without their timers
  d grep -e "port=$port " -e 'unknown  4 ' /proc/net/nf_conntrack |
    sed -E 's/^(ipv. +[0-9]+ [a-z0-9]+ +[0-9]+) [0-9]+/\1/; s/ use=[0-9]+//; s/^/track: /' | sort
  conns_of_port
}
# A SYN that the kernel's own loses to the old entry, and that with ours goes to the new server: cases/211-snat.sh.
lost_there() {
  came=$(arrived s1 e0)
  case $module-$came in intree-* | ours-*"> 10.2.1.12:$port tcp S "*) came="to the new server" ;; esac
  echo "-- $1: $came"
}
expired() { [ -z "$(conns_of_port)" ]; }
udp_ends() { # SPORT: one more packet gives it the short timeout
  vs --set 0 0 1
  client proto=udp sport=$1 len=9
  wait_until 20 expired
  vs --set 0 0 300
}
# so that deleting a service does not end all handling
vs -A -t $VIP:80 -s rr

for on in 0 1; do
  vs_sysctl conntrack $on
  for m in -m -g -i; do
    echo "== conntrack=$on $m"
    service -t $m
    client sport=4002 flags=S
    show "tcp"
    service -u $m -o
    client proto=udp sport=4001 len=10
    show "one packet"
    service -u $m
    client proto=udp sport=4000 len=10
    show "udp request"
    [ $m != -m ] || server proto=udp dport=4000 len=20
    show "udp reply"
    udp_ends 4000
    show "expired"
  done
done

echo "== the flag is the connection's"
service -u -m
vs_sysctl conntrack 0
client proto=udp sport=4010 len=10
vs_sysctl conntrack 1
client proto=udp sport=4010 len=10
client proto=udp sport=4011 len=10
vs_sysctl conntrack 0
client proto=udp sport=4011 len=10
show "one off, one on" | sort

# a connection that is over, and a new one from the same port
over() {
  client sport=$1 flags=S
  server dport=$1 flags=SA seq=100 ack=2
  client sport=$1 flags=A seq=2 ack=101
  client sport=$1 flags=R seq=2
}
for on in 0 1; do
  vs_sysctl conntrack $on
  for mode in 0 1; do
    vs_sysctl conn_reuse_mode $mode
    echo "== reuse: conntrack=$on conn_reuse_mode=$mode"
    service -t -m
    over 4020
    show "over"
    vs -a -t $VIP:$port -r 10.2.1.12:$port -m
    client sport=4020 flags=S seq=7000
    if [ $on$mode = 11 ]; then lost_there "SYN"; else show "SYN"; fi
    client sport=4020 flags=S seq=7000
    show "SYN again"
  done
done

# tracked by an entry of before, as it may stay behind when the sysctl is switched or a service comes late
echo "== an old entry and a connection that is not tracked"
vs_sysctl conntrack 0
service -t -m
over 4025
vs_sysctl conntrack 1
vs -D -t $VIP:$port
vs -D -t $VIP:80
client sport=4025 flags=S seq=9000
vs -A -t $VIP:80 -s rr
vs -A -t $VIP:$port -s rr
vs -a -t $VIP:$port -r 10.2.1.11:$port -m
show "the local stack has answered"
client sport=4025 flags=S seq=9000
show "SYN"

echo "== server deleted"
vs_sysctl expire_nodest_conn 1
for on in 0 1; do
  vs_sysctl conntrack $on
  service -u -m
  client proto=udp sport=4030 len=10
  vs -d -u $VIP:$port -r 10.2.1.11:$port
  vs -a -u $VIP:$port -r 10.2.1.12:$port -m
  wait_until 5 expired
  show "conntrack=$on: gone"
  client proto=udp sport=4030 len=10
  show "again"
done

echo "== weight 0 and SYN"
for on in 0 1; do
  vs_sysctl conntrack $on
  service -t -m
  client sport=4040 flags=S
  vs -e -t $VIP:$port -r 10.2.1.11:$port -m -w 0
  vs -a -t $VIP:$port -r 10.2.1.12:$port -m
  client sport=4040 flags=S
  if [ $on = 1 ]; then lost_there "first SYN"; else show "conntrack=$on: first SYN"; fi
  client sport=4040 flags=S
  show "second SYN"
done
vs_sysctl expire_nodest_conn 0

echo "== tracked from the server's side only"
vs_sysctl conntrack 1
d iptables -t raw -A PREROUTING -s 10.1.0.77 -j CT --notrack
service -u -m
client proto=udp sport=4050 len=10
server proto=udp dport=4050 len=10
show reply
d iptables -t raw -F PREROUTING

echo "== client on the director"
service -u -m
d peer ask udp $VIP $port 1 bind=10.1.0.1 sport=4070 timeout=1
show NAT

echo "== IPv6"
for on in 0 1; do
  vs_sysctl conntrack $on
  for m in -m -g; do
    port=$((port + 1))
    vs -A -u "[$VIP6]:$port" -s rr
    vs -a -u "[$VIP6]:$port" -r "[fd02:1::11]:$port" $m
    client_sends src=fd01::77 dst=$VIP6 proto=udp sport=4060 dport=$port len=10
    [ $m != -m ] || server_sends 1 src=fd02:1::11 dst=fd01::77 proto=udp sport=$port dport=4060 len=10
    show "conntrack=$on $m"
  done
done
vs -C
