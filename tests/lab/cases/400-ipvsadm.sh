# SPDX-License-Identifier: GPL-2.0-or-later
# brief: no
# ipvsadm: ours
# timeout: 600
# What our ipvsadm has beyond 1.31.
topology 1
mkdir -p /tmp/lab

# What needs no IPVS, where there is none.
tried() { setpriv --reuid 65534 --clear-groups ipvsadm -R "$@" </tmp/lab/tried 2>&1; echo "= $?"; }
is "there is no IPVS yet" "$(ls /proc/net/ip_vs 2>/dev/null)" ""
printf '%s\n' '-A -t 10.1.0.100:80 -s rr' '-a -t 10.1.0.100:80 -r 10.2.1.2 -m' '-d -t 10.1.0.100:80 -r 10.2.1.3' \
  '-A -t 10.1.0.100:80' >/tmp/lab/tried
is "--check-syntax of commands" "$(tried --check-syntax)" "= 0"
got=$(tried --dry-run --replace --exit-codes)
has "--dry-run names the first line that would be refused" "$got" "^line 3: No such destination"
has "... and the others" "$got" "^line 4: Service already exists"
has "... with the first one's exit code" "$got" "^= 8$"
has "... and says which table it began with" "$(tried --dry-run)" "^note: the kernel's table cannot be read"
printf '%s\n' '-A -f x' '-A -f 1' '-A -f 1 --nosuch' >>/tmp/lab/tried
for how in --check-syntax --dry-run '--atomic --dry-run'; do
  # shellcheck disable=SC2086 # words
  got=$(tried $how)
  has "$how names lines that are no commands" "$got" "^line 5: invalid fwmark"
  has "... all of them" "$got" "^line 7: "
  has_not "... and only those" "$got" "^line [1-46]: "
  has "... and fails" "$got" "^= 2$"
done
is "the script does, too" "$(ipvsadm-restore --check-syntax --exit-codes </tmp/lab/tried >/dev/null 2>&1; echo $?)" 3
for script in ipvsadm-save ipvsadm-restore; do
  has "$script --help" "$($script --help; echo "= $?")" "^= 0$"
done
has "the version is that of 1.31" "$(ipvsadm -v | head -n 1)" "^ipvsadm v1.31 2019/12/24 "
has "... and another line says whose" "$(ipvsadm -v | sed 1d)" "^This is the ipvsadm that comes with ipvs [0-9]"
is "nothing of this has loaded IPVS" "$(ls /proc/net/ip_vs 2>/dev/null)" ""

modprobe ip_vs
code() { "$@" >/dev/null 2>&1 </dev/null; echo $?; }
# json FILTER ARG...: what jq makes of a listing
json() {
  json_filter=$1
  shift
  vs "$@" --json | jq -c "$json_filter" 2>&1
}
# table_is TEXT FILE: the table, saved, is that of the file
table_is() {
  vs -S -n >/tmp/lab/now
  check "$1" cmp /tmp/lab/now "$2"
}
full_table() {
  vs -C
  vs -R <<'END'
-A -t 10.1.0.100:80 -s wrr -p 60 -M 255.255.255.0
-a -t 10.1.0.100:80 -r 10.2.1.2:8080 -m -w 3 -x 100 -y 50
-a -t 10.1.0.100:80 -r 10.2.1.3:80 -g -w 0
-A -f 7 -6 -s rr -o
-a -f 7 -6 -r [fd02:1::2]:0 -g -w 1
-A -u [fd01::100]:53 -s wlc -b flag-1,flag-2
-a -u [fd01::100]:53 -r 10.2.1.2:53 -i -w 1 --tun-type gue --tun-port 6080 --tun-csum
-A --sctp-service 10.1.0.100:3868 -s lc
END
}

