# SPDX-License-Identifier: GPL-2.0-or-later
# brief: no
# kernels: 6.1 6.12
# runs-on: ours
# timeout: 900
# Two directors with keepalived: the master dies twice, once with its links, once by itself, and comes back. Downloads and
# idle connections go on, by NAT and direct routing, IPv4 and IPv6; clients stay with their servers.
. /lab/directors.sh
modprobe ip_vs
pair_of_directors
web 100 2500k
for i in 1 2; do background echo$i at s$i peer serve s$i 53 82 84 2200; done
for i in 1 2; do wait_until 10 in_file ready echo$i || not_ok "server s$i starts"; done
for ns in left right; do daemons_on $ns; done
for ns in left right; do keepalived_on $ns; done
eventually "the left one has the addresses" 60 is_master left
for ns in left right; do eventually "$ns has all servers" 30 all_servers $ns; done
for ns in left right; do
  is "$ns runs both daemons" "$(at $ns ipvsadm -Ln --daemon | sed -n 's/^\([a-z]*\) sync daemon.*/\1/p' | sort | tr '\n' ' ')" "backup master "
done

# --- clients
crowds=
crowd() { # NAME ADDRESS PORT
  mkfifo "/tmp/lab/$1.in"
  background "$1" at c sh -c "exec peer ask tcp $2 $3 50 again timeout=20000 <>/tmp/lab/$1.in"
  crowds="$crowds $1"
}
crowd nat4 $VIP 82
crowd nat6 $VIP6 82
crowd direct4 $VIP 2200
crowd direct6 $VIP6 2200
for crowd in $crowds; do eventually "50 connections: $crowd" 120 in_file '^(s[12] ?){50}$' "$crowd"; done
# all_answer TEXT N: all of them, who have said so many lines before
all_answer() {
  for crowd in $crowds; do echo "are you there" >"/tmp/lab/$crowd.in"; done
  for crowd in $crowds; do
    wait_until 30 sh -c "[ \$(wc -l </tmp/lab/$crowd) -gt $2 ]"
    is "$1: $crowd" "$(tail -n +$(($2 + 1)) "/tmp/lab/$crowd")" "50 of 50"
  done
}
all_answer "connections that were idle go on" 1
sticky4=$(ask tcp 82 1) sticky6=$(ask6 tcp 82 1)
mkfifo /tmp/lab/pulse.in
background pulse at c sh -c "exec peer pulse $VIP 53 every=20 sport=5353 <>/tmp/lab/pulse.in"
# beat: what came since the last one
beat() {
  beats=$(wc -l </tmp/lab/pulse)
  echo >/tmp/lab/pulse.in
  wait_until 10 sh -c "[ \$(wc -l </tmp/lab/pulse) -gt $beats ]"
  tail -n 1 /tmp/lab/pulse
}
told_all() { [ "$(right grep -c ' ESTABLISHED *SYNC' /proc/net/ip_vs_conn_sync)" -ge 204 ]; }
downloads='web4 web6 straight4 straight6'
download web4 http://$VIP/file
download web6 "http://[$VIP6]/file"
download straight4 http://$VIP:81/file
download straight6 "http://[$VIP6]:81/file"
eventually "the right one knows all connections" 60 told_all
has "the flow of UDP is served" "$(beat)" '^s[12] [1-9]'
on_their_way() {
  for name in $downloads; do
    has "$1: $name is on its way" "$(cat "/tmp/lab/$name.pace")" '^[1-9][0-9]* bytes.* ms$'
  done
}

# pause WHAT: the flow's longest one since the last look, in milliseconds, in $gap
pause() {
  beat >/tmp/lab/beat
  gap=$(sed 's/.*longest \([0-9]*\) ms/\1/' /tmp/lab/beat)
  echo "# $1: the flow of UDP: $(cat /tmp/lab/beat)"
  has "$1: the flow stays with its server" "$(cat /tmp/lab/beat)" '^s[12] '
}
# What VRRP itself takes: three announcements that do not come, and (256 - priority) / 256 of one. This is a slow machine: half
# a second more.
vrrp_ms=$((3 * 1000 + (256 - 100) * 1000 / 256 + 500))

# --- the master loses all of its links
on_their_way "before the failover"
beat >/dev/null
cable left down
eventually "the right one takes over" 20 has_address right
all_answer "after the failover" 2
pause "the failover"
check "... no longer than VRRP takes" [ "$gap" -lt $vrrp_ms ]
is "persistence survives" "$(ask tcp 82 3 | spread) $(ask6 tcp 82 3 | spread)" "$sticky4=3 $sticky6=3"
is "the mark's service, too" "$(ask tcp 2200 4 | spread)" "s1=2 s2=2"
is "... and the tunnel" "$(ask tcp 84 4 | spread)" "s1=2 s2=2"

# --- it comes back
cable left up
on_their_way "before the return"
eventually "the left one is back" 60 is_master left
all_answer "after it is back" 3
pause "the return"
check "... no longer than VRRP takes" [ "$gap" -lt $vrrp_ms ]
is "persistence survives that" "$(ask tcp 82 3 | spread) $(ask6 tcp 82 3 | spread)" "$sticky4=3 $sticky6=3"
for name in $downloads; do
  eventually "$name is whole" 400 in_file whole "$name"
  echo "# $name: $(cat "/tmp/lab/$name.pace")"
  # its sender tries again after twice the time each time
  check "... and was not interrupted for longer than its sender waits" \
    [ "$(sed 's/.*longest \([0-9]*\) ms.*/\1/' "/tmp/lab/$name.pace")" -lt $((2 * vrrp_ms)) ]
done

# --- keepalived dies and leaves addresses and services behind
eventually "the right one has all servers" 30 all_servers right
beat >/dev/null
dies left
eventually "the right one takes over from the dead" 20 has_address right
all_answer "after the death" 4
pause "the death"
check "... no longer than VRRP takes" [ "$gap" -lt $vrrp_ms ]
keepalived_on left
eventually "the left one is back again" 60 is_master left
all_answer "after the return from death" 5
is "persistence survives all that" "$(ask tcp 82 3 | spread) $(ask6 tcp 82 3 | spread)" "$sticky4=3 $sticky6=3"
[ "$lab_failed" = 0 ] || { tail -n 30 /tmp/lab/keepalived-left /tmp/lab/keepalived-right; left ipvsadm -Ln; right ipvsadm -Ln; left cat /proc/net/ip_vs_sync; right cat /proc/net/ip_vs_sync; }
