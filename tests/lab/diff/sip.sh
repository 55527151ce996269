# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 600
# tools: debian
# The persistence engine for SIP: what it takes for a Call-ID, whom it leads where, and servers that speak first.
both_have ip_vs_pe_sip || { echo "not compared: one of the two has no engine for SIP"; exit 0; }
topology 1
modprobe ip_vs
fake_hosts
ip -n d neigh add 10.1.1.78 dev d0 lladdr "$cmac"
listen_on s1 e0
listen_on c c0
start='INVITE sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 10.1.0.77\r\n'
hex() { printf "$1" | od -An -v -tx1 | tr -d ' \n'; }
says() { # ADDRESS SPORT TEXT: escapes are those of printf
  client_sends src="$1" dst=$VIP proto=udp sport="$2" dport=5060 hex="$(hex "$3")"
}
pool_sip() { # option...
  vs -C
  vst -A -u $VIP:5060 -s rr -p 200 --pe sip "$@"
  for n in 11 12 13; do vs -a -u $VIP:5060 -r 10.2.1.$n:5060 -m; done
}
# templates and connections, without their times; the data of an engine is the rest of the line
rows() { echo "-- $*"; conns_sorted | grep -a -v ' FFFF ' | cat -v; }

echo "== what is a Call-ID"
pool_sip
n=0
while IFS= read -r message; do
  n=$((n + 1))
  says 10.1.0.77 $((2000 + n)) "$message"
done <<MESSAGES
${start}Call-ID: a84b4c76e66710@pc33.example.com\\r\\nCSeq: 1 INVITE\\r\\n\\r\\n
${start}CALL-id:one\\r\\n
${start}Call-ID: two\\n
${start}Call-ID: three\\r
\\nCall-ID: four\\n
${start}To: x\\r\\n\\r\\nCall-ID: in-the-body\\r\\n
${start}i: five\\r\\n
${start}I \\t : six@\\r\\n
${start}I \\t : six\\r\\n
${start}In-Reply-To: other\\r\\ni: seven\\r\\n
${start}i\\304: other\\r\\ni: latin\\r\\n
${start}i2: eight\\r\\n
${start}i2: eight\\r\\ni: nine\\r\\n
${start}Call-ID2: ten\\r\\nCall-ID: eleven\\r\\n
${start}i
${start}Call-I
${start}Call-ID
${start}Call-ID:
${start}Call-ID:\\040
${start}Call-ID:\\r\\n twelve\\r\\n
${start}Call-ID:\\n\\t twelve-more\\r\\n
${start}Call-ID \\r\\n : \\r\\n thirteen\\r\\n
${start}Call-ID:\\r\\nfourteen\\r\\n
${start}Call-ID:\\r\\n \\r\\n fifteen\\r\\n
${start}Call-ID:\\r\\n\\040
${start}Call-ID:\\r
${start}Subject: x\\r\\n Call-ID: other\\r\\nCall-ID: sixteen\\r\\n
${start}Call-ID: a@b@c\\r\\n
${start}Call-ID: @b\\r\\n
${start}Call-ID: a@\\r\\n
${start}Call-ID: a b\\r\\n
${start}Call-ID: a \\r\\n
${start}Call-ID: a
${start}Call-ID: a@b
${start}Call-ID: seventeen\\r\\nCall-ID: eighteen\\r\\n
${start}Call-ID: @\\r\\nCall-ID: nineteen\\r\\n
${start}Call-ID: @\\r\\nCall-ID: @\\r\\nCall-ID: nineteen-more\\r\\n
${start}Call-ID: a@\\r\\nCall-ID: ;\\r\\nCall-ID: \\r\\n \\r\\nCall-ID: nineteen-and-more\\r\\n\\r\\n$(head -c 300 /dev/zero | tr '\0' z)
${start}Call-ID: a b\\r\\nCall-ID: nineteen-else\\r\\n
${start}Call-ID:\\r\\nCall-ID: nineteen-below\\r\\n
Call-ID: twenty\\r\\nCall-ID: twenty-one\\r\\n
Call-ID: twenty-two\\r\\n
\\n\\nCall-ID: twenty-three\\r\\n
\\r\\n\\r\\nCall-ID: twenty-four\\r\\n
\\n\\n\\nCall-ID: twenty-five\\r\\n
\\000\\nCall-ID: twenty-six\\r\\n
${start}Call-ID: twenty\\000seven\\r\\n
x
MESSAGES
rows "the templates say what was found"

