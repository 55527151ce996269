# SPDX-License-Identifier: GPL-2.0-or-later
# The whole table, listed in one request and replaced in one step: all or nothing, and what stays is not disturbed.
topology 3
modprobe ip_vs
mkdir -p /tmp/lab
serve 3 80 81 99
table() { d control "$@" dump; }
replace() { d control replace "$1"; }
listed() { table | sort; }
# what was configured, without what was counted meanwhile
counters='s/ \(active\|inactive\|persistent\|conns\|in\|out\)=[0-9]*//g'
configured() { table | sed "$counters" | sort; }

cat >/tmp/lab/first <<TABLE
timeouts 800 90 200
tcp $VIP:80 wrr
  10.2.1.2:80 nat weight=3 u=100 l=50
tcp $VIP:81 rr persist=300
  10.2.1.2:81 nat
  10.2.2.2:81 nat weight=0
udp $VIP:53 sh flags=0x8
  10.2.3.2:53 tun gue=6080
mark 9 mh
  [fd02:1::2]:0 tun
  10.2.2.2:0 dr
tcp [$VIP6]:80 wlc
  [fd02:1::2]:80 nat
TABLE
check "a table is taken" replace /tmp/lab/first
first=$(listed)
is "it is there" "$(echo "$first" | grep -c weight)" 7
has "with its timeouts" "$first" "^timeouts 800 90 200$"
has "with an engine's options" "$first" "$VIP:53 sh persist=0 flags=10 "
# what Debian's and other tools see is the same
is "single requests tell the same" "$(vs -Sn | sort | md5sum)" "$(replace /tmp/lab/first; vs -Sn | sort | md5sum)"
vs -Sn >/tmp/lab/saved
is "... as many lines as items, and one for the timeouts" "$(grep -c . /tmp/lab/saved)" 13

# --- what does not change goes on ---
mkfifo /tmp/lab/in
background talk c peer talk $VIP 80 from=/tmp/lab/in timeout=20000
eventually "a client is connected" 20 in_file s1 talk
counted=$(listed | grep "10.2.1.2:80 nat")
has "it is counted" "$counted" "active=1 .*conns=1"
ask tcp 81 3 rst >/dev/null
sed 's/gue=6080/gue=6081/; /^mark/,/10.2.2.2:0/d; s/weight=0/weight=5/' /tmp/lab/first >/tmp/lab/second
echo "  [fd02:2::2]:80 nat" >>/tmp/lab/second
check "another table is taken" replace /tmp/lab/second
second=$(listed)
has_not "what it does not have is gone" "$second" "^mark"
has "what it has more is there" "$second" "fd02:2::2"
has "what it has otherwise is changed" "$second" "10.2.2.2:81 nat weight=5 "
has "the connection is still its server's" "$second" "10.2.1.2:80 nat weight=3 u=100 l=50 active=1 .*conns=1"
echo word >/tmp/lab/in
eventually "... and goes on" 20 in_file '^word$' talk
has "counters of services stay" "$second" "^tcp $VIP:81 .*conns=3"
# the same again changes nothing, not even the scheduler's next choice
pool -u rr -m 3 99
before=$(ask udp 99 1)
table | sed "s/ type=1 port=/ gue=/; $counters" >/tmp/lab/same
check "a dump can be sent back" replace /tmp/lab/same
after=$(ask udp 99 1)
refuse "the scheduler went on where it was" [ "$before" = "$after" ]
vs -D -u $VIP:99

# --- all or nothing ---
refused() {
  refused_text=$1 errno=$2 place=$3
  was=$(configured)
  got=$(replace /tmp/lab/bad)
  has "$refused_text: $errno" "$got" "^refused: $errno"
  has "$refused_text: says which" "$got" "^refused: [A-Z]*$place:"
  [ "$module" = intree ] || has "$refused_text: has a text" "$got" ": .*[a-z]"
  is "$refused_text: nothing has changed" "$(configured)" "$was"
}
more() { { sed 's/weight=3/weight=7/; s/ rr/ lc/; s/800 90 200/1 2 3/' /tmp/lab/second; cat; } >/tmp/lab/bad; }
more <<TABLE
  224.0.0.1:80 nat
