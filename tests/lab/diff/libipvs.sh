# SPDX-License-Identifier: GPL-2.0-or-later
# tools: debian
# A program of the classic C interface, compiled as C99 with the first release's header and as C++ with today's, and the
# examples of the documentation.
topology 1
modprobe ip_vs
fake_hosts
# Newer kernels' own tables have no size before the first service, and this one from then on.
vs -A -f 1 -s rr
vs -C
d classic-c table >/tmp/c 2>&1
echo "= $?"
cat /tmp/c
d classic-c++ table >/tmp/c++ 2>&1
echo "= $?"
is "the same in C++" "$(cat /tmp/c++)" "$(cat /tmp/c)"
vst -Ln --timeout
vst -Ln
# without services the examples print what each metric is
d monitor-c | cut -c 1-60
vs -A -t $VIP:80 -s rr
vs -a -t $VIP:80 -r 10.2.1.11:8080 -m -w 3
vs -a -t $VIP:80 -r 10.2.1.12:80 -g -w 3000
vs -A -f 3000000000 -s rr
vs -A -f 7 -6 -s rr
vs -A -t [$VIP6]:80 -s rr
vs -a -t [$VIP6]:80 -r [fd02:1::11]:80 -m
vs -A -u $VIP:53 -s rr
vs -A --sctp-service $VIP:99 -s rr
client_sends src=10.1.0.77 dst=$VIP sport=1000 dport=80 flags=S
client_sends src=10.1.0.77 dst=$VIP sport=1000 dport=80 flags=A
client_sends src=10.1.0.77 dst=$VIP sport=1001 dport=80 flags=S
settled
stats_settle "^TCP +$VIP:80 +2 +3 "
d monitor-c >/tmp/c
echo "= $?"
cat /tmp/c
d monitor-c++ >/tmp/c++
echo "= $?"
is "the same in C++" "$(cat /tmp/c++)" "$(cat /tmp/c)"
# the examples of the manual, as they stand there
vs -C
for p in page-add-c page-add-c++; do
  d $p
  echo "= $?"
  # the words are the module's, if it has any
  d $p 2>/dev/null
  echo "again = $?"
done
vst -Ln
# in the table's order, which is another one at each boot
for p in page-list-c page-list-c++; do
  d $p >/tmp/list
  echo "= $?"
  sort /tmp/list
done
# who may not look is told so
for p in monitor-c monitor-c++; do
  d setpriv --bounding-set=-all --inh-caps=-all --reuid=65534 --clear-groups $p 2>&1
  echo "= $?"
done
