# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 900
# FTP through NAT with vsftpd and curl: active and passive, by the older commands and the extended ones, over IPv4 and
# IPv6; addresses whose texts are shorter and longer than the servers'; many transfers in a session; behind a firewall.
# What the helper makes of odd lines is compared with the kernel's own in diff/ftp.sh.
topology 2
modprobe -a ip_vs ip_vs_ftp
SHORT=10.1.0.9
ip -n d addr add $SHORT/32 dev d0
# a server whose address has a longer text than the virtual one
ip -n s2 addr add 10.2.2.222/24 dev e0

# serve_ftp NAME PORT: a server with a file of its own
serve_ftp() {
  mkdir -p /tmp/lab/ftp-$1/pub /run/empty
  chmod 755 /tmp/lab /tmp/lab/ftp-$1 /run/empty
  head -c 50000 /dev/urandom >/tmp/lab/ftp-$1/pub/big
  echo "$1" >/tmp/lab/ftp-$1/name
  cat >/tmp/lab/ftp-$1-$2.conf <<CONF
listen_ipv6=YES
listen_port=$2
ftp_data_port=$(($2 - 1))
background=NO
anonymous_enable=YES
no_anon_password=YES
local_enable=NO
ftp_username=ftp
anon_root=/tmp/lab/ftp-$1
nopriv_user=nobody
secure_chroot_dir=/run/empty
connect_from_port_20=YES
seccomp_sandbox=NO
isolate=NO
isolate_network=NO
xferlog_enable=NO
CONF
  background "vsftpd-$1-$2" at "$1" vsftpd /tmp/lab/ftp-$1-$2.conf
  wait_until 10 sh -c "at $1 ss -Hltn sport = :$2 | grep -q ." || not_ok "vsftpd starts on $1"
}
serve_ftp s1 21
serve_ftp s2 21
for vip in $VIP $SHORT; do
  vs -A -t $vip:21 -s rr
  vs -a -t $vip:21 -r 10.2.1.2:21 -m
  vs -a -t $vip:21 -r 10.2.2.222:21 -m
done
vs -A -t "[$VIP6]:21" -s rr
for i in 1 2; do vs -a -t "[$VIP6]:21" -r "[fd02:$i::2]:21" -m; done

# fetch URL OPTION...: what curl got, or its error. The address in a reply counts: curl would use the control connection's.
fetch() {
  url=$1
  shift
  c curl -sS --no-ftp-skip-pasv-ip -m $((20 * slow)) "$@" "$url" 2>&1
}
# transfers TEXT HOST OPTION...: of two sessions each server has one, with a short file, a long one and a list
transfers() {
  t_text=$1 t_host=$2
  shift 2
  is "$t_text: each server has a client" "$(for i in 1 2; do fetch "ftp://$t_host/name" "$@"; done | sort | tr '\n' ' ')" "s1 s2 "
  # both files of a session come from one server
  fetch "ftp://$t_host/{name,pub/big}" "$@" -o "/tmp/lab/got-#1" --create-dirs >/tmp/lab/said
  is "... a session with two files" "$(cat /tmp/lab/said)" ""
  check "... which are those of one server" cmp /tmp/lab/got-pub/big "/tmp/lab/ftp-$(cat /tmp/lab/got-name)/pub/big"
  rm -rf /tmp/lab/got-*
}
ways() { # TEXT ADDRESS...
  w_text=$1
  shift
  for vip; do
    transfers "$w_text: $vip PASV" $vip --disable-epsv
    transfers "$w_text: $vip EPSV" $vip
    transfers "$w_text: $vip PORT" $vip -P - --disable-eprt
    transfers "$w_text: $vip EPRT" $vip -P -
  done
  transfers "$w_text: IPv6 EPSV" "[$VIP6]"
  transfers "$w_text: IPv6 EPRT" "[$VIP6]" -P -
}
ways plain $VIP $SHORT
# the statistics know of sessions, not of data
stats_now() { vs -Ln --stats --exact -t $VIP:21 | awk '$1 == "TCP" { print $3 }'; }
settle_conns() { [ "$(stats_now)" = 12 ]; }
eventually "a session counts as one connection, whatever it transfers" 10 settle_conns