TABLE
refused "the last line is no server" EINVAL " service 3 server 2"
more <<TABLE
tcp 10.1.0.77:1 nosuch
TABLE
refused "the last line has no scheduler" ENOENT " service 4"
more <<TABLE
tcp 10.1.0.77:1 rr
tcp $VIP:80 wrr
TABLE
refused "the last line is there twice" EEXIST " service 5"
more <<TABLE
tcp 10.1.0.77:1 rr
  10.2.1.2:1 nat
  10.2.1.2:1 dr
TABLE
refused "the last server is there twice" EEXIST " service 4 server 1"
more <<TABLE
tcp 10.1.0.77:1 rr
  10.2.1.2:1 nat weight=0x80000000
TABLE
refused "the last weight is negative" ERANGE " service 4 server 0"
more <<TABLE
tcp [fd01::77]:1 rr mask=129
TABLE
refused "the last prefix is too long" EINVAL " service 4"
more <<TABLE
timeouts 2147483647 0 0
TABLE
refused "a timeout is too long" EINVAL ""
errors=$(d setpriv --reuid 65534 --clear-groups --inh-caps=-all control replace /tmp/lab/first)
has "who has no right may not" "$errors" "^refused: EPERM"
echo word2 >/tmp/lab/in
eventually "the connection has seen nothing of that" 20 in_file '^word2$' talk

# --- many ---
n=$(fewer 2000)
big() {
  awk -v n="$n" -v scheduler="$1" -v weight="$2" 'BEGIN {
    for (i = 0; i < n; i++) {
      printf "tcp 10.9.%d.%d:80 %s\n", i / 250, i % 250 + 1, scheduler
      for (s = 1; s <= 3; s++) printf "  10.2.%d.2:80 nat weight=%d\n", s, weight
    }
  }'
}
{ cat /tmp/lab/second; big rr 1; } >/tmp/lab/big1
{ cat /tmp/lab/second; big wlc 2; } >/tmp/lab/big2
check "$n services more" replace /tmp/lab/big1
is "they are there" "$(listed | grep -c '^tcp 10.9')" "$n"
big1=$(configured | md5sum)
{ cat /tmp/lab/big2; echo "  224.0.0.1:80 nat"; } >/tmp/lab/bad
if [ "$module" != intree ]; then
  # there the present table has to be put back line by line, which takes its time
  refused "$n changes and a bad last line" EINVAL " service $((n + 3)) server 3"
  check "all changed" replace /tmp/lab/big2
  big2=$(configured | md5sum)
  refuse "it is another table" [ "$big1" = "$big2" ]
  # a process killed at any moment leaves the one or the other
  torn=0 killed=0
  for i in 1 2 3 4 5 6 7 8 9 10; do
    at d control replace /tmp/lab/big$((i % 2 + 1)) &
    sleep 0.0$((i * 7 % 10))$((i % 3))
    kill -9 $! 2>/dev/null && killed=$((killed + 1))
    wait $! 2>/dev/null
    case $(configured | md5sum) in "$big1"|"$big2") ;; *) torn=$((torn + 1)) ;; esac
  done
  check "processes were killed" [ $killed -gt 0 ]
  is "no table was torn" $torn 0
fi
echo word3 >/tmp/lab/in
eventually "the connection has seen nothing of that" 20 in_file '^word3$' talk

# --- under traffic ---
check "back to the small table" replace /tmp/lab/first
background clients sh -c "for i in \$(seq 1 40); do at c peer ask tcp $VIP 81 5 rst timeout=5000; done"
clients=$bg_pid
rounds=0
while kill -0 $clients 2>/dev/null; do
  replace /tmp/lab/second && replace /tmp/lab/first || not_ok "replacement under traffic"
  rounds=$((rounds + 2))
done
echo "# $rounds replacements under traffic"
is "every client was answered" "$(tr ' ' '\n' </tmp/lab/clients | grep -c '^s[12]$')" 200
: >/tmp/lab/empty
check "the empty table is taken, too" replace /tmp/lab/empty
is "it is empty" "$(listed | grep -v timeouts)" ""
