# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
# The match "ipvs" of iptables: each of its options, both families, both ways to set up rules.
topology 2
modprobe -a ip_vs ipip
serve 2 80 53
has "modprobe finds the match by its other names" "$(modprobe -a ipt_ipvs ip6t_ipvs 2>&1; grep -c '^xt_ipvs' /proc/modules)" 1
[ "$module" = intree ] ||
  has "it is the one that belongs to this ip_vs" "$(modinfo -n xt_ipvs)" "updates/xt_ipvs"
vs_sysctl conntrack 1
# The kernel's own has directions only where something else makes connection tracking begin.
if [ "$module" = intree ]; then
  d iptables -A INPUT -m conntrack --ctstate NEW
  d ip6tables -A INPUT -m conntrack --ctstate NEW
fi

# counted FAMILY: the options of the rules that have counted anything since they were set
counted() {
  d $kind "$1" -t mangle -vnxL POSTROUTING | awk '$1 ~ /^[0-9]+$/ && $1 > 0' | sed -n 's/.*\/\* \(.*\) \*\/.*/\1/p' |
    tr '\n' ';'
}
# a rule for each line of $options, for what leaves by this device
rules() { # FAMILY DEVICE PROTO
  {
    printf '*mangle\n-F\n'
    printf '%s\n' "$options" | sed "s/.*/-A POSTROUTING -o $2 -p $3 -m comment --comment \"&\" -m ipvs &/"
    echo COMMIT
  } | d $kind "$1-restore" -n || echo "rules refused"
}
kind=xtables-nft-multi
# what a request to this address with rules for this device has met
met() { # FAMILY DEVICE ADDR PROTO PORT
  rules "$1" "$2" "$4"
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
for each in "xtables-nft-multi iptables $VIP 10.1.0.101 10.1.0.0/24 10.9.0.0/16" \
            "xtables-legacy-multi iptables $VIP 10.1.0.101 10.1.0.0/24 10.9.0.0/16" \
            "xtables-nft-multi ip6tables $VIP6 fd01::101 fd01::/64 fd09::/64"; do
  # shellcheck disable=SC2086 # words
  set -- $each
  kind=$1
  shift
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
  is "$kind $1: a request to a NAT server" "$(met "$1" d1 "$2" tcp 80)" "$(yes_of --ipvs "--vaddr $2" "! --vaddr $3" \
    "--vaddr $4" '--vproto tcp' '! --vproto udp' '--vport 80' '! --vport 81' '--vmethod MASQ' '! --vmethod GATE' \
    '--vdir ORIGINAL' '! --vportctl 80' '! --vportctl 21')"
  # of a reply, which leaves with the virtual address, there is only to say that it is one
  is "$kind $1: its reply" "$(met "$1" d0 "$2" tcp 80)" "$(yes_of --ipvs)"
  d "$kind" "$1" -t mangle -F
done
kind=xtables-nft-multi

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
refuse "options at odds with each other" d iptables -A INPUT -m ipvs ! --ipvs --vport 80
