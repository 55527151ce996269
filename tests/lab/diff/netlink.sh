# SPDX-License-Identifier: GPL-2.0-or-later
# Raw netlink messages: errno of refusals and the bytes of replies. Ours has a text with each refusal but those of commands
# that no family has, the original may have one. What ours adds to its information has numbers that the original does not reach.
topology 1
modprobe ip_vs
nl() {
  echo "\$ genl $*"
  d peer genl "$@" 2>&1 | only intree sed 's/ text: .*/ text/' |
    only ours sed -e 's/ text: ..*/ text/' -e 's/ EOPNOTSUPP text: $/ EOPNOTSUPP text/' -e '/^reply 14: /s/ 64=.*//'
}
svc='1=u16:2 2=u16:6 3=ip:10.1.0.100 4=be16:80'
other='1=u16:2 2=u16:6 3=ip:10.1.0.100 4=be16:81'
opt='6=str:rr 7=hex:0000000000000000 8=u32:0 9=u32:0xffffffff'
dst='1=ip:10.2.1.11 2=be16:80'
dst2='1=ip:10.2.1.12 2=be16:80'
dopt='3=u32:0 4=u32:1 5=u32:0 6=u32:0'
nl 15
nl 13
nl 4 dump
nl 11 dump
nl 8 dump
nl 1 1{ $svc $opt }
nl 1 1{ $svc $opt }
nl 1 version=0 1{ $svc $opt }
nl 1 1!{ 1=u16:2 2=u16:17 3=ip:10.1.0.100 4=be16:53 $opt }
nl 1 1{ 1=u16:2 2=u16:6 3=ip4:10.1.0.101 4=be16:80 $opt }
nl 1 1{ 1=u16:2 5=u32:7 $opt }
nl 1 1{ 1=u16:10 5=u32:7 6=str:rr 7=hex:0000000000000000 8=u32:0 9=u32:128 }
nl 1 1{ 1=u16:2 5=u32:0 $opt }
nl 1 1{ 1=u16:10 2=u16:17 3=ip:fd01::100 4=be16:53 6=str:wlc 7=hex:0500000005000000 8=u32:60 9=u32:64 }
nl 1 1{ 1=u16:2 2=u16:300 3=ip:224.0.0.1 4=be16:0 6=str:none 7=hex:ffffffffffffffff 8=u32:77 9=u32:0x12345678 }
nl 1 1{ 1=u16:2 2=u16:6 3=ip:10.1.0.102 4=be16:80 6=str:rr 7=hex:01000000 8=u32:5 9=u32:0xffffffff }
nl 1 1{ 1=u32:2 2=u32:6 3=ip:10.1.0.103 4=be32:0x00500000 $opt }
nl 1 1{ 1=u16:2 2=u16:6 3=ip:10.1.0.104 4=be16:80 $opt 77=u32:1 10=hex:0011 } 55=u32:1
nl 4 1{ $svc }
nl 4 1{ 1=u16:2 5=u32:7 }
nl 4 1{ 1=u16:10 5=u32:7 }
nl 4 1{ 1=u16:10 2=u16:17 3=ip:fd01::100 4=be16:53 }
nl 4 1{ 1=u16:2 2=u16:300 3=ip:224.0.0.1 4=be16:0 }
nl 4 1{ 1=u16:2 2=u16:6 3=ip:10.1.0.102 4=be16:80 }
nl 4 1{ 1=u16:2 2=u16:6 3=ip:10.1.0.103 4=be16:80 }
nl 4 dump | sort
nl 2 1{ $svc 6=str:wrr 7=hex:0100000001000000 8=u32:30 9=u32:0x00ffffff }
nl 4 1{ $svc }
nl 2 1{ $svc 6=str:wrr 7=hex:0000000000000000 8=u32:40 9=u32:0x00ffffff }
nl 4 1{ $svc }
nl 2 1{ $svc $opt }
# servers
nl 5 1{ $svc } 2{ $dst $dopt }
nl 5 1{ $svc } 2{ $dst2 3=u32:2 4=u32:9 5=u32:7 6=u32:3 13=u8:0 }
nl 5 1{ $svc } 2{ 1=ip4:10.2.1.13 2=be16:80 $dopt 11=u16:0 }
nl 5 1{ $svc } 2{ 1=ip:10.2.1.14 2=be16:0 3=u32:1 4=u32:1 5=u32:0 6=u32:0 }
nl 8 dump 1{ $svc }
nl 6 1{ $svc } 2{ $dst2 $dopt }
nl 8 dump 1{ $svc }
nl 7 1{ $svc } 2{ $dst2 }
nl 7 1{ $svc } 2{ $dst2 }
nl 8 dump 1{ $other }
nl 8 dump 1{ 1=u16:1 2=u16:6 3=ip:10.1.0.100 4=be16:80 }
# refusals
for a in 10.0.0.1 127.0.0.1 203.0.113.1 240.0.0.1 0.0.0.5 0.0.0.0 255.255.255.255 10.1.255.255 224.0.0.5; do
  nl 5 1{ $svc } 2{ 1=ip:$a 2=be16:90 $dopt }
