# SPDX-License-Identifier: GPL-2.0-or-later
# brief: no
# timeout: 300
# Docker: its Go library, unchanged, and what Swarm sets up with it within sandboxes, which are network namespaces of their own
# on a host that has no IPVS itself. Requests to a published port go through the ingress sandbox, those of a task to a
# service through the sandbox of the network's load balancer; conntrack=1.
topology 2
modprobe -a ip_vs bridge

# --- what the library sees and says ---
is "every call of the library" "$(moby /run/netns/d all)" "present: false
add: done
add again: file exists
present: true
add IPv6: done
add SCTP: done
add mark: done
server: done
server again: file exists
server IPv6: done
server SCTP: done
server by mark: done
server by mark: done
server elsewhere: no such process
list: done
  mark 0 protocol 6 10.1.0.100:80 rr flags 0x2 timeout 0
    10.2.1.2:80 weight 1 method 0 thresholds 0 0 connections 0 0 packets 0
  mark 0 protocol 17 [fd01::100]:53 rr flags 0x2 timeout 0
    [fd02:1::2]:53 weight 1 method 0 thresholds 0 0 connections 0 0 packets 0
  mark 0 protocol 132 10.1.0.100:80 wlc flags 0x2 timeout 0
    10.2.1.2:80 weight 1 method 0 thresholds 0 0 connections 0 0 packets 0
  mark 256 protocol 0 - rr flags 0x2 timeout 0
    10.2.2.2:0 weight 1 method 0 thresholds 0 0 connections 0 0 packets 0
    10.2.1.2:0 weight 1 method 0 thresholds 0 0 connections 0 0 packets 0
edit: done
edit server: done
edit what is not there: no such file or directory
service: done
  lc flags 0x3 timeout 300
list: done
  mark 0 protocol 6 10.1.0.100:80 lc flags 0x3 timeout 300
    10.2.1.2:80 weight 0 method 3 thresholds 10 20 connections 0 0 packets 0
  mark 0 protocol 17 [fd01::100]:53 rr flags 0x2 timeout 0
    [fd02:1::2]:53 weight 1 method 0 thresholds 0 0 connections 0 0 packets 0
  mark 0 protocol 132 10.1.0.100:80 wlc flags 0x2 timeout 0
    10.2.1.2:80 weight 1 method 0 thresholds 0 0 connections 0 0 packets 0
  mark 256 protocol 0 - rr flags 0x2 timeout 0
    10.2.2.2:0 weight 1 method 0 thresholds 0 0 connections 0 0 packets 0
    10.2.1.2:0 weight 1 method 0 thresholds 0 0 connections 0 0 packets 0
timeouts: done
timeouts: done
  13m20s 2m0s 3m20s
delete server: done
delete server again: no such file or directory
delete: done
delete again: no such process
delete IPv6: done
delete SCTP: done
list: done
  mark 256 protocol 0 - rr flags 0x2 timeout 0
    10.2.2.2:0 weight 1 method 0 thresholds 0 0 connections 0 0 packets 0
    10.2.1.2:0 weight 1 method 0 thresholds 0 0 connections 0 0 packets 0"
has "what Docker reads in /proc/net/ip_vs" "$(d cat /proc/net/ip_vs)" "^FWM  00000100 rr"
moby /run/netns/d clear

# --- Swarm ---
# host d -- gw 172.18.0.1 -- eth1 172.18.0.2 -- ingress -- eth0 10.0.0.2 \
#                                                     lb -- eth0 10.0.0.9 -- bridge in ov -- o0 10.0.0.3, .4 in tasks s1, s2
namespace ov
namespace ingress
namespace lb
ip -n ov link add br0 type bridge
ip -n ov link set br0 up
attach() { # NAMESPACE DEVICE IPV4 IPV6
  ip link add "$2" netns "$1" type veth peer name "to-$1" netns ov
  ip -n ov link set "to-$1" master br0
  ip -n ov link set "to-$1" up
  ip -n "$1" addr add "$3/24" dev "$2"
  ip -n "$1" addr add "$4/64" dev "$2" nodad
  ip -n "$1" link set "$2" up
}
attach ingress eth0 10.0.0.2 fd10::2
attach lb eth0 10.0.0.9 fd10::9
attach s1 o0 10.0.0.3 fd10::3
attach s2 o0 10.0.0.4 fd10::4
ip link add gw netns d type veth peer name eth1 netns ingress
ip -n d -batch - <<B
addr add 172.18.0.1/16 dev gw
addr add fd18::1/64 dev gw nodad
link set gw up
B
ip -n ingress -batch - <<B
addr add 172.18.0.2/16 dev eth1
addr add fd18::2/64 dev eth1 nodad
link set eth1 up
route add default via 172.18.0.1
B
ip -n ingress -6 route add default via fd18::1
# the service's own addresses, in its network
ip -n lb addr add 10.0.0.5/32 dev eth0
ip -n lb addr add fd10::5/128 dev eth0 nodad
for box in ingress lb; do
  at $box sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
    cd /proc/sys/net/ipv4/vs; echo 1 >conntrack; echo 1 >expire_nodest_conn; echo 1 >expire_quiescent_template; echo 0 >conn_reuse_mode'
