# SPDX-License-Identifier: GPL-2.0-or-later
# brief: no
# What the library has for monitoring, with either module; and the table that an event loop waits for.
topology 1
modprobe ip_vs
fake_hosts
mkdir -p /tmp/lab
vs -A -t $VIP:80 -s rr
vs -a -t $VIP:80 -r 10.2.1.11:8080 -m
vs -A -u [fd01::100]:53 -s rr
vs -a -u [fd01::100]:53 -r [fd02:1::11]:53 -m
client_sends src=10.1.0.77 dst=$VIP sport=7000 dport=80 flags=S
client_sends src=10.1.0.77 dst=$VIP sport=7001 dport=80 flags=S
eventually "both connections are there" 5 sh -c '[ "$(at d grep -c "^TCP" /proc/net/ip_vs_conn)" = 2 ]'

is "connections" "$(d watch connections | sort)" "2
6 10.1.0.77 7000 $VIP 80 10.2.1.11 8080 SYN_RECV lives
6 10.1.0.77 7001 $VIP 80 10.2.1.11 8080 SYN_RECV lives"
is "one of them" "$(d watch connections 6 7001)" "6 10.1.0.77 7001 $VIP 80 10.2.1.11 8080 SYN_RECV lives
1"
is "none of another protocol" "$(d watch connections 17 7001)" 0
# the kernel's own module sums up every two seconds
eventually "totals" 5 sh -c '[ "$(at d watch totals | cut -d" " -f 1,2)" = "2 2" ]'
is "the table, waited for" "$(d watch table)" "2 services, 2 servers"
is "a list of many parts" "$(
  awk 'BEGIN { for (i = 0; i < 2000; i++) printf "-A -f %d -s rr\n-a -f %d -r 10.2.1.11 -m\n", i + 1, i + 1 }' | vs -R
  d watch table)" "2002 services, 2002 servers"

if [ "$module" = intree ]; then
  is "the kernel's own module tells of no drops" "$(d watch drops 2>&1)" \
    "drops: this module does not count drops by their reasons"
else
  is "drops" "$(d watch drops)" "$(d cat /proc/net/ip_vs_drops)"
  has "... each with its reason" "$(d watch drops)" "^no-dest [0-9]"
fi

is "a sysctl" "$(d watch sysctl conntrack)" 0
is "... is set" "$(d watch sysctl conntrack 1)" 1
is "... there" "$(d cat /proc/sys/net/ipv4/vs/conntrack)" 1
is "two numbers" "$(d watch sysctl sync_threshold '5 60')" "5 60"
is "no value for it" "$(d watch sysctl sync_threshold -- 2>&1)" "set: cannot set sysctl sync_threshold: Invalid argument"
is "one that there is not" "$(d watch sysctl nosuch 2>&1)" "get: this module has no sysctl nosuch"
is "all of them" "$(d watch sysctls | sed 's/=.*//')" "$(d ls /proc/sys/net/ipv4/vs)"
has "... with values" "$(d watch sysctls)" "^sync_threshold=5 60$"

# The namespace is that of ipvs_init(), wherever the thread goes.
is "in another namespace nothing is counted" "$(c watch totals | cut -d' ' -f 1)" 0
is "a thread that has gone there still sees its own" \
  "$(d watch elsewhere /run/netns/c | cut -d' ' -f 1,2)" "2 2
2 2
2002 services,"
refuse "who may not is refused" d setpriv --bounding-set=-all --inh-caps=-all --reuid=65534 --clear-groups watch table
vs -C
