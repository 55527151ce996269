# SPDX-License-Identifier: GPL-2.0-or-later
# brief: no
# ipvsadm: ours
# The service of the Debian package: what it does at boot, at the end, and when asked to.
topology 1
service() { d /etc/init.d/ipvsadm "$@"; }
settings() { printf '%s\n' "$@" >/etc/default/ipvsadm; }
# with no more rights than its unit has
confined() { d setpriv --bounding-set=-all,+net_admin,+net_raw,+dac_read_search --inh-caps=-all /etc/init.d/ipvsadm "$@"; }
saved() { vs -S -n | sort; }

check "a machine with the settings of a new package boots" service start
refuse "... without IPVS" grep -q '^ip_vs ' /proc/modules
settings 'AUTO="true"'
check "the end on a machine without IPVS" service stop
refuse "... does not load it" grep -q '^ip_vs ' /proc/modules

printf '%s\n' '# comment' "-A -t $VIP:80 -s rr" "-a -t $VIP:80 -r 10.2.1.2:80 -m -w 3" >/tmp/rules
ln -sf /tmp/rules /etc/ipvsadm.rules
check "boot loads IPVS and the rules" confined start
rules=$(saved)
has "... all of them" "$rules" "-a -t $VIP:80 -r 10.2.1.2:80 -m -w 3"
vs -A -u $VIP:53 -s rr
check "start once more" service start
is "... leaves nothing but the rules" "$(saved)" "$rules"

vs -A -u $VIP:53 -s rr
more=$(saved)
check "the table can be saved" service save
is "... where the link leads to" "$(readlink /etc/ipvsadm.rules)" /tmp/rules
is "... readable for all" "$(stat -c %a /tmp/rules)" 644
vs -C
check "... and loaded" service load
is "... and is the same then" "$(saved)" "$more"
refuse "who may not read the table cannot save it" d setpriv --bounding-set=-all --inh-caps=-all /etc/init.d/ipvsadm save
vs -C
check "... the file is still there" service load
is "... and whole" "$(saved)" "$more"
is "... with nothing beside it" "$(ls /tmp/rules*)" /tmp/rules

chmod 640 /tmp/rules
chown 7:8 /tmp/rules
check "saved once more" service save
is "... it is whose it was, for whom it was" "$(stat -c '%a %u:%g' /tmp/rules)" "640 7:8"
printf '%s\n' '#!/bin/sh' 'exit 1' >/tmp/sync
chmod 755 /tmp/sync
sbin_sync=$(PATH=/sbin:/usr/sbin:/bin:/usr/bin command -v sync)
mv "$sbin_sync" /tmp/sync.real
mv /tmp/sync "$sbin_sync"
vs -C
refuse "what the disk does not take is not saved" service save
mv /tmp/sync.real "$sbin_sync"
check "... the file" service load
is "... is the old one" "$(saved)" "$more"
is "... with nothing beside it" "$(ls /tmp/rules*)" /tmp/rules

has "its status is the table" "$(service status)" "^UDP  $VIP:53 rr"
has "its rates" "$(service rate)" "CPS"
refuse "what it does not know is refused" service fly
for verb in reload force-reload restart; do
  vs -C
  check "$verb" service $verb
  is "... loads the rules" "$(saved)" "$more"
done
echo "-A -t $VIP:81 -s rr -z" >>/tmp/rules
refuse "rules with a mistake are a failure" service start
is "... and leave the table as it was" "$(saved)" "$more"
check "the end" service stop
is "... clears the table" "$(saved)" ""
refuse "rules with a mistake are a failure at boot, too" service start
is "... of which nothing is loaded" "$(saved)" ""

