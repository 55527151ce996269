# SPDX-License-Identifier: GPL-2.0-or-later
# tools: debian
# timeout: 800
# What a master daemon tells of its connections: which packets make a record, and every byte of it. A message has one
# record here, so they come in the order of the packets. Templates that are told again without a change are told less
# often by ours, so they are left out; and so is version 0 with sync_persist_mode, where the original tells nothing.
topology 1
modprobe ip_vs
fake_hosts

# --- what is told

# hear_on NAME GROUP [WORD...]: a listener at the other end of d0
hear_on() {
  hear_name=$1 hear_group=$2
  shift 2
  background "$hear_name" at c peer hear dev=c0 "group=$hear_group" port=8848 "$@"
  wait_until 10 in_file ready "$hear_name" || broken "nobody listens to $hear_group"
}
hear_on heard 224.0.0.81
# lines of a listener since the last time
unread() { tail -n "+$(($(cat "/tmp/lab/$1.read" 2>/dev/null || echo 1) + 1))" "/tmp/lab/$1"; }
all_read() { echo $(($(cat "/tmp/lab/$1.read" 2>/dev/null || echo 1) + $2)) >"/tmp/lab/$1.read"; }

# Where one part begins, a connection that ends at once says so: that is told whatever the sysctls say.
parts=0 marker=60000
vs -A -t $VIP:9 -s rr
vs -a -t $VIP:9 -r 10.2.1.15:9 -g
version=1
part() { # what comes now
  parts=$((parts + 1)) marker=$((marker + 1))
  echo "$*" >"/tmp/lab/part-$parts"
  for f in S AF; do client_sends src=10.1.0.77 dst=$VIP sport=$marker dport=9 flags=$f; done
}
# A message leaves when the next record comes, the last one after two seconds.
told() { # the parts, and the records of each
  part end
  wait_until 20 sh -c "tail -n +$(cat /tmp/lab/heard.read 2>/dev/null || echo 1) /tmp/lab/heard | grep -q $(printf %04x0009 $marker)" ||
    broken "the last record was not told"
  unread heard >/tmp/lab/told
  all_read heard "$(wc -l </tmp/lab/told)"
  touch /tmp/lab/last
  awk '
    # what was last told of a template, also of the parts before
    BEGIN { while ((getline <"/tmp/lab/last") > 0) last[$1] = $2; close("/tmp/lab/last") }
    END { for (key in last) print key, last[key] >"/tmp/lab/last" }
    # digits of byte n of a message
    function at(n, len) { return substr(hex, 2 * n + 1, 2 * len) }
    function line(file) { getline text <file; close(file); return text }
    {
      hex = $2
      v1 = at(0, 1) == "00"
      cport = v1 ? at(18, 2) : at(6, 2)
      vport = v1 ? at(20, 2) : at(8, 2)
      if (vport == "0009") {
        print "== " line("/tmp/lab/part-" ++part)
        next
      }
      flags = v1 ? at(14, 2) : at(24, 2)
      # a template, by the upper four bits; its addresses and ports are its name
      if (index("13579bdf", substr(flags, 1, 1))) {
        key = v1 ? at(9, 1) substr(hex, 2 * 18 + 1, 2 * 10) substr(hex, 2 * 32 + 1) : at(5, 1) at(8, 16)
        if (last[key] == hex) next
        last[key] = hex
      }
      print hex
    }' /tmp/lab/told
  rm -f /tmp/lab/part-*
  parts=0
}

# --- who says it

