# SPDX-License-Identifier: GPL-2.0-or-later
# brief: no
# runs-on: ours faults
# timeout: 400
# Every scheduler keeps to thresholds; what lblc and lblcr remember; how many servers mh can have; changes of
# servers and schedulers while packets arrive.
topology 3
serve 3 53 80
modprobe ip_vs

# limited PORT SCHEDULER [OPTION...]: servers with limits of 2, 3 and 4 connections
limited() {
  port=$1
  shift
  {
    echo "-A -u $VIP:$port -s $*"
    for i in 1 2 3; do echo "-a -u $VIP:$port -r 10.2.$i.2:53 -m -x $((i + 1))"; done
  } >/tmp/lab/rules
  vs -R </tmp/lab/rules
}
port=1000
for sched in rr wrr lc wlc sed nq fo ovf twos lblc lblcr "sh -b sh-port,sh-fallback" "mh -b mh-port,mh-fallback"; do
  port=$((port + 1))
  # shellcheck disable=SC2086 # words
  limited $port $sched
  is "$sched: every server up to its limit, and none above" "$(ask udp $port 14 | spread)" "refused=5 s1=2 s2=3 s3=4"
  vs -e -u $VIP:$port -r 10.2.2.2:53 -m -x 5
  is "$sched: the server whose limit was raised serves again" "$(ask udp $port 3 | spread)" "refused=1 s2=2"
done
for sched in dh sh mh; do
  port=$((port + 1))
  limited $port $sched
  got=$(ask udp $port 14 | spread)
  has "$sched without fallback: one server up to its limit" "$got" "^refused=(12 s1=2|11 s2=3|10 s3=4)$"
done
has "the services are there" "$(vs -Ln)" "mh-fallback"

# lblc and lblcr: an address stays with its server
for n in 101 102 103; do ip -n d addr add 10.1.0.$n/32 dev d0; done
at d iptables -t mangle -A PREROUTING -d 10.1.0.96/27 -p udp --dport 80 -j MARK --set-mark 9
at d iptables -t mangle -A PREROUTING -d 10.1.0.96/27 -p tcp --dport 80 -j MARK --set-mark 9
local_pool() { # SCHEDULER WEIGHT
  { echo "-A -f 9 -s $1"; for i in 1 2 3; do echo "-a -f 9 -r 10.2.$i.2:80 -m -w $2"; done; } >/tmp/lab/rules
  vs -R </tmp/lab/rules
}
for sched in lblc lblcr; do
  reload_ipvs
  local_pool $sched 1
  is "$sched: the first address" "$(ask_at 10.1.0.101 udp 80 4 | spread)" "s3=4"
  is "$sched: the second one gets the server with less to do" "$(ask_at 10.1.0.102 udp 80 2 | spread)" "s2=2"
  is "$sched: the third one" "$(ask_at 10.1.0.103 udp 80 3 | spread)" "s1=3"
  is "$sched: they stay there" "$(ask_at 10.1.0.101 udp 80 3 | spread)" "s3=3"
  vs -d -f 9 -r 10.2.3.2:80
  is "$sched: the address of a deleted server gets another one" "$(ask_at 10.1.0.101 udp 80 3 | spread)" "s2=3"
  vs -a -f 9 -r 10.2.3.2:80 -m
  vs -e -f 9 -r 10.2.2.2:80 -m -w 0
  is "$sched: that of a quiesced one, too" "$(ask_at 10.1.0.102 udp 80 3 | spread)" "s1=3"
done
reload_ipvs

# lblcr: the set of an address grows under load and shrinks when it has not changed for long
local_pool lblcr 2
vs -d -f 9 -r 10.2.3.2:80
c sh -c 'sleep 1000 | peer ask tcp 10.1.0.101 80 5 hold' >/tmp/lab/held &
wait_until 10 grep -q s1 /tmp/lab/held
is "lblcr: overburdened, a second server joins" "$(cat /tmp/lab/held)" "s2 s2 s2 s1 s1"
vs_sysctl lblcr_expiration 0
is "lblcr: later the most loaded one leaves" "$(ask_at 10.1.0.101 udp 80 1 | spread)" "s1=1"
vs_sysctl lblcr_expiration 86400
vs -e -f 9 -r 10.2.1.2:80 -m -w 100
vs -e -f 9 -r 10.2.2.2:80 -m -w 1000000
is "lblcr: and is not asked any more" "$(ask_at 10.1.0.101 udp 80 4 | spread)" "s1=4"
is "lblcr: but other addresses may have it" "$(ask_at 10.1.0.102 udp 80 1 | spread)" "s2=1"
vs -C

