#!/bin/dash
# SPDX-License-Identifier: GPL-2.0-or-later
# The demonstration: a client, a director and three web servers in namespaces of one guest.
. /lab/config
. /lab/lib.sh

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