# flow METHOD STEPS: a connection of its own. S A F R: the client's packet with that flag, s a f r y: the server's, y is
# SYN with ACK; x: the client's with ACK, ten of them
sport=40000
vip=$VIP client=10.1.0.77 server=10.2.1.11
flow() {
  sport=$((sport + 1))
  case $1 in -m) port=81 to=8081 ;; -g) port=80 to=80 ;; -i) port=84 to=84 ;; esac
  steps=$2
  while [ -n "$steps" ]; do
    step=${steps%"${steps#?}"}
    steps=${steps#?}
    case $step in
      S|R) client_sends src=$client dst=$vip sport=$sport dport=$port flags=$step ;;
      A|F) client_sends src=$client dst=$vip sport=$sport dport=$port flags=A${step#A} ;;
      x) client_sends src=$client dst=$vip sport=$sport dport=$port flags=A count=10 ;;
      y) server_sends 1 src=$server dst=$client sport=$to dport=$sport flags=SA ;;
      a|f) server_sends 1 src=$server dst=$client sport=$to dport=$sport flags=A"$(echo "${step#a}" | tr f F)" ;;
      r) server_sends 1 src=$server dst=$client sport=$to dport=$sport flags=RA ;;
    esac
  done
}
udp() { # PORT COUNT
  sport=$((sport + 1))
  client_sends src=$client dst=$vip proto=udp sport=$sport dport="$1" len=4 count="$2"
}
sctp() { # CHUNK...
  sport=$((sport + 1))
  for chunk in "$@"; do client_sends src=$client dst=$vip proto=sctp sport=$sport dport=88 "chunk=$chunk"; done
}
services() {
  vs -A -t $VIP:80 -s rr
  vs -a -t $VIP:80 -r 10.2.1.11:80 -g
  vs -A -t $VIP:81 -s rr
  vs -a -t $VIP:81 -r 10.2.1.11:8081 -m
  vs -A -t $VIP:84 -s rr
  vs -a -t $VIP:84 -r 10.2.1.11:84 -i
  vs -A -u $VIP:53 -s rr
  vs -a -u $VIP:53 -r 10.2.1.11:53 -g
  vs -A -u $VIP:54 -s rr
  vs -a -u $VIP:54 -r 10.2.1.11:5353 -m
  vs -A --sctp-service $VIP:88 -s rr
  vs -a --sctp-service $VIP:88 -r 10.2.1.11:88 -g
  vs -A -t $VIP:82 -s rr -p 300
  vs -a -t $VIP:82 -r 10.2.1.12:82 -g
  vs -A -u $VIP:55 -s rr -p 200 -o
  vs -a -u $VIP:55 -r 10.2.1.12:55 -m
  vs -A -t "[$VIP6]:80" -s rr
  vs -a -t "[$VIP6]:80" -r '[fd02:1::11]:8080' -m
  vs -A -t "[$VIP6]:82" -s rr -p 100 -M 64
  vs -a -t "[$VIP6]:82" -r '[fd02:1::12]:82' -m
  d iptables -t mangle -A PREROUTING -p tcp --dport 443 -j MARK --set-mark 7
  d ip6tables -t mangle -A PREROUTING -p tcp --dport 443 -j MARK --set-mark 9
  d iptables -t mangle -A PREROUTING -p udp --dport 444 -j MARK --set-mark 11
  vs -A -f 7 -s rr -p 60
  vs -a -f 7 -r 10.2.1.12:0 -g
  vs -A -f 9 -6 -s rr -p 60
  vs -a -f 9 -6 -r '[fd02:1::12]:0' -g
  vs -A -f 11 -s rr
  vs -a -f 11 -r 10.2.1.13:0 -m
}
services
vs --start-daemon master --mcast-interface d0 --syncid 17 --sync-maxlen 1

sequences() {
  for steps in SA SAA SAF SAAF SAAR SF SAAFS SR SAAAA; do
    part "$version direct $steps"
    flow -g $steps
  done
  for steps in SyAAF SyAAf SyAAfA SyAAfF SyAAFfA SyAAr SrA SyAa SyAAFfAS SySA yS; do
    part "$version nat $steps"
    flow -m $steps
  done
  part "$version tunnel"
  flow -i SAAF
  part "$version SCTP"
  sctp INIT COOKIE-ECHO DATA SHUTDOWN SHUTDOWN-COMPLETE
  sctp INIT ABORT
  sctp INIT COOKIE-ECHO DATA DATA SHUTDOWN-ACK INIT
  part "$version UDP"
  udp 53 2
  udp 53 3
  udp 54 54
}
sequences

part "counts"
for pair in '3 50' '0 50' '3 0' '0 0' '1 2' '0 1'; do
  vs_sysctl sync_threshold "$pair"
  part "counts $pair"
  flow -g SAxx
  udp 53 7
