# SPDX-License-Identifier: GPL-2.0-or-later
# fails: the kernel log is clean
# A warning of the kernel.
modprobe ip_vs
echo once >/sys/module/ip_vs/parameters/warn
