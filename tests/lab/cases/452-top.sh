# SPDX-License-Identifier: GPL-2.0-or-later
# brief: no
# timeout: 600
# ipvs-top, in a terminal that is tmux's: what it shows is what ipvsadm says, what is pressed does what it should, and neither a
# module that goes nor a signal upsets it.
topology 2
modprobe ip_vs
fake_hosts
mkdir -p /tmp/lab
serve 2 80
pool -t wrr -m 2
vs -e -t $VIP:80 -r 10.2.2.2:80 -m -w 3
vs -A -t $VIP:81 -s rr
vs -a -t $VIP:81 -r 10.2.1.11:81 -m
vs -a -t $VIP:81 -r 10.2.1.12:81 -m -w 2
vs -A -f 5 -s sh

# in_terminal WIDTH HEIGHT COMMAND: a shell runs it there, and says how it ended, and how the terminal is before and after
in_terminal() {
  # a server that is ending would still take orders
  [ "$terminals" = 0 ] || t kill-server
  terminals=$((terminals + 1))
  cat >/tmp/lab/inside <<SCRIPT
stty -g >/tmp/lab/stty-before
$3
echo "ended \$?"
stty -g >/tmp/lab/stty-after
read -r line
SCRIPT
  echo 'set -g status off' >/tmp/lab/tmux.conf
  d tmux -f /tmp/lab/tmux.conf -L "top$terminals" new-session -d -x "$1" -y "$2" sh /tmp/lab/inside
}
terminals=0
t() { tmux -L "top$terminals" "$@"; }
screen() { t capture-pane -p; }
press() { t send-keys "$@"; }
# every pattern is seen in a line; else the screen is printed, for eventually to show
sees() {
  screen >/tmp/lab/screen
  for pattern; do grep -q -E -e "$pattern" /tmp/lab/screen || { cat /tmp/lab/screen; return 1; }; done
}
sees_not() { ! sees "$1"; }
seen() { seen_text=$1; shift; eventually "$seen_text" 30 sees "$@"; }
# above FIRST SECOND: both are seen, in this order
above() { screen | awk -v first="$1" -v second="$2" 'index($0, first) && !f { f = NR } index($0, second) && !s { s = NR } END { exit !(f && s && f < s) }'; }

# --- without a terminal ---
once() { d ipvs-top --once "$@"; }
is "weights and connections" \
  "$(once | awk '/10\.2\.[0-9.]*:8/ { for (i = 1; i < NF; i++) if ($i ~ /^10/) print $i, $(i + 1), $(i + 3), $(i + 4), $(i + 5) }')" \
  "$(vs -Ln | awk '/->/ && /:8/ && !/Remote/ { print $2, $3, $4, $5, $6 }')"
is "services, by a filter" "$(once --filter 'fwmark 5' | grep -c -E 'tcp|fwmark 5 ipv4')" 1
is "twice" "$(d ipvs-top --batch --count 2 --interval 0.2 | grep -c ^ipvs-top)" 2
is "not wider than is wanted" "$(d ipvs-top --once --width 60 | awk 'length > 60')" ""
has "without a terminal it says what to do" "$(d ipvs-top </dev/null 2>&1)" 'this is no terminal: use --once or --batch'
has "a wrong column" "$(d ipvs-top --sort size 2>&1)" 'no column "size": name kind'
in_terminal 80 24 'TERM=dumb ipvs-top'
seen "a terminal that cannot move its cursor" 'a terminal "dumb" cannot move its cursor'
in_terminal 80 24 'TERM=nothing ipvs-top'
seen "a terminal that nobody knows" 'no description of a terminal "nothing"'

# --- what is seen ---
in_terminal 80 24 'ipvs-top --interval 0.5'
seen "services" '^  - tcp 10\.1\.0\.100:80 '
check "their servers, and one without any" sees '^      10\.2\.1\.2:80 ' '^!   fwmark 5 ipv4 '
has "sums" "$(screen)" '^3 services, 4 servers   connections 0 active, 0 inactive'
if [ "$module" = intree ]; then
  has_not "what this module does not tell is not there" "$(screen)" '^dropped'