# --json
is "an empty table" "$(json . -Ln)" '{"version":"1.2.1","connection_table_size":4096,"services":[]}'
full_table
is "services" "$(json '[.services[].scheduler]' -Ln)" '["wrr","lc","wlc","rr"]'
is "in the kernel's order" "$(json '.services | length' -Ln --nosort)" 4
is "a service" "$(json '.services[0] | [.protocol, .address, .port, .persistence_timeout, .persistence_netmask]' -Ln)" \
  '["tcp","10.1.0.100",80,60,"255.255.255.0"]'
is "a server" "$(json '.services[0].servers[0] | [.address, .port, .method, .weight, .upper_threshold, .lower_threshold]' -Ln)" \
  '["10.2.1.2",8080,"masq",3,100,50]'
is "a tunnel" "$(json '.services[2].servers[0].tunnel' -Ln)" '{"type":"gue","port":6080,"checksum":"full"}'
is "a mark" "$(json '.services[3] | [.fwmark, .family, .one_packet]' -Ln)" '[7,"ipv6",true]'
is "one service" "$(json '.services | length' -Ln -t 10.1.0.100:80)" 1
for columns in --stats --rate --thresholds --persistent-conn --tun-info --exact; do
  is "$columns is in every object" "$(vs -Ln $columns --json | md5sum)" "$(vs -Ln --json | md5sum)"
done
is "timeouts" "$(json . -L --timeout)" '{"timeouts":{"tcp":900,"tcp_fin":120,"udp":300}}'
is "no daemon" "$(json . -L --daemon)" '{"daemons":[]}'
is "no connection" "$(json . -Ln -c)" '{"connections":[]}'
client_sends src=10.1.0.77 dst=$VIP proto=tcp sport=7000 dport=80 flows=1
eventually "a connection" 5 sh -c "ipvs_c() { at d ipvsadm -Lnc --json; }; ipvs_c | jq -e '.connections[] | select(.client.port == 7000 and .virtual.port == 80 and .server.port == 8080)'"
has "names are added without -n" "$(json '.services[0].host' -L)" '"vip.test"'
is "sysctls" "$(json '.sysctls[] | select(.name == "conntrack")' -O)" \
  '{"name":"conntrack","value":0,"default":0,"meaning":"keep netfilter'"'"'s tracking entries of connections"}'

# save and restore lose nothing, and Debian's ipvsadm reads it
vs --set 100 20 30
vs -S -n >/tmp/lab/saved
has "timeouts are saved" "$(cat /tmp/lab/saved)" "^--set 100 20 30$"
vs -C
vs --set 900 120 300
d sh -c '/lab/debian/ipvsadm -R </tmp/lab/saved'
table_is "Debian's ipvsadm restores all of it" /tmp/lab/saved
vs -C
d sh -c 'ipvsadm-restore </tmp/lab/saved'
table_is "so does ours" /tmp/lab/saved
vs --set 900 120 300
# no daemon beside a server of another family than its service's
vs -D -u '[fd01::100]:53'
vs --start-daemon master --mcast-interface d0 --syncid 5 --mcast-group 239.1.1.1 --mcast-port 8849 --mcast-ttl 3
vs -S -n >/tmp/lab/saved
has "daemons are saved" "$(cat /tmp/lab/saved)" \
  "^--start-daemon master --mcast-interface d0 --syncid 5 --sync-maxlen [0-9]* --mcast-group 239.1.1.1 --mcast-port 8849 --mcast-ttl 3$"
is "... as JSON too" "$(json '.daemons[0] | [.state, .sync_id, .port]' -L --daemon)" '["master",5,8849]'
has "a status is told, or it is said that this module has none" "$(vs -L --daemon --status 2>&1)" \
  '^  sockets  *1$|^This module does not tell how synchronisation goes$'
if [ "$module" = intree ]; then
  is "JSON is without it then" "$(json '.daemons[0] | has("status")' -L --daemon)" false
  (umask 077; echo 0123456789abcdef >/tmp/lab/key)
  for option in '--sync-peer 10.1.0.2' '--sync-key-file /tmp/lab/key'; do
    # shellcheck disable=SC2086
    has "no daemon starts without $option" "$(vs --start-daemon backup --mcast-interface d0 $option 2>&1)" \
      'this ip_vs module knows no peers and no keys of daemons'
    has_not "... none does" "$(vs -L --daemon)" backup
  done
