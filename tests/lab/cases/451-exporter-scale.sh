# SPDX-License-Identifier: GPL-2.0-or-later
# lane: long
# timeout: 1800
# ipvs-exporter with 10,000 services of 5 servers each: all of them are there, in less than 100 MB, also for clients that do
# not take what they ask for; pages stay small. How long a scrape takes, without an emulated processor: make bench-exporter.
topology 1
modprobe ip_vs
mkdir -p /tmp/lab
at=127.0.0.1:9793
n=$(fewer 10000)
awk -v n="$n" 'BEGIN {
  for (i = 1; i <= n; i++) {
    printf "-A -f %d -s rr\n", i
    for (s = 11; s <= 15; s++) printf "-a -f %d -r 10.2.1.%d -m\n", i, s
  }
}' | vs -R
background exporter d ipvs-exporter
eventually "it listens" 20 sh -c 'at d curl -s -m 5 -o /dev/null http://127.0.0.1:9793/style.css'
resident() { sed -n "s/^$1:[^0-9]*\([0-9]*\) kB/\1/p" "/proc/$(pidof ipvs-exporter)/status"; }
is "all servers are in a scrape" \
  "$(d curl -s -m 300 http://$at/metrics | tee /tmp/lab/metrics | grep -c '^ipvs_server_connections_total{')" $((n * 5))
is "... each once" "$(grep -v '^#' /tmp/lab/metrics | sed 's/ [^ ]*$//' | sort | uniq -d | wc -l)" 0
echo "# $(grep ^ipvs_exporter_snapshot_seconds /tmp/lab/metrics), $(wc -c </tmp/lab/metrics) bytes"
is "JSON has them, too" "$(d curl -s -m 300 http://$at/api/v1/services | tr '{' '\n' | grep -c '"method":')" $((n * 5))
has "a page has fifty" "$(d curl -s -m 60 "http://$at/?page=7")" "$n in all, page 7 of $(((n + 49) / 50))"
check "... and is small" [ "$(d curl -s -m 60 "http://$at/?page=7" | wc -c)" -lt 100000 ]
for i in $(seq 5); do
  printf 'GET /metrics HTTP/1.0\r\n\r\n' | d socat -u - TCP:$at,rcvbuf=1024,shut-none >/dev/null 2>&1 &
done
is "others are served beside clients that take nothing" \
  "$(d curl -s -m 300 http://$at/metrics | grep -c '^ipvs_server_connections_total{')" $((n * 5))
echo "# $(resident VmHWM) kB at most"
check "memory" [ "$(resident VmHWM)" -lt 100000 ]
vs -C
