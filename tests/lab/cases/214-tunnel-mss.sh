# SPDX-License-Identifier: GPL-2.0-or-later
# runs-on: ours
# timeout: 120
# The sysctl tunnel_mss: what the server is told of the client's segments.
topology 1
modprobe -a ip_vs ipip
fake_hosts
listen_on s1 e0
vs -A -t $VIP:80 -s rr
vs -a -t $VIP:80 -r 10.2.1.11:80 -i
vs -A -t "[$VIP6]:80" -s rr
vs -a -t "[$VIP6]:80" -r '[fd02:1::11]:80' -i
# a SYN from this port whose options are these bytes, filled up to words
syn() {
  client_sends src=10.1.0.77 dst=$VIP "sport=$1" dport=80 flags=S "opt=$2"
  arrived s1 e0
}
syn6() {
  client_sends src=fd01::77 dst=$VIP6 "sport=$1" dport=80 flags=S "opt=$2"
  arrived s1 e0
}
has "off: as the client said" "$(syn 7000 020405b4)" "tcp S .*sum=ok mss=1460"
vs_sysctl tunnel_mss 1
has "on: what fits into a tunnel of 1,500 bytes" "$(syn 7001 020405b4)" "tcp S .*sum=ok mss=1440"
has "... again, when the SYN is repeated" "$(syn 7001 020405b4)" "sum=ok mss=1440"
has "IPv6" "$(syn6 7003 020405a0)" "tcp S .*sum=ok mss=1400"
has "what is smaller stays" "$(syn 7004 02040218)" "sum=ok mss=536"
has "behind other options, at an odd place" "$(syn 7005 01030307020405b4)" "sum=ok mss=1440"
has "no such option: none is added" "$(syn 7006 01010101)" "tcp S .*sum=ok *(ttl|$)"
has "an option that claims more than there is" "$(syn 7007 01010204)" "tcp S .*sum=ok"
has "... or nothing at all" "$(syn 7008 0500020405b4)" "tcp S .*sum=ok"
has "... or is of another length" "$(syn 7009 020305b4)" "tcp S .*sum=ok"
vs -e -t $VIP:80 -r 10.2.1.11:80 -i --tun-type gre --tun-csum
has "GRE with a checksum" "$(syn 7010 020405b4)" "mss=1432"
vs -e -t $VIP:80 -r 10.2.1.11:80 -m
has "not for other methods" "$(syn 7011 020405b4)" "mss=1460"
vs -C
