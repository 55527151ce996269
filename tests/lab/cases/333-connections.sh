# SPDX-License-Identifier: GPL-2.0-or-later
# brief: no
# Connections over netlink: the module tells those that are asked for, the same that the file has.
topology 1
modprobe ip_vs
fake_hosts
listen_on s1 e0
vs -R <<R
-A -t $VIP:80 -s rr
-a -t $VIP:80 -r 10.2.1.11:8080 -m
-a -t $VIP:80 -r 10.2.1.12:8080 -m
-A -u [$VIP6]:53 -s rr
-a -u [$VIP6]:53 -r [fd02:1::11]:53 -g
-A -t $VIP:81 -s rr
-a -t $VIP:81 -r [fd02:1::12]:81 -i --tun-type gue --tun-port 6080
-A -f 7 -s rr -p 100
-a -f 7 -r 10.2.1.13 -g
-A -u $VIP:5060 -s rr -p 100 --pe sip
-a -u $VIP:5060 -r 10.2.1.14:5060 -m
R
at d iptables -t mangle -A PREROUTING -p tcp --dport 90 -j MARK --set-mark 7
for port in 7000 7001 7002 7003; do client_sends src=10.1.0.77 dst=$VIP sport=$port dport=80 flags=S; done
client_sends src=10.1.0.77 dst=$VIP sport=7000 dport=81 flags=S
client_sends src=10.1.0.77 dst=$VIP sport=7000 dport=90 flags=S
client_sends src=fd01::77 dst=$VIP6 proto=udp sport=7000 dport=53 data=x
client_sends src=10.1.0.77 dst=$VIP proto=udp sport=7000 dport=5060 \
  hex="$(printf 'INVITE sip:b@c SIP/2.0\r\nCall-ID: one\r\n\r\n' | od -An -v -tx1 | tr -d ' \n')"
# eight connections and two templates, of the mark and of the call
has_all() { [ "$(conns | wc -l)" = 11 ]; }
eventually "all connections are there" 10 has_all

# what the module finds, and what is found in the file: as many and the same
same() { # COUNT WANTED...
  same_count=$1
  shift
  over_netlink=$(d control netlink connections "$@" | sort)
  is "wanted: ${*:-all}" "$over_netlink" "$(d control sockopt connections "$@" | sort)"
  is "... as many" "$(echo "$over_netlink" | grep -c .)" "$same_count"
}
same 10
same 9 client=10.1.0.77
same 1 client=fd01::77
same 0 client=10.1.0.78
same 6 protocol=6 client=10.1.0.77 state=SYN_RECV
same 3 protocol=17
same 1 protocol=0
same 2 cport=0
same 5 cport=7000
same 1 cport=7001 vport=80
same 0 cport=7001 vport=81
same 4 virt=$VIP protocol=6 vport=80 state=SYN_RECV
same 2 dest=10.2.1.11
same 1 dest=fd02:1::12 
same 1 dest=fd02:1::12 virt=$VIP dport=81
same 0 dest=fd02:1::13
same 2 state=UDP
same 0 state=ESTABLISHED
same 0 state=LONGER_THAN_ANY_STATE
has "a server of the other family" "$(d control netlink connections dport=81)" "^6 10.1.0.77 7000 $VIP 81 fd02:1::12 81 SYN_RECV lives"
has "what an engine knows" "$(d control netlink connections cport=0 virt=$VIP)" "^17 .* sip 6f6e65$"
is "no more than are wanted" "$(d control netlink connections most=2 protocol=6 | wc -l)" 2
# that it was netlink that answered: IPVS_CMD_GET_CONN, protocol and client's port
has "the module answers" "$(d peer genl 66 dump 2=hex:0600 4=hex:1b59)" "^reply 66: 1!=[0-9a-f]*060004001b59"
is "... once" "$(d peer genl 66 dump 2=hex:0600 4=hex:1b59 | grep -c '^reply 66: 1!')" 1
is "... with nothing, if there is none" "$(d peer genl 66 dump 4=hex:0001 | grep -c '^reply 66: 1!')" 0

# --- what cannot be asked ---
refused() { # NAME ATTRIBUTES... WANTED
  name=$1 wanted=$2
  shift 2
  has "$name" "$(d peer genl 66 dump "$@" 2>&1)" "$wanted"
}
refused "an address of a strange length" "4 or 16 bytes" 3=hex:0a0100
refused "... too long" "EINVAL|ERANGE|Invalid argument|out of range" 3=hex:0a01000000000000000000000000000000ff
refused "a state without an end" "EINVAL|Invalid argument|ERANGE|out of range" 9=hex:53594e
refused "the time left" "time left cannot be asked for" 10=hex:00000000
refused "a whole connection" "told, not asked for" 1=hex:00
refused "an attribute that there is not" "EINVAL|Invalid argument|[Uu]nknown attribute" 99=hex:00
refuse "who may not is refused over netlink" d setpriv --bounding-set=-all --inh-caps=-all --reuid=65534 --clear-groups peer genl 66 dump
has "... and reads the file" "$(d setpriv --bounding-set=-all --inh-caps=-all --reuid=65534 --clear-groups control netlink connections cport=7001)" "^6 10.1.0.77 7001 "

# --- many ---
vs -R <<R
-A -u $VIP:9 -s rr
-a -u $VIP:9 -r 10.2.1.11:9 -m
R
count=20000
for n in $(seq 0 3); do
  client_sends src=10.1.0.77 dst=$VIP proto=udp sport=$((20000 + n * 5000)) dport=9 flows=5000
done
is "many connections, none twice" "$(d control netlink connections vport=9 | sort -u | wc -l)" $count
is "... as many in all" "$(d control netlink connections | wc -l)" $((count + 10))
is "one of many" "$(d control netlink connections cport=23456 | wc -l)" 1
# A message of the dump looks at 16384 of them; that which comes first at none.
is "none of many" "$(d peer genl 66 dump 4=hex:0001 | grep -c '^reply 66: 1!')" 0
is "... in more than one message" "$(d peer genl 66 dump 4=hex:0001 | grep -c '^reply 66:')" 2

# --- a dump that is not read to its end holds nothing ---
d control netlink connections most=1 >/dev/null
namespace e
ip netns del e
vs -C