else
  has "drops" "$(screen)" '^dropped'
fi
# clients ask until they are told to stop
traffic() {
  rm -f /tmp/lab/enough
  while [ ! -e /tmp/lab/enough ]; do ask tcp 80 20 >/dev/null; done &
  asking=$!
}
no_traffic() {
  touch /tmp/lab/enough
  wait $asking
}
traffic
seen "connections of each second" '^conn/s [1-9][0-9.k]*   packets/s in [1-9]'
seen "... of a server, and its part" '^      10\.2\.2\.2:80 .* [1-9][0-9.k]* +[1-9][0-9.kM]* +[1-9][0-9.kM]* \|+'
vs_sysctl run_estimation 0
if [ "$module" = intree ]; then
  seen "without estimation they are not known" '^rates are not known' '^      10\.2\.2\.2:80 .* - +- +- '
  no_traffic
else
  seen "without estimation they are counted" '^conn/s [1-9]' '^the kernel does not estimate'
  no_traffic
  seen "... and are 0 when nothing happens" '^conn/s 0   packets/s in 0 out 0 '
  vs_sysctl run_estimation 1
  eventually "estimation again" 30 sees_not 'does not estimate'
  vs_sysctl est_cpulist ''
  seen "as without a CPU for it" '^the kernel does not estimate'
  vs_sysctl est_cpulist all
fi
vs_sysctl run_estimation 1
eventually "estimation again" 30 sees_not 'does not estimate|not known'
if [ "$module" != intree ]; then
  vs --start-daemon master --mcast-interface d1 --syncid 7
  seen "a sync daemon" '^sync: master on d1, id 7'
  vs --stop-daemon master
  vs -A -u $VIP:53 -s rr
  (until [ -e /tmp/lab/dropped ]; do client_sends src=10.1.0.77 dst=$VIP proto=udp sport=7100 dport=53 >/dev/null; done) &
  seen "drops of each second, by reason" '^dropped/s [1-9].*: no-dest [1-9]'
  touch /tmp/lab/dropped
  wait $!
  vs -D -u $VIP:53
fi

# --- keys ---
press s w
eventually "sorted by weight" 30 above '10.2.2.2:80' '10.2.1.2:80'
press r
eventually "... the other way round" 30 above '10.2.1.2:80' '10.2.2.2:80'
press s n
press /
press -l '10.2.1.12'
press Enter
eventually "a filter" 30 sees_not '10\.2\.2\.2:80'
check "... shows what has it, with its service" sees '^  - tcp 10\.1\.0\.100:81 ' '10\.2\.1\.12:81'
seen "... and says so" '^filter: 10\.2\.1\.12 '
press Escape
seen "all again" '10\.2\.2\.2:80'
press -
eventually "services without servers" 30 sees_not '10\.2\.1\.12:81'
press +
seen "... and with them" '10\.2\.1\.12:81'
press h
seen "help" 'up, down, page up'
press q
press d
seen "without --write it says what is needed" 'start ipvs-top with --write'

# Two of service 81 and one of its servers: nobody answers them.
for port in 7001 7002 7003; do client_sends src=10.1.0.77 dst=$VIP sport=$port dport=81 flags=S; done
press /
press -l 'tcp :81'
press Enter
eventually "one service" 30 sees_not '100:80 '
press g c
seen "connections of a service" '^connections of tcp 10\.1\.0\.100:81   1 to 3'
seen "... with their states" '^TCP   10\.1\.0\.77:7002 .*SYN_RECV'
press /
press -l 7003
press Enter
seen "... filtered" '10\.1\.0\.77:7003'
eventually "... no others" 30 sees_not '10\.1\.0\.77:7001'
client_sends src=10.1.0.77 dst=$VIP sport=27003 dport=81 flags=S
seen "... and new ones are seen" '10\.1\.0\.77:27003'
press q
seen "back" '^filter: tcp :81'
press G c
seen "connections of a server" '^connections of tcp 10\.1\.0\.100:81 at 10\.2\.1\.12:81   1 to'
check "... no others" sees_not '10\.2\.1\.11:81'
press q

