# SPDX-License-Identifier: GPL-2.0-or-later
# brief: no
# Bad input is refused with the right errno and, by our module, with a text that says why.
topology 1
modprobe ip_vs

# refused TEXT ERRNO GENL-WORD...: what the kernel says to a raw message
refused() {
  refused_text=$1 errno=$2
  shift 2
  got=$(d peer genl "$@" 2>&1)
  has "netlink: $refused_text: $errno" "$got" "^errno [0-9]+ $errno text:"
  if [ "$module" != intree ] && [ "$errno" != EOPNOTSUPP ] && [ "$errno" != EPERM ]; then
    has "netlink: $refused_text: has a text" "$got" "text: .*[a-z]"
  fi
}
# taken TEXT GENL-WORD...
taken() {
  refused_text=$1
  shift
  got=$(d peer genl "$@" 2>&1)
  has "netlink: $refused_text: accepted" "$got" "^(ack|done|reply)"
}

svc='1=u16:2 2=u16:6 3=ip:10.1.0.100 4=be16:80'
opt='6=str:rr 7=hex:0000000000000000 8=u32:0 9=u32:0xffffffff'
dst='1=ip:10.2.1.2 2=be16:80'
dopt='3=u32:0 4=u32:1 5=u32:0 6=u32:0'

taken   "a service" 1 1{ $svc $opt }
refused "duplicate service" EEXIST 1 1{ $svc $opt }
refused "unknown scheduler" ENOENT 1 1{ 1=u16:2 2=u16:6 3=ip:10.1.0.100 4=be16:81 6=str:nosuch 7=hex:0000000000000000 8=u32:0 9=u32:0 }
refused "empty scheduler name" ENOENT 1 1{ 1=u16:2 2=u16:6 3=ip:10.1.0.100 4=be16:81 6=str: 7=hex:0000000000000000 8=u32:0 9=u32:0 }
refused "unknown persistence engine" ENOENT 1 1{ 1=u16:2 2=u16:6 3=ip:10.1.0.100 4=be16:81 $opt 11=str:nosuch }
refused "duplicate with unknown scheduler: it exists" EEXIST 1 1{ $svc 6=str:nosuch 7=hex:0000000000000000 8=u32:0 9=u32:0 }
refused "service without options" EINVAL 1 1{ 1=u16:2 2=u16:6 3=ip:10.1.0.100 4=be16:81 }
refused "service without family" EINVAL 1 1{ 2=u16:6 3=ip:10.1.0.100 4=be16:81 $opt }
refused "service without port" EINVAL 1 1{ 1=u16:2 2=u16:6 3=ip:10.1.0.100 $opt }
refused "service without protocol" EINVAL 1 1{ 1=u16:2 3=ip:10.1.0.100 4=be16:81 $opt }
refused "service without address" EINVAL 1 1{ 1=u16:2 2=u16:6 4=be16:81 $opt }
refused "family 1" EAFNOSUPPORT 1 1{ 1=u16:1 2=u16:6 3=ip:10.1.0.100 4=be16:81 $opt }
refused "family 1 and an incomplete key" EINVAL 1 1{ 1=u16:1 2=u16:6 $opt }
refused "IPv6 prefix 0" EINVAL 1 1{ 1=u16:10 2=u16:6 3=ip:fd01::100 4=be16:80 6=str:rr 7=hex:0000000000000000 8=u32:0 9=u32:0 }
refused "IPv6 prefix 129" EINVAL 1 1{ 1=u16:10 2=u16:6 3=ip:fd01::100 4=be16:80 6=str:rr 7=hex:0000000000000000 8=u32:0 9=u32:129 }
refused "nothing at all" EINVAL 1
refused "empty service" EINVAL 1 1{ }
refused "short family" EINVAL 1 1{ 1=u8:2 2=u16:6 3=ip:10.1.0.100 4=be16:81 $opt }
refused "short port" EINVAL 1 1{ 1=u16:2 2=u16:6 3=ip:10.1.0.100 4=u8:1 $opt }
refused "long address" EINVAL 1 1{ 1=u16:2 2=u16:6 3=hex:0a0100640000000000000000000000000000 4=be16:81 $opt }
refused "scheduler name without NUL" EINVAL 1 1{ 1=u16:2 2=u16:6 3=ip:10.1.0.100 4=be16:81 6=text:rr 7=hex:0000000000000000 8=u32:0 9=u32:0 }
refused "scheduler name of 16 characters" EINVAL 1 1{ 1=u16:2 2=u16:6 3=ip:10.1.0.100 4=be16:81 6=str:abcdefghijklmnop 7=hex:0000000000000000 8=u32:0 9=u32:0 }
refused "flags of 9 bytes" EINVAL 1 1{ 1=u16:2 2=u16:6 3=ip:10.1.0.100 4=be16:81 6=str:rr 7=hex:000000000000000000 8=u32:0 9=u32:0 }
refused "service nest that is a number" EINVAL 1 1=u32:5
refused "inner attribute longer than its nest" EINVAL 1 1=hex:400001000200

