# SPDX-License-Identifier: GPL-2.0-or-later
# brief: no
# runs-on: ours
# timeout: 900
# ipvs-realserver: servers that know nothing are set up for direct routing and tunnels of both families, clients are served, and
# afterwards everything is as before.
topology 2
vip=192.0.2.10 vip6=2001:db8::10
modprobe -r -a fou6 fou 2>/dev/null
has "what is not there is told" "$(s1 ipvs-realserver tun $vip --tun-type gue --tun-port 6080 --check)" "ip fou add port 6080 gue"
is "... and no module is loaded for that" "$(grep '^fou ' /proc/modules)" ""
modprobe -a ip_vs ipip ip6_tunnel ip_gre ip6_gre fou fou6
ip -n d addr add $vip/32 dev d0
ip -n d addr add $vip6/128 dev d0 nodad
for i in 1 2; do
  # what sends answers to the client is the server's own routing
  at s$i ip rule add from $vip lookup 100
  at s$i ip -6 rule add from $vip6 lookup 100
done
serve 2 80

# state NAMESPACE: all that may be changed. Of a device that was never up the queue is one of its own kind (noop).
state() {
  ip -n "$1" -o addr show | sed 's/^[0-9]*: //; s/valid_lft.*//' | sort
  ip -n "$1" -o link show | sed 's/^[0-9]*: //; s/ qdisc [a-z]*//' | sort
  at "$1" sh -c 'cd /proc/sys/net; for f in ipv4/conf/*/arp_ignore ipv4/conf/*/arp_announce ipv4/conf/*/rp_filter; do echo "$f $(cat $f)"; done'
  at "$1" ip fou show 2>&1
}
remember() { for i in 1 2; do state s$i >/tmp/lab/before$i; done; }
remember
as_before() {
  for i in 1 2; do
    state s$i >/tmp/lab/after$i
    is "$1: s$i is as before" "$(diff /tmp/lab/before$i /tmp/lab/after$i)" ""
  done
}
answers() { c peer ask tcp "$1" 80 "${2:-4}" 2>&1 | spread; }
each_server() { for i in 1 2; do check "$1 s$i" at s$i ipvs-realserver $2; done; }
# set_up METHOD SERVER-OPTIONS DIRECTOR-OPTIONS: both families at once
set_up() {
  vs -C
  for address in $vip:80 "[$vip6]:80"; do vs -A -t "$address" -s rr; done
  for i in 1 2; do
    vs -a -t $vip:80 -r "10.2.$i.2:80" $3
    vs -a -t "[$vip6]:80" -r "[fd02:$i::2]:80" $3
  done
  has_not "$1: without it nobody is served" "$(answers $vip 1) $(answers $vip6 1)" "s[12]"
  refuse "$1: --check says so" s1 ipvs-realserver $2 $vip $vip6 --check
  each_server "$1:" "$2 $vip $vip6 --apply"
  is "$1: IPv4" "$(answers $vip)" "s1=2 s2=2"
  is "$1: IPv6" "$(answers $vip6)" "s1=2 s2=2"
  is "$1: --check says that all is done" "$(s1 ipvs-realserver $2 $vip $vip6 --check; echo $?)" 0
  is "$1: once more there is nothing to do" "$(s1 ipvs-realserver $2 $vip $vip6 --apply)" ""
  each_server "$1:" --undo
  as_before "$1"
}
set_up "direct routing" dr -g
set_up "a device of its own" "dr --device vip0" -g
# With that a server takes nothing from tunnels. Of direct routing it would take nothing here either, where answers have a way of
# their own.
for i in 1 2; do at s$i sh -c 'echo 1 >/proc/sys/net/ipv4/conf/all/rp_filter'; done
remember
set_up "IPIP" tun -i
set_up "GRE" "tun --tun-type gre" "-i --tun-type gre"
set_up "GUE" "tun --tun-type gue --tun-port 6080" "-i --tun-type gue --tun-port 6080"

# --- the network is not answered ---
each_server "direct routing:" "dr $vip --apply"
ip -n c route add $vip/32 dev c1 table 9
ip -n c rule add oif c1 lookup 9
# answered: somebody behind c1, which is s1, says that he has the address
answered() {
  ip -n c neigh flush dev c1
  c ping -c 1 -W 2 -I c1 $vip >/dev/null 2>&1
  ip -n c neigh show $vip dev c1 | grep -q lladdr
}
refuse "the server does not answer ARP requests for the address" answered
each_server "" --undo
at s1 ip addr add $vip/32 dev lo
check "... which another one does" answered
at s1 ip addr del $vip/32 dev lo