printf '%s\n' "-A -t $VIP:80 -s rr" "-A -t $VIP:81 -s nosuch" "-A -t $VIP:82 -s rr" >/tmp/rules
has "a service that the kernel refuses" "$(service start 2>&1)" "was not loaded completely"
loaded=$(saved)
is "... leaves the others" "$loaded" "-A -t $VIP:80 -s rr
-A -t $VIP:82 -s rr"
check "... and is no failure, as they can be ended" service stop
check "... at boot" confined start
refuse "... but when it is loaded again" service reload
is "... which changes nothing" "$(saved)" "$loaded"
refuse "... and when there are services already" service start
is "... which changes nothing either" "$(saved)" "$loaded"
check "the end" service stop
is "... clears the table" "$(saved)" ""
printf '%s\n' "-A -t $VIP:81 -s nosuch" >/tmp/rules
refuse "nothing but what the kernel refuses is a failure" service start
rm -f /tmp/rules
printf '%s\n' "-A -t $VIP:80 -s rr" >/tmp/rules

# who cannot read the table does not know that it is empty
printf '%s\n' "-A -t $VIP:80 -s rr" "-A -t $VIP:81 -s nosuch" >/tmp/rules
vs -A -u $VIP:53 -s rr
table=$(saved)
real=$(PATH=/sbin:/usr/sbin:/bin:/usr/bin command -v ipvsadm)
cp "$real" /tmp/ipvsadm
rm "$real"
printf '%s\n' '#!/bin/sh' '[ "$1" != -S ] || exit 1' 'exec /tmp/ipvsadm "$@"' >"$real"
chmod 755 "$real"
refuse "rules with a mistake, where the table cannot be read" service start
cp /tmp/ipvsadm "$real"
is "... leave it as it was" "$(saved)" "$table"
vs -C

# two at once: the first one stands still while it loads, and the second one waits for it
printf '%s\n' "-A -t $VIP:80 -s rr" "-A -t $VIP:82 -s rr" >/tmp/rules
rm -f /tmp/lab/go /tmp/lab/calls
printf '%s\n' '#!/bin/sh' 'echo "begin $1" >>/tmp/lab/calls' \
  'if [ "$1" = -R ]; then until [ -e /tmp/lab/go ]; do sleep 0.05; done; fi' \
  '/tmp/ipvsadm "$@"; status=$?; echo "end $1" >>/tmp/lab/calls; exit $status' >"$real.new"
chmod 755 "$real.new"
mv "$real.new" "$real"
background first d sh -c '/etc/init.d/ipvsadm start; echo "$?" >/tmp/lab/one'
wait_until 10 in_file "begin -R" calls
background second d sh -c '/etc/init.d/ipvsadm start; echo "$?" >/tmp/lab/two'
check "the second one waits" wait_until 10 grep -q -e '->.*FLOCK' /proc/locks
touch /tmp/lab/go
check "both come to their end" wait_until 10 test -s /tmp/lab/one -a -s /tmp/lab/two
is "... well" "$(cat /tmp/lab/one /tmp/lab/two)" "0
0"
is "... one after the other" "$(awk '$1 == last { print } { last = $1 }' /tmp/lab/calls)" ""
cp /tmp/ipvsadm "$real"
vs -C

rm -f /tmp/rules
mkdir /tmp/rules
refuse "a folder is not where rules are saved" service save
is "... nor in it" "$(ls -A /tmp/rules)" ""
rmdir /tmp/rules
printf '%s\n' "-A -t $VIP:80 -s rr" >/tmp/rules
settings 'AUTO="true"' 'IFACE="$NOT_SET"'
check "settings may name what is not set" service start
service stop

settings 'AUTO="false"'
vs -A -u $VIP:53 -s rr
table=$(saved)
for verb in start reload restart stop; do
  check "without AUTO: $verb" service $verb
  is "... leaves the table alone" "$(saved)" "$table"
done

settings 'AUTO=false' 'DAEMON="both"' 'IFACE="d0"' 'SYNCID="7"'
check "daemons" service start
is "... both" "$(vs -Ln --daemon | sed 's/syncid=7.*/syncid=7/' | sort)" "backup sync daemon (mcast=d0, syncid=7
master sync daemon (mcast=d0, syncid=7"
check "restart" service restart
has "... they run again" "$(vs -Ln --daemon)" "^master"
check "the end" service stop
is "... of the daemons, too" "$(vs -Ln --daemon)" ""
settings 'DAEMON="mister"'
refuse "a mistake in the settings is a failure" service start
has "... which is named" "$(service start 2>&1)" 'not "mister"'
rm -f /etc/ipvsadm.rules
