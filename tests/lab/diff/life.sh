# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
# tools: debian
# When a connection ends, goes on, or has to make room: rules that sysctls switch.
topology 1
modprobe ip_vs
fake_hosts
listen_on s1 e0
listen_on c c0
see() { echo "\$ $*"; "$@"; arrived s1 e0; arrived c c0; }
rows() { conns_sorted | grep " $(printf %04X $1) "; }
vs -A -t $VIP:9 -s rr
vs -A -t "[$VIP6]:9" -s rr

# a connection from its own port to a service of its own, in the state that the flags lead to
port=4000
begin() { # METHOD FLAGS...
  port=$((port + 1)) method=$1
  shift
  vs -A -t $VIP:$port -s rr
  vs -a -t $VIP:$port -r 10.2.1.11:$port $method
  for f in "$@"; do
    case $f in
      '<'*) server_sends 1 src=10.2.1.11 dst=10.1.0.77 sport=$port dport=$port flags="${f#<}" ;;
      *) client_sends src=10.1.0.77 dst=$VIP sport=$port dport=$port flags=$f ;;
    esac
  done
  arrived s1 e0 >/dev/null
  arrived c c0 >/dev/null
}
syn() { see client_sends src=10.1.0.77 dst=$VIP sport=$port dport=$port flags=${1:-S}; rows $port; }

for mode in 0 1 2 3; do
  vs_sysctl conn_reuse_mode $mode
  echo "== conn_reuse_mode=$mode"
  for walk in '-m S' '-m S <SA A FA <FA A' '-m S <SA A R' '-m S <SA A FA' '-g S A FA' '-g S A R'; do
    begin $walk
    echo "-- $walk"
    vs -a -t $VIP:$port -r 10.2.1.12:$port $method
    syn
    vs -D -t $VIP:$port
  done
done
vs_sysctl conn_reuse_mode 1
echo "== a template's connection is never over"
port=4100
vs -A -t $VIP:4101 -s rr -p 200
begin -m S '<SA' A R
vs -a -t $VIP:$port -r 10.2.1.12:$port -m
syn

for on in 0 1; do
  vs_sysctl expire_nodest_conn $on
  echo "== expire_nodest_conn=$on: weight 0"
  begin -m S '<SA' A
  vs -e -t $VIP:$port -r 10.2.1.11:$port -m -w 0
  vs -a -t $VIP:$port -r 10.2.1.12:$port -m
  syn A
  syn S
  echo "== expire_nodest_conn=$on: deleted"
  begin -m S '<SA' A
  vs -a -t $VIP:$port -r 10.2.1.12:$port -m
  vs -d -t $VIP:$port -r 10.2.1.11:$port
  if [ $on = 1 ]; then
    gone() { ! rows $port | grep -q 0A02010B; }
    wait_until 10 gone
  fi
  syn A
  see server_sends 1 src=10.2.1.11 dst=10.1.0.77 sport=$port dport=$port flags=A
  syn S
  rows $port
  echo "== expire_nodest_conn=$on: UDP"
  port=$((port + 1))
  vs -A -u $VIP:$port -s rr
  vs -a -u $VIP:$port -r 10.2.1.11:$port -m
  see client_sends src=10.1.0.77 dst=$VIP proto=udp sport=$port dport=$port len=4
  vs -e -u $VIP:$port -r 10.2.1.11:$port -m -w 0
  vs -a -u $VIP:$port -r 10.2.1.12:$port -m
  see client_sends src=10.1.0.77 dst=$VIP proto=udp sport=$port dport=$port len=4
  vs -d -u $VIP:$port -r 10.2.1.11:$port
  # ours waits a second for the server to come back
  [ $on = 0 ] || wait_until 10 gone
  see client_sends src=10.1.0.77 dst=$VIP proto=udp sport=$port dport=$port len=4
  see server_sends 1 src=10.2.1.11 dst=10.1.0.77 proto=udp sport=$port dport=$port len=4
  rows $port
done
vs_sysctl expire_nodest_conn 0

echo "== sloppy_tcp"
for on in 0 1; do
  vs_sysctl sloppy_tcp $on
  for f in A FA PA SA R RA; do
    begin -m
    echo "-- sloppy_tcp=$on"
    syn $f
  done
done
vs_sysctl sloppy_tcp 0

echo "== backup_only without a daemon changes nothing"
vs_sysctl backup_only 1 2>/dev/null
begin -m
syn
vs_sysctl backup_only 0 2>/dev/null

echo "== the last service of a family goes and comes back"
begin -m S '<SA' A
vs -D -t "[$VIP6]:9"
last=$port
vs -C
see client_sends src=10.1.0.77 dst=$VIP sport=$last dport=$last flags=A
see server_sends 1 src=10.2.1.11 dst=10.1.0.77 sport=$last dport=$last flags=A
vs -A -t $VIP:9 -s rr
see client_sends src=10.1.0.77 dst=$VIP sport=$last dport=$last flags=A
see server_sends 1 src=10.2.1.11 dst=10.1.0.77 sport=$last dport=$last flags=A
vs -A -t $VIP:$last -s rr
vs -a -t $VIP:$last -r 10.2.1.11:$last -m
see client_sends src=10.1.0.77 dst=$VIP sport=$last dport=$last flags=A
vst -Ln

echo "== IPv6: a service goes, another one stays"
vs -A -t "[$VIP6]:9" -s rr
vs -A -u "[$VIP6]:53" -s rr
vs -a -u "[$VIP6]:53" -r "[fd02:1::11]:53" -m
see client_sends src=fd01::77 dst=$VIP6 proto=udp sport=4900 dport=53 len=4
vs -D -u "[$VIP6]:53"
see client_sends src=fd01::77 dst=$VIP6 proto=udp sport=4900 dport=53 len=4
see server_sends 1 src=fd02:1::11 dst=fd01::77 proto=udp sport=53 dport=4900 len=4
vs -C
