# SPDX-License-Identifier: GPL-2.0-or-later
# runs-on: ours
# timeout: 300
# The thread that estimates rates: when it is there, where it runs; what it computes; what freezes.
topology 1
modprobe ip_vs
ip netns add other
mac s1 e0
ip -n d neigh add 10.2.1.11 dev d1 lladdr "$mac"
threads() { ps | sed -n 's/.*\[\(ipvs-e:[^]]*\)\].*/\1/p' | sort | tr '\n' ' '; }
pid() { ps | sed -n "s/^ *\([0-9]*\) .*\[ipvs-e:$1:0\].*/\1/p"; }
nice_of() { awk '{ print $19 }' /proc/"$(pid "$1")"/stat; }
cpus_of() { awk '/^Cpus_allowed_list/ { print $2 }' /proc/"$(pid "$1")"/status; }
run() { [ "$(threads)" = "$1" ]; }

is "no service, no thread" "$(threads)" ""
vs -A -u $VIP:53 -s rr
# a server that never answers
vs -a -u $VIP:53 -r 10.2.1.11:53 -m
n=$(threads | sed "s,ipvs-e:\([0-9]*\):0 ,\1,") # namespaces are numbered, and old ones may not be gone yet
has "the first service starts it" "$(threads)" "^ipvs-e:[0-9]+:0 $"
is "it runs on all CPUs" "$(cpus_of $n)" "0-1"
vs_sysctl est_cpulist 1
is "est_cpulist moves it" "$(cpus_of $n)" 1
vs_sysctl est_nice 7
is "est_nice renices it" "$(nice_of $n)" 7
vs -A -t $VIP:80 -s rr
vs -D -t $VIP:80
is "one service is enough" "$(threads)" "ipvs-e:$n:0 "
vs_sysctl run_estimation 0
is "run_estimation=0 stops it" "$(threads)" ""
vs_sysctl run_estimation 1
is "... 1 starts it again, as it was" "$(threads)$(nice_of $n) $(cpus_of $n)" "ipvs-e:$n:0 7 1"
vs_sysctl est_cpulist "''"
is "no CPU, no thread" "$(threads)" ""
vs_sysctl est_cpulist 0-1
is "CPUs, thread" "$(threads)" "ipvs-e:$n:0 "
at other ipvsadm -A -t 10.0.0.1:80 -s rr
has "each namespace has its own" "$(threads)" "^ipvs-e:$n:0 ipvs-e:[0-9]+:0 $"
ip netns del other
eventually "it ends with its namespace" 10 run "ipvs-e:$n:0 "

# 40 packets of 29 bytes after each pass, from nothing: the average over two seconds approaches 20 a second.
rates() { d sed -n 6p /proc/net/ip_vs_stats | awk '{ print $2, $4 }'; }
moved() { now=$(rates) && [ "$now" != "$last" ]; }
burst() { client_sends src=10.1.0.2 dst=$VIP proto=udp sport=5000 dport=53 len=1 count=40; }
# A pass comes every two seconds. After one: not later than that since the last time this was asked, in hundredths.
now_in_hundredths() { tr -d . </proc/uptime | cut -d ' ' -f 1; }
in_time() {
  asked=$last_asked last_asked=$(now_in_hundredths)
  [ $((last_asked - asked)) -lt 290 ]
}
# valid COMMAND...: how a machine that stands still for a while is told from wrong numbers: a burst that has met two
# passes, or a pass that came late, says nothing, and then once more. Numbers of passes in time count at once.
valid() {
  for try in 1 2 3 4 5 6; do ! "$@" || return 0; done
  broken "six times out of step: $*"
}
five_passes() {
  last=$(rates) seen=''
  burst
  wait_until 10 moved
  vs -Z
  last=$(rates)
  last_asked=$(now_in_hundredths)
  for pass in 1 2 3 4 5; do
    burst
    [ "$(rates)" = "$last" ] || return
    wait_until 10 moved
    in_time || return
    last=$now seen="$seen $now"
  done
}
valid five_passes
is "rates approach 20 packets and 580 bytes a second" "$seen" ' 5 91 9 FE C 14F E 18C F 1BA'

# What is counted while nobody looks, longer than a period, is no period's: as if it had not been.
# The thread that begins has looked when it sleeps.
asleep() { [ "$(awk '{ print $3 }' /proc/"$(pid $n)"/stat)" = I ]; }
after_pause() {
  last=$(rates)
  burst
  wait_until 10 moved
  vs_sysctl run_estimation 0
  vs -Z
  client_sends src=10.1.0.2 dst=$VIP proto=udp sport=5000 dport=53 len=1 count=400
  sleep 2.5 # not proof of anything: on the contrary, two periods pass for sure
  vs_sysctl run_estimation 1
  wait_until 10 asleep
  last=$(rates)
  burst
  [ "$(rates)" = "$last" ] || return
  last_asked=$(now_in_hundredths)
  wait_until 10 moved
  in_time
}
valid after_pause
is "a pause is no period" "$now" "5 91"

# frozen: a namespace that goes on shows that time passes
namespace e
ip -n e addr add 10.9.9.9/32 dev lo
at e ipvsadm -R <<R
-A -u 10.9.9.9:53 -s rr
-a -u 10.9.9.9:53 -r 10.9.9.9:5353 -m
R
rates_of_e() { at e sed -n 6p /proc/net/ip_vs_stats; }
e_moved() { [ "$(rates_of_e)" != "$1" ]; }
burst
vs_sysctl run_estimation 0
frozen=$(rates)
at e peer ask udp 10.9.9.9 53 200 timeout=1 parallel >/dev/null
for pass in 1 2 3; do
  before=$(rates_of_e)
  eventually "time passes ($pass)" 10 e_moved "$before"
done
is "rates freeze with run_estimation=0" "$(rates)" "$frozen"
vs_sysctl run_estimation 1
thawed() { [ "$(rates)" != "$frozen" ]; }
eventually "... and go on with 1" 10 thawed

first=$(pid $n)
for i in 1 2 3 4 5 6 7 8; do
  vs -C
  vs -A -t $VIP:80 -s rr
done
is "services that come and go keep it" "$(pid $n)" "$first"
vs -C
has "... which counts as none without them" "$(d cat /proc/net/ip_vs_status)" "^Stats thread slots:	0 "
gone() { [ -z "$(pid $n)" ]; }
eventually "a while after the last service it ends" 20 gone
vs -A -t $VIP:80 -s rr
has "... and begins with the next" "$(threads)" "ipvs-e:$n:0 "
