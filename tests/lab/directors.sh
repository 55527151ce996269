# SPDX-License-Identifier: GPL-2.0-or-later
# Networks with several directors, for the cases that read this in.
#
# Two directors that keepalived watches over, as in docs/examples/keepalived-pair.md, with the very files of that page.
#
#   client c: eth0 10.1.0.2  ---+---------- front (a bridge in lan) -----------+
#                               | eth0 10.1.0.11               eth0 10.1.0.12  |
#                             left  eth2 10.9.0.11 ---- eth2 10.9.0.12     right      virtual: 10.1.0.100, fd01::100
#                               | eth1 10.2.0.11               eth1 10.2.0.12  |      gateway of the servers: 10.2.0.1, fd02::1
#   servers s1, s2: e0      ----+---------- back (a bridge in lan) ------------+
#   10.2.0.21, 10.2.0.22; with the virtual addresses on lo, and a way of their own back to the client (f0)
example=/lab/examples/keepalived-pair
left() { at left "$@"; }
right() { at right "$@"; }

# settings NAMESPACE FILE: those of a file for /etc/sysctl.d
settings() {
  sed -n 's/^\(net[^ ]*\) *= */\1 /p' "$2" | while read -r key value; do
    at "$1" sh -c "echo $value >/proc/sys/$(echo "$key" | tr . /)" || broken "$key is not there"
  done
}

# port NAMESPACE DEVICE BRIDGE ADDRESS...: a device there, whose other end, NAMESPACE-DEVICE, is at the bridge
port() {
  port_ns=$1 port_dev=$2
  ip link add "$1-$2" netns lan type veth peer name "$2" netns "$1"
  ip -n lan link set "$1-$2" master "$3"
  ip -n lan link set "$1-$2" up
  shift 3
  for address in "$@"; do ip -n "$port_ns" addr add "$address" dev "$port_dev" $(case $address in *:*) echo nodad ;; esac); done
  ip -n "$port_ns" link set "$port_dev" up
}

pair_of_directors() {
  for ns in lan c left right s1 s2; do namespace $ns; done
  for bridge in front back; do
    ip -n lan link add $bridge type bridge
    ip -n lan link set $bridge up
  done
  port c eth0 front 10.1.0.2/16 fd01::2/64
  number=11
  ip link add eth2 netns left type veth peer name eth2 netns right
  for ns in left right; do
    port $ns eth0 front 10.1.0.$number/16 fd01::$number/64
    port $ns eth1 back 10.2.0.$number/24 fd02::$number/64
    ip -n $ns addr add 10.9.0.$number/24 dev eth2
    ip -n $ns link set eth2 up
    settings $ns $example/sysctl.conf
    at $ns nft -f $example/marks.nft
    number=12
  done
  for i in 1 2; do
    port s$i e0 back 10.2.0.2$i/24 fd02::2$i/64
    ip link add c$i netns c type veth peer name f0 netns s$i
    ip -n c addr add 10.3.$i.1/24 dev c$i
    ip -n c addr add fd03:$i::1/64 dev c$i nodad
    ip -n c link set c$i up
    ip -n s$i -batch - <<BATCH
addr add 10.3.$i.2/24 dev f0
addr add fd03:$i::2/64 dev f0 nodad
addr add $VIP/32 dev lo
addr add $VIP6/128 dev lo nodad
link set f0 up
route add default via 10.2.0.1
route add default via 10.3.$i.1 dev f0 table 100
rule add from $VIP lookup 100
BATCH
    ip -6 -n s$i -batch - <<BATCH
route add default via fd02::1
route add default via fd03:$i::1 dev f0 table 100
rule add from $VIP6 lookup 100
BATCH
    # where tunnels end
    modprobe ipip
    ip -n s$i link set tunl0 up
  done
}

# web N-MB RATE: nginx on both servers with a file of so many megabytes, at so many bytes a second
web() {
  mkdir -p /tmp/lab/www
  # each megabyte is another one
  head -c 1048576 /dev/urandom >/tmp/lab/megabyte
  for i in $(seq 1 "$1"); do
    printf '%08d' "$i"
    tail -c +9 /tmp/lab/megabyte
  done >/tmp/lab/www/file
  for i in 1 2; do
    cat >/tmp/lab/www$i.conf <<CONF
daemon off; master_process off; pid /tmp/lab/www$i.pid; error_log /dev/null;
events { worker_connections 256; }
http {
  access_log off; client_body_temp_path /tmp/lab/t$i; proxy_temp_path /tmp/lab/t$i; fastcgi_temp_path /tmp/lab/t$i;
  uwsgi_temp_path /tmp/lab/t$i; scgi_temp_path /tmp/lab/t$i; limit_rate $2;
  server { listen 80; listen 81; listen [::]:80; listen [::]:81; root /tmp/lab/www; }
}
CONF
    background nginx$i at s$i nginx -c /tmp/lab/www$i.conf
  done
}