# --- sizes ---
size() { t resize-window -x "$1" -y "$2"; }
size 132 40
seen "all columns where there is room" ' kind +health +weight +active .*share of conns'
size 40 10
eventually "few where there is little" 30 sees_not 'weight'
seen "... but the first" '^    service and servers v .* active$'
size 20 5
eventually "names where there is less" 30 sees_not 'active$'
seen "... with what is selected" '10\.2\.1\.12:81'
size 8 2
eventually "next to nothing" 30 sees_not '10\.2\.1\.12:81'
size 100 30
client_sends src=10.1.0.77 dst=$VIP sport=7010 dport=81 flags=S
seen "after that all is there" '^      10\.2\.1\.12:81 .*|'

# --- a module that goes ---
press Escape
vs -C
eventually "no module" 20 no_ipvs
seen "it says so" 'the module ip_vs is not loaded'
is "... and asking has not loaded it" "$(grep -c ^ip_vs /proc/modules)" 0
has "... nor printing" "$(once 2>&1)" '^ipvs-top: the module ip_vs is not loaded$'
modprobe ip_vs
vs -A -t $VIP:82 -s rr
vs -a -t $VIP:82 -r 10.2.1.11:82 -m -w 7
seen "one that came has its services seen" '^  - tcp 10\.1\.0\.100:82 '

# --- the end ---
press q
seen "q ends it" '^ended 0'
is "... and the terminal is as it was" "$(cat /tmp/lab/stty-after)" "$(cat /tmp/lab/stty-before)"
for signal in TERM INT HUP; do
  in_terminal 80 24 'ipvs-top'
  seen "it runs again" '100:82 '
  kill -$signal "$(pidof ipvs-top)"
  seen "SIG$signal ends it" '^ended 0'
  eventually "... and the terminal is as it was" 10 cmp /tmp/lab/stty-before /tmp/lab/stty-after
done

in_terminal 80 24 'TERM=vt100 ipvs-top'
seen "a terminal without colours" '^  - tcp 10\.1\.0\.100:82 '

# --- weights ---
weight() { vs -Ln | awk '/-> 10.2.1.11:82/ { print $4 }'; }
weighs() { [ "$(weight)" = "$1" ]; }
vs -e -t $VIP:82 -r 10.2.1.11:82 -m -w 7 -x 100 -y 50
in_terminal 80 24 'ipvs-top --write'
seen "a server" '10\.2\.1\.11:82 +7 '
press G d
seen "draining asks" '^drain 10\.2\.1\.11:82 of tcp 10\.1\.0\.100:82: weight 7 -> 0\? y/n'
press n
seen "... and may be told no" 'nothing was changed'
is "... which changes nothing" "$(weight)" 7
press d y
eventually "drained" 30 weighs 0
has "... and nothing else has changed" "$(vs -Ln --thresholds)" '10\.2\.1\.11:82 +100 +50 '
seen "... which is seen" '^d     10\.2\.1\.11:82 +0 '
press u y
eventually "its weight is back" 30 weighs 7
press w C-u
press -l 12
press Enter y
eventually "another weight" 30 weighs 12
seen "... which is said" 'weight 12, was 7'
press w C-u
press -l 99999999999
press Enter
seen "no weight" '"99999999999" is no weight: 0 to 2147483647'
vs -d -t $VIP:82 -r 10.2.1.11:82
press q
seen "the end" '^ended 0'
t kill-server
vs -C
