# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
# Templates: whom they bind, how they end, and what switches do to them.
topology 2
modprobe ip_vs
serve 2 80 53 8080
template() { d awk -v p="$(printf %04X "$1")" '$3 == "0000" && $5 == p { print $7, $8, $9 }' /proc/net/ip_vs_conn; }
answers() { ask udp 53 "$1" | spread; }

vs -A -u $VIP:53 -s rr -p 50
for i in 1 2; do vs -a -u $VIP:53 -r 10.2.$i.2:53 -m; done
first=$(ask udp 53 1)
is "a client stays with its server" "$(answers 4)" "$first=4"
has "its template has been answered" "$(template 53)" "^0035 ASSURED"
has "it counts as persistent" "$(vs -Ln --persistent-conn | grep "10.2.${first#s}.2")" " 1 +0 +5"

# replies take the connection's lock until the template is known to be in use, and not after that
tracing=/sys/kernel/tracing
[ -e $tracing/kprobe_events ] || mount -t tracefs tracing $tracing 2>/dev/null
if [ -e $tracing/kprobe_events ] && [ "$module" != intree ]; then
  is "a connection of an assured template" "$(ask udp 53 1 sport=7900)" "$first"
  echo 'p:labstate ip_vs:ip_vs_conn_set_state' >$tracing/kprobe_events
  echo 1 >$tracing/events/kprobes/labstate/enable
  is "... that goes on" "$(ask udp 53 4 sport=7900 fixed | spread)" "$first=4"
  is "... needs no lock for that" "$(awk '$1 == "labstate" { print $2 }' $tracing/kprobe_profile)" 0
  echo 0 >$tracing/events/kprobes/labstate/enable
  echo >$tracing/kprobe_events
fi

# the other server is the only one left to new clients
other=s$((3 - ${first#s}))
vs -e -u $VIP:53 -r "10.2.${first#s}.2:53" -m -w 0
is "weight 0: those who were there stay" "$(answers 2)" "$first=2"
vs_sysctl expire_quiescent_template 1
is "expire_quiescent_template: they move" "$(answers 2)" "$other=2"
vs_sysctl expire_quiescent_template 0
vs -e -u $VIP:53 -r "10.2.${first#s}.2:53" -m -w 1
is "... for good" "$(answers 2)" "$other=2"
vs -d -u $VIP:53 -r "10.2.${other#s}.2:53"
is "a deleted server: they move at once" "$(answers 2)" "$first=2"
vs -C

# a controller's time is not made longer by what it controls, nor is that made shorter
vs -A -t $VIP:80 -s rr -p 3
vs -a -t $VIP:80 -r 10.2.1.2:80 -m
is "a connection that stays" "$(ask tcp 80 1 sport=7000)" s1
is "the next connection" "$(ask tcp 80 1 sport=7001)" s1
check "... gives the template the service's time again" test "$(template 80 | cut -d' ' -f3)" -le 3
if [ "$module" != intree ]; then
  no_template() { [ -z "$(template 80)" ]; }
  eventually "its template does not wait for it" 10 no_template
  check "... but the connections are there" test "$(d grep -c '^TCP' /proc/net/ip_vs_conn)" = 2
fi
vs -E -t $VIP:80 -s rr -p 77
is "the service's time has changed" "$(ask tcp 80 1 sport=7002)" s1
check "... and the template's with it" test "$(template 80 | cut -d' ' -f3)" -gt 70
vs -C

# five seconds after the last new connection a client may have another server, whatever its older connections do
if [ "$module" != intree ]; then
  vs -A -t $VIP:80 -s rr -p 5
  for i in 1 2; do vs -a -t $VIP:80 -r 10.2.$i.2:80 -m; done
  mkfifo /tmp/lab/in-old
  background old c peer talk $VIP 80 from=/tmp/lab/in-old sport=7010
  eventually "a connection that stays open" 5 in_file s old
  stays=$(head -n 1 /tmp/lab/old)
  vs -e -t $VIP:80 -r "10.2.${stays#s}.2:80" -m -w 0
  is "within five seconds: the same server" "$(ask tcp 80 2 sport=7011 | spread)" "$stays=2"
  other=s$((3 - ${stays#s}))
  asks_other() { echo word >/tmp/lab/in-old; [ -z "$(template 80)" ] && [ "$(ask tcp 80 1)" = $other ]; }
  eventually "after five seconds: another one" 10 asks_other
  words=$(grep -c word /tmp/lab/old)
  more_words() { [ "$(grep -c word /tmp/lab/old)" -gt "$words" ]; }
  echo word >/tmp/lab/in-old
  eventually "... while the older connection goes on" 5 more_words
  reload_ipvs

  # one that waits for its last connection, where nobody sees it, goes with it
  vs --set 0 0 5
  vs -A -u $VIP:53 -s rr -p 1
  vs -a -u $VIP:53 -r 10.2.1.2:53 -m
  is "a connection of a template that lives shorter" "$(ask udp 53 1) $(status Conns)" "s1 2"
  all_gone() { [ "$(status Conns)" = 0 ]; }
  eventually "the template ends with the connection, not a minute later" 20 all_gone
  vs --set 0 0 300
  vs -C
fi

# all ports of an address
vs -A -t $VIP:0 -s rr -p 50
for i in 1 2; do vs -a -t $VIP:0 -r 10.2.$i.2 -g; done
is "all ports: one server" "$( (ask tcp 80 2; ask tcp 8080 2) | tr '\n' ' ' | tr ' ' '\n' | grep . | sort -u | wc -l)" 1
vs -C
vs -A -t "[$VIP6]:0" -s rr -p 50 -M 64
for i in 1 2; do vs -a -t "[$VIP6]:0" -r "[fd02:$i::2]" -g; done
is "all ports, IPv6" "$( (ask6 tcp 80 2; ask6 tcp 8080 2) | tr '\n' ' ' | tr ' ' '\n' | grep . | sort -u | wc -l)" 1
vs -C
# without persistence it is a service for nobody, and says so
answer=$(d peer genl 1 texts '1{' 1=u16:2 2=u16:6 3=ip:$VIP 4=be16:0 6=str:rr 7=hex:00000000ffffffff 8=u32:0 9=hex:ffffffff '}')
is "all ports without persistence: taken, and why that is no use" "$answer" "$([ "$module" = intree ] && echo ack || echo 'ack "a service on port 0 serves nothing unless it is persistent"')"
has "... it is there" "$(d cat /proc/net/ip_vs)" "^TCP +0A010064:0000 rr"
vs -a -t $VIP:0 -r 10.2.1.2 -g
# someone listens at the director, so that only IPVS can refuse
background own at d peer serve own 80
wait_until 10 in_file ready own
dmesg -c >/dev/null
[ "$module" = intree ] || before=$(drops no-dest)
is "... and refuses" "$(ask tcp 80 3 rst | spread)" "refused=3"
[ "$module" = intree ] || check "... with a reason" [ "$(drops no-dest)" -ge $((before + 3)) ]
is "... without a word for each packet" "$(dmesg | grep -c -i 'IPVS')" 0