echo "== each character"
pool_sip
# what is no letter and no digit, and some of those
for c in $(seq 1 47) 48 57 $(seq 58 65) 90 $(seq 91 97) 122 $(seq 123 128) 159 160 191 192 214 215 216 246 247 248 255; do
  character=$(printf '\\%03o' "$c")
  [ "$c" != 37 ] || character=%%
  says 10.1.0.77 $((3000 + c)) "${start}Call-ID: a${character}b\\r\\n"
done
rows "those that a Call-ID may have"

echo "== how long"
pool_sip
for len in 255 256; do
  says 10.1.0.77 $((4000 + len)) "${start}Call-ID: $(head -c $len /dev/zero | tr '\0' x)\\r\\n"
done
rows "255 at most"

echo "== a message in fragments"
message=$(hex "${start}Subject: $(head -c 100 /dev/zero | tr '\0' y)\\r\\nCall-ID: in-pieces\\r\\n")
client_sends src=10.1.0.77 dst=$VIP proto=udp sport=4301 dport=5060 hex="$message" fragsize=96
rows "put together" | grep -a in-pieces

echo "== who has the same Call-ID"
arrived s1 e0 >/dev/null
pool_sip
for call in one two; do
  says 10.1.0.77 5001 "${start}Call-ID: $call\\r\\n"
  says 10.1.0.77 5002 "${start}Call-ID: $call\\r\\n"
  says 10.1.0.78 5003 "${start}Call-ID: $call\\r\\n"
  says 10.1.1.78 5004 "${start}Call-ID: $call\\r\\n"
done
rows "each client has its own"
arrived s1 e0
for mask in 255.255.255.0 0.0.0.0; do
  pool_sip -M $mask
  for call in one two three; do
    says 10.1.0.77 51${#call}1 "${start}Call-ID: $call\\r\\n"
    says 10.1.0.78 51${#call}2 "${start}Call-ID: $call\\r\\n"
    says 10.1.1.78 51${#call}3 "${start}Call-ID: $call\\r\\n"
  done
  rows "$mask"
  arrived s1 e0
done

echo "== nothing to go by"
says 10.1.0.77 5201 "${start}Subject: x\\r\\n"
client_sends src=10.1.0.77 dst=$VIP proto=udp sport=5202 dport=5060
arrived s1 e0
arrived c c0
rows "no connection" | grep -e 1451 -e 1452

echo "== one packet at a time"
pool_sip -o -M 0.0.0.0
for call in one two one; do says 10.1.0.77 5301 "${start}Call-ID: $call\\r\\n"; done
arrived s1 e0 | sort
rows "templates only"

echo "== a server speaks first"
pool_sip -M 0.0.0.0
server() { server_sends 1 src=10.2.1.$1 dst=10.1.0.77 proto=udp sport=$2 dport=$3 hex="$(hex "$4")"; }
server 12 5060 5401 "${start}Call-ID: from-server\\r\\n"
server 13 5060 5402 "${start}Subject: x\\r\\n"
server 13 5061 5403 "${start}Call-ID: from-another-port\\r\\n"
arrived c c0
says 10.1.0.77 5404 "${start}Call-ID: from-server\\r\\n"
arrived s1 e0
rows "a connection, and a template that leads to it"

echo "== other protocols"
vs -C
vst -A -t $VIP:5060 -s rr -p 200 --pe sip
vs -a -t $VIP:5060 -r 10.2.1.11:5060 -m
client_sends src=10.1.0.77 dst=$VIP sport=5501 dport=5060 flags=S hex="$(hex "${start}Call-ID: tcp\\r\\n")"
arrived s1 e0
rows "TCP has none" | grep 157D

echo "== IPv6"
vs -C
vst -A -u "[$VIP6]:5060" -s rr -p 200 -M 32 --pe sip
for n in 11 12; do vs -a -u "[$VIP6]:5060" -r "[fd02:1::$n]:5060" -m; done
for a in fd01::77 fd01::78; do
  client_sends src=$a dst=$VIP6 proto=udp sport=5601 dport=5060 hex="$(hex "${start}Call-ID: six@six\\r\\n")"
  client_sends src=$a dst=$VIP6 proto=udp sport=5602 dport=5060 hex="$(hex "${start}Call-ID: more@six\\r\\n")"
done
arrived s1 e0
rows "by Call-ID"
vs -C
rows "connections stay" | grep -c fd01
