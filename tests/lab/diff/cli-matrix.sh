# SPDX-License-Identifier: GPL-2.0-or-later
# Every command with every option, every list option with every other, values good and bad, and all ways to
# write an option. What is meant to differ from 1.31 is in docs/compatibility.md, not here.
topology 1
# timeout: 1500
modprobe ip_vs
cat >/tmp/matrix.sh <<'MATRIX_END'
. /lab/config
. /lab/transcript.sh
n=0
# one process a command, and one of a shell for all of them
v() {
  n=$((n + 1))
  echo "$ ipvsadm $*"
  case $* in
  # the kernel's order is that of a hash table
  *--nosort*)
    ipvsadm "$@" 2>/tmp/stderr </dev/null >/tmp/stdout
    echo "= $?"
    sort /tmp/stdout
    ;;
  *)
    ipvsadm "$@" 2>/tmp/stderr </dev/null
    echo "= $?"
    ;;
  esac
  if read -r line </tmp/stderr; then echo "! $line"; fi
}
# lines for -R; messages begin with the number of the line, which 1.31 does not tell
r() {
  n=$((n + 1))
  echo "$ ipvsadm -R"
  printf '%b' "$1" | tee /tmp/rules
  ipvsadm -R 2>/tmp/stderr </tmp/rules >/tmp/stdout
  code=$?
  one_version </tmp/stdout
  echo "= $code"
  if read -r line </tmp/stderr; then echo "! $line" | only own sed 's/line [0-9]*: //'; fi
  table
}
table() { ipvsadm -S -n | only own sed 's/ -[xy] [0-9]*//g'; }
fresh() {
  ipvsadm -C
  ipvsadm -A -t 10.9.9.9:80 -s rr
  ipvsadm -a -t 10.9.9.9:80 -r 10.2.1.11:80 -m
  ipvsadm -A -u 10.9.9.9:53 -s wrr
  ipvsadm -A -f 7 -s lc
}

for verb in -A -E -D -C -a -e -d -R -Z --set; do v $verb; done
echo "# commands with options"
for verb in '-A -t 10.9.9.9:81' '-E -t 10.9.9.9:80' '-D' '-C' '-L -n' '-a -t 10.9.9.9:80 -r 10.2.1.12:80' \
  '-e -t 10.9.9.9:80 -r 10.2.1.11:80' '-d -t 10.9.9.9:80' '--set 900 120 300' '-R' '-S -n' '-Z'; do
  fresh
  every_option >/tmp/options
  while read -r option; do
    # shellcheck disable=SC2086 # words
    v $verb $option
  done </tmp/options
  table
done

echo "# list options in pairs"
fresh
lists='-c --timeout --daemon --stats --rate --thresholds --persistent-conn --nosort --tun-info -X --syncid=3 -t10.9.9.9:80'
while [ -n "$lists" ]; do
  for b in $lists; do v -L -n "${lists%% *}" "$b"; done
  case $lists in *" "*) lists=${lists#* } ;; *) lists= ;; esac
done

echo "# values"
fresh
for value in 0 +5 ' 5' 05 65536 2147483648 99999999999999999999 -1 1x '' 0x10; do
  for option in -w -y; do
    v -e -t 10.9.9.9:80 -r 10.2.1.11:80 -m $option "$value"
  done
  # 1.31 prints the marks above as negative numbers
  [ "$value" = 2147483648 ] || v -A -f "$value"
  v -A -t 10.9.9.9:"$value" -p
  v -A -t 10.9.9.9:82 -p "$value"
  v --set "$value" 0 0
  v -a -t 10.9.9.9:80 -r 10.2.1.13 -i --tun-type gue --tun-port "$value"
  ipvsadm -D -t 10.9.9.9:82 2>/dev/null
  ipvsadm -d -t 10.9.9.9:80 -r 10.2.1.13 2>/dev/null
done
ipvsadm --set 900 120 300
for address in 10.9.9.9 10.9.9 0x0a090909:80 010.9.9.9:80 10.9.9.9:http 10.9.9.9:HTTP 10.9.9.9:nosuch 10.9.9.9:80x \
  :80 : 10.9.9.9::80 '[10.9.9.9' '[fd00::1]' '[fd00::1]:80' '[fd00::1]:' '[fd00::1]:x' '[fd00::1]80' fd00::1:80 fd00::1 \
  '[]:80' '[x]:80' localhost:80 vip.test:http nosuch.test:80 300.1.1.1:80 1.2.3.4.5:80 80 '' 0.0.0.0:80 0:80 \
  100.0.0.1:80; do
  v -A -t "$address" -s rr
  v -a -t 10.9.9.9:80 -r "$address" -m
done
table
fresh
for mask in 255.255.255.0 0.0.0.0 255.255.255.255 24 x '' 255.255.255.256 128 fd00:: 0 129; do
  v -A -t 10.9.9.9:83 -p 5 -M "$mask"
  v -A -t '[fd00::9]:83' -p 5 -M "$mask"
  table
  ipvsadm -D -t 10.9.9.9:83 2>/dev/null
  ipvsadm -D -t '[fd00::9]:83' 2>/dev/null
done
for scheduler in rr sh mh nosuch; do
  for flags in sh-fallback,sh-port mh-port flag-1,flag-2,flag-3 sh-port,mh-port x; do
    # only what each of the modules has
    case " $common nosuch " in *" ip_vs_$scheduler "* | *" ${scheduler:-nosuch} "*) v -A -t 10.9.9.9:84 -s "$scheduler" -b "$flags" ;; esac
    ipvsadm -D -t 10.9.9.9:84 2>/dev/null
  done
