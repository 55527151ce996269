# SPDX-License-Identifier: GPL-2.0-or-later
# Every listing of a table with every kind of service and server.
topology 1
modprobe ip_vs
vst
vst -Ln
vst -A -t 10.9.9.9:80 -s rr
vst -a -t 10.9.9.9:80 -r 10.2.1.11:8080 -m -w 5
vst -a -t 10.9.9.9:80 -r 10.2.1.12:80 -g -w 0
vst -a -t 10.9.9.9:80 -r 10.2.1.13:80 -i -w 65535 -x 100 -y 50
vst -a -t 10.9.9.9:80 -r 10.2.1.19:99 -g
vst -a -t 10.9.9.9:80 -r 10.2.1.14 -i --tun-type ipip
vst -A -t 10.9.9.9:443 -p 100 -M 255.255.255.0
vst -A -t 10.9.9.9:0 -p
vst -A -u 10.9.9.9:53 -o
vst -A -u 10.9.9.10:53 -s wrr
vst -A --sctp-service 10.9.9.9:3868 -s lc
vst -a --sctp-service 10.9.9.9:3868 -r 10.2.1.11:3868 -m
vst -A -f 3 -s wrr -o
vst -a -f 3 -r 10.2.1.11 -g
vst -a -f 3 -r 10.2.1.12:7000 -m
vst -A -f 4 -6 -s wlc
vst -a -f 4 -6 -r '[fd02:1::11]' -g
vst -A -f 9 -s lc -p 20
vst -A -t '[fd01::100]:80' -s wrr -p 360 -M 64
vst -a -t '[fd01::100]:80' -r '[fd02:1::11]:80' -m -w 3
vst -a -t '[fd01::100]:80' -r '[fd02:1::12]:80' -g
if both_have ip_vs_sh; then
  vst -A -t 10.9.9.9:100 -s sh -b sh-fallback,sh-port
  vst -A -t 10.9.9.9:101 -s mh -b mh-port
  vst -A -t 10.9.9.9:103 -s lblc
  vst -A -t 10.9.9.9:104 -s lblcr
  vst -A -t 10.9.9.9:105 -s fo
  vst -A -t 10.9.9.9:106 -s ovf
fi
vst -A -t 10.9.9.9:102 -s wrr -b flag-1,flag-3
if both_have ip_vs_pe_sip; then vst -A -u 10.9.9.9:5060 -s rr -p 60 --pe sip; fi
vst -L -n
vst -Ln --stats
vst -Ln --stats --exact
vst -Ln --rate
vst -Ln --thresholds
vst -Ln --persistent-conn
vst -Ln --tun-info
vst -Ln -t 10.9.9.9:80
vst -Ln -t 10.9.9.9:80 --stats
vst -Ln -f 4 -6
vst -Ln -f 3
vst -Ln -t '[fd01::100]:80'
vst -Ln --timeout
vst -Lnc
vst -Ln --sort
vst -l -n
# 1.31 forgets the thresholds when it saves, ours does not
vst -S -n | only own sed 's/ -[xy] [0-9]*//g'
vst -L -t 10.9.9.9:80
vst -Ln --exact --rate
vst -Ln --syncid 3
vst -E -t 10.9.9.9:80 -s wlc -p 50
vst -e -t 10.9.9.9:80 -r 10.2.1.11:8080 -m
vst -e -t 10.9.9.9:80 -r 10.2.1.13:80 -i -x 5
vst -d -t 10.9.9.9:80 -r 10.2.1.12:80
vst -Ln -t 10.9.9.9:80
vst -Ln --thresholds -t 10.9.9.9:80
vst -Z
vst -Z -t 10.9.9.9:80
vst -D -f 3
vst -C
vst -Ln
vst -v | one_version
