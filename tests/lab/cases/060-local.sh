# SPDX-License-Identifier: GPL-2.0-or-later
# The director as real server and as client.
topology 2
modprobe ip_vs
serve 2 80
background local at d peer serve local 80 8080
wait_until 10 in_file ready local

vs -A -t $VIP:80 -s rr
vs -a -t $VIP:80 -r 10.1.0.1:80 -g
is "DR to an address of the director: served locally" "$(ask tcp 80 2 | spread)" "local=2"
has "it is still listed as Route" "$(vs -Ln)" "10.1.0.1:80 +Route"
vs -a -t $VIP:80 -r 10.2.1.2:80 -g
is "local and remote server share the work" "$(ask tcp 80 4 rst | spread)" "local=2 s1=2"
vs -C
vs -A -t $VIP:81 -s rr
vs -a -t $VIP:81 -r 10.2.1.1:8080 -m
is "NAT to a local server translates the port" "$(ask tcp 81 2 | spread)" "local=2"
vs -C
vs -A -t "[$VIP6]:81" -s rr
vs -a -t "[$VIP6]:81" -r "[fd02:1::1]:8080" -m
is "IPv6 NAT to a local server" "$(ask6 tcp 81 2 | spread)" "local=2"
vs -C
# a loopback server cannot be reached from outside
vs -A -t $VIP:81 -s rr
vs -a -t $VIP:81 -r 127.0.0.1:8080 -m
[ "$module" = intree ] || before=$(drops local-route)
is "NAT to 127.0.0.1 from outside is refused silently" "$(ask tcp 81 1 timeout=300)" timeout
# on a slow machine the SYN is sent again meanwhile
[ "$module" = intree ] || check "... for that reason" [ "$(drops local-route)" -gt "$before" ]
vs -C

pool -t rr -m 2
is "client on the director, NAT" "$(d peer ask tcp $VIP 80 4 rst bind=10.1.0.1 | spread)" "s1=2 s2=2"
vs -C
pool6 -t rr -m 2
is "client on the director, IPv6 NAT" "$(d peer ask tcp $VIP6 80 4 rst bind=fd01::1 | spread)" "s1=2 s2=2"
vs -C
pool -u rr -m 2 80
is "UDP client on the director" "$(d peer ask udp $VIP 80 4 bind=10.1.0.1 | spread)" "s1=2 s2=2"
