# SPDX-License-Identifier: GPL-2.0-or-later
# brief: no
# timeout: 300
# runs-on: ours
# Packets that NAT servers send of their own accord: who is a NAT server is known after every kind of change, and
# asking costs the same however many there are.
topology 1
modprobe ip_vs
fake_hosts
listen_on c c0
listen_on s1 e0
vs_sysctl nat_icmp_send 1

# who N [PROTO [PORT]]: "refused" if a packet of server N is answered with an error, "passes" if it reaches the client
who() { ask "src=10.2.1.$1" dst=10.1.0.77 "proto=${2:-udp}" "sport=${3:-53}"; }
who6() { ask "src=fd02:1::$1" dst=fd01::77 "proto=${2:-udp}" "sport=${3:-53}"; }
# Each packet has a port of its own, by which either of the two is known as soon as it is there.
ask() {
  echo >>/tmp/lab/asked
  port=$((9000 + $(wc -l </tmp/lab/asked)))
  server_sends 1 "$@" dport=$port flags=A
  wait_until 10 grep -q ":$port " /tmp/lab/cap-s1-e0 /tmp/lab/cap-c-c0
  verdict
}
verdict() {
  told=$(grep -c -E "(icmp 3/3|icmp6 1/4) .*:$port " /tmp/lab/cap-s1-e0)
  passed=$(grep -c ":$port " /tmp/lab/cap-c-c0)
  case $told$passed in 10) echo refused ;; 01) echo passes ;; *) echo "told $told passed $passed" ;; esac
}

vs -A -u $VIP:53 -s rr
vs -a -u $VIP:53 -r 10.2.1.11:53 -m
is "a NAT server" "$(who 11)" refused
is "... its other ports are its own" "$(who 11 udp 54)" passes
is "... and its other protocols" "$(who 11 tcp)" passes
is "... nor does it stand for other hosts" "$(who 12)" passes
vs -e -u $VIP:53 -r 10.2.1.11:53 -g
is "edited to direct routing" "$(who 11)" passes
vs -e -u $VIP:53 -r 10.2.1.11:53 -m -w 0
is "edited to NAT" "$(who 11)" refused
vs -d -u $VIP:53 -r 10.2.1.11:53
is "deleted" "$(who 11)" passes
vs -a -u $VIP:53 -r 10.2.1.11:53 -g
is "back as another kind" "$(who 11)" passes
vs -d -u $VIP:53 -r 10.2.1.11:53
vs -a -u $VIP:53 -r 10.2.1.11:53 -m
is "back from the trash" "$(who 11)" refused
vs -D -u $VIP:53
# a family without services has no hooks
vs -A -u $VIP:99 -s rr
is "its service deleted" "$(who 11)" passes
vs -A -u $VIP:53 -s rr
is "its service made anew" "$(who 11)" passes
vs -a -u $VIP:53 -r 10.2.1.11:53 -m
is "... with the server" "$(who 11)" refused

# services that share a server, which it leaves in one order and another
for order in "1 2 3" "3 1 2"; do
  vs -C
  vs -A -u $VIP:99 -s rr
  for i in 1 2 3; do
    vs -A -u 10.1.0.10$i:53 -s rr
    vs -a -u 10.1.0.10$i:53 -r 10.2.1.11:53 -m
  done
  seen=
  for i in $order; do
    seen="$seen $(who 11)"
    if [ "$i" = 2 ]; then vs -e -u 10.1.0.102:53 -r 10.2.1.11:53 -g; else vs -d -u 10.1.0.10$i:53 -r 10.2.1.11:53; fi
  done
  is "three services share it, left in the order $order" "$seen $(who 11)" " refused refused refused passes"
done

vs -C
vs -A -f 7 -s rr
vs -a -f 7 -r 10.2.1.12:53 -m
is "of a mark service: UDP" "$(who 12)" refused
is "... TCP" "$(who 12 tcp)" refused
is "... not another port" "$(who 12 tcp 54)" passes
vs -A -t $VIP:53 -s rr
vs -a -t $VIP:53 -r 10.2.1.12:53 -m
vs -D -f 7
is "the mark service gone, one for TCP left: UDP" "$(who 12)" passes
is "... TCP" "$(who 12 tcp)" refused

