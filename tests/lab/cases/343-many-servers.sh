# SPDX-License-Identifier: GPL-2.0-or-later
# brief: no
# runs-on: ours
# timeout: 400
# Services of thousands of servers: what a replacement of the table costs grows as their number; the servers of a service
# are exchanged at once; and whoever gets more than the scheduler can serve is told.
topology 1
modprobe ip_vs
mkdir -p /tmp/lab

# table SCHEDULER N FIRST: a service with the servers 10.FIRST.0.1 and so on, of different weights
table() {
  awk -v s="$1" -v n="$2" -v f="$3" -v vip=$VIP 'BEGIN {
    printf "udp %s:53 %s\n", vip, s
    for (i = 0; i < n; i++) printf "  10.%d.%d.%d:53 dr weight=%d\n", f, i / 250, i % 250 + 1, i % 5 + 2
  }'
}
# milliseconds COMMAND...: how long it took
milliseconds() {
  from=$(cut -d' ' -f1 /proc/uptime | tr -d .)
  "$@" >&2 || echo "failed: $*" >&2
  to=$(cut -d' ' -f1 /proc/uptime | tr -d .)
  echo $(((to - from) * 10))
}

# Four times as many servers cost at most four and a half times as much: to add to a service, to exchange, to take away.
# Processors are shared with others: one measurement of three has to be good.
few=$(fewer 2000)
scales() { # SCHEDULER N
  times=
  for m in "$2" $(($2 * 4)); do
    table "$1" "$m" 20 >/tmp/lab/a
    table "$1" "$m" 21 >/tmp/lab/b
    table "$1" 1 9 >/tmp/lab/one
    d control replace /tmp/lab/one || return 1
    times="$times $(milliseconds sh -c 'for t in a b one; do at d control replace /tmp/lab/$t || exit; done')"
  done
  # what does not depend on the number of servers is not to count
  rest=$(milliseconds sh -c 'for t in 1 2 3; do at d control replace /tmp/lab/one || exit; done')
  echo "# $1: $2 and $(($2 * 4)) servers:$times ms; one: $rest ms"
  # shellcheck disable=SC2086 # words
  set -- $times
  # a second is nothing here: where the cost grows as the square, it is tens of seconds
  [ $((($2 - rest) * 10)) -le $((($1 - rest) * 45 + 10000 * slow)) ]
}
some='rr wrr wlc sh mh'
[ -z "$long" ] || some='rr wrr lc wlc sed nq fo ovf twos lblc lblcr sh dh mh'
for sched in $some; do
  n=$few
  [ $sched != mh ] || n=$((few / 2)) # it has 4,093 slots
  good=
  for try in 1 2 3; do
    if scales $sched $n; then good=1; break; fi
  done
  is "$sched: $((n * 4)) servers cost at most 4.5 times as much as $n" "$good" 1
done

# An exchange: 2,500 servers for 2,500 others, together more than mh has slots; none that goes is led to any more, and every
# client has a server at any time.
vs -C
table mh 2500 20 >/tmp/lab/a
table mh 2500 21 >/tmp/lab/b
d control replace /tmp/lab/a
ask_all() { ask udp 53 100 timeout=1 parallel | tr ' ' '\n' | sort | uniq -c | tr '\n' ' '; }
background exchange sh -c 'for n in 1 2 3 4 5; do for t in b a; do at d control replace /tmp/lab/$t || echo failed; done; done'
exchange=$bg_pid
asked=0 refused=0
while kill -0 $exchange 2>/dev/null; do
  # nobody is behind these servers: no answer, but no refusal either
  case $(ask_all) in *refused*) refused=$((refused + 1)) ;; esac
  asked=$((asked + 100))
done
is "all exchanges are made" "$(cat /tmp/lab/exchange)" ""
echo "# $asked clients meanwhile"
check "clients came meanwhile" [ $asked -gt 0 ]
is "an exchange leaves no client without a server" $refused 0

# More than it can serve.
table mh 4094 20 >/tmp/lab/many
has "mh: a table with more servers than slots is refused" "$(d control replace /tmp/lab/many)" "^refused: EINVAL .*more servers"
table rr 4094 20 >/tmp/lab/many
check "rr has them" d control replace /tmp/lab/many
sed -i 's/ rr$/ mh/' /tmp/lab/many
has "mh does not take them over" "$(d control replace /tmp/lab/many)" "^refused: EINVAL .*more servers"
table mh 1 20 >/tmp/lab/one
check "... but takes what is left of them" d control replace /tmp/lab/one
vs -C
table mh 4093 20 >/tmp/lab/many
check "mh has as many as slots" d control replace /tmp/lab/many
dmesg -c >/dev/null
check "one more by itself is taken" vs -a -u $VIP:53 -r 10.2.1.2:53 -g
has "... and the log says what that means" "$(dmesg)" "IPVS: mh: .*4094 servers, more than the 4093"
