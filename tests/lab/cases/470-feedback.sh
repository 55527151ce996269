# SPDX-License-Identifier: GPL-2.0-or-later
# brief: no
# runs-on: ours
# timeout: 600
# ipvs-feedback: weights follow what servers say, fast down and slowly up; nobody's weight 0 is fought, nothing else of a server
# changes, and whatever ends the program leaves weights that can be lived with.
topology 3
modprobe ip_vs
serve 3 80 81
mkdir -p /tmp/lab/state
chown 65534:65534 /tmp/lab/state

# --- agents: what is in the file of a server is what it says ---
say() { echo "$2" >"/tmp/lab/word$1.new"; mv "/tmp/lab/word$1.new" "/tmp/lab/word$1"; }
agent() { background "agent$1" at "s$1" socat -U TCP-LISTEN:8099,fork,reuseaddr "OPEN:/tmp/lab/word$1,rdonly"; eval "agent$1=$bg_pid"; }
listens() { at "s$1" ss -Hltn | grep -q ":$2 "; }
for i in 1 2 3; do
  say $i 100%
  agent $i
  wait_until 20 listens $i 8099 || not_ok "agent $i listens"
done

pool -t wrr -m 3
for i in 1 2 3; do vs -e -t $VIP:80 -r 10.2.$i.2:80 -m -w 100; done
# all that a server can have
vs -A -t $VIP:81 -s wlc -p 300
vs -a -t $VIP:81 -r 10.2.1.2:81 -i --tun-type gue --tun-port 6080 --tun-csum -x 500 -y 400 -w 100
rest() { vs -S -n | grep -v ":80 " | sed 's/ -w [0-9]*//'; }
whole=$(rest)

config() { # LINE...
  {
    printf '%s\n' 'source = agent 8099' 'interval = 1s' 'silence = 6s' "$@" "[service tcp $VIP:81]"
    printf '%s\n' "[service tcp $VIP:80]" 'minimum = 2' 'down = 0'
  } >/tmp/lab/feedback.conf
}
# as its service runs, with one right
service="at d setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all,+net_admin --ambient-caps=-all,+net_admin
  --bounding-set=-all,+net_admin --no-new-privs ipvs-feedback --config /tmp/lab/feedback.conf --state /tmp/lab/state/state"
# shellcheck disable=SC2086 # words
feedback() { $service "$@"; } # OPTION...
# shellcheck disable=SC2086
begin() {
  background feedback $service --verbose
  daemon=$bg_pid
}
log() { cat /tmp/lab/feedback; }
told() { in_file "$1" feedback; }
weight() { vs -Ln -t $VIP:80 | awk -v server="10.2.$1.2:80" '$2 == server { print $4 }'; }
weighs() { [ "$(weight "$1")" = "$2" ]; }
reaches() { eventually "$1" 90 weighs "$2" "$3"; } # TEXT SERVER WEIGHT
# the program has asked all, heard and done what there was to do: server 2 says something, and has it
turn=97
goes_round() {
  turn=$((turn == 92 ? 97 : 92))
  say 2 $turn%
  wait_until 60 weighs 2 $turn || not_ok "server 2 has $turn"
}

config
check "the configuration is one" feedback --check-config
begin
eventually "it looks at the table" 20 told '10\.2\.1\.2:80: is there, weight 100'

# --- a server that can take half ---
say 1 50%
reaches "a server that says half has half" 1 50
since=$(log | sed -n 's/.*10\.2\.1\.2:80: weight [0-9]* -> 50 (it says 50 %, since \([0-9]*\)\..*/\1/p' | head -n 1)
echo "# half of the weight was gone in ${since:-?} s"
check "... in less than five seconds" [ "${since:-99}" -lt $((5 * slow)) ]
is "new connections follow" "$(ask tcp 80 25 rst | spread)" "s1=5 s2=10 s3=10"
say 1 100%
reaches "it comes back" 1 100
steps() { log | sed -n 's/.*10\.2\.1\.2:80: weight \([0-9]*\) -> \([0-9]*\) .*/\1 \2/p' | awk '$2 > $1 { print $2 - $1 }' | sort -n; }
check "... by many steps" [ "$(steps | wc -l)" -ge 5 ]
check "... of at most a second's or two" [ "$(steps | tail -n 1)" -le 11 ]
is "other services have the same weights, and nothing else is changed" "$(rest)" "$whole"

