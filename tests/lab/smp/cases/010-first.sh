# SPDX-License-Identifier: GPL-2.0-or-later
# runs-on: ours
# timeout: 600
# The first packets of one flow on several CPUs at once make one connection: one entry, counted once, with every
# packet counted. By every method, with templates, while the tables change their size and everything is read.
. /lab/smp.sh
topology 1
modprobe ip_vs
fake_hosts
quiet_network
rules <<R
-A -u $VIP:53 -s rr
-a -u $VIP:53 -r 10.2.1.11:53 -m
-a -u $VIP:53 -r 10.2.1.12:53 -m
-A -t $VIP:80 -s wlc
-a -t $VIP:80 -r 10.2.1.11:80 -m
-a -t $VIP:80 -r 10.2.1.12:80 -m
-a -t $VIP:80 -r 10.2.1.13:80 -m
-A -t $VIP:81 -s sh
-a -t $VIP:81 -r 10.2.1.11:81 -g
-a -t $VIP:81 -r 10.2.1.12:81 -g
-A -u $VIP:54 -s rr
-a -u $VIP:54 -r 10.2.1.11:54 -i
-A -u $VIP:55 -s rr -p 900
-a -u $VIP:55 -r 10.2.1.11:55 -m
-a -u $VIP:55 -r 10.2.1.12:55 -m
R
vs --set 3000 3000 3000

# listed_are PORT COUNT: once nothing is moved any more, see smp.sh
listed_are() {
  listed=$(conns | awk -v port="$(printf %04X "$1")" '$5 == port && $3 != "0000" { n++ } END { print n + 0 }')
  echo "listed: $listed"
  [ "$listed" = "$2" ]
}
# burst PROTO PORT COUNT: so many flows; each first packet from all CPUs
burst() {
  stir_sizes
  burst_sent=$(storm first "$cpus" "$3" "$1" $VIP "$2" 10.1.0.77)
  end_stir
  is "$1 $2: every packet went off" "${burst_sent%, *}" "sent $(($3 * cpus)), lost 0"
  eventually "$1 $2: no connection twice" 10 none_twice
  eventually "$1 $2: as many connections as flows ($3)" 10 listed_are "$2" "$3"
  is "$1 $2: as many as the servers hold" "$(held "$VIP:$2")" "$3"
  is "$1 $2: as many as were counted, with all packets" "$(counted "$VIP:$2")" "$3 $(($3 * cpus))"
}

round=0 total=0
while more_time || [ $round = 0 ]; do
  round=$((round + 1))
  n=$((200 + $(dice 800)))
  for what in "udp 53" "tcp 80" "tcp 81" "udp 54" "udp 55"; do
    # shellcheck disable=SC2086 # two words
    burst $what $n
    total=$((total + n))
  done
  is "of the persistent one client one template" "$(conns | awk '$3 == "0000"' | wc -l)" 1
  is "the namespace has as many entries" "$(status Conns)" $((5 * n + 1))
  settled "round $round"
  vs -Z
done
echo "# $round rounds, $total flows, seed $smp_seed"