done
vs_sysctl sync_threshold '3 50'
part "fifty more"
flow -m SyAxxxxxAAAA

part "a persistent service"
flow() { sport=$((sport + 1)); for f in $2; do client_sends src=$client dst=$vip sport=$sport dport="$1" flags="$f"; done; }
flow 82 'S A A A AF'
part "one packet, persistent"
udp 55 3
part "marks"
flow 443 'S A A A AF'
udp 444 4
part "sync_persist_mode"
vs_sysctl sync_persist_mode 1
# a client whose templates were not told just now
client=10.1.0.79
flow 82 'S A A A AF'
flow 80 'S A A A AF'
udp 55 3
client=10.1.0.77
vs_sysctl sync_persist_mode 0
told

echo "-- IPv6"
vip=$VIP6 client=fd01::77
part "IPv6"
flow 80 'S A A AF'
part "IPv6, a prefix"
flow 82 'S A A AF'
part "IPv6, marks"
flow 443 'S A A AF'
vip=$VIP client=10.1.0.77

# A period is asked of the clock; what comes in a quick succession makes one record.
part "refresh period"
vs_sysctl sync_threshold '0 0'
vs_sysctl sync_refresh_period 3600
udp 53 9
flow 80 'S A A A AF'
vs_sysctl sync_threshold '0 3'
part "refresh period and count"
udp 53 9
vs_sysctl sync_refresh_period -1
part "a negative period"
udp 53 9
vs_sysctl sync_threshold '3 50'
vs_sysctl sync_refresh_period 0
told

echo "-- retries"
# each at the earliest a second after the one before it, and the next period is far away
vs_sysctl sync_threshold '0 0'
vs_sysctl sync_refresh_period 80
vs_sysctl sync_retries 1
part "one retry after ten seconds"
udp 53 1
again() { client_sends src=$client dst=$vip proto=udp sport=$sport dport=53 len=4; }
begin=$(cut -d. -f1 /proc/uptime)
while [ $(($(cut -d. -f1 /proc/uptime) - begin)) -lt 25 ]; do again; sleep 0.5; done
vs_sysctl sync_retries 0
vs_sysctl sync_refresh_period 0
vs_sysctl sync_threshold '3 50'
told

echo "-- version 0"
vs_sysctl sync_version 0
version=0
unset -f flow
flow() {
  sport=$((sport + 1))
  case $1 in -m) port=81 to=8081 ;; *) port=80 to=80 ;; esac
  for f in $2; do
    case $f in
      y) server_sends 1 src=$server dst=$client sport=$to dport=$sport flags=SA ;;
      *) client_sends src=$client dst=$vip sport=$sport dport=$port flags="$f" ;;
    esac
  done
}
part "0 direct"
flow -g 'S A A A AF'
part "0 nat"
flow -m 'S y A A A AF'
part "0 SCTP, UDP"
sctp INIT COOKIE-ECHO DATA SHUTDOWN SHUTDOWN-COMPLETE
udp 53 4
udp 444 4
flow() { sport=$((sport + 1)); for f in $2; do client_sends src=$client dst=$vip sport=$sport dport="$1" flags="$f"; done; }
part "0 persistent"
flow 82 'S A A A AF'
udp 55 4
part "0 marks"
flow 443 'S A A A AF'
vip=$VIP6 client=fd01::77
part "0 says nothing of IPv6"
flow 80 'S A A A AF'
vip=$VIP client=10.1.0.77
vs_sysctl sync_version 1
version=1
told

echo "-- with connection tracking"
vs_sysctl conntrack 1
part "conntrack"
sport=$((sport + 1))
for f in S y A A A AF; do
  if [ $f = y ]; then server_sends 1 src=$server dst=$client sport=8081 dport=$sport flags=SA
  else client_sends src=$client dst=$vip sport=$sport dport=81 flags=$f; fi
done
told
vs_sysctl conntrack 0

