# SPDX-License-Identifier: GPL-2.0-or-later
# brief: no
# runs-on: ours
# timeout: 300
# ICMP errors about connections that do not exist, with schedule_icmp: whatever a stranger sends, nothing stays.
topology 1
modprobe ip_vs
fake_hosts
vs_sysctl schedule_icmp 1
conns_now() { d sed -n 's/^Conns:[^0-9]*//p' /proc/net/ip_vs_status; }
inactive() { d awk '$1 == "->" && $2 ~ /:/ && NR > 3 { n += $5 + $6 } END { print n + 0 }' /proc/net/ip_vs; }
nothing_left() { [ "$(conns_now)" = 0 ] && [ "$(inactive)" = 0 ] && [ "$(conns | wc -l)" = 1 ]; }

# one, by hand
vs -A -u $VIP:53 -s rr -o
vs -a -u $VIP:53 -r 10.2.1.11:53 -m
listen_on s1 e0
about="src=10.1.0.77 dst=$VIP proto=icmp type=3 code=1 in.src=$VIP in.dst=10.1.0.77 in.proto=udp in.sport=53 in.dport=999"
before=$(drops checksum)
# shellcheck disable=SC2086 # words
client_sends $about badsum count=20
is "a one-packet service, an error with a wrong sum: nobody gets it" "$(arrived s1 e0)" ""
is "... it is counted" "$(drops checksum)" $((before + 20))
is "... and makes no connection" "$(conns_now)" 0
is "... nor one at the server" "$(inactive)" 0
# shellcheck disable=SC2086 # words
client_sends $about
has "with a right one it arrives" "$(arrived s1 e0)" "10.1.0.77 > 10.2.1.11 icmp 3/1 sum=ok .10.2.1.11:53 > 10.1.0.77:999"
is "... by a connection that has ended with it" "$(conns_now)" 0
# what is about others passes through the director as it is
before=$(drops checksum)
others="src=10.1.0.77 dst=10.2.1.11 proto=icmp type=3 code=1 in.src=10.2.1.11 in.dst=10.1.0.77 in.proto=udp in.sport=54 in.dport=999"
# shellcheck disable=SC2086 # words
client_sends $others badsum
has "an error about no service, with a wrong sum: it passes" "$(arrived s1 e0)" "10.1.0.77 > 10.2.1.11 icmp 3/1 sum=bad .10.2.1.11:54 > 10.1.0.77:999"
is "... and is not counted" "$(drops checksum)" "$before"
vs -C

# all types about all protocols, cut everywhere
for flags in "-o|||" "-p 5|-p 5||" "-o -p 5||-p 5|"; do
  IFS='|' read -r udp tcp sctp _ <<WORDS
$flags
WORDS
  for vip in $VIP "[$VIP6]"; do
    case $vip in $VIP) server=10.2.1.11 ;; *) server="[fd02:1::11]" ;; esac
    # shellcheck disable=SC2086 # words
    {
      echo "-A -u $vip:53 -s rr $udp"
      echo "-a -u $vip:53 -r $server:53 -m"
      echo "-A -t $vip:53 -s rr $tcp"
      echo "-a -t $vip:53 -r $server:53 -g"
      echo "-A --sctp-service $vip:53 -s rr $sctp"
      echo "-a --sctp-service $vip:53 -r $server:53 -m"
    } | vs -R
  done
  step=$((slow > 1 ? 11 : 5))
  [ -z "$long" ] || step=1
  mac d d0
  sent=$(c peer errors step=$step dev=c0 "dmac=$mac" src=10.1.0.77 dst=$VIP in.src=$VIP in.dst=10.1.0.77 in.sport=53 in.dport=2000)
  sent=$sent+$(c peer errors step=$step dev=c0 "dmac=$mac" src=fd01::77 dst=$VIP6 in.src=$VIP6 in.dst=fd01::77 in.sport=53 in.dport=2000)
  made=$(conns_now)
  check "'$flags': $sent errors: some made connections ($made)" [ "$made" -gt 0 ]
  eventually "... none is left of them, and none at the servers" 20 nothing_left
  vs -C
done
