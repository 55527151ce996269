# SPDX-License-Identifier: GPL-2.0-or-later
# brief: no
# ipvs-exporter: what it says is what ipvsadm says, on either module, by the names of node_exporter and more; it outlives its
# module, and clients that mean no good.
topology 2
modprobe ip_vs
fake_hosts
mkdir -p /tmp/lab
at=127.0.0.1:9793
get() { d curl -s -m 20 "http://$at$1"; }
code() { d curl -s -m 20 -o /dev/null -w '%{http_code}' "$@"; }

# One server of several services and protocols; both families; a mark in both of them, with the same server.
vs -A -t $VIP:80 -s wlc -p 300
vs -a -t $VIP:80 -r 10.2.1.11:8080 -m -w 3 -x 100 -y 50
vs -a -t $VIP:80 -r 10.2.1.12:8080 -m -w 0
vs -A -u $VIP:80 -s rr
vs -a -u $VIP:80 -r 10.2.1.11:8080 -m
vs -A -t $VIP:81 -s sh -b sh-port
vs -a -t $VIP:81 -r 10.2.1.11:8080 -m
vs -A -t "[$VIP6]:80" -s rr
vs -a -t "[$VIP6]:80" -r "[fd02:1::11]:8080" -m
vs -A -f 10 -s rr
vs -a -f 10 -r 10.2.1.11:0 -i
vs -a -f 10 -r "[fd02:1::11]:0" -i -w 2
vs -A -f 10 -6 -s rr
vs -a -f 10 -6 -r "[fd02:1::11]:0" -i
vs -A -u "[$VIP6]:53" -s rr
for port in 7000 7001 7002; do client_sends src=10.1.0.77 dst=$VIP sport=$port dport=80 flags=S; done
client_sends src=10.1.0.77 dst=$VIP proto=udp sport=7000 dport=80
client_sends src=fd01::77 dst=$VIP6 sport=7000 dport=80 flags=S
eventually "five connections and a template" 10 sh -c '[ "$(at d grep -c ^ /proc/net/ip_vs_conn)" = 7 ]'

# Who serves: not root, with one right, and the group that may read ip_vs_status.
background exporter at d setpriv --reuid=65534 --regid=65534 --groups=0 --inh-caps=-all,+net_admin \
  --ambient-caps=-all,+net_admin --bounding-set=-all,+net_admin --no-new-privs ipvs-exporter
exporter=$bg_pid
eventually "it listens" 20 sh -c 'at d curl -s -m 5 -o /dev/null http://127.0.0.1:9793/metrics'
memory() { sed -n "s/^$1:[^0-9]*\([0-9]*\) kB/\1/p" "/proc/$(pidof ipvs-exporter)/status"; }

# --- the same numbers as ipvsadm's, in the same moment: nothing moves ---
# the kernel's own module sums up every two seconds
eventually "all is counted" 10 sh -c '[ "$(at d ipvsadm -Ln --stats --exact | awk "/-> 10.2.1.11:8080/ { n += \$3 } END { print n }")" -ge 3 ]'
get /metrics >/tmp/lab/metrics
is "no line comes twice" "$(grep -v '^#' /tmp/lab/metrics | sed 's/ [^ ]*$//' | sort | uniq -d)" ""
is "no metric has two titles" "$(grep '^# TYPE' /tmp/lab/metrics | sort | uniq -d)" ""
servers() {
  awk -F'"' -v name="ipvs_server_$1" 'index($0, name "{") == 1 {
    where = $12 ~ /:/ ? "[" $10 "]" : $10
    value = $NF; sub(/.* /, "", value)
    print $8, $2 ":" $4, $10 ":" $12, value }' /tmp/lab/metrics | sort
}
of_ipvsadm() {
  vs -Ln --stats --exact | awk -v column="$1" '
    /^(TCP|UDP|FWM)/ { proto = $1; local = $1 == "FWM" ? ":0" : $2; gsub(/[][]/, "", local) }
    /->/ && !/Remote/ { remote = $2; gsub(/[][]/, "", remote); print proto, local, remote, $column }' | sort
}
is "all servers are there" "$(servers connections_total | wc -l) $(of_ipvsadm 3 | wc -l)" "8 8"
is "connections" "$(servers connections_total)" "$(of_ipvsadm 3)"
is "packets in" "$(servers incoming_packets_total)" "$(of_ipvsadm 4)"
is "packets out" "$(servers outgoing_packets_total)" "$(of_ipvsadm 5)"
is "bytes in" "$(servers incoming_bytes_total)" "$(of_ipvsadm 6)"
is "bytes out" "$(servers outgoing_bytes_total)" "$(of_ipvsadm 7)"
value() { sed -n "s/^$1 //p" /tmp/lab/metrics; }
is "all services" "$(value ipvs_services) $(value ipvs_servers)" "7 8"
is "thresholds where there are any" "$(grep -c '^ipvs_server_upper_threshold{' /tmp/lab/metrics)" 1
has "a scheduler's flags" "$(cat /tmp/lab/metrics)" '^ipvs_service_info\{.*local_port="81".*scheduler="sh",scheduler_flags="sh-port"'
if [ "$module" = intree ]; then
  is "what this module does not tell is not there" "$(grep -c -E '^ipvs_(dropped|fast_path)' /tmp/lab/metrics)" 0
