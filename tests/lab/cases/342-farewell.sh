# SPDX-License-Identifier: GPL-2.0-or-later
# brief: no
# timeout: 300
# A server that is deleted and added again within a second, one batch or two tables finds its connections, whatever
# expire_nodest_conn says; one that stays away loses them as it says.
topology 1
modprobe ip_vs
fake_hosts
listen_on s1 e0
listen_on c c0
mkdir -p /tmp/lab

# Six connections, one of each method and family, on ports of their own, and one of UDP.
method() { case $1 in nat) echo -m ;; dr) echo -g ;; tun) echo -i ;; esac; }
kinds='nat4 dr4 tun4 nat6 dr6 tun6'
set_kind() { # KIND: $vip, $client, $server and $way of it
  case $1 in
    *4) vip=$VIP client=10.1.0.77 server=10.2.1.11 ;;
    *6) vip=[$VIP6] client=fd01::77 server=[fd02:1::11] ;;
  esac
  way=$(method "${1%[46]}")
}
bare() { echo "$1" | tr -d '[]'; }
# lines for every server but the one that stays away: "-d" or "-a"
lines() {
  port=$base
  for kind in $kinds; do
    set_kind "$kind"
    port=$((port + 1))
    case $1 in
      -A) echo "-A -t $vip:$port -s rr" ;;
      -d) echo "-d -t $vip:$port -r $server:$port" ;;
      -a) echo "-a -t $vip:$port -r $server:$port $way" ;;
    esac
  done
  case $1 in
    -A) echo "-A -u $VIP:$base -s rr" ;;
    -d) echo "-d -u $VIP:$base -r 10.2.1.11:$base" ;;
    -a) echo "-a -u $VIP:$base -r 10.2.1.11:$base -g" ;;
  esac
}
begin() { # BASE: services, servers and connections
  base=$1
  { lines -A; lines -a; echo "-A -t $VIP:$((base + 9)) -s rr"; echo "-a -t $VIP:$((base + 9)) -r 10.2.1.12 -g"; } | vs -R
  port=$base
  for kind in $kinds; do
    set_kind "$kind"
    port=$((port + 1))
    client_sends "src=$client" "dst=$(bare "$vip")" sport=4000 dport=$port flags=S
    case $kind in
      nat*) server_sends 1 "src=$(bare "$server")" "dst=$client" sport=$port dport=4000 flags=SA ;;
    esac
    client_sends "src=$client" "dst=$(bare "$vip")" sport=4000 dport=$port flags=A
  done
  client_sends src=10.1.0.77 dst=$VIP proto=udp sport=4000 dport=$base len=4
  # whose server stays away
  client_sends src=10.1.0.77 dst=$VIP sport=4000 dport=$((base + 9)) flags=S
  client_sends src=10.1.0.77 dst=$VIP sport=4000 dport=$((base + 9)) flags=A
  arrived s1 e0 >/dev/null
  arrived c c0 >/dev/null
}
there() { # how many of the connections are there
  hex=$(for n in 0 1 2 3 4 5 6; do printf '%04X|' $((base + n)); done)
  conns | awk -v ports="${hex%|}" '$5 ~ ("^(" ports ")$") && $8 ~ /ESTABLISHED|UDP/' | wc -l
}
none_there() { [ "$(there)" = 0 ]; }
lost_is_gone() { ! conns | grep -q " $(printf %04X $((base + 9))) "; }
sends_all() {
  port=$base
  for kind in $kinds; do
    set_kind "$kind"
    port=$((port + 1))
    client_sends "src=$client" "dst=$(bare "$vip")" sport=4000 dport=$port flags=A
  done
  client_sends src=10.1.0.77 dst=$VIP proto=udp sport=4000 dport=$base len=4
}
# the next packet of each: how many reach a server, and whether the client hears anything
passes() {
  sends_all
  echo "$(arrived s1 e0 | grep -c .) reach it, $(arrived c c0 | grep -c .) come back"
}
stays_away() { echo "-d -t $VIP:$((base + 9)) -r 10.2.1.12"; }
# A batch that takes its time: servers come and go, none longer than a second after the one before.
churn() {
  vs -A -t $VIP:9 -s rr
  while :; do
    vs -a -t $VIP:9 -r 10.2.1.13
    vs -d -t $VIP:9 -r 10.2.1.13
  done
}

