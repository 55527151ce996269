# SPDX-License-Identifier: GPL-2.0-or-later
# brief: no
# Calls of SIP keep their servers: what has the same Call-ID goes to the same one, whoever sends it, if the service's
# netmask makes one client of all.
topology 3
modprobe ip_vs
fake_hosts
listen_on s1 e0
check "a service with the engine" vs -A -u $VIP:5060 -s rr -p 200 -M 0.0.0.0 --pe sip
has "... is shown" "$(vs -Sn)" "--pe sip"
for n in 11 12 13 14 15; do vs -a -u $VIP:5060 -r 10.2.1.$n:5060 -m; done
says() { # ADDRESS SPORT CALL-ID METHOD
  client_sends src="$1" dst=$VIP proto=udp sport="$2" dport=5060 \
    hex="$(printf '%s sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP %s\r\nCall-ID: %s\r\n\r\n' "$4" "$1" "$3" | od -An -v -tx1 | tr -d ' \n')"
}
n=0
for method in INVITE ACK BYE; do
  for call in 1 2 3 4 5 6 7 8 9 10; do
    n=$((n + 1))
    says 10.1.$((n % 3 + 1)).$((n % 5 + 20)) $((2000 + n)) "call-$call@example.com" $method
  done
done
arrived s1 e0 >/dev/null
servers() { conns | awk '$3 != "0000" && $4 == "0A010064" { print $3, $6 }' | sort; }
is "all packets have a connection" "$(servers | wc -l)" 30
# the n-th packet is of call (n - 1) % 10
is "each call has one server" "$(servers | awk '
  function hex(s,  v, i) { for (i = 1; i <= length(s); i++) v = v * 16 + index("0123456789ABCDEF", substr(s, i, 1)) - 1; return v }
  { call = (hex($1) - 2001) % 10; if (!((call, $2) in seen)) { seen[call, $2]; n++ } } END { print n }')" 10
is "... and calls are spread" "$(servers | awk '{ print $2 }' | sort | uniq -c | awk '{ print $1 }' | tr '\n' ' ')" "6 6 6 6 6 "
is "ten templates, of their Call-IDs" "$(conns | awk '$3 == "0000" && $10 == "sip" { print $11 }' | sort -u | wc -l)" 10
refuse "the engine's module cannot go" rmmod ip_vs_pe_sip
if [ "$module" != intree ]; then
  before=$(drops no-engine-data)
  client_sends src=10.1.0.77 dst=$VIP proto=udp sport=3000 dport=5060 data=nothing
  client_sends src=10.1.0.77 dst=$VIP proto=udp sport=3001 dport=5060
  arrived s1 e0 >/dev/null
  is "packets without a Call-ID are dropped with a reason" "$(drops no-engine-data)" $((before + 2))
fi
