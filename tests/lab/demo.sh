#!/bin/dash
# SPDX-License-Identifier: GPL-2.0-or-later
# The demonstration: a client, a director and three web servers in namespaces of one guest; then two directors, of which one
# dies.
. /lab/config
. /lab/lib.sh
. /lab/directors.sh

title() { printf '\n\033[1m== %s\033[0m\n' "$*"; }
say() { printf '   %s\n' "$*"; }
run() { # shows a command of the director, then runs it there
  printf '\033[36mdirector# %s\033[0m\n' "$*"
  at d "$@"
}

printf '\033[1mIPVS: one address, many servers\033[0m\n'
say "Linux $(uname -r) in a virtual machine; $([ "$module" = intree ] && echo "the kernel's own" || echo our) ip_vs module, $([ "$ipvsadm" = ours ] && echo our || echo "Debian's") ipvsadm."
say "Setting up a client, a director and three web servers ..."
topology 3
mkdir -p /tmp/lab
for i in 1 2 3; do
  mkdir -p /tmp/lab/www$i
  echo "web$i" >/tmp/lab/www$i/index.html
  cat >/tmp/lab/www$i.conf <<CONF
daemon off; master_process off; pid /tmp/lab/www$i.pid; error_log /dev/null;
events { worker_connections 256; }
http {
  access_log off; client_body_temp_path /tmp/lab/t$i; proxy_temp_path /tmp/lab/t$i; fastcgi_temp_path /tmp/lab/t$i;
  uwsgi_temp_path /tmp/lab/t$i; scgi_temp_path /tmp/lab/t$i;
  server { listen 80; root /tmp/lab/www$i; }
}
CONF
  background nginx$i at s$i nginx -c /tmp/lab/www$i.conf
done
for i in 1 2 3; do
  wait_until 20 at s$i curl -s -o /dev/null http://127.0.0.1/ || say "web$i does not start"
done

fetch() { # N: requests from the client, and who answered them
  n=0
  while [ $n -lt "$1" ]; do
    at c curl -s --max-time 5 "http://$VIP/" || echo "no-answer"
    n=$((n + 1))
  done | sort | uniq -c | while read -r count who; do
    printf '   %-10s %3d  %s\n' "$who" "$count" "$(head -c "$count" /dev/zero | tr '\0' '#')"
  done
}

cat <<X

        client 10.1.0.2  -->  director, virtual address $VIP  -->  web1 10.2.1.2
                                                                        web2 10.2.2.2
                                                                        web3 10.2.3.2
X

title "A service with three servers, in turn (rr), by address translation (NAT)"
run ipvsadm -A -t $VIP:80 -s rr
for i in 1 2 3; do run ipvsadm -a -t $VIP:80 -r 10.2.$i.2:80 -m; done
run ipvsadm -Ln
say "12 requests of the client to http://$VIP/ :"
fetch 12

title "Weights: web1 is three times as strong (wrr)"
run ipvsadm -E -t $VIP:80 -s wrr
run ipvsadm -e -t $VIP:80 -r 10.2.1.2:80 -m -w 3
say "20 requests:"
fetch 20

title "What the director has seen"
run ipvsadm -Lnc | head -n 6
say "..."
wait_until 5 sh -c "at d ipvsadm -Ln --stats | grep -q -E '^TCP.* 32 '"
run ipvsadm -Ln --stats

title "Direct routing: the servers answer the client themselves"
for i in 1 2 3; do run ipvsadm -e -t $VIP:80 -r 10.2.$i.2:80 -g; done
say "12 requests, answers do not pass the director any more:"
fetch 12
run ipvsadm -Ln

title "Maintenance: web2 gets no new clients (weight 0)"
run ipvsadm -e -t $VIP:80 -r 10.2.2.2:80 -g -w 0
fetch 12
say "... and is back:"
run ipvsadm -e -t $VIP:80 -r 10.2.2.2:80 -g -w 1
fetch 12

title "Save, clear, restore"
printf '\033[36mdirector# ipvsadm-save -n > rules\033[0m\n'
at d ipvsadm-save -n >/tmp/rules
cat /tmp/rules
run ipvsadm -C
say "cleared; a request now: $(at c curl -s -o /dev/null -w '%{errormsg}' http://$VIP/)"
printf '\033[36mdirector# ipvsadm-restore < rules\033[0m\n'
at d ipvsadm-restore </tmp/rules
run ipvsadm -Ln
fetch 6

if [ "$1" != demo-shell ] && [ "$module" = ours ]; then
  title "Second act: two directors, and one of them dies"
  say "Setting up a client, two directors with keepalived and two web servers ..."
  # shellcheck disable=SC2046 # words
  kill $(pidof nginx)
  for ns in c d s1 s2 s3; do ip netns del $ns; done
  pair_of_directors
  web 40 2m
  for ns in left right; do daemons_on $ns; done
  for ns in left right; do keepalived_on $ns; done
  cat <<X

                          +-->  left   --+-->  web1 10.2.0.21
        client 10.1.0.2 --+              |
                          +-->  right  --+-->  web2 10.2.0.22
X
  has_servers() { at "$1" ipvsadm -Ln | grep -q '10.2.0.2[12]:80 '; }
  wait_until 60 is_master left || say "left does not get the addresses"
  for ns in left right; do wait_until 30 has_servers $ns || say "$ns does not get its servers"; done
  say "left has the virtual address $VIP; right hears of its connections and waits."
  has_come() { [ "$(sed 's/ .*//' /tmp/lab/film.pace 2>/dev/null || echo 0)" -gt "$1" ]; }
  come() { say "$(awk '{ printf "%d", $1 / 1048576 }' /tmp/lab/film.pace) of 40 MB have come, by $(has_address left && echo left || echo right)"; }
  title "A download of 40 MB, by NAT"
  download film http://$VIP/file
  told() { right grep -q ' 0050 .* ESTABLISHED *SYNC' /proc/net/ip_vs_conn_sync; }
  wait_until 20 told || say "right does not hear of it"
  wait_until 60 has_come 10000000
  come
  title "left loses all its cables"
  cable left down
  printf '\033[36mright# %s\033[0m\n' "grep SYNC /proc/net/ip_vs_conn_sync"
  right grep SYNC /proc/net/ip_vs_conn_sync | head -n 3
  wait_until 30 has_address right || say "right does not take over"
  wait_until 60 has_come 20000000
  come
  title "left comes back"
  cable left up
  wait_until 60 is_master left || say "left does not come back"
  come
  wait_until 120 in_file 'whole|another|short' film
  if in_file whole film; then
    say "The download is complete and right: $(cat /tmp/lab/film.pace)."
  else
    say "The download has failed: $(cat /tmp/lab/film)"
    exit 1
  fi
fi

if [ "$1" = demo-shell ]; then
  title "Your turn"
  say "This is a prompt in the director. The client is 'at c COMMAND', e.g.  at c curl http://$VIP/"
  say "The servers are s1, s2 and s3. 'exit' switches the machine off."
  export PS1='director# '
  at d setsid -c dash -i
else
  title "That is all"
  say "'make demo-shell' leaves you at a prompt in this director."
fi