base=5000
for on in 0 1; do
  vs_sysctl expire_nodest_conn $on
  what="expire_nodest_conn=$on"
  begin $((base + 20))
  is "$what: all are connected" "$(there)" 7

  { lines -d; stays_away; lines -a; } | vs -R
  # when the one whose server stays away has gone, the others would have, too
  [ $on = 0 ] || eventually "$what: whose server stays away is ended" 20 lost_is_gone
  is "$what, deleted and added in one batch: all are there" "$(there)" 7
  is "$what: ... and go on" "$(passes)" "7 reach it, 0 come back"
  [ $on = 1 ] || refuse "$what: whose server stays away is kept" lost_is_gone

  # Two programs one after the other may take longer than a second on a busy machine: then the connections have gone for
  # good reason, and it is tried again with new ones.
  for try in 1 2 3 4 5; do
    # while they are away nobody is sent anywhere else, nor told anything
    background churn churn
    wait_until 10 sh -c "at d grep -q 0A02010D /proc/net/ip_vs" || not_ok "churn"
    lines -d | vs -R
    away=$(passes)
    lines -a | vs -R
    kill $bg_pid
    wait $bg_pid 2>/dev/null
    vs -D -t $VIP:9
    back="$(there), $(passes)"
    # a table without their services, and one with them
    d control dump | sed 's/ \(type\|flags\|active\|inactive\|persistent\|conns\|in\|out\)=[0-9]*//g; s/ port=0//' >/tmp/lab/table
    grep -v "^  " /tmp/lab/table >/tmp/lab/without
    d control replace /tmp/lab/without && d control replace /tmp/lab/table || not_ok "replacement"
    replaced="$(there), $(passes)"
    [ "$away, $back, $replaced" != "0 reach it, 0 come back, 7, 7 reach it, 0 come back, 7, 7 reach it, 0 come back" ] || break
    echo "# try $try: $away, $back, $replaced"
    vs -C
    begin $((base + 20))
  done
  is "$what: nothing happens while they are away" "$away" "0 reach it, 0 come back"
  is "$what: added again they find all of them, which go on" "$back" "7, 7 reach it, 0 come back"
  is "$what: ... and after a table without them, and one with them" "$replaced" "7, 7 reach it, 0 come back"

  lines -d | vs -R
  if [ $on = 1 ]; then
    eventually "$what: they end when their servers stay away" 20 none_there
  else
    is "$what: without their servers they wait" "$(there)" 7
    lines -a | vs -R
    is "$what: ... until these are there again" "$(passes)" "7 reach it, 0 come back"
  fi
  vs -C
done

# A batch that takes longer than a second, but not the ten that are waited at most: on a busy machine fewer lines do.
base=6000
n=$(fewer 5000)
vs_sysctl expire_nodest_conn 1
for try in 1 2 3 4; do
  begin $base
  {
    lines -d
    awk -v n="$n" -v vip=$VIP 'BEGIN {
      print "-A -t " vip ":9 -s wlc"
      for (i = 0; i < n; i++) printf "-a -t %s:9 -r 10.9.%d.%d -g\n", vip, i / 250, i % 250 + 1
    }'
    lines -a
  } >/tmp/lab/rules
  began=$(seconds)
  d ipvsadm -R </tmp/lab/rules || not_ok "a long batch is taken"
  took=$(($(seconds) - began))
  echo "# $n lines took $took s"
  [ $took -gt 7 ] || break
  vs -C
  n=$((n / 4)) base=$((base + 20))
done
is "those whose servers were away during a long batch are there" "$(there)" 7
is "... and go on" "$(passes)" "7 reach it, 0 come back"
vs -C

# Whoever opens a connection, or wants one of a server that was deleted long ago, gets another server.
vs -A -t $VIP:80 -s rr
vs -a -t $VIP:80 -r 10.2.1.11 -g
for f in S A; do client_sends src=10.1.0.77 dst=$VIP sport=4001 dport=80 flags=$f; done
vs -a -t $VIP:80 -r 10.2.1.12 -g
vs -d -t $VIP:80 -r 10.2.1.11
client_sends src=10.1.0.77 dst=$VIP sport=4001 dport=80 flags=S
has "a packet that opens a connection does not wait" "$(conns)" "0FA1 .* 0A02010C 0050"
vs -C

# a transfer that is under way
serve 1 81
pool -t rr -m 1 81
mkfifo /tmp/lab/in
background talk c peer talk $VIP 81 from=/tmp/lab/in timeout=20000
eventually "a client is connected" 20 in_file s1 talk
for n in 1 2 3; do
  printf -- '-d -t %s:81 -r 10.2.1.2:81\n-a -t %s:81 -r 10.2.1.2:81 -m\n' $VIP $VIP | vs -R
  echo word$n >/tmp/lab/in
  eventually "its server is deleted and added: it goes on ($n)" 20 in_file "^word$n\$" talk
done