fi
check "a daemon that runs is no error" d sh -c 'ipvsadm-restore </tmp/lab/saved'
vs --stop-daemon master
check "it is restored" d sh -c 'ipvsadm-restore --atomic </tmp/lab/saved'
table_is "... as it was" /tmp/lab/saved
refuse "--ensure with another interface that is none" vs --start-daemon master --mcast-interface nosuch --ensure
has "... leaves the daemon" "$(vs -L --daemon)" "mcast=d0, syncid=5"
check "--ensure with another id" vs --start-daemon master --mcast-interface d0 --syncid 6 --ensure
has "... starts it anew" "$(vs -L --daemon)" "mcast=d0, syncid=6"
check "--ensure stops" vs --stop-daemon master --ensure
check "... again" vs --stop-daemon master --ensure

# -R names the line
vs -C
printf '%s\n' '-A -t 10.1.0.100:80 -s rr' '-A -t 10.1.0.100:80 -s rr' '-a -t 10.1.0.100:80 -r 10.2.1.2 -w x' '-A -f 9' >/tmp/lab/bad
got=$(d sh -c 'ipvsadm -R </tmp/lab/bad; echo "= $?"' 2>&1)
has "a refused line: number and reason" "$got" "^line 2: Service already exists$"
has "... its text" "$got" "^line 2: -A -t 10.1.0.100:80 -s rr$"
has "... the object" "$got" "^line 2: TCP 10.1.0.100:80: "
has "a line that is none" "$got" "^line 3: illegal weight specified$"
has "... ends the run" "$got" "^= 2$"
is "lines before it are carried out, lines behind it are not" "$(vs -S -n)" "-A -t 10.1.0.100:80 -s rr"
d sh -c 'ipvsadm-restore </tmp/lab/bad' >/dev/null 2>&1
is "the script leaves the table when a line is none" "$(vs -S -n)" "-A -t 10.1.0.100:80 -s rr"
got=$({ echo '-A -f 8'; wait_until 5 sh -c 'at d ipvsadm -Ln | grep -q "FWM  8"' && echo "-A -f 9 # seen"; } | vs -R; vs -S -n)
has "lines are carried out as they come" "$got" "-f 9"

# --atomic
vs -C
printf '%s\n' '-A -t 10.1.0.100:80 -s rr' '-a -t 10.1.0.100:80 -r 10.2.1.2:80 -m' '-A -f 9' >/tmp/lab/one
check "atomic restore" d sh -c 'ipvsadm -R --atomic </tmp/lab/one'
client_sends src=10.1.0.77 dst=$VIP proto=tcp sport=8000 dport=80 flows=3
eventually "three connections" 5 sh -c 'at d ipvsadm -Ln -t 10.1.0.100:80 | grep -E -q "10.2.1.2:80 .* 3 *$"'
printf '%s\n' '-A -t 10.1.0.100:81 -s rr' '-A -t 10.1.0.100:80 -s wrr' '-a -t 10.1.0.100:80 -r 10.2.1.3:80 -m' \
  '-a -t 10.1.0.100:80 -r 10.2.1.2:80 -m -w 5' '--set 100 0 0' >/tmp/lab/two