# lblcr: a set has 64 servers at most; the oldest goes for a new one
reload_ipvs
for i in 1 2 3; do
  # shellcheck disable=SC2046 # words
  background more$i at s$i peer serve s$i $(seq 2001 2024)
  wait_until 10 in_file ready more$i || not_ok "more servers"
done
set_of() { # COMMAND WEIGHT: a line for each of 72 servers
  for port in $(seq 2001 2024); do for i in 1 2 3; do echo "$1 -t $VIP:90 -r 10.2.$i.2:$port -m -w $2"; done; done
}
{ echo "-A -t $VIP:90 -s lblcr"; set_of -a 1; } | vs -R
active_of() { vs -Ln | awk -v s="$1" '$2 == s { print $5 }'; }
c sh -c "sleep 1000 | peer ask tcp $VIP 90 144 hold" >/tmp/lab/held &
all_busy() { [ "$(vs -Ln | awk '/:20[0-9][0-9] / && $5 == 2' | wc -l)" = 72 ]; }
eventually "lblcr: 144 connections, two for each of 72 servers" 60 all_busy
# none does more than its share any more; the first of the set would now be the least loaded by far
set_of -e 2 | vs -R
vs -e -t $VIP:90 -r 10.2.3.2:2024 -m -w 1000000
ask tcp 90 4 rst >/dev/null
is "lblcr: the first of more than 64 servers has left the set" "$(active_of 10.2.3.2:2024)" 2
vs -C

# their settings
for sched in lblc lblcr; do
  rmmod ip_vs_$sched 2>/dev/null
  file=/proc/sys/net/ipv4/vs/${sched}_expiration
  refuse "$sched: no setting without the module" d test -e $file
  modprobe ip_vs_$sched
  is "$sched: the setting with it" "$(d cat $file)" 86400
  vs_sysctl ${sched}_expiration 60
  is "$sched: the setting of another namespace is another one" "$(d cat $file) $(c cat $file)" "60 86400"
  is "$sched: none in a namespace of somebody else" "$(unshare -Urn sh -c "ls /proc/sys/net/ipv4/vs | grep -c $sched")" 0
  rmmod ip_vs_$sched
  refuse "$sched: it goes with the module" d test -e $file
done

# mh has 4093 slots. The service keeps the scheduler it has when another one cannot take over.
{
  echo "-A -u $VIP:2000 -s rr"
  n=0
  while [ $n -lt 4093 ]; do echo "-a -u $VIP:2000 -r 10.9.$((n / 250)).$((n % 250 + 1)):53 -m"; n=$((n + 1)); done
  echo "-a -u $VIP:2000 -r 10.2.1.2:53 -m"
} >/tmp/lab/rules
vs -R </tmp/lab/rules
got=$(d peer genl 2 1{ 1=u16:2 2=u16:17 3=ip:$VIP 4=be16:2000 6=str:mh 7=hex:0000000000000000 8=u32:0 9=u32:0xffffffff } 2>&1)
has "mh: more servers than slots are refused, with a text" "$got" "EINVAL text: .*more servers"
has "... and rr goes on" "$(vs -Ln -u $VIP:2000 | head -n 4)" "$VIP:2000 rr"
is "... for packets, too" "$(ask udp 2000 1)" s1
vs -d -u $VIP:2000 -r 10.9.0.1:53
check "with as many servers as slots it works" vs -E -u $VIP:2000 -s mh
vs -C

# servers and schedulers change while packets arrive
pool -u rr -m 3 53
for n in 1 2; do
  background load$n at c sh -c "while :; do peer ask udp $VIP 53 100 timeout=50 parallel; done"
done
for sched in sh mh dh lblc lblcr twos sed nq fo ovf; do
  {
    echo "-E -u $VIP:53 -s $sched"
    echo "-e -u $VIP:53 -r 10.2.1.2:53 -m -w 3"
    echo "-d -u $VIP:53 -r 10.2.2.2:53"
    echo "-a -u $VIP:53 -r 10.2.2.2:53 -m -w 2"
    echo "-e -u $VIP:53 -r 10.2.1.2:53 -m -w 1"
  } >/tmp/lab/rules
  vs -R </tmp/lab/rules || not_ok "change to $sched"
done
vs -E -u $VIP:53 -s rr
# The loops may have started another sender meanwhile.
no_load() {
  found=
  for p in /proc/[0-9]*; do
    case $(tr '\0' ' ' 2>/dev/null <"$p/cmdline") in *parallel*) found=1; kill "${p#/proc/}" 2>/dev/null ;; esac
  done
  [ -z "$found" ]
}
eventually "the load has ended" 30 no_load
is "afterwards all is well" "$(ask udp 53 6 | spread)" "s1=2 s2=2 s3=2"
