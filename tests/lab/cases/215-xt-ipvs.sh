# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
# The match "ipvs" of iptables: each of its options, both families, both ways to set up rules; and the rules of the
# programs that cannot do without it.
topology 2
modprobe -a ip_vs ipip
serve 2 80 53
has "modprobe finds the match by its other names" "$(modprobe -a ipt_ipvs ip6t_ipvs 2>&1; grep -c '^xt_ipvs' /proc/modules)" 1
[ "$module" = intree ] ||
  has "it is the one that belongs to this ip_vs" "$(modinfo -n xt_ipvs)" "updates/xt_ipvs"
vs_sysctl conntrack 1

# counted IPTABLES: the options of the rules that have counted anything since they were set
counted() {
  d "$1" -t mangle -vnxL POSTROUTING | awk '$1 ~ /^[0-9]+$/ && $1 > 0' | sed -n 's/.*\/\* \(.*\) \*\/.*/\1/p' |
    tr '\n' ';'
}
# a rule for each line of $options, for what leaves by this device
rules() { # IPTABLES DEVICE
  d "$1" -t mangle -F
  while read -r line; do
    # shellcheck disable=SC2086 # words
    [ -z "$line" ] || d "$1" -t mangle -A POSTROUTING -o "$2" -m comment --comment "$line" -m ipvs $line ||
      not_ok "$1 takes $line"
  done <<LIST
$options
LIST
}
# what a request to this address with rules for this device has met
met() { # IPTABLES DEVICE ADDR PROTO PORT
  rules "$1" "$2"
  ask_at "$3" "$4" "$5" 1 timeout=1000 >/dev/null
  counted "$1"
}
rest='--vproto tcp
! --vproto tcp
--vproto udp
! --vproto udp
--vport 80
! --vport 80
--vport 81
! --vport 81
--vmethod MASQ
! --vmethod MASQ
--vmethod GATE
! --vmethod GATE
--vmethod IPIP
--vdir ORIGINAL
--vdir REPLY
--vportctl 80
! --vportctl 80
--vportctl 21
! --vportctl 21'
yes_of() { printf '%s;' "$@"; }

vs -A -t $VIP:80 -s rr
vs -a -t $VIP:80 -r 10.2.1.2:80 -m
vs -A -t "[$VIP6]:80" -s rr
vs -a -t "[$VIP6]:80" -r '[fd02:1::2]:80' -m
for each in "iptables $VIP 10.1.0.101 10.1.0.0/24 10.9.0.0/16" "iptables-legacy $VIP 10.1.0.101 10.1.0.0/24 10.9.0.0/16" \
            "ip6tables $VIP6 fd01::101 fd01::/64 fd09::/64"; do
  # shellcheck disable=SC2086 # words
  set -- $each
  options="--ipvs
! --ipvs
--vaddr $2
! --vaddr $2
--vaddr $3
! --vaddr $3
--vaddr $4
! --vaddr $4
--vaddr $5
$rest"
  is "$1: a request to a NAT server" "$(met "$1" d1 "$2" tcp 80)" "$(yes_of --ipvs "--vaddr $2" "! --vaddr $3" \
    "--vaddr $4" '--vproto tcp' '! --vproto udp' '--vport 80' '! --vport 81' '--vmethod MASQ' '! --vmethod GATE' \
    '--vdir ORIGINAL' '! --vportctl 80' '! --vportctl 21')"
  # of a reply, which leaves with the virtual address, there is only to say that it is one
  is "$1: its reply" "$(met "$1" d0 "$2" tcp 80)" "$(yes_of --ipvs)"
  d "$1" -t mangle -F
done
if [ "$module" != intree ]; then
  d iptables-legacy -t mangle -X
fi

vs -E -t $VIP:80 -s rr -p 60
options=$rest
is "a persistent service: the template's port" "$(met iptables d1 $VIP tcp 80 | tr ';' '\n' | grep ctl | tr '\n' ';')" \
  "$(yes_of '--vportctl 80' '! --vportctl 21')"
vs -C
pool -t rr -g 1
is "direct routing" "$(met iptables d1 $VIP tcp 80 | tr ';' '\n' | grep -e proto -e port -e method | tr '\n' ';')" \
  "$(yes_of '--vproto tcp' '! --vproto udp' '--vport 80' '! --vport 81' '! --vmethod MASQ' '--vmethod GATE' '! --vportctl 80' '! --vportctl 21')"
vs -C
pool -u rr -m 1 53
is "UDP" "$(met iptables d1 $VIP udp 53 | tr ';' '\n' | grep -e proto -e method | tr '\n' ';')" \
  "$(yes_of '! --vproto tcp' '--vproto udp' '--vmethod MASQ' '! --vmethod GATE')"
vs -C
options='--ipvs
! --ipvs
! --vport 81
--vproto tcp'
is "what is not balanced" "$(met iptables d1 10.2.1.2 tcp 80)" "$(yes_of '! --ipvs')"
d iptables -t mangle -F
# of another protocol's bits, or later versions', a rule is refused
refuse "options at odds with each other" d iptables -A INPUT -m ipvs ! --ipvs --vport 80

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
