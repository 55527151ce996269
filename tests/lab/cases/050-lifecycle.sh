# SPDX-License-Identifier: GPL-2.0-or-later
# What happens to connections when servers and services come, go and are quiesced.
topology 3
modprobe ip_vs
serve 3 80 53
pool -t rr -m 3

# connect NAME [option...]: a connection that stays open; the server that answered is in $who
connect() {
  talk=$1
  shift
  mkdir -p /tmp/lab
  rm -f /tmp/lab/$talk.in
  mkfifo /tmp/lab/$talk.in
  background $talk at c peer talk $VIP 80 from=/tmp/lab/$talk.in timeout=1500 "$@"
  wait_until 10 in_file '^(s[0-9]|refused|timeout)' $talk
  who=$(head -n 1 /tmp/lab/$talk)
}
# say NAME TEXT: prints what came back
say() {
  lines=$(wc -l </tmp/lab/$1)
  echo "$2" >/tmp/lab/$1.in
  wait_until 10 sh -c "[ \$(wc -l </tmp/lab/$1) -gt $lines ]"
  tail -n 1 /tmp/lab/$1
}

connect one
has "a connection" "$who" "^s[123]$"
is "it works" "$(say one hello)" hello
server=$who ip=10.2.${who#s}.2

vs -e -t $VIP:80 -r $ip:80 -m -w 0
is "weight 0: the connection goes on" "$(say one still)" still
has_not "weight 0: nobody new" "$(ask tcp 80 6 rst)" "$server"
is "weight 0: the others serve" "$(ask tcp 80 6 rst | tr ' ' '\n' | sort -u | wc -l)" 2
vs -e -t $VIP:80 -r $ip:80 -m -w 1
has "weight 1 again: used again" "$(ask tcp 80 6 rst)" "$server"

active=$(vs -Ln | awk -v s="$ip:80" '$2 == s { print $5 }')
vs -d -t $VIP:80 -r $ip:80
has_not "deleted: nobody new" "$(ask tcp 80 6 rst)" "$server|refused"
[ "$module" = intree ] || before=$(drops dest-gone)
is "deleted: its connection is silent" "$(say one lost)" timeout
[ "$module" = intree ] || check "deleted: because its server has gone" [ "$(drops dest-gone)" -gt "$before" ]
has "deleted: the entry stays" "$(conns)" "0A010064 0050 0A020${server#s}02 0050 ESTABLISHED"
vs -a -t $VIP:80 -r $ip:80 -m
is "added again: its connections count" "$(vs -Ln | awk -v s="$ip:80" '$2 == s { print $5 }')" "$active"
# TCP sends the lost line again on its own, after a while
answers() { case $(say one again) in lost|again) ;; *) return 1 ;; esac; }
eventually "added again: the connection goes on" 20 answers

# all quiesced: the client is told
for i in 1 2 3; do vs -e -t $VIP:80 -r 10.2.$i.2:80 -m -w 0; done
is "no usable server: refused at once" "$(ask tcp 80 1)" refused
for i in 1 2 3; do vs -e -t $VIP:80 -r 10.2.$i.2:80 -m -w 1; done
is "usable again" "$(ask tcp 80 3 rst | spread)" "s1=1 s2=1 s3=1"

# a connection starts with a SYN only
listen_on c c0
before=$(conns | wc -l)
client_sends src=10.1.0.2 dst=$VIP sport=33000 dport=80 flags=A
has "an ACK out of nowhere gets a reset from the local stack" "$(arrived c c0)" "10.1.0.100:80 > 10.1.0.2:33000 tcp R"
is "... and makes no entry" "$(conns | wc -l)" "$before"
client_sends src=10.1.0.2 dst=$VIP sport=33000 dport=80 flags=R
client_sends src=10.1.0.2 dst=$VIP sport=33001 dport=80 flags=FA
has_not "a RST is never scheduled" "$(arrived c c0; conns)" "10.2.[123].2|80E8"
is "... nor a FIN" "$(conns | wc -l)" "$before"
client_sends src=10.1.0.2 dst=$VIP sport=33002 dport=80 flags=S
eventually "a SYN is" 5 sh -c "at d grep -q 80EA /proc/net/ip_vs_conn"
vs_sysctl sloppy_tcp 1
client_sends src=10.1.0.2 dst=$VIP sport=33003 dport=80 flags=A
eventually "sloppy_tcp: an ACK is, too" 5 sh -c "at d grep -q 80EB /proc/net/ip_vs_conn"
vs_sysctl sloppy_tcp 0

# expire_nodest_conn
connect two
had=$who
vs_sysctl expire_nodest_conn 1
vs -d -t $VIP:80 -r 10.2.${had#s}.2:80
# its server is waited for; until then the client hears nothing
ended() { [ "$(say two gone)" = reset ]; }
eventually "expire_nodest_conn: the connection of a deleted server ends" 20 ended
vs_sysctl expire_nodest_conn 0
vs -a -t $VIP:80 -r 10.2.${had#s}.2:80 -m

# UDP conns of a deleted server
pool -u rr -m 1 53
is "UDP works" "$(ask udp 53 1 sport=7000)" s1
vs -d -u $VIP:53 -r 10.2.1.2:53
vs -a -u $VIP:53 -r 10.2.2.2:53 -m
[ "$module" = intree ] || before=$(drops dest-gone)
is "UDP: old client of a deleted server hears nothing" "$(ask udp 53 1 sport=7000 timeout=300)" timeout
[ "$module" = intree ] || is "... because its server has gone" "$(drops dest-gone)" $((before + 1))
is "UDP: a new client is served" "$(ask udp 53 1 sport=7001)" s2
vs_sysctl expire_nodest_conn 1
moved() { [ "$(ask udp 53 1 sport=7000 timeout=300)" = s2 ]; }
eventually "UDP, expire_nodest_conn: old client is moved" 20 moved

# service gone
connect three
vs -D -t $VIP:80
vs -D -u $VIP:53
has "last service gone: the local stack resets" "$(say three bye)" "reset|closed"
is "last service gone: refused" "$(ask tcp 80 1)" refused