refused "edit of a missing service" ESRCH 2 1{ 1=u16:2 2=u16:6 3=ip:10.1.0.100 4=be16:99 $opt }
refused "edit of a missing service without options" EINVAL 2 1{ 1=u16:2 2=u16:6 3=ip:10.1.0.100 4=be16:99 }
refused "edit to an unknown scheduler" ENOENT 2 1{ $svc 6=str:nosuch 7=hex:0000000000000000 8=u32:0 9=u32:0 }
refused "deletion of a missing service" ESRCH 3 1{ 1=u16:2 2=u16:6 3=ip:10.1.0.100 4=be16:99 }
refused "reading a missing service" ESRCH 4 1{ 1=u16:2 2=u16:6 3=ip:10.1.0.100 4=be16:99 }
refused "zeroing a missing service" ESRCH 16 1{ 1=u16:2 2=u16:6 3=ip:10.1.0.100 4=be16:99 }

taken   "a server" 5 1{ $svc } 2{ $dst $dopt }
refused "duplicate server" EEXIST 5 1{ $svc } 2{ $dst $dopt }
refused "server without nest" EINVAL 5 1{ $svc }
refused "server of a missing service" ESRCH 5 1{ 1=u16:2 2=u16:6 3=ip:10.1.0.100 4=be16:99 } 2{ $dst $dopt }
refused "missing service before missing server" ESRCH 5 1{ 1=u16:2 2=u16:6 3=ip:10.1.0.100 4=be16:99 }
refused "server without address" EINVAL 5 1{ $svc } 2{ 2=be16:80 $dopt }
refused "server without port" EINVAL 5 1{ $svc } 2{ 1=ip:10.2.1.3 $dopt }
refused "server without weight" EINVAL 5 1{ $svc } 2{ 1=ip:10.2.1.3 2=be16:80 3=u32:0 5=u32:0 6=u32:0 }
refused "server, short weight" EINVAL 5 1{ $svc } 2{ 1=ip:10.2.1.3 2=be16:80 3=u32:0 4=u16:1 5=u32:0 6=u32:0 }
refused "negative weight" ERANGE 5 1{ $svc } 2{ 1=ip:10.2.1.3 2=be16:80 3=u32:0 4=u32:-1 5=u32:0 6=u32:0 }
refused "lower above upper threshold" ERANGE 5 1{ $svc } 2{ 1=ip:10.2.1.3 2=be16:80 3=u32:0 4=u32:1 5=u32:5 6=u32:6 }
refused "lower threshold without upper" ERANGE 5 1{ $svc } 2{ 1=ip:10.2.1.3 2=be16:80 3=u32:0 4=u32:1 5=u32:0 6=u32:6 }
refused "upper threshold above 2^31" EINVAL 5 1{ $svc } 2{ 1=ip:10.2.1.3 2=be16:80 3=u32:0 4=u32:1 5=u32:0x80000000 6=u32:0 }
refused "GUE without port" EINVAL 5 1{ $svc } 2{ 1=ip:10.2.1.3 2=be16:80 3=u32:2 4=u32:1 5=u32:0 6=u32:0 13=u8:1 }
refused "IPv6 server by NAT in an IPv4 service" EINVAL 5 1{ $svc } 2{ 1=ip:fd02:1::2 2=be16:80 $dopt 11=u16:10 }
taken   "IPv6 server by tunnel in an IPv4 service" 5 1{ $svc } 2{ 1=ip:fd02:1::2 2=be16:80 3=u32:2 4=u32:1 5=u32:0 6=u32:0 11=u16:10 }
refused "edit of it to another method" EINVAL 6 1{ $svc } 2{ 1=ip:fd02:1::2 2=be16:80 $dopt 11=u16:10 }
taken   "and it can be deleted" 7 1{ $svc } 2{ 1=ip:fd02:1::2 2=be16:80 11=u16:10 }
if [ "$module" != intree ]; then
  # which takes them and then does not know what to do with the packets
  tunnel='1=ip:10.2.1.3 2=be16:80 3=u32:2 4=u32:1 5=u32:0 6=u32:0 14=be16:6080'
  refused "unknown tunnel type" EINVAL 5 1{ $svc } 2{ $tunnel 13=u8:3 }
  refused "unknown tunnel flags" EINVAL 5 1{ $svc } 2{ $tunnel 13=u8:1 15=u16:4 }
fi
refused "server of family 1" EAFNOSUPPORT 5 1{ $svc } 2{ 1=ip:10.2.1.3 2=be16:80 $dopt 11=u16:1 }
for a in 0.0.0.0 255.255.255.255 10.1.255.255 224.0.0.5; do
  refused "server $a is not unicast" EINVAL 5 1{ $svc } 2{ 1=ip:$a 2=be16:80 $dopt }
done
taken "an IPv6 service" 1 1{ 1=u16:10 2=u16:6 3=ip:fd01::100 4=be16:80 6=str:rr 7=hex:0000000000000000 8=u32:0 9=u32:128 }
for a in :: ff02::1 fe80::1 ::ffff:10.0.0.1; do
  refused "server $a is not usable" EINVAL 5 1{ 1=u16:10 2=u16:6 3=ip:fd01::100 4=be16:80 } 2{ 1=ip:$a 2=be16:80 $dopt }
