# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
# The rules with "-m ipvs" of the programs that cannot do without it: source addresses of what is balanced are translated,
# and a request through each reaches a server, and its answer the client.
topology 1
modprobe ip_vs
serve 1 80
vs_sysctl conntrack 1

# --- kube-vip: who comes to the virtual address goes on with the director's ---
listen_on s1 e0
answers() { # NAME PORT: the answer arrives, and the server has seen the director
  arrived s1 e0 >/dev/null
  is "$1: served" "$(ask tcp "$2" 2 | spread)" "s1=2"
  seen=$(arrived s1 e0)
  has "$1: the server sees the director" "$seen" "10.2.1.1:[0-9]+ > 10.2.1.2:80 tcp S"
  has_not "$1: ... and not the client" "$seen" "10.1.0.2"
}
answers6() {
  arrived s1 e0 >/dev/null
  is "$1, IPv6: served" "$(ask6 tcp "$2" 2 | spread)" "s1=2"
  seen=$(arrived s1 e0)
  has "$1, IPv6: the server sees the director" "$seen" "fd02:1::1.:[0-9]+ > .fd02:1::2.:80 tcp S"
  has_not "$1, IPv6: ... and not the client" "$seen" "fd01::2"
}
pool -t rr -m 1
pool6 -t rr -m 1
for kind in '' -legacy; do
  d iptables$kind -t nat -A POSTROUTING -m ipvs --vaddr $VIP/32 --vport 80 -j MASQUERADE
  d ip6tables$kind -t nat -A POSTROUTING -m ipvs --vaddr $VIP6/128 --vport 80 -j MASQUERADE
  answers "kube-vip, iptables$kind" 80
  answers6 "kube-vip, ip6tables$kind" 80
  d iptables$kind -t nat -F
  d ip6tables$kind -t nat -F
  # the table itself goes on translating nothing
  d iptables$kind -t nat -X
done

# --- kube-router: what is not of its pods' networks ---
d iptables -t nat -A POSTROUTING -m ipvs --ipvs --vdir ORIGINAL --vmethod MASQ -m comment --comment "" \
  ! -s 10.2.0.0/16 ! -d 10.1.0.0/16 -j SNAT --random-fully --to-source 10.2.1.1
d ip6tables -t nat -A POSTROUTING -m ipvs --ipvs --vdir ORIGINAL --vmethod MASQ -m comment --comment "" \
  ! -s fd02::/16 ! -d fd01::/64 -j SNAT --random-fully --to-source fd02:1::1
answers kube-router 80
answers6 kube-router 80
d iptables -t nat -F
d ip6tables -t nat -F
vs -C

# --- Docker Swarm: a published port by its mark, and in the server's sandbox the port it is published for ---
d iptables -t mangle -A PREROUTING -p tcp --dport 8090 -j MARK --set-mark 0x100
d iptables -t mangle -A OUTPUT -d $VIP/32 -j MARK --set-mark 0x100
d iptables -t nat -A POSTROUTING -d 10.2.0.0/16 -m ipvs --ipvs -j SNAT --to-source 10.2.1.1
s1 iptables -t nat -A PREROUTING -d 10.2.1.2/32 -p tcp --dport 8090 -j REDIRECT --to-port 80
vs -A -f 256 -s rr
vs -a -f 256 -r 10.2.1.2:0 -m -w 1
arrived s1 e0 >/dev/null
is "Swarm: served" "$(ask tcp 8090 3 | spread)" "s1=3"
seen=$(arrived s1 e0)
has "Swarm: the server sees the director" "$seen" "10.2.1.1:[0-9]+ > 10.2.1.2:8090 tcp S"
has_not "Swarm: ... and not the client" "$seen" "10.1.0.2"
is "Swarm: a task of the director's own" "$(d peer ask tcp $VIP 8090 1 bind=10.1.0.1 timeout=1500)" s1
vs -C
d iptables -t nat -F
d iptables -t mangle -F