done
v6='1=u16:10 2=u16:17 3=ip:fd01::100 4=be16:53'
for a in ::1 fd01::1 2001:db8::1 fd01:: :: ff02::1 fe80::1 ::ffff:10.0.0.1; do
  nl 5 1{ $v6 } 2{ 1=ip:$a 2=be16:90 $dopt }
done
for cmd in 0 14 18 19 ; do nl $cmd; done
nl 8 1{ $svc }
nl 11
nl 1 dump 1{ $other $opt }
nl 17 dump
for cmd in 1 2 3 4 5 6 7; do
  nl $cmd
  nl $cmd 1{ }
  nl $cmd 1=u32:5
  nl $cmd 1=hex:00
  nl $cmd 1{ 1=u16:1 }
  nl $cmd 1{ 1=u16:1 2=u16:6 3=ip:10.1.0.100 4=be16:80 }
  nl $cmd 1{ $other }
  nl $cmd 1{ $other } 2{ $dst }
  nl $cmd 1{ $svc } 2{ }
  nl $cmd 1{ $svc } 2{ 1=ip:10.2.1.55 }
  nl $cmd 1{ 1=u8:2 2=u16:6 3=ip:10.1.0.100 4=be16:80 }
  nl $cmd 1{ 1=u16:2 2=u16:6 3=hex:0a0100640000000000000000000000000000 4=be16:80 }
  nl $cmd 1{ $svc 6=text:rr }
  nl $cmd 1{ $svc 6=str:abcdefghijklmnop }
  nl $cmd 1{ $svc 7=hex:000000000000000000 }
done
# command 3 above took the service away
nl 1 1{ $svc $opt }
for bad in '3=u32:0 4=u32:-1 5=u32:0 6=u32:0' '3=u32:0 4=u32:1 5=u32:5 6=u32:6' '3=u32:0 4=u32:1 5=u32:0 6=u32:1' \
  '3=u32:0 4=u32:1 5=u32:0x80000000 6=u32:0' '4=u32:1 5=u32:0 6=u32:0' \
  '3=u32:0 4=u16:1 5=u32:0 6=u32:0' '3=u32:0 4=u32:1 5=u32:0 6=u32:0 11=u16:10' '3=u32:0 4=u32:1 5=u32:0 6=u32:0 11=u16:1'; do
  nl 5 1{ $svc } 2{ 1=ip:10.2.1.15 2=be16:80 $bad }
  nl 6 1{ $svc } 2{ 1=ip:10.2.1.15 2=be16:80 $bad }
done
# zero, config
nl 16
nl 16 1{ }
nl 16 1{ $svc }
nl 16 1{ $other }
nl 12 4=u32:100 5=u32:0
nl 13
nl 12 4=u16:5
nl 12 4=u32:50 6=u32:0x7fffffff
nl 12 6=u32:8589934
nl 12 6=u32:8589935
nl 13
nl 11 dump
nl 17 1{ $other }
nl 4 dump