# The rest goes faster.
fast="rise = 60%
hysteresis = 1%"
config "$fast"
kill -HUP "$daemon"
eventually "another configuration is read" 20 told 'the configuration was read again'

# --- down, drain; the last one keeps what it needs ---
say 3 down
reaches "down is zero where it is so configured" 3 0
is "... without new connections" "$(ask tcp 80 10 rst | spread)" "s1=5 s2=5"
say 3 up
say 1 "drain # somebody works on it"
reaches "a server that is up again comes back" 3 100
reaches "one that is drained has gone" 1 0
has "... and where nothing is configured it has the minimum" "$(vs -Ln -t $VIP:81)" '10\.2\.1\.2:81 +Tunnel +1 '
say 2 down
reaches "so has another one" 2 0
say 3 maint
reaches "but not the last" 3 2
is "... and not the others then" "$(weight 1) $(weight 2)" "2 2"
for i in 1 2 3; do say $i "ready up 100%"; done
for i in 1 2 3; do reaches "server $i is back" $i 100; done

# --- silence, and those who are worse ---
say 2 30%
reaches "a server that says 30 %" 2 30
kill "$agent2"
eventually "its agent ends" 60 told '10\.2\.2\.2:80: has been silent'
reaches "... and it has its base weight again" 2 100
agent 2
reaches "... until its agent is back" 2 30
say 2 $turn%
kill "$agent1" "$agent3"
wait_until 20 sh -c '! at s1 ss -Hltn | grep -q :8099 && ! at s3 ss -Hltn | grep -q :8099'
background endless at s1 socat -U TCP-LISTEN:8099,fork,reuseaddr OPEN:/dev/zero,rdonly
background mute at s3 socat -u TCP-LISTEN:8099,fork,reuseaddr OPEN:/dev/null
eventually "an answer without end is none" 60 told '10\.2\.1\.2:80: no answer: a line longer than 512 bytes'
eventually "nor is silence" 60 told '10\.2\.3\.2:80: no answer: nothing within 1 s'
goes_round
goes_round
ok "others are asked as before"
is "... and these have their base weights" "$(weight 1) $(weight 3)" "100 100"
kill $(at s1 ss -Hltnp | sed -n 's/.*:8099 .*pid=\([0-9]*\).*/\1/p') $(at s3 ss -Hltnp | sed -n 's/.*:8099 .*pid=\([0-9]*\).*/\1/p')
wait_until 20 sh -c '! at s1 ss -Hltn | grep -q :8099 && ! at s3 ss -Hltn | grep -q :8099'
agent 1
agent 3
eventually "their agents are back" 60 told '10\.2\.3\.2:80: answers again'

# --- others ---
vs -e -t $VIP:80 -r 10.2.1.2:80 -m -w 0
eventually "zero by somebody else is seen" 30 told '10\.2\.1\.2:80: weight 0 by somebody else'
goes_round
goes_round
is "... and stays" "$(weight 1)" 0
vs -e -t $VIP:80 -r 10.2.1.2:80 -m -w 200
eventually "another weight of theirs brings the server back, from the minimum on" 30 told '10\.2\.1\.2:80: weight 200 -> 2 '
reaches "... to that weight" 1 200
vs -d -t $VIP:80 -r 10.2.1.2:80
goes_round
goes_round
is "a deleted server is not added" "$(weight 1)" ""
vs -a -t $VIP:80 -r 10.2.1.2:80 -m -w 300
eventually "a server that was added again begins small" 30 told '10\.2\.1\.2:80: weight 300 -> 1[0-9][0-9] '
reaches "... and comes to its weight" 1 300
vs -e -t $VIP:80 -r 10.2.1.2:80 -m -w 100
eventually "another weight is the new base" 30 told '10\.2\.1\.2:80: weight 100 by somebody else: the new base'
reaches "... which it has" 1 100

