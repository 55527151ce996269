# SPDX-License-Identifier: GPL-2.0-or-later
# runs-on: ours
# timeout: 900
# Requests, replies, ends and resets of the same connections on all CPUs at once: first while only sizes change, then
# while servers, services and conn_max do, with times that are over soon. What is counted is what is there.
. /lab/smp.sh
topology 1
modprobe ip_vs
fake_hosts
quiet_network
for on in conntrack nat_icmp_send schedule_icmp; do vs_sysctl $on 0; done
# TCP 80 to 83 and UDP 53 to 56: two of NAT, direct routing, tunnels
table() {
  for n in 0 1 2 3; do
    tcp=$((80 + n)) udp=$((53 + n)) way=-m
    case $n in 2) way=-g ;; 3) way=-i ;; esac
    echo "-A -t $VIP:$tcp -s $(echo rr wlc sh lc | cut -d ' ' -f $((n + 1)))"
    echo "-A -u $VIP:$udp -s $(echo wrr rr mh sed | cut -d ' ' -f $((n + 1)))"
    for i in 1 2 3; do
      echo "-a -t $VIP:$tcp -r 10.2.1.1$i:$([ $way = -m ] && echo 80 || echo $tcp) $way -w $i"
      echo "-a -u $VIP:$udp -r 10.2.1.1$i:$([ $way = -m ] && echo 53 || echo $udp) $way -w $i"
    done
  done
}
table >/tmp/lab/table
rules </tmp/lab/table

# --- nothing ends: what is counted at servers is what is listed, of each state ---
vs --set 3000 3000 3000
half=$((share / 2 + 1))
stir_sizes
check "packets of both sides" storm mix "$cpus" "$half" "$smp_seed" 2000
echo "# $check_out"
end_stir
eventually "no key twice" 10 none_twice
# Some states are over after seconds: a moment in which nothing ends is waited for.
agree() {
  before=$(status Conns)
  conns | sed 1d >/tmp/lab/listed
  vs -Ln >/tmp/lab/table-now
  [ "$before" = "$(status Conns)" ] || return 1
  echo "$before entries, $(wc -l </tmp/lab/listed) listed, $(held) held"
  echo "$(grep -c -E ' (ESTABLISHED|SYN_RECV|SYN_SENT|SYNACK) ' /tmp/lab/listed) in an active state"
  awk '/->.*:[0-9]/ { n += $(NF - 1) } END { print n, "active" }' /tmp/lab/table-now
  [ "$before" = "$(wc -l </tmp/lab/listed)" ] && [ "$before" = "$(held)" ] && [ "$before" -gt 100 ] &&
    [ "$(grep -c -E '^TCP.* (ESTABLISHED|SYN_RECV|SYN_SENT|SYNACK) ' /tmp/lab/listed)" = \
      "$(awk '/->.*:[0-9]/ { n += $(NF - 1) } END { print n + 0 }' /tmp/lab/table-now)" ]
}
eventually "entries, what is listed, and what servers hold, active or not, are the same" 10 agree
settled "with long times"

# --- all changes at once ---
vs --set 3 1 1
changes() {
  i=0
  while [ ! -e /tmp/lab/enough ]; do
    i=$((i + 1))
    case $(dice 12) in
      0) vs -d -t $VIP:80 -r 10.2.1.11:80; vs -a -t $VIP:80 -r 10.2.1.11:80 -m -w 2 ;;
      1) vs -d -u $VIP:53 -r 10.2.1.12:53; vs -a -u $VIP:53 -r 10.2.1.12:53 -m ;;
      2) vs -D -t $VIP:81; grep -e "$VIP:81 " /tmp/lab/table | d ipvsadm -R ;;
      3) vs -C; d ipvsadm -R </tmp/lab/table ;;
      4) d ipvsadm -R --atomic </tmp/lab/table ;;
      5) vs_sysctl conn_max $((50 + $(dice 400))) ;;
      6) vs_sysctl conn_max 1000000 ;;
      7) vs_sysctl expire_nodest_conn "$(dice 2)" ;;
      8) vs -e -t $VIP:80 -r 10.2.1.12:80 -m -w "$(dice 4)" ;;
      9) vs -e -u $VIP:53 -r 10.2.1.13:53 -m -x "$(dice 50)" ;;
      10) vs -E -t $VIP:80 -s "$(echo rr wlc sh lblc mh | cut -d ' ' -f $((1 + $(dice 5))))" ;;
      11) vs -E -t $VIP:80 -s rr -p 3; vs -E -t $VIP:80 -s wlc ;;
    esac
  done 2>/dev/null
  echo "$i changes"
}
background changes changes
changing=$bg_pid
stir_sizes
check "packets of both sides while all changes" storm mix "$cpus" "$half" $((smp_seed + 1)) 1000
echo "# $check_out"
touch /tmp/lab/enough
wait "$changing"
rm /tmp/lab/enough
echo "# $(cat /tmp/lab/changes)"
check "there were changes" [ "$(sed 's/ .*//' /tmp/lab/changes)" -gt 3 ]
end_stir
eventually "no key twice" 10 none_twice
vs_sysctl conn_max 1000000
settled "with changes"