done

swarm() { # IPTABLES INGRESS OVERLAY INGRESS'S LB'S VIP TASK1 TASK2
  # the host: published ports
  d $1 -t nat -N DOCKER-INGRESS
  d $1 -t nat -A DOCKER-INGRESS -p tcp -m tcp --dport 8090 -j DNAT --to-destination "$2"
  d $1 -t nat -A DOCKER-INGRESS -j RETURN
  d $1 -t nat -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER-INGRESS
  d $1 -t nat -A OUTPUT -m addrtype --dst-type LOCAL -j DOCKER-INGRESS
  d $1 -t nat -A POSTROUTING -o gw -m addrtype --src-type LOCAL -j MASQUERADE
  # the ingress sandbox
  at ingress $1 -t mangle -A PREROUTING -p tcp -m tcp --dport 8090 -j MARK --set-xmark 0x100/0xffffffff
  at ingress $1 -t nat -A POSTROUTING -d "$3" -m ipvs --ipvs -j SNAT --to-source "$4"
  # that of the network's load balancer
  at lb $1 -t mangle -A INPUT -d "$6" -j MARK --set-xmark 0x101/0xffffffff
  at lb $1 -t nat -A POSTROUTING -d "$3" -m ipvs --ipvs -j SNAT --to-source "$5"
  # the tasks
  s1 $1 -t nat -A PREROUTING -d "$7" -p tcp -m tcp --dport 8090 -j REDIRECT --to-ports 80
  s2 $1 -t nat -A PREROUTING -d "$8" -p tcp -m tcp --dport 8090 -j REDIRECT --to-ports 80
}
serve 2 80
listen_on s1 o0
# the other end of a task's device, for arrived()
other_end() { echo ov to-s1; }
routed() { # TEXT HOST VIP INGRESS'S LB'S TASK1 TASK2
  arrived s1 o0 >/dev/null
  is "$1: a published port" "$(ask_at "$2" tcp 8090 4 | spread)" "s1=2 s2=2"
  seen=$(arrived s1 o0)
  has "... the task sees the ingress sandbox" "$seen" " \\[?$4\\]?:[0-9]+ > \\[?$6\\]?:8090 tcp S"
  is "$1: ... on the host itself" "$(d peer ask tcp "$2" 8090 4 timeout=3000 | spread)" "s1=2 s2=2"
  arrived s1 o0 >/dev/null
  is "$1: a service, for a task" "$(s2 peer ask tcp "$3" 80 4 timeout=3000 | spread)" "s1=2 s2=2"
  seen=$(arrived s1 o0)
  has "... the task sees the load balancer" "$seen" " \\[?$5\\]?:[0-9]+ > \\[?$6\\]?:80 tcp S"
}
moby /run/netns/ingress balance 256 10.0.0.3 10.0.0.4
moby /run/netns/lb balance 257 10.0.0.3 10.0.0.4
swarm iptables 172.18.0.2:8090 10.0.0.0/24 10.0.0.2 10.0.0.9 10.0.0.5/32 10.0.0.3/32 10.0.0.4/32
routed IPv4 10.1.0.1 10.0.0.5 10.0.0.2 10.0.0.9 10.0.0.3 10.0.0.4
moby /run/netns/ingress balance 256 fd10::3 fd10::4
moby /run/netns/lb balance 257 fd10::3 fd10::4
swarm ip6tables '[fd18::2]:8090' fd10::/64 fd10::2 fd10::9 fd10::5/128 fd10::3/128 fd10::4/128
routed IPv6 fd01::1 fd10::5 fd10::2 fd10::9 fd10::3 fd10::4
is "the host itself has no service" "$(vs -Ln | sed 1,3d)" ""
# a task goes: the library deletes its server
is "the services are those of the sandboxes" "$(moby /run/netns/lb list | grep -c weight)" 4
moby /run/netns/ingress clear
moby /run/netns/lb clear
