# SPDX-License-Identifier: GPL-2.0-or-later
# The modules load, a service and its servers can be configured and listed.
topology 2
check "ip_vs loads" modprobe ip_vs
check "a service" vs -A -t $VIP:80 -s rr
check "a server" vs -a -t $VIP:80 -r 10.2.1.2:80 -m
check "a second one" vs -a -t $VIP:80 -r 10.2.2.2:80 -m -w 3
has "the service is listed" "$(vs -Ln)" "^TCP  $VIP:80 rr$"
has "the servers are listed" "$(vs -Ln)" "^  -> 10.2.2.2:80 +Masq +3 +0 +0"
check "clear" vs -C
is "nothing is left" "$(vs -Ln | wc -l)" 3