# --- the configuration ---
echo 'weight = many' >>/tmp/lab/feedback.conf
refuse "a wrong one is refused" feedback --check-config
kill -HUP "$daemon"
eventually "... also by who runs" 20 told 'feedback\.conf:10: weight: "many" is no weight of 1 to 65535; the configuration from before holds'
goes_round
ok "... which goes on"
config "$fast" 'weight = 60'
kill -HUP "$daemon"
reaches "another one holds at once" 3 60
config "$fast"
kill -HUP "$daemon"
reaches "... and is taken back" 3 100

# --- its end ---
say 1 20%
reaches "a server has little" 1 20
kill -9 "$daemon"
wait "$daemon" 2>/dev/null
is "who is killed leaves weights as they are" "$(weight 1) $(weight 3)" "20 100"
say 1 "100%"
begin
reaches "... and the next one knows what they were" 1 100
say 1 20%
reaches "again it has little" 1 20
refuse "a second one is refused" feedback
kill "$daemon"
wait "$daemon"
is "an orderly end is one" $? 0
is "... with base weights" "$(weight 1) $(weight 2) $(weight 3)" "100 100 100"
check "... and leaves no state" [ ! -e /tmp/lab/state/state ]
is "once, without doing it" "$(feedback --once --dry-run | sed 's/ (.*//' | grep "$VIP:80 " )" \
  "tcp $VIP:80 10.2.1.2:80: weight 100 -> 20
tcp $VIP:80 10.2.2.2:80: weight 100 -> $turn"
is "... nothing was done" "$(weight 1)" 100
check "once" feedback --once
is "... is at once" "$(weight 1) $(weight 2)" "20 $turn"
check "... and again" feedback --once
is "... with the same base" "$(weight 1)" 20
refuse "without the right to it nothing is done" d setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all --bounding-set=-all \
  ipvs-feedback --config /tmp/lab/feedback.conf --state /tmp/lab/state/state

# --- numbers by HTTP, and a program ---
mkdir -p /tmp/lab/www/log
cat >/tmp/lab/www/conf <<CONF
daemon off; master_process off; pid /tmp/lab/www/pid; error_log /tmp/lab/www/log/error;
events { worker_connections 64; }
http {
  access_log off; client_body_temp_path /tmp/lab/www/b; proxy_temp_path /tmp/lab/www/p;
  fastcgi_temp_path /tmp/lab/www/f; uwsgi_temp_path /tmp/lab/www/u; scgi_temp_path /tmp/lab/www/s;
  server { listen 9100; root /tmp/lab/www; }
}
CONF
echo '{"load": {"1min": 8.0}, "cores": 4}' >/tmp/lab/www/status
background nginx at s1 nginx -p /tmp/lab/www -c /tmp/lab/www/conf
wait_until 20 listens 1 9100 || not_ok "nginx listens"
printf '#!/bin/sh\n[ "$IPVS_SERVICE $IPVS_SERVER $IPVS_PORT" = "tcp %s:80 10.2.2.2 80" ] && echo up 75%%\n' $VIP >/tmp/lab/program
chmod 755 /tmp/lab/program
{
  printf '%s\n' 'interval = 2s' 'timeout = 2s' 'silence = 6s' 'rise = 60%' "[service tcp $VIP:80]" 'source = http 9100 /status /load/1min load 4'
  printf '%s\n' '[server 10.2.2.2:80]' 'source = command /tmp/lab/program' '[server 10.2.3.2:80]' 'source = none'
} >/tmp/lab/feedback.conf
begin
reaches "a load twice as high as it should be is half of the weight" 1 50
reaches "a program says what it says" 2 75
is "who has no source keeps his weight" "$(weight 3)" 100

# --- the module ---
vs -C
eventually "no module" 30 no_ipvs
eventually "... which is told" 20 told 'ip_vs is not loaded'
is "... and asking has not loaded it" "$(grep -c ^ip_vs /proc/modules)" 0
modprobe ip_vs
pool -t wrr -m 3
for i in 1 2 3; do vs -e -t $VIP:80 -r 10.2.$i.2:80 -m -w 40; done
reaches "the same program goes on with another one" 1 20
reaches "... from the weights that it finds there" 2 30
kill "$daemon"
wait "$daemon"
is "it ends" $? 0
is "... with base weights" "$(weight 1) $(weight 2) $(weight 3)" "40 40 40"
[ "$lab_failed" = 0 ] || tail -n 60 /tmp/lab/feedback
