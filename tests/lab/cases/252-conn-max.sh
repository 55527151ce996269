# SPDX-License-Identifier: GPL-2.0-or-later
# brief: no
# runs-on: ours
# timeout: 400
# As many entries as conn_max allows, and a persistent service: templates do not keep connections out.
topology 1
modprobe ip_vs
serve 1 53
fake_hosts
vs_sysctl conn_max 100
vs --set 0 0 2
vs -A -u $VIP:53 -s rr -p 300
vs -a -u $VIP:53 -r 10.2.1.2:53 -m
templates() { conns | awk '$3 == "0000"'; }
# entries, and those of them that are connections
census() { conns | awk 'NR > 1 { n++ } NR > 1 && $3 != "0000" { c++ } END { print n + 0, c + 0 }'; }
of_client() { templates | grep -c "0A010002"; }
gets_in() { [ "$(c peer ask udp $VIP 53 1 timeout=400)" = s1 ]; }
is "a client" "$(ask udp 53 1)" s1
is "... has a template, which was answered" "$(templates | grep -c ASSURED)" 1

seconds=$(fewer 10)
[ "$seconds" -ge 4 ] || seconds=4
[ -z "$long" ] || seconds=90
flood() {
  mac d d0
  background flood c peer flood seconds=$seconds sources=2000 dev=c0 dmac="$mac" src=198.18.0.0 dst=$VIP proto=udp dport=53
  entries=0 connections=0 samples=0 idle=0 most=0
  while kill -0 $bg_pid 2>/dev/null; do
    # shellcheck disable=SC2046 # words
    set -- $(census)
    [ "$1" -le $most ] || most=$1
    # what the first connections leave behind shows once they have ended
    if [ "$1" -gt 50 ]; then
      entries=$((entries + $1)) connections=$((connections + $2)) samples=$((samples + 1))
      [ $(($2 * 5)) -ge "$1" ] || idle=$((idle + 1))
    fi
    sleep 0.2
  done
  echo "# $(cat /tmp/lab/flood) packets, $samples looks, $connections connections in $entries entries, $idle looks with few"
}

# replies to the flood's clients go nowhere: their templates have proved nothing
ip -n d route add blackhole 198.18.0.0/15
before=$(drops conn-max)
flood
check "it was a flood" [ "$(drops conn-max)" -gt "$before" ]
check "there were never more entries than allowed" [ "$most" -le 101 ]
check "at least half of the entries were connections" [ $((connections * 2)) -ge $entries ]
eventually "the service resumes" 5 gets_in
check "who was there before is still known" [ "$(of_client)" -ge 1 ]

# with replies all templates are equal
ip -n d route del blackhole 198.18.0.0/15
ip -n d route add 198.18.0.0/15 via 10.1.0.2
ip -n c route add blackhole 198.18.0.0/15
flood
check "clients that are answered: there are always connections" [ $idle -le $((samples / 10)) ]
eventually "the service resumes" 5 gets_in
