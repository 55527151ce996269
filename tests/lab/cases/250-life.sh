# SPDX-License-Identifier: GPL-2.0-or-later
# brief: no
# timeout: 300
# Sysctls that decide whether a connection goes on or a new one is made.
topology 2
modprobe ip_vs
fake_hosts
listen_on s1 e0
listen_on c c0
sends() { client_sends src=10.1.0.77 dst=$VIP sport="$1" dport=80 "flags=$2"; }
to() { arrived s1 e0 | sed -n 's/.*> \(10\.[0-9.]*\).*/\1/p' | tail -n 1; }
finish() { # SPORT: a whole connection that the client has reset
  sends $1 S
  for n in 11 12; do server_sends 1 src=10.2.1.$n dst=10.1.0.77 sport=80 dport=$1 flags=SA; done
  sends $1 A
  sends $1 R
}
pool_f() { vs -A -t $VIP:80 -s rr; for n in 11 12; do vs -a -t $VIP:80 -r 10.2.1.$n:80 "$1"; done; }

pool_f -m
for mode in 0 1; do
  vs_sysctl conn_reuse_mode $mode
  finish 800$mode
  was=$(to)
  sends 800$mode S
  if [ $mode = 0 ]; then
    is "conn_reuse_mode=0: a finished connection goes on" "$(to)" "$was"
  else
    check "conn_reuse_mode=1: a new one is made" test "$(to)" != "$was"
  fi
done
vs -C
pool_f -g
server_of() { conns | awk -v p="$(printf %04X "$1")" '$3 == p { print $6 }'; }
for mode in 1 3; do
  vs_sysctl conn_reuse_mode $mode
  for f in S A FA; do sends 801$mode $f; done
  was=$(server_of 801$mode)
  sends 801$mode S
  case $mode in
    1) is "conn_reuse_mode=1, DR: half closed goes on" "$(server_of 801$mode)" "$was" ;;
    3) check "conn_reuse_mode=3, DR: half closed makes room" test "$(server_of 801$mode)" != "$was" ;;
  esac
done
vs -C
vs_sysctl conn_reuse_mode 1

pool_f -m
sends 8020 S
was=$(to)
vs -e -t $VIP:80 -r $was:80 -m -w 0
sends 8020 S
is "expire_nodest_conn=0: a server of weight 0 gets the SYN again" "$(to)" "$was"
vs_sysctl expire_nodest_conn 1
sends 8020 S
check "expire_nodest_conn=1: another server" test "$(to)" != "$was"
vs_sysctl expire_nodest_conn 0
now=$(conns | awk '$3 == "1F54" { print $6 }')
before=$(drops dest-gone)
for n in 11 12; do vs -d -t $VIP:80 -r 10.2.1.$n:80; done
arrived c c0 >/dev/null
sends 8020 A
is "expire_nodest_conn=0: the deleted server's connection is silent" "$(to)$(arrived c c0)" ""
is "... and counted" "$(drops dest-gone)" $((before + 1))
has "... and there" "$(conns)" "1F54.*$now"
vs_sysctl expire_nodest_conn 1
resets() { sends 8020 A; arrived c c0 | grep -q "$VIP:80 > 10.1.0.77:8020 tcp R"; }
eventually "expire_nodest_conn=1: the local stack resets" 20 resets
is "... and the entry has gone" "$(conns | grep -c 1F54)" 0
vs_sysctl expire_nodest_conn 0
vs -C

# cache_bypass: a transparent cache that has no server lets its clients through
d iptables -t mangle -A PREROUTING -s 10.1.0.77 -j MARK --set-mark 9
d ip6tables -t mangle -A PREROUTING -s fd01::77 -j MARK --set-mark 9
for v in -4 -6; do
  d ip $v rule add fwmark 9 lookup 100
  d ip $v route add local default dev lo table 100
done
vs -A -f 9 -s rr
vs -A -f 9 -6 -s rr
arrived s1 e0 >/dev/null
arrived c c0 >/dev/null
client_sends src=10.1.0.77 dst=10.2.1.14 sport=8030 dport=80
has_not "cache_bypass=0: nobody serves" "$(arrived s1 e0)" 8030
vs_sysctl cache_bypass 1
client_sends src=10.1.0.77 dst=10.2.1.14 sport=8031 dport=80
has "cache_bypass=1: the packet goes where it wanted to" "$(arrived s1 e0)" "10.1.0.77:8031 > 10.2.1.14:80 tcp S"
has "... with a connection without a server" "$(conns)" "0A01004D 1F5F 0A02010E 0050 00000000 0000 SYN_RECV"
client_sends src=fd01::77 dst=fd02:1::14 sport=8032 dport=80
has "cache_bypass=1: IPv6 too" "$(arrived s1 e0)" "fd01::77.:8032 > .fd02:1::14.:80 tcp S"
client_sends src=10.1.0.77 dst=$VIP sport=8033 dport=80
has "... but not to an address of the director" "$(arrived c c0)" "icmp 3/3"
