# SPDX-License-Identifier: GPL-2.0-or-later
# tools: debian
# timeout: 900
# The same of services with many servers, of schedulers that look for the least loaded one: loads go up and down, servers come
# and go, more than there was room for and nearly all, and the scheduler changes.
topology 1
modprobe ip_vs
marked_network
for n in $(seq 16 255); do echo "neigh add 10.2.1.$n dev d1 lladdr $smac"; done | ip -n d -batch -
# grown N: new connections, which stay; ended FROM N: these are nearly over, and stay, too: none goes by itself meanwhile
grown() {
  marked_picks sport "$1"
  client_sends src=10.64.0.1 dst=10.80.0.1 sport=$((next_sport - $1)) dport=80 flags=A flows="$1"
}
ended() { client_sends src=10.64.0.1 dst=10.80.0.1 sport="$1" dport=80 flags=FA flows="$2"; }
no_entries() { ! at d grep -q '^[UT]' /proc/net/ip_vs_conn; }
# many COMMAND FROM TO [WORD...]
many() {
  command=$1 from=$2 to=$3
  shift 3
  for n in $(seq "$from" "$to"); do echo "$command -f 7 -r 10.2.1.$n:0 $*"; done | vs -R || echo "refused"
}
for sched in lc wlc sed nq; do
  both_have ip_vs_$sched || continue
  other=$([ $sched = wlc ] && echo sed || echo wlc)
  fresh
  vs --set 7200 7200 2
  echo "== $sched"
  # shellcheck disable=SC2046 # words
  marked_pool $sched $(seq 1 130 | awk '{ print $1 * 5 % 7 + 1 }')
  grown 200
  ended 10010 40
  grown 60
  ended 10150 90
  grown 60
  echo "edits"
  many -e 20 29 -g -w 0
  many -e 30 30 -g -w 40
  grown 50
  many -e 31 60 -g -w 2 -x 1
  grown 50
  many -e 31 60 -g -w 2
  many -e 20 29 -g -w 3
  grown 50
  echo "servers come and go"
  many -d 100 109
  grown 30
  many -a 141 255 -g -w 2
  grown 200
  many -d 141 255
  many -a 100 109 -g -w 4
  grown 60
  echo "another scheduler, and back"
  vst -E -f 7 -s $other
  grown 40
  ended 10200 60
  vst -E -f 7 -s $sched
  grown 40
  echo "few are left"
  many -d 40 99
  many -d 105 130
  grown 60
  many -a 40 99 -g -w 5
  grown 60
  vst -Ln
  echo "idle again"
  fresh
  vs --set 7200 7200 1
  # shellcheck disable=SC2046 # words
  marked_pool $sched $(seq 1 110 | awk '{ print $1 % 3 + 1 }')
  for turn in 1 2; do
    client_sends src=10.64.0.1 dst=10.80.0.1 sport=9000 dport=53 proto=udp flows=140
    vst -Ln
    wait_until 30 no_entries || echo "entries are left"
  done
done
