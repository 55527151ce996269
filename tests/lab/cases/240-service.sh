# SPDX-License-Identifier: GPL-2.0-or-later
# ipvsadm: ours
# The service of the Debian package: what it does at boot, at the end, and when asked to.
topology 1
service() { d /etc/init.d/ipvsadm "$@"; }
settings() { printf '%s\n' "$@" >/etc/default/ipvsadm; }
saved() { vs -S -n | sort; }

check "a machine with the settings of a new package boots" service start
refuse "... without IPVS" grep -q '^ip_vs ' /proc/modules
settings 'AUTO="true"'
check "the end on a machine without IPVS" service stop
refuse "... does not load it" grep -q '^ip_vs ' /proc/modules

printf '%s\n' '# comment' "-A -t $VIP:80 -s rr" "-a -t $VIP:80 -r 10.2.1.2:80 -m -w 3" >/tmp/rules
ln -sf /tmp/rules /etc/ipvsadm.rules
check "boot loads IPVS and the rules" service start
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

settings 'AUTO="false"'
vs -A -u $VIP:53 -s rr
table=$(saved)
for verb in start reload restart stop; do
  check "without AUTO: $verb" service $verb
  is "... leaves the table alone" "$(saved)" "$table"
done

settings 'AUTO=false' 'DAEMON="both"' 'IFACE="d0"' 'SYNCID="7"'
if [ "$module" = intree ]; then
  check "daemons" service start
  is "... both" "$(vs -Ln --daemon | sed 's/syncid=7.*/syncid=7/' | sort)" "backup sync daemon (mcast=d0, syncid=7
master sync daemon (mcast=d0, syncid=7"
  check "restart" service restart
  has "... they run again" "$(vs -Ln --daemon)" "^master"
  check "the end" service stop
  is "... of the daemons, too" "$(vs -Ln --daemon)" ""
else
  refuse "daemons that the module does not have are a failure" service start
  check "... but not at the end" service stop
fi
settings 'DAEMON="mister"'
refuse "a mistake in the settings is a failure" service start
has "... which is named" "$(service start 2>&1)" 'not "mister"'
rm -f /etc/ipvsadm.rules