check "... of another table" d sh -c 'ipvsadm -R --atomic </tmp/lab/two'
is "is that table" "$(vs -S -n)" "--set 100 120 300
-A -t 10.1.0.100:80 -s wrr
-a -t 10.1.0.100:80 -r 10.2.1.2:80 -m -w 5
-a -t 10.1.0.100:80 -r 10.2.1.3:80 -m -w 1
-A -t 10.1.0.100:81 -s rr"
has "what stays keeps its connections" "$(vs -Ln -t 10.1.0.100:80)" "10.2.1.2:80 .* 3 *$"
vs -S -n >/tmp/lab/before
printf '%s\n' '-A -t 10.1.0.100:90 -s rr' '-C' '# comment' '-A -f 1' '-a -f 1 -r 10.2.1.2' '-A -f 2 -s nosuch' >/tmp/lab/bad
got=$(d sh -c 'ipvsadm-restore --atomic </tmp/lab/bad; echo "= $?"' 2>&1)
has "a refusal at the last line" "$got" "^line 6: Scheduler or persistence engine not found$"
has "... fails" "$got" "^= 255$"
table_is "... changes nothing" /tmp/lab/before
printf '%s\n' '-A -f 1' '-a -f 1 -r 10.2.1.2' '-a -f 1 -r 224.0.0.1' >/tmp/lab/bad
got=$(d sh -c 'ipvsadm -R --atomic </tmp/lab/bad' 2>&1)
has "a server that is refused" "$got" "^line 3: -a -f 1 -r 224.0.0.1$"
check "a dry run of it is right" d sh -c 'ipvsadm -R --dry-run </tmp/lab/before >/tmp/lab/now 2>&1; [ $? = 255 ] && grep -q "Service already exists" /tmp/lab/now'
table_is "... and changes nothing" /tmp/lab/before
printf '%s\n' '-A -f 1' '-A -f 1' '-L -n' '-A -f x' >/tmp/lab/bad
got=$(d sh -c 'ipvsadm -R --atomic </tmp/lab/bad' 2>&1)
has "lines that are none come first" "$got" "^line 4: invalid fwmark"
sed -i 4d /tmp/lab/bad
got=$(d sh -c 'ipvsadm -R --atomic </tmp/lab/bad' 2>&1)
has "duplicates" "$got" "^line 2: Service already exists$"
has "what describes nothing" "$got" "^line 3: -L -n$"
table_is "nothing has changed" /tmp/lab/before
[ "$module" != intree ] || has "the kernel's own module is told" "$(d sh -c 'ipvsadm -R --atomic </tmp/lab/one' 2>&1)" "^warning: .*one step"
vs --set 900 120 300

# --ensure
vs -C
for again in 1 2; do
  check "--ensure: a service" vs -A -t 10.1.0.100:80 -s wrr --ensure
  check "--ensure: a server" vs -a -t 10.1.0.100:80 -r 10.2.1.2 -m -w $again --ensure
done
has "the last one counts" "$(vs -S -n)" "-w 2"
for again in 1 2; do
  check "--ensure: delete a server" vs -d -t 10.1.0.100:80 -r 10.2.1.2 --ensure
  check "--ensure: delete a service" vs -D -t 10.1.0.100:80 --ensure
  check "--ensure: delete a server of a service that is gone" vs -d -t 10.1.0.100:80 -r 10.2.1.2 --ensure
done
refuse "--ensure makes no service for a server" vs -a -t 10.1.0.100:80 -r 10.2.1.2 -m --ensure

# -O
check "set a sysctl" vs -O drop_entry=3,conntrack=1
is "read them" "$(vs -O drop_entry,conntrack)" "drop_entry=3
conntrack=1"
check "set them back" vs -O ^drop_entry,^conntrack
has "list them" "$(vs -O)" "^drop_entry +0 +0 +remove half-open"
check "two numbers" vs -O sync_threshold=4,60
is "... are read as they are shown" "$(vs -O sync_threshold)" "sync_threshold=4 60"
check "... and set back" vs -O ^sync_threshold
is "... to the default" "$(vs -O sync_threshold)" "sync_threshold=3 50"
has "a name that is none" "$(vs -O conntrack=1,drop_entri=1 2>&1)" "no sysctl .drop_entri'; the nearest is .drop_entry'"
is "... and nothing was set" "$(vs -O conntrack)" "conntrack=0"
has "a value that is refused" "$(vs -O drop_entry=9 2>&1)" "cannot set sysctl .drop_entry': Invalid argument"
# every one has a meaning and its default is the one it has after loading
is "all are known" "$(json '[.sysctls[] | select(.meaning == null) | .name]' -O)" "[]"
# the lane whose module has the fast path on
[ -z "$fast" ] || for ns in d ""; do ${ns:+at $ns} sh -c 'echo 0 >/proc/sys/net/ipv4/vs/fast_path'; done
is "defaults are those of the module" "$(json '[.sysctls[] | select(.default != null and .default != .value) | .name]' -O)" "[]"
d sh -c 'modprobe ip_vs_lblc; modprobe ip_vs_lblcr'
is "... in the first namespace too" "$(ipvsadm -O --json | jq -c '[.sysctls[] | select(.default != null and .default != .value) | .name]')" "[]"