# --- what is printed is what is done ---
s1 ipvs-realserver tun $vip $vip6 >/tmp/lab/printed
as_before "printed"
check "the commands can be given by hand" at s1 sh -e /tmp/lab/printed
is "... which is the same" "$(s1 ipvs-realserver tun $vip $vip6 --check)" ""
s1 ipvs-realserver tun $vip $vip6 --apply
is "... and is not taken for changes" "$(s1 ipvs-realserver --undo; s1 ip -o addr show lo | grep -c $vip)" 1
at s1 ip addr del $vip/32 dev lo
at s1 ip addr del $vip6/128 dev lo

# --- what others have changed, and what fails ---
s2 ipvs-realserver dr $vip --apply >/dev/null
at s2 sh -c 'echo 1 >/proc/sys/net/ipv4/conf/all/arp_announce'
has "a setting that has been changed since stays" "$(s2 ipvs-realserver --undo 2>&1)" "arp_announce was 0 before"
is "... as it is" "$(s2 cat /proc/sys/net/ipv4/conf/all/arp_announce /proc/sys/net/ipv4/conf/all/arp_ignore | tr '\n' ' ')" "1 0 "
at s2 sh -c 'echo 0 >/proc/sys/net/ipv4/conf/all/arp_announce'
s2 ipvs-realserver dr $vip --apply >/dev/null
s2 ipvs-realserver dr 192.0.2.11 --apply >/dev/null
s2 ipvs-realserver --undo
is "all that was changed is brought back" "$(state s2 | diff /tmp/lab/before2 -)" ""
is "... and no notes are left" "$(ls /run/ipvs-realserver)" ""

# --- a device and a namespace are known by more than a name ---
s2 ip link add other type dummy
s2 ip link property add dev other altname vip0
check "a device is found by another of its names" at s2 ipvs-realserver dr $vip6 --device vip0 --apply
has "... and gets the address" "$(s2 ip -o addr show dev other)" "$vip6/128"
is "... which is taken back" "$(s2 ipvs-realserver --undo 2>&1; s2 ip -o addr show dev other)" ""
has "... and stays itself" "$(s2 ip link show dev other)" "state DOWN"
s2 ip link del other
check "a device is made" at s2 ipvs-realserver dr $vip6 --device vip0 --apply
s2 ip link del vip0
s2 ip link add vip0 type dummy
s2 ip link set vip0 up
s2 ip addr add $vip6/128 dev vip0 nodad
has "another one that has its name since is told" "$(s2 ipvs-realserver --undo 2>&1)" "vip0 is not known to be the device"
has "... and stays as it is" "$(s2 ip -o addr show dev vip0 up)" "$vip6/128"
s2 ip link del vip0
check "a device is made once more" at s2 ipvs-realserver dr $vip6 --device vip0 --apply
s2 ip link set vip0 down
s2 ip link set vip0 name vip1
check "... which is known by a new name" at s2 ipvs-realserver --undo
ip netns add later
inode=$(stat -L -c %i /run/netns/later)
check "a namespace that goes" ip netns exec later ipvs-realserver dr $vip6 --apply
ip netns del later
# the kernel gives its inode to another one when it is done with it
comes_again() {
  ip netns add later
  [ "$(stat -L -c %i /run/netns/later)" = "$inode" ] && return
  ip netns del later
  return 1
}
eventually "... and whose inode comes again" 20 comes_again
ip -n later link set lo up
ip -n later addr add $vip6/128 dev lo nodad
check "... leaves nothing to take back" ip netns exec later ipvs-realserver --undo
has "... in the next one" "$(ip -n later -o addr show dev lo up)" "$vip6/128"
ip netns del later
rm -f /run/ipvs-realserver/*
s2 ip fou add port 6081 ipproto 4
has "a port of another kind is not one of GUE" "$(s2 ipvs-realserver tun $vip --tun-type gue --tun-port 6081 --check)" "ip fou add port 6081 gue"
refuse "... and is in its way" at s2 ipvs-realserver tun $vip --tun-type gue --tun-port 6081 --apply
s2 ipvs-realserver --undo
has "... and stays" "$(s2 ip fou show)" "6081"
s2 ip fou del port 6081
is "... as does everything" "$(state s2 | diff /tmp/lab/before2 -)" ""
has "a pattern is no name" "$(s2 ipvs-realserver dr $vip --device vip%d --apply 2>&1)" "is no name of a device"
has "the network of an address is refused" "$(s1 ipvs-realserver dr $vip/24 2>&1)" "192.0.2.10/24 is more than an address"
has "who may not is told" "$(s1 setpriv --inh-caps=-net_admin --bounding-set=-net_admin ipvs-realserver dr $vip --apply 2>&1)" "Operation not permitted|Permission denied"
vs -C
