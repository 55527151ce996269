# SPDX-License-Identifier: GPL-2.0-or-later
# keepalived as Debian ships it configures the table and keeps it up to date with its checks.
topology 3
modprobe ip_vs
serve 3 80
mkdir -p /tmp/lab /var/run
{
  echo 'global_defs { router_id lab script_user root }'
  echo "virtual_server $VIP 80 { delay_loop 1 lb_algo rr lb_kind NAT protocol TCP"
  for i in 1 2 3; do
    echo "real_server 10.2.$i.2 80 { weight $i TCP_CHECK { connect_timeout 2 retry 0 delay_before_retry 1 } }"
  done
  echo '}'
  echo "virtual_server $VIP6 80 { delay_loop 1 lb_algo wlc lb_kind NAT protocol TCP persistence_timeout 50"
  echo 'real_server fd02:1::2 80 { weight 1 TCP_CHECK { connect_timeout 2 retry 0 delay_before_retry 1 } }'
  echo '}'
} | sed 's/[{}]/\n&\n/g; s/\(weight [0-9]*\)/\1\n/g; s/\(delay_loop 1\|lb_algo [a-z]*\|lb_kind NAT\|protocol TCP\|persistence_timeout 50\|router_id lab\|connect_timeout 2\|retry 0\|delay_before_retry 1\)/\1\n/g' \
  >/tmp/lab/keepalived.conf
# the braces on lines of their own are not what it reads: join "name {"
awk '{ sub(/^ +/, ""); sub(/ +$/, "") } $0 == "" { next } $0 == "{" { print held " {"; held = ""; next }
  { if (held != "") print held; held = $0 } END { print held }' /tmp/lab/keepalived.conf >/tmp/lab/ka.conf
background keepalived at d keepalived -n -l -D -C -f /tmp/lab/ka.conf -p /tmp/lab/ka.pid -c /tmp/lab/kc.pid
ka=$bg_pid
listed() { vs -Ln | grep -q -E "^  -> 10.2.$1.2:80 +Masq +$1 "; }
gone() { ! listed "$1"; }
for i in 1 2 3; do eventually "server $i is added with its weight" 20 listed $i; done
has "the IPv6 service is there" "$(vs -Ln)" "^TCP  \[fd01::100\]:80 wlc persistent 50"
is "all serve" "$(ask tcp 80 6 rst | spread)" "s1=2 s2=2 s3=2"

# server 2 stops: its process is the one of that namespace with port 80
ss_pid() { at s2 ss -ltnp | sed -n 's/.*pid=\([0-9]*\).*/\1/p' | head -n 1; }
kill -9 "$(ss_pid)"
eventually "a server that died is removed" 20 gone 2
is "... and gets no requests" "$(ask tcp 80 4 rst | spread)" "s1=2 s3=2"
background serve2 at s2 peer serve s2 80
eventually "it is added when it is back" 20 listed 2
is "... and gets requests again" "$(ask tcp 80 6 rst | spread)" "s1=2 s2=2 s3=2"
kill "$ka"
wait "$ka"
eventually "keepalived takes its services away when it ends" 10 sh -c "[ \$(at d ipvsadm -Ln | wc -l) -le 3 ]"
[ "$lab_failed" = 0 ] || tail -n 30 /tmp/lab/keepalived