else
  is "drops by reason" "$(sed -n 's/^ipvs_dropped_packets_total{reason="\(.*\)"}/\1/p' /tmp/lab/metrics)" "$(d cat /proc/net/ip_vs_drops)"
  is "entries" "$(value ipvs_entries)" "$(status Conns)"
  has "the fast path" "$(cat /tmp/lab/metrics)" '^ipvs_fast_path_packets_total\{outcome="taken"\} 0$'
  is "size of the table" "$(value 'ipvs_table_buckets{table="conn"}')" "$(status 'Conn buckets')"
fi

# --- node_exporter's names and values; both at once ---
background node at d prometheus-node-exporter --collector.disable-defaults --collector.ipvs --web.listen-address=127.0.0.1:9100
eventually "node_exporter listens" 60 sh -c 'at d curl -s -m 20 http://127.0.0.1:9100/metrics | grep -q ^node_ipvs_connections_total'
d curl -s -m 20 http://127.0.0.1:9100/metrics | grep ^node_ipvs | sort >/tmp/lab/theirs
get /metrics | grep ^node_ipvs | tee /tmp/lab/ours-unsorted | sort >/tmp/lab/ours
# its labels are in another order
sorted() {
  awk '{ name = $1; sub(/\{.*/, "", name); labels = $1; sub(/^[^{]*\{?/, "", labels); sub(/\}$/, "", labels)
         n = split(labels, each, ","); for (i = 1; i <= n; i++) print NR, name, each[i]; print NR, name, "= " $2 + 0 }' "$1" |
    sort -k1,1n -k3 | awk '{ if ($1 != last) { if (last) print line; line = $2; last = $1 } $1 = $2 = ""; line = line $0 } END { print line }' | sort
}
is "what node_exporter says of all, one server being that of a mark in both families" \
  "$(wc -l <"/tmp/lab/theirs")" 26
is "what node_exporter says" "$(sorted /tmp/lab/ours)" "$(sorted /tmp/lab/theirs)"
check "promtool takes it" sh -c 'promtool check metrics </tmp/lab/metrics'

# --- JSON: of one piece with ipvsadm's ---
is "services" "$(get /api/v1/services)" "$(vs -Ln --json)"
is "one service" "$(get "/api/v1/services?protocol=tcp&address=$VIP&port=80")" "$(vs -Ln -t $VIP:80 --json)"
is "connections" "$(get /api/v1/connections | jq -c '.connections[]|[.client.port,.virtual.port,.state]' | sort)" \
  "$(vs -Lnc --json | jq -c '.connections[]|[.client.port,.virtual.port,.state]' | sort)"
is "... of one client's port" "$(get '/api/v1/connections?client_port=7001' | jq -c '[.connections[].client.port]')" "[7001]"
is "... a page of them" "$(get '/api/v1/connections?limit=2' | jq '.connections|length')" 2
has "... and where the next is" "$(d curl -s -m 20 -D - "http://$at/api/v1/connections?limit=2")" 'Link: </api/v1/connections\?limit=2&from=2>; rel="next"'
is "timeouts" "$(get /api/v1/timeouts)" "$(vs -Ln --timeout --json)"
is "daemons" "$(get /api/v1/daemons)" "$(vs -Ln --daemon --json)"
is "state" "$(get /api/v1/status | jq .up)" true

