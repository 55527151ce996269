# SPDX-License-Identifier: GPL-2.0-or-later
# What both directors of a pair have: the lab's topology, with a link to the other one in the director's namespace, and
# what they are told to do. $side is a or b.
. /lab/config
. /lab/alarm.sh
. /lab/transcript.sh
# those of this traffic, far enough from each other for two slow machines: of 61 or more 48 seconds may have passed
timeout_of=$(printf '%s' "$timeout_of" | sed 's/split("[^"]*"/split("10 61 120 180 240 300 900"/; s/t\[i\] - 25/t[i] - 48/')

set_up() {
  modprobe -a virtio_pci virtio_net
  topology 1
  fake_hosts
  listen_on s1 e0
  listen_on c c0
  case $side in a) number=1 ;; b) number=2 ;; esac
  wait_until 30 ip link show eth0 || broken "no link"
  ip link set eth0 netns d
  ip -n d link set eth0 up
  ip -n d addr add 10.99.0.$number/24 dev eth0
  ip -n d addr add fd99::$number/64 dev eth0 nodad
  d iptables -t mangle -A PREROUTING -p tcp --dport 443 -j MARK --set-mark 7
  d ip6tables -t mangle -A PREROUTING -p tcp --dport 443 -j MARK --set-mark 9
}

services() {
  # a daemon holds the module, and so everything that was
  vs --stop-daemon master 2>/dev/null
  vs --stop-daemon backup 2>/dev/null
  vs -C
  wait_until 20 no_ipvs || echo "ip_vs modules stay loaded"
  modprobe ip_vs
  vs -R <<RULES
-A -t $VIP:80 -s rr
-a -t $VIP:80 -r 10.2.1.11:80 -g
-A -t $VIP:81 -s rr
-a -t $VIP:81 -r 10.2.1.11:8081 -m
-a -t $VIP:81 -r 10.2.1.12:8081 -m
-A -t $VIP:84 -s rr
-a -t $VIP:84 -r 10.2.1.11:84 -i
-A -u $VIP:53 -s rr
-a -u $VIP:53 -r 10.2.1.11:53 -g
-A --sctp-service $VIP:88 -s rr
-a --sctp-service $VIP:88 -r 10.2.1.11:88 -m
-A -t $VIP:82 -s rr -p 300
-a -t $VIP:82 -r 10.2.1.12:82 -g
-a -t $VIP:82 -r 10.2.1.13:82 -g
-A -u $VIP:55 -s rr -p 240 -o
-a -u $VIP:55 -r 10.2.1.12:55 -m
-A -t [$VIP6]:80 -s rr
-a -t [$VIP6]:80 -r [fd02:1::11]:8080 -m
-A -t [$VIP6]:82 -s rr -p 240 -M 64
-a -t [$VIP6]:82 -r [fd02:1::12]:82 -g
-A -f 7 -s rr -p 60
-a -f 7 -r 10.2.1.12:0 -g
-A -f 9 -6 -s rr -p 60
-a -f 9 -6 -r [fd02:1::12]:0 -m
-A -t $VIP:9 -s rr
-a -t $VIP:9 -r 10.2.1.15:9 -g
RULES
  vs_sysctl sync_version "$1"
}

# Ours asks for the whole table when it begins. Here there is no master yet that could send it: what is compared is what is
# told by messages that both know.
begin_backup() { # GROUP
  vs --start-daemon backup --mcast-interface eth0 --mcast-group "$1" --syncid 9
  [ "$module" = intree ] || wait_until 30 d grep -q '^backup table questions:.*3$' /proc/net/ip_vs_sync ||
    broken "it goes on asking"
}
tcp() { # PORT SPORT FLAGS...
  port=$1 sport=$2
  shift 2
  for f in "$@"; do client_sends src=10.1.0.77 dst=$VIP sport="$sport" dport="$port" flags="$f"; done
}
tcp6() {
  port=$1 sport=$2
  shift 2
  for f in "$@"; do client_sends src=fd01::77 dst=$VIP6 sport="$sport" dport="$port" flags="$f"; done
}
answer() { server_sends 1 src=10.2.1."$1" dst=10.1.0.77 sport="$2" dport="$3" flags="$4"; }
sctp() {
  sport=$1
  shift
  for chunk in "$@"; do
    case $chunk in
      '<'*) server_sends 1 src=10.2.1.11 dst=10.1.0.77 proto=sctp sport=88 dport="$sport" chunk="${chunk#<}" ;;
      *) client_sends src=10.1.0.77 dst=$VIP proto=sctp sport="$sport" dport=88 chunk="$chunk" ;;
    esac
  done
}
udp() { client_sends src=10.1.0.77 dst=$VIP proto=udp sport="$2" dport="$1" len=4 count="$3"; }

# what a master has to tell of; in IPv6 groups they only have to hear each other
few() {
  tcp 80 4001 S A A
  tcp6 80 4081 S A A
  last "$1"
}
traffic() {
  tcp 80 4001 S A A
  tcp 80 4002 S A A AF
  tcp 80 4004 S A            # not told
  tcp 81 4011 S; answer 12 8081 4011 SA; tcp 81 4011 A A
  tcp 81 4012 S; answer 11 8081 4012 SA; tcp 81 4012 A A AF; answer 11 8081 4012 FA; tcp 81 4012 A
  tcp 81 4013 S; answer 12 8081 4013 SA; tcp 81 4013 A A; answer 12 8081 4013 FA; tcp 81 4013 A
  tcp 84 4021 S A A
  udp 53 4031 3
  sctp 4041 INIT '<INIT-ACK' COOKIE-ECHO '<COOKIE-ACK' DATA
  sctp 4042 INIT '<INIT-ACK' COOKIE-ECHO '<COOKIE-ACK' DATA SHUTDOWN
  tcp 82 4051 S A A
  udp 55 4061 3
  tcp 443 4071 S A A
  tcp6 80 4081 S A A; server_sends 1 src=fd02:1::11 dst=fd01::77 sport=8080 dport=4081 flags=A; tcp6 80 4081 A A
  tcp6 82 4091 S A A
  tcp6 443 4101 S A A
  last "$1"
}
# a connection that is told whatever the sysctls say, and so the last that is heard of
last() { tcp 9 "$1" S AF; }
has_entry() { d grep -q " $(printf %04X "$1") .* SYNC" /proc/net/ip_vs_conn_sync; }
# show [timed]: the entries but templates that nobody can find any more, with their timeouts if nothing else has happened since they were told
show() {
  d cat /proc/net/ip_vs_conn_sync | awk -v timed="$1" "$timeout_of"'NR > 1 && $5 != "0009" && $5 != "FFFF" {
    $10 = timed ? timeout_of($10) : "s"; print | "sort" }'
  services_sorted | grep -v -e :0009 -e 0A02010F
}

# what a client and servers see when the other one goes on
goes_on() {
  { arrived s1 e0; arrived c c0; } >/dev/null
  tcp 80 4001 A
  tcp 81 4011 A
  tcp 81 4012 A
  tcp 84 4021 A
  udp 53 4031 1
  sctp 4041 DATA
  tcp 82 4051 A
  tcp 82 4052 S
  tcp 443 4071 A
  tcp 443 4072 S
  tcp6 80 4081 A
  tcp6 82 4091 A
  tcp6 443 4102 S
  arrived s1 e0
  answer 12 8081 4011 A
  answer 11 8081 4012 A
  server_sends 1 src=fd02:1::11 dst=fd01::77 sport=8080 dport=4081 flags=A
  arrived c c0
}
