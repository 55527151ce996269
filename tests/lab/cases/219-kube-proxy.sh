# SPDX-License-Identifier: GPL-2.0-or-later
# brief: no
# timeout: 300
# A node as kube-proxy in IPVS mode sets it up: addresses of services on a device that is down, sets of them, masquerading by
# mark, connection tracking, services and servers by the netlink messages of its library. Requests from outside, from the
# node and from pods reach a server, and answers are right.
topology 2
modprobe -a ip_vs dummy
serve 2 80 53
for sysctl in conntrack=1 conn_reuse_mode=0 expire_nodest_conn=1 expire_quiescent_template=1; do vs_sysctl ${sysctl%=*} ${sysctl#*=}; done
d sh -c 'echo 1 >/proc/sys/net/ipv4/conf/all/arp_ignore; echo 2 >/proc/sys/net/ipv4/conf/all/arp_announce'

# --- what the library sends ---
# of a service: identity first, then what can be edited; protocols 6 and 17
identity() { # FAMILY PROTOCOL ADDRESS PORT
  printf '1=u16:%s 2=u16:%s 3=ip:%s 4=be16:%s' "$([ "$1" = 6 ] && echo 10 || echo 2)" "$2" "$3" "$4"
}
netmask() { [ "$1" = 6 ] && echo 128 || echo 0xffffffff; }
# shellcheck disable=SC2046 # words
add_service() { # FAMILY PROTOCOL ADDRESS PORT [SECONDS OF PERSISTENCE]
  is "service $3:$4 ($2)" "$(d peer genl 1 1{ $(identity "$@") 6=str:rr 7=hex:0${5:+1}000000ffffffff 8=u32:${5:-0} 9=u32:$(netmask $1) } 2>&1)" ack
}
# shellcheck disable=SC2046
dest() { # COMMAND FAMILY PROTOCOL ADDRESS PORT SERVER PORT WEIGHT
  is "server $6:$7, command $1, weight $8" "$(d peer genl $1 1{ $(identity $2 $3 $4 $5) } \
    2{ 1=ip:$6 2=be16:$7 3=u32:0 4=u32:$8 5=u32:0 6=u32:0 11=u16:$([ $2 = 6 ] && echo 10 || echo 2) } 2>&1)" ack
}

# --- the node ---
d ip link add kube-ipvs0 type dummy
d ip addr add 10.96.0.10/32 dev kube-ipvs0
d ip addr add fd96::10/128 dev kube-ipvs0 nodad
has "the device is down" "$(d ip link show kube-ipvs0)" "state DOWN"
node() { # FAMILY TABLES PODS SERVICE POD1 POD2
  p=KUBE-$([ "$1" = 6 ] && echo 6-)
  family=inet$([ "$1" = 6 ] && echo 6)
  d ipset restore <<S
create ${p}CLUSTER-IP hash:ip,port family $family hashsize 1024 maxelem 65536
create ${p}LOOP-BACK hash:ip,port,ip family $family hashsize 1024 maxelem 65536
create ${p}NODE-PORT-TCP bitmap:port range 0-65535
create ${p}IPVS-IPS hash:ip family $family hashsize 1024 maxelem 65536
add ${p}CLUSTER-IP $4,tcp:80
add ${p}CLUSTER-IP $4,udp:53
add ${p}LOOP-BACK $5,tcp:80,$5
add ${p}LOOP-BACK $6,tcp:80,$6
add ${p}NODE-PORT-TCP 30080
add ${p}IPVS-IPS $4
S
  d $2-restore --noflush <<R
*nat
:KUBE-SERVICES - [0:0]
:KUBE-POSTROUTING - [0:0]
:KUBE-NODE-PORT - [0:0]
:KUBE-MARK-MASQ - [0:0]
-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING
-A KUBE-SERVICES ! -s $3 -m comment --comment "Kubernetes service cluster ip + port for masquerade purpose" -m set --match-set ${p}CLUSTER-IP dst,dst -j KUBE-MARK-MASQ
-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODE-PORT
-A KUBE-SERVICES -m set --match-set ${p}CLUSTER-IP dst,dst -j ACCEPT
-A KUBE-NODE-PORT -p tcp -m comment --comment "Kubernetes nodeport TCP port for masquerade purpose" -m set --match-set ${p}NODE-PORT-TCP dst -j KUBE-MARK-MASQ
-A KUBE-POSTROUTING -m comment --comment "Kubernetes endpoints dst ip:port, source ip for solving hairpin purpose" -m set --match-set ${p}LOOP-BACK dst,dst,src -j MASQUERADE
-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
-A KUBE-POSTROUTING -j MARK --xor-mark 0x4000
-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully
-A KUBE-MARK-MASQ -j MARK --or-mark 0x4000
COMMIT
*filter
:KUBE-FORWARD - [0:0]
:KUBE-IPVS-FILTER - [0:0]
-A INPUT -m comment --comment "kubernetes ipvs access filter" -j KUBE-IPVS-FILTER
-A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD
-A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark 0x4000/0x4000 -j ACCEPT
-A KUBE-FORWARD -m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A KUBE-IPVS-FILTER -m set --match-set ${p}CLUSTER-IP dst,dst -j RETURN
-A KUBE-IPVS-FILTER -m conntrack --ctstate NEW -m set --match-set ${p}IPVS-IPS dst -j REJECT
COMMIT
R
}
check "sets and rules, IPv4" node 4 iptables 10.2.0.0/16 10.96.0.10 10.2.1.2 10.2.2.2
check "sets and rules, IPv6" node 6 ip6tables fd02::/16 fd96::10 fd02:1::2 fd02:2::2
finished

listen_on s1 e0
listen_on s2 e0
answers() { # FAMILY SERVICE NODE POD1 POD2
  dot=$([ "$1" = 6 ] && echo "IPv6" || echo "IPv4")
  arrived s1 e0 >/dev/null
  arrived s2 e0 >/dev/null
  is "$dot: from outside" "$(ask_at "$2" tcp 80 4 | spread)" "s1=2 s2=2"
  seen=$(arrived s1 e0; arrived s2 e0)
  has_not "... the pods do not see who it is" "$seen" "(10\.1\.0\.2|fd01::2[^0-9]*):[0-9]+ >"
  is "... by UDP" "$(ask_at "$2" udp 53 4 | spread)" "s1=2 s2=2"
  arrived s1 e0 >/dev/null
  arrived s2 e0 >/dev/null
  is "$dot: from the node" "$(d peer ask tcp "$2" 80 4 timeout=3000 | spread)" "s1=2 s2=2"
  is "... by UDP" "$(d peer ask udp "$2" 53 4 timeout=3000 | spread)" "s1=2 s2=2"
  arrived s1 e0 >/dev/null
  arrived s2 e0 >/dev/null
  # one of the two comes back to the pod itself
  is "$dot: from a pod, also to itself" "$(s1 peer ask tcp "$2" 80 4 timeout=3000 | spread)" "s1=2 s2=2"
  seen=$(arrived s2 e0)
  has "... and another pod sees it" "$seen" "$4.?:[0-9]+ > .?$5.?:80 tcp S"
  is "$dot: by the node's port" "$(ask_at "$3" tcp 30080 4 | spread)" "s1=2 s2=2"
  is "$dot: what is no service is refused" "$(c peer ask tcp "$2" 81 1 timeout=3000)" refused
}
for family in 4 6; do
  case $family in
    4) service=10.96.0.10 node=10.1.0.1 pod1=10.2.1.2 pod2=10.2.2.2 ;;
    6) service=fd96::10 node=fd01::1 pod1=fd02:1::2 pod2=fd02:2::2 ;;
  esac
  add_service $family 6 $service 80
  add_service $family 17 $service 53
  add_service $family 6 $node 30080
  for pod in $pod1 $pod2; do
    dest 5 $family 6 $service 80 $pod 80 1
    dest 5 $family 17 $service 53 $pod 53 1
    dest 5 $family 6 $node 30080 $pod 80 1
  done
  answers $family $service $node $pod1 $pod2
  # a pod ends: first no new connections, then away; the client of an open connection of its own is told
  dest 6 $family 6 $service 80 $pod1 80 0
  is "a pod that ends gets no more" "$(ask_at $service tcp 80 4 | spread)" "s2=4"
  dest 7 $family 6 $service 80 $pod1 80 0
  is "... and when it is gone neither" "$(ask_at $service tcp 80 4 | spread)" "s2=4"
  # a client that stays with its pod
  add_service $family 6 $service 8080 10800
  dest 5 $family 6 $service 8080 $pod1 80 1
  dest 5 $family 6 $service 8080 $pod2 80 1
  d ipset add KUBE-$([ $family = 6 ] && echo 6-)CLUSTER-IP $service,tcp:8080
  has "sessionAffinity: one pod" "$(ask_at $service tcp 8080 4 | spread)" "^s[12]=4$"
done
has "the services are listed" "$(vs -Ln)" "TCP +10.96.0.10:8080 rr persistent 10800"
is "all is counted as it was served" "$(vs -Ln --stats | awk '$2 == "10.96.0.10:53" { print $3, $4, $5 }')" "8 8 8"
