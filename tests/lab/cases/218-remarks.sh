# SPDX-License-Identifier: GPL-2.0-or-later
# brief: no
# What is taken although it will do something that may surprise has a text that says what; and that happens. The kernel's
# own module takes the same, and says nothing.
# timeout: 400
topology 3
modprobe ip_vs
serve 3 80 53

vip=1=u16:2\ 2=u16:6\ 3=ip:$VIP\ 4=be16
svc() { echo "1{ $vip:$1 6=str:$2 7=hex:$3ffffffff 8=u32:0 9=u32:0xffffffff }"; }
# said TEXT REMARK GENL-WORD...: it is taken, with this remark; none if it is empty
said() {
  said_text=$1 remark=$2
  shift 2
  [ "$module" != intree ] || remark=
  is "$said_text" "$(d peer genl "$@" texts 2>&1)" "ack${remark:+ \"$remark\"}"
}
none=00000000 sh_fallback=08000000 mh_fallback=08000000 one_packet=04000000
server() { echo "2{ 1=ip:$1 2=be16:${4:-80} 3=u32:$2 4=u32:$3 5=u32:0 6=u32:0 }"; }
masq=0 local=1 tunnel=2 direct=3
refuses="clients that the scheduler leads to a server with weight 0 are refused, and get no other one: without its fallback flag, if it has one"
lacks="the shares of the servers add up to more than the 256 places of the scheduler's table: the oldest get less than their share, or nothing"
astray="the server's address is not of this host: with forwarding method local its clients reach this host itself and never the server"

