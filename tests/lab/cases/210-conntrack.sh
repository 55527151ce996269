# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
# What the conntrack sysctl changes for those who look at connection tracking.
topology 2
modprobe ip_vs
serve 2 80 53
d iptables -A FORWARD -m conntrack --ctstate ESTABLISHED
d ip6tables -A FORWARD -m conntrack --ctstate ESTABLISHED
tracks() { d grep "port=$1 " /proc/net/nf_conntrack; }
seen_established() { d iptables -vnxL FORWARD | awk '/ctstate/ { print $1 }'; }
pool -t rr -m 2
pool -u rr -m 1 53
pool6 -t rr -m 1

is "off: served" "$(ask tcp 80 2 sport=6000 | spread)" "s1=1 s2=1"
is "off: nothing is tracked" "$(tracks 6000)" ""
is "off: replies match no rule on states" "$(seen_established)" 0

vs_sysctl conntrack 1
who=$(ask tcp 80 1 sport=6100)
check "on: served" test -n "$who"
has "on: tracked, with replies from the real server" "$(tracks 6100)" \
  "dst=10.1.0.100 sport=6100 dport=80 src=10.2.${who#s}.2 dst=10.1.0.2 sport=80 dport=6100"
check "on: replies are of an established connection" test "$(seen_established)" -gt 0
is "on: IPv6 is served" "$(ask6 tcp 80 1 sport=6200)" s1
has "on: IPv6 is tracked, with replies from the real server" "$(tracks 6200)" "src=fd02:0001:0000:0000:0000:0000:0000:0002 dst=fd01:"

# a port that is used again at once, many times: nobody waits for a repetition (1 s each)
listen_on d d0
listen_on s1 e0
listen_on s2 e0
syns() { grep -c -E ':80 tcp S( |$)'; }
is "on: the same port again and again" "$(ask tcp 80 10 sport=6300 fixed rst | tr ' ' '\n' | grep -c '^s')" 10
# a client that got no answer within 1 s on a busy machine sends again, too
at_director=$(arrived d d0 | syns) at_servers=$( (arrived s1 e0; arrived s2 e0) | syns)
check "... and no SYN is lost for that" [ "$at_director" -ge 10 ]
is "... each reaches a server" "$at_servers" "$at_director"

# the entry ends with the connection
vs --set 0 0 1
is "on: UDP" "$(ask udp 53 1 sport=6400)" s1
has "on: UDP is tracked" "$(tracks 6400)" "src=10.2.1.2"
gone() { [ -z "$(tracks 6400)" ]; }
eventually "the tracking entry ends with the connection and not after 30 s" 10 gone
vs --set 0 0 300

# connections that were made before stay as they are
is "a connection with tracking" "$(ask udp 53 1 sport=6500)" s1
vs_sysctl conntrack 0
is "... goes on with it" "$(ask udp 53 1 sport=6500)" s1
has "... and its entry too" "$(tracks 6500)" "src=10.2.1.2"
is "off again: a new one has none" "$(ask udp 53 1 sport=6600; tracks 6600)" s1

arrived s1 e0 >/dev/null
# off: an entry that others have made is none of ours, and no reason to lose a packet (the kernel's own does)
if [ "$module" != intree ]; then
  mac s1 e0
  for n in 11 12; do ip -n d neigh add 10.2.1.$n dev d1 lladdr "$mac"; done
  background local at d peer serve local 8053
  wait_until 10 in_file ready local
  syn() { client_sends src=10.1.0.77 dst=$VIP sport=6700 dport=8053 flags=S; }
  mac c c0
  ip -n d neigh add 10.1.0.77 dev d0 lladdr "$mac"
  syn
  has "off: a connection of the director's own is tracked" "$(tracks 6700)" "dport=8053"
  vs -A -t $VIP:8053 -s rr
  for n in 11 12; do vs -a -t $VIP:8053 -r 10.2.1.$n:53 -m; done
  arrived s1 e0 >/dev/null
  syn
  first=$(arrived s1 e0 | sed 's/.*> 10\.2\.1\.\(1[12]\):.*/\1/')
  vs -d -t $VIP:8053 -r "10.2.1.$first:53"
  vs_sysctl expire_nodest_conn 1
  syn
  has "a deleted server's client has the other one at once" "$(arrived s1 e0)" "> 10.2.1.$((23 - first)):53"
  vs_sysctl expire_nodest_conn 0
  vs -D -t $VIP:8053
fi

# the translation in the kernel's own tables has the last word on the source
d iptables -t nat -A POSTROUTING -o d1 -j MASQUERADE
vs_sysctl conntrack 1
arrived s1 e0 >/dev/null
is "on: MASQUERADE for what is balanced" "$(ask udp 53 1 sport=6700)" s1
has "... the server sees the director" "$(arrived s1 e0)" "10.2.1.1:[0-9]+ > 10.2.1.2:53"
vs -C
# the namespace ends with connections and entries in it