# many transfers in a session: the differences in length add up
many=$(for i in $(seq 20); do printf 'ftp://%s/name ' $VIP; done)
short=$(for i in $(seq 20); do printf 'ftp://%s/name ' $SHORT; done)
many_of() { # WORD URL...
  word=$1
  shift
  c curl -sS --no-ftp-skip-pasv-ip -m $((60 * slow)) $word "$@" 2>&1 | sort | uniq -c | awk '{ print $1, $2 }'
}
for word in --disable-epsv --ftp-pasv; do
  # shellcheck disable=SC2086 # words
  has "20 transfers in one session, $word" "$(many_of $word $many)" "^20 s[12]$"
  # shellcheck disable=SC2086 # words
  has "... where lengths get less" "$(many_of $word $short)" "^20 s[12]$"
done
# shellcheck disable=SC2086 # words
has "20 active ones" "$(many_of --disable-eprt -P - $many)" "^20 s[12]$"

# with a firewall that lets in what belongs to a session, and nothing else
for tables in iptables ip6tables; do
  d $tables -A INPUT -m conntrack --ctstate INVALID -j DROP
  d $tables -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
  d $tables -A INPUT -p tcp --dport 21 -m conntrack --ctstate NEW -j ACCEPT
  d $tables -A INPUT -i d0 -p tcp -j DROP
  d $tables -A FORWARD -m conntrack --ctstate INVALID -j DROP
  d $tables -A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
  d $tables -A FORWARD -p tcp -j DROP
done
if [ "$module" != intree ]; then
  vs_sysctl conntrack 1
  ways firewall $VIP
  # shellcheck disable=SC2086 # words
  has "20 transfers through the firewall" "$(many_of --disable-epsv $many)" "^20 s[12]$"
  vs_sysctl conntrack 0
  transfers "firewall, conntrack=0: PASV" $VIP --disable-epsv
  transfers "firewall, conntrack=0: PORT" $VIP -P - --disable-eprt
fi
# nobody else gets in by that
is "a data port that was not announced stays shut" "$(c peer ask tcp $VIP 40000 1 timeout=300)" timeout
for tables in iptables ip6tables; do d $tables -F; done

# a session holds the helper
mkfifo /tmp/lab/hold
exec 9<>/tmp/lab/hold
background session c peer ask tcp $VIP 21 1 hold </tmp/lab/hold 9<&-
eventually "a session is open" 10 in_file 220 session
app_uses() { d awk '$2 == 21 { print $3 }' /proc/net/ip_vs_app; }
check "it is counted" test "$(app_uses)" -gt 0
has "... in its namespace only" "$(cat /proc/net/ip_vs_app)" "^TCP  21      0      ftp +$"
refuse "the helper cannot go" rmmod ip_vs_ftp
exec 9<&-
vs_sysctl expire_nodest_conn 1
vs -C
eventually "it can when there are no sessions" 20 rmmod ip_vs_ftp
is "... and is not listed any more" "$(d cat /proc/net/ip_vs_app)" "prot port    usecnt name"
vs_sysctl expire_nodest_conn 0

vs -A -t $VIP:21 -s rr
vs -a -t $VIP:21 -r 10.2.1.2:21 -m
has "without the helper the client is told of the server's address" "$(fetch ftp://$VIP/name --disable-epsv -v)" "227 .*10,2,1,2,"