echo "-- of connections that came by synchronisation"
vs --start-daemon backup --mcast-interface d0 --syncid 3
sport=$((sport + 1))
echo "0003002c0101000000060024 00000000 0001 $(printf %04x $sport) 0051 1f91 00000000 00000064 0a01004d 0a010064 0a02010b" |
  tr -d ' ' | c peer say dev=c0 to=224.0.0.81 port=8848
wait_until 10 sh -c "at d grep -q ' $(printf %04X $sport) .*SYNC' /proc/net/ip_vs_conn_sync" || broken "no entry by synchronisation"
part "taken over"
for i in 1 2 3 4 5; do client_sends src=$client dst=$vip sport=$sport dport=81 flags=A count=12; done
client_sends src=$client dst=$vip sport=$sport dport=81 flags=AF
told
vs --stop-daemon backup
vs --stop-daemon master

# --- messages as a whole: their sizes, and who hears them
messages() { # NAME BYTES: when so many bytes have come since the last time, the size and header of each message
  wait_until 20 sh -c "[ \$(tail -n +$(($(cat "/tmp/lab/$1.read" 2>/dev/null || echo 1) + 1)) /tmp/lab/$1 | awk '{ n += length(\$NF) / 2 } END { print n + 0 }') -ge $2 ]" ||
    broken "messages are missing"
  unread "$1" >/tmp/lab/told
  all_read "$1" "$(wc -l </tmp/lab/told)"
  awk '{ hex = $NF; ttl = NF > 2 ? $2 " " : ""; v1 = substr(hex, 1, 2) == "00"
         printf "%s %s%d bytes, header %s\n", $1, ttl, length(hex) / 2, substr(hex, 1, v1 ? 16 : 8) }' /tmp/lab/told
}
vs_sysctl sync_threshold '0 1'
echo "-- full messages"
vs --start-daemon master --mcast-interface d0 --syncid 255
client_sends src=10.1.0.77 dst=$VIP proto=udp sport=20000 dport=53 len=4 flows=85
messages heard $((3 * 8 + 85 * 36))
vs_sysctl sync_version 0
client_sends src=10.1.0.77 dst=$VIP proto=udp sport=21000 dport=53 len=4 flows=63
messages heard $((2 * 4 + 63 * 24))
echo "-- the version changes while a message is open"
client_sends src=10.1.0.77 dst=$VIP proto=udp sport=22000 dport=53 len=4
vs_sysctl sync_version 1
client_sends src=10.1.0.77 dst=$VIP proto=udp sport=22001 dport=53 len=4 flows=2
vs_sysctl sync_version 0
client_sends src=10.1.0.77 dst=$VIP proto=udp sport=22003 dport=53 len=4
vs_sysctl sync_version 1
messages heard $((28 + 80 + 28))
vs --stop-daemon master

echo "-- another group, port, life and length"
background elsewhere at c peer hear dev=c0 group=239.1.2.3 port=9000 ttl
wait_until 10 in_file ready elsewhere
vs --start-daemon master --mcast-interface d0 --syncid 5 --mcast-group 239.1.2.3 --mcast-port 9000 --mcast-ttl 7 --sync-maxlen 4000
client_sends src=10.1.0.77 dst=$VIP proto=udp sport=23000 dport=53 len=4 flows=112
messages elsewhere $((2 * 8 + 112 * 36))
vs --stop-daemon master

echo "-- four threads"
vs_sysctl sync_ports 4
background four at c peer hear dev=c0 group=224.0.0.82 port=8848 ports=4
wait_until 10 in_file ready four
vs --start-daemon master --mcast-interface d0 --mcast-group 224.0.0.82 --sync-maxlen 1
for i in 1 2; do client_sends src=10.1.0.77 dst=$VIP proto=udp sport=25000 dport=53 len=4 flows=60; done
messages four $((120 * 44)) >/dev/null
# which one is chosen is nobody's business, but each keeps to it
awk '!/ready/ { n++; port = substr($2, 37, 4); if (port in at && at[port] != $1) print "moved"; at[port] = $1; used[$1] }
     END { for (p in at) flows++; for (t in used) threads++; print n " records of " flows " connections at " (threads > 1 ? "several ports" : "one port") }' /tmp/lab/four
vs --stop-daemon master
vs_sysctl sync_ports 1