# /etc/fwmarks
printf '7 web www # the farm\n0x10 mail\n' >/etc/fwmarks
check "a mark by name" vs -A -f www -s rr
has "is listed by name" "$(vs -L)" "^FWM  web rr$"
has "... and with -n by number" "$(vs -Ln)" "^FWM  7 rr$"
is "... and saved as number" "$(vs -S)" "-A -f 7 -s rr"
has "... with its name in JSON" "$(json '.services[0].fwmark_name' -L)" '"web"'
check "a hexadecimal one" vs -A -f mail
rm /etc/fwmarks
has "... is its number" "$(vs -L)" "^FWM  16 "
has "a name that is none" "$(vs -A -f web 2>&1)" "invalid fwmark value .web' specified"

# --exit-codes
vs -C
vs -A -t 10.1.0.100:80 -s rr
vs -a -t 10.1.0.100:80 -r 10.2.1.2:80 -m
is "usage" "$(code vs -A --exit-codes)" 2
is "unknown option" "$(code vs -A -f 1 --exit-codes --nosuch)" 2
is "value" "$(code vs -A -f x --exit-codes)" 3
is "kernel: value" "$(code vs -a -t 10.1.0.100:80 -r 10.2.1.9 -m -x 1 -y 2 --exit-codes)" 3
is "permission" "$(code d setpriv --reuid 65534 --clear-groups ipvsadm -Ln --exit-codes)" 4
is "exists" "$(code vs -A -t 10.1.0.100:80 -s rr --exit-codes)" 6
is "service" "$(code vs -D -t 10.1.0.100:99 --exit-codes)" 7
is "service of a list" "$(code vs -Ln -t 10.1.0.100:99 --exit-codes)" 7
is "server" "$(code vs -d -t 10.1.0.100:80 -r 10.2.1.9 --exit-codes)" 8
is "scheduler" "$(code vs -A -f 3 -s nosuch --exit-codes)" 9
is "conflict" "$(code vs -A -t 10.1.0.100:0 --exit-codes)" 12
is "sysctl" "$(code vs -O nosuch --exit-codes)" 15
is "success" "$(code vs -Ln --exit-codes)" 0
is "restore: the first failure" "$(printf '%s\n' '-A -f 3' '-D -f 4' '-A -t 10.1.0.100:80' '-D -f 3' | d ipvsadm -R --exit-codes >/dev/null 2>&1; echo $?)" 7

# streams that fail
before=$(vs -S -n)
is "input that cannot be read" "$(d ipvsadm -R --replace --exit-codes </etc >/dev/null 2>&1; echo $?)" 18
is "... also as a whole" "$(d ipvsadm -R --atomic --exit-codes </etc >/dev/null 2>&1; echo $?)" 18
is "... and line by line" "$(d ipvsadm -R </etc 2>&1 >/dev/null)" "cannot read standard input: Is a directory"
is "... changes nothing" "$(vs -S -n)" "$before"
for words in -h -v -L -S '-L --json' --list; do
  # shellcheck disable=SC2086 # words
  is "output that cannot be written: $words" "$(d ipvsadm $words --exit-codes >/dev/full 2>/dev/null; echo $?)" 17
