# SPDX-License-Identifier: GPL-2.0-or-later
# Usage errors and refusals: first line of the message and exit code.
topology 1
modprobe ip_vs
vst -A -t 10.9.9.9:80 -s rr
vst -a -t 10.9.9.9:80 -r 10.2.1.11:80 -m
# commands and options
vst -t 10.9.9.9:80
vst -Q
vst --frob
vst -A
vst -a -t 10.9.9.9:80
vst -A -t 10.9.9.9:81 -D
vst -A -t 10.9.9.9:81 -u 10.9.9.9:81
vst -A -t 10.9.9.9:81 -r 10.2.1.11
vst -A -t 10.9.9.9:81 -s
vst -A -t 10.9.9.9:81 -w 3
vst -A -t 10.9.9.9:81 extra
vst -C -t 10.9.9.9:80
vst -C -n
vst -D -t 10.9.9.9:80 -n
vst -L -s rr
vst -Ln -c --stats
vst -Ln --timeout --rate
vst -Ln --timeout --daemon
vst -Ln --daemon --persistent-conn
vst -R -n
vst -Z -n
vst -Lnx
vst -Ln --num
vst -a -t 10.9.9.9:80 -r 10.2.1.12 -m -g
vst -d -t 10.9.9.9:80 -r 10.2.1.11:80 -m
# values
vst -A -t 10.9.9.9
vst -A -t 10.9.9.9:0
vst -A -t 10.9.9.9:65536
vst -A -t 10.9.9.9:-1
vst -A -t 10.9.9.9:0x50
vst -A -t 10.9.9.9:
vst -A -t 80
vst -A -t ''
vst -A -t '[fd00::1]'
vst -A -t 10.9.9.300:80
vst -A -f 0
vst -A -f 4294967296
vst -A -f x
vst -A -f -1
vst -A -6 -f 3
vst -A -t 10.9.9.9:82 -p 0
vst -A -t 10.9.9.9:82 -p 2678401
vst -A -t 10.9.9.9:82 -p x
vst -A -t 10.9.9.9:82 -p -1
vst -A -t 10.9.9.9:82 -o
vst -A -t 10.9.9.9:82 -M x.y
vst -A -t '[fd00::1]:82' -p -M 129
vst -A -t '[fd00::1]:82' -p -M 0
vst -A -t 10.9.9.9:82 -b sh-port
vst -A -t 10.9.9.9:82 -s sh -b mh-port
vst -A -t 10.9.9.9:82 -s sh -b nosuch
vst -a -t 10.9.9.9:80 -r 10.2.1.12:80 -w x
vst -a -t 10.9.9.9:80 -r 10.2.1.12:80 -w -1
vst -a -t 10.9.9.9:80 -r 10.2.1.12:80 -w 2147483648
vst -a -t 10.9.9.9:80 -r 10.2.1.12:80 -x -1
vst -a -t 10.9.9.9:80 -r 10.2.1.12:80 -y x
vst -a -t 10.9.9.9:80 -r 12
vst -a -t 10.9.9.9:80 -r '[fd02:1::9]:80' -m
vst -a -t 10.9.9.9:80 -r 10.2.1.12 --tun-type gre
vst -a -t 10.9.9.9:80 -r 10.2.1.12 -i --tun-type nosuch
vst -a -t 10.9.9.9:80 -r 10.2.1.12 -i --tun-type gue
vst -a -t 10.9.9.9:80 -r 10.2.1.12 -i --tun-type gre --tun-port 5
vst -a -t 10.9.9.9:80 -r 10.2.1.12 -i --tun-type gre --tun-remcsum
vst -a -t 10.9.9.9:80 -r 10.2.1.12 -i --tun-type ipip --tun-csum
vst -a -t 10.9.9.9:80 -r 10.2.1.12 -i --tun-type gue --tun-port 5 --tun-csum --tun-nocsum
vst -a -t 10.9.9.9:80 -r 10.2.1.12 -i --tun-type gue --tun-port 0
vst --set 1 2
vst --set 1 2 x
vst --set 1 2 2678401
vst --set -1 2 3
vst --start-daemon
vst --start-daemon nosuch
vst --stop-daemon nosuch
vst --start-daemon master --syncid 256
vst --start-daemon master --mcast-port 0
vst --start-daemon master --mcast-ttl 256
vst --start-daemon master --sync-maxlen 70000
vst --start-daemon master --mcast-group 10.0.0.1
vst --start-daemon master --mcast-group fd00::1
# refusals of the kernel
vst -A -t 10.9.9.9:80 -s rr
vst -A -t 10.9.9.9:83 -s nosuch
vst -A -t 10.9.9.9:83 -p --pe nosuch
vst -E -t 10.9.9.9:99 -s rr
vst -D -t 10.9.9.9:99
vst -a -t 10.9.9.9:99 -r 10.2.1.11 -m
vst -a -t 10.9.9.9:80 -r 10.2.1.11:80 -m
vst -e -t 10.9.9.9:80 -r 10.2.1.55:80 -m
vst -d -t 10.9.9.9:80 -r 10.2.1.55:80
vst -a -t 10.9.9.9:80 -r 224.0.0.5:80 -m
vst -a -t 10.9.9.9:80 -r 10.2.1.12:80 -m -x 2 -y 3
vst -Ln -t 10.9.9.9:99
vst -Z -t 10.9.9.9:99
# the table is as it was
vst -Ln
echo '$ as nobody'
at d setpriv --reuid 65534 --clear-groups ipvsadm -Ln 2>&1 | head -n 1
