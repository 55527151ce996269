# SPDX-License-Identifier: GPL-2.0-or-later
# Save, restore and the two scripts.
topology 1
modprobe ip_vs
restore() {
  echo "\$ ipvsadm -R <<"
  cat >/tmp/rules
  cat /tmp/rules
  at d ipvsadm -R </tmp/rules 2>/tmp/stderr
  echo "= $?"
  sed -n '1s/^/! /p' /tmp/stderr
}
restore <<'X'
-A -t 10.9.9.9:80 -s rr
-a -t 10.9.9.9:80 -r 10.2.1.11:80 -m -w 3
ipvsadm -a -t 10.9.9.9:80 -r 10.2.1.12:80 -i -w 1

-A -f 9 -s wlc -p 20 -o
-A -f 4 -6 -s wlc
-A -t [fd00::1]:93 -s wlc -p 360 -M 64
-a -t [fd00::1]:93 -r [fd02:1::11]:93 -m -w 1
-A -u 10.9.9.9:53 -s wlc -o
-A --sctp-service 10.9.9.9:3868 -s wlc
-A -t 10.9.9.9:100 -s wrr -b flag-1,flag-2
-A -t 10.9.9.9:90 -s wlc -p 360 -M 255.255.255.0
-a -t 10.9.9.9:90 -r 10.2.1.11:90 -g -w 65536
X
vst -S -n
vst -Ln
at d ipvsadm -S -n >/tmp/saved
vst -C
restore </tmp/saved
at d ipvsadm -S -n | cmp - /tmp/saved && echo "saved, restored, saved: equal"
echo '$ ipvsadm-save -n'
at d ipvsadm-save -n
echo "= $?"
echo '$ ipvsadm-restore'
{ echo '# a comment'; cat /tmp/saved; } | at d ipvsadm-restore
echo "= $?"
vst -S -n
echo '$ ipvsadm-save --bad'
at d ipvsadm-save --bad 2>&1
echo "= $?"
vst -C
# Windows line ends, no newline at the end, blanks
printf '  -A   -t 10.9.9.9:80\t-s rr\r\n-a -t 10.9.9.9:80 -r 10.2.1.11:80 -m -w 1' >/tmp/crlf
restore </tmp/crlf
vst -S -n