done
is "... of lists within a restore" "$(printf '%s\n' -L -L | d ipvsadm -R --exit-codes >/dev/full 2>/dev/null; echo $?)" 17

# our module says what is wrong, and nobody guesses; the kernel's own says nothing, and ipvsadm looks at the table
nothing=$(vs -D -t 10.1.0.100:81 2>&1)
elsewhere=$(vs -d -t 10.1.0.100:80 -r 10.2.1.2:81 2>&1)
if [ "$module" = intree ]; then
  is "what is missing" "$nothing" "No such service
TCP 10.1.0.100:81: No such service
hint: the address has TCP 10.1.0.100:80"
  is "... of a server" "$elsewhere" "No such destination
TCP 10.1.0.100:80 -> 10.2.1.2:81: No such destination
hint: there is TCP 10.1.0.100:80 -> 10.2.1.2:80"
else
  has "what is missing" "$nothing" "^TCP 10.1.0.100:81: there is no such virtual service"
  has_not "... without a guess" "$nothing" "hint:"
  has_not "... nor one about a server" "$elsewhere" "hint:"
fi
is "the first line is that of 1.31" "$(vs -A -t 10.1.0.100:80 2>&1 | head -n 1)" "Service already exists"
has "the second names the object" "$(vs -A -t 10.1.0.100:80 2>&1 | sed -n 2p)" "^TCP 10.1.0.100:80: "

# Names. A server that answers nothing: everything that is sent to it is dropped.
is "of services" "$(vs -L -t 10.1.0.100:80 | sed -n 3p)" "TCP  vip.test:http rr"
vs -A -t '[fd01::100]:http' -s rr
printf 'fd01::100 six.test\n' >>/etc/hosts
check "IPv6 names in brackets" vs -Ln -t '[six.test]:http'
check "... and without, if there is no other" vs -Ln -t six.test:80
c iptables -A INPUT -p udp --dport 53 -j DROP
cp /etc/nsswitch.conf /tmp/lab/nsswitch.conf
printf 'hosts: files dns\nservices: files\n' >/etc/nsswitch.conf
printf 'nameserver 10.1.0.2\n' >/etc/resolv.conf
for i in 2 3 4 5 6 7 8 9; do vs -a -t 10.1.0.100:80 -r 10.2.1.$i:$i -m; done
# milliseconds COMMAND...: how long it takes
milliseconds() {
  from=$(awk '{ print int($1 * 1000) }' /proc/uptime)
  "$@" >/tmp/lab/out 2>&1
  awk -v from="$from" '{ print int($1 * 1000) - from }' /proc/uptime
}
# asked: how many questions have come to the name server
asked() { c iptables -nvxL INPUT | awk '/dpt:53/ { print $1 }'; }
plain=$(milliseconds vs -Ln)
is "-n asks nobody" "$(asked)" 0
named=$(milliseconds vs -L)
# with what a busy machine adds; without a deadline it would be ten seconds for each address
[ $((named - plain)) -le $((2500 * slow)) ] && ok "a dead name server costs a second" ||
  not_ok "a dead name server costs $((named - plain)) ms"
[ "$(asked)" -gt 0 ] && ok "it was asked" || not_ok "the name server was not asked"
has "what files know has its name" "$(cat /tmp/lab/out)" "^TCP  vip.test:http rr"
has "the rest has numbers" "$(cat /tmp/lab/out)" "10.2.1.8:8 "
took=$(milliseconds vs -A -t nosuch.test:80)
[ $((took - plain)) -le $((2500 * slow)) ] && ok "on input too" || not_ok "a name on input took $took ms"
has "... with the reason" "$(cat /tmp/lab/out)" "no name server answered in time"
cp /tmp/lab/nsswitch.conf /etc/nsswitch.conf
rm /etc/resolv.conf
sed -i '/six.test/d' /etc/hosts