# --- pages ---
has "services are listed" "$(get /)" "tcp $VIP:80</a>"
has "a server that is drained" "$(get "/service?protocol=tcp&address=$VIP&port=80")" 'dot fair"></span>drained'
has "connections of a service" "$(get "/connections?protocol=tcp&virtual=$VIP&virtual_port=80&client_port=7002")" '10\.1\.0\.77:7002'
has_not "... no others" "$(get "/connections?client_port=7002")" '10\.1\.0\.77:7001'
has_not "what is asked for is not part of the page" "$(get '/?q=%3Cscript%3Ealert(1)%3C/script%3E')" '<script>'
has_not "... nor of an attribute" "$(get '/connections?client=%22%3E%3Cb%3E')" '"><b>'
has_not "pages need nothing from elsewhere" "$(get /; get /style.css; get /script.js)" '(src|href|url)[=(]"?(https?:)?//'
has "news come by themselves" "$(d curl -s -N -m 6 "http://$at/api/v1/events")" '^data: \{"up":true.*"id":"tcp 10.1.0.100:80"'

# --- who asks what it must not ---
is "nothing can be written" "$(code -X POST -d x http://$at/api/v1/services) $(code -X DELETE http://$at/) $(code -X PUT -d x http://$at/)" "405 405 405"
is "what there is not" "$(code http://$at/nothing) $(code http://$at/api/v1/nothing) $(code "http://$at/api/v1/services?fwmark=999")" "404 404 404"
is "wrong questions" "$(code "http://$at/api/v1/connections?client=x") $(code "http://$at/api/v1/connections?limit=10001") $(code "http://$at/service?port=80")" "400 400 400"
is "a wrong address" "$(code "http://$at/%zz") $(code --path-as-is "http://$at/%00")" "400 400"
answer() { printf "$1" | d socat -t 5 - TCP:$at | head -n 1 | tr -d '\r'; }
is "no HTTP" "$(answer '\026\003\001\002\n\n')" "HTTP/1.1 400 Bad Request"
is "no host" "$(answer 'GET / HTTP/1.1\r\n\r\n')" "HTTP/1.1 400 Bad Request"
is "a version that is not spoken" "$(answer 'GET / HTTP/3.0\r\n\r\n')" "HTTP/1.1 505 HTTP Version Not Supported"
long=$(head -c 9000 /dev/zero | tr '\0' a)
is "a giant header" "$(answer "GET / HTTP/1.1\r\nHost: a\r\nX: $long\r\n\r\n")" "HTTP/1.1 431 Request Header Fields Too Large"
is "a giant address" "$(answer "GET /$long HTTP/1.1\r\nHost: a\r\n\r\n")" "HTTP/1.1 414 URI Too Long"
is "two hosts" "$(answer 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n')" "HTTP/1.1 400 Bad Request"
is "a body" "$(answer 'GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n')" "HTTP/1.1 413 Content Too Large"

# A hundred that say nothing, one that never comes to its end, and some that do not take what they have asked for.
before=$(memory VmRSS)
for i in $(seq 100); do d socat -u TCP:$at,rcvbuf=1024 - </dev/null >/dev/null 2>&1 & echo $!; done >/tmp/lab/idle
(while printf G; do sleep 0.5; done) | d socat - TCP:$at >/dev/null 2>&1 &
slow_one=$!
eventually "they are connected" 30 sh -c '[ "$(at d ss -Htn state established "sport = :9793" | wc -l)" -ge 101 ]'
is "others are served" "$(code http://$at/metrics)" 200
check "... without more memory" [ "$(memory VmRSS)" -lt $((before + 2000)) ]
eventually "a request that does not end is ended" 30 sh -c "! kill -0 $slow_one"
kill $(cat /tmp/lab/idle) 2>/dev/null

# --- servers that go, counters that stay ---
counted=$(value ipvs_connections_total)
vs -d -t $VIP:80 -r 10.2.1.11:8080
get /metrics >/tmp/lab/metrics
is "a deleted server has no series" "$(grep -c 'local_port="80",.*proto="TCP",remote_address="10.2.1.11"' /tmp/lab/metrics)" 0
check "the sum does not go back" [ "$(value ipvs_connections_total)" -ge "$counted" ]
vs -C
eventually "no module" 20 no_ipvs
is "without the module it says so" "$(get /metrics | grep ^ipvs_up)" "ipvs_up 0"
is "... and asking has not loaded it" "$(grep -c ^ip_vs /proc/modules)" 0
is "... the page, too" "$(code http://$at/) $(get / | grep -c 'not loaded')" "503 1"
modprobe ip_vs
vs -A -t $VIP:82 -s rr
has "a module that came has its services seen" "$(get /metrics)" '^ipvs_service_info\{.*local_port="82"'
check "it is the same process" kill -0 "$exporter"
vs -C