done
refused "edit of a missing server" ENOENT 6 1{ $svc } 2{ 1=ip:10.2.1.3 2=be16:80 $dopt }
refused "edit, negative weight of a missing server" ERANGE 6 1{ $svc } 2{ 1=ip:10.2.1.3 2=be16:80 3=u32:0 4=u32:-1 5=u32:0 6=u32:0 }
refused "deletion of a missing server" ENOENT 7 1{ $svc } 2{ 1=ip:10.2.1.3 2=be16:80 }
taken   "list of servers of a missing service is empty" 8 dump 1{ 1=u16:2 2=u16:6 3=ip:10.1.0.100 4=be16:99 }

refused "daemon without nest" EINVAL 9
refused "daemon without interface" EINVAL 9 3{ 1=u32:1 3=u32:1 }
refused "daemon on a missing interface" ENODEV 9 3{ 1=u32:1 2=str:nosuch 3=u32:1 }
refused "daemon of kind 3" EINVAL 9 3{ 1=u32:3 2=str:d0 3=u32:1 }
refused "daemon, group is unicast" EINVAL 9 3{ 1=u32:1 2=str:d0 3=u32:1 5=hex:0a000001 }
refused "daemon, short IPv6 group" EINVAL 9 3{ 1=u32:1 2=str:d0 3=u32:1 6=hex:ff050000 }
refused "stopping a daemon that does not run" ESRCH 10 3{ 1=u32:1 }
refused "stopping a daemon of kind 3" EINVAL 10 3{ 1=u32:3 }
refused "timeout out of range" EINVAL 12 4=u32:0x7fffffff
refused "short timeout" ERANGE 12 4=u16:5
refused "id 14 is no command" EOPNOTSUPP 14
refused "id 0 is no command" EOPNOTSUPP 0
refused "servers can only be dumped" EOPNOTSUPP 8 1{ $svc }
refused "a service cannot be added by a dump" EOPNOTSUPP 1 dump 1{ $svc $opt }
errors=$(d setpriv --reuid 65534 --clear-groups --inh-caps=-all peer genl 13 2>&1)
has "without CAP_NET_ADMIN: EPERM" "$errors" "errno 1 EPERM"
has "... and a container's root may, as by socket options" "$(unshare -Urn peer genl 13 2>&1)" \
  "$([ "$module" = intree ] && echo 'errno 1 EPERM' || echo '^reply 12')"
# nothing of all that left a trace
is "table is as it was" "$(vs -Ln | sed 1,3d)" "$(printf 'TCP  10.1.0.100:80 rr\n  -> 10.2.1.2:80                  Masq    1      0          0         \nTCP  [fd01::100]:80 rr')"

# The command line: exit codes as ipvsadm 1.31 has them, and a text for people.
cli() {
  cli_text=$1 want=$2
  shift 2
  got=$(vs "$@" 2>&1 </dev/null)
  is "ipvsadm: $cli_text: exit code $want" $? "$want"
  has "ipvsadm: $cli_text: says why" "$got" "[a-z]"
}
cli "unknown scheduler" 255 -A -t $VIP:82 -s nosuch
cli "duplicate service" 255 -A -t $VIP:80 -s rr
cli "duplicate server" 255 -a -t $VIP:80 -r 10.2.1.2:80 -m
cli "missing service" 255 -D -t $VIP:99
cli "missing server" 255 -d -t $VIP:80 -r 10.2.1.9
cli "multicast server" 255 -a -t $VIP:80 -r 224.0.0.5:80 -m
cli "broadcast server" 255 -a -t $VIP:80 -r 255.255.255.255:80 -m
cli "port 0 without persistence" 2 -A -t $VIP:0
cli "bad weight" 2 -a -t $VIP:80 -r 10.2.1.3 -w x
cli "negative weight" 2 -a -t $VIP:80 -r 10.2.1.3 -w -1
cli "bad address" 2 -A -t 10.1.0.300.5:80
cli "bad port" 2 -A -t $VIP:99999
cli "list of a missing service" 1 -Ln -t $VIP:99
cli "no command" 255 -t $VIP:80
cli "unknown option" 255 -A -t $VIP:80 --nosuch
if [ "$ipvsadm" = ours ]; then
  mkdir -p /tmp/lab
  { for i in 1 2 3 4 5 6; do echo "-A -t 10.1.0.50:$i -s rr"; done; echo "-A -t 10.1.0.50:7 -s nosuch"; echo "-A -t 10.1.0.50:8 -s rr"; } >/tmp/lab/bad
  got=$(d sh -c 'ipvsadm -R </tmp/lab/bad' 2>&1)
  refuse "restore of a file with a bad line fails" d sh -c 'ipvsadm -R </tmp/lab/bad; r=$?; ipvsadm -C; exit $r'
  has "... and names line 7" "$got" "line 7"
fi
