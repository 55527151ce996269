# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 600
# tools: debian
# FTP through NAT, with hand-made packets: what the helper reads in the lines of both sides, what it makes of them, and
# what becomes of connections and of tracking's entries. A line that comes again is not here: the kernel's own lets the
# server's address through then, see cases/225-ftp.sh. Nor are lines that it reads although they are none: PORT without a
# blank or with a number left out, and ports 0; ours does not, see the unit tests FtpRequest.
both_have ip_vs_ftp || { echo "not compared: one of the two has no helper for FTP"; exit 0; }
topology 1
modprobe ip_vs
fake_hosts
listen_on s1 e0 text
listen_on c c0 text
echo "== without the helper"
d cat /proc/net/ip_vs_app
modprobe ip_vs_ftp
echo "== with it"
d cat /proc/net/ip_vs_app
cat /proc/net/ip_vs_app
hex() { printf "$1" | od -An -v -tx1 | tr -d ' \n'; }
client() { client_sends src=10.1.0.77 dst=$VIP sport=$cport dport=$vport "$@"; }
server() { server_sends 1 src=10.2.1.$server dst=10.1.0.77 sport=$vport dport=$cport "$@"; }
# Each side counts what it has sent, and acknowledges what it has seen: @grown is how much longer what the server says has become.
open() { # SERVER: a control connection from a new port
  server=$1 cport=$((cport + 1)) cseq=1000 sseq=5000 grown=0
  client flags=S seq=999
  server flags=SA seq=4999 ack=1000
  client flags=A seq=1000 ack=5000
  arrived s1 e0 >/dev/null
  arrived c c0 >/dev/null
}
client_says() { # TEXT WORD...: with the escapes of printf
  said=$(hex "$1")
  shift
  client flags=PA seq=$cseq ack=$((sseq + grown)) hex=$said "$@"
  cseq=$((cseq + ${#said} / 2))
}
server_says() { # LONGER TEXT WORD...: the client gets so much more
  longer=$1 said=$(hex "$2")
  shift 2
  server flags=PA seq=$sseq ack=$cseq hex=$said "$@"
  sseq=$((sseq + ${#said} / 2)) grown=$((grown + longer))
}
cport=4000 vport=21
packets() { arrived s1 e0 | sed 's/^/server: /'; arrived c c0 | sed 's/^/client: /'; }
# what there is of data connections, and was not or was otherwise before
data_conns() {
  conns_sorted | awk -v p="$(printf %04X $vport)" 'NR > 1 && $5 != p' >/tmp/lab/rows
  touch /tmp/lab/rows.seen
  grep -v -x -F -f /tmp/lab/rows.seen /tmp/lab/rows
  cp /tmp/lab/rows /tmp/lab/rows.seen
}
show() { printf '%s\n' "-- $*"; packets; data_conns; }
tracks() {
  d grep -v ' 4 ' /proc/net/nf_conntrack | sed -E 's/^(ipv. +[0-9]+ [a-z0-9]+ +[0-9]+) [0-9]+/\1/; s/ use=[0-9]+//; s/^/track: /' |
    grep -e "port=$1 " | sort
}
gone() { [ "$(conns | wc -l)" = 1 ]; }
# Connections hold the helper: they go with their services.
end_all() {
  vs_sysctl expire_nodest_conn 1
  vs -C
  wait_until 20 gone || echo "connections stay"
  vs_sysctl expire_nodest_conn 0
}

echo "== a control connection"
vs -A -t $VIP:21 -s rr
for n in 12 11; do vs -a -t $VIP:21 -r 10.2.1.$n:21 -m; done
open 11
d cat /proc/net/ip_vs_app
conns_sorted
tracks $cport

echo "== passive"
client_says 'PASV\r\n'
show "asked"
server_says 1 '227 Entering Passive Mode (10,2,1,11,39,17).\r\n'
show "answered: the address is longer"
vs -Lnc | awk '$2 != "State" && $2 != "connection" { print $1, $3, $4, $5, $6 }' | sort
client_says 'RETR file\r\n'
server_says 0 '150 here it comes\r\n'
show "later packets"
client_sends src=10.1.0.77 dst=$VIP sport=5555 dport=10001 flags=S seq=1
show "the client comes"
tracks 10001
server_sends 1 src=10.2.1.11 dst=10.1.0.77 sport=10001 dport=5555 flags=SA seq=7 ack=2
client_sends src=10.1.0.77 dst=$VIP sport=5555 dport=10001 flags=A seq=2 ack=8
show "and is connected"
client_sends src=10.1.0.77 dst=$VIP sport=5556 dport=10001 flags=S seq=1
show "another port is too late"
stats_settle "^TCP +$VIP:21 +1 +6 +4 "
vst -Ln --stats --exact
vst -Ln
echo "rmmod: $(rmmod ip_vs_ftp 2>&1)"
server_says 0 '226 done\r\n227 no answer to anything (10,2,1,11,39,18)\r\n'
show "not asked for"
vs -d -t $VIP:21 -r 10.2.1.12:21
open 11
client_says 'PASV\r\n'
server_says 1 '227 (10,2,1,11,0,30)\r\n'
client_says 'PASV\r\n'
server_says 1 '227 (10,2,1,11,255,255)\r\n'
show "any port"

echo "== the address gets shorter"
ip -n d addr add 10.1.0.1/32 dev lo 2>/dev/null
vs -A -t 10.1.0.1:21 -s rr
vs -a -t 10.1.0.1:21 -r 10.2.1.11:21 -m
old_vip=$VIP VIP=10.1.0.1
open 11
client_says 'PASV\r\n'
server_says -1 '227 (10,2,1,11,100,100)\r\n'
client_says 'NOOP\r\n'
server_says 0 '200 ok\r\n'
client_says 'PASV\r\n'
server_says -1 '227 (10,2,1,11,100,101)\r\n'
client_says 'NOOP\r\n'
server_says 0 '200 ok\r\n'
show "twice"
VIP=$old_vip

echo "== active"
open 11
client_says 'PORT 10,1,0,77,20,1\r\n'
show "announced"
server_says 0 '200 ok\r\n'
server_sends 1 src=10.2.1.11 dst=10.1.0.77 sport=20 dport=5121 flags=S seq=1
show "the server comes"
tracks 5121
client_sends src=10.1.0.77 dst=$VIP sport=5121 dport=20 flags=SA seq=1 ack=2
server_sends 1 src=10.2.1.11 dst=10.1.0.77 sport=20 dport=5121 flags=A seq=2 ack=2
show "and is connected"
server_sends 1 src=10.2.1.11 dst=10.1.0.77 sport=20 dport=5122 flags=S seq=1
show "a port that was not announced"
client_says 'PORT 10,1,0,99,20,2\r\n'
show "another host's address"
client_says 'PORT 10,1,0,77,20,1\r\n'
show "the same port again"

echo "== lines of clients"
while IFS= read -r line; do
    open 11
  client_says "$line"
  server_says 0 '200 ok\r\n'
  show "$line" | sed 's/ ttl=.*//'
done <<'LINES'
port   10,1,0,77,20,2\r\n
PORT 010,001,0,077,20,03\r\n
PORT 10,1,0,77,20,4
PORT 10,1,0,77,20,5x
PORT 10,1,0,77,20\r\n
PORT 10,1,0,77,256,7\r\n
PORT 10,1,0,77,4294967297,7\r\n
PORT 10.1.0.77,20,8\r\n
NOOP\r\nPORT 10,1,0,77,20,10\r\n
XPORT 10,1,0,77,20,11\r\n
EPRT |1|10.1.0.77|5201|\r\n
eprt !1!10.1.0.77!5202!\r\n
EPRT |1|10.1.0.77|5203|
EPRT |1|10.1.0.77|5204\r\n
EPRT |1|10.1.0.77|0|\r\n
EPRT |1|10.1.0.77|65536|\r\n
EPRT |1|10.1.0.77|70741|\r\n
EPRT |2|fd01::77|5205|\r\n
EPRT |1||5206|\r\n
EPRT |||5207|\r\n
EPRT |1!10.1.0.77|5208|\r\n
LINES

echo "== lines of servers, asked for a passive mode"
while IFS= read -r line; do
    open 11
  client_says 'PASV\r\n'
  server_says 0 "$line"
  show "$line" | sed 's/ ttl=.*//'
done <<'LINES'
227 =10,2,1,11,40,1\r\n
227 Entering Passive Mode 10,2,1,11,40,2\r\n
227 ((10,2,1,11,40,3)\r\n
227 (10,2,1,11,40,4
227 (10,2,1,11,40,5x
227 (10,2,1,11,40)\r\n
227 (10,2,1,11,256,6)\r\n
227 (10,2,1,11,99999999999,6)\r\n
227 in 5 s (10,2,1,11,40,7)\r\n
227-(10,2,1,11,40,8)\r\n
227 (10,2,1,12,40,9)\r\n
227 (010,002,001,011,040,010)\r\n
227 (|||10241|)\r\n
229 (|||10241|)\r\n
x227 (10,2,1,11,40,11)\r\n
200 ok\r\n227 (10,2,1,11,40,12)\r\n
227
227 
227 x
LINES

echo "== lines of servers, asked for the extended one"
while IFS= read -r line; do
    open 11
  client_says 'EPSV\r\n'
  server_says 0 "$line"
  show "$line" | sed 's/ ttl=.*//'
done <<'LINES'
229 Entering Extended Passive Mode (|||10300|)\r\n
229 in 5 s (!!!10301!)\r\n
229 (|1|10.2.1.11|10302|)\r\n
229 (|1||10303|)\r\n
229 (|2||10304|)\r\n
229 (|||0|)\r\n
229 (|||65536|)\r\n
229 (|||75836|)\r\n
229 (|||99999999999|)\r\n
229 |||10305|\r\n
229 (||10306|)\r\n
229 (|||10307|
229 (|||10308
227 (10,2,1,11,40,13)\r\n
LINES

echo "== how a passive mode is asked for"
while IFS= read -r line; do
    open 11
  client_says "$line"
  server_says 0 '227 (10,2,1,11,41,1)\r\n'
  server_says 0 '229 (|||10502|)\r\n'
  show "$line" | sed 's/ ttl=.*//'
done <<'LINES'
pasv\r\n
TYPE I\r\nPASV\r\n
PASV\n
PASV
xxPASV\r\n
EPSV 1\r\n
EPSV 2\r\n
EPSV ALL\r\n
EPSV\n
epsv\r\n
EPSV ALL\r\nPASV\r\n
LINES

echo "== broken packets"
open 11
client_says 'PASV\r\n' badsum
server_says 0 '200 ok\r\n' badsum
show "wrong checksums"
open 11
client_says 'PORT 10,1,0,77,20,30\r\n' doff=4
client_says 'PORT 10,1,0,77,20,31\r\n' doff=15
show "wrong header lengths"

echo "== IPv6"
vs -A -t "[$VIP6]:21" -s rr
vs -a -t "[$VIP6]:21" -r "[fd02:1::11]:21" -m
client() { client_sends src=fd01::77 dst=$VIP6 sport=$cport dport=$vport "$@"; }
server() { server_sends 1 src=fd02:1::$server dst=fd01::77 sport=$vport dport=$cport "$@"; }
open 11
client_says 'EPSV\r\n'
server_says 0 '229 Entering Extended Passive Mode (|||10600|)\r\n'
show "extended"
client_sends src=fd01::77 dst=$VIP6 sport=5601 dport=10600 flags=S seq=1
show "the client comes"
tracks 10600
client_says 'EPSV 2\r\n'
server_says -11 '229 (|2|fd02:1::11|10601|)\r\n'
client_says 'NOOP\r\n'
server_says 0 '200 ok\r\n'
show "with an address"
client_says 'EPRT |2|fd01::77|5602|\r\n'
show "active"
server_sends 1 src=fd02:1::11 dst=fd01::77 sport=20 dport=5602 flags=S seq=1
show "the server comes"
client_says 'PASV\r\n'
client_says 'PORT 10,1,0,77,20,1\r\n'
client_says 'EPRT |1|10.1.0.77|5603|\r\n'
client_says 'EPRT |2|fd01::ffff:10.1.0.77|5604|\r\n'
client_says 'EPRT |2|fd01:::77|5605|\r\n'
show "other lines"

echo "== other ports, no NAT"
end_all
reload_ipvs
modprobe ip_vs_ftp ports=21,2121
d cat /proc/net/ip_vs_app
vs -A -t $VIP:21 -s rr
vs -a -t $VIP:21 -r 10.2.1.11:21 -m
vs -A -t $VIP:2121 -s rr
vs -a -t $VIP:2121 -r 10.2.1.11:2121 -m
vport=2121
client() { client_sends src=10.1.0.77 dst=$VIP sport=$cport dport=$vport "$@"; }
server() { server_sends 1 src=10.2.1.$server dst=10.1.0.77 sport=$vport dport=$cport "$@"; }
open 11
client_says 'PASV\r\n'
server_says 1 '227 (10,2,1,11,43,1)\r\n'
client_says 'PORT 10,1,0,77,20,50\r\n'
show "another port"
d cat /proc/net/ip_vs_app
vs -A -t $VIP:2122 -s rr
vs -a -t $VIP:2122 -r 10.2.1.11:2122 -m
vport=2122
open 11
client_says 'PASV\r\n'
server_says 0 '227 (10,2,1,11,43,2)\r\n'
client_says 'PORT 10,1,0,77,20,51\r\n'
show "a port without a helper" | grep -v -e ' 2B01 ' -e ' 0848 '
vs -e -t $VIP:21 -r 10.2.1.11:21 -g
vport=21
open 11
client_says 'PASV\r\n'
client_says 'PORT 10,1,0,77,20,52\r\n'
show "direct routing" | grep -v -e ' 2B01 ' -e ' 0848 ' -e ' 084A '
vs -C