vs -C
vs -A -u "[$VIP6]:53" -s rr
vs -a -u "[$VIP6]:53" -r '[fd02:1::11]:53' -m
vs -a -u "[$VIP6]:53" -r 10.2.1.11:53 -i
vs -A -u $VIP:53 -s rr
is "IPv6" "$(who6 11)" refused
is "... another host" "$(who6 12)" passes
is "... and the tunnel server of the other family" "$(who 11)" passes

# the whole table replaced
replace() { vs -R --atomic; }
replace <<X
-A -u $VIP:53 -s rr
-a -u $VIP:53 -r 10.2.1.11:53 -m
-a -u $VIP:53 -r 10.2.1.12:53 -g
-A -u $VIP:54 -s rr
-a -u $VIP:54 -r 10.2.1.13:53 -m
X
is "a table with 11, 13 and not 12" "$(who 11) $(who 12) $(who 13)" "refused passes refused"
replace <<X
-A -u $VIP:53 -s rr
-a -u $VIP:53 -r 10.2.1.11:53 -g
-a -u $VIP:53 -r 10.2.1.12:53 -m
-A -u $VIP:55 -s rr
X
is "one with 12 alone" "$(who 11) $(who 12) $(who 13)" "passes refused passes"
vs -C
# what came later than the verdict about it
arrived c c0 >/dev/null
arrived s1 e0 >/dev/null
is "no packet was refused and let pass" "$(for port in $(seq 9001 $((9000 + $(wc -l </tmp/lab/asked)))); do verdict; done | grep -c told)" 0

# servers that begin, with an engine: the first service in the order of making is meant
if modprobe ip_vs_pe_labtest 2>/dev/null; then
  # begin N: the Nth client; another one each time
  begin() {
    server_sends 1 src=10.2.1.11 dst=10.1.0.77 proto=udp sport=53 "dport=300$1" "data=call$1-new"
    arrived c c0 | sed -n 's/^c0 \([^ ]*\) >.*/\1/p'
    arrived s1 e0 >/dev/null
  }
  for i in 3 1 2; do
    vs -A -u $VIP:5$i -s rr -p 100
    vs -a -u $VIP:5$i -r 10.2.1.11:53 -m
  done
  is "no engine" "$(begin 1)" ""
  vs -E -u $VIP:52 -s rr -p 100 --pe labtest
  is "one service has it" "$(begin 2)" $VIP:52
  vs -E -u $VIP:51 -s rr -p 100 --pe labtest
  is "two: the older one" "$(begin 3)" $VIP:51
  vs -E -u $VIP:53 -s rr -p 100 --pe labtest
  is "three: the oldest" "$(begin 4)" $VIP:53
  vs -d -u $VIP:53 -r 10.2.1.11:53
  is "the oldest has no NAT server" "$(begin 5)" $VIP:51
  vs -E -u $VIP:51 -s rr -p 100
  is "the next no engine" "$(begin 6)" $VIP:52
  vs -a -u $VIP:53 -r 10.2.1.11:53 -m
  is "NAT again" "$(begin 7)" $VIP:53
  vs -D -u $VIP:53
  is "the oldest is gone" "$(begin 8)" $VIP:52
  vs -d -u $VIP:52 -r 10.2.1.11:53
  is "its server, too" "$(begin 9)" ""
  vs -C
fi

# what a stranger's packets cost: hundredths of a second for 1,000 forwarded ones, the better of two
now() { sed 's/\.//; s/ .*//' /proc/uptime; }
cost() {
  best=999999
  for _ in 1 2; do
    start=$(now)
    server_sends 1 src=10.2.1.77 dst=10.1.0.77 proto=udp sport=7 dport=9 len=8 count="$(fewer 1000)"
    arrived c c0 >/dev/null
    took=$(($(now) - start))
    [ $took -ge $best ] || best=$took
  done
  echo $best
}
table() {
  for s in $(seq "$1"); do
    echo "-A -u 10.1.$((s / 200 + 1)).$((s % 200 + 1)):53 -s rr"
    for n in $(seq 20); do
      echo "-a -u 10.1.$((s / 200 + 1)).$((s % 200 + 1)):53 -r 10.9.$((s / 200)).$((s % 200 + 1)):$n -m"
    done
  done
}
table 1 | vs -R
few=$(cost)
vs -C
table "$(fewer 500)" | vs -R
many=$(cost)
echo "1,000 packets: $few hundredths of a second with 20 servers, $many with $(vs -Ln | grep -c Masq)"
check "packets cost the same with many servers" test "$many" -le $((few * 2 + 10))
# a namespace ends with all of them
ip netns del d