# modprobe takes the error for "it is there already"
modprobe ip_vs_ftp ports=21,21
refuse "a port twice is refused" grep '^ip_vs_ftp ' /proc/modules
check "several ports" modprobe ip_vs_ftp ports=21,0,2121
is "... newest first" "$(d awk '{ print $2 }' /proc/net/ip_vs_app | tr '\n' ' ')" "port 2121 21 "
if [ "$module" != intree ]; then
  # on another port connection tracking is nobody's business: the numbers are set right all the same
  vs -C
  serve_ftp s1 2121
  vs -A -t $VIP:2121 -s rr
  vs -a -t $VIP:2121 -r 10.2.1.2:2121 -m
  is "without tracking: PASV" "$(fetch ftp://$VIP:2121/name --disable-epsv)" s1
  is "... PORT" "$(fetch ftp://$VIP:2121/name -P - --disable-eprt)" s1
  other=$(for i in $(seq 20); do printf 'ftp://%s:2121/name ' $VIP; done)
  # shellcheck disable=SC2086 # words
  is "... 20 transfers in one session" "$(many_of --disable-epsv $other)" "20 s1"
  is "... nothing was tracked" "$(d cat /proc/net/nf_conntrack 2>/dev/null | grep -c '=2121 ')" 0
  is "... and nothing dropped" "$(drops helper)" 0

  # the server's answer comes again, as it does when it was lost on its way to the client
  fake_hosts
  listen_on c c0 text
  vs -A -t $VIP:21 -s rr
  vs -a -t $VIP:21 -r 10.2.1.11:21 -m
  hex() { printf "$1" | od -An -v -tx1 | tr -d ' \n'; }
  client() { client_sends src=10.1.0.77 dst=$VIP sport=4001 dport=$port "$@"; }
  server() { server_sends 1 src=10.2.1.11 dst=10.1.0.77 sport=$port dport=4001 "$@"; }
  vs -a -t $VIP:2121 -r 10.2.1.11:2121 -m
  vs -d -t $VIP:2121 -r 10.2.1.2:2121
  for port in 21 2121; do
    client flags=S seq=999
    server flags=SA seq=4999 ack=1000
    client flags=A seq=1000 ack=5000
    client flags=PA seq=1000 ack=5000 hex="$(hex 'PASV\r\n')"
    arrived c c0 >/dev/null
    for i in 1 2; do server flags=PA seq=5000 ack=1006 hex="$(hex '227 (10,2,1,11,39,17)\r\n')"; done
    server flags=PA seq=5023 ack=1006 hex="$(hex '200 ok\r\n')"
    is "port $port: what is said twice is changed twice, and counts once" \
      "$(arrived c c0 | sed 's/.*seq=\([0-9]*\) .*"\(.*\)".*/\1 \2/' | tr '\n' ' ')" \
      '5000 227 (10,1,0,100,39,17)\r\n 5000 227 (10,1,0,100,39,17)\r\n 5024 200 ok\r\n '
  done

  # a session is silent while a data connection goes on
  listen_on s1 e0 text
  port=21
  vs --set 2 0 0
  client flags=PA seq=1006 ack=5032 hex="$(hex 'RETR file\r\n')"
  session_left() { conns | awk '$3 == "0FA1" && $5 == "0015" { print $9 }'; }
  is_waiting() { [ "$(session_left)" -gt 10 ]; }
  eventually "a session waits for its data connections" 20 is_waiting
  arrived s1 e0 >/dev/null
  client flags=PA seq=1017 ack=5032 hex="$(hex 'NOOP\r\n')"
  has "... and goes on afterwards" "$(arrived s1 e0)" 'NOOP'
  check "... with a time of its own" test "$(session_left)" -le 2
  vs --set 900 0 0

  # a connection is announced, and there is no room for it
  vs_sysctl conn_max $(($(conns | wc -l) - 1))
  client flags=PA seq=1023 ack=5032 hex="$(hex 'PORT 10,1,0,77,20,1\r\n')"
  is "without room for a data connection it is not announced" "$(arrived s1 e0)" ""
  is "... with a reason" "$(drops helper)" 1
  vs_sysctl conn_max 1000000
  client flags=PA seq=1023 ack=5032 hex="$(hex 'PORT 10,1,0,77,20,1\r\n')"
  has "... but when it is said again" "$(arrived s1 e0)" 'PORT 10,1,0,77,20,1'
  # firewalls open themselves for connections to the client only, whatever address it names
  client flags=PA seq=1044 ack=5032 hex="$(hex 'PORT 10,1,0,99,20,2\r\n')"
  has "another address may be named" "$(arrived s1 e0; conns)" ' 0A010063 1402 0A010064 0014 '
  expected() { d grep -c " dst=$1 " /proc/net/nf_conntrack_expect; }
  is "... but only what goes to the client is RELATED" "$(expected 10.1.0.77) $(expected 10.1.0.99)" "1 0"
fi

# the namespace goes while sessions are open
vs -A -t $VIP:2122 -s rr
if [ "$module" != intree ]; then
  check "connections of sessions are there" test "$(conns | grep -c ' 0015 ')" -gt 0
fi
ip netns del d
eventually "the helper can go after its namespace" 20 rmmod ip_vs_ftp