# shellcheck disable=SC2046,SC2086 # words
{
# --- the local method ---
said "a service" "" 1 $(svc 80 rr $none)
said "local method, a server elsewhere" "$astray" 5 $(svc 80 rr $none) $(server 10.2.1.2 $local 1)
said "... and one on this host" "" 5 $(svc 80 rr $none) $(server 10.2.1.1 $local 1)
said "... an edit to it" "$astray" 6 $(svc 80 rr $none) $(server 10.2.1.2 $local 2)
said "... and to another method" "" 6 $(svc 80 rr $none) $(server 10.2.1.2 $direct 2)
said "... back, with weight 0" "$astray" 6 $(svc 80 rr $none) $(server 10.2.1.2 $local 1)
said "... and the other one away" "" 7 $(svc 80 rr $none) $(server 10.2.1.1 $local 1)
background here at d peer serve director 80
wait_until 10 in_file ready here
is "the director itself answers" "$(ask tcp 80 2 | spread)" "director=2"
vs -C

# --- sh: servers without weight ---
said "sh" "" 1 $(svc 80 sh $none)
for i in 1 2 3; do said "server $i" "" 5 $(svc 80 sh $none) $(server 10.2.$i.2 $masq 1); done
name=$(ask tcp 80 1)
said "the client's server gets weight 0" "$refuses" 6 $(svc 80 sh $none) $(server 10.2.${name#s}.2 $masq 0)
is "the client is refused" "$(ask tcp 80 2 | spread)" "refused=2"
other=$((${name#s} % 3 + 1))
said "an edit of another server" "" 6 $(svc 80 sh $none) $(server 10.2.$other.2 $masq 2)
said "the flag" "" 2 $(svc 80 sh $sh_fallback)
is "with it the client is served" "$(ask tcp 80 2 | spread | sed 's/[123]=/N=/')" "sN=2"
said "without it again" "$refuses" 2 $(svc 80 sh $none)
said "another scheduler" "" 2 $(svc 80 rr $none)
said "dh, which has no such flag" "$refuses" 2 $(svc 80 dh $none)
vs -C

# --- mh: the slots of a server stay when its weight goes; one that never had any has none ---
said "mh" "" 1 $(svc 80 mh $none)
for i in 1 2; do said "server $i" "" 5 $(svc 80 mh $none) $(server 10.2.$i.2 $masq 1); done
said "a server that begins with weight 0" "" 5 $(svc 80 mh $none) $(server 10.2.3.2 $masq 0)
name=$(ask tcp 80 1)
said "mh: the client's server gets weight 0" "$refuses" 6 $(svc 80 mh $none) $(server 10.2.${name#s}.2 $masq 0)
is "mh: the client is refused" "$(ask tcp 80 2 | spread)" "refused=2"
said "mh: the flag" "" 2 $(svc 80 mh $mh_fallback)
is "mh: with it the client is served" "$(ask tcp 80 2 | spread | sed 's/[12]=/N=/')" "sN=2"
vs -C

# --- tables that are full ---
said "sh" "" 1 $(svc 53 sh $none)
said "a server with 128 shares" "" 5 $(svc 53 sh $none) $(server 10.2.1.2 $masq 128 80)
said "a second one: all 256" "" 5 $(svc 53 sh $none) $(server 10.2.2.2 $masq 128 80)
said "one more" "$lacks" 6 $(svc 53 sh $none) $(server 10.2.2.2 $masq 129 80)
said "and less again" "" 6 $(svc 53 sh $none) $(server 10.2.2.2 $masq 1 80)
said "one that takes it all" "$lacks" 5 $(svc 53 sh $none) $(server 10.2.3.2 $masq 2147483647 80)
for n in $(seq 20 39); do ip -n c addr add 10.1.0.$n/16 dev c0; done
is "the others get nothing" "$(for n in $(seq 20 39); do ask tcp 53 1 bind=10.1.0.$n; done | spread)" "s3=20"
vs -C
said "dh" "" 1 $(svc 53 dh $none)
for n in $(seq 256); do echo "-a -t $VIP:53 -r 10.9.$((n / 250)).$((n % 250 + 1)):80 -m"; done >/tmp/lab/rules
vs -R </tmp/lab/rules
said "dh: the 257th server" "$lacks" 5 $(svc 53 dh $none) $(server 10.2.3.2 $masq 1 80)
vs -C

# --- one packet and NAT: the answers come back, which needs no words ---
udp="1=u16:2 2=u16:17 3=ip:$VIP 4=be16:53"
said "a one-packet service" "" 1 1{ $udp 6=str:rr 7=hex:${one_packet}ffffffff 8=u32:0 9=u32:0xffffffff }
said "with a NAT server" "" 5 1{ $udp } $(server 10.2.1.2 $masq 1 53)
[ "$module" = intree ] || is "its answers reach the client" "$(ask udp 53 3 | spread)" "s1=3"
vs -C
}

# --- a service that never has a server ---
port0="a service on port 0 serves nothing unless it is persistent"
# shellcheck disable=SC2046 # words
if [ "$module" != intree ]; then
  said "a service on port 0" "$port0" 1 $(svc 0 rr $none)
  said "... and an edit of it" "$port0" 2 $(svc 0 wrr $none)
  is "... and a table with it" "$(d peer genl 65 $(svc 0 rr $none) texts 2>&1)" "ack \"$port0\""
  vs -C
fi

# --- a table at once says the same, of one service, and of how many others there is something to say ---
if [ "$module" != intree ]; then
  table="1{ $vip:80 6=str:sh 7=hex:${none}ffffffff 8=u32:0 9=u32:0xffffffff } $(server 10.2.1.2 $masq 0)"
  table="$table 1{ $vip:81 6=str:rr 7=hex:${none}ffffffff 8=u32:0 9=u32:0xffffffff } $(server 10.2.1.2 $masq 0)"
  table="$table 1{ $vip:82 6=str:rr 7=hex:${none}ffffffff 8=u32:0 9=u32:0xffffffff } $(server 10.2.1.2 $local 1)"
  # shellcheck disable=SC2086 # words
  is "a table" "$(d peer genl 65 $table texts 2>&1)" "ack \"$astray\""
  is "... which is as it was asked for" "$(vs -Ln | sed 1,3d | wc -l)" 6
  vs -C
fi

# --- and ipvsadm says it ---
# told NOTE WORD...: the exit code is 0, and there is this note of a change, and nothing else
told() {
  told_note=$1
  shift
  [ "$module" != intree ] || told_note=
  : >/tmp/lab/note
  is "ipvsadm $*: ${told_note:+a note}" "$(d ipvsadm "$@" --exit-codes 2>/tmp/lab/note && cat /tmp/lab/note)" "$told_note"
}
told "" -A -t $VIP:80 -s sh
told "" -a -t $VIP:80 -r 10.2.1.2:80 -m
told "note: TCP $VIP:80 -> 10.2.1.2:80: $refuses" -e -t $VIP:80 -r 10.2.1.2:80 -m -w 0
told "note: TCP $VIP:80: $refuses" -E -t $VIP:80 -s sh
told "" -E -t $VIP:80 -s sh -b sh-fallback
told "" -A -f 5 -s dh --ensure
told "note: FWM 5 -> 10.9.9.9:0: $refuses" -a -f 5 -r 10.9.9.9 -w 0 --ensure
vs -C
if [ "$module" != intree ]; then
  {
    echo "-A -t $VIP:80 -s sh"
    for n in 1 2 3 4 5 6 7; do echo "-a -t $VIP:80 -r 10.9.9.$n:80 -m -w 0"; done
    echo "-A -t $VIP:90 -s dh"
    echo "-a -t $VIP:90 -r 10.9.9.1:80 -m -w 0"
  } >/tmp/lab/rules
  is "a restore: each line, up to five" "$(d ipvsadm -R --replace </tmp/lab/rules 2>&1)" "$(
    for n in 1 2 3 4 5; do
      echo "line $((n + 1)): note: TCP $VIP:80 -> 10.9.9.$n:80: $refuses"
      echo "line $((n + 1)): -a -t $VIP:80 -r 10.9.9.$n:80 -m -w 0"
    done
    echo "note: and 3 more: $refuses")"
  is "at once: one, and how many more" "$(d ipvsadm -R --atomic </tmp/lab/rules 2>&1)" "$(
    echo "line 9: note: TCP $VIP:90: $refuses"
    echo "line 9: -A -t $VIP:90 -s dh"
    echo "note: and 1 more of the services; a restore without --atomic shows all")"
  is "a listing in JSON has no notes" "$(d ipvsadm -Ln --json 2>&1 | jq -r '.services | length')" 2
  vs -C
  is "Debian's ipvsadm says nothing, and does not mind" "$(d /lab/debian/ipvsadm -R </tmp/lab/rules 2>&1; echo "$?")" 0
  is "... of all" "$(vs -Ln | sed 1,3d | wc -l)" 10
  vs -C
fi