done
for type in ipip gue gre IPIP; do
  for more in '' '--tun-port 5' '--tun-csum' '--tun-port 5 --tun-csum --tun-nocsum' '--tun-remcsum'; do
    # shellcheck disable=SC2086 # words
    v -a -t 10.9.9.9:80 -r 10.2.1.14 -i --tun-type "$type" $more
    ipvsadm -d -t 10.9.9.9:80 -r 10.2.1.14:80 2>/dev/null
  done
done
for words in '' '1' '1 2' '1 2 3' '1 2 3 4' '0 0 0' '2678400 2678400 2678400' '2678401 0 0' '0 0 x' '-n 1 2 3' '1 -n 2 3'; do
  # shellcheck disable=SC2086 # words
  v --set $words
done
v -L -n --timeout
ipvsadm --set 900 120 300

echo "# ways to write"
fresh
v -Ln
v -nL
v -lnX --rate
v -L --numeric
v --list --numeric
v --list --numeric=1
v --lis
v --list --num
v -list
v -L -n --
v -L -n -- x
v -- -L
v -At 10.9.9.9:85
v -At10.9.9.10:85
v -At10.9.9.11:85 -srr
v -A --tcp-service=10.9.9.12:85 --scheduler=rr --persistent=10
v -A --tcp-service 10.9.9.13:85 --scheduler rr --persistent 10
v -A -t 10.9.9.14:85 -p10
v -A -t 10.9.9.15:85 -p -s rr
v -A -t 10.9.9.16:85 -s rr -p
v -A -u 10.9.9.17:85 -os rr
v -A -f7
v -A -f8 -6
v -A -6f8
v -A -f=8
v -A --fwmark-service=10
v --add-service --udp-service=10.9.9.18:85 --ops
v --edit-service --udp-service=10.9.9.18:85
v --add-server -t 10.9.9.9:80 --real-server=10.2.1.15:80 --masquerading --weight=9
v --edit-server -t 10.9.9.9:80 --real-server 10.2.1.15:80 --masquerading --weight 8
v --delete-server -t 10.9.9.9:80 --real-server 10.2.1.15:80
v -a -t 10.9.9.9:80 -r 10.2.1.16 -gw5
v -a -t 10.9.9.9:80 -r10.2.1.17 -iw 5
v -a -r 10.2.1.18 -t 10.9.9.9:80 -g
v -aw 5 -t 10.9.9.9:80 -r 10.2.1.18:8080 -m
v --delete-service -u 10.9.9.18:85
v --zero --tcp-service 10.9.9.9:80
v --save --numeric
v -Sn
v --restore
v --clear x
v -
v ''
v x
v -Lx
v -L-n
v -L -n -n
table

echo "# options twice"
for option in '-t 10.9.9.9:86' '-s rr' '-p 5' '-M 255.255.255.0' '-o' '-b flag-1' '--pe nosuch' '-w 3' '-m' '-x 1' '-y 1' '-r 10.2.1.11' \
  '--tun-csum' '--tun-type gre' '--tun-port 3' '-n' '-c' '--stats' '--rate' '--sort' '--nosort' '-X' '-6'; do
  # shellcheck disable=SC2086 # words
  v -A $option $option
done

echo "# restore"
fresh
good='-A -t 10.9.9.9:90 -s rr\n'
r "$good-A -t 10.9.9.9:91 -s rr"
r "-A -t 10.9.9.9:92 -s rr\n-A -t 10.9.9.9:x\n-A -t 10.9.9.9:93 -s rr\n"
r "-A -t 10.9.9.9:94 -s rr\nfoo\n-A -t 10.9.9.9:95 -s rr\n"
r "-A -t 10.9.9.9:96 -s rr\n-A -t 10.9.9.9:97 --frob\n"
r "-R\n"
r "-v\n$good"
r "-h\n$good" | head -n 5
r "-L -n -t 10.9.9.9:90\n-L -n -t 10.9.9.9:99\n-C\n"
r "-S -n\n"
r '\n \t\n\r\n'
r 'ipvsadm -A -t 10.9.9.9:98 -s rr\nipvsadm\n'
r '-A -t "10.9.9.9:99" -s rr\n'
r "-Z\n-D -t 10.9.9.9:77\n"
r "-C"
echo "$n command lines"
MATRIX_END
at d dash /tmp/matrix.sh