# keepalived_on NAMESPACE [FILE]: with the page's configuration, or another one; dies NAMESPACE: at once, and leaves everything as it is
keepalived_on() {
  background "keepalived-$1" at "$1" keepalived -n -l -D -i "$1" -f "${2:-$example/keepalived.conf}" \
    -p "/tmp/lab/$1.pid" -c "/tmp/lab/$1-checkers.pid" -r "/tmp/lab/$1-vrrp.pid"
}
dies() { kill -9 $(cat /tmp/lab/"$1".pid /tmp/lab/"$1"-checkers.pid /tmp/lab/"$1"-vrrp.pid); }
# the service of the package, which has its settings in /etc/default/ipvsadm
daemons_on() {
  cp $example/ipvsadm.default /etc/default/ipvsadm
  at "$1" /usr/libexec/ipvsadm/service start
}

# cable NAMESPACE up|down: all that it is connected by
cable() {
  ip -n lan link set "$1-eth0" "$2"
  ip -n lan link set "$1-eth1" "$2"
  if [ "$1" = left ]; then ip -n right link set eth2 "$2"; else ip -n left link set eth2 "$2"; fi
}
has_address() { ip -n "$1" -o addr show dev eth0 | grep -q " $VIP/"; }
is_master() { has_address "$1" && ! has_address "$([ "$1" = left ] && echo right || echo left)"; }
all_servers() { [ "$(at "$1" ipvsadm -Ln | grep -c '^  ->.* 1 ')" = 20 ]; }

# download NAME URL: in the background; what became of it is in /tmp/lab/NAME
download() {
  background "$1" at c sh -c "curl -sg --max-time 600 $2 | peer pace /tmp/lab/$1.pace /tmp/lab/www/file"
}

# Many directors behind a router that shares flows out, as in docs/examples/ecmp.md, with the very files of that page.
#
#   client c: eth0 10.1.0.2 ---- 10.1.0.1 router ------- 10.4.0.1: a bridge in lan, directors d1 .. dN: eth0 10.4.0.11 ..
#                                      +----- 10.2.0.1: another bridge, directors' eth1 10.2.0.11 .., servers 10.2.0.21 ..
# The virtual addresses are on lo of directors and servers; what servers answer goes by the router to the client.
ecmp=/lab/examples/ecmp

bird_on() { # NAMESPACE FILE
  background "bird-$1" at "$1" bird -f -c "$2" -s "/tmp/lab/$1.ctl" -P "/tmp/lab/$1-bird.pid"
}

ecmp_of() { # DIRECTORS SERVERS
  directors=$(seq -s ' ' 1 "$1" | sed 's,[0-9][0-9]*,d&,g')
  for ns in lan c router $directors; do namespace "$ns"; done
  for bridge in fabric back; do
    ip -n lan link add $bridge type bridge
    ip -n lan link set $bridge up
  done
  ip link add eth0 netns c type veth peer name eth2 netns router
  ip -n c -batch - <<BATCH
addr add 10.1.0.2/24 dev eth0
addr add fd01::2/64 dev eth0 nodad
link set eth0 up
route add default via 10.1.0.1
BATCH
  ip -n router -batch - <<BATCH
addr add 10.1.0.1/24 dev eth2
addr add fd01::1/64 dev eth2 nodad
link set eth2 up
BATCH
  ip -n c -6 route add default via fd01::1
  # it is no neighbour, though its address looks like one
  ip -n c route add $VIP via 10.1.0.1
  ip -n c -6 route add $VIP6 via fd01::1
  port router eth0 fabric 10.4.0.1/24 fd04::1/64
  port router eth1 back 10.2.0.1/24 fd02::1/64
  settings router $ecmp/router-sysctl.conf
  number=11
  for ns in $directors; do
    port "$ns" eth0 fabric 10.4.0.$number/24 fd04::$number/64
    port "$ns" eth1 back 10.2.0.$number/24 fd02::$number/64
    virtual_on "$ns"
    number=$((number + 1))
  done
  for i in $(seq 1 "$2"); do
    namespace "s$i"
    port "s$i" eth0 back 10.2.0.2$i/24 fd02::2$i/64
    virtual_on "s$i"
    ip -n "s$i" route add default via 10.2.0.1
    ip -n "s$i" -6 route add default via fd02::1
  done
}
virtual_on() {
  ip -n "$1" addr add $VIP/32 dev lo
  ip -n "$1" addr add $VIP6/128 dev lo nodad
}
virtual_off() {
  ip -n "$1" addr del $VIP/32 dev lo
  ip -n "$1" addr del $VIP6/128 dev lo
}
# ways N: the router has so many to the virtual addresses, of either family
ways() {
  [ "$(ip -n router route show $VIP | grep -o ' via ' | wc -l)" = "$1" ] &&
    [ "$(ip -n router -6 route show $VIP6 | grep -o ' via ' | wc -l)" = "$1" ]
}
