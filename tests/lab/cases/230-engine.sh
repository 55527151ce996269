# SPDX-License-Identifier: GPL-2.0-or-later
# brief: no
# timeout: 300
# runs-on: ours
# Persistence engines, with one that only tests have (tests/lab/pe): a client is who sends the same first
# eight bytes.
topology 2
modprobe ip_vs
fake_hosts
listen_on s1 e0
listen_on c c0
udp() { client_sends src="$1" dst=$VIP proto=udp sport="$2" dport=53 "data=$3"; }
server_of() { d awk -v p="$(printf %04X "$1")" '$3 == p { print $6 }' /proc/net/ip_vs_conn; }
templates() { conns | awk '$3 == "0000"'; }
users() { awk -v m="$1" '$1 == m { print $3 }' /proc/modules; }

has "an engine that does not exist" "$(vs -A -u $VIP:53 -s rr -p 100 --pe nosuch 2>&1)" "persistence engine|not found"
has "... the log names the module" "$(dmesg)" "IPVS: persistence engine module ip_vs_pe_nosuch not found"
is "... and there is no service" "$(vs -Sn)" ""
check "a service with an engine" vs -A -u $VIP:53 -s rr -p 100 --pe labtest
has "... whose module was loaded" "$(dmesg)" "IPVS: \[labtest\] pe registered"
refuse "... and cannot go" rmmod ip_vs_pe_labtest
is "it is shown" "$(vs -Sn)" "-A -u $VIP:53 -s rr -p 100 --pe labtest"
has "over netlink" "$(d peer genl 4 dump)" "11=6c6162746573740"
for n in 11 12 13; do vs -a -u $VIP:53 -r 10.2.1.$n:53 -m; done

udp 10.1.0.77 1001 call-one-a
udp 10.1.0.77 1002 call-two-a
udp 10.1.0.77 1003 call-one-b
udp 10.1.0.99 1004 call-two-c
is "the same data, the same server" "$(server_of 1003)" "$(server_of 1001)"
is "... also from another client" "$(server_of 1004)" "$(server_of 1002)"
check "other data of the same client, another server" test "$(server_of 1001)" != "$(server_of 1002)"
is "two templates" "$(templates | wc -l)" 2
has "they show the engine and its data" "$(templates)" "NONE +[0-9]+ labtest <call-one>$"
has_not "connections do not" "$(conns | grep ' 03E9 ')" labtest
has "ipvsadm shows them" "$(vs -Lnc --persistent-conn)" "labtest +<call-one>"
before=$(drops no-engine-data)
arrived s1 e0 >/dev/null
arrived c c0 >/dev/null
udp 10.1.0.77 1005 -nothing
is "a packet without data is dropped" "$(server_of 1005)$(arrived s1 e0)" ""
is "... without an answer" "$(arrived c c0)" ""
is "... and with a reason" "$(drops no-engine-data)" $((before + 1))
udp 10.1.0.77 1006 long-and-longer-data
has "only its own bytes are the key" "$(templates)" "labtest <long-and>$"
udp 10.1.0.77 1007 tiny
has "... or as many as there are" "$(templates)" "labtest <tiny>$"

# a server may speak first
arrived c c0 >/dev/null
server_sends 1 src=10.2.1.12 dst=10.1.0.77 proto=udp sport=53 dport=2001 data=call-new-x
has "a server speaks first: its packet comes from the virtual address" "$(arrived c c0)" "$VIP:53 > 10.1.0.77:2001 udp"
is "... it has a connection" "$(server_of 2001)" 0A02010C
has "... and a template, which has been answered" "$(templates)" "0A02010C 0035 ASSURED +[0-9]+ labtest <call-new>"
udp 10.1.0.77 2002 call-new-y
is "... that leads to it" "$(server_of 2002)" 0A02010C
server_sends 1 src=10.2.1.12 dst=10.1.0.77 proto=udp sport=53 dport=2003 data=-no-data
has "a server's packet without data is left alone" "$(arrived c c0)" "10.2.1.12:53 > 10.1.0.77:2003 udp"
server_sends 1 src=10.2.1.12 dst=10.1.0.77 proto=udp sport=54 dport=2004 data=call-new
has "... and one from another port" "$(arrived c c0)" "10.2.1.12:54 > 10.1.0.77:2004 udp"

