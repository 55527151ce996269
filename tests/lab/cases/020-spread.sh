# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
# Every forwarding method delivers to every server in turn, for both families, TCP and UDP; what each scheduler makes of
# weights.
topology 3
modprobe ip_vs
serve 3 80 53
tunnel_ends
for method in -m -g -i; do
  pool -t rr $method 3 80
  pool -u rr $method 3 53
  is "TCP $method: round robin reaches all" "$(ask tcp 80 9 rst | spread)" "s1=3 s2=3 s3=3"
  is "UDP $method: round robin reaches all" "$(ask udp 53 9 | spread)" "s1=3 s2=3 s3=3"
  is "UDP $method: a large datagram comes back" "$(ask udp 53 3 len=8000 | spread)" "s1=1 s2=1 s3=1"
  vs -C
done
for method in -m -g; do
  pool6 -t rr $method 3 80
  pool6 -u rr $method 3 53
  is "IPv6 TCP $method: round robin reaches all" "$(ask6 tcp 80 9 rst | spread)" "s1=3 s2=3 s3=3"
  is "IPv6 UDP $method: round robin reaches all" "$(ask6 udp 53 9 | spread)" "s1=3 s2=3 s3=3"
  vs -C
done
# each scheduler, with weights of 1, 2 and 3; UDP connections are never active
scheduled() { # PORT SCHEDULER [OPTION...]
  port=$1
  shift
  {
    echo "-A -u $VIP:$port -s $*"
    for i in 1 2 3; do echo "-a -u $VIP:$port -r 10.2.$i.2:53 -m -w $i"; done
  } >/tmp/lab/rules
  vs -R </tmp/lab/rules
}
n=2000
while read -r sched want; do
  modprobe -q -n "ip_vs_${sched%%,*}" || continue # no twos in 6.1
  n=$((n + 1))
  case $sched in *,*) scheduled $n "${sched%%,*}" -b "${sched#*,}" ;; *) scheduled $n "$sched" ;; esac
  has "$sched: $want" "$(ask udp $n 12 | spread)" "^($want)\$"
done <<TABLE
wrr s1=2 s2=4 s3=6
lc s1=4 s2=4 s3=4
wlc s1=2 s2=4 s3=6
sed s3=12
nq s3=12
fo s3=12
ovf s3=12
dh s[123]=12
sh s[123]=12
mh s[123]=12
sh,sh-port s[123]=[0-9]+ s[123]=.*
mh,mh-port s[123]=[0-9]+ s[123]=.*
lblc s[123]=12
lblcr s[123]=12
twos s[123]=[0-9]+ s[123]=.*
TABLE
vs -C
# NAT may change the port
vs -A -t $VIP:8080 -s rr
for i in 1 2 3; do vs -a -t $VIP:8080 -r 10.2.$i.2:80 -m; done
is "NAT translates the port" "$(ask tcp 8080 3 rst | spread)" "s1=1 s2=1 s3=1"
vs -C
# marks
c true
at d iptables -t mangle -A PREROUTING -d $VIP -p tcp --dport 80:81 -j MARK --set-mark 7
vs -A -f 7 -s rr
for i in 1 2 3; do vs -a -f 7 -r 10.2.$i.2:0 -g; done
is "a firewall mark is a service" "$(ask tcp 80 6 rst | spread)" "s1=2 s2=2 s3=2"
vs -C
# persistence keeps a client at its server, another client may go elsewhere
ip -n c addr add 10.1.0.3/16 dev c0
vs -A -t $VIP:80 -s rr -p 60
for i in 1 2 3; do vs -a -t $VIP:80 -r 10.2.$i.2:80 -m; done
first=$(ask tcp 80 1 rst bind=10.1.0.2)
is "a persistent client stays" "$(ask tcp 80 4 rst bind=10.1.0.2 | spread)" "$first=4"
other=$(ask tcp 80 1 rst bind=10.1.0.3)
has_not "another client gets the next server" "$other" "^$first$|refused|timeout"
has "the template is listed" "$(conns)" "^TCP 0A010002 0000 0A010064 0050 0A0202?"
