# SPDX-License-Identifier: GPL-2.0-or-later
# brief: no
# ipvsadm: ours
# The pages of docs/tutorials/, command for command: each block runs on the machine that it names, and what the page says
# of it is true.
pages=/lab/tutorials

# hosts MACHINE...: network namespaces as the page has them, with eth0 in one network
hosts() { for host in "$@"; do namespace "$host"; done; }
bridge() { # NAME MACHINE:DEVICE...: these devices are in one network
  namespace "$1"
  ip -n "$1" link add br0 type bridge
  ip -n "$1" link set br0 up
  net=$1
  shift
  for end in "$@"; do
    ip link add "${end%:*}" netns "$net" type veth peer name "${end#*:}" netns "${end%:*}"
    ip -n "$net" link set "${end%:*}" master br0 up
    ip -n "${end%:*}" link set "${end#*:}" up
  done
}
has_addresses() { # MACHINE DEVICE ADDRESS...
  for address in "$3" $4; do ip -n "$1" addr add "$address" dev "$2" $(case $address in *:*) echo nodad ;; esac); done
}

# blocks PAGE: each into a file of its own, by number: N.MACHINE
blocks() {
  rm -rf /tmp/lab/page
  mkdir -p /tmp/lab/page
  awk '/^On [*][*][a-z0-9]*[*][*]:$/ { split($2, word, /[*]+/); machine = word[2] }
    /^```sh$/ { n++; out = "/tmp/lab/page/" n "." machine; machine = "nobody"; next } /^```/ { out = ""; next } out { print > out }' "$pages/$1"
}
said() { cat /tmp/lab/page/"$1".*.said; }
# those from the Nth to the Mth, all without an error
run_blocks() {
  for number in $(seq "$1" "$2"); do
    block=$(echo /tmp/lab/page/"$number".*)
    machine_of=${block##*.}
    at "$machine_of" sh -e "$block" >/tmp/lab/said 2>&1
    status=$?
    [ $status = 0 ] || cat /tmp/lab/said
    is "block $number, on $machine_of, succeeds" $status 0
    mv /tmp/lab/said "$block.said"
    # programs that were started listen before anybody asks
    case $machine_of in server*) wait_until 20 at "$machine_of" sh -c 'netstat -ltn | grep -q ":80 "' || not_ok "$machine_of listens" ;; esac
  done
}
both_answer() { [ "$(said "$1" | sort -u)" = "this is server1
this is server2" ]; }
same_rules() { [ "$(d_rules)" = "$(at director ipvsadm-save -n)" ]; }
d_rules() { cat /etc/ipvsadm.rules; }
leave() {
  at director ipvsadm -C
  for host in "$@"; do ip netns pids "$host" | xargs -r kill; done
  for host in "$@"; do ip netns del "$host"; done
}

# --- NAT ---
hosts client director server1 server2
bridge front client:eth0 director:eth0
bridge back director:eth1 server1:eth0 server2:eth0
has_addresses client eth0 192.0.2.100/24 2001:db8:1::100/64
has_addresses director eth0 192.0.2.2/24 2001:db8:1::2/64
has_addresses director eth1 10.0.0.1/24 2001:db8:2::1/64
for n in 1 2; do has_addresses server$n eth0 10.0.0.1$n/24 2001:db8:2::1$n/64; done
blocks nat.md
is "nat.md has its blocks" "$(ls /tmp/lab/page | wc -l)" 11
run_blocks 1 11
check "both servers answer, one each" both_answer 4
has "they are listed" "$(said 5)" "-> 10.0.0.12:80 .*Masq"
has "... and their connections" "$(said 5)" "TCP .*192.0.2.100:[0-9]* +192.0.2.10:80 +10.0.0.1[12]:80"
has "over IPv6" "$(said 7)" "^this is server[12]$"
is "weight 0: nobody new" "$(said 9 | sort -u)" "this is server2"
check "the rules are kept" same_rules
leave client director server1 server2 front back

# --- direct routing ---
hosts client director server1 server2
bridge front client:eth0 director:eth0 server1:eth0 server2:eth0
has_addresses client eth0 192.0.2.100/24 2001:db8:1::100/64
has_addresses director eth0 192.0.2.2/24 2001:db8:1::2/64
for n in 1 2; do has_addresses server$n eth0 192.0.2.1$n/24 2001:db8:1::1$n/64; done
blocks direct-routing.md
is "direct-routing.md has its blocks" "$(ls /tmp/lab/page | wc -l)" 7
run_blocks 1 7
is "both answer over IPv4, server1 more often; and IPv6" "$(said 4 | wc -l)" 4
is "... twice as often" "$(said 4 | head -n 3 | sort | uniq -c | tr -s ' ')" " 2 this is server1
 1 this is server2"
has "the director sees requests and no answers" "$(said 5)" "^TCP +192.0.2.10:80 +3 +[1-9][0-9]* +0 "
has "the director has the address, to the network" "$(said 6)" \
  "lladdr $(ip -n director link show eth0 | sed -n 's/.*ether \([^ ]*\).*/\1/p')"
check "the rules are kept" same_rules
leave client director server1 server2 front

# --- tunnels ---
hosts client director router server1 server2
bridge front client:eth0 director:eth0 router:eth0
bridge away router:eth1 server1:eth0 server2:eth0
has_addresses client eth0 192.0.2.100/24
has_addresses director eth0 192.0.2.2/24
has_addresses router eth0 192.0.2.1/24
has_addresses router eth1 203.0.113.1/24
at router sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
for n in 1 2; do
  has_addresses server$n eth0 203.0.113.1$n/24
  ip -n server$n route add default via 203.0.113.1
done
for host in client director; do ip -n $host route add default via 192.0.2.1; done
blocks tunnel.md
is "tunnel.md has its blocks" "$(ls /tmp/lab/page | wc -l)" 6
run_blocks 1 6
check "both servers answer" both_answer 4
has "the tunnels are listed" "$(said 5)" "203.0.113.11:80 +Tunnel +ipip"
check "the rules are kept" same_rules
leave client director router server1 server2 front away
rm -f /etc/ipvsadm.rules
