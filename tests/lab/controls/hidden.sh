# SPDX-License-Identifier: GPL-2.0-or-later
# fails: the whole kernel log of the guest is clean
# A warning that the case itself takes out of the log.
modprobe ip_vs
echo once >/sys/module/ip_vs/parameters/warn
dmesg -c >/dev/null
