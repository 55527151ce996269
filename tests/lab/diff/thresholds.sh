# SPDX-License-Identifier: GPL-2.0-or-later
# tools: debian
# Upper and lower thresholds: when a server is left out and when it is back.
topology 1
modprobe ip_vs
fake_hosts
vst -A -t $VIP:80 -s rr
vst -a -t $VIP:80 -r 10.2.1.11:80 -m -x 4 -y 2
vst -a -t $VIP:80 -r 10.2.1.12:80 -m -x 2
picks tcp 80 9
vst -Ln --thresholds
# raising the limit frees at once
vst -e -t $VIP:80 -r 10.2.1.12:80 -m -x 3
picks tcp 80 3
vst -e -t $VIP:80 -r 10.2.1.12:80 -m
picks tcp 80 3
vst -e -t $VIP:80 -r 10.2.1.12:80 -m -x 2
picks tcp 80 2
vst -Ln --thresholds

# UDP with a short timeout, to see connections go: below the lower value the server is back
vst --set 0 0 2
vst -A -u $VIP:53 -s rr
vst -a -u $VIP:53 -r 10.2.1.11:53 -m -x 4 -y 2
picks udp 53 6
wait_until 20 sh -c '! at d grep -q ^UDP /proc/net/ip_vs_conn'
picks udp 53 5
# templates do not count, persistent clients come in although it is full
vst -A -t $VIP:443 -s rr -p 100
vst -a -t $VIP:443 -r 10.2.1.13:443 -m -x 2
picks tcp 443 5
client_sends src=10.1.0.78 dst=$VIP sport=500 dport=443 flags=S
settled
conns_sorted | grep ' 01BB '
vst -Ln --thresholds -t $VIP:443
vst -Ln --persistent-conn -t $VIP:443