# changes
check "the engine can be changed" vs -E -u $VIP:53 -s rr -p 100 --pe labplain
is "... to another one" "$(vs -Sn | head -n 1)" "-A -u $VIP:53 -s rr -p 100 --pe labplain"
udp 10.1.0.77 1101 call-one-a
udp 10.1.0.99 1102 call-one-a
has "another engine has other templates" "$(templates)" "labplain call-one$"
is "... for which the client counts too" "$(templates | grep -c 'labplain call-one$')" 2
server_sends 1 src=10.2.1.12 dst=10.1.0.77 proto=udp sport=53 dport=2005 data=call-new
has "this one does not let servers begin" "$(arrived c c0)" "10.2.1.12:53 > 10.1.0.77:2005 udp"
check "it can be taken off" vs -E -u $VIP:53 -s rr -p 100
is "... and is gone" "$(vs -Sn | head -n 1)" "-A -u $VIP:53 -s rr -p 100"
udp 10.1.0.77 1103 call-one-a
is "without an engine the client is its network" "$(templates | grep -c -v lab)" 1
check "the module is still held by templates" test "$(users ip_vs_pe_labtest)" -gt 0
refuse "a failed edit" vs -E -u $VIP:53 -s nosuch -p 100 --pe labtest
refuse "a service that exists" vs -A -u $VIP:53 -s rr -p 100 --pe labtest

# one packet: scheduled by data every time, and replies are translated all the same
vs -C
vs -A -u $VIP:53 -s rr -o -p 100 --pe labtest
for n in 11 12; do vs -a -u $VIP:53 -r 10.2.1.$n:53 -m; done
arrived s1 e0 >/dev/null
udp 10.1.0.77 3001 one-pkt-a
udp 10.1.0.77 3001 two-pkt-a
udp 10.1.0.77 3001 one-pkt-b
is "one packet: the data decides each time" "$(arrived s1 e0 | sed 's/.*> \([^ ]*\) .*/\1/' | sort | uniq -c | awk '{ print $1 }' | sort -rn | tr '\n' ' ')" "2 1 "
is "... and no connection stays" "$(server_of 3001)" ""
arrived c c0 >/dev/null
server_sends 1 src=10.2.1.11 dst=10.1.0.77 proto=udp sport=53 dport=3001 data=one-pkt-c
has "... a reply is translated" "$(arrived c c0)" "$VIP:53 > 10.1.0.77:3001 udp"
is "... and no connection stays of that" "$(server_of 3001)" ""

# a server speaks to a client whose template names another one: its connection has nothing to do with that
vs -C
vs --set 0 0 1
vs -A -u $VIP:53 -s rr -p 4 --pe labtest
for n in 11 12; do vs -a -u $VIP:53 -r 10.2.1.$n:53 -m; done
udp 10.1.0.77 4001 new-data-a
case $(server_of 4001) in 0A02010B) other=12 ;; *) other=11 ;; esac
no_template() { ! templates | grep -q '<new-data>'; }
only_template() { [ -z "$(server_of 4001)" ] && ! no_template; }
eventually "a template has no connection any more" 6 only_template
vs --set 0 0 300
server_sends 1 src=10.2.1.$other dst=10.1.0.77 proto=udp sport=53 dport=4002 data=new-data-b
is "another server speaks" "$(server_of 4002)" "$(printf 0A0201%02X $other)"
eventually "... its connection does not keep the template" 10 no_template
is "... and is still there" "$(server_of 4002)" "$(printf 0A0201%02X $other)"
vs -C

# IPv6
vs -A -u "[$VIP6]:53" -s rr -p 100 --pe labtest
for n in 11 12; do vs -a -u "[$VIP6]:53" -r "[fd02:1::$n]:53" -m; done
client_sends src=fd01::77 dst=$VIP6 proto=udp sport=1001 dport=53 data=call-six-a
client_sends src=fd01::78 dst=$VIP6 proto=udp sport=1002 dport=53 data=call-six-b
has "IPv6: the template shows its data" "$(templates)" "^UDP fd01.*labtest <call-six>$"
is "... and is for both clients" "$(conns | awk '$2 ~ /^fd01/ && $3 != "0000" { print $6 }' | sort -u | wc -l)" 1
vs -C
