# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 240
# 10 MB over HTTP arrive unchanged by every method, with and without segmentation and receive offload.
topology 3
modprobe ip_vs
tunnel_ends
mkdir -p /tmp/lab
dd if=/dev/urandom of=/tmp/lab/body bs=1M count=$(fewer 10) 2>/dev/null
want=$(sha256sum </tmp/lab/body)
for i in 1 2 3; do
  mkdir -p /tmp/lab/www$i/log
  ln -s ../body /tmp/lab/www$i/body
  cat >/tmp/lab/www$i/conf <<CONF
daemon off; master_process off; pid /tmp/lab/www$i/pid; error_log /tmp/lab/www$i/log/error;
events { worker_connections 512; }
http {
  access_log off; client_body_temp_path /tmp/lab/www$i/b; proxy_temp_path /tmp/lab/www$i/p;
  fastcgi_temp_path /tmp/lab/www$i/f; uwsgi_temp_path /tmp/lab/www$i/u; scgi_temp_path /tmp/lab/www$i/s;
  server {
    listen 80; listen [::]:80; root /tmp/lab/www$i; add_header X-Server s$i;
  }
}
CONF
  background nginx$i at s$i nginx -p /tmp/lab/www$i -c /tmp/lab/www$i/conf
  wait_until 20 at s$i curl -s -o /dev/null http://127.0.0.1/conf || not_ok "nginx of s$i starts"
done

# get ADDRESS: three bodies, one from each server
get() {
  for n in 1 2 3; do
    c curl -s --max-time $((60 * slow)) -D /tmp/lab/head$n -o /tmp/lab/got$n "http://$1/body" || echo "curl: $?"
    [ "$(sha256sum </tmp/lab/got$n)" = "$want" ] || echo "body $n differs: $(wc -c </tmp/lab/got$n) bytes"
  done
  cat /tmp/lab/head[123] | tr -d '\r' | sed -n 's/^X-Server: //p' | sort | tr '\n' ' '
}

offload() { # NS DEV on|off
  at "$1" ethtool -K "$2" gro "$3" gso "$3" tso "$3" tx "$3" >/dev/null 2>&1
}

for state in off on; do
  for i in 1 2 3; do offload d d$i $state; offload s$i e0 $state; offload s$i f0 $state; offload c c$i $state; done
  offload c c0 $state
  offload d d0 $state
  has "offloads of the director are $state" "$(d ethtool -k d1 | grep -E '^(generic|tcp)-.*(segmentation|receive)' | tr '\n' ' ')" \
    "tcp-segmentation-offload: $state.*generic-segmentation-offload: $state.*generic-receive-offload: $state"
  for method in -m -g -i; do
    pool -t rr $method 3
    is "IPv4 $method, offload $state: bodies are equal" "$(get $VIP)" "s1 s2 s3 "
    vs -C
  done
  for method in -m -g; do
    pool6 -t rr $method 3
    is "IPv6 $method, offload $state: bodies are equal" "$(get "[$VIP6]")" "s1 s2 s3 "
    vs -C
  done
done

# The way in carries full segments too: TUN has to make the client send smaller ones.
for i in 1 2 3; do
  background sum$i at s$i socat TCP6-LISTEN:9000,fork,reuseaddr,ipv6only=0 EXEC:sha256sum
done
wait_until 10 sh -c "at s1 ss -ltn | grep -q :9000"
upload() { c socat -t 60 -T 60 - "TCP:$1:9000" </tmp/lab/body; }
for method in -m -g -i; do
  pool -t rr $method 1 9000
  is "IPv4 $method: an upload arrives unchanged" "$(upload $VIP)" "$want"
  vs -C
done
for method in -m -g; do
  pool6 -t rr $method 1 9000
  is "IPv6 $method: an upload arrives unchanged" "$(upload "[$VIP6]")" "$want"
  vs -C
done
