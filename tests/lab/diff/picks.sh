# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 400
# Which server each of a row of new connections gets, with edits in between.
topology 1
modprobe ip_vs
fake_hosts
port=80
for sched in rr wrr lc wlc sed nq fo ovf sh dh mh; do
  both_have ip_vs_$sched || continue
  for weights in '1 1 1' '5 3 1' '0 1 2' '1000 1' '3 6 9' '2'; do
    port=$((port + 1))
    echo "== $sched $weights"
    # shellcheck disable=SC2086 # weights are words
    fake_pool -t $sched -m $port $weights >/dev/null
    picks tcp $port 14
    vs -D -t $VIP:$port
  done
done
for sched in rr wrr lc wlc; do
  port=$((port + 1))
  echo "== $sched with edits"
  fake_pool -t $sched -m $port 5 3 1 >/dev/null
  picks tcp $port 5
  vst -e -t $VIP:$port -r 10.2.1.12:$port -m -w 8
  picks tcp $port 7
  vst -e -t $VIP:$port -r 10.2.1.11:$port -m -w 0
  picks tcp $port 5
  vst -a -t $VIP:$port -r 10.2.1.14:$port -m -w 4
  picks tcp $port 6
  vst -d -t $VIP:$port -r 10.2.1.12:$port
  picks tcp $port 6
  vst -a -t $VIP:$port -r 10.2.1.12:$port -m -w 2
  picks tcp $port 6
  vst -e -t $VIP:$port -r 10.2.1.11:$port -m -w 1
  picks tcp $port 6
  vst -E -t $VIP:$port -s wrr
  picks tcp $port 6
  for n in 11 12 13 14; do vs -e -t $VIP:$port -r 10.2.1.$n:$port -m -w 0; done
  echo "all quiesced"
  picks tcp $port 2
  vst -Ln -t $VIP:$port
  vs -D -t $VIP:$port
done
# UDP is never active
for sched in lc wlc sed nq; do
  both_have ip_vs_$sched || continue
  port=$((port + 1))
  echo "== $sched, UDP"
  fake_pool -u $sched -g $port 4 2 1 >/dev/null
  picks udp $port 14
  vs -D -u $VIP:$port
done
# many connections first
port=$((port + 1))
fake_pool -t wlc -m $port 1 2 4
picks tcp $port 30
vst -Ln -t $VIP:$port
