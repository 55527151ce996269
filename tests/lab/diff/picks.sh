# SPDX-License-Identifier: GPL-2.0-or-later
# tools: debian
# timeout: 600
# Which server each of a row of new connections gets, with edits in between.
topology 1
modprobe ip_vs
port=80
marked_network
for sched in rr wrr lc wlc sed nq fo ovf dh sh mh lblc lblcr; do
  both_have ip_vs_$sched || continue
  case $sched in
    dh) each=dst ;;
    sh|mh) each=src ;;
    lblc|lblcr) each='dst sport' ;;
    *) each=sport ;;
  esac
  fresh
  for weights in '60 20 40' '1 1 1' '5 3 1' '0 1 2' '1000 1' '3 6 9'; do
    echo "== $sched $weights"
    # shellcheck disable=SC2086 # weights are words
    marked_pool $sched $weights
    for e in $each; do marked_picks $e 40; done
    vs -D -f 7
  done
  fresh
  echo "== $sched with edits"
  marked_pool $sched 5 3 1
  for change in '-e 12 -w 8' '-e 11 -w 0' '-a 14 -w 4' '-d 12' '-a 12 -w 2' '-e 11 -w 1' '-e 14 -w 9 -x 30' '-E'; do
    # shellcheck disable=SC2086 # words
    set -- $change
    command=$1 n=${2:-}
    [ $# -lt 2 ] || shift 2
    case $command in
      # Ours keeps to thresholds also for addresses in the cache of lblc; see docs/map.md.
      -e) [ "$sched:${3:-}" != lblc:-x ] || set -- -w 9; vst -e -f 7 -r 10.2.1.$n:0 -g "$@" ;;
      -a) vst -a -f 7 -r 10.2.1.$n:0 -g "$@" ;;
      -d) vst -d -f 7 -r 10.2.1.$n:0 ;;
      -E) vst -E -f 7 -s wrr ;;
    esac
    for e in $each; do marked_picks $e 35; done
  done
  for n in 11 12 13 14; do vs -e -f 7 -r 10.2.1.$n:0 -g -w 0; done
  echo "all quiesced"
  marked_picks sport 2
  vst -Ln
done
# twos draws lots: only the shares can be told, those of 3000 connections without traffic
if both_have ip_vs_twos; then
  fresh
  marked_pool twos 1 2 5
  client_sends src=10.64.0.1 dst=10.80.0.1 sport=1000 dport=53 proto=udp flows=3000
  settled
  at d awk '$1 == "->" && $4 + 0 > 0 { n[$4] = $6; all += $6 }
    END { for (w in n) if (n[w] * 8 / w / all < 0.85 || n[w] * 8 / w / all > 1.15) { bad = 1; print w, n[w] }
          print all == 3000 && !bad ? "twos: shares as the weights" : "twos: " all " connections" }' /proc/net/ip_vs
fi
fresh
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
