# SPDX-License-Identifier: GPL-2.0-or-later
# brief: no
# runs-on: ours
# timeout: 240
# Defence against overload: what drop_packet, drop_entry and secure_tcp do, and when they switch themselves on.
topology 1
modprobe ip_vs
mac s1 e0
ip -n d neigh add 10.2.1.11 dev d1 lladdr "$mac"
mac c c0
ip -n d neigh add 10.1.0.77 dev d0 lladdr "$mac"
value() { d cat /proc/sys/net/ipv4/vs/"$1"; }
becomes() { [ "$(value "$1")" = "$2" ]; }

vs -A -t $VIP:80 -s rr
vs -a -t $VIP:80 -r 10.2.1.11:80 -m
listen_on s1 e0
refused() { drops overload; }
rows() { d awk 'NR > 1 { n++ } END { print n + 0 }' /proc/net/ip_vs_conn; }
# made_of N: for N connections from $sport on, + for each that was made and - for each that was not
made_of() {
  made=$(conns | awk -v from=$sport -v n="$1" '
    function hex(s,  v, i) { for (i = 1; i <= length(s); i++) v = v * 16 + index("0123456789ABCDEF", substr(s, i, 1)) - 1; return v }
    NR > 1 { there[hex($3)] = 1 }
    END { for (p = from; p < from + n; p++) printf "%s", p in there ? "+" : "-" }')
}
handled() {
  made_of "$1"
  plus=$(echo "$made" | tr -d -)
  [ $((${#plus} + $(refused) - refused_before)) = "$1" ]
}
# new_ones N: opens N connections; $made says how they fared. They come from one CPU, so in their order.
sport=1000
mac d d0
new_ones() {
  refused_before=$(refused)
  c taskset 1 peer send dev=c0 "dmac=$mac" src=10.1.0.77 dst=$VIP sport=$sport dport=80 flags=S flows="$1"
  wait_until 20 handled "$1" || echo "packets got lost: $made and $(refused) - $refused_before refused"
  sport=$((sport + $1))
}
# passes PATTERN: new connections say so, sooner or later
passes() { new_ones ${#1} && [ "$made" = "$1" ]; }

new_ones 4
is "no defence: all new connections are made" "$made" ++++
vs_sysctl am_droprate 3
vs_sysctl drop_packet 3
new_ones 7
is "drop_packet with rate 3: drop, pass, pass" "$made" -++-++-
is "drops are counted with their reason" "$(refused)" 3
client_sends src=10.1.0.77 dst=$VIP sport=1000 dport=80 flags=A count=6
is "packets of existing connections pass" "$(arrived s1 e0 | grep -c '10.1.0.77:1000 > .* tcp A')" 6
vs_sysctl am_droprate 1
eventually "rate 1 refuses everything" 10 passes ----
vs_sysctl am_droprate 0
eventually "rate 0 refuses nothing" 10 passes ++++
vs_sysctl am_droprate 1
eventually "rate 1 again" 10 passes ----
vs_sysctl am_droprate -1
eventually "a negative rate refuses nothing" 10 passes ++++
vs_sysctl am_droprate 1
vs_sysctl drop_packet 0
new_ones 4
is "off at once" "$made" ++++

# automatic: half of what is needed is not there, so everything is refused
for f in drop_packet drop_entry secure_tcp; do vs_sysctl $f 1; done
is "automatic, and memory suffices: off" "$(value drop_packet)$(value drop_entry)$(value secure_tcp)" 111
new_ones 4
is "... nothing is refused" "$made" ++++
vs_sysctl drop_entry 0
vs_sysctl amemthresh 2000000000
vs_sysctl drop_entry 2
is "2 is decided about at once" "$(value drop_entry)" 2
vs_sysctl drop_entry 0
for f in drop_packet secure_tcp; do eventually "$f switches itself on" 10 becomes $f 2; done
new_ones 4
is "... new connections are refused" "$made" ----
vs_sysctl amemthresh 1
for f in drop_packet secure_tcp; do eventually "$f switches itself off" 10 becomes $f 1; done
new_ones 4
is "... new connections are made" "$made" ++++
for f in drop_packet secure_tcp; do vs_sysctl $f 0; done

# secure_tcp: who does not answer is not established
state_is() { conns | grep -q " $(printf %04X $sport) 0A010064 0050 .* $1 "; }
step() { # FLAGS from the client with >, from the server with <
  case $1 in
    '>'*) client_sends src=10.1.0.77 dst=$VIP sport=$sport dport=80 flags="${1#>}" ;;
    '<'*) server_sends 1 src=10.2.1.11 dst=10.1.0.77 sport=80 dport=$sport flags="${1#<}" ;;
  esac
}
sport=5000
step '>S'
step '>A'
eventually "without secure_tcp the client alone establishes" 10 state_is ESTABLISHED
vs_sysctl secure_tcp 3
sport=5001
step '>S'
step '>A'
step '<SA'
eventually "with it it does not" 10 state_is SYNACK
step '<A'
eventually "... until the server goes on" 10 state_is ESTABLISHED
vs -e -t $VIP:80 -r 10.2.1.11:80 -g
sport=5002
step '>S'
eventually "direct routing: SYNACK" 10 state_is SYNACK
step '>A'
eventually "... until the client answers" 10 state_is ESTABLISHED
vs_sysctl secure_tcp 0
vs -e -t $VIP:80 -r 10.2.1.11:80 -m

# drop_entry
count() { conns | grep -c " $1 "; }
at_least() { [ "$(count "$1")" -ge "$2" ]; }
client_sends src=10.1.0.77 dst=$VIP sport=20000 dport=80 flags=S flows=50
client_sends src=10.1.0.77 dst=$VIP sport=20000 dport=80 flags=A flows=50
client_sends src=10.1.0.77 dst=$VIP sport=30000 dport=80 flags=S flows=600
eventually "there are connections at work" 10 at_least ESTABLISHED 53
open=$(count ESTABLISHED)
eventually "... and half-open ones" 10 at_least SYN_RECV 600
half=$(count SYN_RECV)
vs_sysctl drop_entry 3
fewer() { [ "$(count SYN_RECV)" -lt $((half - 40)) ]; }
eventually "drop_entry gives up half-open connections" 30 fewer
vs_sysctl drop_entry 0
is "... and not those at work" "$(count ESTABLISHED)" "$open"
check "... and not all at once" [ "$(count SYN_RECV)" -gt 200 ]
is "... and the server's counters know" "$(d awk '$2 ~ /:0050$/ && $1 == "->" { print $5 + $6 }' /proc/net/ip_vs)" "$(rows)"

# backup_only is about a daemon that does not run
vs_sysctl backup_only 1
new_ones 4
is "backup_only without a backup daemon changes nothing" "$made" ++++

# Without a service nobody looks at the memory, when the look that is due already is over. Another namespace with one shows
# that time passes: from one change of its mode to the next is a second, in which both would have looked.
vs -C
s1 ipvsadm -A -t 10.2.1.2:81 -s rr
there() { s1 cat /proc/sys/net/ipv4/vs/drop_entry; }
there_becomes() { [ "$(there)" = "$1" ]; }
is_short() { for ns in d s1; do $ns sh -c "echo 2000000000 >/proc/sys/net/ipv4/vs/amemthresh"; done; }
suffices() { for ns in d s1; do $ns sh -c "echo 1 >/proc/sys/net/ipv4/vs/amemthresh"; done; }
looks() {
  is_short
  eventually "memory is short: the mode changes where there is a service" 10 there_becomes 2
  suffices
  eventually "... and back" 10 there_becomes 1
}
s1 sh -c 'echo 1 >/proc/sys/net/ipv4/vs/drop_entry'
looks
vs_sysctl drop_entry 1
looks
is_short
eventually "... once more" 10 there_becomes 2
is "where there is none it stays" "$(value drop_entry)" 1
vs_sysctl drop_entry 0
vs_sysctl drop_entry 1
is "... until it is written" "$(value drop_entry)" 2
s1 ipvsadm -C
