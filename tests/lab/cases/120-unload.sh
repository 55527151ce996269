# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 400
# Modules come and go in any order, also while packets are on their way.
topology 2
serve 2 80 53
listen_on c c0

# traffic that never stops, from several processes
for n in 1 2; do
  background load$n at c sh -c "while :; do peer ask udp $VIP 53 200 timeout=50 parallel; peer ask tcp $VIP 80 50 timeout=200 parallel rst; done"
done
# one command for all: the load leaves little time for anything else
for i in 1 2; do
  echo "-a -t $VIP:80 -r 10.2.$i.2:80 -m"
  echo "-a -u $VIP:53 -r 10.2.$i.2:53 -g"
done | sed "1i -A -t $VIP:80 -s rr\n-A -u $VIP:53 -s wlc" >/tmp/lab/rules
rounds=0 all_rounds=$(fewer 20)
while [ $rounds -lt $all_rounds ]; do
  modprobe ip_vs || break
  vs -R </tmp/lab/rules
  # there must be connections before it goes
  wait_until 10 sh -c "[ \$(at d cat /proc/net/ip_vs_conn | wc -l) -gt 20 ]" || break
  vs -C
  # conns and packets may still hold it for a moment, services do not any more
  wait_until 10 sh -c 'rmmod ip_vs_rr ip_vs_wlc ip_vs 2>/dev/null; ! grep -q "^ip_vs" /proc/modules' || break
  rounds=$((rounds + 1))
done
is "unloaded $all_rounds times while packets arrive" $rounds $all_rounds
[ $rounds = $all_rounds ] || { grep ip_vs /proc/modules; vs -Ln; }

# what is in use stays
modprobe ip_vs
pool -t rr -m 1
refuse "the core stays while there are services" rmmod ip_vs_rr ip_vs
refuse "a scheduler stays while a service uses it" rmmod ip_vs_rr
vs -E -t $VIP:80 -s lc
check "a scheduler no service uses goes" rmmod ip_vs_rr
refuse "the one used now does not" rmmod ip_vs_lc
vs -C
check "unused, both go" rmmod ip_vs_lc
eventually "the core goes with connections in its table" 10 sh -c 'rmmod ip_vs; ! grep -q "^ip_vs " /proc/modules'

# any order of loading; everything there is
all=$(cd /lib/modules/$(uname -r) && find . -name 'ip_vs_*.ko*' | sed 's|.*/||; s/\.ko.*//' | sort)
has "there are schedulers" "$all" "ip_vs_wrr"
for order in 'sort' 'sort -r' 'shuf'; do
  fine=yes
  for m in $(echo "$all" | $order); do modprobe "$m" || fine="loading $m"; done
  for m in $(echo "$all" | shuf); do rmmod "$m" || fine="unloading $m"; done
  rmmod ip_vs || fine="unloading ip_vs"
  is "loaded by '$order', unloaded at random" "$fine" yes
done
